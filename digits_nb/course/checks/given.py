"""What a student gives: whether it is the kind of thing that was asked for, in words."""

from collections.abc import Mapping
from typing import Any

import numpy as np

Given = Any
"""Whatever somebody puts in the place of the three dots."""

ROUNDED = "Nearly: it seems to be rounded. Give it as it is."
NOTHING = "Your function returns nothing yet: what follows `return`?"


def number_of(answer: object) -> float | None:
    """The answer as a number; None if it is none."""
    try:
        return float(answer)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None


def wrong_shape(answer: object, shape: tuple[int, ...]) -> str:
    """What is to be said of an answer that has not the shape of an array; "" if it has."""
    if answer is None:
        return NOTHING
    if np.shape(answer) != shape:
        return f"The shape is {np.shape(answer)} and should be {shape}."
    return ""


def no_function(answer: object) -> str:
    """What is to be said of an answer that cannot be called; "" if it can."""
    return "" if callable(answer) else "Give the function itself: its name, without parentheses."


def hint_about(answer: Given, hints: Mapping[str, Any], otherwise: str) -> str:
    """What is to be said of a number or an array, by what it equals.

    Parameters
    ----------
    answer
        What was given, of the shape that was asked for.
    hints
        Hint → the number or the array that calls for it; "" is for the right one.
    otherwise
        The hint for everything else.
    """
    for hint, each in hints.items():
        if np.allclose(answer, each):
            return hint
    return ROUNDED if np.allclose(answer, hints[""], atol=0.006) else otherwise
