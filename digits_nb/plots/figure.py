"""What every figure is: a title, a text alternative, and ink drawn dark on light."""

from base64 import b64encode
from html import escape
from io import BytesIO

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

INK = "gray_r"  # 0 is paper, the most is ink
FULL = 16  # the most that a number of a grid can be
PIXELS_PER_INCH = 80  # on the page; twice as many are drawn, for fine screens


class Figure(figure.Figure):
    """A figure that shows itself in a notebook, once, with a text alternative.

    An `<img>` of HTML carries it in JupyterLab, which has no place for one beside a plain PNG, and in a page
    made by nbconvert. Nothing here touches pyplot, so that no figure stays open behind anybody's back.

    Parameters
    ----------
    size
        Width and height in inches.
    title
        What the figure shows, written above it.
    alt
        The same and what there is to see in it, for people who do not see it.
    """

    def __init__(self, size: tuple[float, float], title: str, alt: str) -> None:
        super().__init__(figsize=size, layout="constrained")
        self.suptitle(title)
        self.alt = alt

    def _repr_mimebundle_(self, **_kwargs: object) -> dict[str, str]:
        png = BytesIO()
        self.savefig(png, format="png", dpi=2 * PIXELS_PER_INCH, metadata={"Software": None})
        width = round(self.get_figwidth() * PIXELS_PER_INCH)
        html = (
            f'<img alt="{escape(self.alt)}" width="{width}" style="max-width: 100%"'
            f' src="data:image/png;base64,{b64encode(png.getvalue()).decode()}">'
        )
        return {"text/html": html, "text/plain": self.alt}


def as_grids(grids: ArrayLike) -> np.ndarray:
    """Grids of shape (n, 8, 8), one or many, flat or not."""
    return np.asarray(grids, dtype=float).reshape(-1, 8, 8)


def counted(number: int, noun: str) -> str:
    """A number and its noun, in the plural but for one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def draw_ink(ax: Axes, image: np.ndarray, full: float, caption: str = "") -> None:
    """Draw ink of 0..`full` into axes of its own."""
    ax.imshow(image, cmap=INK, vmin=0, vmax=full)
    ax.set_title(caption, fontsize=10)
