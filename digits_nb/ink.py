"""Ink and its ground: which parts of a picture a pen has touched, whatever its colours and its light."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.errors import NoDigit
from digits_nb.pictures import flatten
from digits_nb.query import open_image

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.query import Query

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
    image = open_image(image)
    return np.asarray(image if image.mode == "L" else flatten(image).convert("L"))


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
    # taking the slope away first finds the ground at the rims, and not doing so finds it at the edge of a
    # shadow: where the two differ, what is wrong is too light
    ground = np.minimum(slope + _ground(small - slope), _ground(small))
    ground = cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR)
    # saturating: what is lighter than the ground is ground
    depth = cv2.subtract(np.clip(ground, 0, 255).astype(np.uint8), gray)
    # grain is finer than a stroke, so it is smoothed away where strokes are wide enough to stay
    smooth = cv2.GaussianBlur(depth, (3, 3), 0) if max(height, width) > 2 * _SMALL else depth
    _, is_ink = cv2.threshold(smooth, 0, 1, cv2.THRESH_OTSU)
    full, none = _median(depth, is_ink), _median(depth, 1 - is_ink)
    if full - none < MIN_CONTRAST:
        msg = (
            f"The picture is blank: nothing in it stands out by {MIN_CONTRAST} of 255 grey levels, "
            "as ink must; send one where the digit is clearly darker or lighter than its ground."
        )
        raise NoDigit(msg)
    share = np.clip((np.arange(256, dtype=np.float32) - none) / (full - none), 0, 1)
    return cv2.LUT(depth, share)


_NEIGHBOURS = np.ones((3, 3), np.uint8)
_WINDOW = np.ones((15, 15), np.uint8)  # wider than a stroke on the small copy, narrower than most shadows
_ACROSS, _DOWN = (axis.ravel().astype(np.float32) for axis in np.meshgrid(*2 * [np.linspace(-1, 1, _SMALL)]))
_PLANE = np.stack([np.ones_like(_ACROSS), _ACROSS, _DOWN])
_RIM = np.ones((_SMALL, _SMALL), bool)
_RIM[2:-2, 2:-2] = False


def _ink_is_dark(level: "Plane") -> bool:
    """Ink is what the rim is not, and the rarer of the two."""
    low, high = np.partition(level, (10, -11), axis=None)[[10, -11]]
    rim = np.partition(level[_RIM], _RIM.sum() // 2)[_RIM.sum() // 2]
    nearer_light = (2 * rim - low - high) / max(high - low, 1e-6)
    centred = level - level.mean()
    squares = centred * centred
    skewness = (squares * centred).mean() / (squares.mean() ** 1.5 + 1e-6)
    return bool(nearer_light > np.tanh(skewness) / 2)


def _slope(small: "Plane") -> "Plane":
    """The plane of light that most of the picture lies on: least squares, outliers weighed down."""
    values = small.ravel()
    plane = np.full_like(values, values.mean())
    for _ in range(2):
        far = np.abs(values - plane)
        weighed = _PLANE * (1 / (1 + (far / (far.mean() + 2)) ** 2))
        plane = np.linalg.solve(weighed @ _PLANE.T, weighed @ values) @ _PLANE
    return plane.reshape(small.shape)


def _ground(level: "Plane") -> "Plane":
    """The paper under dark ink: what closing leaves unchanged, smoothed over what it fills."""
    depth = cv2.morphologyEx(level, cv2.MORPH_CLOSE, _WINDOW) - level
    threshold, _ = cv2.threshold(np.clip(depth, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    paper = cv2.erode((depth <= max(threshold / 2, 3)).astype(np.float32), _NEIGHBOURS) + 1e-4
    return cv2.GaussianBlur(level * paper, (0, 0), 4) / cv2.GaussianBlur(paper, (0, 0), 4)


def _median(depth: "NDArray[np.uint8]", mask: "NDArray[np.uint8]") -> float:
    """The median grey level under a mask, by counting: many times faster than sorting."""
    counts = np.cumsum(cv2.calcHist([depth], [0], mask, [256], [0, 256]))
    return float(np.searchsorted(counts, counts[-1] / 2)) if counts[-1] else 0.0
