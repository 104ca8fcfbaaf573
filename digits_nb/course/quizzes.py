"""The quizzes of the lessons: three questions each, the right letters under seal.

A seal keeps an answer from being read by accident, in the notebook and here. It does not keep it from anybody
who tries all the letters, who might as well try them in the notebook.
"""

import hashlib
from string import ascii_lowercase

QUESTIONS = 3

SEALS = {
    "1.quiz": ("bada0214f23d", "30ddc78f4369", "4c82a739a8fa"),
    "2.quiz": ("13ab38e18a46", "0409dc76ed7f", "a2991caef67b"),
    "3.quiz": ("1f41b36378f3", "fbcc5ab91916", "7c4fd95e93a0"),
    "4.quiz": ("cf9fd16bb7f3", "6f6e86a2111e", "6a09dc6362cb"),
    "5.quiz": ("630326771cef", "39725d717174", "9fd4ab78f193"),
    "6.quiz": ("202ffb22ae3a", "454126b3fb5c", "8af368524b01"),
}
"""Exercise → what `seal` gives for the right letter of each question."""

LOOK_AGAIN = {
    "1.quiz": (
        "What is counted in a block of the bitmap, and what does a block of bare paper give?",
        "Which index of `grid[…, …]` goes down, and where does counting begin?",
        "What was lost when four times four pixels became one number?",
    ),
    "2.quiz": (
        "What would somebody score who always gives the same answer?",
        "What did the model with the largest gamma read right, and what did it not?",
        "Who wrote the digits that you are asked about, and had the model met their hand?",
    ),
    "3.quiz": (
        "What did moving a digit by one column do, and to whom?",
        "What is the number of an empty cell, and what did the light digit's paper become?",
        "What was the same in both halves of the last comparison, and what was not?",
    ),
    "4.quiz": (
        "What could the next step not have done, had this one not been done before?",
        "What did the squeezed ones look like, and what do those look like that were learned?",
        "How high is every bitmap, however large its picture was?",
    ),
    "5.quiz": (
        "Where is the other variation of a digit that the model is asked about?",
        "What does it claim, and what does it achieve?",
        "What did the table do from line to line, in both of its shares?",
    ),
    "6.quiz": (
        "What is the name made of, and what becomes of it when a single byte changes?",
        "On which digits was its score measured, and through which steps had they gone?",
        "What can be seen without knowing the right answers, and what cannot?",
    ),
}
"""Exercise → for each question what to think about when the letter is wrong."""


def seal(exercise: str, number: int, letter: str) -> str:
    """What a letter becomes, so that the right one need not be written down.

    Parameters
    ----------
    exercise
        Such as "1.quiz"; with `number` it salts the hash, so that equal letters do not look alike.
    number
        Which question, from 1.
    letter
        One of the letters of the question.

    Returns
    -------
    str
        12 hex digits.
    """
    return hashlib.sha256(f"digits_nb {exercise} {number} {letter}".encode()).hexdigest()[:12]


def shortfall(exercise: str, letters: object) -> str:
    """What is not right yet about the letters of a quiz, in a sentence or two; "" if nothing is.

    Parameters
    ----------
    exercise
        One of `SEALS`.
    letters
        One for each question, such as "abc"; spaces, commas and capitals do not matter.
    """
    if not isinstance(letters, str):
        return f'Give the letters of the {QUESTIONS} answers as one text in quotes, such as "xyz".'
    given = [letter for letter in letters.lower() if letter in ascii_lowercase]
    if len(given) != QUESTIONS:
        return f"There are {QUESTIONS} questions, and you gave {len(given)} letters: give one for each."
    wrong = [
        number
        for number, (letter, sealed) in enumerate(zip(given, SEALS[exercise], strict=True), 1)
        if seal(exercise, number, letter) != sealed
    ]
    return " ".join(f"Question {number}: {LOOK_AGAIN[exercise][number - 1]}" for number in wrong)
