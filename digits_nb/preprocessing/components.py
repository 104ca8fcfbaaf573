"""Connected components of ink: their boxes and areas, and how a digit is cut out of a picture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.preprocessing.ink import Mask, Plane

    Boxes = NDArray[Any]  # (n, 4) int32: left, top, right, bottom
    Labels = NDArray[Any]  # (H, W): the number of the component at each pixel, 0 is none

_NEIGHBOURS = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, eq=False, slots=True)
class Components:
    """The connected components of a mask.

    Attributes
    ----------
    labels : ndarray of shape (h, w)
        1, 2, … on the pixels of each component, 0 elsewhere, in the part of the picture that holds ink.
    corner : tuple of int
        Left and top of that part.
    boxes : ndarray of shape (n, 4), int32
        Left, top, right and bottom of each, in pixels of the picture.
    areas : ndarray of shape (n,), int32
        Pixels of each.
    """

    labels: "Labels"
    corner: tuple[int, int]
    boxes: "Boxes"
    areas: "NDArray[np.int32]"

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of all components together."""
        left, top = self.corner
        height, width = self.labels.shape
        return left, top, left + width, top + height

    def mask(self, rows: "NDArray[Any]", shape: tuple[int, int]) -> "Mask":
        """Give a mask (H, W) of the components in these rows of `boxes`."""
        left, top, right, bottom = self.box
        mask = np.zeros(shape, np.uint8)
        mask[top:bottom, left:right] = self._chosen(rows)[self.labels]
        return mask

    def cut(self, rows: "NDArray[Any]", box: tuple[int, int, int, int]) -> "Mask":
        """Give the part of that mask in a box, with a rim of one pixel on each side."""
        (left, top), (start, above, end, below) = self.corner, box
        return self._chosen(rows)[cut(self.labels, (start - left, above - top, end - left, below - top))]

    def _chosen(self, rows: "NDArray[Any]") -> "Mask":
        """Give 1 for the labels of these components."""
        chosen = np.zeros(len(self.boxes) + 1, np.uint8)
        chosen[rows + 1] = 1
        return chosen


def find_components(is_ink: "Mask") -> Components:
    """Find the connected components of a mask, 8-connected."""
    # to label only the part with ink is faster
    left, top, wide, tall = cv2.boundingRect(is_ink)
    labels, stats = np.zeros((0, 0), np.int32), np.zeros((1, 5), np.int32)
    if tall:
        part = is_ink[top : top + tall, left : left + wide]
        _, labels, stats, _ = cv2.connectedComponentsWithStats(part)  # type: ignore[assignment]
    boxes: Boxes = stats[1:, :4]  # the first one is the background
    boxes[:, :2] += left, top
    boxes[:, 2:] += boxes[:, :2]
    return Components(labels, (left, top), boxes, stats[1:, cv2.CC_STAT_AREA])


def enlarge(
    box: tuple[int, int, int, int], shape: tuple[int, int], full: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Scale a box (left, top, right, bottom) from a picture reduced to `shape` to its `full` shape (H, W)."""
    (left, top, right, bottom), (rows, columns), (down, across) = box, shape, full
    # integers, with the far edges rounded up: the last bit of a float could exceed the picture
    far = -(-right * across // columns), -(-bottom * down // rows)
    return left * across // columns, top * down // rows, *far


def widen(box: tuple[int, int, int, int], shape: tuple[int, int]) -> tuple[int, int, int, int]:
    """Widen a box by a quarter of its height on each side, inside a picture of this `shape` (H, W)."""
    left, top, right, bottom = box
    margin, (height, width) = (bottom - top) // 4 + 2, shape
    far = min(right + margin, width), min(bottom + margin, height)
    return max(left - margin, 0), max(top - margin, 0), *far


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
