"""What the exercises of the lessons ask for: each check says what an answer lacks, or nothing.

An answer is judged by what it does: what it should be is worked out here from the digits, and stands nowhere.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np

from digits_nb import dataset, quizzes
from digits_nb.normalise import BITMAP, GRID, LEVELS

if TYPE_CHECKING:
    from digits_nb.dataset import Digits

FOUR, FIVE = 4, 5
"""Rows of `load_digits` that lesson 1 looks at: a four, and a five that looks like a nine."""

Given = Any  # whatever a student gives
Model = Any  # scikit-learn has no types

WHITE = 255  # of a screen
GOOD = 0.95  # share of the held-out digits that a model of exercise 2.3 has to read
BAD = 0.2  # and that a model which only knows its digits by heart, in exercise 2.2, may read at most
NOTHING = "Your function returns nothing yet: what follows `return`?"


@cache
def _digits() -> "Digits":
    return dataset.load()


def _halves() -> "tuple[Digits, Digits]":
    """What the usual example learns from, and what it holds out."""
    half = len(_digits()) // 2
    return _digits()[:half], _digits()[half:]


def _fitted(gamma: float) -> Model:
    from sklearn.svm import SVC

    learned, _ = _halves()
    return SVC(gamma=gamma).fit(learned.grids.reshape(-1, 64), learned.labels)


def _score(model: Model, digits: "Digits") -> float:
    return float(np.mean(model.predict(digits.grids.reshape(-1, 64)) == digits.labels))


def _number(answer: object) -> float | None:
    try:
        return float(answer)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def _shape(answer: object, shape: tuple[int, ...]) -> str:
    if answer is None:
        return NOTHING
    if np.shape(answer) != shape:
        return f"The shape is {np.shape(answer)} and should be {shape}."
    return ""


def _not_a_function(answer: object) -> str:
    return "" if callable(answer) else "Give the function itself: its name, without parentheses."


# Lesson 1


def _full_cell(answer: Given) -> str:
    grid = _digits().grids[FOUR]
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
    if short := _shape(answer, (GRID, GRID)):
        return short
    ink, shades = _digits().grids[FOUR] / LEVELS, np.asarray(answer, float)
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
    if short := _not_a_function(answer):
        return short
    bitmap = np.random.default_rng(0).random((BITMAP, BITMAP))
    found = answer(bitmap.copy())
    if short := _shape(found, (GRID, GRID)):
        return short
    blocks = [[bitmap[4 * r : 4 * r + 4, 4 * c : 4 * c + 4].sum() for c in range(GRID)] for r in range(GRID)]
    if np.allclose(found, blocks):
        return ""
    if np.allclose(found, np.transpose(blocks)):
        return "Rows and columns have changed places."
    if np.allclose(found, np.array(blocks) / LEVELS):
        return "That is the mean of each block, 0 to 1. How much ink is in all of its pixels together?"
    return "The shape is right, but the ink of some blocks is not. Is each block 4×4?"


def _nearest(answer: Given) -> str:
    distances = np.linalg.norm(_digits().grids - _digits().grids[FIVE], axis=(1, 2))
    number = _number(answer)
    if number is None or number != int(number) or not 0 <= number < len(distances):
        return f"Give the row of a digit: a whole number from 0 to {len(distances) - 1}."
    if number == FIVE:
        return "Nothing is nearer to a digit than itself. Who comes next?"
    nearer = int(np.sum(distances < distances[int(number)])) - 1
    if nearer:
        others = "another digit is" if nearer == 1 else f"{nearer} others are"
        return f"Not yet: {others} nearer to it than that one."
    return ""


# Lesson 2


def _mistakes(answer: Given) -> str:
    learned, held = _halves()
    model, number = _fitted(0.001), _number(answer)
    wrong = {digits is held: round((1 - _score(model, digits)) * len(digits)) for digits in (learned, held)}
    if number is None:
        return "Give one number: how many of the held-out digits were read wrongly."
    if number == wrong[True]:
        return ""
    if number == len(held) - wrong[True]:
        return "So many were read right. How many were not?"
    if 0 < number < 1:
        return "That is a share. How many digits is it?"
    if number in (0, wrong[False]):
        return (
            "Leaked: so few mistakes are made on digits that the model learned from. Ask it about the others."
        )
    return "Not so many. Compare what was read with what was written, digit by digit, and count."


def _by_heart(answer: Given) -> str:
    gamma = _number(answer)
    if gamma is None or not 0 < gamma < np.inf:
        return "Give a gamma: a number above 0."
    learned, held = (_score(_fitted(gamma), digits) for digits in _halves())
    if learned < 1:
        return (
            f"With it the model reads {learned:.1%} of what it learned from, not yet all: go the other way."
        )
    if held > BAD:
        return f"It knows all that it learned, and still reads {held:.0%} of the held-out half: go further."
    return ""


def _neighbours(answer: Given) -> str:
    learned, held = _halves()
    if not hasattr(answer, "predict"):
        return "Give the model itself, after `fit`."
    count = getattr(answer, "n_samples_fit_", len(learned))
    if count > len(learned):
        return (
            "Leaked: the model has learned from digits that it is tested on. Fit it on the first half only."
        )
    score = _score(answer, held)
    if score == 1:
        return "Leaked: nobody reads all of them. Has the model seen the second half?"
    if count < len(learned):
        return "It learned from less than the first half: give it all of that."
    if score < GOOD:
        return (
            f"It reads {score:.0%} of the held-out half; 95 % is to be had with another number of neighbours."
        )
    return ""


def _met(answer: Given) -> str:  # noqa: PLR0911 - a hint each
    if short := _not_a_function(answer):
        return short
    train, test = np.array([1, 1, 2, 3, 3, 3]), np.array([2, 4, 4, 5, 3])
    met = float(np.isin(test, train).mean())
    number = _number(answer(train, test))
    if number is None:
        return "Your function should return one number, the share, and does not yet."
    if np.isclose(number, met):
        return ""
    if np.isclose(number, 100 * met):
        return "That is per cent: give a share from 0 to 1."
    if np.isclose(number, np.isin(train, test).mean()):
        return "That is the share of the training digits. Of which digits is it asked?"
    if np.isclose(number, 1 - met):
        return "That is the share whose writer is new. How many are the others?"
    if np.isclose(number, np.isin(test, train).sum()):
        return "That is how many they are. Which share of the test digits is it?"
    return "Not that share. For each test digit: is its writer among those of the training digits?"


# Lesson 3


def _moved(answer: Given) -> str:
    _, held = _halves()
    model, number = _fitted(0.001), _number(answer)
    if number is None or not 0 <= number <= 1:
        return "Give a share from 0 to 1: right answers divided by all answers."

    def after(columns: int, rows: int) -> float:
        moved = np.roll(held.grids, (rows, columns), axis=(1, 2))
        return float(np.mean(model.predict(moved.reshape(-1, 64)) == held.labels))

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
    if short := _not_a_function(answer):
        return short
    for grid in _digits().grids[:20]:
        for given, polarity in ((grid, "on white paper"), (LEVELS - grid, "on a blackboard")):
            kept = given.copy()
            found = answer(kept)
            if short := _shape(found, (GRID, GRID)):
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


def _distance(answer: Given) -> str:  # noqa: PLR0911 - a hint each
    if short := _not_a_function(answer):
        return short
    learned, held = _halves()
    for grid in held.grids[:3]:
        distances = np.linalg.norm(learned.grids - grid, axis=(1, 2))
        number = _number(answer(grid.copy()))
        if number is None:
            return "Your function should return one number, the least distance, and does not yet."
        if np.isclose(number, 0):
            return "Leaked: it finds the digit itself. Look only among those that the model learned from."
        if np.isclose(number, distances.min() ** 2):
            return "That is the square of the distance."
        if np.isclose(number, distances.argmin()):
            return "That is which digit is nearest. How far away is it?"
        if np.isclose(number, distances.mean()) or np.isclose(number, distances.max()):
            return "That is not the distance of the nearest one. Which of all distances is asked for?"
        if not np.isclose(number, distances.min()):
            return (
                "Not that far. The distance of two grids is the root of the sum of their squared differences."
            )
    return ""


CHECKS: dict[str, Callable[[Any], str]] = {
    "1.1": _full_cell,
    "1.2": _screen,
    "1.3": _count,
    "1.4": _nearest,
    "2.1": _mistakes,
    "2.2": _by_heart,
    "2.3": _neighbours,
    "2.4": _met,
    "3.1": _moved,
    "3.2": _ink_high,
    "3.3": _distance,
    **{exercise: partial(quizzes.shortfall, exercise) for exercise in quizzes.SEALS},
}
"""Exercise → what its answer lacks, in words; "" if nothing."""
