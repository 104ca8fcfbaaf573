"""Report on labelled pictures: what was read, how good it is, and which mistakes were made."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digits_nb.errors import DigitsError
from digits_nb.evaluation.metrics import confusion, interval, reliability
from digits_nb.images.decode import flatten
from digits_nb.images.query import open_image

if TYPE_CHECKING:
    from digits_nb.images.query import Query
    from digits_nb.recognition.answer import Answer

REFUSED = -1
"""In place of a digit: the picture was refused."""

_ANSWER = np.dtype(
    [("read", int), ("probabilities", float, 10), ("certain", bool), ("grid", float, (8, 8)), ("box", int, 4)]
)
_LONGEST = 200  # pixels of the longer side of a cut-out: more than a figure has room for


@dataclass(frozen=True, eq=False, slots=True)
class Readings:
    """Answers to labelled pictures, without the pictures.

    Attributes
    ----------
    labels : ndarray of shape (n,), int
        What was written, 0..9.
    digits : ndarray of shape (n,), int
        What was read, 0..9, or `REFUSED`.
    probabilities : ndarray of shape (n, 10), float64, 0..1
        Zeros where the picture was refused; so are the following.
    certain : ndarray of shape (n,), bool
    grids : ndarray of shape (n, 8, 8), float64, 0..16
    boxes : ndarray of shape (n, 4), int
        Left, top, right and bottom of the digit in pixels of the upright picture.
    refusals : dict of int to DigitsError
        Row → why the picture was refused.
    """

    labels: NDArray[np.int64]
    digits: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    certain: NDArray[np.bool_]
    grids: NDArray[np.float64]
    boxes: NDArray[np.int64]
    refusals: dict[int, DigitsError]

    def __len__(self) -> int:
        """Number of pictures."""
        return len(self.labels)


def collect(answers: "Iterable[Answer | DigitsError]", labels: ArrayLike) -> Readings:
    """Keep what a report needs of each answer.

    Parameters
    ----------
    answers
        From `digits_nb.recognize_many`, one for each label. They are consumed one by one, so that memory
        stays small with any number of pictures.
    labels
        Shape (n,): what the pictures show, 0..9.

    Raises
    ------
    ValueError
        There are more or fewer answers than labels.
    """
    labels = np.array(labels, np.int64)
    kept = np.zeros(len(labels), _ANSWER)
    kept["read"] = REFUSED
    refusals = {}
    for row, (_, answer) in enumerate(zip(labels, answers, strict=True)):
        if isinstance(answer, DigitsError):
            refusals[row] = type(answer)(*answer.args)  # without the picture in its stages
        else:
            kept[row] = answer.digit, answer.probabilities, answer.certain, answer.grid, answer.box
    return Readings(
        labels, kept["read"], kept["probabilities"], kept["certain"], kept["grid"], kept["box"], refusals
    )


def summarise(readings: Readings) -> dict[str, Any]:
    """Compute how good the answers are, as numbers that JSON holds; a refusal counts as wrong.

    Returns
    -------
    dict
        `n`; `accuracy` and its 95 % `interval`; `refused`, the number of refusals, and `refusals`, the number
        of each kind; `per_digit`, for each digit `n`, `accuracy`, `interval` and `refused`; `confusion`, with
        a row for each label and a column for each answer, without refusals; `expected_calibration_error` and
        its curve `reliability`, without refusals; `certain`, the number of certain answers, `certain_share`,
        their share of all pictures, and `certain_error`, the share of them that was wrong, with its
        `certain_error_interval`. A share of nothing is None.
    """
    right, refused = readings.digits == readings.labels, readings.digits == REFUSED
    given = ~refused
    curve = reliability(readings.probabilities[given], readings.labels[given])
    error = curve.pop("error")
    certain = int(readings.certain.sum())
    mistaken = int((readings.certain & ~right).sum())
    return {
        **_accuracy(right),
        "refused": int(refused.sum()),
        "refusals": dict(Counter(type(refusal).__name__ for refusal in readings.refusals.values())),
        "per_digit": {
            str(digit): {**_accuracy(right[rows]), "refused": int(refused[rows].sum())}
            for digit in range(10)
            for rows in [readings.labels == digit]
        },
        "confusion": confusion(readings.labels[given], readings.digits[given]).tolist(),
        "expected_calibration_error": error if given.any() else None,
        "reliability": curve,
        "certain": certain,
        "certain_share": _share(certain, len(readings)),
        "certain_error": _share(mistaken, certain),
        "certain_error_interval": list(interval(mistaken, certain)),
    }


def mistakes(readings: Readings, names: Sequence[object]) -> list[dict[str, Any]]:
    """List every picture that was read wrongly or refused, in order.

    Parameters
    ----------
    readings
        Of n pictures.
    names
        A name for each of them, such as its path.

    Returns
    -------
    list of dict
        `picture`, its name; `written`; `read`, None if it was refused; then `confidence` and `certain`, or
        for a refusal `error` and `message`.
    """
    found = []
    for row in np.flatnonzero(readings.digits != readings.labels).tolist():
        mistake = {"picture": str(names[row]), "written": int(readings.labels[row])}
        if error := readings.refusals.get(row):
            mistake |= {"read": None, "error": type(error).__name__, "message": str(error)}
        else:
            confidence, certain = float(readings.probabilities[row].max()), bool(readings.certain[row])
            mistake |= {"read": int(readings.digits[row]), "confidence": confidence, "certain": certain}
        found.append(mistake)
    return found


def surest_mistakes(readings: Readings, each: int = 2) -> list[int]:
    """List the rows of the wrong answers with the highest confidence, the highest first.

    At most `each` of them have the same pair of label and answer.
    """
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


def cut_out(query: "Query", box: ArrayLike, rim: float = 0.15) -> NDArray[np.uint8]:
    """Cut a digit out of its picture, with some of the background around it.

    Parameters
    ----------
    query
        As for `open_image`.
    box
        Left, top, right and bottom in pixels of the upright picture, as in `Answer.box`.
    rim
        Width of the background around the box, as a share of the longer side of the box.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3), uint8
        In the picture's colours, without transparency; at most 200 pixels high and wide.
    """
    image = flatten(open_image(query))
    left, top, right, bottom = np.asarray(box).tolist()
    margin = round(rim * max(right - left, bottom - top)) + 1
    around = np.clip(np.add(box, [-margin, -margin, margin, margin]), 0, 2 * [image.width, image.height])
    cut = image.crop(tuple(around.tolist()))
    cut.thumbnail((_LONGEST, _LONGEST))
    return np.asarray(cut)


def _accuracy(right: NDArray[np.bool_]) -> dict[str, Any]:
    total, count = len(right), int(right.sum())
    return {"n": total, "accuracy": _share(count, total), "interval": list(interval(count, total))}


def _share(part: int, total: int) -> float | None:
    return part / total if total else None
