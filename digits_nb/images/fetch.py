"""Download a URL: from public addresses only, within a number of bytes and of seconds.

For the URL, and for each redirect, the host's name is resolved once, every address that it has is checked
before a socket is opened, and the connection is made to one of these addresses. So a name cannot resolve to a
public address when it is checked and to a private one when it is used (DNS rebinding), and TLS still verifies
the name. `$DIGITS_NB_ALLOW` names exceptions as exact `host:port`, comma-separated. A proxy is used only if
`$DIGITS_NB_PROXY` names one, by HTTP or HTTPS. The proxy resolves names itself; a name that can be resolved
here too is checked here first.

A message names a server as `scheme://host:port`, never a path, a query string or a password.

`requests_hardened.IPFilterAdapter` (seen in 1.3.0) connects to a checked address too, but it checks and tries
only the first address of a name; lets through 168.63.129.16, `fec0::/10`, `::/96` and IPv6 that IANA has not
given out; makes no exceptions but for the loopback; resolves here what only the proxy can resolve; and does
not limit the total time. So `digits_nb.images.addresses` uses its list of ranges, and nothing else is used.
"""

import io
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from http.client import HTTPResponse
from time import monotonic
from typing import Any
from urllib.parse import urljoin
from weakref import WeakValueDictionary

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

from digits_nb.errors import (
    DigitsError,
    DownloadError,
    ForbiddenAddress,
    QueryError,
    TooLarge,
    UnsupportedImage,
)
from digits_nb.images.addresses import OTHER_PORTS, WEB_PORTS, pair, prepare, server_of, why_forbidden

MAX_REDIRECTS = 5
# Reads and lines, for each of which a thread takes Python's lock. 20 MB in chunks of 4 kB take 15,000, and
# about as many again over a slow line. A server of one-byte chunks is given up after 10,000 of them. Without
# a limit, 32 downloads of endless ones made other threads a hundred times slower, for ten seconds.
MAX_PIECES = 30_000
# Bytes that do not add to the body: headers, `100 Continue`, lengths of chunks, trailers, empty gzip members.
MAX_BESIDES = 256 * 1024
MAX_PER_HOST = 8

_ADVICE = {
    403: "it refuses programs, or callers who have not logged in; save the picture, and send its file",
    429: "it was asked too often; try again in a few minutes",
    503: "it is overloaded or under maintenance; try again later",
}
# what a URL often leads to: how it begins, what it is and what to do
_NO_PICTURE = {
    rb"\W*<(?:!doctype\s+)?html": "a web page; open the picture by itself in a browser, and give its address",
    rb"version https://git-lfs\b": "a Git LFS pointer; give the address of the file itself",
}
_turns: WeakValueDictionary[tuple[int, str], threading.BoundedSemaphore] = WeakValueDictionary()
_turns_lock = threading.Lock()

_AddressInfo = tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]  # of getaddrinfo


def download(
    url: str, *, max_bytes: int, timeout_s: float, progress: Callable[[int], object] | None = None
) -> bytes:
    """Download the body behind a URL.

    At most `MAX_PER_HOST` downloads from one host are in progress in this process; others wait.

    Parameters
    ----------
    url
        http or https, without user name and password. Up to `MAX_REDIRECTS` redirects are followed.
    max_bytes
        Maximum size of the body, after its own compression (gzip, deflate) is undone.
    timeout_s
        Maximum seconds for everything together: waiting, look-ups, connections, headers and bodies.
    progress
        Called about ten times a second, in the caller's thread, with the number of bytes received so far.
        An exception that it raises ends the download.

    Raises
    ------
    QueryError
        `url` is no URL of this kind.
    ForbiddenAddress
        The URL leads, or redirects, to an address that is not public, to a port below 1024 other than 80 and
        443, or to another scheme than http and https.
    DownloadError
        No answer, not in time, broken off, a status that is no success, a certificate that does not verify,
        too many redirects, more than `MAX_PIECES` or `MAX_BESIDES`, or a proxy that is not used by HTTP or
        HTTPS.
    TooLarge
        The body has more than `max_bytes`, or is compressed more than once.
    UnsupportedImage
        The body is a web page or a Git LFS pointer.
    """
    running = _Download(url, max_bytes, timeout_s)
    # In a thread, because neither a look-up nor headers that come byte by byte can be told to end at a given
    # time. A look-up that is given up ends when the resolver gives up.
    threading.Thread(target=running.run, name="digits_nb.images.fetch", daemon=True).start()
    try:
        while True:
            left = running.deadline - monotonic()
            with suppress(TimeoutError):
                return running.outcome.result(max(0, left if progress is None else min(left, 0.1)))
            if monotonic() >= running.deadline:
                raise running.too_slow()
            if progress is not None:
                progress(len(running.body))
    finally:
        running.stop()


