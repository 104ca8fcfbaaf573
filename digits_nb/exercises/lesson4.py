"""Lesson 4, Seeing like the data set: what its exercises ask for."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from digits_nb.exercises.example import Model, fitted, halves, rows_of
from digits_nb.exercises.given import Given, hint_about, no_function, number_of, wrong_shape
from digits_nb.normalise import STROKE_WIDTH, preprocess
from digits_nb.snapshots import photographs

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

EACH = 10
"""Snapshots of each digit that exercise 4.3 asks about."""

FEW = 0.5
"""Share of them that are read at most, with the stroke width that it asks for."""


def _cut(answer: Given) -> str:  # noqa: PLR0911 - a hint each
    if short := no_function(answer):
        return short
    rng = np.random.default_rng(0)
    ink = np.zeros((40, 60))
    ink[11:31, 20:29] = rng.uniform(0, 1, (20, 9))
    ink[[11, 30], 24] = ink[20, [20, 28]] = 1
    ink[2, 50] = ink[38, 3] = 0.3  # too faint to count
    found = answer(ink.copy())
    expected = ink[11:31, 20:29]
    if np.array_equal(found, expected):
        return ""
    if found is None:
        return wrong_shape(found, expected.shape)
    shape = np.shape(found)
    if shape == ink.shape:
        return "Nothing was cut off: what comes back is as large as what was given."
    if shape == (37, 48):
        return "Some pixels that are fainter than 0.5 were kept. What counts as ink here?"
    if shape in {(19, 8), (19, 9), (20, 8)}:
        return "Nearly: the last row or column is missing. Where does a slice end?"
    if shape in {(20, 60), (40, 9)}:
        return "Rows and columns both have to be cut; one of the two still has its whole length."
    if shape == expected.shape[::-1]:
        return "Rows and columns have changed places."
    return wrong_shape(found, expected.shape) or "The shape is right, but it is another part of the picture."


def _slant(answer: Given) -> str:
    if short := no_function(answer):
        return short
    for lean in (-0.4, 0.3):
        ink = np.zeros((30, 40))
        for row in range(4, 28):
            start = 18 + round(lean * (row - 15))
            ink[row, start : start + 3] = 1 - row / 60
        number = number_of(answer(ink.copy()))
        if number is None:
            return "Your function should return one number, the slant, and does not yet."
        if short := _not_the_slant(number, ink):
            return short
    return ""


def _not_the_slant(number: float, ink: "NDArray[np.float64]") -> str:
    rows, columns = np.indices(ink.shape)
    down, right = rows - np.average(rows, weights=ink), columns - np.average(columns, weights=ink)
    mixed, tall, wide = (float(np.sum(ink * each)) for each in (right * down, down**2, right**2))
    if np.isclose(number, mixed / tall):
        return ""
    near_misses = {
        "The sign is off: ink that moves to the right as it goes down has a slant above 0.": -mixed / tall,
        "That is how far down it goes with each column. Which of the squares belongs below?": mixed / wide,
        "That is the sum, not yet divided by the other one.": mixed,
        "Measured from the corner of the picture: take the middle of the ink away from rows and columns.": (
            np.sum(ink * rows * columns) / np.sum(ink * rows**2)
        ),
        "Every pixel counts the same: each should count as much as it has ink.": (
            np.sum(right * down) / np.sum(down**2)
        ),
    }
    return hint_about(number, near_misses, "Not that slant. Are both sums weighed by the ink?")


@cache
def _snapshots() -> "tuple[list[Image], NDArray[np.int64], Model]":
    learned, held = halves()
    chosen = np.concatenate([np.flatnonzero(held.labels == digit)[:EACH] for digit in range(10)])
    pictures = photographs(held[chosen], np.random.default_rng(0))
    return pictures, held.labels[chosen], fitted(learned)


def _width(answer: Given) -> str:
    width = number_of(answer)
    if width is None:
        return "Give one number: the stroke width, in pixels of the bitmap."
    pictures, labels, model = _snapshots()
    grids = np.array([preprocess(picture, stroke_width=width).grid for picture in pictures])
    read = float(np.mean(model.predict(rows_of(grids)) == labels))
    if read < FEW:
        return ""
    way = "go further" if width > STROKE_WIDTH else "try the other direction"
    return f"With it the model still reads {read:.0%} of them: {way}."


CHECKS = {"4.1": _cut, "4.2": _slant, "4.3": _width}
