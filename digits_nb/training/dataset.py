"""What the model learns from: scikit-learn's digits, who wrote them, variations of them, and drawn digits.

Every training grid goes the way that a picture goes (`digits_nb.preprocessing.normalization`), so that the
model meets the same kind of grid when it learns and when it is asked.
"""

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from digits_nb.preprocessing.components import cut
from digits_nb.preprocessing.ink import INK
from digits_nb.preprocessing.normalization import BITMAP, GRID, LEVELS, count_blocks, even_out, straighten
from digits_nb.training import outliers
from digits_nb.training.drawing import FACES, draw, set_type
from digits_nb.training.styles import STYLES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]

WRITERS = (0, 130, 256, 386, 516, 646, 776, 915, 1029, 1157, 1287, 1415, 1545, 1667)
"""First row of each writer's block in `load_digits`.

Approximate: fourteen blocks for thirteen writers, as given by the lesson "Sample grouping" of scikit-learn's
MOOC, https://inria.github.io/scikit-learn-mooc/python_scripts/cross_validation_grouping.html
"""

DRAWN = 100
"""Groups from here on are styles of drawn digits, `DRAWN` + the index of the style."""

PRINTED = 1000
"""Groups from here on are typefaces, `PRINTED` + the index of the face."""

OUTLIERS = 2000
"""Groups from here on are no digits at all, `OUTLIERS` + the index of their kind."""


@dataclass(frozen=True, eq=False, slots=True)
class Digits:
    """Grids with what they show.

    Attributes
    ----------
    grids : ndarray of shape (n, 8, 8), float64, 0..16
    labels : ndarray of shape (n,), int
        0..9.
    groups : ndarray of shape (n,), int
        Whose hand it is: the block of one writer, 0..13; `DRAWN` + the style; `PRINTED` + the typeface;
        `OUTLIERS` + the kind of what is no digit, and has a label by chance.
    rows : ndarray of shape (n,), int
        Which row of `load_digits` it is, or is a variation of; -1 for what code drew.
    """

    grids: "NDArray[np.float64]"
    labels: "NDArray[np.int64]"
    groups: "NDArray[np.int64]"
    rows: "NDArray[np.int64]"

    def __len__(self) -> int:
        """How many there are."""
        return len(self.labels)

    def __getitem__(self, chosen: object) -> "Digits":
        """Some of the digits, by a slice, a mask or indices."""
        return Digits(*(values[chosen] for values in self.columns()))

    def columns(self) -> "tuple[NDArray[Any], ...]":
        """Grids, labels, groups and rows."""
        return self.grids, self.labels, self.groups, self.rows


def load() -> Digits:
    """Scikit-learn's 1,797 digits as they are, with the approximate writer of each."""
    from sklearn.datasets import load_digits

    data, labels = load_digits(return_X_y=True)
    writers = np.searchsorted(WRITERS, np.arange(len(labels)), side="right") - 1
    return Digits(data.reshape(-1, 8, 8), labels.astype(np.int64), writers, np.arange(len(labels)))


def join(parts: "list[Digits]") -> Digits:
    """All digits of several sets, in order."""
    return Digits(
        *(np.concatenate(columns) for columns in zip(*(part.columns() for part in parts), strict=True))
    )


def digest(digits: Digits) -> str:
    """SHA-256 of the grids and labels, in hex: tells which data a card speaks of."""
    return hashlib.sha256(
        digits.grids.astype("<f8").tobytes() + digits.labels.astype("<i8").tobytes()
    ).hexdigest()


def restore(grid: "NDArray[np.float64]", rounds: int = 30) -> "Plane":
    """A smooth bitmap whose block means are those of a grid.

    Parameters
    ----------
    grid
        Shape (8, 8), 0..16.
    rounds
        How often the difference between the blocks' means and the grid is handed back to the bitmap.

    Returns
    -------
    ndarray of shape (32, 32), float32, 0..1
    """
    share = np.asarray(grid, np.float32) / LEVELS
    bitmap = cv2.resize(share, (BITMAP, BITMAP), interpolation=cv2.INTER_CUBIC)
    for _ in range(rounds):
        missing = share - count_blocks(bitmap).astype(np.float32) / LEVELS
        bitmap = np.clip(bitmap + cv2.resize(missing, (BITMAP, BITMAP)), 0, 1)
    return bitmap


def normalise_ink(ink: "Plane") -> "NDArray[np.float64]":
    """The grid (8, 8), 0..16, of ink 0..1 on empty ground: a picture's way from its crop on."""
    left, top, width, height = cv2.boundingRect((ink > INK).astype(np.uint8))
    return count_blocks(even_out(straighten(cut(ink, (left, top, left + width, top + height)))))


