"""Figures of grids and pictures: sheets, galleries, stages and nearest neighbours."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from digits_nb.plots.figure import FULL, Figure, as_grids, counted, draw_ink

if TYPE_CHECKING:
    from PIL.Image import Image

    from digits_nb.preprocessing.normalization import Stages

STAGES = ("gray", "ink", "crop", "upright", "bitmap", "grid")
MIDDLE = 8.6  # the ink on which black and white letters have the same contrast, 4.6:1 by WCAG's formula


def sheet(
    grids: ArrayLike,
    captions: Sequence[object] | None = None,
    *,
    title: str,
    numbers: bool = False,
    columns: int = 10,
) -> Figure:
    """Draw 8×8 grids in rows, each with its caption above it.

    Parameters
    ----------
    grids : array of shape (n, 8, 8) or (n, 64)
        Grids of 0..16, whole numbers or not.
    captions
        One for each grid, such as its label; none at all leaves them out.
    title
        What the sheet shows.
    numbers
        Whether to write the 64 numbers into their cells.
    columns
        How many grids stand in a row at most.
    """
    grids = as_grids(grids)
    columns = max(1, min(columns, len(grids)))
    rows = -(-len(grids) // columns)
    side = 4.6 if numbers else 0.85
    alt = f"{title}: {counted(len(grids), 'grid')} of 8 by 8 cells"
    if captions is not None:
        alt += f", captioned {', '.join(map(str, captions))}"
    if numbers:
        alt += "".join(
            f"; row {i % 8}: {' '.join(_written(row))}" for i, row in enumerate(grids.reshape(-1, 8))
        )
    height = rows * (side + (0.25 if captions is not None else 0)) + 0.5
    sheet = Figure((max(columns * side, 4), height), title, alt)
    axes = sheet.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for i, (ax, grid) in enumerate(zip(axes, grids, strict=False)):
        draw_ink(ax, grid, FULL, "" if captions is None else str(captions[i]))
        if numbers:
            _write_numbers(ax, grid)
    return sheet


def picture(image: "Image", *, title: str) -> Figure:
    """Draw a picture from `digits_nb.open_image` in its colours, with its size in pixels."""
    size = f"{image.width} × {image.height} pixels"
    picture = Figure((4, 3.4), title, f"{title}: {size}")
    ax = picture.subplots()
    ax.imshow(np.asarray(image), cmap="gray", vmin=0, vmax=255)
    ax.set_title(size, fontsize=10)
    ax.set(xticks=[], yticks=[])
    return picture


def gallery(
    images: "Sequence[Image | NDArray[np.uint8]]",
    captions: Sequence[object],
    *,
    title: str,
    columns: int = 10,
) -> Figure:
    """Draw pictures in rows, each in its proportions and colours, with its caption above it.

    Parameters
    ----------
    images
        Pictures of PIL, or arrays (H, W) or (H, W, 3) of uint8; at least one.
    captions
        One for each, such as what it shows.
    title
        What the figure shows.
    columns
        How many stand in a row at most.
    """
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    alt = f"{title}: {counted(len(images), 'picture')}, captioned {', '.join(map(str, captions))}"
    gallery = Figure((max(1.1 * columns, 4), 1.3 * rows + 0.5), title, alt)
    axes = gallery.subplots(rows, columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, image, caption in zip(axes, images, captions, strict=False):
        ax.imshow(np.asarray(image), cmap="gray", vmin=0, vmax=255)
        ax.set_title(str(caption), fontsize=10)
    return gallery


def strip(stages: "Stages", *names: str, title: str = "From the picture to the 64 numbers") -> Figure:
    """Draw the stages of `digits_nb.preprocess` side by side.

    Parameters
    ----------
    stages
        What the picture became, stage by stage.
    names
        The stages to draw, such as "gray" and "ink"; none given means all six.
    title
        What the figure shows.
    """
    images = {name: getattr(stages, name) for name in names or STAGES}
    sizes = {name: f"{image.shape[1]} × {image.shape[0]}" for name, image in images.items()}
    alt = f"{title}: {', '.join(f'{name} ({size} pixels)' for name, size in sizes.items())}"
    strip = Figure((max(1.85 * len(images), 4), 2.5), title, alt)
    for ax, (name, image) in zip(
        strip.subplots(1, len(images), squeeze=False)[0], images.items(), strict=True
    ):
        if name == "gray":
            ax.imshow(image, cmap="gray", vmin=0, vmax=255)
        else:
            draw_ink(ax, image, FULL if name == "grid" else 1)
        ax.set_title(f"{name}\n{sizes[name]}", fontsize=10)
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
        The grids to look among.
    labels : array of shape (n,)
        The digits that they show.
    title
        What the figure shows.
    count
        How many neighbours are drawn.
    """
    from digits_nb.training.neighbors import nearest  # loads joblib, which the other figures do without

    found = list(zip(*nearest(grid, grids, labels, count), strict=True))
    described = ", ".join(f"a {label} at distance {distance:.0f}" for _, label, distance in found)
    neighbours = Figure((1.3 * (len(found) + 1), 2.3), title, f"{title}: {described}")
    first, *others = np.atleast_1d(neighbours.subplots(1, len(found) + 1))
    first.axis("off")
    draw_ink(first, as_grids(grid)[0], FULL, "this one\n")
    for ax, (neighbour, label, distance) in zip(others, found, strict=True):
        ax.axis("off")
        draw_ink(ax, neighbour, FULL, f"{label}\ndistance {distance:.0f}")
    return neighbours


def _written(grid: np.ndarray) -> list[str]:
    decimals = 0 if np.array_equal(grid, grid.round()) else 1
    return [f"{value:.{decimals}f}" for value in grid.ravel()]


def _write_numbers(ax: Axes, grid: np.ndarray) -> None:
    for i, (value, written) in enumerate(zip(grid.ravel(), _written(grid), strict=True)):
        row, column = divmod(i, 8)
        colour = "white" if value > MIDDLE else "black"
        ax.text(column, row, written, ha="center", va="center", color=colour, fontsize=9)
