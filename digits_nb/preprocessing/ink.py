"""Ink and its ground: which parts of a picture a pen has touched, whatever its colours and its light."""

from itertools import combinations_with_replacement
from math import tanh
from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.errors import NoDigit
from digits_nb.images.decode import flatten
from digits_nb.images.query import open_image, open_reduced

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

    from digits_nb.images.query import Query

    Plane = NDArray[np.float32]

INK = 0.5
"""Share of ink from which on a pixel belongs to a stroke."""

MAX_SIDE = 500
"""Longest side, in pixels, of what ink is looked for in: a larger picture is reduced before."""

MIN_CONTRAST = 14
"""Grey levels (of 255) that ink must differ from its ground; less is paper grain, or a blank picture."""

_SMALL = 32  # side of the small copy that the ground is estimated on


def to_gray(image: "Query") -> "NDArray[np.uint8]":
    """The picture in grey, (H, W) uint8."""
    return _gray(open_image(image))


def to_small_gray(image: "Query") -> "tuple[NDArray[np.uint8], tuple[int, int]]":
    """The picture in grey with at most `MAX_SIDE` pixels a side, and the (H, W) that it has in full."""
    # from twice as many, so that our own averaging decides what the small picture looks like
    picture, (width, height) = open_reduced(image, 2 * MAX_SIDE)
    return reduce(_gray(picture)), (height, width)


def reduce(gray: "NDArray[np.uint8]", max_side: int = MAX_SIDE) -> "NDArray[np.uint8]":
    """The picture with at most `max_side` pixels a side; itself if it has no more."""
    scale = max_side / max(gray.shape)
    if scale >= 1:
        return gray
    height, width = (max(1, round(side * scale)) for side in gray.shape)
    return cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA)


def find_ink(gray: "NDArray[np.uint8]") -> "Plane":
    """Tell ink from its ground: either polarity, uneven light.

    Parameters
    ----------
    gray
        Shape (H, W), uint8.

    Returns
    -------
    ndarray of shape (H, W), float32, 0..1
        1 where there is as much ink as in the middle of a stroke, 0 on the ground.

    Raises
    ------
    NoDigit
        Nothing stands out by `MIN_CONTRAST` grey levels.
    """
    height, width = gray.shape
    small = cv2.resize(gray, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA).astype(np.float32)
    slope = _slope(small)
    if not _ink_is_dark(small - slope):
        gray, small, slope = 255 - gray, 255 - small, 255 - slope
    ground = cv2.resize(_ground(small, slope), (width, height), interpolation=cv2.INTER_LINEAR)
    # saturating: what is lighter than the ground is ground
    depth = cv2.subtract(ground.astype(np.uint8), gray)
    # grain is finer than a stroke, so it is smoothed away where strokes are wide enough to stay
    smooth = cv2.GaussianBlur(depth, (3, 3), 0) if max(height, width) > 2 * _SMALL else depth
    _, is_ink = cv2.threshold(smooth, 0, 1, cv2.THRESH_OTSU)
    full = _median(depth, is_ink)
    some = slice(None, None, max(height // _SMALL, 1))  # rows enough for the level of what is flat
    none = _median(depth[some], 1 - is_ink[some])
    if full - none < MIN_CONTRAST:
        msg = (
            f"The picture is blank: nothing in it stands out by {MIN_CONTRAST} of 255 grey levels, "
            "as ink must; send one where the digit is clearly darker or lighter than its ground."
        )
        raise NoDigit(msg)
    return cv2.LUT(depth, np.clip((_GRAYS - none) / (full - none), 0, 1))


def _gray(picture: "Image.Image") -> "NDArray[np.uint8]":
    return np.asarray(picture if picture.mode == "L" else flatten(picture).convert("L"))


_NEIGHBOURS = np.ones((3, 3), np.uint8)
_WINDOW = np.ones((15, 15), np.uint8)  # wider than a stroke on the small copy, narrower than most shadows
_ACROSS, _DOWN = (axis.ravel().astype(np.float32) for axis in np.meshgrid(*2 * [np.linspace(-1, 1, _SMALL)]))
_PLANE = np.stack([np.ones_like(_ACROSS), _ACROSS, _DOWN])
_PRODUCTS = np.stack([one * other for one, other in combinations_with_replacement(_PLANE, 2)])
_SQUARE = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])  # where each of the products stands in a square of them
_RIM = np.ones((_SMALL, _SMALL), bool)
_RIM[2:-2, 2:-2] = False
_RIM = np.flatnonzero(_RIM)
# of a plane this small, a blur is two products with a matrix, in a quarter of the time
_BLUR = cv2.GaussianBlur(np.eye(_SMALL, dtype=np.float32), (2 * _SMALL + 1, 1), 4)
_GRAYS = np.arange(256, dtype=np.float32)


def _ink_is_dark(level: "Plane") -> bool:
    """Ink is what the rim is not, and the rarer of the two."""
    levels = level.ravel()
    ordered = np.sort(levels)
    low, high = float(ordered[10]), float(ordered[-11])
    rim = float(np.sort(levels[_RIM])[len(_RIM) // 2])
    nearer_light = (2 * rim - low - high) / max(high - low, 1e-6)
    centred = levels - cv2.mean(levels)[0]
    squares = centred * centred
    skewness = float(squares @ centred) / (float(centred @ centred) ** 1.5 / len(levels) ** 0.5 + 1e-6)
    return nearer_light > tanh(skewness) / 2


def _slope(small: "Plane") -> "Plane":
    """The plane of light that most of the picture lies on: least squares, outliers weighed down."""
    values = small.ravel()
    far = values - cv2.mean(values)[0]
    for _ in range(2):
        far /= cv2.norm(far, cv2.NORM_L1) / len(far) + 2
        weights = 1 / (1 + far * far)
        _, tilt = cv2.solve((_PRODUCTS @ weights)[_SQUARE], _PLANE @ (weights * values)[:, None])
        plane = tilt.ravel() @ _PLANE
        far = values - plane
    return plane.reshape(small.shape)


def _ground(small: "Plane", slope: "Plane") -> "Plane":
    """The paper under dark ink: what closing leaves unchanged, smoothed over what it fills.

    Taking the slope away first finds it at the rims, and not doing so finds it at the edge of a shadow:
    where the two differ, what is wrong is too light.
    """
    planes = np.empty((2, 2, _SMALL, _SMALL), np.float32)
    for level, (light, paper) in zip((small - slope, small), planes, strict=True):
        depth = cv2.morphologyEx(level, cv2.MORPH_CLOSE, _WINDOW) - level
        threshold, _ = cv2.threshold(np.minimum(depth, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
        _, flat = cv2.threshold(depth, max(threshold / 2, 3), 1, cv2.THRESH_BINARY_INV)
        np.add(cv2.erode(flat, _NEIGHBOURS), 1e-4, out=paper)
        np.multiply(level, paper, out=light)
    light, paper = (_BLUR.T @ planes @ _BLUR).swapaxes(0, 1)
    flat, uneven = light / paper
    flat += slope
    return np.clip(np.minimum(flat, uneven), 0, 255)


def _median(depth: "NDArray[np.uint8]", mask: "NDArray[np.uint8]") -> float:
    """The median grey level under a mask, by counting: many times faster than sorting."""
    counts = cv2.calcHist([depth], [0], mask, [256], [0, 256]).ravel().cumsum()
    return float(counts.searchsorted(counts[-1] / 2)) if counts[-1] else 0.0
