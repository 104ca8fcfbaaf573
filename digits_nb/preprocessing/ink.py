"""Ink detection: how much ink each pixel of a picture holds, dark or light, on uneven ground."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    # float32, 0..1 or grey levels; OpenCV's stubs do not track the type of an array's values, so it is Any
    Plane = NDArray[Any]
    Mask = NDArray[Any]  # uint8, 0 or 1

INK = 0.5
"""Share of ink above which a pixel belongs to a stroke."""

MAX_SIDE = 500
"""Longest side, in pixels, of the picture in which ink is detected; a larger picture is reduced first."""

PAGE_SIDE = 1600
"""Longest side of a picture whose digits are small. Forty digits in a line keep 40 pixels each."""

WINDOW = 0.4
"""Side of the window in which the ground is sought, as a share of the picture's longest side: broader than a
stroke of a digit that fills the picture. Between 0.3 and 0.5 the accuracy on clean pictures is the same."""

MIN_CONTRAST = 4
"""Grey levels (of 255) between ink and ground at least, since a picture has no more than whole levels."""

MIN_CLEARNESS = 6
"""Standard deviations of the picture's grain between ink and ground at least."""

FAINTER = 0.4
"""Share of the strokes that is fainter than what counts as full ink: a thin pen is uneven."""

DARKEST = 4
"""The ground is at most so many times darker than the lightest ground, where ink is compared with it."""

_FULL = 255

MIN_COLOUR = 40
"""Levels between the colours of a picture at least, before they are looked at."""

_SMOOTH_FROM = 64  # pixels a side; in a smaller picture a blur would take the strokes away with the grain
_NEIGHBOURS = np.ones((3, 3), np.uint8)
_LEVELS = np.arange(256, dtype=np.float32)
# the second difference both ways: zero on a slope and along a straight edge, so that what it leaves is grain
_GRAIN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)


