"""Training data: scikit-learn's digits with their writers, variations of them, drawn digits and outliers.

Every training grid is normalised as the grid of a picture is (`digits_nb.preprocessing.normalization`), so
that the model learns from the kind of grid that it is asked about.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from digits_nb.preprocessing.components import cut
from digits_nb.preprocessing.ink import INK
from digits_nb.preprocessing.normalization import BITMAP, GRID, LEVELS, count_blocks, even_out, straighten
from digits_nb.training import synthetic_outliers
from digits_nb.training.pen import Ink
from digits_nb.training.styles import STYLES
from digits_nb.training.synthetic_digits import FACES, draw, set_type

WRITERS = (0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1545, 1667)
"""First row of each writer's block in `load_digits`.

Approximate: fourteen blocks for thirteen writers, as given by the lesson "Sample grouping" of scikit-learn's
MOOC, https://inria.github.io/scikit-learn-mooc/python_scripts/cross_validation_grouping.html
"""

DRAWN = 100
"""First group of drawn digits: `DRAWN` + the index of the style."""

PRINTED = 1000
"""First group of printed digits: `PRINTED` + the index of the typeface."""

OUTLIERS = 2000
"""First group of outliers: `OUTLIERS` + the index of their kind."""

_SHEET = 112  # side of a variation, in pixels
_CENTRED = np.stack(np.meshgrid(*2 * [np.arange(_SHEET, dtype=np.float32)]), axis=-1) - (_SHEET - 1) / 2
_VARIED = 0.3  # share of the outliers that are varied as digits are


@dataclass(frozen=True, eq=False, slots=True)
class Digits:
    """Labelled grids.

    Attributes
    ----------
    grids : ndarray of shape (n, 8, 8), float64, 0..16
    labels : ndarray of shape (n,), int
        0..9. That of an outlier is random.
    groups : ndarray of shape (n,), int
        Origin of each grid: the block of one writer, 0..13; `DRAWN` + the style; `PRINTED` + the typeface;
        `OUTLIERS` + the kind of outlier.
    rows : ndarray of shape (n,), int
        Row in `load_digits` of the digit, or of the digit that it is a variation of; -1 for what code drew.
    """

    grids: NDArray[np.float64]
    labels: NDArray[np.int64]
    groups: NDArray[np.int64]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of grids."""
        return len(self.labels)

    def __getitem__(self, chosen: slice | NDArray[np.bool_] | NDArray[np.integer]) -> "Digits":
        """Select some of the digits by a slice, a mask or indices."""
        return Digits(*(column[chosen] for column in self.columns()))

    def columns(self) -> tuple[NDArray[Any], ...]:
        """Grids, labels, groups and rows."""
        return self.grids, self.labels, self.groups, self.rows


def load() -> Digits:
    """Load scikit-learn's 1,797 digits as they are, with the approximate writer of each."""
    from sklearn.datasets import load_digits

    data, labels = load_digits(return_X_y=True)
    rows = np.arange(len(labels))
    writers = np.searchsorted(WRITERS, rows, side="right") - 1
    return Digits(data.reshape(-1, 8, 8), labels.astype(np.int64), writers, rows)


def join(parts: Sequence[Digits]) -> Digits:
    """Concatenate several sets of digits."""
    return Digits(*map(np.concatenate, zip(*(part.columns() for part in parts), strict=True)))


def digest(digits: Digits) -> str:
    """SHA-256 of the grids and labels, in hexadecimal: identifies the data in a model's card."""
    content = digits.grids.astype("<f8").tobytes() + digits.labels.astype("<i8").tobytes()
    return hashlib.sha256(content).hexdigest()


def restore(grid: NDArray[np.float64], rounds: int = 30) -> Ink:
    """Find a smooth bitmap whose block means are those of a grid.

    Parameters
    ----------
    grid
        Shape (8, 8), 0..16.
    rounds
        How often the difference between the grid and the block means is added to the bitmap.

    Returns
    -------
    ndarray of shape (32, 32), float32, 0..1
    """
    share: Ink = np.asarray(grid, np.float32) / np.float32(LEVELS)
    bitmap = np.asarray(cv2.resize(share, (BITMAP, BITMAP), interpolation=cv2.INTER_CUBIC), np.float32)
    for _ in range(rounds):
        present: Ink = count_blocks(bitmap).astype(np.float32) / np.float32(LEVELS)
        bitmap = np.clip(bitmap + cv2.resize(share - present, (BITMAP, BITMAP)), 0, 1)
    return bitmap


def normalise_ink(ink: Ink) -> NDArray[np.float64]:
    """Normalise ink on an empty background as a picture's: the grid, shape (8, 8), 0..16."""
    left, top, width, height = cv2.boundingRect((ink > INK).astype(np.uint8))
    return count_blocks(even_out(straighten(cut(ink, (left, top, left + width, top + height)))))


