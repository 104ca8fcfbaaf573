"""Callers in a closed loop: each asks again as soon as it is answered, all from one thread.

A caller is a plain socket and a request that was written beforehand, so that asking costs next to nothing.
"""

import selectors
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np


def request(
    port: int, path: str, body: bytes, *, key: str = "", kind: str = "application/json", method: str = "POST"
) -> bytes:
    """Write a request."""
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Simple {key}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


@dataclass
class Heard:
    """What the callers heard, and how long they waited."""

    seconds: float = 0.0
    waits_s: list[float] = field(default_factory=list)
    answers: dict[str, int] = field(default_factory=dict)
    cut: int = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits_s) / self.seconds

    def percentile_ms(self, q: float) -> float:
        """Give a percentile of the waits."""
        return float(np.percentile(self.waits_s, q)) * 1e3


class _Caller:
    def __init__(self, port: int, requests: Iterator[tuple[str, bytes]]) -> None:
        self.port, self.requests = port, requests
        self.line: socket.socket | None = None
        self.got = bytearray()

    def ask(self, selector: selectors.BaseSelector) -> None:
        if self.line is None:
            self.line = socket.create_connection(("127.0.0.1", self.port), timeout=60)
            self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(self.line, selectors.EVENT_READ, self)
        self.what, data = next(self.requests)
        self.got.clear()
        self.start = perf_counter()
        self.line.sendall(data)

    def hang_up(self, selector: selectors.BaseSelector) -> None:
        if self.line is not None:
            selector.unregister(self.line)
            self.line.close()
            self.line = None

    def listen(self) -> tuple[int, bytes] | None:
        """Give status and body once they are there; a broken line raises."""
        piece = self.line.recv(2**18)
        if not piece:
            raise ConnectionError
        self.got += piece
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        head = self.got[:end].lower()
        start = head.find(b"content-length:") + 15
        length = int(head[start : (head.find(b"\r", start) + 1 or len(head) + 1) - 1])
        if len(self.got) < end + 4 + length:
            return None
        return int(head[9:12]), bytes(self.got[end + 4 :])


class Callers:
    """So many callers, who keep their connections from one time of asking to the next.

    Parameters
    ----------
    port
        Of the service, on the loopback.
    connections
        Callers at the same time.
    requests
        Gives each caller its requests, each with a name.
    judge
        Says what an answer is, given that name, the status and the body; each kind is counted.
    """

    def __init__(
        self,
        port: int,
        connections: int,
        requests: Callable[[], Iterator[tuple[str, bytes]]],
        judge: Callable[[str, int, bytes], str],
    ) -> None:
        self.heard = Heard()
        self._judge = judge
        self._callers = [_Caller(port, requests()) for _ in range(connections)]
        self._selector = selectors.DefaultSelector()

    def ask(self, seconds: float) -> None:
        """Ask for so long, after which nobody asks again; what was asked is still waited for."""
        start = perf_counter()
        for caller in self._callers:
            caller.ask(self._selector)
        waiting = len(self._callers)
        while waiting:
            for event, _ in self._selector.select(timeout=60):
                if not self._hear(event.data):
                    continue
                if perf_counter() - start < seconds:
                    event.data.ask(self._selector)
                else:
                    waiting -= 1
        self.heard.seconds += perf_counter() - start

    def hang_up(self) -> None:
        """Close the connections."""
        for caller in self._callers:
            caller.hang_up(self._selector)

    def _hear(self, caller: _Caller) -> bool:
        """Take what has come, and say whether the caller has nothing more to wait for."""
        try:
            answer = caller.listen()
        except OSError:
            self.heard.cut += 1
            caller.hang_up(self._selector)
            return True
        if answer is None:
            return False
        self.heard.waits_s.append(perf_counter() - caller.start)
        kind = self._judge(caller.what, *answer)
        self.heard.answers[kind] = self.heard.answers.get(kind, 0) + 1
        return True


def call(
    port: int,
    connections: int,
    seconds: float,
    requests: Callable[[], Iterator[tuple[str, bytes]]],
    judge: Callable[[str, int, bytes], str],
) -> Heard:
    """Let so many callers ask once for so long, and give what they heard."""
    callers = Callers(port, connections, requests, judge)
    callers.ask(seconds)
    callers.hang_up()
    return callers.heard
