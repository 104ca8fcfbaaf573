"""Strokes: the paths that a pen takes over the paper, and the ink that it leaves there."""

from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Plane = NDArray[np.float32]
    Path = NDArray[np.float64]  # (n, 2): x to the right, y downward, in heights of a digit

HEIGHT = 48
"""Height of what is traced, in pixels, its pen's width not counted."""

_FLATTEST = 0.55  # of the height that a flat path gets, in widths: a dash is not blown up to the full height
_LEAST = 0.3  # height that a path at least counts for: nor is a dot
_BITS = 4  # binary digits after the point, as cv2.polylines counts them


def curve(points: "Path", corners: "Sequence[bool]") -> "Path":
    """Join points by a Catmull-Rom spline [1]_, broken at those that are corners.

    .. [1] E. Catmull, R. Rom, "A class of local interpolating splines", 1974.
    """
    breaks = [0, *(i for i in range(1, len(points) - 1) if corners[i]), len(points) - 1]
    return np.vstack([_spline(points[start : end + 1]) for start, end in pairwise(breaks)])


def trace(strokes: "list[Path]", pen: float) -> "Plane":
    """Draw strokes with a round pen.

    Parameters
    ----------
    strokes
        Each of shape (n, 2).
    pen
        Width, in heights of what is drawn.

    Returns
    -------
    ndarray, float32, 0..1
        Ink on empty ground, about `HEIGHT` pixels high.
    """
    points = np.vstack(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = HEIGHT / max(size[1], _FLATTEST * size[0], _LEAST)
    width = HEIGHT * pen
    margin = int(np.ceil(width / 2)) + 3  # an anti-aliased line is a little broader than its pen
    columns, rows = (np.ceil(size * scale) + 2 * margin + 1).astype(int)
    ink = np.zeros((rows, columns), np.uint8)
    for stroke in strokes:
        path = np.round(((stroke - low) * scale + margin) * 2**_BITS).astype(np.int32)
        cv2.polylines(
            ink,
            [path[:, None]],
            isClosed=False,
            color=255,
            thickness=max(1, round(width)),
            lineType=cv2.LINE_AA,
            shift=_BITS,
        )
    return ink.astype(np.float32) / 255


def _spline(points: "Path", samples: int = 8) -> "Path":
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
