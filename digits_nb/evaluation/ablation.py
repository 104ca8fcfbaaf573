"""Ablation of the preprocessing: grids made with the first steps only, from mere resizing to all of them.

The accuracy of one classifier on the grids of each stage shows what each step contributes. Lesson 4 of the
course and `benchmarks/ladder.py` use it.
"""

from collections.abc import Callable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits_nb.preprocessing.ink import INK
from digits_nb.preprocessing.normalization import BITMAP, GRID, LEVELS, MAX_WIDTH, Stages, count_blocks

Ink = NDArray[np.float32]
Grid = NDArray[np.float64]


def shrink(ink: Ink) -> Grid:
    """Resize ink of 0..1 to a grid (8, 8) of 0..16 by cubic interpolation, as pictures usually are.

    The proportions are lost: any picture is squeezed to a square.
    """
    gray = Image.fromarray(np.uint8(np.ceil(255 * ink)))
    small = gray.resize((GRID, GRID), Image.Resampling.BICUBIC)
    return np.asarray(small, np.float64) / 255 * LEVELS


def place(ink: Ink) -> Grid:
    """Scale ink of 0..1 to the bitmap's height, in its own proportions, and count it into a grid of 0..16.

    A digit wider than `MAX_WIDTH` is squeezed to that; it stands in the middle.
    """
    left, top, wide, tall = cv2.boundingRect((ink > INK).astype(np.uint8))
    width = int(np.clip(round(wide * BITMAP / tall), 1, MAX_WIDTH))
    digit = ink[top : top + tall, left : left + wide]
    bitmap = np.zeros((BITMAP, BITMAP), np.float32)
    start = (BITMAP - width) // 2
    bitmap[:, start : start + width] = cv2.resize(digit, (width, BITMAP), interpolation=cv2.INTER_AREA)
    return count_blocks(bitmap)


RUNGS: Mapping[str, Callable[[Stages], Grid]] = {
    "ink told from its ground, then shrunk": lambda stages: shrink(stages.ink),
    "only the digit, cut out of the picture": lambda stages: shrink(stages.crop),
    "in its own proportions, ink counted in blocks": lambda stages: place(stages.crop),
    "most of the slant removed": lambda stages: place(stages.upright),
    "one stroke width: the whole normaliser": lambda stages: stages.grid,
}
"""Name of a rung → grid that it makes of the stages of a picture, from the fewest steps to all."""
