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
    """An editor of one grid, which travels in messages: no trace of a picture is part of the widget's state.

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

    grid = traitlets.List(traitlets.Float(min=0, max=16), [0.0] * CELLS, CELLS, CELLS)
    original = traitlets.List(traitlets.Float(min=0, max=16), [0.0] * CELLS, CELLS, CELLS)

    def __init__(
        self, edited: Callable[[NDArray[np.float64]], object], lock: AbstractContextManager[object]
    ) -> None:
        super().__init__()
        self._edited, self._lock = edited, lock
        self.on_msg(self._received)

    def show(self, grid: ArrayLike) -> None:
        """Start from another grid: (8, 8), 0..16."""
        with self._lock:
            self.original = self.grid = np.clip(np.asarray(grid, float).ravel(), 0, 16).tolist()
            self._tell()

    def _received(self, _editor: "GridEditor", content: dict[str, Any], _buffers: list[memoryview]) -> None:
        """A view has come to the page and asks for the grid, or a person has changed it there."""
        with self._lock:
            if "grid" in content:
                self.grid = content["grid"]
                self._edited(np.array(self.grid).reshape(8, 8))
            self._tell(content["view"])

    def _tell(self, view: str = "") -> None:
        """Tell every view; the one that has it from a person's hand may be ahead of this already."""
        self.send({"grid": self.grid, "original": self.original, "view": view})
