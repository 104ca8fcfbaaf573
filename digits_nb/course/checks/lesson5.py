"""The checks of lesson 5, "Who taught it to write?"."""

import numpy as np

from digits_nb.course.checks.helpers import (
    Given,
    for_function,
    hint_about,
    hint_about_pair,
    number_of,
    wrong_shape,
)
from digits_nb.course.checks.reference_model import all_digits, fitted, score
from digits_nb.training.dataset import Digits
from digits_nb.training.neighbors import training_digits

WRITERS = (0, 3, 10)
"""The writers that exercise 5.1 is tried with: two that are read worst, and one that is read well."""


def _split(digits: Digits, writer: int) -> tuple[Digits, Digits]:
    """Return the digits of all other writers, and those of this one."""
    own = digits.groups == writer
    return digits[~own], digits[own]


def _accuracy(learned: Digits, held: Digits, gamma: float | str = 0.001) -> float:
    return score(fitted(learned, gamma), held)


def _stranger(answer: Given) -> str:
    for writer in WRITERS:
        if hint := _hint_about_stranger(answer(writer), writer):
            return hint
    return ""


def _hint_about_stranger(found: Given, writer: int) -> str:
    digits = training_digits()
    others, own = _split(digits, writer)
    right = _accuracy(others, own)
    if number_of(found) is None or np.isclose(found, right):
        return hint_about(found, {"": right}, "")  # fits no models for hints: it would take a second
    swapped, known = _accuracy(own, others), _accuracy(others, others)
    constant = _accuracy(*_split(digits, WRITERS[0]))
    as_given = _accuracy(*_split(all_digits(), writer))
    hints = {
        "": right,
        "That is per cent: give a share from 0 to 1.": 100 * right,
        "That is the share that was read wrongly. How many were read right?": 1 - right,
        "Leaked: the model has learned from the very digits that it is asked about.": _accuracy(digits, own),
        "The two have changed places: it learned from one writer and was asked about the others.": swapped,
        "It is asked about the digits that it learned from. About whose is it to be asked?": known,
        "It gives the same for every writer: does it use its argument?": constant,
        "Those are the grids as they came: use the `rows` above, made by the steps.": as_given,
        "That is a model with another gamma: use `SVC(gamma=0.001)`.": _accuracy(others, own, "scale"),
    }
    return hint_about(found, hints, "Not that share. Whose digits are learned from, and whose asked about?")


def _fair(answer: Given) -> str:
    rows, held = np.array([7, 7, 7, 2, 2, 2, 9, 9, 9, 4, 4, 4]), np.array([2, 7])
    found = answer(rows.copy(), held.copy())
    if hint := wrong_shape(found, rows.shape):
        return hint
    found, right = np.asarray(found), ~np.isin(rows, held)
    if found.dtype != bool:
        return "Give true or false for each variation: numbers would choose digits by their place instead."
    if np.array_equal(found, ~right):
        return "Leaked: true stands where it must not be learned. Which ones are the others?"
    if np.array_equal(found, right):
        return ""
    return "Leaked, or wasted: every variation of a row that is held out is out, and no other."


def _soften(answer: Given) -> str:
    given = np.random.default_rng(0).dirichlet(np.full(10, 0.3), 5) + 1e-9
    given /= given.sum(axis=1, keepdims=True)
    for temperature in (2.0, 0.5, 1.0):
        kept = given.copy()
        try:
            found = answer(kept, temperature)
        except ValueError:
            return "Rows cannot be divided by sums of that shape: keep a column, with `keepdims=True`."
        if not np.array_equal(kept, given):
            return "Your function changes the probabilities that it is given. Make new ones."
        raised, inverse = given ** (1 / temperature), given**temperature
        inverse /= inverse.sum(axis=1, keepdims=True)
        hints = {
            "": raised / raised.sum(axis=1, keepdims=True),
            "Raised, but the ten of a row no longer make 1: divide each row by its sum.": raised,
            "All rows together make 1 now, and each one should. Which axis is summed?": raised / raised.sum(),
            "The columns make 1 now, and each row should. Which axis is summed?": raised / raised.sum(axis=0),
            "Nothing has changed. Python raises before it divides: `1 / temperature` in parentheses.": given,
            "The power is 1 / temperature, and yours is the temperature.": inverse,
        }
        otherwise = "Not softened like this: raise to the power of 1 / temperature, then divide by the sum."
        if hint := hint_about(found, hints, otherwise):
            return hint
    return ""


def _answered(answer: Given) -> str:
    confidence = np.array([0.95, 0.9, 0.9, 0.85, 0.8, 0.7, 0.7, 0.6, 0.4, 0.3, 0.2])
    right = np.array([1, 1, 0, 1, 1, 0, 1, 0, 0, 1, 0], bool)
    for threshold in (0.7, 0.9):
        found = answer(confidence.copy(), right.copy(), threshold)
        given, mistaken = confidence >= threshold, ~right
        share, wrong, wrong_of_all = given.mean(), mistaken[given].mean(), (given & mistaken).mean()
        first = {
            "": share,
            "An answer whose confidence is just the threshold is given too.": (confidence > threshold).mean(),
            "Those are the answers that are *not* given. Which ones are sure enough?": 1 - share,
            "The first is how many are given. Which share of all is it?": given.sum(),
        }
        second = {
            "": wrong,
            "The second is the share of the given answers that are right.": 1 - wrong,
            "The second counts all mistakes: how many are there among the answers given?": mistaken.mean(),
            "The second is a share of all answers: of those given, how many are wrong?": wrong_of_all,
            "The second is how many are wrong. Which share of the given ones is it?": mistaken[given].sum(),
        }
        order = "how many are given, then how many of those are wrong"
        first_off = "The first share is off: of all answers, how many are at least as sure as that?"
        second_off = "The second share is off: look only at the answers that are given."
        if hint := hint_about_pair(found, "given, wrong", order, (first, first_off), (second, second_off)):
            return hint
    return ""


CHECKS = {
    "5.1": for_function(_stranger),
    "5.2": for_function(_fair),
    "5.3": for_function(_soften),
    "5.4": for_function(_answered),
}
