"""Batches: many queries, a block at a time, and what is seen in them prepared on every core.

Any iterable is taken as it comes, an endless one too; memory stays flat.
"""

import sys
from multiprocessing import current_process
from time import perf_counter
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import Image

from digits_nb.errors import DigitsError
from digits_nb.images.query import open_image, read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from digits_nb.images.query import Query

    _Loaded = tuple[dict[str, bytes] | NDArray[np.uint8] | DigitsError, float]

T = TypeVar("T")

BLOCK = 256
"""How many pictures are prepared before the model is asked once for all of them."""

BLOCK_BYTES = 64_000_000
"""Bytes of files and arrays from which on a block has fewer pictures, so that memory stays flat."""

PART = 16
"""How many pictures of a block a worker is given at a time."""

ALONE_S = 2.0
"""Seconds of work before workers are started, unless `joblib.parallel_config` asks for them: as long as they
take to start, so that a short batch does not wait for what would not help it."""


def prepare_blocks(
    queries: "Iterable[Query]", see: "Callable[[Query], T]"
) -> "Iterator[list[tuple[T | DigitsError, float]]]":
    """Prepare queries block by block, in order.

    Parameters
    ----------
    queries
        Any iterable.
    see
        What becomes of one query; a function of a module, for other processes may be given it.

    Yields
    ------
    list of tuple
        For each query of a block what `see` gave, or the error that it raised, and the seconds it took.
    """
    spent_s = 0.0
    for loaded in _blocks(queries):
        start = perf_counter()
        block = _prepare_all(loaded, see, _jobs(spent_s))
        spent_s += perf_counter() - start
        yield block


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
    from joblib.parallel import get_active_backend

    backend, chosen = get_active_backend()
    if chosen is not None:
        return chosen
    return 1 if alone or backend.nesting_level else min(backend.effective_n_jobs(-1), BLOCK // PART)


def _prepare_all(
    block: "list[_Loaded]", see: "Callable[[Query], T]", jobs: int
) -> "list[tuple[T | DigitsError, float]]":
    if jobs == 1:
        return prepare(block, see)
    from joblib import Parallel, delayed

    # as they are: joblib would gather small tasks into large ones, and lay large arrays down in files
    parallel = Parallel(jobs, batch_size=1, pre_dispatch="all", max_nbytes=None)
    parts = (block[start : start + PART] for start in range(0, len(block), PART))
    return [prepared for part in parallel(delayed(prepare)(part, see) for part in parts) for prepared in part]


def prepare(
    block: "Iterable[tuple[Query | DigitsError, float]]", see: "Callable[[Query], T]"
) -> "list[tuple[T | DigitsError, float]]":
    """Give what is seen in each picture, or its error, and the seconds from its query on."""
    prepared = []
    for loaded, spent_s in block:
        start = perf_counter()
        seen: T | DigitsError
        try:
            seen = loaded if isinstance(loaded, DigitsError) else see(loaded)
        except DigitsError as error:
            seen = error
        prepared.append((seen, spent_s + perf_counter() - start))
    return prepared
