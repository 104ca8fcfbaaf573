"""A URL becomes bytes: from public addresses only, within a number of bytes and of seconds.

At every hop the name is looked up once, every address that it has is judged before a socket is opened,
and the connection is made to one of the addresses that were judged: a name cannot change its mind in
between, and TLS still verifies the name. `$DIGITS_NB_ALLOW` names exceptions as exact `host:port`,
comma-separated. Proxies are not used unless `$DIGITS_NB_PROXY` names one, which is asked by HTTP or HTTPS;
it then looks names up itself, and what can be looked up here too is judged here first.

A message names a server as `scheme://host:port`, never a path, a query string or a password.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager, suppress
from time import monotonic
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool

from digits_nb.errors import DigitsError, DownloadError, ForbiddenAddress, QueryError, TooLarge
from digits_nb.images.addresses import OTHER_PORTS, WEB_PORTS, pair, prepare, server_of, why_forbidden

MAX_REDIRECTS = 5


def download(
    url: str,
    *,
    max_bytes: int,
    timeout_s: float,
    progress: Callable[[int], object] | None = None,
) -> bytes:
    """Fetch the body behind a URL.

    Parameters
    ----------
    url
        http or https, without user name and password; up to `MAX_REDIRECTS` redirects are followed.
    max_bytes
        The most that is read, after the body's own compression (gzip, deflate) is undone.
    timeout_s
        The most seconds that everything together may take: look-ups, connections, headers and bodies.
    progress
        Called about ten times a second, in the caller's thread, with the number of bytes that are there.
        Whatever it raises ends the download.

    Raises
    ------
    QueryError
        `url` is no URL of this kind.
    ForbiddenAddress
        It leads, or redirects, to an address that is not public, to a port below 1024 but 80 and 443, or to
        one that is not http or https.
    DownloadError
        No answer, not in time, broken off, a status that is no success, a certificate that does not
        verify, too many redirects, or a proxy that is not asked by HTTP or HTTPS.
    TooLarge
        There are more than `max_bytes`.
    """
    transfer = _Transfer(url, max_bytes, timeout_s)
    # the caller waits for a thread, since neither a look-up nor a server that sends its headers byte by
    # byte can be told to end at a given time; an abandoned look-up ends when the resolver gives up
    threading.Thread(target=transfer.run, name="digits_nb.images.fetch", daemon=True).start()
    try:
        while True:
            left = transfer.ends - monotonic()
            with suppress(TimeoutError):
                return transfer.outcome.result(max(0, left if progress is None else min(left, 0.1)))
            if monotonic() >= transfer.ends:
                raise transfer.slow()
            if progress is not None:
                progress(len(transfer.body))
    finally:
        transfer.cut()


class _Transfer:
    """One URL on its way: runs in a thread of its own, and can be cut off from another."""

    def __init__(self, url: str, max_bytes: int, timeout_s: float) -> None:
        self.url, self.max_bytes, self.timeout_s = url, max_bytes, timeout_s
        self.ends = monotonic() + timeout_s
        self.allowed = {entry.strip().lower() for entry in os.environ.get("DIGITS_NB_ALLOW", "").split(",")}
        self.proxy = os.environ.get("DIGITS_NB_PROXY", "").strip()
        self.body = bytearray()
        self.outcome: Future[bytes] = Future()
        self._origin = "of the URL"  # until there is a scheme://host:port to name
        self._lines: list[socket.socket] = []
        self._handles: list[socket.socket] = []
        self._over = False
        self._lock = threading.Lock()

    def run(self) -> None:
        try:
            self.outcome.set_result(self._follow())
        except BaseException as error:  # noqa: BLE001 (the thread that waits raises it)
            self.outcome.set_exception(error)
        finally:
            for line in self._lines:  # urllib3 forgets to, after a header that makes no sense
                with suppress(OSError):
                    os.close(line.detach())

    def cut(self) -> None:
        """End the download wherever it is."""
        with self._lock:
            self._over = True
            for handle in self._handles:
                with suppress(OSError):
                    handle.shutdown(socket.SHUT_RDWR)
                handle.close()
            self._handles.clear()

    def slow(self) -> DownloadError:
        return DownloadError(
            f"The server {self._origin} did not deliver within {self.timeout_s:g} s; try again, or save the "
            "picture and send it as path or base64."
        )

    def dial(self, host: str, port: int) -> socket.socket:
        """Connect to the first address of `host` that answers, all of them being judged."""
        addresses = self._look_up(host, port)
        if not self.proxy:
            self._judge(host, port, addresses)
        for tried, (family, kind, protocol, _, address) in enumerate(addresses):
            with ExitStack() as cleanup, suppress(OSError):
                line = cleanup.enter_context(socket.socket(family, kind, protocol))
                self._hold(line)
                # an address that does not answer must leave time for the next one
                line.settimeout(max(0.01, self.ends - monotonic()) / (len(addresses) - tried))
                line.connect(address)
                cleanup.pop_all()
                return line
        if monotonic() >= self.ends:
            raise self.slow()
        server = "the proxy that $DIGITS_NB_PROXY names" if self.proxy else self._origin
        msg = f"Nothing answers at {server}; check the address, or send the picture as path or base64."
        raise DownloadError(msg)

    def _hold(self, line: socket.socket) -> None:
        with self._lock:
            if self._over:
                raise self.slow()
            # a duplicate can be shut down whoever owns the original by then, or has wrapped it in TLS
            self._handles.append(line.dup())
            self._lines.append(line)

    def _follow(self) -> bytes:
        """Walk from hop to hop to the body."""
        url = self.url
        self._check_proxy()
        # not a requests.Session, which reads the body of a redirect whole, whatever its size
        how = {
            "stream": True,
            "timeout": self.timeout_s,
            "proxies": {"all": self.proxy} if self.proxy else {},
        }
        with closing(_Adapter(self)) as adapter:
            for hop in range(MAX_REDIRECTS + 1):
                if hop == 0:
                    request = prepare(url, "The URL", QueryError)
                else:
                    request = prepare(url, f"The address that {self._origin} redirects to", ForbiddenAddress)
                scheme, host, port = server_of(request)
                self._origin = f"{scheme}://{pair(host, port)}"
                self._judge_port(host, port)
                if self.proxy:
                    with suppress(DownloadError):  # a name that only the proxy knows
                        self._judge(host, port, self._look_up(host, port))
                with self._failures_named(), closing(adapter.send(request, **how)) as response:
                    if not response.is_redirect:
                        return self._read(response)
                    # requests gives a header's bytes as latin-1, and servers write UTF-8
                    target = response.headers["Location"].encode("latin-1").decode(errors="replace")
                try:
                    url = urljoin(str(request.url), target)
                except ValueError:  # no URL, as the next step will say
                    url = target
        msg = (
            f"The server {self._origin} asks for one redirect more than the {MAX_REDIRECTS} that are "
            "followed; give the address at which they end."
        )
        raise DownloadError(msg)

    def _check_proxy(self) -> None:
        if self.proxy and "://" not in self.proxy:
            self.proxy = f"http://{self.proxy}"
        # through any other, requests connects by itself, past `dial` and what it judges
        if self.proxy and not self.proxy.lower().startswith(("http://", "https://")):
            msg = (
                "The proxy that $DIGITS_NB_PROXY names is of another kind than http and https, by which "
                "alone proxies are asked; let whoever runs this name one as http://host:port, or none."
            )
            raise DownloadError(msg)

    @contextmanager
    def _failures_named(self) -> Iterator[None]:
        try:
            yield
        except DigitsError:
            raise
        except requests.Timeout as error:
            raise self.slow() from error
        except requests.exceptions.SSLError as error:
            msg = (
                f"The server {self._origin} speaks no TLS, or its certificate does not verify; check the "
                "host name, or send the picture as path or base64."
            )
            raise DownloadError(msg) from error
        except Exception as error:  # a hostile server finds its way through any list of errors
            msg = (
                f"The answer of {self._origin} broke off or is not proper HTTP; try again, or send the "
                "picture as path or base64."
            )
            raise DownloadError(msg) from error

    def _read(self, response: requests.Response) -> bytes:
        if not 200 <= response.status_code < 300:  # noqa: PLR2004 (HTTP's successes)
            msg = (
                f"The server {self._origin} answered with status {response.status_code} and not with a "
                "picture; check that the URL opens without logging in."
            )
            raise DownloadError(msg)
        announced = response.raw.length_remaining or 0
        if announced <= self.max_bytes:
            for block in response.iter_content(65_536):
                self.body += block
                if len(self.body) > self.max_bytes:
                    break
            else:
                return bytes(self.body)
        msg = (
            f"The server {self._origin} sends more than the {self.max_bytes / 1e6:g} MB that are read; give "
            "the address of a smaller picture."
        )
        raise TooLarge(msg)

    def _look_up(self, host: str, port: int) -> list[tuple]:
        try:
            # without the zone that a link-local address may carry: no public one has any
            return socket.getaddrinfo(host.partition("%")[0], port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            msg = f"The host of {self._origin} could not be found; check its spelling and the network."
            raise DownloadError(msg) from error

    def _judge_port(self, host: str, port: int) -> None:
        if port in OTHER_PORTS and port not in WEB_PORTS and pair(host, port) not in self.allowed:
            reason = "a port of another service than the web (RFC 6335)"
            rule = f"only ports {WEB_PORTS[0]}, {WEB_PORTS[1]} and from {OTHER_PORTS.stop} on are asked"
            raise self._forbidden(reason, rule)

    def _judge(self, host: str, port: int, addresses: list[tuple]) -> None:
        if pair(host, port) in self.allowed:
            return
        for *_, address in addresses:
            if reason := why_forbidden(address[0]):
                raise self._forbidden(reason, "only public addresses are fetched")

    def _forbidden(self, reason: str, rule: str) -> ForbiddenAddress:
        msg = (
            f"The address {self._origin} leads to {reason}, and {rule}; send the picture as path or base64, "
            "or let whoever runs this name the server's host:port in $DIGITS_NB_ALLOW."
        )
        return ForbiddenAddress(msg)


class _Adapter(HTTPAdapter):
    """requests' adapter, but its connections are made by a transfer's `dial`."""

    def __init__(self, transfer: _Transfer) -> None:
        super().__init__()
        self._transfer = transfer

    def get_connection_with_tls_context(self, *args: object, **kwargs: object) -> HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        transfer = self._transfer

        class Dialled(type(pool).ConnectionCls):
            def _new_conn(self) -> socket.socket:
                return transfer.dial(self.host, self.port)

        pool.ConnectionCls = Dialled
        return pool
