"""Every figure that the notebooks draw, each with a title and a text alternative.

The functions take plain arrays and return a `Figure`, which shows itself in a notebook and saves like any
other of matplotlib's. Ink is drawn dark on light, and colours are those of Okabe and Ito, which people with
any kind of colour blindness tell apart (https://jfly.uni-koeln.de/color/).
"""

from base64 import b64encode
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import figure
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from numpy.typing import ArrayLike

from digits_nb import evaluation

if TYPE_CHECKING:
    from PIL.Image import Image

    from digits_nb.normalise import Stages

STAGES = ("gray", "ink", "crop", "upright", "bitmap", "grid")
INK = "gray_r"  # 0 is paper, the most is ink
BLUE, ORANGE = "#0072b2", "#d55e00"
FULL = 16  # the most that a number of a grid can be
BRIGHT = 0.5  # from here on cividis is so light that black letters are read better than white ones
MIDDLE = 8.6  # the ink on which black and white letters have the same contrast, 4.6:1 by WCAG's formula
LEAST = 0.005  # probabilities below it would be labelled 0 %
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
    grids = _grids(grids)
    columns = max(1, min(columns, len(grids)))
    rows = -(-len(grids) // columns)
    side = 4.6 if numbers else 0.85
    alt = f"{title}: {_count(len(grids), 'grid')} of 8 by 8 cells"
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
        _ink(ax, grid, FULL, "" if captions is None else str(captions[i]))
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
            _ink(ax, image, FULL if name == "grid" else 1)
        ax.set_title(f"{name}\n{sizes[name]}", fontsize=10)
        ax.set(xticks=[], yticks=[])
    return strip


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
    grids = _grids(grids)
    matrix = evaluation.confusion(labels, predictions)
    wrong = np.flatnonzero(labels != predictions)
    shown = wrong[:examples]
    alt = f"{title}: {len(wrong)} of {_count(len(labels), 'digit')} read wrongly"
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
    right.suptitle(f"{_count(len(wrong), 'mistake')}{first}: written → read", fontsize=11)
    axes = right.subplots(-(-max(examples, 1) // columns), columns, squeeze=False).ravel()
    for ax in axes:
        ax.axis("off")
    for ax, i in zip(axes, shown, strict=False):
        _ink(ax, grids[i], FULL, f"{labels[i]} → {predictions[i]}")
    return confusion


def bars(probabilities: ArrayLike, *, title: str = "How sure the model is of each digit") -> Figure:
    """Draw the ten probabilities (10,) of 0..1, the largest in a colour of its own."""
    probabilities = np.asarray(probabilities, dtype=float)
    best = int(probabilities.argmax())
    said = ", ".join(f"{digit} {p:.1%}" for digit, p in enumerate(probabilities))
    bars = Figure((6, 2.6), title, f"{title}: {said}")
    ax = bars.subplots()
    colours = [ORANGE if digit == best else BLUE for digit in range(10)]
    drawn = ax.bar(range(10), probabilities * 100, color=colours)
    ax.bar_label(drawn, ["" if p < LEAST else f"{p:.0%}" for p in probabilities], fontsize=9)
    ax.set(
        xlabel="digit", ylabel="probability in %", xticks=range(10), ylim=(0, 112), yticks=range(0, 101, 25)
    )
    ax.spines[["top", "right"]].set_visible(False)
    return bars


def reliability(
    confidence: ArrayLike, accuracy: ArrayLike, *, title: str = "Can its confidence be believed?"
) -> Figure:
    """Draw how often answers of some mean confidence (n,) of 0..1 were right: an accuracy (n,) of 0..1."""
    confidence, accuracy = np.asarray(confidence, dtype=float), np.asarray(accuracy, dtype=float)
    said = ", ".join(f"{c:.0%} sure, {a:.0%} right" for c, a in zip(confidence, accuracy, strict=True))
    reliability = Figure((5, 4), title, f"{title}: {said}")
    ax = reliability.subplots()
    ax.plot([0, 100], [0, 100], color=ORANGE, linestyle="--", label="as it should be")
    ax.plot(confidence * 100, accuracy * 100, "o-", color=BLUE, label="as measured")
    ax.set(xlabel="mean confidence in %", ylabel="right answers in %", xlim=(0, 102), ylim=(0, 102))
    ax.legend()
    return reliability


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
    grid, grids, labels = _grids(grid)[0], _grids(grids), np.asarray(labels)
    distances = np.linalg.norm((grids - grid).reshape(len(grids), -1), axis=1)
    nearest = np.argsort(distances, kind="stable")[:count]
    said = ", ".join(f"a {labels[i]} at distance {distances[i]:.0f}" for i in nearest)
    neighbours = Figure((1.3 * (len(nearest) + 1), 2.3), title, f"{title}: {said}")
    first, *others = np.atleast_1d(neighbours.subplots(1, len(nearest) + 1))
    first.axis("off")
    _ink(first, grid, FULL, "this one\n")
    for ax, i in zip(others, nearest, strict=True):
        ax.axis("off")
        _ink(ax, grids[i], FULL, f"{labels[i]}\ndistance {distances[i]:.0f}")
    return neighbours


def _grids(grids: ArrayLike) -> np.ndarray:
    return np.asarray(grids, dtype=float).reshape(-1, 8, 8)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _ink(ax: Axes, image: np.ndarray, full: float, caption: str = "") -> None:
    ax.imshow(image, cmap=INK, vmin=0, vmax=full)
    ax.set_title(caption, fontsize=10)


def _written(grid: np.ndarray) -> list[str]:
    decimals = 0 if np.array_equal(grid, grid.round()) else 1
    return [f"{value:.{decimals}f}" for value in grid.ravel()]


def _write_numbers(ax: Axes, grid: np.ndarray) -> None:
    for i, (value, written) in enumerate(zip(grid.ravel(), _written(grid), strict=True)):
        row, column = divmod(i, 8)
        colour = "white" if value > MIDDLE else "black"
        ax.text(column, row, written, ha="center", va="center", color=colour, fontsize=9)
