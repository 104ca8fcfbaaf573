"""Recognize many pictures, block by block, on every core.

Queries may come from any iterable, an endless one too; memory stays flat. Without joblib everything runs in
this process.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from multiprocessing import current_process
from time import perf_counter

import numpy as np
from PIL import Image

from digits_nb.errors import DigitsError
from digits_nb.images.query import Query, open_image, read_bytes
from digits_nb.models.model import DigitModel
from digits_nb.recognition.answer import Answer
from digits_nb.recognition.default import default_model
from digits_nb.recognition.recognizer import recognize_list

Loaded = tuple[Query | DigitsError, float]
"""A query that is ready to be read, or the error that it met, and the seconds that it took."""

BLOCK = 256
"""Pictures that are loaded before they are read."""

BLOCK_BYTES = 64_000_000
"""Bytes of files and arrays at which a block ends early, so that memory stays flat."""

PART = 16
"""Pictures of a block that a worker takes at a time."""

ALONE_S = 2.0
"""Seconds of work in this process before workers are started, unless `joblib.parallel_config` asks for them.
Starting them takes about as long, so a short batch would only lose."""


def recognize_many(
    queries: Iterable[Query], model: DigitModel | None = None
) -> Iterator[Answer | DigitsError]:
    """Read the digits in many pictures, in order.

    Pictures are taken a block at a time, so that memory stays flat however many there are. In a long batch
    every core reads them, if joblib is installed; `joblib.parallel_config` sets the number and the kind
    of workers, for a cluster too.

    Parameters
    ----------
    queries
        Any iterable of queries, a generator too.
    model
        As for `digits_nb.recognize`.

    Yields
    ------
    Answer or DigitsError
        For each query its answer, or its error; a bad query does not stop the others.
    """
    model = default_model() if model is None else model
    spent_s = 0.0
    for block in _blocks(queries):
        start = perf_counter()
        found = _recognize([loaded for loaded, _ in block], model, _count_jobs(spent_s))
        spent_s += perf_counter() - start
        for item, (_, loading_s) in zip(found, block, strict=True):
            yield (
                replace(item, duration_s=item.duration_s + loading_s) if isinstance(item, Answer) else item
            )


def _blocks(queries: Iterable[Query]) -> Iterator[list[Loaded]]:
    """Load queries a block at a time, each with the seconds that it took."""
    block: list[Loaded] = []
    size = 0
    for query in queries:
        start = perf_counter()
        loaded: Query | DigitsError
        try:
            loaded, count = _load(query)
            size += count
        except DigitsError as error:
            loaded = error
        block.append((loaded, perf_counter() - start))
        if len(block) == BLOCK or size >= BLOCK_BYTES:
            yield block
            block, size = [], 0
    if block:
        yield block


def _load(query: Query) -> tuple[Query, int]:
    """Load a query and count its bytes; a worker may have another current folder, or no network."""
    if isinstance(query, np.ndarray | Image.Image):
        array = np.asarray(open_image(query))
        return array, array.nbytes
    data = read_bytes(query)
    return {"bytes": data}, len(data)


def _count_jobs(spent_s: float) -> int:
    """Give the number of jobs for the next block, as joblib counts them."""
    alone = spent_s < ALONE_S or current_process().daemon  # a daemonic process may have no children
    if (alone and "joblib" not in sys.modules) or not find_spec("joblib"):  # so parallel_config was not used
        return 1
    from joblib.parallel import get_active_backend

    backend, chosen = get_active_backend()
    if chosen is not None:
        return int(chosen)
    return 1 if alone or backend.nesting_level else min(int(backend.effective_n_jobs(-1)), BLOCK // PART)


def _recognize(block: list[Query | DigitsError], model: DigitModel, jobs: int) -> list[Answer | DigitsError]:
    if jobs == 1:
        return recognize_list(block, model)
    from joblib import Parallel, delayed

    # tasks stay as they are: joblib would merge small ones, and write large arrays to files
    parallel = Parallel(jobs, batch_size=1, pre_dispatch="all", max_nbytes=None)
    parts = (block[start : start + PART] for start in range(0, len(block), PART))
    return [
        item for part in parallel(delayed(recognize_list)(part, model) for part in parts) for item in part
    ]
