"""Choice: which reading of a picture is the likeliest, and what the digit is, all readings considered."""

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from digits_nb.preprocessing.normalization import is_hollow
from digits_nb.preprocessing.segmentation import UNEVEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from digits_nb.models.model import DigitModel
    from digits_nb.preprocessing.segmentation import Reading

CONVINCING = 0.5
"""Confidence from which the model's answer for a plain reading is taken without a look at the others."""

SURE = 0.9
"""The same for a plain reading that touches the rim, and confidence from which no colours are looked at."""

WEIGHTS = {
    "likelihood": 0.29,
    "weakest": 0.18,
    "contrast": 0.27,
    "height": 0.28,
    "several": 0.38,
    "evenness": 2.03,
    "rim": -0.65,
    "joined": -0.97,
    "split": -0.09,
    "cut_off": -1.53,
    "rest": -0.49,
    "lines": -0.41,
    "line_length": 0.38,
    "density": -1.18,
    "irregularity": -1.22,
    "thinness": -1.66,
    "breadth": -1.70,
    "ground_at_rim": 0.06,
    "rarity": 0.34,
    "uneven": -0.20,
    "second": -0.33,
    "colour": -0.59,
    "plain": 1.25,
}
"""Weights of the `features` of a reading; the softmax of their sums is each reading's share. They and those
below were fitted by `benchmarks/choice.py`."""

BELIEF = {
    "likelihood": 0.46,
    "weakest": 0.21,
    "contrast": 1.04,
    "height": 0.22,
    "several": -0.93,
    "evenness": -0.15,
    "rim": -1.78,
    "joined": -2.83,
    "split": -0.27,
    "cut_off": -2.20,
    "rest": -6.56,
    "lines": -1.03,
    "line_length": 0.53,
    "density": -0.32,
    "irregularity": -1.55,
    "thinness": -0.32,
    "breadth": -3.60,
    "ground_at_rim": 0.12,
    "rarity": 0.65,
    "uneven": -0.99,
    "second": 0.03,
    "colour": 0.05,
    "plain": 0.00,
}
"""Weights of the same features in the logit that the reading that was chosen is right."""

BELIEF_BIAS = -0.97
"""The constant of that logit."""

OUTLINE = 0.16
"""Belief in another digit than 0 whose hole is as high as a 0's."""

MOST_DIGITS = 400
"""Digits in all readings of a picture, at which no more readings are made: a page has one or two in time."""

BELIEVED = 0.25
"""Belief from which several digits keep the model's confidence: a few of them may be odd."""


class Choice(NamedTuple):
    """The reading that was chosen.

    Attributes
    ----------
    reading : Reading
    probabilities : ndarray of shape (n, 10)
        For each of its digits. For one digit, all readings are considered.
    """

    reading: "Reading"
    probabilities: "NDArray[np.float64]"


def choose(readings: "Iterable[Reading]", model: "DigitModel | None") -> Choice | None:
    """Choose among readings; None if there are none.

    Parameters
    ----------
    readings
        From `digits_nb.preprocessing.segmentation.find_readings`. They are made as they are needed.
    model
        The model that is asked about their grids. Without one only their traits count, pieces that lie close
        together are one digit, and the probabilities are all equal.
    """
    readings = _limited(readings if model else (each for each in readings if not each.traits.split))
    first = next(readings, None)
    if first is None:
        return None
    answers = ask([first], model)
    enough = SURE if first.traits.rim else CONVINCING
    is_convincing = model is None or (answers[0].max() >= enough and not _is_outline(first, 0, answers[0]))
    if first.traits.plain and is_convincing:
        return Choice(first, answers[0])
    every = [first]
    for _, others in groupby(readings, key=lambda reading: (reading.traits.colour, reading.traits.second)):
        if model and every[-1] is not first and _is_settled(vote(every, answers)):
            break
        more = list(others)
        every, answers = every + more, answers + ask(more, model)
    if model is None:
        weights = WEIGHTS | {"joined": 0.0}  # by their places, pieces are more often one broken digit
        best = int((features(every, answers) @ np.array(list(weights.values()))).argmax())
        return Choice(every[best], answers[best])
    return vote(every, answers)


def _limited(readings: "Iterable[Reading]") -> "Iterator[Reading]":
    """Give readings until they have `MOST_DIGITS` digits together."""
    digits = 0
    for reading in readings:
        yield reading
        digits += len(reading.digits)
        if digits > MOST_DIGITS:
            return


