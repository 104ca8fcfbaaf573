"""Query + model → answer: the one way that notebooks, panel, batch and command line all take."""

import base64
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from digits_nb.errors import DigitsError, ModelNotFound, SeveralDigits
from digits_nb.ink import reduce
from digits_nb.normalise import LEVELS, Stages, preprocess
from digits_nb.pages import count_digits, find_digits
from digits_nb.store import ModelStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.model import DigitModel
    from digits_nb.query import Query

BLOCK = 256
"""How many pictures `recognize_many` prepares before it asks the model once for all of them."""

THUMBNAIL = 240
"""Longest side, in pixels, of the picture that an answer keeps to show."""


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """What the model reads in a picture; shows itself in a notebook.

    Attributes
    ----------
    digit : int
        0..9.
    confidence : float
        How likely the model takes `digit` to be, 0..1, calibrated on hands that it never saw.
    certain : bool
        Whether the model would bet on it, at the error rate that its card states.
    probabilities : ndarray of shape (10,), float64
        One for each digit; they sum to 1.
    grid : ndarray of shape (8, 8), float64, 0..16
        All that the model saw.
    model_version : str or None
        64 hex digits; None for a model that is not saved.
    duration_s : float
        Seconds from query to answer; in a batch, with a fair share of the model's time.
    box : tuple of int
        Left, top, right and bottom of the digit in pixels of the upright picture.
    """

    digit: int
    confidence: float
    certain: bool
    probabilities: "NDArray[np.float64]" = field(repr=False)
    grid: "NDArray[np.float64]" = field(repr=False)
    model_version: str | None
    duration_s: float
    box: tuple[int, int, int, int]
    picture: "NDArray[np.uint8]" = field(repr=False)

    def _repr_html_(self) -> str:
        """Picture, grid and bars, side by side, with words for those who do not see them."""
        certainty = "certain" if self.certain else "not certain"
        likely = np.argsort(-self.probabilities)[:3]
        words = ", ".join(f"{digit} with {self.probabilities[digit]:.0%}" for digit in likely)
        pictures = (
            ("The picture that was read", "png", _encode(_png(self.picture))),
            ("The 8×8 grid that the model saw", "svg+xml", _encode(self._grid_svg().encode())),
            (f"Probabilities: {words}", "svg+xml", _encode(self._bars_svg().encode())),
        )
        return (
            '<div style="display:flex;gap:24px;align-items:center;flex-wrap:wrap">'
            f'<span style="font-size:64px;line-height:1">{self.digit}</span>'
            f"<span>{self.confidence:.1%}<br>{certainty}</span>"
            # as images: a notebook viewer that trusts nobody drops inline SVG, and with it all but its text
            + "".join(
                f'<img height="120" alt="{alt}" src="data:image/{kind};base64,{data}">'
                for alt, kind, data in pictures
            )
            + "</div>"
        )

    def _grid_svg(self) -> str:
        cells = (
            f'<rect x="{column}" y="{row}" width="1.02" height="1.02" fill-opacity="{share:.2f}"/>'
            for (row, column), share in np.ndenumerate(self.grid / LEVELS)
        )
        return f'{_SVG} viewBox="0 0 8 8"><rect width="8" height="8" fill="#fff"/>{"".join(cells)}</svg>'

    def _bars_svg(self) -> str:
        bars = (
            f'<text x="4" y="{12 * digit + 10}">{digit}</text>'
            f'<rect x="16" y="{12 * digit + 2}" width="{max(100 * share, 0.5):.1f}" height="9"'
            f' fill="{"#0072b2" if digit == self.digit else "#999"}"/>'
            f'<text x="{max(100 * share, 0.5) + 20:.1f}" y="{12 * digit + 10}">{share:.0%}</text>'
            for digit, share in enumerate(self.probabilities)
        )
        return (
            f'{_SVG} viewBox="0 0 148 120" font-size="10" font-family="sans-serif">'
            f'<rect width="148" height="120" fill="#fff"/>{"".join(bars)}</svg>'
        )


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
    SeveralDigits
        The picture shows more than one digit; `read_digits` reads them all.
    DigitsError
        The query is bad, its picture cannot be had or read, or it shows no digit.
    """
    model = default_model() if model is None else model
    start = perf_counter()
    seen = _see_one(query)
    probabilities = model.predict_proba(seen.grid[None])[0]
    return _answer(seen, probabilities, model, perf_counter() - start)


def recognize_many(
    queries: "Iterable[Query]", model: "DigitModel | None" = None
) -> Iterator[Answer | DigitsError]:
    """Read the digits in many pictures, in order.

    Pictures are prepared one by one and the model is asked once for each `BLOCK` of them, so that
    memory stays flat however many there are.

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
    queries = iter(queries)
    while block := [_prepare(query) for query in islice(queries, BLOCK)]:
        ready = [seen.grid for seen, _ in block if isinstance(seen, _Seen)]
        start = perf_counter()
        answers = iter(model.predict_proba(np.stack(ready)) if ready else ())
        share = (perf_counter() - start) / max(len(ready), 1)
        for seen, duration_s in block:
            answered = isinstance(seen, _Seen)
            yield _answer(seen, next(answers), model, duration_s + share) if answered else seen


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
    DigitsError
        The query is bad, its picture cannot be had or read, or it shows no digit.
    """
    model = default_model() if model is None else model
    start = perf_counter()
    found = find_digits(query)
    probabilities = model.predict_proba(np.stack([stages.grid for stages in found]))
    share = (perf_counter() - start) / len(found)
    return [
        _answer(_see(stages), likely, model, share)
        for stages, likely in zip(found, probabilities, strict=True)
    ]


def load_model(version: str = "latest", store: str | os.PathLike[str] | None = None) -> "DigitModel":
    """The model that a notebook or a command names.

    Parameters
    ----------
    version
        "latest", a version or a unique beginning of one.
    store
        Folder of the models; None or "" is the default store, where a missing latest is trained.

    Raises
    ------
    ModelNotFound
        There is no such version.
    """
    if store or version != "latest":
        return ModelStore(store or None).load(version)
    return default_model()


def default_model() -> "DigitModel":
    """The latest model of the default store; one is trained, saved and announced if there is none."""
    store = ModelStore()
    try:
        version = store.resolve("latest")
    except ModelNotFound:
        if store.versions():
            raise
        from digits_nb.training import train

        print(f"There is no model in {store.path} yet: training one, which takes about a minute.")  # noqa: T201
        version = store.save(train())
        print(f"Saved model {version[:12]}.")  # noqa: T201
    return _load(store.path, version)


@lru_cache(maxsize=2)
def _load(path: Path, version: str) -> "DigitModel":
    """A version never changes, so it is read and checked once."""
    return ModelStore(path).load(version)


class _Seen(NamedTuple):
    """What is kept of a picture: a batch of large ones must not fill the memory."""

    grid: "NDArray[np.float64]"
    box: tuple[int, int, int, int]
    picture: "NDArray[np.uint8]"


def _see(stages: Stages) -> _Seen:
    return _Seen(stages.grid, stages.box, reduce(stages.gray, THUMBNAIL))


def _see_one(query: "Query") -> _Seen:
    stages = preprocess(query)
    if len(stages.strokes) > 1 and (count := count_digits(stages.strokes)) > 1:
        msg = (
            f"The picture shows {count} digits, and only one is read here; read them all with read_digits, "
            "or send the part that shows one."
        )
        raise SeveralDigits(msg)
    return _see(stages)


def _prepare(query: "Query") -> tuple[_Seen | DigitsError, float]:
    start = perf_counter()
    try:
        return _see_one(query), perf_counter() - start
    except DigitsError as error:
        return error, perf_counter() - start


def _answer(
    seen: _Seen, probabilities: "NDArray[np.float64]", model: "DigitModel", duration_s: float
) -> Answer:
    digit = int(probabilities.argmax())
    confidence = float(probabilities[digit])
    # a card that does not say from where on the model would bet: it never does
    certain_from = model.card.get("calibration", {}).get("certain_from", np.inf)
    certain = confidence >= certain_from
    grid, box, picture = seen
    return Answer(digit, confidence, certain, probabilities, grid, model.version, duration_s, box, picture)


_SVG = '<svg xmlns="http://www.w3.org/2000/svg" height="120"'


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _png(gray: "NDArray[np.uint8]") -> bytes:
    return cv2.imencode(".png", gray)[1].tobytes()
