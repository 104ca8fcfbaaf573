"""A page becomes its digits: which pieces of ink belong together, and in which order they are read.

A page is a picture of several digits: a row, a column, or digits scattered over the paper, with the specks,
rules and bleed-through that paper has. Sizes are judged against the height that its digits typically have.
"""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.errors import NoDigit
from digits_nb.preprocessing.components import around, cut, enlarge, wipe
from digits_nb.preprocessing.ink import INK, find_ink, reduce, to_gray
from digits_nb.preprocessing.normalization import Stages, count_blocks, even_out, straighten

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.images.query import Query

    Plane = NDArray[np.float32]
    Boxes = NDArray[np.int32]  # (n, 4): left, top, right, bottom

PAGE_SIDE = 1600
"""Longest side that a page is reduced to, in pixels: a line of forty digits still has 40 pixels for each."""

SPECK = 0.15
"""Of the typical height: a piece of ink that is smaller both ways is a speck."""

FAINT = 0.7
"""Of the typical strength: ink weaker than this shines through from the other side of the paper."""

SPAN = 0.7
SLENDER = 40
"""What runs on for this share of the page, in a straight line, and is this many times as long as it is
thick, was ruled and not written: the stem of a 1, in the thinnest pen, is 30 times as long."""

FRAGMENT = 0.7
GAP = 0.25
"""Of the typical height: a lower piece of ink, no farther above or below another, is a part of it."""

FLAG = 0.65
TOUCH = 0.1
"""Of the typical height: a lower piece, no farther from another in any direction, is a part of it."""

TALLEST = 1.5
"""Of the typical height: pieces that are taller together are two digits, one above the other."""

DIGIT = 0.4
"""Of the typical height: what is smaller both ways is no digit but a dot, a comma or a stray stroke."""

FLAT = 1.6
"""Width over height: what is flatter may well be the flag of a 5, or the foot of a 2, that lies far off."""

LEVEL = 0.3
"""Share of the lower digit's height that two of one line overlap by."""

MOST = 1000  # pieces of ink, specks aside; where there are more, it is a texture and no page


def find_digits(image: "Query") -> list[Stages]:
    """Find every digit of a picture and turn each into the 8×8 grid that the model sees.

    Parameters
    ----------
    image
        A picture from `open_image`, or any query that it takes.

    Returns
    -------
    list of Stages
        At least one, in reading order: rows from top to bottom, each from left to right. `gray` and `ink`
        are the part of the page around the digit, `strokes` are in pixels of that part, and `box` is in
        pixels of the whole picture, whose `shape` each has.

    Raises
    ------
    NoDigit
        The picture is blank, or its ink is no strokes.
    """
    whole = to_gray(image)
    gray = reduce(whole, PAGE_SIDE)
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
        box = enlarge((left, top, right, bottom), gray.shape, whole.shape)
        grid, strokes = count_blocks(bitmap), boxes[members] - corner
        found.append(Stages(gray[window], own, crop, upright, bitmap, grid, box, whole.shape, strokes))
    return found


def group(boxes: "Boxes") -> "list[NDArray[np.int64]]":
    """Tell which strokes are one digit.

    A piece belongs to the one whose box it lies in for its better part. What is lower than a digit belongs
    to the piece that it nearly touches; two that are both as high as a digit stay apart.

    Parameters
    ----------
    boxes
        Shape (n, 4): left, top, right and bottom of each piece of ink.

    Returns
    -------
    list of ndarray
        The rows of `boxes` that make up each digit; what is too small for a digit is left out.
    """
    height = _typical(boxes[:, 3] - boxes[:, 1])
    members = [np.array([row]) for row in range(len(boxes))]
    hulls = [np.array(box) for box in boxes]
    # the nearest pairs first, and again with the boxes that they have together
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
    """How many digits strokes with these `boxes` (n, 4) surely are: one in pieces counts as one."""
    digits = np.array([around(boxes[members]) for members in group(boxes)])
    width, height = (digits[:, 2:] - digits[:, :2]).T
    return int(((width < FLAT * height) & (height >= FLAG * height.max())).sum())


