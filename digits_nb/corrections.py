"""What a person says it really was: grids with their digits, in a file if they want to keep them."""

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits_nb import places
from digits_nb.errors import QueryError

Correction = tuple[NDArray[np.float64], int]
"""A grid (8, 8), 0..16, and the digit that it really shows."""


def keep(corrections: Iterable[Correction], path: Path | None = None) -> Path:
    """Add corrections to a JSON file: a list of `{"grid": 8 rows of 8 numbers, "digit": 0..9}`.

    Parameters
    ----------
    corrections
        What is added. A correction has the 64 numbers of a grid and no picture.
    path
        The file, made if it is not there; None is `outputs/corrections.json` under the root.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    QueryError
        There is such a file, and it holds something else; it is left as it is.
    """
    path = places.outputs() / "corrections.json" if path is None else path
    try:
        kept = json.loads(path.read_bytes())
    except FileNotFoundError:
        kept = []
    except ValueError:
        kept = None
    if not isinstance(kept, list):
        msg = (
            f"The file {path.name} holds no list of corrections, and is left as it is; move it away, and "
            "save again."
        )
        raise QueryError(msg)
    kept += [{"grid": np.round(grid, 2).tolist(), "digit": digit} for grid, digit in corrections]
    return places.write_whole(path, json.dumps(kept).encode())
