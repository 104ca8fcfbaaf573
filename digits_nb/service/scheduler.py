"""Where queries wait their turn: pictures for a core, URLs for one of a number of lines out.

The two never wait for each other, so a slow URL holds up nobody who sends a picture.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import TypeVar

from digits_nb.service.responses import busy

LINES = 32
"""URLs fetched at the same time: each may hold 20 MB, and who finds none free is told at once."""

LINES_PER_CALLER = 16
"""Of these, for one key: so one caller whose servers are slow leaves lines to the others."""

MAX_HELD_BYTES = 512 * 2**20
"""All that is being received or waits, so that many large bodies cannot fill the memory."""

T = TypeVar("T")


class Desk:
    """The queue of one process.

    OpenCV and numpy let go of Python's lock while they work, so threads are enough to use the cores.

    Parameters
    ----------
    queue
        How many requests may be in hand, whether they are worked on or wait.
    cores
        How many pictures are worked on at the same time; as many as this process may use if not given.
    """

    def __init__(self, queue: int, cores: int | None = None) -> None:
        self.queue = queue
        self.in_hand = self.held_bytes = 0
        self._pictures = ThreadPoolExecutor(cores or _cores(), "digits_nb.picture")
        self._fetches = ThreadPoolExecutor(LINES, "digits_nb.line")
        self._free = BoundedSemaphore(LINES)
        self._free_of = defaultdict(lambda: BoundedSemaphore(LINES_PER_CALLER))

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take a place in the queue, for one request.

        Raises
        ------
        Refusal
            All are taken.
        """
        if self.in_hand >= self.queue:
            raise busy()
        self.in_hand += 1
        try:
            yield
        finally:
            self.in_hand -= 1

    def hold(self, count: int) -> None:
        """Say that so many bytes more are kept, or fewer.

        Raises
        ------
        Refusal
            That would be too many.
        """
        if count > 0 and self.held_bytes + count > MAX_HELD_BYTES:
            raise busy()
        self.held_bytes += count

    @contextmanager
    def holding(self, data: bytes) -> Iterator[bytes]:
        """Keep what was fetched, until it has been worked on.

        Raises
        ------
        Refusal
            That would be too many bytes.
        """
        self.hold(len(data))
        try:
            yield data
        finally:
            self.hold(-len(data))

    async def picture(self, work: Callable[[], T]) -> T:
        """Do this when a core is free; if the caller gives up before, it is not begun."""
        return await asyncio.wrap_future(self._pictures.submit(work))

    async def fetch(self, work: Callable[[], T], caller: str) -> T:
        """Do this now for a caller, by the name of the key, which is to wait for a server.

        Raises
        ------
        Refusal
            Too many do so already, or this caller does so too often.
        """
        if not self._free_of[caller].acquire(blocking=False):
            raise busy()
        if not self._free.acquire(blocking=False):
            self._free_of[caller].release()
            raise busy()
        line: Future[T] = self._fetches.submit(work)
        # when the work ends, which may be after the caller has given up
        line.add_done_callback(lambda _: (self._free.release(), self._free_of[caller].release()))
        return await asyncio.wrap_future(line)


def _cores() -> int:
    # a container or taskset may leave fewer than there are
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
