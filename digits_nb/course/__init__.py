"""The checks of the lessons' exercises.

from digits_nb import course

course.check("1.1", (4, 7))
course.solved()
"""

from digits_nb.course.checker import Solved, Verdict, check, solved

__all__ = ["Solved", "Verdict", "check", "solved"]
