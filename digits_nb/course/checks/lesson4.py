"""The checks of lesson 4, Seeing like the data set."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from digits_nb.course.checks.helpers import Given, for_function, hint_about, number_of, wrong_shape
from digits_nb.course.checks.reference_model import Model, fitted, halves, rows_of
from digits_nb.course.synthetic_photos import photographs
from digits_nb.preprocessing.ink import INK
from digits_nb.preprocessing.normalization import STROKE_WIDTH
from digits_nb.recognition import preprocess

EACH = 10
"""Number of snapshots of each digit in exercise 4.3."""

FEW = 0.5
"""Accuracy on them, 0..1, that the stroke width asked for stays below."""


def _cut(answer: Given) -> str:
    ink = np.zeros((40, 60))
    ink[11:31, 20:29] = np.random.default_rng(0).uniform(0, 1, (20, 9))
    ink[15:17] = ink[:, 25:27] = 0  # a digit may be in two parts
    ink[[11, 30], 24] = ink[20, [20, 28]] = 1
    ink[2, 50] = ink[38, 3] = 0.3  # too faint to count
    found = answer(ink.copy())
    right = ink[11:31, 20:29]
    if hint := _hint_about_cut(found, right):
        return hint
    return (
        "" if np.array_equal(found, right) else "The shape is right, but it is another part of the picture."
    )


def _hint_about_cut(found: Given, right: NDArray[np.float64]) -> str:
    """Return a hint about a mistake that is easy to make, or ""."""
    last = "Nearly: the last row or column is missing. Where does a slice end?"
    first = "Nearly: the first row or column is missing. Which one has the first ink?"
    part = "An empty row or column inside the digit was dropped: keep all between first and last."
    both = "Rows and columns both have to be cut; one of the two still has its whole length."
    shapes = {
        (40, 60): "Nothing was cut off: what comes back is as large as what was given.",
        (37, 48): "Some pixels that are fainter than 0.5 were kept. What counts as ink here?",
        **dict.fromkeys([(20, 60), (40, 9)], both),
        **dict.fromkeys([(18, 7), (18, 9), (20, 7)], part),
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
    for lean in (-0.4, 0.3):
        ink = np.zeros((30, 40))
        for row in range(4, 28):
            start = 18 + round(lean * (row - 15))
            ink[row, start : start + 3] = 1 - row / 60
        if hint := _hint_about_slant(answer(ink.copy()), ink):
            return hint
    return ""


def _hint_about_slant(found: Given, ink: NDArray[np.float64]) -> str:
    number = number_of(found)
    if number is not None and not abs(number) < 1e6:  # noqa: PLR2004 - NaN, or as good as infinite
        return "What is divided by is nearly 0: is `down` squared before the sum?"
    rows, columns = np.meshgrid(*map(np.arange, ink.shape), indexing="ij")
    down, right = rows - np.average(rows, weights=ink), columns - np.average(columns, weights=ink)
    low, far = rows - rows.mean(), columns - columns.mean()
    slant, inverse = _slope(ink, right, down), _slope(ink, down, right)
    from_corner, from_picture = _slope(ink, columns, rows), _slope(ink, far, low)
    hints = {
        "": slant,
        "The sign is off: ink that moves to the right as it goes down has a slant above 0.": -slant,
        "That is how far down it goes with each column. Which of the squares belongs below?": inverse,
        "That is the sum, not yet divided by the other one.": np.sum(ink * right * down),
        "Measured from the corner of the picture: take the ink's middle from rows and columns.": from_corner,
        "The middle is that of the picture: take the ink's, `np.average(…, weights=ink)`.": from_picture,
        "Every pixel counts the same: each should count as much as it has ink.": _slope(1, right, down),
    }
    return hint_about(found, hints, "Not that slant. Are the middles and both sums weighed by the ink?")


def _slope(weights: NDArray[np.float64] | int, across: NDArray[Any], along: NDArray[Any]) -> float:
    """Return the slope of the least-squares line through the origin, `across` over `along`."""
    return float(np.sum(weights * across * along) / np.sum(weights * along**2))


@cache
def _snapshots() -> tuple[list[Image], NDArray[np.int64], Model]:
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


CHECKS = {"4.1": for_function(_cut), "4.2": for_function(_slant), "4.3": _width}
