"""The door of a worker: callers come in one at a time, and nobody who came is left standing.

Tornado would take in all that wait, and leave none to a worker that is idle.
"""

import asyncio
import errno
import socket
from collections.abc import Callable
from contextlib import suppress
from weakref import WeakSet

from tornado.iostream import IOStream

from digits_nb.service.log import note

PAUSE_S = 1.0
"""A worker that can hold no more connections looks again after this."""

_MOST = 4096  # let in at the end: should callers never cease, it ends all the same
_NO_ROOM = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Door:
    """Where the connections of one process come in.

    Parameters
    ----------
    sockets
        What callers connect to; other processes may accept from the same.
    welcome
        Asked before each connection whether it is this process's turn.
    handle
        Given each connection, and the address of who made it.
    """

    def __init__(
        self,
        sockets: list[socket.socket],
        welcome: Callable[[], bool],
        handle: Callable[[IOStream, tuple], object],
    ) -> None:
        self._sockets, self._welcome, self._handle = sockets, welcome, handle
        self._streams: WeakSet[IOStream] = WeakSet()
        self._loop = asyncio.get_running_loop()

    def open(self) -> None:
        """Let callers in from now on."""
        for listening in self._sockets:
            self._loop.add_reader(listening, self._look, listening)

    def close(self) -> None:
        """Let in who stands there already, and nobody else: the system would hang up on them."""
        for listening in self._sockets:
            self._loop.remove_reader(listening)
            with suppress(OSError):  # until nobody is there
                for _ in range(_MOST):
                    self._let_in(listening)
            listening.close()
        self._sockets = []

    def telling(self) -> bool:
        """Whether somebody who came in has not been sent all yet that there is to send."""
        return any(stream.writing() for stream in self._streams)

    def _look(self, listening: socket.socket) -> None:
        if not self._welcome():
            return
        try:
            self._let_in(listening)
        except OSError as error:  # usually another process was first, or the caller is gone
            if error.errno in _NO_ROOM:
                note("error", event="full", message=f"No more connections can be held ({error.strerror}).")
                self._loop.remove_reader(listening)
                self._loop.call_later(PAUSE_S, self._look_again, listening)

    def _look_again(self, listening: socket.socket) -> None:
        if listening in self._sockets:
            self._loop.add_reader(listening, self._look, listening)

    def _let_in(self, listening: socket.socket) -> None:
        connection, address = listening.accept()
        connection.setblocking(False)
        stream = IOStream(connection)
        self._streams.add(stream)
        self._handle(stream, address)
