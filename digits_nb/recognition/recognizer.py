"""Preprocess a query, run the model, and give an answer or refuse: for one picture, a list, or a page."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from digits_nb.errors import DigitsError, NoDigit, SeveralDigits
from digits_nb.images.decode import to_gray
from digits_nb.images.query import open_image, open_reduced
from digits_nb.preprocessing.components import enlarge
from digits_nb.preprocessing.ink import INK, MAX_SIDE, reduce
from digits_nb.preprocessing.normalization import LEVELS, SLANT_REMOVED, STROKE_WIDTH, Stages, normalize
from digits_nb.preprocessing.segmentation import count_digits, find_digits, may_be_ruled
from digits_nb.recognition.answer import Answer
from digits_nb.recognition.default import default_model

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from digits_nb.images.query import Query
    from digits_nb.models.model import DigitModel

THUMBNAIL = 240
"""Longest side, in pixels, of the picture that an answer keeps for display."""


def preprocess(
    query: "Query",
    *,
    small: bool = False,
    threshold: float = INK,
    slant_removed: float = SLANT_REMOVED,
    stroke_width: float = STROKE_WIDTH,
) -> Stages:
    """Turn a picture of one digit into the 8×8 grid that the model takes.

    Parameters
    ----------
    query
        Any query that `open_image` takes, or the picture that it gives.
    small
        Keep `gray` and `ink` at the size at which ink is detected, which takes a fraction of the time for a
        large picture; `box` is in pixels of the full picture all the same.
    threshold
        Share of ink, above 0 and below 1, above which a pixel belongs to a stroke.
    slant_removed
        Share of the measured slant that is removed, 0..1.
    stroke_width
        The width that every stroke gets, in pixels of the bitmap: above 0 and up to half of its side. The
        model was trained on grids of the default only.

    Returns
    -------
    Stages
        Every step from the grey picture to the grid.

    Raises
    ------
    NoDigit
        The picture is blank, or its ink does not hang together.
    BadParameter
        The threshold, the share of slant or the stroke width is out of its range.
    DigitsError
        `open_image` cannot open it.
    """
    knobs = {"threshold": threshold, "slant_removed": slant_removed, "stroke_width": stroke_width}
    if not small:
        return normalize(to_gray(open_image(query)), None, **knobs)
    # a JPEG is decoded at twice the final size at least, so that the final averaging is always ours
    picture, (width, height) = open_reduced(query, 2 * MAX_SIDE)
    return normalize(reduce(to_gray(picture)), (height, width), **knobs)


def recognize(query: "Query", model: "DigitModel | None" = None) -> Answer:
    """Read the digit in a picture.

    Parameters
    ----------
    query
        Any query that `open_image` takes: a dict with `url`, `base64`, `path` or `bytes`, a PIL image or an
        array.
    model
        The model that reads it; None is the latest of the default store, trained now if there is none.

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
        The query is bad, or its picture cannot be fetched or decoded.
    """
    model = default_model() if model is None else model
    start = perf_counter()
    prepared = prepare(query)
    probabilities = model.predict_proba(prepared.grids)
    return _answer_one(prepared, probabilities, model, perf_counter() - start)


def make_grid(query: "Query") -> "NDArray[np.float64]":
    """Give the grid on which `recognize` runs the model.

    Returns
    -------
    ndarray of shape (8, 8), float64, 0..16

    Raises
    ------
    SeveralDigits, DigitsError
        As for `recognize`.
    """
    grids = prepare(query).grids
    if len(grids) > 1:
        raise _several(len(grids))
    grid: NDArray[np.float64] = grids[0]
    return grid


def recognize_grid(grid: "ArrayLike", model: "DigitModel") -> Answer:
    """Read the digit in a grid from `make_grid` or `preprocess`.

    Parameters
    ----------
    grid
        (8, 8) or (64,) numbers, 0..16. The answer's picture is the grid itself, a pixel a cell.
    model
        The model that reads it.

    Raises
    ------
    NoDigit
        It is blank, or nothing like a digit.
    QueryError
        Another shape, no numbers, or a number outside 0..16.
    """
    start = perf_counter()
    probabilities = model.predict_proba(np.asarray(grid)[None])
    cells = np.asarray(grid, np.float64).reshape(8, 8)
    picture = (255 - cells * (255 / LEVELS)).astype(np.uint8)
    prepared = Prepared(cells[None], (0, 0, 8, 8), picture)
    return _answer_one(prepared, probabilities, model, perf_counter() - start)


def recognize_list(
    queries: "Iterable[Query | DigitsError]", model: "DigitModel"
) -> list[Answer | DigitsError]:
    """Read a few pictures in this process, in order; an error among the queries keeps its place.

    `digits_nb.batch.recognize_many` reads long lists, on every core.
    """
    return list(answer_block(prepare_block((query, 0.0) for query in queries), model))


def read_digits(query: "Query", model: "DigitModel | None" = None) -> list[Answer]:
    """Read every digit of a picture, in reading order.

    Parameters
    ----------
    query, model
        As for `recognize`; the picture may show a row, a column, or digits scattered over a page.

    Returns
    -------
    list of Answer
        At least one: rows from top to bottom, each from left to right. `box` is the digit's place in the
        picture, and `duration_s` is each digit's share.

    Raises
    ------
    NoDigit
        The picture is blank, or shows nothing like digits.
    DigitsError
        The query is bad, or its picture cannot be fetched or decoded.
    """
    model = default_model() if model is None else model
    start = perf_counter()
    found = find_digits(to_gray(open_image(query)))
    probabilities = model.predict_proba(np.stack([stages.grid for stages in found]))
    _refuse_unlike(probabilities, model)
    share = (perf_counter() - start) / len(found)
    rows = zip(found, probabilities, strict=True)
    return [_answer(_prepared(stages), row, model, share) for stages, row in rows]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture ready for the model: small, so that a batch of large pictures does not fill the memory.

    Attributes
    ----------
    grids : ndarray of shape (n, 8, 8), float64, 0..16
        More than one if the picture seems to show several digits.
    box : tuple of int
        Left, top, right and bottom of the digit in pixels of the picture.
    picture : ndarray of shape (h, w), uint8
        The picture in grey, with at most `THUMBNAIL` pixels a side.
    """

    grids: "NDArray[np.float64]"
    box: tuple[int, int, int, int]
    picture: "NDArray[np.uint8]"


