"""What was read in many labelled pictures: kept, summed up, and the mistakes looked up."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from digits_nb.errors import DigitsError
from digits_nb.evaluation.metrics import confusion, interval, reliability
from digits_nb.images.decode import flatten
from digits_nb.images.query import open_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from digits_nb.images.query import Query
    from digits_nb.recognition.answer import Answer


REFUSED = -1
"""Stands where a digit would, for a picture that was refused."""


@dataclass(frozen=True, eq=False, slots=True)
class Readings:
    """What was read in labelled pictures: all that figures need, without the pictures themselves.

    Attributes
    ----------
    labels : ndarray of shape (n,), int
        What was written, 0..9.
    digits : ndarray of shape (n,), int
        What was read, 0..9, or `REFUSED`.
    probabilities : ndarray of shape (n, 10), float64, 0..1
        Zeros where it was refused; so are the following.
    certain : ndarray of shape (n,), bool
    grids : ndarray of shape (n, 8, 8), float64, 0..16
    boxes : ndarray of shape (n, 4), int
        Left, top, right and bottom of the digit in pixels of the upright picture.
    refusals : dict of int to DigitsError
        Row → why it was refused.
    """

    labels: "NDArray[np.int64]"
    digits: "NDArray[np.int64]"
    probabilities: "NDArray[np.float64]"
    certain: "NDArray[np.bool_]"
    grids: "NDArray[np.float64]"
    boxes: "NDArray[np.int64]"
    refusals: dict[int, DigitsError]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.labels)


def collect(answers: "Iterable[Answer | DigitsError]", labels: "ArrayLike") -> Readings:
    """Keep of each answer what tells how good it is.

    Parameters
    ----------
    answers
        From `digits_nb.recognize_many`, one for each label; taken one by one, so that memory stays small
        however many pictures there are.
    labels
        Shape (n,): what the pictures show, 0..9.
    """
    labels = np.array(labels, np.int64)
    count = len(labels)
    readings = Readings(
        labels,
        np.full(count, REFUSED),
        np.zeros((count, 10)),
        np.zeros(count, bool),
        np.zeros((count, 8, 8)),
        np.zeros((count, 4), np.int64),
        {},
    )
    for (row, _), answer in zip(enumerate(labels), answers, strict=True):
        if isinstance(answer, DigitsError):
            readings.refusals[row] = answer
            continue
        readings.digits[row] = answer.digit
        readings.probabilities[row] = answer.probabilities
        readings.certain[row] = answer.certain
        readings.grids[row] = answer.grid
        readings.boxes[row] = answer.box
    return readings


def summarise(readings: Readings) -> dict[str, Any]:
    """How good answers are, in numbers that JSON holds; a refusal counts as wrong.

    Returns
    -------
    dict
        `n`; `accuracy` and its 95 % `interval`; `refused`, how many, and `refusals`, how many of each kind;
        `per_digit`, for each digit `n`, `accuracy`, `interval` and `refused`; `confusion`, rows are what was
        written and columns what was read, without the refused; `expected_calibration_error` and the curve
        behind it, `reliability`, of those that were not refused; `certain`, how many answers were, with
        `certain_share`, theirs of all pictures, and `certain_error`, the share of them that was wrong, with
        its `certain_error_interval`. A share of none is None.
    """
    right, refused = readings.digits == readings.labels, readings.digits == REFUSED
    given = ~refused
    curve = reliability(readings.probabilities[given], readings.labels[given])
    certain = int(readings.certain.sum())
    mistaken = int((readings.certain & ~right).sum())
    return {
        **_accuracy(right),
        "refused": int(refused.sum()),
        "refusals": dict(Counter(type(error).__name__ for error in readings.refusals.values())),
        "per_digit": {
            str(digit): {**_accuracy(right[of_it]), "refused": int(refused[of_it].sum())}
            for digit in range(10)
            for of_it in [readings.labels == digit]
        },
        "confusion": confusion(readings.labels[given], readings.digits[given]).tolist(),
        "expected_calibration_error": curve["error"] if given.any() else None,
        "reliability": {name: curve[name] for name in ("confidence", "accuracy")},
        "certain": certain,
        "certain_share": _share(certain, len(readings)),
        "certain_error": _share(mistaken, certain),
        "certain_error_interval": list(interval(mistaken, certain)),
    }


def mistakes(readings: Readings, names: "Sequence[object]") -> list[dict[str, Any]]:
    """Every picture that was read wrongly or refused, in order.

    Parameters
    ----------
    readings
        Of n pictures.
    names
        What to call each of them, such as its path.

    Returns
    -------
    list of dict
        `picture`, its name; `written`; `read`, None if it was refused; `confidence` and `certain`, or for a
        refusal `error` and `message`.
    """
    found = []
    for row in np.flatnonzero(readings.digits != readings.labels).tolist():
        mistake = {"picture": str(names[row]), "written": int(readings.labels[row])}
        if error := readings.refusals.get(row):
            mistake |= {"read": None, "error": type(error).__name__, "message": str(error)}
        else:
            confidence, certain = readings.probabilities[row].max(), readings.certain[row]
            mistake |= {
                "read": int(readings.digits[row]),
                "confidence": float(confidence),
                "certain": bool(certain),
            }
        found.append(mistake)
    return found


def surest_mistakes(readings: Readings, each: int = 2) -> list[int]:
    """Rows of the wrong answers that the model was surest of, at most `each` of a digit read as another."""
    wrong = np.flatnonzero((readings.digits != readings.labels) & (readings.digits != REFUSED))
    surest = wrong[np.argsort(-readings.probabilities[wrong].max(axis=1), kind="stable")]
    seen: Counter[tuple[int, int]] = Counter()
    chosen = []
    for row in surest.tolist():
        cell = int(readings.labels[row]), int(readings.digits[row])
        seen[cell] += 1
        if seen[cell] <= each:
            chosen.append(row)
    return chosen


def cut_out(query: "Query", box: "ArrayLike", rim: float = 0.15) -> "NDArray[np.uint8]":
    """The digit of a picture, with some of the ground around it.

    Parameters
    ----------
    query
        Whatever `open_image` takes.
    box
        Left, top, right and bottom in pixels of the upright picture, as in `Answer.box`.
    rim
        How much of the ground: a share of the longer side of the box.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3), uint8
        As it looks, what was transparent laid on its ground.
    """
    image = flatten(open_image(query))
    left, top, right, bottom = np.asarray(box).tolist()
    rim = round(rim * max(right - left, bottom - top)) + 1
    around = (
        max(left - rim, 0),
        max(top - rim, 0),
        min(right + rim, image.width),
        min(bottom + rim, image.height),
    )
    cut = image.crop(around)
    cut.thumbnail((_CUT, _CUT))
    return np.asarray(cut)


_CUT = 200  # pixels of the longer side: more than a figure has room for


def _accuracy(right: "NDArray[np.bool_]") -> dict[str, Any]:
    total, count = len(right), int(right.sum())
    return {"n": total, "accuracy": _share(count, total), "interval": list(interval(count, total))}


def _share(part: int, total: int) -> float | None:
    return part / total if total else None
