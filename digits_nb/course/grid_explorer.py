"""The slate of the first lesson: one grid to touch, and the digits that it is nearest to, live."""

from threading import RLock

import numpy as np
from IPython.display import display
from ipywidgets import VBox
from numpy.typing import ArrayLike, NDArray

from digits_nb.training import dataset
from digits_nb.training.neighbors import nearest
from digits_nb.widgets import html
from digits_nb.widgets.grid_editor import GridEditor
from digits_nb.widgets.html import Board

NEAREST = 8
"""How many digits are shown that are nearest to the grid."""

STILL = (
    "Here stands a grid to touch, with the digits nearest to it. It needs a kernel: open this notebook "
    "in JupyterLab and run its cells."
)


class Slate(VBox):
    """A grid in an editor; below it scikit-learn's digits nearest to it, anew after every touch.

    Parameters
    ----------
    grid
        What stands on it at first: (8, 8), 0..16.

    Attributes
    ----------
    editor : digits_nb.widgets.grid_editor.GridEditor
    near : digits_nb.widgets.html.Board
        The nearest digits with their labels.
    grid : ndarray of shape (8, 8), float64, 0..16
        What stands on it now.
    """

    def __init__(self, grid: ArrayLike) -> None:
        self._digits = dataset.load()
        self.near = Board()
        self.editor = GridEditor(self._touched, RLock())
        self.editor.show(grid)
        super().__init__([Board(html.title("Touch the grid")), self.editor, self.near])
        self.add_class("dn-panel")
        self._touched(self.grid)

    def __repr__(self) -> str:
        """Without what it holds: a notebook keeps this text."""
        return "A slate of digits_nb, alive while its kernel runs"

    @property
    def grid(self) -> NDArray[np.float64]:
        """What stands on it now: (8, 8), 0..16."""
        return np.reshape(self.editor.grid, (8, 8))

    def _ipython_display_(self) -> None:
        """The slate and, where no kernel runs, a sentence in its place."""
        display(self._repr_mimebundle_(), raw=True)
        display({"text/html": html.still(STILL), "text/plain": STILL}, raw=True)

    def _touched(self, grid: NDArray[np.float64]) -> None:
        found = nearest(grid, self._digits.grids, self._digits.labels, NEAREST)
        self.near.show(html.of_neighbours(found.grids, found.labels))