def normalised(digits: Digits) -> Digits:
    """The same digits with every grid brought back to a bitmap and sent a picture's way."""
    return replace(digits, grids=np.stack([normalise_ink(restore(grid)) for grid in digits.grids]))


def vary(ink: "Plane", rng: np.random.Generator) -> "Plane":
    """A digit as the same hand might have written it another time.

    Mild: a turn (5° standard deviation), a slant (0.15), a width (15 %), an elastic bend (2.5 pixels of
    112) and a broader or finer pen.

    Parameters
    ----------
    ink
        A digit on empty ground, float32, 0..1.
    rng
        Where the differences come from.

    Returns
    -------
    ndarray of shape (112, 112), float32, 0..1
    """
    turn, slant, width = np.deg2rad(rng.normal(0, 5)), rng.normal(0, 0.15), np.exp(rng.normal(0, 0.15))
    rows, columns = ink.shape
    scale = 60 / max(rows, columns)
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    back = np.linalg.inv(scale * turned @ np.array([[width, -slant], [0, 1]]))
    bend = cv2.GaussianBlur(rng.normal(0, 1, (4, 4, 2)).astype(np.float32), (3, 3), 0)
    bend = 2.5 * cv2.resize(bend, (_SHEET, _SHEET), interpolation=cv2.INTER_CUBIC)
    places = (
        (_PLACES + bend) @ back.T.astype(np.float32) + np.array([columns / 2, rows / 2], np.float32) - 0.5
    )
    varied = cv2.remap(ink, places[..., 0], places[..., 1], cv2.INTER_LINEAR)
    # the outline of a stroke is a slope of grey: lifting or lowering it moves the outline
    slope = np.abs(varied - INK) < 0.4  # noqa: PLR2004 (all but full and empty)
    return np.clip(varied + np.float32(rng.normal(0, 0.12)) * slope, 0, 1)


_SHEET = 112
_PLACES = np.stack(np.meshgrid(*2 * [np.arange(_SHEET, dtype=np.float32)]), axis=-1) - (_SHEET - 1) / 2


def varied_digits(digits: Digits, times: int, rng: np.random.Generator) -> Digits:
    """Each digit as it is and `times` variations of it, normalised."""
    bitmaps = [np.pad(restore(grid), 4) for grid in digits.grids]
    inks = [ink for bitmap in bitmaps for ink in (bitmap, *(vary(bitmap, rng) for _ in range(times)))]
    chosen = np.arange(len(digits)).repeat(times + 1)
    return _normalised(inks, digits.labels[chosen], digits.groups[chosen], digits.rows[chosen])


def drawn_digits(count: int, rng: np.random.Generator) -> Digits:
    """Digits that code writes, ten labels in turn and their styles by chance, normalised."""
    labels = np.arange(count) % 10
    styles = np.array([rng.integers(len(STYLES[digit])) for digit in labels], np.int64)
    inks = [draw(digit, style, rng) for digit, style in zip(labels, styles, strict=True)]
    return _normalised(inks, labels, DRAWN + styles, np.full(count, -1))


def printed_digits(times: int, rng: np.random.Generator) -> Digits:
    """Each digit in each of `FACES`, varied `times` times, normalised."""
    faces, labels = (axis.ravel() for axis in np.meshgrid(np.arange(len(FACES)), np.arange(10)))
    inks = [
        vary(set_type(str(digit), FACES[face]), rng)
        for face, digit in zip(faces, labels, strict=True)
        for _ in range(times)
    ]
    return _normalised(inks, labels.repeat(times), PRINTED + faces.repeat(times), np.full(len(inks), -1))


def drawn_outliers(count: int, rng: np.random.Generator) -> Digits:
    """What is no digit, of every kind of `digits_nb.training.outliers`, some of it varied, normalised.

    The label of each is a digit by chance: whoever learns from them learns that no digit is likelier there.
    """
    kinds = rng.choice(len(outliers.KINDS), count, p=outliers.SHARES)
    inks = [outliers.KINDS[kind](rng) for kind in kinds]
    inks = [vary(ink, rng) if rng.random() < _VARIED else ink for ink in inks]
    return _normalised(inks, rng.integers(0, 10, count), OUTLIERS + kinds, np.full(count, -1))


_VARIED = 0.3  # share of outliers that are varied as digits are


def _normalised(inks: "list[Plane]", *columns: "NDArray[np.int64]") -> Digits:
    """The grids of all that still hold ink: a pen can be too fine for that."""
    seen = [number for number, ink in enumerate(inks) if (ink > INK).any()]
    grids = np.array([normalise_ink(inks[number]) for number in seen]).reshape(-1, GRID, GRID)
    return Digits(grids, *(values[seen] for values in columns))
