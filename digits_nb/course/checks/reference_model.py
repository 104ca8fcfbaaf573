"""Reference model of the lessons, the usual scikit-learn example: the digits in two halves, and an SVC."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits_nb.training import dataset
from digits_nb.training.dataset import Digits

Model = Any
"""A classifier of scikit-learn, which has no types."""


@cache
def all_digits() -> Digits:
    """Return scikit-learn's digits. They are shared: give a student's function copies only."""
    return dataset.load()


def halves() -> tuple[Digits, Digits]:
    """Return the first half, to learn from, and the second half, held out."""
    half = len(all_digits()) // 2
    return all_digits()[:half], all_digits()[half:]


def rows_of(grids: NDArray[np.float64]) -> NDArray[np.float64]:
    """Reshape grids (n, 8, 8) to what a classifier takes: (n, 64)."""
    return np.reshape(grids, (-1, 64))


def fitted(learned: Digits, gamma: float | str = 0.001) -> Model:
    """Fit the support vector classifier of the example."""
    from sklearn.svm import SVC

    return SVC(gamma=gamma).fit(rows_of(learned.grids), learned.labels)


def score(model: Model, digits: Digits) -> float:
    """Return the accuracy of a model, 0..1."""
    return float(np.mean(model.predict(rows_of(digits.grids)) == digits.labels))
