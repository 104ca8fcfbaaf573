"""Connected components of ink: which of them are strokes, their boxes, and how a digit is cropped."""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from digits_nb.errors import NoDigit
from digits_nb.preprocessing.ink import INK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.preprocessing.ink import Mask, Plane

    Boxes = NDArray[Any]  # (n, 4) int32: left, top, right, bottom

LARGEST = 20
MIN_TOGETHER = 0.5
"""Share of the ink that the `LARGEST` largest components must hold; where they hold less, it is noise."""

SPECK = 0.03
"""A component with less than this share of the largest one's area is a speck, and so is one with less than
four times this share of the largest extent."""

_NEIGHBOURS = np.ones((3, 3), np.uint8)


def crop_digit(ink: "Plane", threshold: float = INK) -> "tuple[Plane, Boxes]":
    """Crop the part that the digit fills, with specks removed.

    Parameters
    ----------
    ink
        Shape (H, W), float32, 0..1.
    threshold
        Share of ink, above 0 and below 1, above which a pixel belongs to a stroke.

    Returns
    -------
    crop : ndarray, float32, 0..1
        With a rim of one pixel.
    strokes : ndarray of shape (n, 4), int32
        Left, top, right and bottom of each stroke, in pixels of `ink`.

    Raises
    ------
    NoDigit
        There is no ink, or it does not hang together.
    """
    is_ink = (ink > threshold).view(np.uint8)
    # to label only the part with ink, in 16 bits (enough for MAX_SIDE), is faster
    left, top, wide, tall = cv2.boundingRect(is_ink)
    if not tall:
        msg = "The picture holds no stroke of ink; send one where the digit stands out from its ground."
        raise NoDigit(msg)
    window = slice(top, top + tall), slice(left, left + wide)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(is_ink[window], ltype=cv2.CV_16U)
    components: Boxes = stats[1:]  # the first one is the background
    components[:, :2] += left, top
    if len(components) > 1:
        is_stroke = _are_strokes(components)
        if not is_stroke.all():
            keep = np.zeros_like(is_ink)
            keep[window] = np.concatenate([[False], is_stroke])[labels]
            ink = wipe(ink, is_ink, keep)
            components = components[is_stroke]
    strokes = components[:, :4]
    strokes[:, 2:] += strokes[:, :2]
    return cut(ink, around(strokes)), strokes


def _are_strokes(components: "Boxes") -> "NDArray[np.bool_]":
    """Tell strokes from specks, given OpenCV's statistics of the components, (n, 5)."""
    area, extent = components[:, cv2.CC_STAT_AREA], np.maximum(components[:, 2], components[:, 3])
    if np.sort(area)[-LARGEST:].sum() < MIN_TOGETHER * area.sum():
        msg = (
            "The picture shows no single digit: its ink lies scattered in small pieces; send one digit on a "
            "plain ground, or read a page of them with read_digits."
        )
        raise NoDigit(msg)
    is_stroke: NDArray[np.bool_] = (area >= SPECK * area.max()) & (extent >= 4 * SPECK * extent.max())
    return is_stroke


def enlarge(
    box: tuple[int, int, int, int], shape: tuple[int, int], full: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Scale a box (left, top, right, bottom) from a picture reduced to `shape` to its `full` shape (H, W)."""
    (left, top, right, bottom), (rows, columns), (down, across) = box, shape, full
    # integers, with the far edges rounded up: the last bit of a float could exceed the picture
    far = -(-right * across // columns), -(-bottom * down // rows)
    return left * across // columns, top * down // rows, *far


def around(boxes: "Boxes") -> tuple[int, int, int, int]:
    """Give the smallest box (left, top, right, bottom) that contains all of `boxes` (n, 4)."""
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = boxes[:, 2:].max(axis=0).tolist()
    return left, top, right, bottom


def cut(ink: "Plane", box: tuple[int, int, int, int]) -> "Plane":
    """Crop `ink` to a box (left, top, right, bottom), with a rim of one pixel on each side."""
    left, top, right, bottom = box
    height, width = ink.shape
    rows, columns = slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1)
    above, below, before, behind = int(top == 0), int(bottom == height), int(left == 0), int(right == width)
    return cv2.copyMakeBorder(ink[rows, columns], above, below, before, behind, cv2.BORDER_CONSTANT, value=0)


def wipe(ink: "Plane", is_ink: "Mask", keep: "Mask") -> "Plane":
    """Remove the strokes that `is_ink` has and `keep` has not, with their soft edges."""
    specks: Mask = cv2.dilate(is_ink - keep, _NEIGHBOURS)
    return np.where(specks & (1 - keep), np.float32(0), ink)
