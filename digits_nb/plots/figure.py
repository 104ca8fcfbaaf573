"""Base of every figure: a title, a text alternative, and grids drawn as dark ink on light paper."""

from base64 import b64encode
from html import escape
from io import BytesIO

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

INK = "gray_r"
"""Colour map of grids: 0 is white paper."""

FULL = 16
"""Largest number of a grid: a cell full of ink."""

PIXELS_PER_INCH = 80
"""On the page; the PNG has twice as many, for screens of high resolution."""

Extent = tuple[float, float, float, float] | None
"""Left, right, bottom and top of an image in its axes; None for a pixel a unit."""


class Figure(figure.Figure):
    """Figure of matplotlib that a notebook shows with a title and a text alternative.

    It is shown as an `<img>` of HTML: JupyterLab gives a plain PNG no `alt`, and neither does nbconvert.
    It does not use pyplot, which would keep every figure in memory until it is closed.

    Parameters
    ----------
    size
        Width and height in inches.
    title
        What the figure shows; drawn above it.
    details
        What can be seen in it. The text alternative is the title followed by the details.

    Attributes
    ----------
    alt : str
        The text alternative.
    """

    def __init__(self, size: tuple[float, float], title: str, details: str) -> None:
        super().__init__(figsize=size, layout="constrained")
        self.suptitle(title)
        self.alt = f"{title}: {details}"

    def _repr_mimebundle_(self, **_kwargs: object) -> dict[str, str]:
        png = BytesIO()
        self.savefig(png, format="png", dpi=2 * PIXELS_PER_INCH, metadata={"Software": None})
        width = round(self.get_figwidth() * PIXELS_PER_INCH)
        html = (
            f'<img alt="{escape(self.alt)}" width="{width}" style="max-width: 100%"'
            f' src="data:image/png;base64,{b64encode(png.getvalue()).decode()}">'
        )
        return {"text/html": html, "text/plain": self.alt}


def make_tiles(parent: figure.FigureBase, count: int, columns: int) -> list[Axes]:
    """Divide a figure into rows of `columns` axes without ticks or frames; return the first `count`."""
    axes = parent.subplots(-(-count // columns), columns, squeeze=False).ravel().tolist()
    for ax in axes:
        ax.axis("off")
    return axes[:count]


def draw_ink(ax: Axes, image: ArrayLike, full: float, caption: str = "", extent: Extent = None) -> None:
    """Draw an image of ink, 0..`full`, with a caption above the axes."""
    ax.imshow(np.asarray(image), cmap=INK, vmin=0, vmax=full, extent=extent)
    ax.set_title(caption, fontsize=10)


def draw_picture(ax: Axes, image: object, caption: str = "", extent: Extent = None) -> None:
    """Draw a picture in its own grey levels or colours, 0..255, with a caption above the axes."""
    ax.imshow(np.asarray(image), cmap="gray", vmin=0, vmax=255, extent=extent)
    ax.set_title(caption, fontsize=10)


def as_grids(grids: ArrayLike) -> NDArray[np.float64]:
    """Reshape one or many grids, flat or not, to (n, 8, 8)."""
    return np.asarray(grids, dtype=float).reshape(-1, 8, 8)


def count_noun(number: int, noun: str) -> str:
    """Write a number with its noun in the singular or plural."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
