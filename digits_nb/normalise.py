"""A picture becomes the 8×8 grid, stage by stage, the way scikit-learn's digits were made.

`load_digits` is not "a picture resized to 8×8". Each of its images is a 32×32 bitmap that NIST's
programs had normalised (ink over the full height, slant removed, stroke width evened out), with the ink
counted in blocks of 4×4 pixels [1]_. A picture has to go the same way before a model of those images can
read it, and so do the training images themselves (`digits_nb.dataset`).

.. [1] E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998,
   https://archive.ics.uci.edu/dataset/80
"""

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.errors import NoDigit
from digits_nb.ink import INK, find_ink, reduce, to_gray, to_small_gray

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.query import Query

    Plane = NDArray[np.float32]

BITMAP = 32
"""Side of the bitmap, in pixels."""

GRID = 8
"""Side of the grid, in blocks of 4×4 pixels of the bitmap."""

LEVELS = 16
"""A block of 4×4 pixels full of ink: the largest number of a grid."""

STROKE_WIDTH = 4.9
"""Pixels of the bitmap. The median of the 1,797 bitmaps of `load_digits`, measured by `stroke_width`."""

MAX_WIDTH = 20
"""Pixels of the bitmap. The median width of ink of the same bitmaps; wider digits are squeezed."""

SLANT_REMOVED = 0.7
"""Share of the measured slant that is removed: moments see the shape of a 7 as slant too. Of 0.5, 0.7 and 1.0
the best on pictures from elsewhere, by less than chance could account for."""

PIECES = 20
MIN_TOGETHER = 0.5
"""Share of the ink that the `PIECES` largest pieces must hold; where they hold less, it is noise."""

SPECK = 0.03
"""Of the largest piece's area: a smaller piece is a speck, as is one of less than four times this extent."""

_CANVAS = 64  # height of a digit, in pixels, while its strokes are worked on
_PAD = 2  # empty ground around it


@dataclass(frozen=True, eq=False, slots=True)
class Stages:
    """What becomes of a picture, step by step.

    Attributes
    ----------
    gray : ndarray of shape (H, W), uint8
        The picture in grey, as given.
    ink : ndarray of shape (H, W), float32, 0..1
        How much ink each pixel holds, whatever the picture's polarity and light; 1 is ink.
    crop : ndarray, float32, 0..1
        The part of `ink` that the digit fills, specks wiped away.
    upright : ndarray, float32, 0..1
        The digit at a fixed height, with its slant removed.
    bitmap : ndarray of shape (32, 32), float32, 0..1
        Ink over the full height, stroke width evened out.
    grid : ndarray of shape (8, 8), float64, 0..16
        The ink of each block of 4×4 pixels of the bitmap: what the model sees.
    box : tuple of int
        Left, top, right and bottom of the digit in pixels of the picture.
    strokes : ndarray of shape (n, 4), int32
        Left, top, right and bottom of each piece of ink that counts, in pixels of what ink is looked for in:
        of the picture, unless that is larger than `MAX_SIDE`.
    """

    gray: "NDArray[np.uint8]"
    ink: "Plane"
    crop: "Plane"
    upright: "Plane"
    bitmap: "Plane"
    grid: "NDArray[np.float64]"
    box: tuple[int, int, int, int]
    strokes: "NDArray[np.int32]"


