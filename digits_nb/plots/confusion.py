"""Figures of the confusion matrix, with the mistakes beside it or in its cells."""

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from digits_nb import evaluation
from digits_nb.plots.figure import FULL, Figure, as_grids, count_noun, draw_ink, draw_picture, make_tiles

BRIGHT = 0.5
"""Share of the colour map cividis from which on black letters have more contrast than white ones."""

RIGHT = "#dbe9f4"
"""Light blue, for the cells of right answers."""

PAIRS = 2
"""Pictures with their grids that fit into a cell."""

SIDE = 0.42
"""Side of a picture or grid, in cells."""


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
        The grids that were read, 0..16.
    title
        What the figure shows.
    examples
        How many mistakes to draw at most, the first ones.
    """
    labels, predictions = (np.asarray(digits, dtype=int) for digits in (labels, predictions))
    matrix = evaluation.confusion(labels, predictions)
    wrong = np.flatnonzero(labels != predictions)
    shown = wrong[:examples]
    details = _count_mistakes(len(wrong), len(labels), (f"{labels[i]} as {predictions[i]}" for i in shown))
    confusion = Figure((10, 4.8), title, details)
    [[left, right]] = confusion.subfigures(1, 2, squeeze=False, width_ratios=(1.15, 1))
    ax = left.subplots()
    # a power of the counts, so that a single mistake is seen beside a diagonal of many
    shades = PowerNorm(0.35, 0, max(matrix.max(), 1))
    ax.imshow(matrix, cmap="cividis", norm=shades)
    for written, read in zip(*matrix.nonzero(), strict=True):
        count = matrix[written, read]
        colour = "black" if shades(count) > BRIGHT else "white"
        ax.text(read, written, str(count), ha="center", va="center", color=colour)
    _label_axes(ax)
    first = f", the first {len(shown)}" if len(shown) < len(wrong) else ""
    right.suptitle(f"{count_noun(len(wrong), 'mistake')}{first}: written → read", fontsize=11)
    for ax, i in zip(make_tiles(right, max(examples, 1), 5), shown, strict=False):
        draw_ink(ax, as_grids(grids)[i], FULL, f"{labels[i]} → {predictions[i]}")
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
        The digits 0..9 that were written and those that were read. A negative prediction stands for a
        picture that was refused, which is left out.
    grids : array of shape (n, 8, 8) or (n, 64)
        The grids that were read, 0..16.
    pictures : mapping of int to array of shape (H, W) or (H, W, 3)
        Pictures of uint8 by their index in `labels`: the mistakes to draw, of which each cell shows the
        first two. The number in a cell counts all.
    title
        What the figure shows.
    """
    labels, predictions = (np.asarray(digits, dtype=int) for digits in (labels, predictions))
    grids, answered = as_grids(grids), predictions >= 0
    matrix = evaluation.confusion(labels[answered], predictions[answered])
    wrong = {place: int(n) for place, n in np.ndenumerate(matrix) if n and place[0] != place[1]}
    listed = (f"{written} as {read} × {n}" for (written, read), n in wrong.items())
    mistakes = Figure((11, 11), title, _count_mistakes(sum(wrong.values()), answered.sum(), listed))
    ax = mistakes.subplots()
    for digit in range(10):
        ax.add_patch(Rectangle((digit - 0.5, digit - 0.5), 1, 1, color=RIGHT))
        if matrix[digit].any():
            ax.text(digit, digit, str(matrix[digit, digit]), ha="center", va="center", fontsize=13)
    for (written, read), n in wrong.items():
        ax.text(read - 0.48, written - 0.47, str(n), ha="left", va="top", fontsize=8)
    cells: dict[tuple[int, int], list[int]] = {}
    for index in pictures:
        cells.setdefault((int(labels[index]), int(predictions[index])), []).append(index)
    for (written, read), indices in cells.items():
        shown = indices[:PAIRS]
        for place, index in enumerate(shown):
            middle = written + (place - (len(shown) - 1) / 2) * (SIDE + 0.04)
            image = np.asarray(pictures[index])
            draw_picture(ax, image, extent=_fit(image.shape, read - 0.16, middle))
            draw_ink(ax, grids[index], FULL, extent=_fit((8, 8), read + 0.27, middle))
    _label_axes(ax)
    ax.set(xlim=(-0.5, 9.5), ylim=(9.5, -0.5), aspect="equal")
    ax.set_xticks(np.arange(-0.5, 10), minor=True)
    ax.set_yticks(np.arange(-0.5, 10), minor=True)
    ax.grid(which="minor", color="#ccc", linewidth=0.8)
    ax.tick_params(which="both", length=0)
    return mistakes


def _count_mistakes(wrong: int, total: int, listed: Iterable[str]) -> str:
    """Write the text alternative of a confusion matrix, with a list of the mistakes."""
    share = f"{wrong} of {count_noun(total, 'digit')} read wrongly"
    return "; ".join(filter(None, [share, ", ".join(listed)]))


def _label_axes(ax: Axes) -> None:
    ax.set(xlabel="digit that was read", ylabel="digit that was written", xticks=range(10), yticks=range(10))


def _fit(shape: tuple[int, ...], x: float, y: float) -> tuple[float, float, float, float]:
    """Fit an image into a square of `SIDE` around a point, in its proportions: its extent."""
    height, width = (SIDE / 2 * side / max(shape[:2]) for side in shape[:2])
    return (x - width, x + width, y + height, y - height)