def may_be_ruled(stages: Stages) -> bool:
    """Whether ink reaches from one side of a picture to the other, as a ruled line does."""
    (left, top, right, bottom), (height, width) = stages.box, stages.shape
    return right - left >= SPAN * width or bottom - top >= _UPRIGHT * height


_UPRIGHT = 0.95  # a digit that fills its picture reaches nearly as far from top to bottom


def reading_order(boxes: "Boxes") -> list[int]:
    """The rows of `boxes` (n, 4) as one reads: lines from top to bottom, each from left to right.

    A digit stands in a line when it is level with its nearest neighbour there: a line may climb or fall.
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


def _typical(heights: "NDArray[np.int32]") -> float:
    """The median height of strokes, each with the weight of its height's square: specks hardly count."""
    heights = np.sort(heights).astype(float)
    weights = np.cumsum(heights**2)
    return float(heights[np.searchsorted(weights, weights[-1] / 2)]) if len(heights) else 0.0


def _strokes(ink: "Plane") -> "tuple[NDArray[np.uint8], NDArray[np.int32], Boxes]":
    """Where ink is, the number of the stroke at each pixel (0 is none), and the boxes of strokes 1, 2, …."""
    is_ink, marks = ((ink > level).astype(np.uint8) for level in (INK, INK / 2))
    rules = _rules(marks) | _rules(np.ascontiguousarray(marks.T)).T
    _, labels, pieces, _ = cv2.connectedComponentsWithStats(is_ink & (1 - rules))
    boxes = pieces[1:, :4]  # the first is the ground
    large = np.flatnonzero(boxes[:, 2:].max(axis=1) >= SPECK * _typical(boxes[:, 3]))
    if not 0 < len(large) <= MOST:
        msg = (
            "The picture shows no digits: what stands out in it is a texture or a ruled line, and no stroke "
            "of a pen; send digits on a plain ground."
        )
        raise NoDigit(msg)
    boxes[:, 2:] += boxes[:, :2]
    strengths = np.array([_strength(ink, labels, row + 1, boxes[row]) for row in large])
    kept = large[strengths >= FAINT * np.median(strengths)]
    numbers = np.zeros(len(boxes) + 1, np.int32)
    numbers[kept + 1] = np.arange(1, len(kept) + 1)
    return is_ink, numbers[labels], boxes[kept]


def _rules(marks: "NDArray[np.uint8]") -> "NDArray[np.uint8]":
    """Lines ruled across the page, but for where a stroke crosses them."""
    width = marks.shape[1]
    length = max(max(marks.shape) // 12, 3)  # of a run that may be a part of a rule
    # thickened, so that a line that climbs is still one run
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
        # least absolute distance: strokes that run along the line do not tilt it
        points = np.stack([columns, rows], axis=1).astype(np.float32)
        ahead, down, column, row = cv2.fitLine(points, cv2.DIST_L1, 0, 0.01, 0.01).ravel()
        middle = row + (np.arange(width) - column) * down / ahead
        far = np.abs(np.arange(len(marks))[:, None] - middle)
        stroke = np.ones((int(2.5 * thickness) + 3, 1), np.uint8)
        rules |= (far <= thickness / 2 + 2) & (cv2.morphologyEx(marks, cv2.MORPH_OPEN, stroke) == 0)
    return rules


def _strength(ink: "Plane", labels: "NDArray[np.int32]", number: int, box: "NDArray[np.int32]") -> float:
    """How dark the middle of a stroke is."""
    left, top, right, bottom = box
    window = slice(top, bottom), slice(left, right)
    return float(np.percentile(ink[window][labels[window] == number], 75))


def _pairs(boxes: "Boxes", height: float) -> list[tuple[int, int]]:
    """Pieces that are one digit, two by two, each in one pair at most: its nearest."""
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
        # alone, and the one right on top of the other: a broken 8 rather than a column
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
