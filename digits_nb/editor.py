"""The 8×8 grid as something to touch: each cell lightened and darkened by mouse or by keyboard."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import traitlets
from anywidget import AnyWidget
from numpy.typing import ArrayLike, NDArray

STATIC = Path(__file__).resolve().parent / "static"
CELLS = 64


class GridEditor(AnyWidget):
    """An editor of one grid.

    The mouse darkens cells, or lightens them: with its other button, with Shift, or after a click on
    "Lighten". On the keyboard arrows move, `+` and `-` change a cell by 1 of 16, `0` to `9` set it from
    empty to full, Enter fills or empties it.

    Parameters
    ----------
    edited
        Called with the grid (8, 8), 0..16, whenever a person has changed it.
    lock
        Held while the grid changes, so that what `edited` is called with is what is shown.

    Attributes
    ----------
    grid : list of float
        The 64 numbers, row by row, 0..16.
    original : list of float
        What "Reset" goes back to.
    """

    _esm = STATIC / "editor.js"

    grid = traitlets.List(traitlets.Float(min=0, max=16), [0.0] * CELLS, CELLS, CELLS).tag(sync=True)
    original = traitlets.List(traitlets.Float(min=0, max=16), [0.0] * CELLS, CELLS, CELLS).tag(sync=True)

    def __init__(
        self, edited: Callable[[NDArray[np.float64]], object], lock: AbstractContextManager[object]
    ) -> None:
        super().__init__()
        self._edited, self._lock = edited, lock
        self._showing = False
        self.observe(self._changed, "grid")

    def show(self, grid: ArrayLike) -> None:
        """Start from another grid: (8, 8), 0..16."""
        with self._lock:
            self._showing = True
            try:
                self.original = self.grid = np.clip(np.asarray(grid, float).ravel(), 0, 16).tolist()
            finally:
                self._showing = False

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page says, of an editor that shows nothing else meanwhile."""
        with self._lock:
            super().set_state(sync_data)

    def _changed(self, change: dict[str, list[float]]) -> None:
        if not self._showing:
            self._edited(np.array(change["new"]).reshape(8, 8))
