"""The training digits that look most like a grid: what it reminds the model of."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_first = Lock()  # two that ask at once shall not both fit a thousand grids


def find(grid: "ArrayLike", count: int) -> "tuple[NDArray[np.float64], NDArray[np.int64]]":
    """Grids and labels of the nearest of scikit-learn's digits, normalised as for training.

    The first call takes a second or more, later ones a millisecond.

    Parameters
    ----------
    grid : array of shape (8, 8) or (64,)
        0..16.
    count
        How many are wanted.

    Returns
    -------
    tuple of ndarray
        Shapes (count, 8, 8) and (count,), the nearest by Euclidean distance of their 64 numbers first.
    """
    with _first:
        grids, labels = _training()
    distances = np.square(grids.reshape(-1, 64) - np.ravel(grid)).sum(axis=1)
    nearest = np.argsort(distances, kind="stable")[:count]
    return grids[nearest], labels[nearest]


@cache
def _training() -> "tuple[NDArray[np.float64], NDArray[np.int64]]":
    from digits_nb.training import dataset

    digits = dataset.normalised(dataset.load())
    return digits.grids, digits.labels
