"""The quizzes of the lessons: the right letter of each question, and a hint for a wrong one."""

from string import ascii_lowercase

QUESTIONS = 3

ANSWERS = {
    "1.quiz": (
        ("b", "What is counted in a block of the bitmap, and what does a block of bare paper give?"),
        ("a", "Which index of `grid[…, …]` goes down, and where does counting begin?"),
        ("c", "What was lost when four times four pixels became one number?"),
    ),
    "2.quiz": (
        ("c", "What would somebody score who always gives the same answer?"),
        ("a", "What did the model with the largest gamma read right, and what did it not?"),
        ("b", "Who wrote the digits that you are asked about, and had the model met their hand?"),
    ),
    "3.quiz": (
        ("b", "What did moving a digit by one column do, and to whom?"),
        ("c", "What is the number of an empty cell, and what did the light digit's paper become?"),
        ("a", "What was the same in both halves of the last comparison, and what was not?"),
    ),
    "4.quiz": (
        ("a", "What could the next step not have done, had this one not been done before?"),
        ("c", "What did the squeezed ones look like, and what do those look like that were learned?"),
        ("b", "How high is every bitmap, however large its picture was?"),
    ),
    "5.quiz": (
        ("c", "Where is the other variation of a digit that the model is asked about?"),
        ("b", "What does it claim, and what does it achieve?"),
        ("a", "What did the table do from line to line, in both of its shares?"),
    ),
    "6.quiz": (
        ("a", "What is the name made of, and what becomes of it when a single byte changes?"),
        ("b", "On which digits was its score measured, and through which steps had they gone?"),
        ("b", "What can be seen without knowing the right answers, and what cannot?"),
    ),
}
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
