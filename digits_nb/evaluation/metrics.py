"""How good answers are: accuracy with its interval, and whether confidence can be believed."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from digits_nb.errors import QueryError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Z95 = 1.959964
"""Standard normal deviate that leaves 2.5 % on either side."""

BINS = 15
"""Bins of equal mass of a reliability curve."""


def labelled_pictures(folder: str | os.PathLike[str]) -> tuple[list[Path], "NDArray[np.int64]"]:
    """The pictures of a folder whose sub-folders 0…9 say what they show.

    Parameters
    ----------
    folder
        `~` is the home folder. Some of the sub-folders may be missing; files whose names begin with a dot
        are passed over.

    Returns
    -------
    paths : list of Path
        Sorted by label, then by name.
    labels : ndarray of shape (n,), int
        0..9.

    Raises
    ------
    QueryError
        The folder's name is empty, there is no such folder, or none of its sub-folders 0…9 holds a file.
    """
    if not os.fspath(folder):
        msg = "No folder of pictures is given: give one whose sub-folders, named 0 to 9, hold the pictures."
        raise QueryError(msg)
    folder = Path(folder).expanduser()
    found = [
        (path, digit)
        for digit in range(10)
        for path in sorted((folder / str(digit)).glob("[!.]*"))
        if path.is_file()
    ]
    if not found:
        problem = "holds no pictures in sub-folders 0…9" if folder.is_dir() else "is no folder"
        msg = f"The path {folder} {problem}: give one whose sub-folders, named 0 to 9, hold the pictures."
        raise QueryError(msg)
    return [path for path, _ in found], np.array([digit for _, digit in found])


def interval(right: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % confidence interval of a share.

    Parameters
    ----------
    right, total
        How many of how many.

    Returns
    -------
    tuple of float
        Lower and upper end, 0..1; (0, 1) when `total` is 0.

    Notes
    -----
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if not total:
        return 0.0, 1.0
    share, z2 = right / total, Z95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z95 / (1 + z2 / total) * np.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def reliability(probabilities: "ArrayLike", labels: "ArrayLike", bins: int = BINS) -> dict[str, Any]:
    """How often an answer given with some confidence is right.

    Parameters
    ----------
    probabilities
        Shape (n, 10).
    labels
        Shape (n,), 0..9.
    bins
        How many bins of equal mass the answers are sorted into, by their confidence.

    Returns
    -------
    dict
        `confidence` and `accuracy`, the means of each bin; `error`, the expected calibration error: the
        mean distance between the two, bins weighed by their mass.
    """
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    curve = [(float(confidence[part].mean()), float(right[part].mean())) for part in parts]
    error = sum(len(part) * abs(mean - share) for part, (mean, share) in zip(parts, curve, strict=True))
    return {
        "confidence": [mean for mean, _ in curve],
        "accuracy": [share for _, share in curve],
        "error": float(error / max(len(labels), 1)),
    }


def threshold(probabilities: "ArrayLike", labels: "ArrayLike", error_rate: float) -> float:
    """The least confidence from which on answers are wrong no more often than `error_rate`.

    Parameters
    ----------
    probabilities
        Shape (n, 10).
    labels
        Shape (n,), 0..9.
    error_rate
        The share of wrong answers, 0..1, that is accepted among those that are at least this confident.

    Returns
    -------
    float
        0..1; 1 when no confidence is enough.
    """
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    confidence, wrong = probabilities.max(axis=1), probabilities.argmax(axis=1) != labels
    order = np.argsort(-confidence, kind="stable")
    rate = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(rate <= error_rate)
    return float(confidence[order][enough[-1]]) if len(enough) else 1.0


def confusion(labels: "ArrayLike", answers: "ArrayLike") -> "NDArray[np.int64]":
    """Counts of shape (10, 10): rows are what was written, columns what was read."""
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (np.asarray(labels), np.asarray(answers)), 1)
    return counts
