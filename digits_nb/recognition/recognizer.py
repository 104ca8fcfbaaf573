"""Find the digits in a picture, run the model, and give an answer or refuse."""

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.errors import DigitsError, NoDigit, SeveralDigits
from digits_nb.images.decode import to_array
from digits_nb.images.query import open_image, open_reduced
from digits_nb.preprocessing.components import enlarge, widen
from digits_nb.preprocessing.ink import INK, PAGE_SIDE, is_blank, reduce, to_gray
from digits_nb.preprocessing.normalization import (
    DEFAULT,
    LEVELS,
    SLANT_REMOVED,
    STROKE_WIDTH,
    Normalization,
    Stages,
)
from digits_nb.preprocessing.segmentation import find_readings
from digits_nb.recognition.answer import Answer
from digits_nb.recognition.choice import CONVINCING, choose
from digits_nb.recognition.default import default_model

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    from digits_nb.images.query import Query
    from digits_nb.models.model import DigitModel
    from digits_nb.preprocessing.ink import Plane
    from digits_nb.preprocessing.segmentation import Box, LeftOut, Reading
    from digits_nb.recognition.choice import Choice

    Picture = NDArray[np.uint8]  # (H, W) or (H, W, 3)

THUMBNAIL = 240
"""Longest side, in pixels, of the picture that an answer keeps for display."""

SMALLEST = 40
"""Height of a digit, in pixels, below which a larger picture is read again at `PAGE_SIDE`."""