Timed = tuple[Prepared | DigitsError, float]
"""A prepared picture or the error that it met, and the seconds that it took."""


def prepare(query: "Query") -> Prepared:
    """Turn a picture that should show one digit into the grids on which the model decides.

    Raises
    ------
    NoDigit, DigitsError
        As for `recognize`.
    """
    stages = preprocess(query, small=True)
    prepared = _prepared(stages)
    several = len(stages.strokes) > 1 and count_digits(stages.strokes) > 1
    if not several and not may_be_ruled(stages):
        return prepared
    try:
        found = find_digits(stages.gray)
    except NoDigit:
        if several:
            raise
        return prepared
    if not several and len(found) > 1:
        return prepared
    box = prepared.box
    if len(found) == 1:  # the rest was a ruled line or bleed-through
        box = enlarge(found[0].box, stages.gray.shape[:2], stages.shape)
    return Prepared(np.stack([digit.grid for digit in found]), box, prepared.picture)


def prepare_block(block: "Iterable[tuple[Query | DigitsError, float]]") -> list[Timed]:
    """Prepare queries, each given with the seconds spent on it before; errors keep their place."""
    prepared: list[Timed] = []
    for query, spent_s in block:
        start = perf_counter()
        item: Prepared | DigitsError
        try:
            item = query if isinstance(query, DigitsError) else prepare(query)
        except DigitsError as error:
            item = error
        prepared.append((item, spent_s + perf_counter() - start))
    return prepared


def answer_block(block: list[Timed], model: "DigitModel") -> Iterator[Answer | DigitsError]:
    """Run the model once on all grids of a block, and give the answer or the error of each picture."""
    grids = [item.grids for item, _ in block if isinstance(item, Prepared)]
    start = perf_counter()
    rows = model.predict_proba(np.concatenate(grids)) if grids else np.empty((0, 10))
    share = (perf_counter() - start) / max(len(rows), 1)
    for item, duration_s in block:
        if isinstance(item, DigitsError):
            yield item
            continue
        own, rows = rows[: len(item.grids)], rows[len(item.grids) :]
        try:
            yield _answer_one(item, own, model, duration_s + share)
        except DigitsError as error:
            yield error


def _prepared(stages: Stages) -> Prepared:
    return Prepared(stages.grid[None], stages.box, reduce(stages.gray, THUMBNAIL))


def _answer_one(
    prepared: Prepared, probabilities: "NDArray[np.float64]", model: "DigitModel", duration_s: float
) -> Answer:
    """Give the answer for a picture that should show one digit; refuse one that shows several or none."""
    several = len(prepared.grids) > 1
    # letters often look somewhat like digits, so several digits are only reported if most are certain
    _refuse_unlike(probabilities, model, "certain_from" if several else "digit_from")
    if several:
        raise _several(len(prepared.grids))
    return _answer(prepared, probabilities[0], model, duration_s)


def _refuse_unlike(
    probabilities: "NDArray[np.float64]", model: "DigitModel", threshold: str = "digit_from"
) -> None:
    """Refuse a picture in which less than half of the grids reach a threshold of the model's card."""
    alike = probabilities.max(axis=1) >= model.card.get("calibration", {}).get(threshold, 0)
    if 2 * alike.sum() < len(alike):
        msg = (
            "The picture shows nothing that the model would take for a digit; send one with a single digit, "
            "large and on a plain ground."
        )
        raise NoDigit(msg)


def _several(count: int) -> SeveralDigits:
    return SeveralDigits(
        f"The picture shows {count} digits, and only one is read here; read them all with "
        "read_digits, or send the part that shows one."
    )


def _answer(
    prepared: Prepared, probabilities: "NDArray[np.float64]", model: "DigitModel", duration_s: float
) -> Answer:
    digit = int(probabilities.argmax())
    confidence = float(probabilities[digit])
    # without a threshold in the card no answer is certain
    certain = confidence >= model.card.get("calibration", {}).get("certain_from", np.inf)
    grid, box, picture = prepared.grids[0], prepared.box, prepared.picture
    return Answer(digit, confidence, certain, probabilities, grid, model.version, duration_s, box, picture)
