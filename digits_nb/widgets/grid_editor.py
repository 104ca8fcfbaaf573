"""Editor of an 8×8 grid: each cell is lightened and darkened by mouse or keyboard."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import traitlets
from anywidget import AnyWidget
from numpy.typing import ArrayLike, NDArray

from digits_nb.widgets.html import STATIC

CELLS = 64


class GridEditor(AnyWidget):
    """Editor of one grid.

    The grid travels in messages. The widget's state, which a notebook may save, holds no picture.

    The mouse darkens cells, or lightens them with its other button, with Shift, or after a click on
    "Lighten". On the keyboard, arrows move, `+` and `-` change a cell by 1 of 16, `0` to `9` set it from
    empty to full, Enter fills or empties it.

    Parameters
    ----------
    edited
        Called with the grid (8, 8), 0..16, after every edit.
    lock
        Held while the grid changes and while `edited` runs, so that `edited` gets the grid that is shown.

    Attributes
    ----------
    grid : list of float
        The 64 numbers, row by row, 0..16.
    original : list of float
        The grid that "Reset" restores.
    """

    _esm = STATIC / "grid_editor.js"

    grid = traitlets.List(traitlets.Float(min=0, max=16), [0.0] * CELLS, CELLS, CELLS)
    original = traitlets.List(traitlets.Float(min=0, max=16), [0.0] * CELLS, CELLS, CELLS)

    def __init__(
        self, edited: Callable[[NDArray[np.float64]], object], lock: AbstractContextManager[object]
    ) -> None:
        super().__init__()
        self._edited, self._lock = edited, lock
        self.on_msg(self._on_message)

    def show(self, grid: ArrayLike) -> None:
        """Show another grid, (8, 8) of 0..16, which "Reset" then restores."""
        with self._lock:
            self.original = self.grid = np.clip(np.asarray(grid, float).ravel(), 0, 16).tolist()
            self._send_to_views()

    def _on_message(self, _editor: "GridEditor", content: dict[str, Any], _buffers: list[memoryview]) -> None:
        """Take an edited grid from a view; a message without a grid asks for the present one."""
        with self._lock:
            if "grid" in content:
                self.grid = content["grid"]
                self._edited(np.array(self.grid).reshape(8, 8))
            self._send_to_views(content["view"])

    def _send_to_views(self, view: str = "") -> None:
        """Send the grid to every view; the view that made the edit ignores it, it may be ahead by now."""
        self.send({"grid": self.grid, "original": self.original, "view": view})
