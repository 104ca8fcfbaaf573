"""Segmentation: group the components of a page into digits, and put these into reading order.

A page is a picture of several digits: a row, a column, or digits scattered over the paper, with specks, ruled
lines and bleed-through. Sizes are shares of the typical height of its digits.
"""

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from digits_nb.errors import NoDigit
from digits_nb.preprocessing.components import around, cut, enlarge, wipe
from digits_nb.preprocessing.ink import INK, find_ink, reduce
from digits_nb.preprocessing.normalization import Stages, count_blocks, even_out, straighten

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.preprocessing.components import Boxes
    from digits_nb.preprocessing.ink import Mask, Plane

    Labels = NDArray[Any]  # (H, W) int32: the number of the component at each pixel, 0 is none

PAGE_SIDE = 1600
"""Longest side of a page, in pixels; a larger one is reduced. Forty digits in a line keep 40 pixels each."""

SPECK = 0.15
"""A component smaller than this share of the typical height, both ways, is a speck."""

FAINT = 0.7
"""Ink weaker than this share of the median strength is bleed-through from the other side of the paper."""

SPAN = 0.7
SLENDER = 40
"""A straight run that spans this share of the page, and is this many times as long as it is thick, is a ruled
line. The stem of a 1, in the thinnest pen, is 30 times as long as it is thick."""

FRAGMENT = 0.7
GAP = 0.25
"""A component lower than `FRAGMENT` of the typical height, at most `GAP` of it above or below another, is a
part of that one."""

FLAG = 0.65
TOUCH = 0.1
"""A component lower than `FLAG` of the typical height, at most `TOUCH` of it from another in any direction,
is a part of that one."""

TALLEST = 1.5
"""Components taller together than this share of the typical height are two digits, one above the other."""

DIGIT = 0.4
"""A group smaller than this share of the typical height, both ways, is a dot, a comma or a stray stroke."""

FLAT = 1.6
"""A group with a larger ratio of width to height may be the detached flag of a 5 or the foot of a 2."""

LEVEL = 0.3
"""Share of the lower digit's height by which two digits of one line overlap."""

MOST = 1000  # components, specks not counted; a picture with more shows a texture


def find_digits(page: "NDArray[np.uint8]") -> list[Stages]:
    """Find every digit of a grey picture and turn each into the 8×8 grid that the model takes.

    Parameters
    ----------
    page
        Shape (H, W), uint8.

    Returns
    -------
    list of Stages
        At least one, in reading order: rows from top to bottom, each from left to right. `gray` and `ink`
        are the part of the page around the digit, `strokes` are in pixels of that part. `box` is in pixels
        of the whole picture, and `shape` is the shape of the whole picture.

    Raises
    ------
    NoDigit
        The picture is blank, or its ink is no strokes.
    """
    shape = page.shape[0], page.shape[1]
    gray = reduce(page, PAGE_SIDE)
    ink = find_ink(gray)
    is_ink, labels, boxes = _strokes(ink)
    groups = group(boxes)
    digits = np.array([around(boxes[members]) for members in groups]).reshape(-1, 4)
    found = []
    for number in reading_order(digits):
        members, (left, top, right, bottom) = groups[number], digits[number].tolist()
        rim = (bottom - top) // 4 + 2
        window = slice(max(top - rim, 0), bottom + rim), slice(max(left - rim, 0), right + rim)
        corner = np.array([window[1].start, window[0].start] * 2, np.int32)
        keep = np.isin(labels[window], members + 1).astype(np.uint8)
        own = wipe(ink[window], is_ink[window], keep)
        crop = cut(own, tuple((digits[number] - corner).tolist()))
        upright = straighten(crop)
        bitmap = even_out(upright)
        box = enlarge((left, top, right, bottom), gray.shape[:2], shape)
        grid, strokes = count_blocks(bitmap), boxes[members] - corner
        found.append(Stages(gray[window], own, crop, upright, bitmap, grid, box, shape, strokes))
    return found


