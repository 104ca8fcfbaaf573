"""Digits drawn by code: what scikit-learn's thirteen writers do not show.

A style of `digits_nb.training.styles` is jittered, bent, turned, slanted, its parts brought to other
proportions, and traced with a pen from thin to broad. A printed digit is set in one of the typefaces that
matplotlib ships.
"""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from digits_nb.training.pen import curve, trace
from digits_nb.training.styles import STYLES

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import ImageFont

    Plane = NDArray[np.float32]
    Path = NDArray[np.float64]

FACES = ("DejaVuSans", "DejaVuSansMono", "STIXGeneral", "STIXGeneralBol", "cmr10", "cmss10")
"""Typefaces of matplotlib that printed digits are set in; its others are for testing."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How far a hand strays from its style: standard deviations, but for the pen's two ends.

    Attributes
    ----------
    jitter
        Of each point, in heights.
    bend
        Of the smooth waves that the whole digit is bent by, in heights.
    turn
        Of the rotation, in degrees.
    slant
        Of the shear.
    aspect
        Of the logarithm of the width.
    proportions
        Across and down: of the logarithm of the power that stretches one side and squeezes the other, so
        that the loop of a 6 may be large or small.
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


def draw(digit: int, style: int, rng: np.random.Generator, hand: Hand = Hand()) -> "Plane":
    """Write a digit in one of its styles.

    Parameters
    ----------
    digit
        0..9.
    style
        Index into `STYLES[digit]`.
    rng
        Where the differences between two drawings come from.
    hand
        How large they are.

    Returns
    -------
    ndarray, float32, 0..1
        Ink on empty ground, about `digits_nb.training.pen.HEIGHT` pixels high.
    """
    strokes = [
        curve(points + rng.normal(0, hand.jitter, points.shape), corners)
        for points, corners in _style(digit, style)
    ]
    strokes = _bend(_stretch(strokes, rng, hand), rng, hand)
    return trace(strokes, float(np.exp(rng.uniform(*np.log(hand.pen)))))


def set_type(text: str, face: str) -> "Plane":
    """Set characters in one of matplotlib's typefaces.

    Parameters
    ----------
    text
        A digit as text, or whatever else the face has.
    face
        The name of a file of matplotlib's `fonts/ttf`, without its ending.

    Returns
    -------
    ndarray, float32, 0..1
        Ink on empty ground; a digit is about 64 pixels high.
    """
    from PIL import Image, ImageDraw

    sheet = Image.new("L", (128, 128))
    ImageDraw.Draw(sheet).text((64, 64), text, fill=255, font=_font(face), anchor="mm")
    left, top, right, bottom = sheet.getbbox()
    return np.asarray(sheet.crop((left - 2, top - 2, right + 2, bottom + 2)), np.float32) / 255


@cache
def _font(face: str) -> "ImageFont.FreeTypeFont":
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{face}.ttf", 80)


@cache
def _style(digit: int, style: int) -> "list[tuple[Path, list[bool]]]":
    """Points and corners of each stroke."""
    strokes = []
    for stroke in STYLES[digit][style].split("|"):
        tokens = stroke.split()
        points = [[float(number) for number in token.rstrip("*").split(",")] for token in tokens]
        strokes.append((np.array(points), [token.endswith("*") for token in tokens]))
    return strokes


def _stretch(strokes: "list[Path]", rng: np.random.Generator, hand: Hand) -> "list[Path]":
    """Give more of the width and of the height to one side, less to the other."""
    points = np.vstack(strokes)
    low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-6)
    powers = np.exp(rng.normal(0, hand.proportions))
    from_far_end = rng.random(2) < 0.5  # noqa: PLR2004 (a coin for each direction)
    stretched = []
    for stroke in strokes:
        share = (stroke - low) / size
        moved = np.where(from_far_end, 1 - (1 - share) ** powers, share**powers)
        stretched.append(low + moved * size)
    return stretched


def _bend(strokes: "list[Path]", rng: np.random.Generator, hand: Hand) -> "list[Path]":
    """Bend, widen, turn and slant a digit as a whole."""
    waves = rng.normal(0, hand.bend, 4)
    phases = rng.uniform(0, 2 * np.pi, 4)
    turn = np.deg2rad(rng.normal(0, hand.turn))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    slanted = np.array([[1, -rng.normal(0, hand.slant)], [0, 1]])
    widened = np.diag([np.exp(rng.normal(0, hand.aspect)), 1])
    move = slanted @ turned @ widened
    bent = []
    for stroke in strokes:
        x, y = (stroke - (0.32, 0.5)).T
        sway, ripple, rise, roll = waves[:, None] * np.cos(
            2 * np.pi * np.array([y, 2 * y, y, x]) + phases[:, None]
        )
        bent.append(np.stack([x + 0.6 * sway + 0.3 * ripple, y + rise + 0.8 * roll], axis=1) @ move.T)
    return bent
