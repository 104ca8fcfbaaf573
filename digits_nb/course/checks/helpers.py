"""Helpers of the checks: test the type and shape of an answer, and find known mistakes in it."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

Given = Any
"""Anything that a student puts in the place of the three dots."""

Check = Callable[[Given], str]
"""Takes an answer; returns a hint, or "" if the answer is right."""

Hints = Mapping[str, Any]
"""Hint → the number or the array that shows this mistake; the key "" is the right result."""

NO_FUNCTION = "Give the function itself: its name, without parentheses."
ROUNDED = "Nearly: it seems to be rounded. Give it as it is."
NOTHING = "Your function returns nothing yet: what follows `return`?"
NO_NUMBER = "Your function should return one number, and does not yet."


def for_function(check: Check) -> Check:
    """Return a check that gives a hint about everything that is no function, and else calls `check`."""

    def check_function(answer: Given) -> str:
        return check(answer) if callable(answer) else NO_FUNCTION

    return check_function


def number_of(answer: Given) -> float | None:
    """Return the answer as a number, or None if it is no number."""
    try:
        return float(answer)
    except (TypeError, ValueError):
        return None


def wrong_shape(answer: Given, shape: tuple[int, ...]) -> str:
    """Return a hint if the answer does not have this shape, or else ""."""
    if answer is None:
        return NOTHING
    if np.shape(answer) != shape:
        return f"The shape is {np.shape(answer)} and should be {shape}."
    return ""


def hint_about(answer: Given, hints: Hints, otherwise: str) -> str:
    """Return the hint whose value the answer equals, or "" if the answer is right.

    Parameters
    ----------
    answer
        The result of a student's function. It should be a number, or an array of the shape of the right
        result.
    hints
        The first that fits is returned.
    otherwise
        The hint if none fits.
    """
    if not np.shape(hints[""]):
        answer = number_of(answer)
        if answer is None:
            return NO_NUMBER
    elif hint := wrong_shape(answer, np.shape(hints[""])):
        return hint
    for hint, value in hints.items():
        if np.allclose(answer, value):
            return hint
    return ROUNDED if np.allclose(answer, hints[""], atol=0.006) else otherwise


def hint_about_pair(
    answer: Given, names: str, order: str, first: tuple[Hints, str], second: tuple[Hints, str]
) -> str:
    """Return a hint about a pair of shares, each 0..1, or "" if both are right.

    Parameters
    ----------
    answer
        Anything.
    names
        The names of the two, as they could stand behind `return`.
    order
        Says which one is first.
    first, second
        `hints` and `otherwise` of `hint_about`, for each of the two.
    """
    if hint := wrong_shape(answer, (2,)):
        return hint if answer is None else f"Give two shares, as in `return {names}`."
    if np.allclose(answer, (second[0][""], first[0][""])):
        return f"The two have changed places: first {order}."
    for place, number, (hints, otherwise) in zip(("first", "second"), answer, (first, second), strict=True):
        in_per_cent = {f"The {place} is per cent: give shares from 0 to 1.": 100 * hints[""]}
        if hint := hint_about(number, {**hints, **in_per_cent}, otherwise):
            return hint
    return ""
