"""The checks of lesson 3, Your own digit."""

import numpy as np

from digits_nb.course.checks.helpers import Given, for_function, hint_about, number_of
from digits_nb.course.checks.reference_model import all_digits, fitted, halves, rows_of
from digits_nb.preprocessing.normalization import LEVELS


def _moved(answer: Given) -> str:
    learned, held = halves()
    model, number = fitted(learned), number_of(answer)
    if number is None or not 0 <= number <= 1:
        return "Give a share from 0 to 1: right answers divided by all answers."

    vertical = "They have moved up or down. Which axis holds the columns, if axis 0 counts the digits?"
    hints = {
        (1, 0): "",
        (0, 0): "So many are read where they stood. Have they been moved?",
        (-1, 0): "They have moved to the left. Which way does a positive number move them?",
        (0, 1): vertical,
        (0, -1): vertical,
    }
    for (columns, rows), hint in hints.items():
        read = model.predict(rows_of(np.roll(held.grids, (rows, columns), axis=(1, 2))))
        if np.isclose(number, np.mean(read == held.labels), atol=0.002):
            return hint
    return "Not that many. Move each held-out digit by one column, ask the model, compare with the label."


def _ink_high(answer: Given) -> str:
    for grid in all_digits().grids[:20]:
        for given, polarity in ((grid, "on white paper"), (LEVELS - grid, "on a blackboard")):
            kept = given.copy()
            found = answer(kept)
            if not np.array_equal(kept, given):
                return "Your function changes the grid that it is given. Make a new one."
            off = f"The polarity is off for a digit {polarity}: ink should be high, and the ground near 0."
            other = f"For a digit {polarity} other numbers come out: take them as they are, or from 16 down."
            if hint := hint_about(found, {"": grid, off: LEVELS - grid}, other):
                return hint
    return ""


def _distance(answer: Given) -> str:
    learned, held = halves()
    for grid in held.grids[:3]:
        distances = np.linalg.norm(learned.grids - grid, axis=(1, 2))
        hints = {
            "": distances.min(),
            "Leaked: it finds the digit itself. Look only among those that the model learned from.": 0,
            "That is the square of the distance.": distances.min() ** 2,
            "That is which digit is nearest. How far away is it?": distances.argmin(),
            "That is a mean, and the nearest one is asked for.": distances.mean(),
            "That is the farthest one, and the nearest one is asked for.": distances.max(),
        }
        otherwise = "Not that far. A distance is the root of the sum of the squared differences."
        if hint := hint_about(answer(grid.copy()), hints, otherwise):
            return hint
    return ""


CHECKS = {"3.1": _moved, "3.2": for_function(_ink_high), "3.3": for_function(_distance)}
