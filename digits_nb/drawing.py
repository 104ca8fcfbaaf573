"""Digits drawn by code: what scikit-learn's thirteen writers do not show.

A style of `digits_nb.styles` is jittered, bent, turned, slanted and traced with a pen from thin to broad. A
printed digit is drawn from one of the typefaces that matplotlib ships.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.styles import STYLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]
    Path = NDArray[np.float64]

FACES = ("DejaVuSans", "DejaVuSansMono", "STIXGeneral", "STIXGeneralBol", "cmr10", "cmss10")
"""Typefaces of matplotlib that printed digits are drawn from; its others are for testing."""

HEIGHT = 48
"""Height of a drawn digit, in pixels, its pen's width not counted."""


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
    pen
        Narrowest and broadest pen, in heights.
    """

    jitter: float = 0.04
    bend: float = 0.06
    turn: float = 7
    slant: float = 0.28
    aspect: float = 0.35
    pen: tuple[float, float] = (0.04, 0.2)


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
        Ink on empty ground, about `HEIGHT` pixels high.
    """
    strokes = [
        _curve(points + rng.normal(0, hand.jitter, points.shape), corners)
        for points, corners in _style(digit, style)
    ]
    strokes = _bend(strokes, rng, hand)
    points = np.vstack(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = HEIGHT / max(size[1], 0.55 * size[0], 0.3)
    pen = HEIGHT * np.exp(rng.uniform(*np.log(hand.pen)))
    margin = int(np.ceil(pen / 2)) + 3  # an anti-aliased line is a little broader than its pen
    width, height = (np.ceil(size * scale) + 2 * margin + 1).astype(int)
    ink = np.zeros((height, width), np.uint8)
    for stroke in strokes:
        # four binary digits after the point, as cv2.polylines counts them
        path = np.round(((stroke - low) * scale + margin) * 16).astype(np.int32)
        cv2.polylines(
            ink,
            [path[:, None]],
            isClosed=False,
            color=255,
            thickness=max(1, round(pen)),
            lineType=cv2.LINE_AA,
            shift=4,
        )
    return ink.astype(np.float32) / 255


def print_digit(digit: int, face: str) -> "Plane":
    """Set a digit in one of matplotlib's typefaces.

    Parameters
    ----------
    digit
        0..9.
    face
        The name of a file of matplotlib's `fonts/ttf`, without its ending.

    Returns
    -------
    ndarray, float32, 0..1
        Ink on empty ground, about 64 pixels high.
    """
    from PIL import Image, ImageDraw

    sheet = Image.new("L", (128, 128))
    ImageDraw.Draw(sheet).text((64, 64), str(digit), fill=255, font=_font(face), anchor="mm")
    left, top, right, bottom = sheet.getbbox()
    return np.asarray(sheet.crop((left - 2, top - 2, right + 2, bottom + 2)), np.float32) / 255


@cache
def _font(face: str) -> object:
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


def _curve(points: "Path", corners: list[bool]) -> "Path":
    """A Catmull-Rom spline through the points, broken at its corners."""
    breaks = [0, *(i for i in range(1, len(points) - 1) if corners[i]), len(points) - 1]
    return np.vstack([_spline(points[start : end + 1]) for start, end in pairwise(breaks)])


def _spline(points: "Path", samples: int = 8) -> "Path":
    if len(points) == 2:  # noqa: PLR2004 (a straight line)
        return points
    ends = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    p = np.vstack([ends[0], points, ends[1]])[:, None]
    t = np.linspace(0, 1, samples, endpoint=False)[None, :, None]
    before, start, end, after = p[:-3], p[1:-2], p[2:-1], p[3:]
    curve = start + t / 2 * (
        (end - before)
        + t * ((2 * before - 5 * start + 4 * end - after) + t * (3 * (start - end) + after - before))
    )
    return np.vstack([curve.reshape(-1, 2), points[-1]])


def _bend(strokes: "list[Path]", rng: np.random.Generator, hand: Hand) -> "list[Path]":
    """Bend, stretch, turn and slant a digit as a whole."""
    waves = rng.normal(0, hand.bend, 4)
    phases = rng.uniform(0, 2 * np.pi, 4)
    turn = np.deg2rad(rng.normal(0, hand.turn))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    slanted = np.array([[1, -rng.normal(0, hand.slant)], [0, 1]])
    stretched = np.diag([np.exp(rng.normal(0, hand.aspect)), 1])
    move = slanted @ turned @ stretched
    bent = []
    for stroke in strokes:
        x, y = (stroke - (0.32, 0.5)).T
        sway, ripple, rise, roll = waves[:, None] * np.cos(
            2 * np.pi * np.array([y, 2 * y, y, x]) + phases[:, None]
        )
        bent.append(np.stack([x + 0.6 * sway + 0.3 * ripple, y + rise + 0.8 * roll], axis=1) @ move.T)
    return bent
