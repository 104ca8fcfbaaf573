"""The checks of lesson 2, Ninety-seven per cent."""

import numpy as np

from digits_nb.course.checks.helpers import Given, for_function, hint_about, number_of
from digits_nb.course.checks.reference_model import fitted, halves, score

GOOD = 0.95
"""The least accuracy on the held-out digits, 0..1, of a model of exercise 2.3."""

BAD = 0.2
"""The greatest accuracy on them of a model of exercise 2.2, which only knows what it learned by heart."""


def _mistakes(answer: Given) -> str:
    learned, held = halves()
    model, number = fitted(learned), number_of(answer)
    wrong, wrong_learned = (round((1 - score(model, part)) * len(part)) for part in (held, learned))
    if number is None:
        return "Give one number: how many of the held-out digits were read wrongly."
    if number == wrong:
        return ""
    if number == len(held) - wrong:
        return "So many were read right. How many were not?"
    if 0 < number < 1:
        return "That is a share. How many digits is it?"
    if number in (0, wrong_learned):
        return "Leaked: so few are misread of those that the model learned from. Ask it about the others."
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
        return "Leaked: the model learned from digits that it is tested on. Fit it on the first half only."
    read = score(answer, held)
    if read == 1:
        return "Leaked: nobody reads all of them. Has the model seen the second half?"
    if count < len(learned):
        return "It learned from less than the first half: give it all of that."
    if read < GOOD:
        return f"It reads {read:.0%} of the held-out half; another number of neighbours gets 95 %."
    return ""


def _met(answer: Given) -> str:
    train, test = np.array([1, 1, 2, 3, 3, 3]), np.array([2, 4, 4, 5, 3])
    met = np.isin(test, train)
    hints = {
        "": met.mean(),
        "That is per cent: give a share from 0 to 1.": 100 * met.mean(),
        "That is the share of the training digits. Of which digits is it asked?": np.isin(train, test).mean(),
        "That is the share whose writer is new. How many are the others?": 1 - met.mean(),
        "That is how many they are. Which share of the test digits is it?": met.sum(),
    }
    otherwise = "Not that share. For each test digit: is its writer among those of the training digits?"
    return hint_about(answer(train, test), hints, otherwise)


CHECKS = {"2.1": _mistakes, "2.2": _by_heart, "2.3": _neighbours, "2.4": for_function(_met)}
