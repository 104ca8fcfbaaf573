"""Corrections of wrong answers: grids with their true digits, saved to a file on request."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits_nb import paths
from digits_nb.errors import DigitsError, QueryError

Correction = tuple[NDArray[np.float64], int]
"""A grid of shape (8, 8), 0..16, and the digit 0..9 that it really shows."""


def keep(corrections: Iterable[Correction], path: Path | None = None) -> Path:
    """Add corrections to a JSON file: a list of `{"grid": 8 rows of 8 numbers, "digit": 0..9}`.

    Parameters
    ----------
    corrections
        The corrections to add. Each replaces an earlier one of the same grid. The file gets the 64 numbers
        of a grid, rounded to 0.01, and no picture.
    path
        The file, created if it does not exist; None is `outputs/corrections.json` under the root.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    QueryError
        The file holds something else. It is not changed.
    DigitsError
        The file cannot be read or written.
    """
    path = paths.outputs() / "corrections.json" if path is None else path
    try:
        return _add(corrections, path)
    except OSError as error:
        msg = (
            f"The corrections cannot be saved to {path} ({error.strerror}): make it writable, and save again."
        )
        raise DigitsError(msg) from error


def _add(corrections: Iterable[Correction], path: Path) -> Path:
    try:
        kept = json.loads(path.read_bytes()) if path.exists() else []
    except ValueError:
        kept = None
    if not isinstance(kept, list):
        msg = f"The file {path.name} holds no list of corrections and is unchanged; move it away, then save."
        raise QueryError(msg)
    for grid, digit in corrections:
        rows = np.round(grid, 2).tolist()
        kept = [other for other in kept if not (isinstance(other, dict) and other.get("grid") == rows)]
        kept.append({"grid": rows, "digit": digit})
    return paths.write_whole(path, json.dumps(kept).encode())
