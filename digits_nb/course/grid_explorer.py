"""The slate of the first lesson: one grid to touch, and the digits that it is nearest to, live."""

from threading import RLock

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digits_nb.training import dataset
from digits_nb.training.neighbors import nearest
from digits_nb.widgets import html
from digits_nb.widgets.grid_editor import GridEditor
from digits_nb.widgets.html import LiveBox, LiveHtml

NEAREST = 8
"""How many digits are shown that are nearest to the grid."""


class Slate(LiveBox):
    """A grid in an editor; below it scikit-learn's digits nearest to it, anew after every touch.

    Parameters
    ----------
    grid
        What stands on it at first: (8, 8), 0..16.

    Attributes
    ----------
    editor : digits_nb.widgets.grid_editor.GridEditor
    near : digits_nb.widgets.html.LiveHtml
        The nearest digits with their labels.
    grid : ndarray of shape (8, 8), float64, 0..16
        What stands on it now.
    """

    KIND = "slate"
    DESCRIPTION = "a grid to touch, with the digits nearest to it"

    def __init__(self, grid: ArrayLike) -> None:
        self._digits = dataset.load()
        self.near = LiveHtml()
        self.editor = GridEditor(self._touched, RLock())
        self.editor.show(grid)
        super().__init__([LiveHtml(html.title("Touch the grid")), self.editor, self.near])
        self._touched(self.grid)

    @property
    def grid(self) -> NDArray[np.float64]:
        """What stands on it now: (8, 8), 0..16."""
        return np.reshape(self.editor.grid, (8, 8))

    def _touched(self, grid: NDArray[np.float64]) -> None:
        found = nearest(grid, self._digits.grids, self._digits.labels, NEAREST)
        self.near.show(html.render_neighbours(found.grids, found.labels))
