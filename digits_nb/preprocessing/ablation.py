"""The rungs between a picture that was only shrunk and the 8×8 grid: each switches one more step on.

A classifier that is asked about the grids of one rung after the other shows what each step is good for;
lesson 4 of the course and `benchmarks/ladder.py` climb them.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from digits_nb.preprocessing.ink import INK
from digits_nb.preprocessing.normalization import BITMAP, GRID, LEVELS, MAX_WIDTH, Stages, count_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]
    Grid = NDArray[np.float64]


def shrink(ink: "Plane") -> "Grid":
    """The grid (8, 8), 0..16, of ink 0..1, shrunk as a picture usually is: by cubic interpolation.

    What is higher than broad is squeezed to a square like everything else.
    """
    gray = Image.fromarray(np.uint8(np.ceil(255 * ink)))
    small = gray.resize((GRID, GRID), Image.Resampling.BICUBIC)
    return np.asarray(small, np.float64) / 255 * LEVELS


def place(ink: "Plane") -> "Grid":
    """The grid (8, 8), 0..16, of ink 0..1 brought to the bitmap's height in its own proportions.

    It is no wider than a digit may be, stands in the middle, and is counted in blocks.
    """
    left, top, wide, tall = cv2.boundingRect((ink > INK).astype(np.uint8))
    width = int(np.clip(round(wide * BITMAP / tall), 1, MAX_WIDTH))
    digit = ink[top : top + tall, left : left + wide]
    bitmap = np.zeros((BITMAP, BITMAP), np.float32)
    start = (BITMAP - width) // 2
    bitmap[:, start : start + width] = cv2.resize(digit, (width, BITMAP), interpolation=cv2.INTER_AREA)
    return count_blocks(bitmap)


RUNGS: Mapping[str, Callable[[Stages], "Grid"]] = {
    "ink told from its ground, then shrunk": lambda stages: shrink(stages.ink),
    "only the digit, cut out of the picture": lambda stages: shrink(stages.crop),
    "in its own proportions, ink counted in blocks": lambda stages: place(stages.crop),
    "most of the slant removed": lambda stages: place(stages.upright),
    "one stroke width: the whole normaliser": lambda stages: stages.grid,
}
"""Rung → what it shows a classifier of a picture that has gone the whole way, from the lowest upward."""