def normalised(digits: Digits) -> Digits:
    """Restore a bitmap from every grid and normalise it as a picture's; the rest stays."""
    return replace(digits, grids=np.stack([normalise_ink(restore(grid)) for grid in digits.grids]))


def vary(ink: Ink, rng: np.random.Generator) -> Ink:
    """Change a digit as much as the same writer might, another time.

    The changes are mild: a rotation (5° standard deviation), a slant (0.15), a width (15 %), an elastic
    deformation (2.5 pixels of 112), and a broader or finer pen.

    Parameters
    ----------
    ink
        Shape (H, W), 0..1: a digit on an empty background.
    rng
        Source of the random changes.

    Returns
    -------
    ndarray of shape (112, 112), float32, 0..1
    """
    angle, slant, width = np.deg2rad(rng.normal(0, 5)), rng.normal(0, 0.15), np.exp(rng.normal(0, 0.15))
    rows, columns = ink.shape
    scale = 60 / max(rows, columns)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    back = np.linalg.inv(scale * turn @ np.array([[width, -slant], [0, 1]]))
    bend = cv2.GaussianBlur(rng.normal(0, 1, (4, 4, 2)).astype(np.float32), (3, 3), 0)
    bend = 2.5 * cv2.resize(bend, (_SHEET, _SHEET), interpolation=cv2.INTER_CUBIC)
    centre = np.array([columns / 2, rows / 2], np.float32)
    places = (_CENTRED + bend) @ back.T.astype(np.float32) + centre - 0.5
    varied = cv2.remap(ink, places[..., 0], places[..., 1], cv2.INTER_LINEAR)
    # the outline of a stroke is a slope of grey: adding to it moves the outline outward, subtracting inward
    slope = np.abs(varied - INK) < 0.4  # noqa: PLR2004 (neither full nor empty)
    moved: Ink = np.clip(varied + np.float32(rng.normal(0, 0.12)) * slope, 0, 1)
    return moved


def varied_digits(digits: Digits, times: int, rng: np.random.Generator) -> Digits:
    """Make each digit as it is, followed by `times` variations of it; normalised."""
    bitmaps = [np.pad(restore(grid), 4) for grid in digits.grids]
    inks = [ink for bitmap in bitmaps for ink in (bitmap, *(vary(bitmap, rng) for _ in range(times)))]
    chosen = np.arange(len(digits)).repeat(times + 1)
    return _normalised(inks, digits.labels[chosen], digits.groups[chosen], digits.rows[chosen])


def drawn_digits(count: int, rng: np.random.Generator) -> Digits:
    """Draw handwritten digits, the ten labels in turn and their styles at random; normalised."""
    labels = np.arange(count) % 10
    styles = np.array([rng.integers(len(STYLES[digit])) for digit in labels.tolist()], np.int64)
    inks = [draw(digit, style, rng) for digit, style in zip(labels.tolist(), styles.tolist(), strict=True)]
    return _normalised(inks, labels, DRAWN + styles, np.full(count, -1))


def printed_digits(times: int, rng: np.random.Generator) -> Digits:
    """Set each digit in each of `FACES`, `times` variations of it; normalised."""
    labels, faces = np.divmod(np.arange(10 * len(FACES)).repeat(times), len(FACES))
    inks = [vary(set_type(str(label), FACES[face]), rng) for label, face in zip(labels, faces, strict=True)]
    return _normalised(inks, labels, PRINTED + faces, np.full(len(inks), -1))


def drawn_outliers(count: int, rng: np.random.Generator) -> Digits:
    """Draw outliers of every kind of `training.synthetic_outliers`, some of them varied; normalised.

    Their labels are random, so that a model learns that no digit is more probable there than another.
    """
    kinds = rng.choice(len(synthetic_outliers.KINDS), count, p=synthetic_outliers.SHARES)
    inks = [synthetic_outliers.KINDS[kind](rng) for kind in kinds]
    inks = [vary(ink, rng) if rng.random() < _VARIED else ink for ink in inks]
    return _normalised(inks, rng.integers(0, 10, count), OUTLIERS + kinds, np.full(count, -1))


def _normalised(inks: Sequence[Ink], *columns: NDArray[np.int64]) -> Digits:
    """Normalise ink, except where none is above the threshold: some pens are too fine."""
    inked = [row for row, ink in enumerate(inks) if (ink > INK).any()]
    grids = np.array([normalise_ink(inks[row]) for row in inked]).reshape(-1, GRID, GRID)
    return Digits(grids, *(column[inked] for column in columns))