def group(boxes: "Boxes") -> "list[NDArray[np.int64]]":
    """Group strokes into digits.

    A component belongs to another if at least half of it lies in the other's box. A component lower than a
    digit belongs to the one that it nearly touches. Two components as high as a digit stay apart.

    Parameters
    ----------
    boxes
        Shape (n, 4): left, top, right and bottom of each component.

    Returns
    -------
    list of ndarray
        The rows of `boxes` that make up each digit; groups too small for a digit are left out.
    """
    height = _typical(boxes[:, 3] - boxes[:, 1])
    members = [np.array([row]) for row in range(len(boxes))]
    hulls = [np.array(box) for box in boxes]
    # merge the nearest pairs, then look again with the boxes of the merged groups
    while pairs := _pairs(np.array(hulls), height):
        for one, other in pairs:
            members[one] = np.concatenate([members[one], members[other]])
            hulls[one] = np.array(around(np.array([hulls[one], hulls[other]])))
        for gone in sorted((other for _, other in pairs), reverse=True):
            del members[gone], hulls[gone]
    return [
        rows
        for rows, (left, top, right, bottom) in zip(members, hulls, strict=True)
        if max(right - left, bottom - top) >= DIGIT * height
    ]


def count_digits(boxes: "Boxes") -> int:
    """Count the digits among strokes with these `boxes` (n, 4); a digit in several strokes counts once."""
    digits = np.array([around(boxes[members]) for members in group(boxes)])
    width, height = (digits[:, 2:] - digits[:, :2]).T
    return int(((width < FLAT * height) & (height >= FLAG * height.max())).sum())


def may_be_ruled(stages: Stages) -> bool:
    """Tell whether ink spans a picture from one side to the other, as a ruled line does."""
    (left, top, right, bottom), (height, width) = stages.box, stages.shape
    return right - left >= SPAN * width or bottom - top >= _UPRIGHT * height


_UPRIGHT = 0.95  # share of the height; a tightly cropped digit spans a little less


def reading_order(boxes: "Boxes") -> list[int]:
    """Sort the rows of `boxes` (n, 4) into reading order: lines from top to bottom, each from left to right.

    A digit belongs to a line if it is level with its nearest neighbour there, so a line may climb or fall.
    """
    lines: list[list[int]] = []
    middles = (boxes[:, 1] + boxes[:, 3]) / 2
    for row in np.argsort(middles, kind="stable").tolist():
        for line in lines:
            nearest = min(line, key=lambda other: abs(int(boxes[other, 0]) - int(boxes[row, 0])))
            (top, bottom), (high, low) = boxes[row, 1::2], boxes[nearest, 1::2]
            if min(bottom, low) - max(top, high) >= LEVEL * min(bottom - top, low - high):
                line.append(row)
                break
        else:
            lines.append([row])
    lines.sort(key=lambda line: float(np.mean(middles[line])))
    return [row for line in lines for row in sorted(line, key=lambda row: int(boxes[row, 0]))]


def _typical(heights: "NDArray[Any]") -> float:
    """Give the median height of strokes, weighted by the square of the height so that specks hardly count."""
    heights = np.sort(heights).astype(float)
    weights = np.cumsum(heights**2)
    return float(heights[np.searchsorted(weights, weights[-1] / 2)]) if len(heights) else 0.0


def _strokes(ink: "Plane") -> "tuple[Mask, Labels, Boxes]":
    """Find the strokes of a page: the mask of ink, the labels, and the boxes of strokes 1, 2, …."""
    is_ink, marks = ((ink > level).astype(np.uint8) for level in (INK, INK / 2))
    rules = _rules(marks) | _rules(np.ascontiguousarray(marks.T)).T
    _, labels, stats, _ = cv2.connectedComponentsWithStats(is_ink & (1 - rules))
    boxes: Boxes = stats[1:, :4]  # the first one is the background
    large = np.flatnonzero(boxes[:, 2:].max(axis=1) >= SPECK * _typical(boxes[:, 3]))
    if not 0 < len(large) <= MOST:
        msg = (
            "The picture shows no digits: what stands out in it is a texture or a ruled line, and no stroke "
            "of a pen; send digits on a plain ground."
        )
        raise NoDigit(msg)
    boxes[:, 2:] += boxes[:, :2]
    strengths = np.array([_strength(ink, labels, int(row) + 1, boxes[row]) for row in large])
    kept = large[strengths >= FAINT * np.median(strengths)]
    numbers = np.zeros(len(boxes) + 1, np.int32)
    numbers[kept + 1] = np.arange(1, len(kept) + 1)
    return is_ink, numbers[labels], boxes[kept]


