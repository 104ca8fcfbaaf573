"""Lesson 3, Your own digit: what its exercises ask for."""

import numpy as np

from digits_nb.course.checks.example import all_digits, fitted, halves, rows_of
from digits_nb.course.checks.given import Given, hint_about, no_function, number_of, wrong_shape
from digits_nb.preprocessing.normalization import GRID, LEVELS


def _moved(answer: Given) -> str:
    learned, held = halves()
    model, number = fitted(learned), number_of(answer)
    if number is None or not 0 <= number <= 1:
        return "Give a share from 0 to 1: right answers divided by all answers."

    def after(columns: int, rows: int) -> float:
        moved = np.roll(held.grids, (rows, columns), axis=(1, 2))
        return float(np.mean(model.predict(rows_of(moved)) == held.labels))

    if np.isclose(number, after(1, 0), atol=0.002):
        return ""
    if np.isclose(number, after(0, 0), atol=0.002):
        return "So many are read where they stood. Have they been moved?"
    if np.isclose(number, after(-1, 0), atol=0.002):
        return "They have moved to the left. Which way does a positive number move them?"
    if np.isclose(number, after(0, 1), atol=0.002) or np.isclose(number, after(0, -1), atol=0.002):
        return "They have moved up or down. Which axis holds the columns, if axis 0 counts the digits?"
    return (
        "Not that many. Move each held-out digit by one column, ask the same model, compare with the labels."
    )


def _ink_high(answer: Given) -> str:
    if short := no_function(answer):
        return short
    for grid in all_digits().grids[:20]:
        for given, polarity in ((grid, "on white paper"), (LEVELS - grid, "on a blackboard")):
            kept = given.copy()
            found = answer(kept)
            if short := wrong_shape(found, (GRID, GRID)):
                return short
            if not np.array_equal(kept, given):
                return "Your function changes the grid that it is given. Make a new one."
            if np.allclose(found, LEVELS - grid):
                return (
                    f"The polarity is off for a digit {polarity}: ink should be high, and the ground near 0."
                )
            if not np.allclose(found, grid):
                return (
                    f"For a digit {polarity} other numbers come out: take them as they are, or from 16 down."
                )
    return ""


def _distance(answer: Given) -> str:
    if short := no_function(answer):
        return short
    learned, held = halves()
    for grid in held.grids[:3]:
        distances = np.linalg.norm(learned.grids - grid, axis=(1, 2))
        number = number_of(answer(grid.copy()))
        if number is None:
            return "Your function should return one number, the least distance, and does not yet."
        hints = {
            "": distances.min(),
            "Leaked: it finds the digit itself. Look only among those that the model learned from.": 0,
            "That is the square of the distance.": distances.min() ** 2,
            "That is which digit is nearest. How far away is it?": distances.argmin(),
            "That is a mean, and the nearest one is asked for.": distances.mean(),
            "That is the farthest one, and the nearest one is asked for.": distances.max(),
        }
        otherwise = (
            "Not that far. The distance of two grids is the root of the sum of their squared differences."
        )
        if hint := hint_about(number, hints, otherwise):
            return hint
    return ""


CHECKS = {"3.1": _moved, "3.2": _ink_high, "3.3": _distance}
