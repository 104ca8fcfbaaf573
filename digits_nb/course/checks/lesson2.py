"""Lesson 2, Ninety-seven per cent: what its exercises ask for."""

import numpy as np

from digits_nb.course.checks.example import fitted, halves, score
from digits_nb.course.checks.given import Given, hint_about, no_function, number_of

GOOD = 0.95
"""Share of the held-out digits that a model of exercise 2.3 has to read."""

BAD = 0.2
"""Share of them that a model which only knows its digits by heart, in exercise 2.2, may read at most."""


def _mistakes(answer: Given) -> str:
    learned, held = halves()
    model, number = fitted(learned), number_of(answer)
    wrong = {digits is held: round((1 - score(model, digits)) * len(digits)) for digits in (learned, held)}
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
    gamma = number_of(answer)
    if gamma is None or not 0 < gamma < np.inf:
        return "Give a gamma: a number above 0."
    learned, held = halves()
    model = fitted(learned, gamma)
    if (known := score(model, learned)) < 1:
        return f"With it the model reads {known:.1%} of what it learned from, not yet all: go the other way."
    if (new := score(model, held)) > BAD:
        return f"It knows all that it learned, and still reads {new:.0%} of the held-out half: go further."
    return ""


def _neighbours(answer: Given) -> str:
    learned, held = halves()
    if not hasattr(answer, "predict"):
        return "Give the model itself, after `fit`."
    count = getattr(answer, "n_samples_fit_", len(learned))
    if count > len(learned):
        return (
            "Leaked: the model has learned from digits that it is tested on. Fit it on the first half only."
        )
    read = score(answer, held)
    if read == 1:
        return "Leaked: nobody reads all of them. Has the model seen the second half?"
    if count < len(learned):
        return "It learned from less than the first half: give it all of that."
    if read < GOOD:
        return f"It reads {read:.0%} of the held-out half; another number of neighbours gets 95 %."
    return ""


def _met(answer: Given) -> str:
    if short := no_function(answer):
        return short
    train, test = np.array([1, 1, 2, 3, 3, 3]), np.array([2, 4, 4, 5, 3])
    met = np.isin(test, train)
    number = number_of(answer(train, test))
    if number is None:
        return "Your function should return one number, the share, and does not yet."
    hints = {
        "": met.mean(),
        "That is per cent: give a share from 0 to 1.": 100 * met.mean(),
        "That is the share of the training digits. Of which digits is it asked?": np.isin(train, test).mean(),
        "That is the share whose writer is new. How many are the others?": 1 - met.mean(),
        "That is how many they are. Which share of the test digits is it?": met.sum(),
    }
    otherwise = "Not that share. For each test digit: is its writer among those of the training digits?"
    return hint_about(number, hints, otherwise)


CHECKS = {"2.1": _mistakes, "2.2": _by_heart, "2.3": _neighbours, "2.4": _met}