class _Download:
    """One download: `run` in a thread of its own, `stop` from any other."""

    def __init__(self, url: str, max_bytes: int, timeout_s: float) -> None:
        self.url, self.max_bytes, self.timeout_s = url, max_bytes, timeout_s
        self.deadline = monotonic() + timeout_s
        self.allowed = {entry.strip().lower() for entry in os.environ.get("DIGITS_NB_ALLOW", "").split(",")}
        self.proxy = os.environ.get("DIGITS_NB_PROXY", "").strip()
        self.body = bytearray()
        self.outcome: Future[bytes] = Future()
        self._server = "of the URL"  # in messages, until the URL is parsed
        self._pieces = self._received = 0
        self._sockets: list[socket.socket] = []
        self._duplicates: list[socket.socket] = []
        self._stopped = False
        self._lock = threading.Lock()

    def run(self) -> None:
        """Download, and set `outcome`."""
        try:
            self.outcome.set_result(self._follow_redirects())
        except DigitsError as error:
            self.outcome.set_exception(error)
        except Exception as error:  # noqa: BLE001 (a list of what urllib3 and http.client raise would have gaps)
            self.outcome.set_exception(self._explain(error))
        finally:
            for connection in self._sockets:  # urllib3 leaves one open after a header that it cannot parse
                with suppress(OSError):
                    os.close(connection.detach())

    def stop(self) -> None:
        """Shut every connection down, so that `run` ends, and drop what was received."""
        with self._lock:
            self._stopped = True
            for duplicate in self._duplicates:
                with suppress(OSError):
                    duplicate.shutdown(socket.SHUT_RDWR)
                duplicate.close()
            self._duplicates.clear()
        self.body.clear()  # an error that is kept leads to this object by its traceback

    def too_slow(self) -> DownloadError:
        return DownloadError(
            f"The server {self._server} did not deliver within {self.timeout_s:g} s; try again, or save the "
            "picture and send it as path or base64."
        )

    def connect(self, host: str, port: int) -> socket.socket:
        """Connect to the first address of a host that answers, after checking all of them."""
        addresses = self._look_up(host, port, check=not self.proxy)
        for tried, (family, kind, protocol, _, address) in enumerate(addresses):
            with ExitStack() as cleanup, suppress(OSError):
                connection = cleanup.enter_context(socket.socket(family, kind, protocol))
                self._register(connection)
                # an address that does not answer must leave time for the next one
                connection.settimeout(max(0.01, self.deadline - monotonic()) / (len(addresses) - tried))
                connection.connect(address)
                cleanup.pop_all()
                return connection
        if monotonic() >= self.deadline:
            raise self.too_slow()
        server = "the proxy that $DIGITS_NB_PROXY names" if self.proxy else self._server
        msg = f"Nothing answers at {server}; check the address, or send the picture as path or base64."
        raise DownloadError(msg)

    def respond(self, connection: socket.socket, **options: Any) -> HTTPResponse:  # noqa: ANN401
        """Make the object that parses a response, so that what it reads is counted."""
        response = HTTPResponse(connection, **options)
        response.fp = _Reader(response.fp.detach(), self._count)
        return response

    def _count(self, received: int) -> None:
        self._pieces += 1
        self._received += received
        if self._pieces > MAX_PIECES or self._received - len(self.body) > MAX_BESIDES:
            fault = "comes in too many pieces, or with too much besides the picture"
            msg = f"The answer of {self._server} {fault}; save the picture and send it as path or base64."
            raise DownloadError(msg)

    @contextmanager
    def _turn(self, host: str) -> Iterator[None]:
        """Wait until fewer than `MAX_PER_HOST` downloads from a host are in progress."""
        with _turns_lock:  # by process too: one that was forked has its own downloads
            turn = _turns.setdefault((os.getpid(), host), threading.BoundedSemaphore(MAX_PER_HOST))
        while not turn.acquire(timeout=0.1):
            if self._stopped or monotonic() >= self.deadline:
                raise self.too_slow()
        try:
            yield
        finally:
            turn.release()

    def _register(self, connection: socket.socket) -> None:
        with self._lock:
            if self._stopped:
                raise self.too_slow()
            # Another thread can shut a duplicate down even if TLS has taken the original's file descriptor.
            self._duplicates.append(connection.dup())
            self._sockets.append(connection)

    def _follow_redirects(self) -> bytes:
        """Request the URL, then what it redirects to, and return the last one's body."""
        url, name = self.url, "The URL"
        refusal: type[DigitsError] = QueryError
        self._check_proxy()
        proxies = {"all": self.proxy} if self.proxy else {}
        # not a requests.Session, which reads the whole body of a redirect, whatever its size
        with closing(_Adapter(self)) as adapter:
            send = partial(adapter.send, stream=True, timeout=self.timeout_s, proxies=proxies)
            for _ in range(MAX_REDIRECTS + 1):
                request = prepare(url, name, refusal)
                scheme, host, port = server_of(request)
                self._server = f"{scheme}://{pair(host, port)}"
                if self.proxy:
                    with suppress(DownloadError):  # a name that only the proxy can resolve
                        self._look_up(host, port, check=True)
                with self._turn(host), closing(send(request)) as response:
                    if not response.is_redirect:
                        return self._read(response)
                    # requests decodes a header's bytes as latin-1, and servers write UTF-8
                    target = response.headers["Location"].encode("latin-1").decode(errors="replace")
                name, refusal = f"The address that {self._server} redirects to", ForbiddenAddress
                try:
                    url = urljoin(str(request.url), target)
                except ValueError:  # not a URL, as `prepare` will say
                    url = target
        msg = (
            f"The server {self._server} asks for one redirect more than the {MAX_REDIRECTS} that are "
            "followed; give the address at which they end."
        )
        raise DownloadError(msg)

    def _check_proxy(self) -> None:
        if self.proxy and "://" not in self.proxy:
            self.proxy = f"http://{self.proxy}"
        # for any other kind (SOCKS), requests makes the connection without `connect` and its checks
        if self.proxy and not self.proxy.lower().startswith(("http://", "https://")):
            msg = (
                "The proxy that $DIGITS_NB_PROXY names is of another kind than http and https, by which "
                "alone proxies are asked; let whoever runs this name one as http://host:port, or none."
            )
            raise DownloadError(msg)

    def _explain(self, error: Exception) -> DownloadError:
        fault, advice = f"The answer of {self._server} broke off or is not proper HTTP", "try again"
        if isinstance(error, requests.exceptions.SSLError):
            fault = f"The server {self._server} speaks no TLS, or its certificate does not verify"
            advice = "check the host name"
        explained = DownloadError(f"{fault}; {advice}, or send the picture as path or base64.")
        if isinstance(error, requests.Timeout):
            explained = self.too_slow()
        explained.__cause__ = error
        return explained

    def _read(self, response: requests.Response) -> bytes:
        if not 200 <= response.status_code < 300:  # noqa: PLR2004 (HTTP's successes)
            advice = _ADVICE.get(response.status_code, "check that the URL opens without logging in")
            answer = f"answered with status {response.status_code} and not with a picture"
            msg = f"The server {self._server} {answer}; {advice}."
            raise DownloadError(msg)
        announced = response.raw.length_remaining or 0
        # compressed twice, 1 MB can hold 200 MB of empty gzip members, which take seconds and add nothing
        if announced <= self.max_bytes and "," not in response.headers.get("Content-Encoding", ""):
            for block in response.iter_content(65_536):
                self.body += block
                if len(self.body) > self.max_bytes:
                    break
            else:
                for beginning, what in _NO_PICTURE.items():
                    if re.match(beginning, self.body[:500], re.IGNORECASE):
                        msg = f"The URL leads not to a picture but to {what}."
                        raise UnsupportedImage(msg)
                return bytes(self.body)
        msg = (
            f"The server {self._server} sends more than the {self.max_bytes / 1e6:g} MB that are read, or "
            "compresses them more than once; give the address of a smaller picture."
        )
        raise TooLarge(msg)

    def _look_up(self, host: str, port: int, *, check: bool) -> Sequence[_AddressInfo]:
        """Resolve a host's name. To check is to refuse the ports of other services and private addresses."""
        check = check and pair(host, port) not in self.allowed
        if check and port in OTHER_PORTS and port not in WEB_PORTS:
            reason = "a port of another service than the web (RFC 6335)"
            rule = f"only ports {WEB_PORTS[0]}, {WEB_PORTS[1]} and from {OTHER_PORTS.stop} on are asked"
            raise self._forbidden(reason, rule)
        try:
            # without the zone of a link-local address (%eth0): no public address has one
            addresses = socket.getaddrinfo(host.partition("%")[0], port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            msg = f"The host of {self._server} could not be found; check its spelling and the network."
            raise DownloadError(msg) from error
        for *_, address in addresses:
            if check and (reason := why_forbidden(str(address[0]))):
                raise self._forbidden(reason, "only public addresses are fetched")
        return addresses

    def _forbidden(self, reason: str, rule: str) -> ForbiddenAddress:
        return ForbiddenAddress(
            f"The address {self._server} leads to {reason}, and {rule}; send the picture as path or base64, "
            "or let whoever runs this name the server's host:port in $DIGITS_NB_ALLOW."
        )


class _Adapter(HTTPAdapter):
    """requests' adapter, with the connections and responses of a download."""

    def __init__(self, download: _Download) -> None:
        super().__init__()
        self._download = download
        self._pools: list[HTTPConnectionPool] = []

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:  # noqa: ANN401
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        ours = {
            "_new_conn": lambda connection: self._download.connect(connection.host, connection.port),
            "response_class": staticmethod(self._download.respond),
        }
        pool.ConnectionCls = type("Connection", (pool.ConnectionCls,), ours)
        self._pools.append(pool)
        return self._pools[-1]

    def close(self) -> None:
        # a pool that is not closed is kept for good by urllib3's `weakref.finalize`, and the download with it
        for pool in self._pools:
            pool.close()
        super().close()


class _Reader(io.BufferedReader):
    """What `http.client` parses, with a call of `count` for each line, and each time that data arrived."""

    def __init__(self, raw: io.RawIOBase, count: Callable[[int], None]) -> None:
        super().__init__(raw)
        self._count = count

    def read(self, size: int | None = -1) -> bytes:
        size, data = -1 if size is None else size, bytearray()
        while len(data) != size and (block := self.read1(size - len(data))):
            self._count(len(block))
            data += block
        return bytes(data)

    def readline(self, size: int | None = -1) -> bytes:
        line = super().readline(size)
        self._count(len(line))
        return line
