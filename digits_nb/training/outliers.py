"""Outliers: what is no digit, drawn by code, for a model to learn that it knows none of it.

A classifier that has met nothing but digits takes everything for one. Ours is shown outliers too, each with a
label by chance, so that its confidence in any digit is low there; the idea is D. Hendrycks', "Deep anomaly
detection with outlier exposure", 2019, with chance labels in place of his uniform ones.
"""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.training.drawing import draw, set_type
from digits_nb.training.pen import curve, trace
from digits_nb.training.styles import STYLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Plane = NDArray[np.float32]

SIDE = 64
"""Side of a texture, in pixels."""

PEN = (0.04, 0.25)
"""Narrowest and broadest pen, in heights."""

_LIKE_DIGITS = {0x2205, 0x2223}  # a slashed 0, and a 1

SYMBOLS = "".join(
    chr(code)
    for code in (*range(0x2190, 0x21B0), *range(0x2200, 0x2215), *range(0x221A, 0x229D))
    if code not in _LIKE_DIGITS
)
"""Arrows and signs of mathematics, which DejaVu Sans has, but for those that are like digits."""


def scribble(rng: np.random.Generator) -> "Plane":
    """One to four strokes through points by chance, anywhere or each near the last."""
    strokes = []
    for _ in range(rng.integers(1, 5)):
        count = rng.integers(2, 8)
        wandering = rng.random() < 0.4  # noqa: PLR2004 (a share)
        points = (
            np.cumsum(rng.normal(0, 0.3, (count, 2)), axis=0)
            if wandering
            else rng.uniform(0, (0.7, 1), (count, 2))
        )
        strokes.append(curve(points, list(rng.random(count) < 0.4)))  # noqa: PLR2004 (a share)
    return trace(strokes, float(np.exp(rng.uniform(*np.log(PEN)))))


def sign(rng: np.random.Generator) -> "Plane":
    """Two to four strokes, straight or bent, that begin on others: a sign of some script that nobody has."""
    lattice = np.stack(np.meshgrid(np.linspace(0, 0.66, 3), np.linspace(0, 1, 4)), axis=-1).reshape(-1, 2)
    strokes, joints = [], list(lattice)
    for _ in range(rng.integers(2, 5)):
        start = joints[rng.integers(len(joints))]
        far = lattice[np.abs(lattice - start).max(axis=1) > 0.3]  # noqa: PLR2004 (of the height)
        end = far[rng.integers(len(far))]
        middle = (start + end) / 2 + rng.normal(0, 0.2, 2) * (rng.random() < 0.3)  # noqa: PLR2004 (a share)
        points = np.stack([start, middle, end]) + rng.normal(0, 0.04, (3, 2))
        strokes.append(curve(points, [False] * 3))
        joints = [*joints, *points] if strokes[1:] else list(points)
    return trace(strokes, float(np.exp(rng.uniform(*np.log(PEN)))))


def symbol(rng: np.random.Generator) -> "Plane":
    """One of `SYMBOLS`."""
    return set_type(SYMBOLS[rng.integers(len(SYMBOLS))], "DejaVuSans")


def blobs(rng: np.random.Generator) -> "Plane":
    """Noise, smoothed and cut at a level: from many small blobs to few large ones."""
    smoothed = cv2.GaussianBlur(
        rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), np.exp(rng.uniform(*np.log((1.5, 9))))
    )
    return _cut((smoothed - smoothed.mean()) / smoothed.std(), rng.uniform(-0.5, 1))


def stripes(rng: np.random.Generator) -> "Plane":
    """Stripes in one direction, or in two that cross."""
    turn, period, phase = rng.uniform(0, np.pi), rng.uniform(5, 30), rng.uniform(0, 2 * np.pi)
    down, across = np.mgrid[:SIDE, :SIDE]
    waves = np.cos(2 * np.pi * (across * np.cos(turn) + down * np.sin(turn)) / period + phase)
    if rng.random() < 0.5:  # noqa: PLR2004 (a coin)
        waves = np.maximum(waves, np.cos(2 * np.pi * (down * np.cos(turn) - across * np.sin(turn)) / period))
    return _cut(waves, rng.uniform(-0.5, 0.7))


def overlap(rng: np.random.Generator) -> "Plane":
    """Two digits, one written over the other."""
    sheet = np.zeros((100, 90), np.float32)
    corners = ((20, 20), (20 + rng.integers(-18, 19), 20 + rng.integers(-14, 15)))
    for top, left in corners:
        digit = int(rng.integers(10))
        ink = cv2.resize(draw(digit, int(rng.integers(len(STYLES[digit]))), rng), (40, 56))
        place = sheet[top : top + 56, left : left + 40]
        np.maximum(place, ink, out=place)
    return sheet


KINDS: "tuple[Callable[[np.random.Generator], Plane], ...]" = (
    blobs,
    symbol,
    scribble,
    sign,
    stripes,
    overlap,
)
"""Every kind of outlier: takes a generator of chance, gives ink on empty ground, float32, 0..1."""

SHARES = (0.1, 0.2, 0.3, 0.2, 0.1, 0.1)
"""How many of each kind a model meets: what is made of strokes is most various, and most like digits."""


def _cut(levels: "NDArray[np.floating]", level: float) -> "Plane":
    """Ink where there is more than a level, on empty ground."""
    return np.pad(np.clip((levels - level) * 4 + 0.5, 0, 1).astype(np.float32), 3)