def reduce(picture: "NDArray[np.uint8]", max_side: int = MAX_SIDE) -> "NDArray[np.uint8]":
    """Reduce a picture (H, W) or (H, W, 3) to `max_side` pixels a side; a smaller one stays as it is."""
    scale = max_side / max(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    reduced: Plane = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return reduced


def to_gray(picture: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Convert a picture (H, W, 3) of red, green and blue to luma; one of shape (H, W) stays as it is."""
    if picture.ndim == 2:  # noqa: PLR2004
        return picture
    gray: Plane = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return gray


@dataclass(frozen=True, eq=False, slots=True)
class Depth:
    """How much darker than its ground each pixel is.

    Attributes
    ----------
    levels : ndarray of shape (H, W), uint8
        Depth below the ground, in 255ths of the ground's lightness; what is lighter than the ground is 0.
    floor : float
        The least depth that is no grain, in the same unit.
    uneven : float
        Grey levels between the darkest and the lightest ground.
    """

    levels: "NDArray[np.uint8]"
    floor: float
    uneven: float


def find_depth(gray: "NDArray[np.uint8]") -> Depth:
    """Estimate the ground under dark ink, and compare the picture with it.

    The ground is a morphological closing: dark places narrower than a window are filled up to the level
    around them. What is broader, such as a table, a shadow or a dark tile, is ground itself.

    Parameters
    ----------
    gray
        Shape (H, W), uint8; `255 - gray` for light ink.
    """
    levels, some = _compare_with_ground(gray)
    leveled = _level_light(gray)
    if leveled is not gray:
        # the one is right at the rims of a picture, the other at the edge of a shadow; where they differ, the
        # ground of the wrong one is too light
        others, some = _compare_with_ground(leveled)
        levels = cv2.min(levels, others)
    few = len(some) // 50
    unit = _FULL / max(int(some[len(some) // 2]), int(some[-1]) // DARKEST, 1)
    floor = max(MIN_CLEARNESS * _grain(gray), MIN_CONTRAST) * unit
    return Depth(levels, floor, float(some[-1 - few]) - float(some[few]))


def _compare_with_ground(gray: "NDArray[np.uint8]") -> "tuple[Plane, Plane]":
    """Give the depth of each pixel, and some grey levels of the ground in rising order."""
    height, width = gray.shape
    smooth = cv2.GaussianBlur(gray, (3, 3), 0) if max(height, width) > _SMOOTH_FROM else gray
    side = max(3, round(WINDOW * max(height, width)))
    ground = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((side, side), np.uint8))
    step = max(max(height, width) // 64, 1)
    some = np.sort(ground[::step, ::step], axis=None)
    # as a share of the ground, since a shadow takes the same share of the light from ink and from paper; the
    # subtraction saturates: a pixel lighter than its ground counts as ground
    darkest = max(int(some[-1]) // DARKEST, 1)
    return cv2.divide(cv2.subtract(ground, gray), np.maximum(ground, darkest), scale=_FULL), some


def find_ink(depth: Depth, but: "Mask | None" = None) -> "tuple[Plane, float] | None":
    """Scale depths to ink.

    Parameters
    ----------
    depth
        From `find_depth`.
    but
        Shape (H, W), 1 where pixels are not counted, because they hold something else than the digit.

    Returns
    -------
    ink : ndarray of shape (H, W), float32, 0..1
        1 where there is as much ink as in the middle of a stroke, 0 on the ground.
    contrast : float
        Depth between the two, in 255ths of the ground's lightness. None in place of both if nothing stands
        out from the grain.
    """
    levels = depth.levels
    if but is not None:
        levels = np.where(but, np.uint8(0), levels)
    # depth is highest along the middle of a stroke; by its square, specks of grain hardly count
    is_ridge = (levels == cv2.dilate(levels, _NEIGHBOURS)) & (levels >= depth.floor)
    counts = cv2.calcHist([levels], [0], is_ridge.view(np.uint8), [256], [0, 256]).ravel()
    weights = (counts * _LEVELS**2).cumsum()
    if not weights[-1]:
        return None
    full = int(weights.searchsorted(weights[-1] * FAINTER))
    counts = cv2.calcHist([levels], [0], None, [256], [0, 256]).ravel()[: full // 2 + 1].cumsum()
    none = float(counts.searchsorted(counts[-1] / 2)) if counts[-1] else 0.0
    if full - none < depth.floor:
        return None
    ink: Plane = cv2.LUT(levels, np.clip((_LEVELS - none) / (full - none), 0, 1))
    return ink, full - none


def is_blank(picture: "NDArray[np.uint8]") -> bool:
    """Tell whether nothing in a picture (H, W) or (H, W, 3) stands out from its ground in grey."""
    gray = to_gray(picture)
    return all(find_ink(find_depth(plane)) is None for plane in (gray, 255 - gray))


def find_colour_contrast(picture: "NDArray[np.uint8]") -> "NDArray[np.uint8] | None":
    """Compare the colours of a picture: red with green, or blue with yellow, whichever differs more.

    Ink and ground of different colours may be equally light, and so one in grey.

    Parameters
    ----------
    picture
        Shape (H, W, 3): red, green, blue; or (H, W), without colours.

    Returns
    -------
    ndarray of shape (H, W), uint8, or None
        None if the colours differ by less than `MIN_COLOUR`.
    """
    if picture.ndim == 2:  # noqa: PLR2004
        return None
    red, green, blue = (picture[..., channel].astype(np.int16) for channel in range(3))
    best, most = None, MIN_COLOUR
    for plane in (red - green, blue - (red + green) // 2):
        step = max(max(plane.shape) // 64, 1)
        some = np.sort(plane[::step, ::step], axis=None)
        few = len(some) // 100
        spread = int(some[-1 - few]) - int(some[few])
        if spread > most:
            best, most = plane, spread
    return None if best is None else np.clip(128 + best // 2, 0, 255).astype(np.uint8)


def _grain(gray: "NDArray[np.uint8]") -> float:
    """Estimate the standard deviation of the noise from second differences.

    J. Immerkær, "Fast noise variance estimation", 1996, with the median in place of the mean, since strokes
    have second differences too.
    """
    height, width = gray.shape
    if height <= 2 or width <= 2:  # noqa: PLR2004 (smaller than the kernel)
        return 0.0
    # a band of rows in the middle is enough
    rows = max(min(height, 40_000 // width), 3)
    start = (height - rows) // 2
    differences = np.abs(cv2.filter2D(gray[start : start + rows], cv2.CV_16S, _GRAIN))
    return float(np.sort(differences, axis=None)[differences.size // 2]) * 1.4826 / 6


_SMALL = 32  # side of the small copy on which the light is estimated
_ACROSS, _DOWN = (axis.ravel().astype(np.float32) for axis in np.meshgrid(*2 * [np.linspace(-1, 1, _SMALL)]))
_TILT = np.stack([np.ones_like(_ACROSS), _ACROSS, _DOWN])


def _level_light(gray: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Brighten a picture where the light falls off, by a plane fitted to most pixels."""
    height, width = gray.shape
    small: Plane = cv2.resize(gray, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    sides = np.sort([small[0], small[-1], small[:, 0], small[:, -1]], axis=1)[:, _SMALL // 2].tolist()
    if max(sides) - min(sides) < MIN_CONTRAST:
        return gray
    values = small.ravel().astype(np.float32)
    far = values - values.mean()
    # least squares, with outliers weighed down
    for _ in range(2):
        far /= np.abs(far).mean() + 2
        weights = 1 / (1 + far * far)
        plane = np.linalg.solve((_TILT * weights) @ _TILT.T, _TILT @ (weights * values))
        far = values - plane @ _TILT
    middle, across, down = plane.tolist()
    if abs(across) + abs(down) < MIN_CONTRAST:
        return gray
    top = middle + abs(across) + abs(down)
    down_it, across_it = (np.linspace(-1, 1, side, dtype=np.float32) for side in (height, width))
    light = np.maximum(middle + across * across_it + down * down_it[:, None], top / 8)
    level: Plane = np.clip(gray * (top / light), 0, _FULL).astype(np.uint8)
    return level