def _is_settled(choice: Choice) -> bool:
    """Tell whether a choice is so sure that neither the other polarity nor colours need a look."""
    traits = choice.reading.traits
    is_odd = traits.thinness or traits.cut_off or traits.uneven > UNEVEN
    return bool(not is_odd and choice.probabilities.max(axis=1).min() >= SURE)


def vote(readings: "list[Reading]", answers: "list[NDArray[np.float64]]") -> Choice:
    """Choose by the shares of the readings: those of one digit vote together.

    Parameters
    ----------
    readings
        At least one.
    answers
        Probabilities (n, 10) of the digits of each.
    """
    rows = features(readings, answers)
    scores = rows @ np.array(list(WEIGHTS.values()))
    logits = rows @ np.array(list(BELIEF.values())) + BELIEF_BIAS
    beliefs = 1 / (1 + np.exp(-logits))
    shares = np.exp(scores - scores.max())
    shares /= shares.sum()
    # several digits are an outcome of their own, in whatever order they stand
    outcomes = [tuple(sorted(answer.argmax(axis=1).tolist())) for answer in answers]
    votes, for_several = np.zeros(10), defaultdict[tuple[int, ...], float](float)
    for share, answer, outcome in zip(shares.tolist(), answers, outcomes, strict=True):
        if len(outcome) == 1:
            votes += share * answer[0]
        else:
            for_several[outcome] += share
    several = max(for_several, key=for_several.__getitem__, default=())
    if for_several[several] > votes.max():
        best = int((shares * np.array([outcome == several for outcome in outcomes])).argmax())
        probabilities = answers[best]
        if beliefs[best] < BELIEVED:
            probabilities = _doubt(probabilities, beliefs[best])
        return Choice(readings[best], _doubt_outlines(readings[best], probabilities))
    digit = votes.argmax()
    agree = [answer[0, digit] if len(answer) == 1 else 0.0 for answer in answers]
    best = int((shares * np.array(agree)).argmax())
    return Choice(readings[best], _doubt_outlines(readings[best], _doubt(votes[None], beliefs[best])))


def _is_outline(reading: "Reading", row: int, probabilities: "NDArray[np.float64]") -> bool:
    """Tell whether a digit that is no 0 has a hole as high as a 0's.

    Strokes are normalized to one width, so an outlined 2 or 3 may look like an 8.
    """
    return bool(probabilities[row].argmax()) and is_hollow(reading.digits[row].crop)


def _doubt_outlines(reading: "Reading", probabilities: "NDArray[np.float64]") -> "NDArray[np.float64]":
    are = np.array([_is_outline(reading, row, probabilities) for row in range(len(probabilities))])
    return np.where(are[:, None], _doubt(probabilities, OUTLINE), probabilities)


def _doubt(probabilities: "NDArray[np.float64]", belief: float) -> "NDArray[np.float64]":
    """Lower probabilities by the root of the belief, and give all ten an equal share of the rest."""
    # by the belief itself, more of the right readings would be refused
    believed = belief**0.5 * probabilities
    doubted: NDArray[np.float64] = believed + (1 - believed.sum(axis=1, keepdims=True)) / 10
    return doubted


def ask(readings: "list[Reading]", model: "DigitModel | None") -> "list[NDArray[np.float64]]":
    """Give the probabilities (n, 10) of the digits of each reading, with one call of the model."""
    if not readings:
        return []
    grids = np.stack([digit.grid for reading in readings for digit in reading.digits])
    rows = np.full((len(grids), 10), 0.1) if model is None else model.predict_proba(grids)
    return np.split(rows, np.cumsum([len(reading.digits) for reading in readings])[:-1])


def features(readings: "list[Reading]", answers: "list[NDArray[np.float64]]") -> "NDArray[np.float64]":
    """Give the features (n, k) of readings, in the order of `WEIGHTS`.

    Parameters
    ----------
    readings
        All readings of a picture.
    answers
        Probabilities (n, 10) of the digits of each.
    """
    mean, least = (np.array([pick(answer.max(axis=1)) for answer in answers]) for pick in (np.mean, np.min))
    contrasts = np.array([reading.contrast for reading in readings])
    heights = np.array([reading.height for reading in readings])
    of_digits = heights[mean > 1 / 2]
    return np.column_stack(
        [
            _logit(mean),
            _logit(least),
            np.log(contrasts / contrasts.max()),
            np.log(heights / (of_digits if len(of_digits) else heights).max()),
            np.array([reading.traits for reading in readings]),
        ]
    )


def _logit(probabilities: "NDArray[np.float64]") -> "NDArray[np.float64]":
    kept = np.clip(probabilities, 1e-3, 1 - 1e-3)
    logits: NDArray[np.float64] = np.log(kept / (1 - kept))
    return logits
