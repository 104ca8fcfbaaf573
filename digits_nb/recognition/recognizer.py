"""Query + model → answer: the one way that notebooks, panel, batch and command line all take."""

from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from digits_nb.batch.parallel import prepare, prepare_blocks
from digits_nb.errors import DigitsError, NoDigit, SeveralDigits
from digits_nb.preprocessing.components import enlarge
from digits_nb.preprocessing.ink import reduce
from digits_nb.preprocessing.normalization import LEVELS, Stages, preprocess
from digits_nb.preprocessing.segmentation import count_digits, find_digits, may_be_ruled
from digits_nb.recognition.answer import Answer
from digits_nb.recognition.default import default_model

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from digits_nb.images.query import Query
    from digits_nb.models.model import DigitModel

THUMBNAIL = 240
"""Longest side, in pixels, of the picture that an answer keeps to show."""


def recognize(query: "Query", model: "DigitModel | None" = None) -> Answer:
    """Read the digit in a picture.

    Parameters
    ----------
    query
        Whatever `open_image` takes: a dict with `url`, `base64`, `path` or `bytes`, a PIL image, an array.
    model
        Who reads it; None is the latest of the default store, trained now if there is none.

    Returns
    -------
    Answer

    Raises
    ------
    NoDigit
        The picture is blank, or shows nothing like a digit.
    SeveralDigits
        The picture shows more than one digit; `read_digits` reads them all.
    DigitsError
        The query is bad, or its picture cannot be had or read.
    """
    model = default_model() if model is None else model
    start = perf_counter()
    seen = _see_one(query)
    probabilities = model.predict_proba(seen.grids)
    return _judge(seen, probabilities, model, perf_counter() - start)


def make_grid(query: "Query") -> "NDArray[np.float64]":
    """Give the grid that `recognize` asks the model about.

    Returns
    -------
    ndarray of shape (8, 8), float64, 0..16

    Raises
    ------
    SeveralDigits, DigitsError
        As for `recognize`.
    """
    seen = _see_one(query)
    if len(seen.grids) > 1:
        raise _several(seen)
    return seen.grids[0]


def recognize_grid(grid: "ArrayLike", model: "DigitModel") -> Answer:
    """Read the digit in a grid that was made before, by `make_grid` or `preprocess`.

    Parameters
    ----------
    grid
        (8, 8) or (64,) numbers, 0..16. The answer's picture is the grid itself, a pixel a cell.
    model
        Who reads it.

    Raises
    ------
    NoDigit
        It is blank, or nothing like a digit.
    QueryError
        Another shape, no numbers, or a number that is not within 0..16.
    """
    start = perf_counter()
    probabilities = model.predict_proba([grid])
    cells = np.asarray(grid, np.float64).reshape(8, 8)
    picture = np.uint8(255 - cells * (255 / LEVELS))
    return _judge(_Seen(cells[None], (0, 0, 8, 8), picture), probabilities, model, perf_counter() - start)


def recognize_many(
    queries: "Iterable[Query]", model: "DigitModel | None" = None
) -> Iterator[Answer | DigitsError]:
    """Read the digits in many pictures, in order.

    Pictures are taken a block at a time, so that memory stays flat however many there are. In a long
    batch every core prepares them: how many, and which, `joblib.parallel_config` says, for a cluster too.

    Parameters
    ----------
    queries
        Any iterable of queries, a generator too.
    model
        As for `recognize`.

    Yields
    ------
    Answer or DigitsError
        For each query what it got; a bad one does not stop the others.
    """
    model = default_model() if model is None else model
    for block in prepare_blocks(queries, _see_one):
        yield from _read_block(block, model)


def recognize_together(
    queries: "Iterable[Query | DigitsError]", model: "DigitModel"
) -> list[Answer | DigitsError]:
    """Do as `recognize_many`, here and now, for a few queries; an error among them stays in its place."""
    return list(_read_block(prepare([(query, 0.0) for query in queries], _see_one), model))


