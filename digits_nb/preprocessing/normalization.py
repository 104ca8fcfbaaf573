"""Normalization: a picture becomes the 8×8 grid, stage by stage, as scikit-learn's digits were made.

`load_digits` is not "a picture resized to 8×8". Each of its images is a 32×32 bitmap that NIST's
programs had normalised (ink over the full height, slant removed, stroke width evened out), with the ink
counted in blocks of 4×4 pixels [1]_. A picture takes the same steps before a model of those images can
read it, and so do the training images themselves (`digits_nb.training.dataset`).

.. [1] E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998,
   https://archive.ics.uci.edu/dataset/80
"""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from digits_nb.errors import BadParameter, NoDigit
from digits_nb.preprocessing.ink import INK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.preprocessing.ink import Plane

BITMAP = 32
"""Side of the bitmap, in pixels."""

GRID = 8
"""Side of the grid, in blocks of 4×4 pixels of the bitmap."""

LEVELS = 16
"""A block of 4×4 pixels full of ink: the largest number of a grid."""

STROKE_WIDTH = 4.9
"""Pixels of the bitmap. The median of the 1,797 bitmaps of `load_digits`, measured by `stroke_width`."""

MAX_WIDTH = 20
"""Pixels of the bitmap. The median width of the ink in the same bitmaps; wider digits are squeezed."""

SLANT_REMOVED = 0.7
"""Share of the measured slant that is removed: the moments of a 7 show slant that is its shape. The best of
0.5, 0.7 and 1.0 on pictures from elsewhere, by less than the width of the confidence interval."""

HOLLOW = 0.7
"""Share of a digit's height that a hole of a 0 has at least. The loop of a 6, a 9 or an 8 has less."""

_FINE = 1.5
_CANVAS = 64  # height of a digit, in pixels, while its slant and stroke width are changed
_PAD = 2  # empty background around it


@dataclass(frozen=True, eq=False, slots=True)
class Stages:
    """The stages of one digit, from the picture in grey to the grid.

    Attributes
    ----------
    gray : ndarray of shape (H, W), uint8
        The picture in grey, as given.
    ink : ndarray of shape (H, W), float32, 0..1
        How much ink each pixel holds; 1 is ink for dark and for light strokes.
    crop : ndarray, float32, 0..1
        The part of `ink` that the digit fills, with specks removed.
    upright : ndarray, float32, 0..1
        The digit at a fixed height, with most of its slant removed.
    bitmap : ndarray of shape (32, 32), float32, 0..1
        Ink over the full height, stroke width evened out.
    grid : ndarray of shape (8, 8), float64, 0..16
        The ink of each block of 4×4 pixels of the bitmap: the model's input.
    box : tuple of int
        Left, top, right and bottom of the digit in pixels of the picture.
    left_out : tuple of ((left, top, right, bottom), str)
        Ink that is not the digit's, in pixels of the picture, and why: "rim" (it touches the rim of the
        picture), "frame" (it encloses the digit), "line", "mark" (it is no part of a digit) or "speck" (it is
        smaller).
    """

    gray: "NDArray[np.uint8]"
    ink: "NDArray[np.float32]"
    crop: "NDArray[np.float32]"
    upright: "NDArray[np.float32]"
    bitmap: "NDArray[np.float32]"
    grid: "NDArray[np.float64]"
    box: tuple[int, int, int, int]
    left_out: tuple[tuple[tuple[int, int, int, int], str], ...]


class Normalized(NamedTuple):
    """The stages of a digit from its crop to the grid, as in `Stages`."""

    crop: "NDArray[np.float32]"
    upright: "NDArray[np.float32]"
    bitmap: "NDArray[np.float32]"
    grid: "NDArray[np.float64]"


