"""What the exercises of the lessons ask for: each check says what an answer lacks, or nothing.

An answer is judged by what it does: what it should be is worked out here from the digits, and stands nowhere.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from digits_nb.course import quizzes
from digits_nb.course.checks import lesson1, lesson2, lesson3, lesson4, lesson5, lesson6

CHECKS: dict[str, Callable[[Any], str]] = {
    **lesson1.CHECKS,
    **lesson2.CHECKS,
    **lesson3.CHECKS,
    **lesson4.CHECKS,
    **lesson5.CHECKS,
    **lesson6.CHECKS,
    **{exercise: partial(quizzes.shortfall, exercise) for exercise in quizzes.SEALS},
}
"""Exercise → what its answer lacks, in words; "" if nothing."""
