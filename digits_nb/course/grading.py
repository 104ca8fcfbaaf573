"""The checks of the lessons' exercises: right, or a hint; and a code for the teacher.

    from digits_nb import course

    course.check("1.1", (4, 7))
    course.grade("Ada Lovelace")

Nothing is written and nothing is sent: which exercises were solved is known to the kernel, and gone with it.
"""

import hashlib
import hmac
import unicodedata
from base64 import b32encode
from dataclasses import dataclass
from html import escape

from digits_nb.course.checks import CHECKS

BLANK = "The blank is still there: put your answer where the three dots are, and run the cell again."

_solved: set[str] = set()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said about an answer; shows itself in a notebook and in a terminal.

    Attributes
    ----------
    exercise : str
        Such as "2.1".
    right : bool
    hint : str
        What the answer lacks, in words; empty if it is right.
    """

    exercise: str
    right: bool
    hint: str = ""

    def __str__(self) -> str:
        return f"✓ {self.exercise}: right." if self.right else f"✗ {self.exercise}: not yet. {self.hint}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _card(str(self), "#0072b2" if self.right else "#d55e00")


@dataclass(frozen=True, slots=True)
class Grade:
    """What somebody has solved in this kernel; shows itself in a notebook and in a terminal.

    Attributes
    ----------
    name : str
    exercises : tuple of str
        Those that are solved, in order.
    code : str
        For the teacher, who gives it to `verify`; empty if there is no name or nothing is solved.
    """

    name: str
    exercises: tuple[str, ...]
    code: str

    def __str__(self) -> str:
        if not self.exercises:
            return "Nothing is solved in this kernel yet: run the cells with your answers, then this one."
        if not self.code:
            return 'Give your name, in quotes, as your teacher knows it: course.grade("Ada Lovelace").'
        return f"{self.name}, solved: {', '.join(self.exercises)}. Code for the teacher: {self.code}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return _card(str(self), "#0072b2" if self.code else "#d55e00")


def check(exercise: str, answer: object) -> Verdict:
    """Say whether an answer is right, or what it lacks.

    Parameters
    ----------
    exercise
        Such as "2.1", or "2.quiz" for a lesson's quiz.
    answer
        What the exercise asks for: a number, an array, a function, a fitted model, the letters of a quiz.
        A function is called, and the grids that it is given are copies.

    Returns
    -------
    Verdict
        Whatever the answer is; one that cannot be tried gets a hint too.
    """
    exercise = str(exercise)  # somebody writes 1.1, and means it
    if exercise not in CHECKS:
        known = f"There is no such exercise; there are {', '.join(CHECKS)}."
        return Verdict(exercise, right=False, hint=known)
    if answer is ...:
        return Verdict(exercise, right=False, hint=BLANK)
    # an answer may fail in any way, and nobody learns from a traceback of ours
    try:
        hint = CHECKS[exercise](answer)
    except Exception as error:  # noqa: BLE001
        hint = f"When it was tried, your answer stopped with {type(error).__name__}: {error}"
    if not hint:
        _solved.add(exercise)
    return Verdict(exercise, not hint, hint)


def grade(name: str) -> Grade:
    """What was solved since this kernel was started, with a code for the teacher.

    Parameters
    ----------
    name
        The student's, as the teacher knows it; capitals and spaces do not matter. It is not kept.
    """
    exercises = tuple(exercise for exercise in CHECKS if exercise in _solved)
    code = f"{'+'.join(exercises)}={_sign(name, exercises)}" if exercises and _plain(name) else ""
    return Grade(name, exercises, code)


def verify(code: str, name: str) -> tuple[str, ...]:
    """The exercises that a code from `grade` stands for.

    It shows that these exercises and this name belong to this code: that it was not mistyped, nor handed on
    to somebody else. It is no proof of who did the work, and whoever reads this file can make one.

    Parameters
    ----------
    code
        As `grade` shows it.
    name
        The student's; capitals and spaces do not matter.

    Returns
    -------
    tuple of str
        Such as ("1.1", "1.quiz"); empty if the code is not for this name.
    """
    listed, _, signature = "".join(code.split()).partition("=")
    exercises = tuple(listed.split("+"))
    signed = _sign(name, exercises)
    return exercises if hmac.compare_digest(signature.upper().encode(), signed.encode()) else ()


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _sign(name: str, exercises: tuple[str, ...]) -> str:
    message = "\n".join((_plain(name), *exercises)).encode()
    tag = b32encode(hmac.digest(b"digits_nb.course", message, hashlib.sha256)[:5]).decode()
    return f"{tag[:4]}-{tag[4:]}"


def _card(words: str, colour: str) -> str:
    style = f"border-left:4px solid {colour};padding:4px 12px;max-width:60em"
    return f'<div role="status" style="{style}">{escape(words)}</div>'
