"""Small pictures that wait at the same time, read together by the thread that answers.

One by one, a picture's work and its request's would push each other out of the processor's caches, and each
would wake the caller anew.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from PIL import Image

from digits_nb.errors import DigitsError, TooLarge
from digits_nb.images.decode import decode, is_plain
from digits_nb.images.query import Query, read_bytes
from digits_nb.models.model import DigitModel
from digits_nb.recognition.answer import Answer
from digits_nb.recognition.recognizer import recognize_list

Found = Answer | DigitsError | None


MAX_BYTES, MAX_PIXELS = 2**17, 2**16
"""A plain picture up to this is read in a millisecond, ten at worst, by the thread that answers.

To pass it on to a thread of the desk takes half as long again, because the two get into each other's way at
every step.
"""

TOGETHER = 16
"""Pictures that are read before others have their turn; more of them are no faster."""

TURNS = 4
"""Turns of the event loop, some microseconds each, that others are given to catch up: so many lie between the
bytes of a request and its query."""


class _Waiting(NamedTuple):
    query: Query
    model: DigitModel
    answer: asyncio.Future[Answer | None]

    def tell(self, found: Found) -> None:
        if self.answer.done():  # nobody waits for it any more
            return
        if isinstance(found, DigitsError) and not isinstance(found, TooLarge):
            self.answer.set_exception(found)
        else:
            self.answer.set_result(None if isinstance(found, TooLarge) else found)


class Tray:
    """What lies ready to be read, in one event loop.

    Parameters
    ----------
    in_hand
        Tells how many requests have begun and are not answered: whether others may be about to join.
    """

    def __init__(self, in_hand: Callable[[], int]) -> None:
        self._in_hand = in_hand
        self._waiting: list[_Waiting] = []
        self._welcome = 0

    def welcome(self) -> bool:
        """Whether to take one more caller in, asked once a turn while one stands at the door.

        Another process may be idle, and is to have its share. So as many may come as were answered last, or
        else one; then their queries are waited for.
        """
        if self._welcome < 0 or (self._welcome == 0 and self._waiting):
            self._welcome = min(self._welcome + 1, 0)
            return False
        self._welcome = self._welcome - 1 if self._welcome > 1 else -TURNS
        return True

    async def read(self, query: Query, model: DigitModel) -> Answer | None:
        """Read a picture, together with those that come at the same time.

        Returns
        -------
        Answer or None
            None is for a picture that has to be read elsewhere: it is not small, or something went wrong
            with those it was read with.

        Raises
        ------
        DigitsError
            As for `recognize`.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer | None] = loop.create_future()
        self._waiting.append(_Waiting(query, model, answer))
        if self._in_hand() == 1:  # this one
            self._clear(0)
        elif len(self._waiting) == 1:
            loop.call_soon(self._clear, TURNS)
        return await answer

    def _clear(self, turns: int) -> None:
        loop = asyncio.get_running_loop()
        if turns and len(self._waiting) < min(TOGETHER, self._in_hand()):
            loop.call_soon(self._clear, turns - 1)
            return
        wanted = [waiting for waiting in self._waiting if not waiting.answer.done()]
        taken, self._waiting = wanted[:TOGETHER], wanted[TOGETHER:]
        self._welcome = len(taken)
        if self._waiting:
            loop.call_soon(self._clear, TURNS)
        for model in dict.fromkeys(waiting.model for waiting in taken):
            those = [waiting for waiting in taken if waiting.model is model]
            for waiting, found in zip(those, _read(those, model), strict=True):
                waiting.tell(found)


def _read(those: list[_Waiting], model: DigitModel) -> list[Found]:
    try:
        # decoded first, and then seen: each step finds the caches as the step before left them
        return recognize_list([_open(waiting.query) for waiting in those], model)
    except Exception:  # noqa: BLE001 (whichever it came of fails again, alone, where it is told)
        return [None] * len(those)


def _open(query: Query) -> Image.Image | DigitsError:
    try:
        data = read_bytes(query, max_bytes=MAX_BYTES)
        return decode(data, max_pixels=MAX_PIXELS) if is_plain(data) else TooLarge("It may take a while.")
    except DigitsError as error:
        return error