def preprocess(
    image: "Query",
    *,
    small: bool = False,
    threshold: float = INK,
    slant_removed: float = SLANT_REMOVED,
    stroke_width: float = STROKE_WIDTH,
) -> Stages:
    """Turn a picture of one digit into the 8×8 grid that the model sees.

    Parameters
    ----------
    image
        A picture from `open_image`, or any query that it takes.
    small
        Leave `gray` and `ink` at the size that ink is looked for in, which takes a fraction of the time for
        a large picture; `box` is in pixels of the full picture all the same.
    threshold
        Share of ink, above 0 and below 1, from which on a pixel belongs to a stroke.
    slant_removed
        Share of the measured slant that is removed, 0..1.
    stroke_width
        What every stroke is brought to, in pixels of the bitmap. The model knows grids of the default only.

    Returns
    -------
    Stages
        Every step from the grey picture to the grid.

    Raises
    ------
    NoDigit
        The picture is blank, or its ink does not hang together.
    DigitsError
        `open_image` cannot open it.
    """
    if small:
        gray, shape = to_small_gray(image)
    else:
        gray = to_gray(image)
        shape = gray.shape
    reduced = reduce(gray)
    ink = find_ink(reduced)
    crop, strokes = _crop(ink, threshold)
    upright = straighten(crop, slant_removed)
    bitmap = even_out(upright, stroke_width, threshold)
    box = enlarge(around(strokes), reduced.shape, shape)
    if reduced is not gray:
        ink = cv2.resize(ink, gray.shape[::-1])
    return Stages(gray, ink, crop, upright, bitmap, count_blocks(bitmap), box, strokes)


def enlarge(
    box: tuple[int, int, int, int], shape: tuple[int, int], full: tuple[int, int]
) -> tuple[int, int, int, int]:
    """A box (left, top, right, bottom) of a picture reduced to `shape`, in pixels of its `full` shape."""
    (left, top, right, bottom), down, across = box, full[0] / shape[0], full[1] / shape[1]
    return int(left * across), int(top * down), ceil(right * across), ceil(bottom * down)


def around(boxes: "NDArray[np.int32]") -> tuple[int, int, int, int]:
    """The smallest box that holds all of `boxes` (n, 4): left, top, right, bottom."""
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = boxes[:, 2:].max(axis=0).tolist()
    return left, top, right, bottom


def cut(ink: "Plane", box: tuple[int, int, int, int]) -> "Plane":
    """The part of `ink` within a box (left, top, right, bottom), with a rim of one pixel on each side."""
    left, top, right, bottom = box
    height, width = ink.shape
    rows, columns = slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1)
    missing = top == 0, bottom == height, left == 0, right == width
    return cv2.copyMakeBorder(ink[rows, columns], *map(int, missing), cv2.BORDER_CONSTANT, value=0)


def wipe(ink: "Plane", is_ink: "NDArray[np.uint8]", keep: "NDArray[np.uint8]") -> "Plane":
    """`ink` without the strokes that `is_ink` (0 or 1) has and `keep` has not, nor their soft edges."""
    specks = cv2.dilate(is_ink - keep, _NEIGHBOURS) & (1 - keep)
    return np.where(specks, np.float32(0), ink)


