"""Ruled and printed lines: rules, frames, grids and separators, without the strokes that cross them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.preprocessing.components import Boxes
    from digits_nb.preprocessing.ink import Mask

SHORTEST = 0.3
"""Length of the shortest line, as a share of the picture's shorter side."""

SLENDER = 8
"""How many times as long as it is thick a line is at least."""

LEVEL = 0.15
"""Greatest slope of a line: it was photographed, or the sheet lay a little askew."""

LONG = 0.6
"""A line is this share of the longest one at least and one of its ends is held, or both are. A pen's strokes
are shorter, and end freely."""

THICKER = 1.5
"""A line is up to this many times as thick as the longest one. A pen's strokes are often thicker."""

MOST = 100
"""Runs that are looked at in each direction; a picture with more shows a texture."""

_SLACK = 3  # pixels between a line's end and what holds it, and by which a line's edge is soft


def find_lines(is_ink: "Mask") -> "tuple[Mask, Boxes]":
    """Find straight, slender lines across and down, up to a small angle.

    Parameters
    ----------
    is_ink
        Shape (H, W), uint8, 1 where there is ink.

    Returns
    -------
    lines : ndarray of shape (H, W), uint8
        1 on the pixels of lines, but not where a stroke crosses one.
    boxes : ndarray of shape (n, 4), int32
        Left, top, right and bottom of each line.
    """
    turned = np.ascontiguousarray(is_ink.T)
    across, down = _find_runs(is_ink), _find_runs(turned)
    lines = np.zeros_like(is_ink)
    if not across and not down:
        return lines, np.empty((0, 4), np.int32)
    longest = max(across + down, key=lambda run: run.right - run.left)
    kept = []
    for runs, crossing, mask, marked in ((across, down, is_ink, lines), (down, across, turned, lines.T)):
        for run in runs:
            if run.thickness > THICKER * longest.thickness + 1:
                continue
            is_long = run.right - run.left >= LONG * (longest.right - longest.left)
            ends = sum(_is_held(end, run, crossing, mask) for end in (run.left, run.right))
            if ends + is_long > 1:
                _mark(run, mask, marked)
                box = run.left, run.top, run.right, run.bottom
                kept.append(box if runs is across else (run.top, run.left, run.bottom, run.right))
    lines &= is_ink
    return lines, np.array(kept, np.int32).reshape(-1, 4)


@dataclass(frozen=True, eq=False, slots=True)
class _Run:
    """A straight run of ink across (or down, in a turned picture).

    `middle` holds the row of its middle in every column of the picture.
    """

    left: int
    top: int
    right: int
    bottom: int
    thickness: float
    middle: "NDArray[np.float64]"


def _find_runs(is_ink: "Mask") -> list[_Run]:
    length = max(round(SHORTEST * min(is_ink.shape)), 6)
    # dilated, so that a line at a small angle is one run
    thick = cv2.dilate(is_ink, np.ones((3, 1), np.uint8))
    opened = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, length), np.uint8))
    if not cv2.countNonZero(opened):
        return []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened)
    if count > MOST:
        return []
    runs = []
    for number, (left, top, width, height, _) in enumerate(stats[1:].tolist(), 1):
        window = slice(top, top + height), slice(left, left + width)
        ink = cv2.bitwise_and(is_ink[window], (labels[window] == number).view(np.uint8))
        counts = cv2.reduce(ink, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S).ravel()
        ordered = np.sort(counts[counts > 0])
        thickness = float(ordered[len(ordered) // 4]) if len(ordered) else width
        if thickness * SLENDER > width:
            continue
        # where no stroke joins the line, the middle of each column; its medians at both ends give the slope
        places = np.flatnonzero((counts > 0) & (counts <= 1.5 * thickness + 1))
        if len(places) < 3:  # noqa: PLR2004 (a third at each end)
            continue
        middles = (np.arange(height, dtype=np.float32) @ ink)[places] / counts[places]
        third = len(places) // 3
        start, end = np.median(middles[:third]), np.median(middles[-third:])
        slope = float((end - start) / (np.median(places[-third:]) - np.median(places[:third])))
        if abs(slope) <= LEVEL:
            shift = float(np.median(middles - slope * places))
            middle = top + shift + slope * (np.arange(is_ink.shape[1]) - left)
            runs.append(_Run(left, top, left + width, top + height, thickness, middle))
    return runs


def _is_held(end: int, run: _Run, crossing: list[_Run], is_ink: "Mask") -> bool:
    """Tell whether an end of a run is at the rim of the picture, or at a run in the other direction."""
    _height, width = is_ink.shape
    near = run.thickness + _SLACK
    row = run.middle[min(max(end, 0), width - 1)]
    return not near < end < width - near or any(
        other.left - near <= row <= other.right + near and other.top - near <= end <= other.bottom + near
        for other in crossing
    )


def _mark(run: _Run, is_ink: "Mask", lines: "Mask") -> None:
    """Mark the pixels of a line along the whole picture, since a stroke that joins a line splits its run."""
    reach = run.thickness / 2 + _SLACK / 2
    tallest = round(1.5 * run.thickness) + _SLACK  # ink of a line and no stroke across it
    first, last = int(run.middle.min() - reach) - tallest, int(run.middle.max() + reach) + tallest
    rows = slice(max(first, 0), max(last, 0))
    band = np.ascontiguousarray(is_ink[rows])
    far = np.abs(np.arange(rows.start, rows.start + len(band))[:, None] - run.middle)
    strokes = cv2.morphologyEx(band, cv2.MORPH_OPEN, np.ones((tallest, 1), np.uint8))
    lines[rows] |= (far <= reach) & (strokes == 0)
