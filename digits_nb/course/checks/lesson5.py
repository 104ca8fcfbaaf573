"""Lesson 5, Who taught it to write?: what its exercises ask for."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from digits_nb.course.checks.example import all_digits, fitted, score
from digits_nb.course.checks.given import Given, hint_about, no_function, number_of, wrong_shape
from digits_nb.training import dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.training.dataset import Digits

WRITERS = (0, 3, 10)
"""Whom exercise 5.1 is asked about: those who are read worst, and one who is read well."""


@cache
def _normalised() -> "Digits":
    return dataset.normalised(all_digits())


def _stranger(answer: Given) -> str:
    if short := no_function(answer):
        return short
    for writer in WRITERS:
        number = number_of(answer(writer))
        if number is None:
            return "Your function should return one number, a share from 0 to 1, and does not yet."
        if hint := _not_the_share(number, writer):
            return hint
    return ""


def _not_the_share(number: float, writer: int) -> str:
    digits, raw = _normalised(), all_digits()
    own = digits.groups == writer
    right = score(fitted(digits[~own]), digits[own])
    if np.isclose(number, right):
        return ""
    first = digits.groups == WRITERS[0]
    hints = {
        "": right,
        "That is per cent: give a share from 0 to 1.": 100 * right,
        "That is the share that was read wrongly. How many were read right?": 1 - right,
        "Leaked: the model has learned from the very digits that it is asked about.": (
            score(fitted(digits), digits[own])
        ),
        "The two have changed places: it learned from one writer and was asked about all the others.": (
            score(fitted(digits[own]), digits[~own])
        ),
        "It is asked about the digits that it learned from. About whose is it to be asked?": (
            score(fitted(digits[~own]), digits[~own])
        ),
        "It gives the same for every writer: does it use its argument?": (
            score(fitted(digits[~first]), digits[first])
        ),
        "Those are the grids as they came: use the `rows` above, which went through the steps.": (
            score(fitted(raw[~own]), raw[own])
        ),
        "That is a model with another gamma: use `SVC(gamma=0.001)`.": (
            score(fitted(digits[~own], "scale"), digits[own])
        ),
    }
    return hint_about(number, hints, "Not that share. Whose digits are learned from, and whose asked about?")


def _fair(answer: Given) -> str:
    if short := no_function(answer):
        return short
    rows, held = np.array([7, 7, 7, 2, 2, 2, 9, 9, 9, 4, 4, 4]), np.array([2, 7])
    found = answer(rows.copy(), held.copy())
    if short := wrong_shape(found, rows.shape):
        return short
    found, right = np.asarray(found), ~np.isin(rows, held)
    if found.dtype != bool:
        return "Give true or false for each variation: numbers would choose digits by their place instead."
    if np.array_equal(found, ~right):
        return "Leaked: true stands where it must not be learned. Which ones are the others?"
    if np.array_equal(found, right):
        return ""
    return "Leaked, or wasted: every variation of a row that is held out is out, and no other."


def _soften(answer: Given) -> str:
    if short := no_function(answer):
        return short
    given = np.random.default_rng(0).dirichlet(np.full(10, 0.3), 5) + 1e-9
    given /= given.sum(axis=1, keepdims=True)
    for temperature in (2.0, 0.5, 1.0):
        kept = given.copy()
        try:
            found = answer(kept, temperature)
        except ValueError:
            return (
                "Rows cannot be divided by sums of that shape: keep them as a column, with `keepdims=True`."
            )
        if short := wrong_shape(found, given.shape):
            return short
        if not np.array_equal(kept, given):
            return "Your function changes the probabilities that it is given. Make new ones."
        raised, inverse = given ** (1 / temperature), given**temperature
        hints = {
            "": raised / raised.sum(axis=1, keepdims=True),
            "Raised, but the ten of a row no longer make 1: divide each row by its sum.": raised,
            "All rows together make 1 now, and each one should. Which axis is summed?": raised / raised.sum(),
            "The columns make 1 now, and each row should. Which axis is summed?": raised / raised.sum(axis=0),
            "Nothing has changed. Python raises before it divides: `1 / temperature` in parentheses.": given,
            "The power is 1 / temperature, and yours is the temperature.": (
                inverse / inverse.sum(axis=1, keepdims=True)
            ),
        }
        otherwise = "Not softened like this: raise to the power of 1 / temperature, then divide by the sum."
        if hint := hint_about(found, hints, otherwise):
            return hint
    return ""


def _answered(answer: Given) -> str:
    if short := no_function(answer):
        return short
    confidence = np.array([0.95, 0.9, 0.9, 0.85, 0.8, 0.7, 0.7, 0.6, 0.4, 0.3, 0.2])
    right = np.array([1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0], bool)
    for threshold in (0.7, 0.9):
        found = answer(confidence.copy(), right.copy(), threshold)
        if short := wrong_shape(found, (2,)):
            return short if found is None else "Give two shares, as in `return given, wrong`."
        if hint := _not_the_shares(found, confidence >= threshold, confidence > threshold, right):
            return hint
    return ""


def _not_the_shares(
    found: Given,
    given: "NDArray[np.bool_]",
    above: "NDArray[np.bool_]",
    right: "NDArray[np.bool_]",
) -> str:
    share, wrong = given.mean(), (~right[given]).mean()
    if np.allclose(found, (wrong, share)):
        return "The two have changed places: first how many are given, then how many of those are wrong."
    hints = {
        "": share,
        "An answer whose confidence is just the threshold is given too.": above.mean(),
        "Those are the answers that are *not* given. Which ones are sure enough?": 1 - share,
        "The first is how many are given. Which share of all is it?": given.sum(),
        "The first is per cent: give shares from 0 to 1.": 100 * share,
    }
    otherwise = "The first share is off: of all answers, how many are at least as sure as the threshold?"
    if hint := hint_about(found[0], hints, otherwise):
        return hint
    hints = {
        "": wrong,
        "The second is the share of the given answers that are right.": 1 - wrong,
        "The second counts all mistakes: how many are there among the answers that are given?": (
            ~right
        ).mean(),
        "The second is a share of all answers: of those that are given, how many are wrong?": (
            (given & ~right).mean()
        ),
        "The second is how many are wrong. Which share of the given ones is it?": (given & ~right).sum(),
        "The second is per cent: give shares from 0 to 1.": 100 * wrong,
    }
    return hint_about(found[1], hints, "The second share is off: look only at the answers that are given.")


CHECKS = {"5.1": _stranger, "5.2": _fair, "5.3": _soften, "5.4": _answered}