def straighten(crop: "Plane", removed: float = SLANT_REMOVED) -> "Plane":
    """Bring the digit to a fixed height and shear its slant away, or this share of it.

    The slant is the shear that makes the ink's mixed moment vanish: mu11 / mu02 [2]_.

    .. [2] Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, section III.A.
    """
    height, width = crop.shape
    # a dash is brought to a fixed width instead: at a fixed height it would be endless
    scale = _CANVAS / max(height, width / 2)
    size = max(2, round(width * scale)), max(2, round(height * scale))
    digit = cv2.resize(crop, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    moments = cv2.moments(digit)
    slant = moments["mu11"] / moments["mu02"] if moments["mu02"] > 0 else 0.0
    shear = removed * min(max(slant, -1), 1)
    width, height = size
    reach = ceil(abs(shear) * height / 2) + _PAD
    move = np.array([[1, -shear, reach + shear * (height - 1) / 2], [0, 1, _PAD]], np.float32)
    upright = cv2.warpAffine(digit, move, (width + 2 * reach, height + 2 * _PAD))
    return np.clip(upright, 0, 1, out=upright)  # a cubic overshoots


def even_out(upright: "Plane", width: float = STROKE_WIDTH, threshold: float = INK) -> "Plane":
    """Bring every stroke to one width and the ink to the full height of the bitmap.

    The outline moves in or out along the distance to it, by as much as the median stroke is too broad or
    too thin.

    Parameters
    ----------
    upright
        A digit on empty ground, as `straighten` leaves it.
    width
        What the strokes are brought to, in pixels of the bitmap.
    threshold
        Share of ink from which on a pixel belongs to a stroke.

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
    inside = cv2.distanceTransform(is_ink, cv2.DIST_L2, 5)
    half = stroke_width(inside) / 2
    # the ink grows as well, by the same number of pixels at its top and at its foot
    share = width / BITMAP / 2
    grow = max((share * tall - half) / (1 - 2 * share), 1 - float(inside.max()))
    if grow < 0:
        outline = inside + grow
    else:
        room = 4 * [ceil(grow) + 1]
        ground = cv2.copyMakeBorder(1 - is_ink, *room, cv2.BORDER_CONSTANT, value=1)
        outline = grow + 1 - cv2.distanceTransform(ground, cv2.DIST_L2, 5)
    np.clip(outline, 0, 1, out=outline)
    left, top, wide, tall = cv2.boundingRect((outline > INK).view(np.uint8))
    # into twice the bitmap's size, then halved: a pixel is the mean of four samples
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
    """Median width of the strokes, in pixels, from each ink pixel's distance to the ground.

    The distance is largest along the middle of a stroke, where it is half the width and half a pixel.
    """
    ridge = np.sort(inside[(inside == cv2.dilate(inside, _NEIGHBOURS)) & (inside > 0)])
    return float(ridge[(len(ridge) - 1) // 2] + ridge[len(ridge) // 2]) - 1


def count_blocks(bitmap: "Plane") -> "NDArray[np.float64]":
    """Ink of each 4×4 block of a (32, 32) bitmap of 0..1, as a grid (8, 8) of 0..16."""
    return cv2.resize(bitmap, (GRID, GRID), interpolation=cv2.INTER_AREA).astype(np.float64) * LEVELS


_NEIGHBOURS = np.ones((3, 3), np.uint8)


def _crop(ink: "Plane", threshold: float = INK) -> "tuple[Plane, NDArray[np.int32]]":
    """The part that the digit fills, with a rim of one pixel, and the boxes of its strokes."""
    is_ink = (ink > threshold).view(np.uint8)
    # looking only where there is ink, and counting in 16 bits, more than MAX_SIDE leaves room for, is faster
    left, top, wide, tall = cv2.boundingRect(is_ink)
    window = slice(top, top + tall), slice(left, left + wide)
    _, labels, pieces, _ = cv2.connectedComponentsWithStats(is_ink[window], ltype=cv2.CV_16U)
    pieces = pieces[1:]  # the first is the ground
    pieces[:, :2] += left, top
    if len(pieces) > 1:
        is_stroke = _are_strokes(pieces)
        if not is_stroke.all():
            keep = np.zeros_like(is_ink)
            keep[window] = np.concatenate([[False], is_stroke])[labels]
            ink = wipe(ink, is_ink, keep)
            pieces = pieces[is_stroke]
    strokes = pieces[:, :4]
    strokes[:, 2:] += strokes[:, :2]
    return cut(ink, around(strokes)), strokes


def _are_strokes(pieces: "NDArray[np.int32]") -> "NDArray[np.bool_]":
    """Which pieces of ink, as OpenCV counts them, are strokes and no specks."""
    area, extent = pieces[:, cv2.CC_STAT_AREA], np.maximum(pieces[:, 2], pieces[:, 3])
    if np.sort(area)[-PIECES:].sum() < MIN_TOGETHER * area.sum():
        msg = (
            "The picture shows no digit: its ink lies scattered in pieces smaller than strokes; "
            "send one digit on a plain ground."
        )
        raise NoDigit(msg)
    return (area >= SPECK * area.max()) & (extent >= 4 * SPECK * extent.max())
