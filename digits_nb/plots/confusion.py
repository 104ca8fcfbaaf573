"""Figures of what was taken for what: the confusion matrix, and the pictures behind its numbers."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from digits_nb import evaluation
from digits_nb.plots.figure import FULL, INK, Figure, as_grids, counted, draw_ink

BRIGHT = 0.5  # from here on cividis is so light that black letters are read better than white ones
RIGHT = "#dbe9f4"  # a light blue, for the cells of right answers
PAIRS = 2  # pictures with their grids that a cell has room for
SIDE = 0.42  # of a picture or grid, in cells


def confusion(
    labels: ArrayLike,
    predictions: ArrayLike,
    grids: ArrayLike,
    *,
    title: str = "What was written, and what was read",
    examples: int = 20,
) -> Figure:
    """Draw the confusion matrix and, beside it, the grids that were read wrongly.

    Parameters
    ----------
    labels, predictions : arrays of shape (n,)
        The digits 0..9 that were written and those that were read.
    grids : array of shape (n, 8, 8) or (n, 64)
        What was read, 0..16.
    title
        What the figure shows.
    examples
        How many mistakes are drawn at most, the first ones.
    """
    labels, predictions = (np.asarray(digits, dtype=int) for digits in (labels, predictions))
    grids = as_grids(grids)
    matrix = evaluation.confusion(labels, predictions)
    wrong = np.flatnonzero(labels != predictions)
    shown = wrong[:examples]
    alt = f"{title}: {len(wrong)} of {counted(len(labels), 'digit')} read wrongly"
    if len(wrong):
        alt += "; " + ", ".join(f"{labels[i]} as {predictions[i]}" for i in shown)
    confusion = Figure((10, 4.8), title, alt)
    left, right = confusion.subfigures(1, 2, width_ratios=(1.15, 1))
    ax = left.subplots()
    # a power of the counts, so that a single mistake is seen beside a diagonal of many
    shades = PowerNorm(0.35, 0, max(matrix.max(), 1))
    ax.imshow(matrix, cmap="cividis", norm=shades)
    for written, read in zip(*matrix.nonzero(), strict=True):
        count = matrix[written, read]
        colour = "black" if shades(count) > BRIGHT else "white"
        ax.text(read, written, count, ha="center", va="center", color=colour)
    ax.set(xlabel="digit that was read", ylabel="digit that was written", xticks=range(10), yticks=range(10))
    columns = 5
    first = f", the first {len(shown)}" if len(shown) < len(wrong) else ""
    right.suptitle(f"{counted(len(wrong), 'mistake')}{first}: written → read", fontsize=11)
    axes = right.subplots(-(-max(examples, 1) // columns), columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, i in zip(axes, shown, strict=False):
        draw_ink(ax, grids[i], FULL, f"{labels[i]} → {predictions[i]}")
    return confusion


def mistakes(
    labels: ArrayLike,
    predictions: ArrayLike,
    grids: ArrayLike,
    pictures: Mapping[int, ArrayLike],
    *,
    title: str = "Every digit taken for another: pictures, and the grids they became",
) -> Figure:
    """Draw the confusion matrix with the mistakes themselves in its cells.

    Parameters
    ----------
    labels, predictions : arrays of shape (n,)
        The digits 0..9 that were written and those that were read; what is below 0 was refused, and is left
        out.
    grids : array of shape (n, 8, 8) or (n, 64)
        What was read, 0..16.
    pictures : mapping of int to array of shape (H, W) or (H, W, 3)
        Row → its picture, uint8: those that are drawn, the first two of each cell. The number in the cell
        counts all.
    title
        What the figure shows.
    """
    labels, predictions = (np.asarray(digits, dtype=int) for digits in (labels, predictions))
    grids, answered = as_grids(grids), predictions >= 0
    matrix = evaluation.confusion(labels[answered], predictions[answered])
    wrong = {(row, column): n for (row, column), n in np.ndenumerate(matrix) if n and row != column}
    said = ", ".join(f"{written} as {read} × {n}" for (written, read), n in wrong.items())
    alt = f"{title}: {sum(wrong.values())} of {counted(answered.sum(), 'digit')} read wrongly"
    mistakes = Figure((11, 11), title, f"{alt}; {said}" if said else alt)
    ax = mistakes.subplots()
    for (written, read), n in np.ndenumerate(matrix):
        if written == read:
            ax.add_patch(Rectangle((read - 0.5, written - 0.5), 1, 1, color=RIGHT))
            if matrix[written].any():
                ax.text(read, written, n, ha="center", va="center", fontsize=13)
        elif n:
            ax.text(read - 0.48, written - 0.47, n, ha="left", va="top", fontsize=8)
    cells: dict[tuple[int, int], list[int]] = {}
    for row in pictures:
        cells.setdefault((int(labels[row]), int(predictions[row])), []).append(row)
    for (written, read), rows in cells.items():
        shown = rows[:PAIRS]
        for place, row in enumerate(shown):
            middle = written + (place - (len(shown) - 1) / 2) * (SIDE + 0.04)
            _place(ax, np.asarray(pictures[row]), (read - 0.16, middle), cmap="gray", vmin=0, vmax=255)
            _place(ax, grids[row], (read + 0.27, middle), cmap=INK, vmin=0, vmax=FULL)
    ax.set(xlabel="digit that was read", ylabel="digit that was written", xticks=range(10), yticks=range(10))
    ax.set(xlim=(-0.5, 9.5), ylim=(9.5, -0.5), aspect="equal")
    ax.set_xticks(np.arange(-0.5, 10), minor=True)
    ax.set_yticks(np.arange(-0.5, 10), minor=True)
    ax.grid(which="minor", color="#ccc", linewidth=0.8)
    ax.tick_params(which="both", length=0)
    return mistakes


def _place(ax: Axes, image: np.ndarray, centre: tuple[float, float], **colours: object) -> None:
    """Draw an image within a square of `SIDE`, in its proportions, right side up."""
    height, width = SIDE * np.array(image.shape[:2]) / max(image.shape[:2])
    x, y = centre
    extent = (x - width / 2, x + width / 2, y + height / 2, y - height / 2)
    ax.imshow(image, extent=extent, interpolation="antialiased", **colours)
