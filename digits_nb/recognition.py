"""Query + model → answer: the one way that notebooks, panel, batch and command line all take."""

import os
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from digits_nb.answer import Answer
from digits_nb.errors import DigitsError, ModelNotFound, SeveralDigits
from digits_nb.ink import reduce
from digits_nb.normalise import Stages, preprocess
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
    stages = preprocess(query, small=True)
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