@dataclass(frozen=True, slots=True)
class Normalization:
    """How the ink of a digit becomes a grid. The model was trained on grids of the defaults only.

    Attributes
    ----------
    threshold : float
        Share of ink, above 0 and below 1, above which a pixel belongs to a stroke.
    slant_removed : float
        Share of the measured slant that is removed, 0..1.
    stroke_width : float
        The width that every stroke gets, in pixels of the bitmap: above 0 and up to half of its side.

    Raises
    ------
    BadParameter
        One of them is out of its range.
    """

    threshold: float = INK
    slant_removed: float = SLANT_REMOVED
    stroke_width: float = STROKE_WIDTH

    def __post_init__(self) -> None:
        """Refuse parameters out of their range; NaN is out of any range."""
        ranges = {
            "threshold": (0 < self.threshold < 1, "above 0 and below 1"),
            "slant_removed": (0 <= self.slant_removed <= 1, "0 to 1"),
            "stroke_width": (0 < self.stroke_width <= BITMAP / 2, f"above 0 and up to {BITMAP // 2}"),
        }
        for name, (fits, allowed) in ranges.items():
            if not fits:
                msg = f"The {name} {getattr(self, name)} is out of its range: give a number, {allowed}."
                raise BadParameter(msg)

    def apply(self, crop: "Plane") -> Normalized:
        """Normalize a digit's ink.

        Parameters
        ----------
        crop
            float32, 0..1, with a rim of one pixel without ink.

        Raises
        ------
        NoDigit
            There is no ink above the threshold.
        """
        upright = straighten(crop, self.slant_removed)
        bitmap = even_out(upright, self.stroke_width, self.threshold)
        return Normalized(crop, upright, bitmap, count_blocks(bitmap))


DEFAULT = Normalization()
"""What the model was trained on."""


