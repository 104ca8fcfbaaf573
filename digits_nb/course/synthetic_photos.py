"""Synthetic photographs ("snapshots") of scikit-learn's digits.

If a model of 8×8 grids reads a digit but not its snapshot, the way in which it was pictured is the only
cause. The course measures on snapshots where a class has no pictures of its own. They are for teaching:
nothing is trained on them.
"""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits_nb.preprocessing.ink import INK
from digits_nb.training.dataset import Digits, restore

Plane = NDArray[np.float32]


SIDES = (120, 260)
"""Range of a snapshot's height, in pixels."""

TALL = (0.35, 0.8)
"""Range of the digit's height, as a share of the snapshot's."""

LEAN = 0.25
"""Standard deviation of the shear that slants the digit."""

PEN = (0.1, 0.65)
"""Range of the way that a stroke's outline is moved, as a share of that to its middle: broad to fine pen."""

ON_PAPER = 0.7
"""Share of the snapshots that are dark on light; the others are chalk on a board."""

DARKEST = 0.45
"""The greatest share of light that is missing at the darkest edge."""

_RIM = 4  # pixels of background around a digit, at least
_FINE = 4  # strokes are worked on at this many pixels per pixel of the bitmap
_STROKE = 15  # of those pixels: a little less than the width of most strokes


def photograph(ink: Plane, rng: np.random.Generator) -> Image.Image:
    """Draw a digit somewhere on a sheet of random size and colours, in uneven light.

    Parameters
    ----------
    ink
        (H, W) float32, 0..1: a digit on an empty background.
    rng
        Decides on size, place, slant, pen, colours and light.

    Returns
    -------
    PIL.Image.Image
        RGB.
    """
    height = int(rng.integers(*SIDES))
    shape = height, int(height * rng.uniform(0.8, 1.4))
    drawn = _draw(ink, shape, rng) * rng.uniform(0.8, 1)
    ground, pen = _colours(rng)
    sheet = ground + drawn[..., None] * (pen - ground) + _grain(shape, rng)[..., None]
    return Image.fromarray(np.uint8(np.clip(sheet * _light(shape, rng)[..., None], 0, 255)))


def photographs(digits: Digits, rng: np.random.Generator) -> list[Image.Image]:
    """Make a snapshot of each digit."""
    return [photograph(restore(grid), rng) for grid in digits.grids]


def _draw(ink: Plane, shape: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Put the digit at some place of an empty sheet, slanted, with a pen of some width."""
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
    levels = cv2.warpAffine(depth, move, (width, height)).astype(np.float32, copy=False)
    return ((levels - rng.uniform(*PEN)) * 4 + 0.5).clip(0, 1)


def _depth(digit: Plane) -> Plane:
    """Return how deep each pixel lies in its stroke: 0 at the outline, 1 along the middle."""
    fine = cv2.resize(np.pad(digit, 1), None, fx=_FINE, fy=_FINE, interpolation=cv2.INTER_CUBIC)
    is_ink = (cv2.GaussianBlur(fine, (0, 0), _FINE / 2) > INK).astype(np.uint8)
    inside = cv2.distanceTransform(is_ink, cv2.DIST_L2, 5)
    middle = cv2.dilate(inside, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_STROKE, _STROKE)))
    return cv2.GaussianBlur(inside / np.maximum(middle, 1), (0, 0), 1).astype(np.float32, copy=False)


def _colours(rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the colours of background and pen, each (3,), 0..255."""
    light = rng.uniform(205, 250) + rng.normal(0, 6, 3)
    if rng.random() < ON_PAPER:
        return light, rng.uniform(10, 90, 3)
    return rng.uniform(25, 60) + rng.normal(0, 8, 3), light


def _grain(shape: tuple[int, int], rng: np.random.Generator) -> Plane:
    """Return smooth noise of some strength, in grey levels."""
    strength, (height, width) = rng.uniform(0.5, 3), shape
    spots = rng.normal(0, strength, (height // 3 + 1, width // 3 + 1)).astype(np.float32)
    return cv2.resize(spots, shape[::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)


def _light(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the share of light at each pixel, 0..1, which falls off in one direction."""
    turn, missing = rng.uniform(0, 2 * np.pi), rng.uniform(0, DARKEST)
    down, across = (np.linspace(-0.5, 0.5, side) for side in shape)
    along = np.cos(turn) * across + np.sin(turn) * down[:, None]
    fallen: NDArray[np.float64] = missing * (along - along.min()) / np.ptp(along)
    return 1 - fallen
