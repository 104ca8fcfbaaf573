"""The check of each exercise: it takes an answer and returns a hint, or "" if the answer is right.

An answer is judged by what it does: the check computes the right result from the digits. Only the quizzes
have a table of answers.
"""

from functools import partial

from digits_nb.course import quizzes
from digits_nb.course.checks import lesson1, lesson2, lesson3, lesson4, lesson5, lesson6
from digits_nb.course.checks.helpers import Check

_LESSONS = (lesson1, lesson2, lesson3, lesson4, lesson5, lesson6)

CHECKS: dict[str, Check] = {
    **{exercise: check for lesson in _LESSONS for exercise, check in lesson.CHECKS.items()},
    **{exercise: partial(quizzes.hint_about, exercise) for exercise in quizzes.ANSWERS},
}
"""Exercise, such as "1.1" or "1.quiz" → its check."""
