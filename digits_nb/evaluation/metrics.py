"""Metrics of answers: interval of the accuracy, calibration of the confidence, confusion matrix."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digits_nb.errors import QueryError, require

BINS = 15
"""Number of bins of a reliability curve; each holds the same number of answers."""


def labelled_pictures(folder: str | os.PathLike[str]) -> tuple[list[Path], NDArray[np.int64]]:
    """List the pictures of a folder whose sub-folders 0…9 are their labels.

    Parameters
    ----------
    folder
        `~` is the home folder. Some of the sub-folders may be missing; files whose names begin with a dot
        are ignored.

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
    found = sorted(path for path in folder.glob("[0-9]/[!.]*") if path.is_file())
    if not found:
        problem = "holds no pictures in sub-folders 0…9" if folder.is_dir() else "is no folder"
        msg = f"The path {folder} {problem}: give one whose sub-folders, named 0 to 9, hold the pictures."
        raise QueryError(msg)
    return found, np.array([int(path.parent.name) for path in found])


def interval(right: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % confidence interval of a share.

    Parameters
    ----------
    right, total
        Number of right answers, and of all answers.

    Returns
    -------
    tuple of float
        Lower and upper end, 0..1; (0, 1) when `total` is 0.

    Raises
    ------
    MissingPackage
        scipy is not installed.

    Notes
    -----
    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if not total:
        return 0.0, 1.0
    require("train", "A confidence interval", "scipy")
    from scipy.stats import binomtest  # takes most of a second, and few callers need it

    found = binomtest(right, total).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def reliability(probabilities: ArrayLike, labels: ArrayLike, bins: int = BINS) -> dict[str, Any]:
    """Compare the confidence of answers with their accuracy.

    Parameters
    ----------
    probabilities
        Shape (n, 10), 0..1.
    labels
        Shape (n,), 0..9.
    bins
        Number of bins. The answers are sorted by confidence, and each bin gets as many as the others.

    Returns
    -------
    dict
        `confidence` and `accuracy`, the means of each bin, 0..1; `error`, the expected calibration error: the
        mean difference between the two, weighted by the number of answers in each bin.
    """
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    means = [float(confidence[part].mean()) for part in parts]
    shares = [float(right[part].mean()) for part in parts]
    error = sum(len(part) * abs(mean - share) for part, mean, share in zip(parts, means, shares, strict=True))
    return {"confidence": means, "accuracy": shares, "error": error / max(len(labels), 1)}


def threshold(probabilities: ArrayLike, labels: ArrayLike, error_rate: float) -> float:
    """Find the lowest confidence above which at most a given share of the answers is wrong.

    Parameters
    ----------
    probabilities
        Shape (n, 10), 0..1.
    labels
        Shape (n,), 0..9.
    error_rate
        Accepted share of wrong answers, 0..1, among those that have at least this confidence.

    Returns
    -------
    float
        0..1; 1 when no confidence is high enough.
    """
    probabilities, labels = np.asarray(probabilities, np.float64), np.asarray(labels)
    confidence, wrong = probabilities.max(axis=1), probabilities.argmax(axis=1) != labels
    order = np.argsort(-confidence, kind="stable")
    confidence, wrong = confidence[order], wrong[order]
    rate = np.cumsum(wrong) / np.arange(1, len(order) + 1)
    # answers of the same confidence are all above a threshold, or none of them is
    last = np.append(np.diff(confidence) < 0, True)[: len(order)]
    enough = np.flatnonzero((rate <= error_rate) & last)
    return float(confidence[enough[-1]]) if len(enough) else 1.0


def confusion(labels: ArrayLike, answers: ArrayLike) -> NDArray[np.int64]:
    """Confusion matrix of shape (10, 10): counts, a row for each label and a column for each answer."""
    cells = 10 * np.asarray(labels, np.int64) + np.asarray(answers, np.int64)
    return np.bincount(cells, minlength=100).reshape(10, 10)
