"""Nearest neighbours of a grid, by the Euclidean distance of the 64 numbers."""

from functools import cache
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digits_nb.training import dataset

_lock = Lock()  # or two threads that ask for the first time both normalise 1,797 grids


class Neighbors(NamedTuple):
    """Digits near a grid, the nearest first.

    Attributes
    ----------
    grids : ndarray of shape (count, 8, 8), 0..16
    labels : ndarray of shape (count,), 0..9
    distances : ndarray of shape (count,), float64
        At least 0; at most 128, from an empty grid to a full one.
    """

    grids: NDArray[np.float64]
    labels: NDArray[np.int64]
    distances: NDArray[np.float64]


def nearest(grid: ArrayLike, grids: ArrayLike, labels: ArrayLike, count: int) -> Neighbors:
    """Find the grids that are nearest to a grid; of those at the same distance, the first ones.

    Parameters
    ----------
    grid : array of shape (8, 8) or (64,), 0..16
    grids : array of shape (n, 8, 8) or (n, 64), 0..16
        The grids to search.
    labels : array of shape (n,)
        The digits that they show.
    count
        How many to find; fewer are found if n is smaller.
    """
    grids = np.reshape(grids, (-1, 8, 8))
    distances = np.linalg.norm(grids.reshape(-1, 64) - np.ravel(grid), axis=1)
    order = np.argsort(distances, kind="stable")[:count]
    return Neighbors(grids[order], np.asarray(labels)[order], distances[order])


def nearest_training_digits(grid: ArrayLike, count: int) -> Neighbors:
    """Find those of scikit-learn's digits, normalised as for training, that are nearest to a grid.

    The first call takes a second or more, later ones a millisecond.
    """
    with _lock:
        digits = training_digits()
    return nearest(grid, digits.grids, digits.labels, count)


@cache
def training_digits() -> dataset.Digits:
    """Return scikit-learn's digits, normalised as for training. They are shared: do not change them."""
    return dataset.normalised(dataset.load())
