"""The quizzes of the lessons: the right letter of each question, and a hint for a wrong one."""

import json
from importlib.resources import files
from string import ascii_lowercase

QUESTIONS = 3

ANSWERS: dict[str, list[list[str]]] = json.loads(files(__package__).joinpath("quizzes.json").read_bytes())
"""Exercise → for each question the right letter, and a hint for other letters."""


def hint_about(exercise: str, letters: object) -> str:
    """Return hints about the letters of a quiz, or "" if all are right.

    Parameters
    ----------
    exercise
        A key of `ANSWERS`.
    letters
        One for each question, such as "abc"; spaces, commas and capitals do not matter.
    """
    if not isinstance(letters, str):
        return f'Give the letters of the {QUESTIONS} answers as one text in quotes, such as "xyz".'
    given = [letter for letter in letters.lower() if letter in ascii_lowercase]
    if len(given) != QUESTIONS:
        return f"There are {QUESTIONS} questions, and you gave {len(given)} letters: give one for each."
    pairs = enumerate(zip(given, ANSWERS[exercise], strict=True), 1)
    return " ".join(f"Question {n}: {hint}" for n, (letter, (right, hint)) in pairs if letter != right)