def read_digits(query: "Query", model: "DigitModel | None" = None) -> list[Answer]:
    """Read every digit of a picture, in reading order.

    Parameters
    ----------
    query, model
        As for `recognize`; the picture may show a row, a column, or digits scattered over a page.

    Returns
    -------
    list of Answer
        At least one: rows from top to bottom, each from left to right. `box` says where on the picture a
        digit stands, and `duration_s` is each digit's share.

    Raises
    ------
    NoDigit
        The picture is blank, or shows nothing like digits.
    DigitsError
        The query is bad, or its picture cannot be had or read.
    """
    model = default_model() if model is None else model
    start = perf_counter()
    found = find_digits(query)
    probabilities = model.predict_proba(np.stack([stages.grid for stages in found]))
    _check_alike(probabilities, model)
    share = (perf_counter() - start) / len(found)
    return [
        _answer(_see(stages), likely, model, share)
        for stages, likely in zip(found, probabilities, strict=True)
    ]


class _Seen(NamedTuple):
    """What is kept of a picture: a batch of large ones must not fill the memory."""

    grids: "NDArray[np.float64]"  # (n, 8, 8); more than one where there seem to be several digits
    box: tuple[int, int, int, int]
    picture: "NDArray[np.uint8]"


def _see(stages: Stages) -> _Seen:
    return _Seen(stages.grid[None], stages.box, reduce(stages.gray, THUMBNAIL))


def _see_one(query: "Query") -> _Seen:
    stages = preprocess(query, small=True)
    seen = _see(stages)
    several = len(stages.strokes) > 1 and count_digits(stages.strokes) > 1
    if not several and not may_be_ruled(stages):
        return seen
    try:
        found = find_digits(stages.gray)
    except NoDigit:
        if several:
            raise
        return seen
    if not several and len(found) > 1:
        return seen
    if len(found) == 1:  # the rest was a ruled line, or what shone through
        seen = seen._replace(box=enlarge(found[0].box, stages.gray.shape, stages.shape))
    return seen._replace(grids=np.stack([digit.grid for digit in found]))


def _read_block(
    block: "list[tuple[_Seen | DigitsError, float]]", model: "DigitModel"
) -> Iterator[Answer | DigitsError]:
    grids = [seen.grids for seen, _ in block if isinstance(seen, _Seen)]
    start = perf_counter()
    answers = model.predict_proba(np.concatenate(grids)) if grids else ()
    share = (perf_counter() - start) / max(len(answers), 1)
    for seen, duration_s in block:
        if isinstance(seen, DigitsError):
            yield seen
            continue
        own, answers = answers[: len(seen.grids)], answers[len(seen.grids) :]
        try:
            yield _judge(seen, own, model, duration_s + share)
        except DigitsError as error:
            yield error


def _judge(
    seen: _Seen, probabilities: "NDArray[np.float64]", model: "DigitModel", duration_s: float
) -> Answer:
    """The answer on a picture that should show one digit, unless it shows several or none."""
    several = len(seen.grids) > 1
    # letters often look somewhat like digits, so what seems to be a row has to look it in earnest
    _check_alike(probabilities, model, "certain_from" if several else "digit_from")
    if several:
        raise _several(seen)
    return _answer(seen, probabilities[0], model, duration_s)


def _check_alike(
    probabilities: "NDArray[np.float64]", model: "DigitModel", threshold: str = "digit_from"
) -> None:
    """Refuse where less than half of the grids look like any digit, by a threshold that the card states."""
    alike = probabilities.max(axis=1) >= model.card.get("calibration", {}).get(threshold, 0)
    if 2 * alike.sum() < len(alike):
        msg = (
            "The picture shows nothing that the model would take for a digit; send one with a single digit, "
            "large and on a plain ground."
        )
        raise NoDigit(msg)


def _several(seen: _Seen) -> SeveralDigits:
    return SeveralDigits(
        f"The picture shows {len(seen.grids)} digits, and only one is read here; read them all with "
        "read_digits, or send the part that shows one."
    )


def _answer(
    seen: _Seen, probabilities: "NDArray[np.float64]", model: "DigitModel", duration_s: float
) -> Answer:
    digit = int(probabilities.argmax())
    confidence = float(probabilities[digit])
    # a card that does not say from where on the model would bet: it never does
    certain_from = model.card.get("calibration", {}).get("certain_from", np.inf)
    certain = confidence >= certain_from
    (grid, *_), box, picture = seen
    return Answer(digit, confidence, certain, probabilities, grid, model.version, duration_s, box, picture)
