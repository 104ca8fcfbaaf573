"""Pieces of ink: where they lie, which of them are strokes, and how they are cut out of a picture."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.errors import NoDigit
from digits_nb.preprocessing.ink import INK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]

PIECES = 20
MIN_TOGETHER = 0.5
"""Share of the ink that the `PIECES` largest pieces must hold; where they hold less, it is noise."""

SPECK = 0.03
"""Of the largest piece's area: a smaller piece is a speck, as is one of less than four times this extent."""

_NEIGHBOURS = np.ones((3, 3), np.uint8)


def crop_digit(ink: "Plane", threshold: float = INK) -> "tuple[Plane, NDArray[np.int32]]":
    """Cut out the part that the digit fills, and wipe its specks away.

    Parameters
    ----------
    ink
        Shape (H, W), float32, 0..1.
    threshold
        Share of ink, above 0 and below 1, from which on a pixel belongs to a stroke.

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
    # looking only where there is ink, and counting in 16 bits, more than MAX_SIDE leaves room for, is faster
    left, top, wide, tall = cv2.boundingRect(is_ink)
    if not tall:
        msg = "The picture holds no stroke of ink; send one where the digit stands out from its ground."
        raise NoDigit(msg)
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
            "The picture shows no single digit: its ink lies scattered in small pieces; send one digit on a "
            "plain ground, or read a page of them with read_digits."
        )
        raise NoDigit(msg)
    return (area >= SPECK * area.max()) & (extent >= 4 * SPECK * extent.max())


def enlarge(
    box: tuple[int, int, int, int], shape: tuple[int, int], full: tuple[int, int]
) -> tuple[int, int, int, int]:
    """A box (left, top, right, bottom) of a picture reduced to `shape`, in pixels of its `full` shape."""
    (left, top, right, bottom), (rows, columns), (down, across) = box, shape, full
    # in whole numbers, with the far edges rounded up: a float's last bit would reach out of the picture
    far = -(-right * across // columns), -(-bottom * down // rows)
    return left * across // columns, top * down // rows, *far


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
