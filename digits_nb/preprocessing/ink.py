"""Ink detection: separate strokes from the background, for any polarity and uneven light."""

from itertools import combinations_with_replacement
from math import tanh
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from digits_nb.errors import NoDigit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # float32, 0..1 or grey levels; OpenCV's stubs do not track the type of an array's values, so it is Any
    Plane = NDArray[Any]
    Mask = NDArray[Any]  # uint8, 0 or 1

INK = 0.5
"""Share of ink above which a pixel belongs to a stroke."""

MAX_SIDE = 500
"""Longest side, in pixels, of the picture in which ink is detected; a larger picture is reduced first."""

MIN_CONTRAST = 14
"""Grey levels (of 255) between ink and background; less is paper grain, or a blank picture."""

_SMALL = 32  # side of the small copy on which the background is estimated


def reduce(gray: "NDArray[np.uint8]", max_side: int = MAX_SIDE) -> "NDArray[np.uint8]":
    """Reduce a grey picture (H, W) to at most `max_side` pixels a side; a smaller one stays as it is."""
    scale = max_side / max(gray.shape)
    if scale >= 1:
        return gray
    height, width = (max(1, round(side * scale)) for side in gray.shape)
    reduced: Plane = cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA)
    return reduced


def find_ink(gray: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    """Separate ink from the background, dark on light or light on dark, under uneven light.

    Parameters
    ----------
    gray
        Shape (H, W), uint8.

    Returns
    -------
    ndarray of shape (H, W), float32, 0..1
        1 where there is as much ink as in the middle of a stroke, 0 on the background.

    Raises
    ------
    NoDigit
        Nothing stands out by `MIN_CONTRAST` grey levels.
    """
    height, width = gray.shape
    small: Plane = cv2.resize(gray, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA).astype(np.float32)
    slope = _fit_light(small)
    if not _ink_is_dark(small - slope):
        gray, small, slope = 255 - gray, 255 - small, 255 - slope
    background = cv2.resize(_background(small, slope), (width, height), interpolation=cv2.INTER_LINEAR)
    # the subtraction saturates: a pixel lighter than the background counts as background
    depth = cv2.subtract(background.astype(np.uint8), gray)
    # paper grain is finer than a stroke; a blur removes it where the strokes are wide enough to survive
    smooth = cv2.GaussianBlur(depth, (3, 3), 0) if max(height, width) > 2 * _SMALL else depth
    _, is_ink = cv2.threshold(smooth, 0, 1, cv2.THRESH_OTSU)
    full = _median(depth, is_ink)
    some = slice(None, None, max(height // _SMALL, 1))  # enough rows for the level of the background
    none = _median(depth[some], 1 - is_ink[some])
    if full - none < MIN_CONTRAST:
        msg = (
            "The picture is blank: no mark is clearly darker or lighter than the background; send one where "
            "the digit is."
        )
        raise NoDigit(msg)
    ink: Plane = cv2.LUT(depth, np.clip((_GRAYS - none) / (full - none), 0, 1))
    return ink


_NEIGHBOURS = np.ones((3, 3), np.uint8)
_WINDOW = np.ones((15, 15), np.uint8)  # wider than a stroke on the small copy, narrower than most shadows
_ACROSS, _DOWN = (axis.ravel().astype(np.float32) for axis in np.meshgrid(*2 * [np.linspace(-1, 1, _SMALL)]))
_PLANE = np.stack([np.ones_like(_ACROSS), _ACROSS, _DOWN])
_PRODUCTS = np.stack([one * other for one, other in combinations_with_replacement(_PLANE, 2)])
_SQUARE = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])  # index of each product in the 3×3 normal matrix
_RIM = np.flatnonzero(np.pad(np.zeros((_SMALL - 4, _SMALL - 4)), 2, constant_values=1))
# on a plane this small, two matrix products do the blur in a quarter of cv2.GaussianBlur's time
_BLUR = cv2.GaussianBlur(np.eye(_SMALL, dtype=np.float32), (2 * _SMALL + 1, 1), 4)
_GRAYS = np.arange(256, dtype=np.float32)


def _ink_is_dark(level: "Plane") -> bool:
    """Decide the polarity: the rim of a picture is background, and ink is rarer than background."""
    levels = level.ravel()
    ordered = np.sort(levels)
    low, high = float(ordered[10]), float(ordered[-11])
    rim = float(np.sort(levels[_RIM])[len(_RIM) // 2])
    nearer_light = (2 * rim - low - high) / max(high - low, 1e-6)
    centred = levels - cv2.mean(levels)[0]
    squares = centred * centred
    skewness = float(squares @ centred) / (float(centred @ centred) ** 1.5 / len(levels) ** 0.5 + 1e-6)
    return nearer_light > tanh(skewness) / 2


def _fit_light(small: "Plane") -> "Plane":
    """Fit a plane to the grey levels of most pixels: least squares, with outliers weighed down."""
    values = small.ravel()
    far = values - cv2.mean(values)[0]
    for _ in range(2):
        far /= cv2.norm(far, cv2.NORM_L1) / len(far) + 2
        weights = 1 / (1 + far * far)
        _, tilt = cv2.solve((_PRODUCTS @ weights)[_SQUARE], _PLANE @ (weights * values)[:, None])
        plane = tilt.ravel() @ _PLANE
        far = values - plane
    light: Plane = plane.reshape(small.shape)
    return light


def _background(small: "Plane", slope: "Plane") -> "Plane":
    """Estimate the paper under dark ink: the pixels that a closing leaves unchanged, smoothed over the rest.

    The estimate is made twice. With the slope subtracted it is right at the rims, without it at the edge of
    a shadow. Where the two differ, the wrong one is too light, so the darker one is taken.
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
    darker: Plane = np.clip(np.minimum(flat, uneven), 0, 255)
    return darker


def _median(depth: "Plane", mask: "Mask") -> float:
    """Give the median grey level under a mask, from a histogram: many times faster than sorting."""
    counts = cv2.calcHist([depth], [0], mask, [256], [0, 256]).ravel().cumsum()
    return float(counts.searchsorted(counts[-1] / 2)) if counts[-1] else 0.0
