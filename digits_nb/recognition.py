"""Query + model → answer: the one way that notebooks, panel, batch and command line all take."""

import os
import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from multiprocessing import current_process
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from digits_nb.answer import Answer
from digits_nb.errors import DigitsError, ModelNotFound, SeveralDigits
from digits_nb.ink import reduce
from digits_nb.normalise import Stages, preprocess
from digits_nb.pages import count_digits, find_digits
from digits_nb.query import open_image, read_bytes
from digits_nb.store import ModelStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.model import DigitModel
    from digits_nb.query import Query

    _Loaded = tuple[dict[str, bytes] | NDArray[np.uint8] | DigitsError, float]
    _Prepared = tuple["_Seen | DigitsError", float]

BLOCK = 256
"""How many pictures `recognize_many` prepares before it asks the model once for all of them."""

BLOCK_BYTES = 64_000_000
"""Bytes of files and arrays from which on a block has fewer pictures, so that memory stays flat."""

PART = 16
"""How many pictures of a block a worker is given at a time."""

ALONE_S = 2.0
"""Seconds of work before `recognize_many` starts workers, unless `joblib.parallel_config` asks for them:
as long as they take to start, so that a short batch does not wait for what would not help it."""

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
    spent_s = 0.0
    for loaded in _blocks(queries):
        start = perf_counter()
        block = _prepare_all(loaded, _jobs(spent_s))
        spent_s += perf_counter() - start
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


def _blocks(queries: "Iterable[Query]") -> "Iterator[list[_Loaded]]":
    """Queries a block at a time, loaded, each with the seconds that it took."""
    block: list[_Loaded] = []
    size = 0
    for query in queries:
        start = perf_counter()
        try:
            loaded = _load_query(query)
            size += loaded.nbytes if isinstance(loaded, np.ndarray) else len(loaded["bytes"])
        except DigitsError as error:
            loaded = error
        block.append((loaded, perf_counter() - start))
        if len(block) == BLOCK or size >= BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _load_query(query: "Query") -> "dict[str, bytes] | NDArray[np.uint8]":
    """A query that any process understands: what a path or a URL means is asked here and now."""
    if isinstance(query, np.ndarray | Image.Image):
        return np.asarray(open_image(query))
    return {"bytes": read_bytes(query)}


def _jobs(spent_s: float) -> int:
    """How many jobs work on the next block, as joblib counts them."""
    alone = spent_s < ALONE_S or current_process().daemon  # a daemon may have no children
    if alone and "joblib" not in sys.modules:  # so nobody has asked it for workers
        return 1
    from joblib import cpu_count
    from joblib.parallel import get_active_backend

    backend, chosen = get_active_backend()
    if chosen is not None:
        return chosen
    return 1 if alone or backend.nesting_level else min(cpu_count(), BLOCK // PART)


def _prepare_all(block: "list[_Loaded]", jobs: int) -> "list[_Prepared]":
    if jobs == 1:
        return _prepare(block)
    from joblib import Parallel, delayed

    # as they are: joblib would gather small tasks into large ones, and lay large arrays down in files
    parallel = Parallel(jobs, batch_size=1, pre_dispatch="all", max_nbytes=None)
    parts = (block[start : start + PART] for start in range(0, len(block), PART))
    return [prepared for part in parallel(delayed(_prepare)(part) for part in parts) for prepared in part]


def _prepare(block: "list[_Loaded]") -> "list[_Prepared]":
    """What is seen in each picture, and the seconds from its query on."""
    prepared: list[_Prepared] = []
    for loaded, spent_s in block:
        start = perf_counter()
        seen: _Seen | DigitsError
        try:
            seen = loaded if isinstance(loaded, DigitsError) else _see_one(loaded)
        except DigitsError as error:
            seen = error
        prepared.append((seen, spent_s + perf_counter() - start))
    return prepared


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