def _rules(marks: "Mask") -> "Mask":
    """Find the lines ruled across the page, without the pixels at which a stroke crosses them."""
    width = marks.shape[1]
    length = max(max(marks.shape) // 12, 3)  # shortest run that may be a part of a line
    # dilated, so that a line at a small angle is still one run
    thick = cv2.dilate(marks, np.ones((1 + 2 * -(-length // 30), 1), np.uint8))
    thick = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, 1 + length // 16), np.uint8))
    runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(runs)
    rules = np.zeros_like(marks)
    for number in range(1, count):
        if stats[number, cv2.CC_STAT_WIDTH] < SPAN * width:
            continue
        rows, columns = np.nonzero(marks & (labels == number))
        thickness = np.median(np.bincount(columns)[np.unique(columns)]) if len(columns) else np.inf
        if thickness * SLENDER > stats[number, cv2.CC_STAT_WIDTH]:
            continue
        # least absolute distance, so that strokes along the line do not tilt the fit
        points = np.stack([columns, rows], axis=1).astype(np.float32)
        ahead, down, column, row = cv2.fitLine(points, cv2.DIST_L1, 0, 0.01, 0.01).ravel()
        middle = row + (np.arange(width) - column) * down / ahead
        far = np.abs(np.arange(len(marks))[:, None] - middle)
        stroke = np.ones((int(2.5 * thickness) + 3, 1), np.uint8)
        rules |= (far <= thickness / 2 + 2) & (cv2.morphologyEx(marks, cv2.MORPH_OPEN, stroke) == 0)
    return rules


def _strength(ink: "Plane", labels: "Labels", number: int, box: "Boxes") -> float:
    """Measure how dark the middle of a stroke is."""
    left, top, right, bottom = box
    window = slice(top, bottom), slice(left, right)
    return float(np.percentile(ink[window][labels[window] == number], 75))


def _pairs(boxes: "Boxes", height: float) -> list[tuple[int, int]]:
    """List pairs of components of one digit, nearest first; each component is in one pair at most."""
    low, high = boxes[:, None], boxes[None]
    start, end = np.maximum(low[..., :2], high[..., :2]), np.minimum(low[..., 2:], high[..., 2:])
    size = boxes[:, 2:] - boxes[:, :2]
    smaller = np.minimum(size[:, None], size[None])
    overlap = (end - start) / np.maximum(smaller, 1)  # across and down; negative is a gap
    gap = np.maximum(start - end, 0).max(axis=-1)
    tall = np.maximum(low[..., 3], high[..., 3]) - np.minimum(low[..., 1], high[..., 1])
    nested = (overlap >= 1 / 2).all(axis=-1)
    stacked = (smaller[..., 1] < FRAGMENT * height) & (overlap[..., 0] >= 1 / 2) & (gap <= GAP * height)
    touching = (smaller[..., 1] < FLAG * height) & (gap <= TOUCH * height)
    allowed = (nested | stacked | touching) & (tall <= TALLEST * height)
    if len(boxes) == 2:  # noqa: PLR2004
        # only two, one right on top of the other: a broken 8 rather than a column of digits
        allowed |= (overlap[..., 0] >= 1 / 2) & (gap <= TOUCH / 2 * height)
    rows, columns = np.nonzero(np.triu(allowed, 1))
    pairs: list[tuple[int, int]] = []
    taken: set[int] = set()
    for number in np.argsort(gap[rows, columns], kind="stable").tolist():
        pair = int(rows[number]), int(columns[number])
        if taken.isdisjoint(pair):
            pairs.append(pair)
            taken.update(pair)
    return pairs
