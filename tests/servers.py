"""Small real HTTP servers on the loopback, one for each way in which a server can behave.

with serving(plain(data)) as server:
    ...  # server.url, server.pair ("127.0.0.1:port"), server.seen (the requests so far)
"""

import gzip
import socket
import ssl
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat

import pytest
import trustme

Behaviour = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Server:
    """A running server: the requests so far, and whether a client hung up before the end."""

    scheme: str
    host: str
    port: int
    seen: list[BaseHTTPRequestHandler] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)

    @property
    def pair(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.pair}/seven.png"


@contextmanager
def serving(
    behaviour: Behaviour, *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> Iterator[Server]:
    """Run a server that answers every GET and CONNECT with `behaviour`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            server.seen.append(self)
            try:
                behaviour(self)
            except OSError:
                server.hung_up.set()

        do_CONNECT = do_GET  # noqa: N815 (the name that http.server looks for)

        def log_message(self, *_: object) -> None:
            pass

    class Threads(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Stay quiet: a client that refuses our certificate is what is tested."""

    with Threads((host, 0), Handler) as threads:
        if tls is not None:
            threads.socket = tls.wrap_socket(threads.socket, server_side=True, do_handshake_on_connect=False)
        server = Server("http" if tls is None else "https", host, threads.server_port)
        runner = threading.Thread(target=threads.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        runner.start()
        try:
            yield server
        finally:
            threads.shutdown()
            runner.join()


def _headers(handler: BaseHTTPRequestHandler, status: int = 200, **headers: object) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()


def plain(body: bytes, status: int = 200, **headers: object) -> Behaviour:
    """Answer properly; the headers' names have _ for -."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _headers(handler, status, **{"Content_Length": len(body)} | headers)
        handler.wfile.write(body)

    return answer


def redirecting(target: str, status: int = 302) -> Behaviour:
    return plain(b"", status, Location=target)


def redirecting_by(targets: dict[str, str], body: bytes) -> Behaviour:
    """Redirect some paths, and answer the others."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        target = targets.get(handler.path)
        (plain(body) if target is None else redirecting(target))(handler)

    return answer


def chunked(blocks: Iterable[bytes], *, gap_s: float = 0, **headers: object) -> Behaviour:
    """Announce no length, and send block after block."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        _headers(handler, **{"Transfer_Encoding": "chunked"} | headers)
        for block in blocks:
            handler.wfile.write(b"%x\r\n%b\r\n" % (len(block), block))
            time.sleep(gap_s)
        handler.wfile.write(b"0\r\n\r\n")

    return answer


def endless(size: int = 1_000, *, gap_s: float = 0) -> Behaviour:
    """Send blocks of `size` bytes for as long as the client reads them."""
    return chunked(repeat(bytes(size)), gap_s=gap_s)


def compressed(body: bytes, encoding: str = "gzip") -> Behaviour:
    """Compress the body, which the client did not ask for."""
    packed = gzip.compress(body) if encoding == "gzip" else zlib.compress(body)
    return plain(packed, Content_Encoding=encoding)


def lying_about_length(body: bytes, length: int) -> Behaviour:
    return plain(body, Content_Length=length)


def dripping(answer: bytes, gap_s: float = 0.05) -> Behaviour:
    """Send the bytes of an answer (headers and all) one by one."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        for byte in answer:
            handler.wfile.write(bytes([byte]))
            time.sleep(gap_s)

    return drip


def saying(answer: bytes) -> Behaviour:
    """Send these bytes, whatever they are, and hang up."""

    def say(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(answer)

    return say


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """Behave in one way after the other, within one answer."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        for behaviour in behaviours:
            behaviour(handler)

    return answer


def silent(seconds: float = 5) -> Behaviour:
    """Take the request and say nothing, until the client hangs up."""

    def wait(handler: BaseHTTPRequestHandler) -> None:
        handler.connection.settimeout(seconds)
        if not handler.rfile.read(1):
            raise ConnectionError

    return wait


# the network around them

DOWNLOADING = "digits_nb.images.fetch"  # the name of a download's thread
_recorded: list[tuple[str, object]] | None = None


def _record(event: str, arguments: tuple[object, ...]) -> None:
    if (
        _recorded is not None
        and event.startswith("socket.")
        and threading.current_thread().name == DOWNLOADING
    ):
        _recorded.append((event, arguments[1] if len(arguments) > 1 else None))


sys.addaudithook(_record)  # for good: Python reports every socket, whichever library makes it


@contextmanager
def listening() -> Iterator[list[tuple[str, object]]]:
    """Record what a download does with sockets: Python's audit events, each with its address."""
    global _recorded  # noqa: PLW0603 (a hook of audits cannot be removed)
    _recorded = []
    try:
        yield _recorded
    finally:
        _recorded = None


def naming(book: dict[str, list[list[str]]], patch: pytest.MonkeyPatch) -> None:
    """Resolve these names to these addresses, and no other name: no resolver is asked.

    A name's lists of addresses are used one after the other, so that it can change between look-ups.
    """
    look_up = socket.getaddrinfo
    turns = {name: list(lists) for name, lists in book.items()}

    def look_up_here(host: str, port: int, **kwargs: object) -> list[tuple]:
        if host not in turns:
            return look_up(host, port, flags=socket.AI_NUMERICHOST, **kwargs)
        addresses = turns[host].pop(0) if len(turns[host]) > 1 else turns[host][0]
        return [look_up(address, port, flags=socket.AI_NUMERICHOST, **kwargs)[0] for address in addresses]

    patch.setattr(socket, "getaddrinfo", look_up_here)


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """Return the TLS context of a server with a certificate for a name."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context
