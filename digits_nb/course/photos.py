"""Snapshots: digits as somebody might have photographed them, made from scikit-learn's.

A model of 8×8 grids that reads a digit, and not the snapshot of the same digit, was stopped by nothing but
the way that it was pictured. The course measures on them where a class has no pictures of its own; they are
for looking and for teaching, and nothing is trained on them.
"""

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from digits_nb.preprocessing.ink import INK
from digits_nb.training.dataset import restore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.training.dataset import Digits

    Plane = NDArray[np.float32]

SIDES = (120, 260)
"""Least and most pixels of a snapshot's height."""

TALL = (0.35, 0.8)
"""Least and most height of the digit, as a share of the snapshot's."""

LEAN = 0.25
"""Standard deviation of the slant that the digit is given, as a shear."""

PEN = (0.1, 0.65)
"""How far into a stroke its outline is moved, as a share of the way to its middle: from a broad pen to a fine
one."""

ON_PAPER = 0.7
"""Share of the snapshots that are dark on light; the others are chalk on a board."""

DARKEST = 0.45
"""How much of the light is missing at the darkest edge, at most."""

_RIM = 4  # pixels of ground that stay around a digit
_FINE = 4  # pixels that strokes are worked on in, for each one of the bitmap
_ACROSS = 15  # of those pixels: a little less than most strokes are broad


def photograph(ink: "Plane", rng: np.random.Generator) -> Image.Image:
    """Write a digit anywhere on a sheet of some size, in some colours, and look at it in uneven light.

    Parameters
    ----------
    ink
        A digit on empty ground, float32, 0..1.
    rng
        Where the differences between two snapshots come from.

    Returns
    -------
    PIL.Image.Image
        RGB.
    """
    height = int(rng.integers(*SIDES))
    width = int(height * rng.uniform(0.8, 1.4))
    written = _write(ink, (height, width), rng) * rng.uniform(0.8, 1)
    ground, pen = _colours(rng)
    sheet = ground + written[..., None] * (pen - ground) + _grain((height, width), rng)[..., None]
    return Image.fromarray(np.uint8(np.clip(sheet * _light((height, width), rng)[..., None], 0, 255)))


def photographs(digits: "Digits", rng: np.random.Generator) -> list[Image.Image]:
    """A snapshot of each digit."""
    return [photograph(restore(grid), rng) for grid in digits.grids]


def _write(ink: "Plane", shape: tuple[int, int], rng: np.random.Generator) -> "Plane":
    """The digit at some place of an empty sheet, leaning, with a pen of some breadth."""
    height, width = shape
    left, top, wide, tall = cv2.boundingRect((ink > INK).astype(np.uint8))
    depth = _depth(ink[top : top + tall, left : left + wide])
    tall, wide = depth.shape
    lean = rng.normal(0, LEAN)
    scale = min(height * rng.uniform(*TALL) / tall, (width - 2 * _RIM) / (wide + abs(lean) * tall))
    free_x, free_y = width - 2 * _RIM - (wide + abs(lean) * tall) * scale, height - 2 * _RIM - tall * scale
    x = _RIM + max(free_x, 0) * rng.random() + max(lean, 0) * tall * scale
    y = _RIM + max(free_y, 0) * rng.random()
    move = np.array([[scale, -lean * scale, x], [0, scale, y]], np.float32)
    levels = cv2.warpAffine(depth, move, (width, height))
    return np.clip((levels - rng.uniform(*PEN)) * 4 + 0.5, 0, 1)


def _depth(digit: "Plane") -> "Plane":
    """How far each pixel is into its stroke: 0 at the outline, 1 along the middle."""
    fine = cv2.resize(np.pad(digit, 1), None, fx=_FINE, fy=_FINE, interpolation=cv2.INTER_CUBIC)
    is_ink = (cv2.GaussianBlur(fine, (0, 0), _FINE / 2) > INK).astype(np.uint8)
    inside = cv2.distanceTransform(is_ink, cv2.DIST_L2, 5)
    middle = cv2.dilate(inside, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_ACROSS, _ACROSS)))
    return cv2.GaussianBlur(inside / np.maximum(middle, 1), (0, 0), 1)


def _colours(rng: np.random.Generator) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Of the ground and of the pen, each (3,), 0..255."""
    light = rng.uniform(205, 250) + rng.normal(0, 6, 3)
    if rng.random() < ON_PAPER:
        return light, rng.uniform(10, 90, 3)
    return rng.uniform(25, 60) + rng.normal(0, 8, 3), light


def _grain(shape: tuple[int, int], rng: np.random.Generator) -> "Plane":
    height, width = shape
    spots = rng.normal(0, rng.uniform(0.5, 3), (height // 3 + 1, width // 3 + 1)).astype(np.float32)
    return cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)


def _light(shape: tuple[int, int], rng: np.random.Generator) -> "NDArray[np.float64]":
    """A share of 0..1 that falls off in one direction."""
    turn, missing = rng.uniform(0, 2 * np.pi), rng.uniform(0, DARKEST)
    down, across = (np.linspace(-0.5, 0.5, side) for side in shape)
    along = np.cos(turn) * across + np.sin(turn) * down[:, None]
    return 1 - missing * (along - along.min()) / np.ptp(along)
