"""Lesson 5, Who taught it to write?: what its exercises ask for."""

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from digits_nb import dataset
from digits_nb.exercises.example import all_digits, fitted, score
from digits_nb.exercises.given import Given, hint_about, no_function, number_of, wrong_shape

if TYPE_CHECKING:
    from digits_nb.dataset import Digits

WRITERS = (0, 3, 10)
"""Whom exercise 5.1 is asked about: those who are read worst, and one who is read well."""


@cache
def _normalised() -> "Digits":
    return dataset.normalised(all_digits())


def _stranger(answer: Given) -> str:
    if short := no_function(answer):
        return short
    digits = _normalised()
    for writer in WRITERS:
        own = digits.groups == writer
        number = number_of(answer(writer))
        if number is None:
            return "Your function should return one number, a share from 0 to 1, and does not yet."
        if np.isclose(number, score(fitted(digits[~own]), digits[own])):
            continue
        near_misses = {
            "Leaked: the model has learned from the very digits that it is asked about.": (
                score(fitted(digits), digits[own])
            ),
            "The two have changed places: it learned from one writer and was asked about all the others.": (
                score(fitted(digits[own]), digits[~own])
            ),
            "It is asked about the digits that it learned from. About whose is it to be asked?": (
                score(fitted(digits[~own]), digits[~own])
            ),
            "That is the share that was read wrongly. How many were read right?": (
                1 - score(fitted(digits[~own]), digits[own])
            ),
        }
        return hint_about(number, near_misses, "Not that share. Learn from `~own`, ask about `own`.")
    return ""


def _fair(answer: Given) -> str:
    if short := no_function(answer):
        return short
    rows, held = np.array([7, 7, 7, 2, 2, 2, 9, 9, 9, 4, 4, 4]), np.array([2, 4])
    found = answer(rows.copy(), held.copy())
    if short := wrong_shape(found, rows.shape):
        return short
    expected = ~np.isin(rows, held)
    found = np.asarray(found)
    if np.array_equal(found, expected):
        return ""
    if np.array_equal(found, ~expected):
        return "Leaked: true stands where it must not be learned. Which ones are the others?"
    if found.dtype != bool:
        return "Give true or false for each variation, not a number or the row itself."
    return "Leaked, or wasted: every variation of a row that is held out is out, and no other."


def _soften(answer: Given) -> str:
    if short := no_function(answer):
        return short
    given = np.random.default_rng(0).dirichlet(np.full(10, 0.3), 5) + 1e-9
    given /= given.sum(axis=1, keepdims=True)
    for temperature in (2.0, 0.5, 1.0):
        kept = given.copy()
        found = answer(kept, temperature)
        if short := wrong_shape(found, given.shape):
            return short
        if not np.array_equal(kept, given):
            return "Your function changes the probabilities that it is given. Make new ones."
        raised, inverse = given ** (1 / temperature), given**temperature
        hints = {
            "": raised / raised.sum(axis=1, keepdims=True),
            "Raised, but the ten of a row no longer make 1: divide each row by its sum.": raised,
            "All rows together make 1 now, and each one should. Which axis is summed?": raised / raised.sum(),
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
    confidence = np.array([0.95, 0.9, 0.8, 0.7, 0.7, 0.6, 0.4, 0.3])
    right = np.array([True, True, False, True, False, True, False, False])
    found = answer(confidence.copy(), right.copy(), 0.7)
    if short := wrong_shape(found, (2,)):
        return "Give two shares, as in `return given, wrong`." if found is not None else short
    share, wrong = map(float, found)
    if np.isclose(share, 3 / 8):
        return "An answer whose confidence is just the threshold is given too."
    if not np.isclose(share, 5 / 8):
        return "The first share is off: of all answers, how many are at least as sure as the threshold?"
    near_misses = {
        "": 2 / 5,
        "The second is the share of the given answers that are right.": 3 / 5,
        "The second counts all mistakes: how many are there among the answers that are given?": 4 / 8,
        "The second is a share of all answers: of those that are given, how many are wrong?": 2 / 8,
    }
    return hint_about(wrong, near_misses, "The second share is off: look only at the answers that are given.")


CHECKS = {"5.1": _stranger, "5.2": _fair, "5.3": _soften, "5.4": _answered}
