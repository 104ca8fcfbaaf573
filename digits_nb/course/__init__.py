"""The checks of the lessons' exercises.

from digits_nb import course

course.check("1.1", (4, 7))
course.grade("Ada Lovelace")
"""

from digits_nb.course.grading import Grade, Verdict, check, grade, verify

__all__ = ["Grade", "Verdict", "check", "grade", "verify"]
