"""The grid explorer of lesson 1: an editable grid, with the nearest digits of the data set."""

from threading import RLock

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digits_nb.training import dataset
from digits_nb.training.neighbors import nearest
from digits_nb.widgets import html
from digits_nb.widgets.grid_editor import GridEditor
from digits_nb.widgets.html import LiveBox, LiveHtml

NEAREST = 8
"""Number of nearest digits that are shown."""


class Slate(LiveBox):
    """A grid editor with scikit-learn's nearest digits below, updated after each change.

    Parameters
    ----------
    grid
        The grid to begin with: (8, 8), 0..16.

    Attributes
    ----------
    editor : digits_nb.widgets.grid_editor.GridEditor
    near : digits_nb.widgets.html.LiveHtml
        The nearest digits with their labels.
    grid : ndarray of shape (8, 8), float64, 0..16
        The grid as it is now.
    """

    KIND = "slate"
    DESCRIPTION = "a grid to touch, with the digits nearest to it"

    def __init__(self, grid: ArrayLike) -> None:
        self._digits = dataset.load()
        self.near = LiveHtml()
        self.editor = GridEditor(self._show_nearest, RLock())
        self.editor.show(grid)
        super().__init__([LiveHtml(html.title("Touch the grid")), self.editor, self.near])
        self._show_nearest(self.grid)

    @property
    def grid(self) -> NDArray[np.float64]:
        """The grid as it is now: (8, 8), 0..16."""
        return np.reshape(self.editor.grid, (8, 8))

    def _show_nearest(self, grid: NDArray[np.float64]) -> None:
        found = nearest(grid, self._digits.grids, self._digits.labels, NEAREST)
        self.near.show(html.render_neighbours(found.grids, found.labels))