def preprocess(
    query: "Query",
    model: "DigitModel | None" = None,
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
    model
        The model that helps to tell the digit from other ink, as in `recognize`. Without one, the shapes
        alone decide, which is right in all but odd cases.
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
        Every step from the grey picture to the grid. If there are several digits, of the highest; `gray` and
        `ink` are the whole picture all the same.

    Raises
    ------
    NoDigit
        The picture is blank, or a texture.
    BadParameter
        The threshold, the share of slant or the stroke width is out of its range.
    DigitsError
        `open_image` cannot open it.
    """
    normalization = Normalization(threshold, slant_removed, stroke_width)
    if small:
        picture, shape = _open(query)
        gray = to_gray(reduce(picture))
    else:
        image = open_image(query)
        picture, shape = to_array(image, PAGE_SIDE), (image.height, image.width)
        gray = to_gray(to_array(image))
    reading = _look(picture, model, normalization).reading
    return _stages_of_highest(reading, gray, shape)


def find_digits(query: "Query", model: "DigitModel | None" = None) -> list[Stages]:
    """Turn every digit of a picture into a grid, in reading order.

    Parameters
    ----------
    query, model
        As for `preprocess`.

    Returns
    -------
    list of Stages
        At least one. `gray` and `ink` are the part of the picture around the digit, if there are several.

    Raises
    ------
    NoDigit, DigitsError
        As for `preprocess`.
    """
    picture, shape = _open(query)
    return _look(picture, model).reading.stages(to_gray(picture), shape)


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
        The picture shows more than one digit, and half of them or more are certain; `read_digits` reads them.
    DigitsError
        The query is bad, or its picture cannot be fetched or decoded.
    """
    model = default_model() if model is None else model
    start = perf_counter()
    picture, shape = _open(query)
    choice = _look(picture, model)
    _check(choice, picture, model, is_single=True)
    [answer] = _answers(choice, picture, shape, model, start)
    return answer


def recognize_grid(grid: "ArrayLike", model: "DigitModel") -> Answer:
    """Read the digit in a grid, as `preprocess` gives it.

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
    [probabilities] = model.predict_proba(np.asarray(grid)[None])
    if not _are_digits(probabilities[None], model):
        raise NoDigit(_NOTHING_LIKE_A_DIGIT)
    cells = np.asarray(grid, np.float64).reshape(8, 8)
    picture = (255 - cells * (255 / LEVELS)).astype(np.uint8)
    seconds = perf_counter() - start
    whole = 0, 0, 8, 8
    return _answer(probabilities, cells, whole, (), picture, whole, model, seconds)


def recognize_list(
    queries: "Iterable[Query | DigitsError]", model: "DigitModel"
) -> list[Answer | DigitsError]:
    """Read a few pictures in this process, in order; an error among the queries keeps its place.

    `digits_nb.batch.recognize_many` reads long lists, on every core.
    """
    return [query if isinstance(query, DigitsError) else _try(query, model) for query in queries]


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
    picture, shape = _open(query)
    choice = _look(picture, model)
    _check(choice, picture, model, is_single=False)
    return _answers(choice, picture, shape, model, start)


def _try(query: "Query", model: "DigitModel") -> Answer | DigitsError:
    try:
        return recognize(query, model)
    except DigitsError as error:
        return error.with_traceback(None)  # which would keep the picture in memory


def _open(query: "Query") -> "tuple[Picture, tuple[int, int]]":
    """Open a picture at the size at which the smallest digits are read, with its height and width in full."""
    # a JPEG is decoded at that size at least, so that the final averaging is always ours
    picture, (width, height) = open_reduced(query, PAGE_SIDE)
    return to_array(picture, PAGE_SIDE), (height, width)


def _look(picture: "Picture", model: "DigitModel | None", normalization: Normalization = DEFAULT) -> "Choice":
    """Choose the reading of a picture; one whose digits are small is read again at full size.

    Raises
    ------
    NoDigit
        Nothing stands out from the ground.
    """
    small = reduce(picture)
    choice = choose(find_readings(small, normalization), model)
    blank = choice is None and is_blank(small)
    if small is not picture and (blank or (choice is not None and _is_small(choice, model))):
        like = choice.reading if choice is not None and choice.reading.traits.several else None
        choice = choose(find_readings(picture, normalization, like), model) or choice
        blank = choice is None
    if choice is None:
        fault = (
            "is blank: no mark is clearly darker or lighter than the background; send one where the digit is"
            if blank
            else "shows no digits: what stands out in it is a texture or a rule; send digits on plain paper"
        )
        msg = f"The picture {fault}."
        raise NoDigit(msg)
    return choice


def _is_small(choice: "Choice", model: "DigitModel | None") -> bool:
    """Tell whether more pixels may help: the digits are low, or there is one that is unlike any."""
    is_unlike = model is not None and choice.probabilities.max(axis=1).min() < CONVINCING
    return choice.reading.height < SMALLEST or (is_unlike and not choice.reading.traits.several)


def _answers(
    choice: "Choice", picture: "Picture", shape: tuple[int, int], model: "DigitModel", start: float
) -> list[Answer]:
    """Give the answer for each digit, in reading order, with its share of the time since `start`."""
    found = choice.reading.stages(to_gray(reduce(picture, THUMBNAIL)), shape)
    seconds = (perf_counter() - start) / len(found)
    answers = []
    for row, stages in zip(choice.probabilities[choice.reading.order()], found, strict=True):
        view = (0, 0, shape[1], shape[0]) if len(found) == 1 else widen(stages.box, shape)
        left, top, right, bottom = enlarge(view, shape, (picture.shape[0], picture.shape[1]))
        shown = to_gray(reduce(picture[top:bottom, left:right], THUMBNAIL))
        answers.append(_answer(row, stages.grid, stages.box, stages.left_out, shown, view, model, seconds))
    return answers


def _stages_of_highest(reading: "Reading", gray: "NDArray[np.uint8]", full: tuple[int, int]) -> Stages:
    """Give the stages of the highest digit, with the whole picture in grey and in ink."""
    stages = max(reading.stages(gray, full), key=lambda stages: stages.box[3] - stages.box[1])
    if len(reading.digits) == 1:
        return stages
    ink: Plane = cv2.resize(reading.ink, gray.shape[::-1])
    return replace(stages, gray=gray, ink=ink)


def _check(choice: "Choice", picture: "Picture", model: "DigitModel", *, is_single: bool) -> None:
    """Refuse a picture without a digit, and one with several where a single one is read."""
    count = len(choice.probabilities)
    is_one_of_several = is_single and count > 1
    error: DigitsError | None = None
    # letters often look somewhat like digits, so several digits are only reported if most are certain
    if not _are_digits(choice.probabilities, model, "certain_from" if is_one_of_several else "digit_from"):
        error = NoDigit(_NOTHING_LIKE_A_DIGIT)
    elif is_one_of_several:
        msg = (
            f"The picture shows {count} digits, and only one is read here; read them all with "
            "read_digits, or send the part that shows one."
        )
        error = SeveralDigits(msg)
    if error is not None:
        gray = to_gray(reduce(picture, THUMBNAIL))
        error.stages = _stages_of_highest(choice.reading, gray, (gray.shape[0], gray.shape[1]))
        raise error


_NOTHING_LIKE_A_DIGIT = (
    "The picture shows nothing that the model would take for a digit; send one with a single digit, "
    "large and on a plain ground."
)


def _are_digits(
    probabilities: "NDArray[np.float64]", model: "DigitModel", threshold: str = "digit_from"
) -> bool:
    """Tell whether at least half of the digits reach a threshold of the model's card."""
    alike = probabilities.max(axis=1) >= model.card.get("calibration", {}).get(threshold, 0)
    return bool(2 * alike.sum() >= len(alike))


def _answer(  # noqa: PLR0917 (the fields of an answer, in their order)
    probabilities: "NDArray[np.float64]",
    grid: "NDArray[np.float64]",
    box: "Box",
    left_out: "LeftOut",
    picture: "NDArray[np.uint8]",
    view: "Box",
    model: "DigitModel",
    duration_s: float,
) -> Answer:
    digit = int(probabilities.argmax())
    confidence = float(probabilities[digit])
    # without a threshold in the card no answer is certain
    certain = confidence >= model.card.get("calibration", {}).get("certain_from", np.inf)
    return Answer(
        digit=digit,
        confidence=confidence,
        certain=certain,
        probabilities=probabilities,
        grid=grid,
        model_version=model.version,
        duration_s=duration_s,
        box=box,
        picture=picture,
        left_out=left_out,
        view=view,
    )
