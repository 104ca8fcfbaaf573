"""The checks of lesson 1, Sixty-four numbers."""

import numpy as np

from digits_nb.course.checks.helpers import Given, for_function, hint_about, number_of, wrong_shape
from digits_nb.course.checks.reference_model import all_digits
from digits_nb.preprocessing.normalization import BITMAP, GRID, LEVELS

FOUR, FIVE = 4, 5
"""Rows of `load_digits` that the lesson shows: a four, and a five that looks like a nine."""

WHITE = 255
"""The lightest grey level of a screen."""


def _full_cell(answer: Given) -> str:
    grid = all_digits().grids[FOUR]
    if np.shape(answer) != (2,):
        return "Give a row and a column, as in `(0, 7)`."
    row, column = map(int, answer)
    if not (0 <= row < GRID and 0 <= column < GRID):
        return "There is no such cell: rows and columns run from 0 to 7."
    if grid[row, column] == LEVELS:
        return ""
    if grid[column, row] == LEVELS:
        return "Nearly: the row comes first and the column second, as in `grid[row, column]`."
    if row and column and grid[row - 1, column - 1] == LEVELS:
        return "Nearly: rows and columns are counted from 0, so the first of them is number 0."
    return "That cell is not full. Which number stands in a block without any paper left?"


def _screen(answer: Given) -> str:
    if hint := wrong_shape(answer, (GRID, GRID)):
        return hint
    ink, shades = all_digits().grids[FOUR] / LEVELS, np.asarray(answer, float)
    if np.allclose(shades, WHITE * (1 - ink), atol=1):
        return ""
    if np.allclose(shades, WHITE * ink, atol=1):
        return "The polarity is off: your ink is white and your paper black. What is 0 on a screen?"
    if shades.min() < 0 or shades.max() > WHITE:
        return "Some shades are below 0 or above 255, and a screen has none such."
    if shades.max() <= LEVELS:
        return "The range is off: nothing is brighter than 16, and the paper should be as white as 255."
    return "Paper should become 255, a full block 0, and half a block of ink the shade half-way between."


def _count(answer: Given) -> str:
    bitmap = np.random.default_rng(0).random((BITMAP, BITMAP))
    blocks = bitmap.reshape(GRID, 4, GRID, 4).sum(axis=(1, 3))
    hints = {
        "": blocks,
        "Rows and columns have changed places.": blocks.T,
        "That is the mean of each block, 0 to 1. How much ink is in all pixels together?": blocks / LEVELS,
    }
    otherwise = "The shape is right, but the ink of some blocks is not. Is each block 4×4?"
    return hint_about(answer(bitmap.copy()), hints, otherwise)


def _nearest(answer: Given) -> str:
    distances = np.linalg.norm(all_digits().grids - all_digits().grids[FIVE], axis=(1, 2))
    number = number_of(answer)
    if number is None or number != int(number) or not 0 <= number < len(distances):
        return f"Give the row of a digit: a whole number from 0 to {len(distances) - 1}."
    if number == FIVE:
        return "Nothing is nearer to a digit than itself. Who comes next?"
    nearer = int(np.sum(distances < distances[int(number)])) - 1
    if nearer:
        others = "another digit is" if nearer == 1 else f"{nearer} others are"
        return f"Not yet: {others} nearer to it than that one."
    return ""


CHECKS = {"1.1": _full_cell, "1.2": _screen, "1.3": for_function(_count), "1.4": _nearest}