def straighten(crop: "Plane", removed: float = SLANT_REMOVED) -> "Plane":
    """Scale a crop to a fixed height and remove a share of its slant by a shear.

    The slant is the shear at which the ink's mixed moment vanishes: mu11 / mu02 [2]_.

    .. [2] Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, section III.A.
    """
    height, width = crop.shape
    # a dash gets a fixed width instead: at a fixed height its width would have no limit
    scale = _CANVAS / max(height, width / 2)
    if scale < 1:
        # a thin stroke would fade below the threshold: it is dilated to `_FINE` pixels of the result
        inside = cv2.distanceTransform((crop > INK).view(np.uint8), cv2.DIST_L2, 3)
        reach = ceil(_FINE / scale - stroke_width(inside)) if inside.any() else 0
        if reach > 0:
            crop = cv2.dilate(crop, np.ones((reach + 1, reach + 1), np.uint8))
    size = max(2, round(width * scale)), max(2, round(height * scale))
    digit: Plane = cv2.resize(crop, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    moments = cv2.moments(digit)
    slant = moments["mu11"] / moments["mu02"] if moments["mu02"] > 0 else 0.0
    shear = removed * min(max(slant, -1), 1)
    width, height = size
    reach = ceil(abs(shear) * height / 2) + _PAD
    move = np.array([[1, -shear, reach + shear * (height - 1) / 2], [0, 1, _PAD]], np.float32)
    upright: Plane = cv2.warpAffine(digit, move, (width + 2 * reach, height + 2 * _PAD))
    return np.clip(upright, 0, 1, out=upright)  # cubic interpolation overshoots


def even_out(upright: "Plane", width: float = STROKE_WIDTH, threshold: float = INK) -> "Plane":
    """Give every stroke one width and scale the ink to the full height of the bitmap.

    The outline moves along its distance transform, by as much as the median stroke is too broad or too thin.

    Parameters
    ----------
    upright
        A digit on empty background, from `straighten`.
    width
        The width that strokes get, in pixels of the bitmap.
    threshold
        Share of ink above which a pixel belongs to a stroke.

    Returns
    -------
    ndarray of shape (32, 32), float32, 0..1

    Raises
    ------
    NoDigit
        There is no ink.
    """
    is_ink = (upright > threshold).view(np.uint8)
    left, top, wide, tall = cv2.boundingRect(is_ink)
    if not tall:
        msg = "The picture holds no stroke of ink; send one where the digit stands out from its ground."
        raise NoDigit(msg)
    is_ink = is_ink[max(top - 1, 0) : top + tall + 1, max(left - 1, 0) : left + wide + 1]
    inside: Plane = cv2.distanceTransform(is_ink, cv2.DIST_L2, 5)
    half = stroke_width(inside) / 2
    # the ink's height grows with its strokes, by the same number of pixels at top and bottom
    share = width / BITMAP / 2
    grow = max((share * tall - half) / (1 - 2 * share), 1 - float(inside.max()))
    if grow < 0:
        outline: Plane = inside + grow
    else:
        room = ceil(grow) + 1
        outside = cv2.copyMakeBorder(1 - is_ink, room, room, room, room, cv2.BORDER_CONSTANT, value=1)
        outline = grow + 1 - cv2.distanceTransform(outside, cv2.DIST_L2, 5)
    np.clip(outline, 0, 1, out=outline)
    left, top, wide, tall = cv2.boundingRect((outline > INK).view(np.uint8))
    # sampled at twice the bitmap's size, then halved: a pixel is the mean of four samples
    down = 2 * BITMAP / tall
    across = min(down, 2 * MAX_WIDTH / wide)
    place = BITMAP - wide * across / 2
    move = np.array(
        [[across, 0, place - left * across + (across - 1) / 2], [0, down, -top * down + (down - 1) / 2]],
        np.float32,
    )
    sampled = cv2.warpAffine(outline, move, (2 * BITMAP, 2 * BITMAP))
    return cv2.resize(sampled, (BITMAP, BITMAP), interpolation=cv2.INTER_AREA)


def stroke_width(inside: "Plane") -> float:
    """Measure the median width of the strokes, in pixels.

    Parameters
    ----------
    inside
        The distance transform of the ink. It is largest along the middle of a stroke: half the width and
        half a pixel.
    """
    ridge = np.sort(_ridge(inside))
    return float(ridge[(len(ridge) - 1) // 2] + ridge[len(ridge) // 2]) - 1


def measure_strokes(crop: "Plane", threshold: float = INK) -> tuple[float, float]:
    """Measure the mean stroke width, in heights of the crop, and its standard deviation as a share of it."""
    ridge = _ridge(cv2.distanceTransform((crop > threshold).view(np.uint8), cv2.DIST_L2, 3))
    if not len(ridge):
        return 0.0, 0.0
    mean, deviation = (float(each[0, 0]) for each in cv2.meanStdDev(ridge))
    return 2 * mean / len(crop), deviation / mean


def is_hollow(crop: "Plane", threshold: float = INK) -> bool:
    """Tell whether a hole spans most of a digit's height: of digits only a 0 has one, of outlines each."""
    ground = (crop <= threshold).view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ground, connectivity=4)
    is_hole = np.arange(len(stats)) > 0
    is_hole[labels[0, 0]] = False  # what is around the digit: a crop has a rim
    return bool((stats[is_hole, cv2.CC_STAT_HEIGHT] >= HOLLOW * (len(crop) - 2)).any())


def _ridge(inside: "Plane") -> "Plane":
    """Give the distances along the middle of the strokes."""
    ridge: Plane = inside[(inside == cv2.dilate(inside, _NEIGHBOURS)) & (inside > 0)]
    return ridge


def count_blocks(bitmap: "Plane") -> "NDArray[np.float64]":
    """Sum the ink of each 4×4 block of a (32, 32) bitmap of 0..1: a grid (8, 8) of 0..16."""
    return cv2.resize(bitmap, (GRID, GRID), interpolation=cv2.INTER_AREA).astype(np.float64) * LEVELS


_NEIGHBOURS = np.ones((3, 3), np.uint8)
