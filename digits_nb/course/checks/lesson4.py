"""Lesson 4, Seeing like the data set: what its exercises ask for."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from digits_nb.course.checks.example import Model, fitted, halves, rows_of
from digits_nb.course.checks.given import Given, hint_about, no_function, number_of, wrong_shape
from digits_nb.course.photos import photographs
from digits_nb.preprocessing.ink import INK
from digits_nb.preprocessing.normalization import STROKE_WIDTH
from digits_nb.recognition import preprocess

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

EACH = 10
"""Snapshots of each digit that exercise 4.3 asks about."""

FEW = 0.5
"""Share of them that are read at most, with the stroke width that it asks for."""


def _cut(answer: Given) -> str:
    if short := no_function(answer):
        return short
    ink = np.zeros((40, 60))
    ink[11:31, 20:29] = np.random.default_rng(0).uniform(0, 1, (20, 9))
    ink[15:17] = ink[:, 25:27] = 0  # a digit may be in two parts
    ink[[11, 30], 24] = ink[20, [20, 28]] = 1
    ink[2, 50] = ink[38, 3] = 0.3  # too faint to count
    found = answer(ink.copy())
    right = ink[11:31, 20:29]
    if short := _not_the_cut(found, right):
        return short
    return (
        "" if np.array_equal(found, right) else "The shape is right, but it is another part of the picture."
    )


def _not_the_cut(found: Given, right: "NDArray[np.float64]") -> str:
    """The hint for a mistake that is easy to make."""
    last = "Nearly: the last row or column is missing. Where does a slice end?"
    first = "Nearly: the first row or column is missing. Which one has the first ink?"
    part = "An empty row or column inside the digit was dropped: keep all between first and last."
    both = "Rows and columns both have to be cut; one of the two still has its whole length."
    shapes = {
        (40, 60): "Nothing was cut off: what comes back is as large as what was given.",
        (37, 48): "Some pixels that are fainter than 0.5 were kept. What counts as ink here?",
        (20, 60): both,
        (40, 9): both,
        (18, 7): part,
        (18, 9): part,
        (20, 7): part,
        right.shape[::-1]: "Rows and columns have changed places.",
    }
    if found is not None and np.shape(found) in shapes:
        return shapes[np.shape(found)]
    for less, hint in ((slice(None, -1), last), (slice(1, None), first)):
        if any(np.array_equal(found, each) for each in (right[less], right[:, less], right[less, less])):
            return hint
    if np.array_equal(found, right > INK):
        return "The right place, but give the numbers of `ink`, not true and false."
    if np.array_equal(found, np.where(right > INK, right, 0)):
        return "The right place, but leave the faint pixels in it as they are."
    return wrong_shape(found, right.shape)


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
        if not abs(number) < 1e6:  # noqa: PLR2004 - not a number, or as good as infinite
            return "What is divided by is nearly 0: is `down` squared before the sum?"
        if hint := _not_the_slant(number, ink):
            return hint
    return ""


def _not_the_slant(number: float, ink: "NDArray[np.float64]") -> str:
    rows, columns = np.indices(ink.shape)
    down, right = rows - np.average(rows, weights=ink), columns - np.average(columns, weights=ink)
    low, far = rows - rows.mean(), columns - columns.mean()
    mixed, tall, wide = (float(np.sum(ink * each)) for each in (right * down, down**2, right**2))
    hints = {
        "": mixed / tall,
        "The sign is off: ink that moves to the right as it goes down has a slant above 0.": -mixed / tall,
        "That is how far down it goes with each column. Which of the squares belongs below?": mixed / wide,
        "That is the sum, not yet divided by the other one.": mixed,
        "Measured from the corner of the picture: take the middle of the ink away from rows and columns.": (
            np.sum(ink * rows * columns) / np.sum(ink * rows**2)
        ),
        "The middle is that of the picture: take that of the ink, `np.average(…, weights=ink)`.": (
            np.sum(ink * far * low) / np.sum(ink * low**2)
        ),
        "Every pixel counts the same: each should count as much as it has ink.": (
            np.sum(right * down) / np.sum(down**2)
        ),
    }
    return hint_about(number, hints, "Not that slant. Are the middles and both sums weighed by the ink?")


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
    return f"With it the model still reads {read:.0%} of them: go further from {STROKE_WIDTH}."


CHECKS = {"4.1": _cut, "4.2": _slant, "4.3": _width}
