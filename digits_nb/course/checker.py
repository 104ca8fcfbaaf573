"""Check the answer to an exercise: right, or a hint; and list the exercises that are solved.

    from digits_nb import course

    course.check("1.1", (4, 7))
    course.solved()

Nothing is saved or sent. Only the running kernel knows which exercises are solved.
"""

from dataclasses import dataclass
from html import escape

from digits_nb.course.checks import CHECKS

BLANK = "The blank is still there: put your answer where the three dots are, and run the cell again."

_solved: set[str] = set()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer is right, with a rich display in notebooks.

    Attributes
    ----------
    exercise : str
        Such as "2.1".
    right : bool
    hint : str
        What the answer lacks, in one or two sentences; empty if it is right.
    """

    exercise: str
    right: bool
    hint: str = ""

    def __str__(self) -> str:
        return f"✓ {self.exercise}: right." if self.right else f"✗ {self.exercise}: not yet. {self.hint}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _box(str(self), good=self.right)


@dataclass(frozen=True, slots=True)
class Solved:
    """The exercises that were solved in this kernel, with a rich display in notebooks.

    Attributes
    ----------
    exercises : tuple of str
        In the order of the lessons, such as ("1.1", "1.quiz").
    """

    exercises: tuple[str, ...]

    def __str__(self) -> str:
        if not self.exercises:
            return "Nothing is solved in this kernel yet: run the cells with your answers, then this one."
        return f"Solved since this kernel was started: {', '.join(self.exercises)}."

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _box(str(self), good=bool(self.exercises))


def check(exercise: str, answer: object) -> Verdict:
    """Check the answer to an exercise.

    Parameters
    ----------
    exercise
        Such as "2.1", or "2.quiz" for a lesson's quiz.
    answer
        What the exercise asks for: a number, an array, a function, a fitted model, the letters of a quiz.
        A function is called with copies of grids.

    Returns
    -------
    Verdict
        For every answer. If an answer raises an exception when it is tried, the hint names it.
    """
    exercise = str(exercise)  # students write the number 1.1, too
    if exercise not in CHECKS:
        hint = f"There is no such exercise; there are {', '.join(CHECKS)}."
    elif answer is ...:
        hint = BLANK
    else:
        # an answer may raise anything, and a traceback through this package teaches nothing
        try:
            hint = CHECKS[exercise](answer)
        except Exception as error:  # noqa: BLE001
            hint = f"When it was tried, your answer stopped with {type(error).__name__}: {error}"
    if not hint:
        _solved.add(exercise)
    return Verdict(exercise, not hint, hint)


def solved() -> Solved:
    """Return the exercises that were solved since this kernel was started."""
    return Solved(tuple(exercise for exercise in CHECKS if exercise in _solved))


def _box(text: str, *, good: bool) -> str:
    style = f"border-left:4px solid {'#0072b2' if good else '#d55e00'};padding:4px 12px;max-width:60em"
    return f'<div role="status" style="{style}">{escape(text)}</div>'
