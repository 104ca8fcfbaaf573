"""Figures of grids and pictures: sheets, galleries, preprocessing stages and nearest neighbours."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike, NDArray
from PIL.Image import Image

from digits_nb.plots.figure import FULL, Figure, as_grids, count_noun, draw_ink, draw_picture, make_tiles
from digits_nb.plots.scores import BLUE, ORANGE
from digits_nb.preprocessing.normalization import Stages
from digits_nb.recognition.answer import count_reasons

STAGES = ("gray", "ink", "crop", "upright", "bitmap", "grid")

MIDDLE = 8.6
"""Ink on which black and white letters have the same contrast, 4.6:1 by WCAG's formula."""


def sheet(
    grids: ArrayLike,
    captions: Sequence[object] | None = None,
    *,
    title: str,
    numbers: bool = False,
    columns: int = 10,
) -> Figure:
    """Draw 8×8 grids in rows.

    Parameters
    ----------
    grids : array of shape (n, 8, 8) or (n, 64)
        Grids of 0..16, whole numbers or not.
    captions
        A caption above each grid, such as its label; None for no captions.
    title
        What the sheet shows.
    numbers
        Whether to write the 64 numbers into their cells.
    columns
        How many grids a row has at most.
    """
    grids = as_grids(grids)
    texts = [""] * len(grids) if captions is None else [str(caption) for caption in captions]
    columns = max(1, min(columns, len(grids)))
    side = 4.6 if numbers else 0.85
    details = f"{count_noun(len(grids), 'grid')} of 8 by 8 cells"
    if captions is not None:
        details += f", captioned {', '.join(texts)}"
    if numbers:
        rows = enumerate(grids.reshape(-1, 8))
        details += "".join(f"; row {i % 8}: {' '.join(_format_numbers(row))}" for i, row in rows)
    height = -(-len(grids) // columns) * (side + (0.25 if captions is not None else 0)) + 0.5
    sheet = Figure((max(columns * side, 4), height), title, details)
    for ax, grid, text in zip(make_tiles(sheet, len(grids), columns), grids, texts, strict=True):
        draw_ink(ax, grid, FULL, text)
        if numbers:
            _write_numbers(ax, grid)
    return sheet


def picture(image: Image, *, title: str) -> Figure:
    """Draw a picture from `digits_nb.open_image` in its colours, with its size in pixels."""
    size = f"{image.width} × {image.height} pixels"
    picture = Figure((4, 3.4), title, size)
    ax = picture.subplots()
    draw_picture(ax, image, size)
    ax.set(xticks=[], yticks=[])
    return picture


def gallery(
    images: Sequence[Image | NDArray[np.uint8]], captions: Sequence[object], *, title: str, columns: int = 10
) -> Figure:
    """Draw pictures in rows, each in its proportions and colours.

    Parameters
    ----------
    images
        PIL images, or arrays (H, W) or (H, W, 3) of uint8; at least one.
    captions
        A caption above each picture, such as what it shows.
    title
        What the figure shows.
    columns
        How many pictures a row has at most.
    """
    columns = min(columns, len(images))
    texts = [str(caption) for caption in captions]
    details = f"{count_noun(len(images), 'picture')}, captioned {', '.join(texts)}"
    gallery = Figure((max(1.1 * columns, 4), 1.3 * -(-len(images) // columns) + 0.5), title, details)
    for ax, image, text in zip(make_tiles(gallery, len(images), columns), images, texts, strict=True):
        draw_picture(ax, image, text)
    return gallery


def strip(stages: Stages, *names: str, title: str = "From the picture to the 64 numbers") -> Figure:
    """Draw the stages of preprocessing side by side.

    If ink was left out, the picture in grey has a blue box around the digit, and a dashed orange one around
    everything that was left out. The reasons stand below it.

    Parameters
    ----------
    stages
        The result of `digits_nb.preprocess`, not of a look in `small`: the boxes are in pixels of `gray`.
    names
        The stages to draw, such as "gray" and "ink"; all six by default.
    title
        What the figure shows.
    """
    images = {name: getattr(stages, name) for name in names or STAGES}
    sizes = {name: f"{image.shape[1]} × {image.shape[0]}" for name, image in images.items()}
    details = ", ".join(f"{name} ({size} pixels)" for name, size in sizes.items())
    reasons = count_reasons(stages.left_out) if "gray" in images else ""
    if reasons:
        details += f"; left out: {reasons}"
    strip = Figure((max(1.85 * len(images), 4), 2.5), title, details)
    row = strip.subplots(1, len(images), squeeze=False)[0]
    for ax, (name, image) in zip(row, images.items(), strict=True):
        caption = f"{name}\n{sizes[name]}"
        if name == "gray":
            draw_picture(ax, image, caption)
            if reasons:
                _draw_boxes(ax, stages)
                ax.set_xlabel(f"left out:\n{reasons}", fontsize=8, color=ORANGE)
        else:
            draw_ink(ax, image, FULL if name == "grid" else 1, caption)
        ax.set(xticks=[], yticks=[])
    return strip


def neighbours(
    grid: ArrayLike,
    grids: ArrayLike,
    labels: ArrayLike,
    *,
    title: str = "The training digits that look most like it",
    count: int = 7,
) -> Figure:
    """Draw a grid and, beside it, those nearest to it by Euclidean distance of their 64 numbers.

    Parameters
    ----------
    grid : array of shape (8, 8) or (64,)
        The grid in question, 0..16.
    grids : array of shape (n, 8, 8) or (n, 64)
        The grids to search.
    labels : array of shape (n,)
        The digits that they show.
    title
        What the figure shows.
    count
        How many neighbours to draw.
    """
    from digits_nb.training.neighbors import nearest  # loads joblib, which the other figures do without

    found = list(zip(*nearest(grid, grids, labels, count), strict=True))
    details = ", ".join(f"a {label} at distance {distance:.0f}" for _, label, distance in found)
    neighbours = Figure((1.3 * (len(found) + 1), 2.3), title, details)
    first, *others = make_tiles(neighbours, len(found) + 1, len(found) + 1)
    draw_ink(first, as_grids(grid)[0], FULL, "this one\n")
    for ax, (neighbour, label, distance) in zip(others, found, strict=True):
        draw_ink(ax, neighbour, FULL, f"{label}\ndistance {distance:.0f}")
    return neighbours


def _draw_boxes(ax: Axes, stages: Stages) -> None:
    """Draw a box around the digit, and a dashed one around everything that was left out."""
    boxes = [(stages.box, BLUE, "-"), *((box, ORANGE, "--") for box, _reason in stages.left_out)]
    for (left, top, right, bottom), colour, line in boxes:
        corner = left - 0.5, top - 0.5
        ax.add_patch(
            Rectangle(
                corner, right - left, bottom - top, fill=False, color=colour, linestyle=line, linewidth=1
            )
        )


def _format_numbers(grid: NDArray[np.float64]) -> list[str]:
    decimals = 0 if np.array_equal(grid, grid.round()) else 1
    return [f"{value:.{decimals}f}" for value in grid.ravel()]


def _write_numbers(ax: Axes, grid: NDArray[np.float64]) -> None:
    for (row, column), text in np.ndenumerate(np.reshape(_format_numbers(grid), (8, 8))):
        colour = "white" if grid[row, column] > MIDDLE else "black"
        ax.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
