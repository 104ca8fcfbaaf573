"""Digits drawn by code: handwriting that scikit-learn's thirteen writers do not show, and print.

A handwritten digit starts from a style of `digits_nb.training.styles`. Its points are moved at random; the
digit is bent, turned and slanted, its proportions are changed, and it is traced with a thin or a broad pen. A
printed digit is set in one of the typefaces that come with matplotlib.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digits_nb.training.pen import Ink, Path, curve, pen_width, trace
from digits_nb.training.styles import STYLES

FACES = ("DejaVuSans", "DejaVuSansMono", "STIXGeneral", "STIXGeneralBol", "cmr10", "cmss10")
"""Typefaces of matplotlib for printed training digits; the others are left for tests and benchmarks."""


@dataclass(frozen=True, slots=True)
class Variability:
    """How much drawings of one style differ: standard deviations, and the range of the pen.

    Attributes
    ----------
    jitter
        Of each point's position, in heights of the digit.
    bend
        Of the smooth waves that bend the whole digit, in heights.
    turn
        Of the rotation, in degrees.
    slant
        Of the shear.
    aspect
        Of the logarithm of the width.
    proportions
        Horizontal and vertical: of the logarithm of the power that stretches one side and squeezes the other,
        so that the loop of a 6 is large or small.
    pen
        Narrowest and broadest pen, in heights.
    """

    jitter: float = 0.08
    bend: float = 0.06
    turn: float = 7
    slant: float = 0.28
    aspect: float = 0.35
    proportions: tuple[float, float] = (0.15, 0.2)
    pen: tuple[float, float] = (0.04, 0.28)


def draw(digit: int, style: int, rng: np.random.Generator, variability: Variability = Variability()) -> Ink:
    """Draw a digit in one of its styles.

    Parameters
    ----------
    digit
        0..9.
    style
        Index into `STYLES[digit]`.
    rng
        Source of the random differences between drawings.
    variability
        How large they are.

    Returns
    -------
    ndarray of shape (H, W), float32, 0..1
        Ink on an empty background, about `digits_nb.training.pen.HEIGHT` pixels high.
    """
    return trace(write(digit, style, rng, variability), pen_width(rng, *variability.pen))


def write(
    digit: int, style: int, rng: np.random.Generator, variability: Variability = Variability()
) -> list[Path]:
    """Give the strokes of a digit, as `draw` traces them: points in heights of the digit, y downward."""
    strokes = [
        curve(points + rng.normal(0, variability.jitter, points.shape), corners)
        for points, corners in _style(digit, style)
    ]
    points = _bend(_stretch(np.vstack(strokes), rng, variability), rng, variability)
    ends = np.cumsum([len(stroke) for stroke in strokes])[:-1]
    return np.split(points, ends)


def set_type(text: str, face: str) -> Ink:
    """Set characters in one of matplotlib's typefaces.

    Parameters
    ----------
    text
        A digit, or other characters that the typeface has.
    face
        Name of a file in matplotlib's `fonts/ttf`, without its ending.

    Returns
    -------
    ndarray of shape (H, W), float32, 0..1
        Ink on an empty background; a digit is about 64 pixels high.
    """
    sheet = Image.new("L", (128, 128))
    ImageDraw.Draw(sheet).text((64, 64), text, fill=255, font=_font(face), anchor="mm")
    return np.pad(np.asarray(sheet.crop(sheet.getbbox()), np.float32), 2) / np.float32(255)


@cache
def _font(face: str) -> ImageFont.FreeTypeFont:
    from matplotlib import get_data_path

    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{face}.ttf", 80)


@cache
def _style(digit: int, style: int) -> list[tuple[Path, list[bool]]]:
    """Parse a style: for each stroke its points, and which of them are corners."""
    strokes = []
    for stroke in STYLES[digit][style].split("|"):
        points = [point.rstrip("*").split(",") for point in stroke.split()]
        corners = [point.endswith("*") for point in stroke.split()]
        strokes.append((np.array(points, np.float64), corners))
    return strokes


def _stretch(points: Path, rng: np.random.Generator, variability: Variability) -> Path:
    """Stretch one side of a digit and squeeze the other, horizontally and vertically; its size stays."""
    low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-6)
    powers = np.exp(rng.normal(0, variability.proportions))
    from_far_end = rng.random(2) < 0.5  # noqa: PLR2004 (each direction with a probability of a half)
    share: Path = (points - low) / size
    stretched: Path = low + np.where(from_far_end, 1 - (1 - share) ** powers, share**powers) * size
    return stretched


def _bend(points: Path, rng: np.random.Generator, variability: Variability) -> Path:
    """Bend a digit by waves, then change its width, turn it and slant it."""
    waves = rng.normal(0, variability.bend, 4)
    phases = rng.uniform(0, 2 * np.pi, 4)
    angle = np.deg2rad(rng.normal(0, variability.turn))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    slant = np.array([[1, -rng.normal(0, variability.slant)], [0, 1]])
    widen = np.diag([np.exp(rng.normal(0, variability.aspect)), 1])
    x, y = (points - (0.32, 0.5)).T
    angles = 2 * np.pi * np.array([y, 2 * y, y, x]) + phases[:, None]
    sway, ripple, rise, roll = waves[:, None] * np.cos(angles)
    bent = np.stack([x + 0.6 * sway + 0.3 * ripple, y + rise + 0.8 * roll], axis=1)
    placed: Path = bent @ (slant @ turn @ widen).T
    return placed
