"""Outliers: pictures of no digit, drawn by code.

A classifier that has seen nothing but digits takes everything for a digit. Ours also learns from outliers,
each with a random label, so that its confidence in any digit is low there. The idea is outlier exposure:
D. Hendrycks et al., "Deep anomaly detection with outlier exposure", 2019, with random labels in place of
their uniform distribution.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from digits_nb.training.pen import Ink, Path, curve, pen_width, trace
from digits_nb.training.styles import STYLES
from digits_nb.training.synthetic_digits import draw, set_type

SIDE = 64
"""Side of a texture, in pixels."""

PEN = (0.04, 0.25)
"""Narrowest and broadest pen, in heights of the drawing."""

# without 0x2205, which looks like a slashed 0, and 0x2223, which looks like a 1
_BLOCKS = ((0x2190, 0x21B0), (0x2200, 0x2205), (0x2206, 0x2215), (0x221A, 0x2223), (0x2224, 0x229D))

SYMBOLS = "".join(chr(code) for start, stop in _BLOCKS for code in range(start, stop))
"""Arrows and mathematical signs of DejaVu Sans that do not look like digits."""


def scribble(rng: np.random.Generator) -> Ink:
    """Draw one to four strokes through random points, either anywhere or each near the point before."""
    strokes = []
    for _ in range(rng.integers(1, 5)):
        count = rng.integers(2, 8)
        if rng.random() < 0.4:  # noqa: PLR2004 (a probability)
            points = np.cumsum(rng.normal(0, 0.3, (count, 2)), axis=0)
        else:
            points = rng.uniform(0, (0.7, 1), (count, 2))
        strokes.append(curve(points, list(rng.random(count) < 0.4)))  # noqa: PLR2004 (a probability)
    return trace(strokes, pen_width(rng, *PEN))


def sign(rng: np.random.Generator) -> Ink:
    """Draw two to four strokes, straight or bent, that begin on each other: a letter of no script."""
    lattice = np.stack(np.meshgrid(np.linspace(0, 0.66, 3), np.linspace(0, 1, 4)), axis=-1).reshape(-1, 2)
    strokes: list[Path] = []
    joints = list(lattice)
    for _ in range(rng.integers(2, 5)):
        start = joints[rng.integers(len(joints))]
        far = lattice[np.abs(lattice - start).max(axis=1) > 0.3]  # noqa: PLR2004 (of the height)
        end = far[rng.integers(len(far))]
        middle = (start + end) / 2 + rng.normal(0, 0.2, 2) * (rng.random() < 0.3)  # noqa: PLR2004 (a probability)
        points = np.stack([start, middle, end]) + rng.normal(0, 0.04, (3, 2))
        strokes.append(curve(points, [False] * 3))
        joints = [*joints, *points] if strokes[1:] else list(points)
    return trace(strokes, pen_width(rng, *PEN))


def symbol(rng: np.random.Generator) -> Ink:
    """Set one of `SYMBOLS`."""
    return set_type(SYMBOLS[rng.integers(len(SYMBOLS))], "DejaVuSans")


def blobs(rng: np.random.Generator) -> Ink:
    """Threshold smoothed noise: from many small blobs to few large ones."""
    noise = rng.normal(0, 1, (SIDE, SIDE)).astype(np.float32)
    smoothed = cv2.GaussianBlur(noise, (0, 0), pen_width(rng, 1.5, 9))
    return _threshold((smoothed - smoothed.mean()) / smoothed.std(), rng.uniform(-0.5, 1))


def stripes(rng: np.random.Generator) -> Ink:
    """Draw stripes in one direction, or in two directions that cross."""
    turn, period, phase = rng.uniform(0, np.pi), rng.uniform(5, 30), rng.uniform(0, 2 * np.pi)
    down, across = np.mgrid[:SIDE, :SIDE]
    waves = np.cos(2 * np.pi * (across * np.cos(turn) + down * np.sin(turn)) / period + phase)
    if rng.random() < 0.5:  # noqa: PLR2004 (a probability)
        waves = np.maximum(waves, np.cos(2 * np.pi * (down * np.cos(turn) - across * np.sin(turn)) / period))
    return _threshold(waves, rng.uniform(-0.5, 0.7))


def overlap(rng: np.random.Generator) -> Ink:
    """Draw two digits, one over the other."""
    sheet = np.zeros((100, 90), np.float32)
    for top, left in ((20, 20), (20 + rng.integers(-18, 19), 20 + rng.integers(-14, 15))):
        digit = int(rng.integers(10))
        ink = cv2.resize(draw(digit, int(rng.integers(len(STYLES[digit]))), rng), (40, 56))
        place = sheet[top : top + 56, left : left + 40]
        np.maximum(place, ink, out=place)
    return sheet


KINDS: tuple[Callable[[np.random.Generator], Ink], ...] = (blobs, symbol, scribble, sign, stripes, overlap)
"""Functions that draw an outlier, one for each kind: a random generator → ink on an empty background."""

SHARES = (0.1, 0.2, 0.3, 0.2, 0.1, 0.1)
"""Share of each kind in what a model learns from. Strokes are the most various, and the most like digits."""


def _threshold(values: NDArray[np.floating], level: float) -> Ink:
    """Turn values into ink where they are above a level, with soft edges and an empty rim."""
    return np.pad(np.clip((values - level) * 4 + 0.5, 0, 1).astype(np.float32), 3)
