"""Grouping: which connected components make up each digit, and the reading order of the digits."""

from typing import TYPE_CHECKING, Any

import numpy as np

from digits_nb.preprocessing.components import around

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.preprocessing.components import Boxes

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
"""A group with a larger ratio of width to height, lower than `FLAG`, is a dash."""

LEVEL = 0.3
"""Share of the lower digit's height by which two digits of one line overlap."""

PASSES = 4
PAIRS = 20
"""The nearest pairs that are merged in a pass, for each component. Both bound the time on a texture."""


def typical_height(heights: "NDArray[Any]") -> float:
    """Give the median height of strokes, weighted by the square of the height so that specks hardly count."""
    heights = np.sort(heights).astype(float)
    weights = np.cumsum(heights**2)
    return float(heights[np.searchsorted(weights, weights[-1] / 2)]) if len(heights) else 0.0


def group(boxes: "Boxes", part: float = 1) -> "list[NDArray[np.int64]]":
    """Group strokes into digits.

    A component belongs to another if at least half of it lies in the other's box. A component lower than a
    digit belongs to the one that it nearly touches. Two components as high as a digit stay apart.

    Parameters
    ----------
    boxes
        Shape (n, 4): left, top, right and bottom of each component.
    part
        Makes `FRAGMENT` and `FLAG` smaller: less is then taken for a part of another component.

    Returns
    -------
    list of ndarray
        The rows of `boxes` that make up each digit; groups too small for a digit are left out.
    """
    if len(boxes) == 1:
        return [np.zeros(1, np.int64)]
    height = typical_height(boxes[:, 3] - boxes[:, 1])
    members = [np.array([row]) for row in range(len(boxes))]
    hulls = boxes
    for _ in range(PASSES):
        groups: list[list[int]] = [[row] for row in range(len(hulls))]
        home = list(range(len(hulls)))
        merged = [tuple(hull) for hull in hulls.tolist()]
        for one, other in _pairs(hulls, height, part):
            first, second = home[one], home[other]
            if first != second and (_belong(merged[first], merged[second], height, part) or len(boxes) == 2):  # noqa: PLR2004
                merged[first] = around(np.array([merged[first], merged[second]]))
                for row in groups[second]:
                    home[row] = first
                groups[first] += groups[second]
                groups[second] = []
        kept = [number for number, rows in enumerate(groups) if rows]
        if len(kept) == len(hulls):
            break
        members = [np.concatenate([members[row] for row in groups[number]]) for number in kept]
        hulls = np.array([merged[number] for number in kept])
    width, tall = (hulls[:, 2:] - hulls[:, :2]).T
    is_digit = (tall >= FLAG * height) | ((tall >= DIGIT * height) & (width < FLAT * tall))
    return [rows for rows, kept in zip(members, is_digit.tolist(), strict=True) if kept]


def _belong(one: "tuple[int, ...]", other: "tuple[int, ...]", height: float, part: float) -> bool:
    """Tell whether two groups with these boxes are parts of one digit."""
    return bool(_compare(np.array(one), np.array(other), height, part)[0])


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


def _pairs(boxes: "Boxes", height: float, part: float) -> list[tuple[int, int]]:
    """List pairs of components of one digit, nearest first."""
    allowed, gap = _compare(boxes[:, None], boxes[None], height, part)
    if len(boxes) == 2:  # noqa: PLR2004
        # only two, one right on top of the other: a broken 8 rather than a column of digits
        shared = min(boxes[:, 2]) - max(boxes[:, 0])
        allowed |= (shared >= min(boxes[:, 2] - boxes[:, 0]) / 2) & (gap <= TOUCH / 2 * height)
    rows, columns = np.nonzero(np.triu(allowed, 1))
    nearest = np.argsort(gap[rows, columns], kind="stable")[: PAIRS * len(boxes)]
    return list(zip(rows[nearest].tolist(), columns[nearest].tolist(), strict=True))


def _compare(
    low: "Boxes", high: "Boxes", height: float, part: float
) -> "tuple[NDArray[np.bool_], NDArray[Any]]":
    """Tell which pairs of boxes are parts of one digit, and the gap of each pair in pixels."""
    start, end = np.maximum(low[..., :2], high[..., :2]), np.minimum(low[..., 2:], high[..., 2:])
    smaller = np.minimum(low[..., 2:] - low[..., :2], high[..., 2:] - high[..., :2])
    overlap = (end - start) / np.maximum(smaller, 1)  # across and down; negative is a gap
    gap = np.maximum(start - end, 0).max(axis=-1)
    tall = np.maximum(low[..., 3], high[..., 3]) - np.minimum(low[..., 1], high[..., 1])
    nested = (overlap >= 1 / 2).all(axis=-1)
    stacked = (
        (smaller[..., 1] < FRAGMENT * part * height) & (overlap[..., 0] >= 1 / 2) & (gap <= GAP * height)
    )
    touching = (smaller[..., 1] < FLAG * part * height) & (gap <= TOUCH * height)
    return (nested | stacked | touching) & (tall <= TALLEST * height), gap
