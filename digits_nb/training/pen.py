"""Strokes of a pen: smooth curves through given points, drawn as ink."""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.float32]
"""Ink on an empty background: shape (H, W), 0..1."""

Path = NDArray[np.float64]
"""Points of a stroke: shape (n, 2), x to the right and y downward, in heights of a digit."""

HEIGHT = 48
"""Height of the drawn strokes in pixels, without the width of the pen."""

_FLATTEST = 0.55  # least height of a path, in widths, for the scale: or a dash would fill the full height
_LEAST = 0.3  # least height of a path for the scale: or a dot would fill the full height
_BITS = 4  # fractional bits of the coordinates that cv2.polylines gets


def curve(points: Path, corners: Sequence[bool]) -> Path:
    """Join points by a Catmull-Rom spline [1]_ that is interrupted at corners.

    Parameters
    ----------
    points
        At least two.
    corners
        For each point, whether it is a corner. The two ends need not be marked.

    Returns
    -------
    ndarray of shape (m, 2), float64

    .. [1] E. Catmull, R. Rom, "A class of local interpolating splines", 1974.
    """
    breaks = [0, *(i for i in range(1, len(points) - 1) if corners[i]), len(points) - 1]
    return np.vstack([_spline(points[start : end + 1]) for start, end in pairwise(breaks)])


def pen_width(rng: np.random.Generator, narrowest: float, broadest: float) -> float:
    """Draw the width of a pen, in heights of a digit; its logarithm is uniformly distributed."""
    return float(np.exp(rng.uniform(*np.log((narrowest, broadest)))))


def trace(strokes: Sequence[Path], pen: float) -> Ink:
    """Draw strokes with a round pen.

    Parameters
    ----------
    strokes
        At least one.
    pen
        Width of the pen, in heights of the drawing.

    Returns
    -------
    ndarray of shape (H, W), float32, 0..1
        Ink on an empty background, about `HEIGHT` pixels high.
    """
    points = np.vstack(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = HEIGHT / max(size[1], _FLATTEST * size[0], _LEAST)
    width = HEIGHT * pen
    margin = int(np.ceil(width / 2)) + 3  # an anti-aliased line is a little broader than its pen
    columns, rows = (np.ceil(size * scale) + 2 * margin + 1).astype(int)
    ink = np.zeros((rows, columns), np.uint8)
    paths = [np.round(((stroke - low) * scale + margin) * 2**_BITS).astype(np.int32) for stroke in strokes]
    pixels = max(1, round(width))
    cv2.polylines(ink, paths, isClosed=False, color=255, thickness=pixels, lineType=cv2.LINE_AA, shift=_BITS)
    return ink.astype(np.float32) / np.float32(255)


def _spline(points: Path, samples: int = 8) -> Path:
    """Sample a Catmull-Rom spline, `samples` points for each of its parts, and its last point."""
    if len(points) == 2:  # noqa: PLR2004 (a straight line)
        return points
    ends = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    p = np.vstack([ends[0], points, ends[1]])[:, None]
    t = np.linspace(0, 1, samples, endpoint=False)[None, :, None]
    before, start, end, after = p[:-3], p[1:-2], p[2:-1], p[3:]
    between = start + t / 2 * (
        (end - before)
        + t * ((2 * before - 5 * start + 4 * end - after) + t * (3 * (start - end) + after - before))
    )
    return np.vstack([between.reshape(-1, 2), points[-1]])
