"""The usual example, which the lessons speak of: scikit-learn's digits in two halves, and its classifier."""

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from digits_nb.training import dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.training.dataset import Digits

Model = Any
"""A classifier of scikit-learn, which has no types."""


@cache
def all_digits() -> "Digits":
    """Scikit-learn's digits; whoever gets one of their grids to change gets a copy."""
    return dataset.load()


def halves() -> "tuple[Digits, Digits]":
    """What is learned from, and what is held out."""
    half = len(all_digits()) // 2
    return all_digits()[:half], all_digits()[half:]


def rows_of(grids: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Grids (n, 8, 8) as a model takes them: (n, 64)."""
    return np.reshape(grids, (-1, 64))


def fitted(learned: "Digits", gamma: float | str = 0.001) -> Model:
    """The support vector classifier of the example, fitted."""
    from sklearn.svm import SVC

    return SVC(gamma=gamma).fit(rows_of(learned.grids), learned.labels)


def score(model: Model, digits: "Digits") -> float:
    """The share of the digits that a model reads right, 0..1."""
    return float(np.mean(model.predict(rows_of(digits.grids)) == digits.labels))
