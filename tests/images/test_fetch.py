"""A URL becomes bytes: real servers on the loopback, and proof that nothing else is ever connected to."""

import gc
import gzip
import re
import socket
import sys
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import repeat

import numpy as np
import pytest
import requests.adapters
import trustme
from crowd import Crowd
from hypothesis import example, given
from hypothesis import strategies as st
from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES
from servers import (
    Behaviour,
    Server,
    certified,
    chunked,
    compressed,
    dripping,
    endless,
    in_turn,
    lying_about_length,
    naming,
    plain,
    redirecting,
    redirecting_by,
    saying,
    serving,
    silent,
)

from digits_nb.errors import DigitsError, DownloadError, ForbiddenAddress, TooLarge, UnsupportedImage
from digits_nb.images import fetch
from digits_nb.images.addresses import FORBIDDEN, why_forbidden
from digits_nb.images.fetch import MAX_PER_HOST, MAX_REDIRECTS, _Download, download
from digits_nb.images.query import MAX_BYTES

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
SENTENCE = r"[A-Z].*[^.?!]\."
CAP = 100_000
HEAD = b"HTTP/1.1 200 OK\r\n"

Allow = Callable[..., None]


def get(url: str, timeout_s: float = 5, max_bytes: int = CAP) -> bytes:
    return download(url, max_bytes=max_bytes, timeout_s=timeout_s)


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Allow:
    def allow(*servers: Server) -> None:
        monkeypatch.setenv("DIGITS_NB_ALLOW", ", ".join(server.pair for server in servers))

    return allow


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The addresses that a socket was asked to connect to; sockets work as ever."""
    made: list[object] = []
    connect = socket.socket.connect

    def connect_and_tell(self: socket.socket, address: object) -> None:
        made.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect_and_tell)
    return made


# what comes back


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(plain(PICTURE), id="plain"),
        pytest.param(chunked([PICTURE[:100], PICTURE[100:]]), id="chunked"),
        pytest.param(compressed(PICTURE), id="gzip that nobody asked for"),
        pytest.param(compressed(PICTURE, "deflate"), id="deflate that nobody asked for"),
        pytest.param(plain(PICTURE, Content_Type="text/html"), id="under a type that is not true"),
        pytest.param(saying(b"HTTP/1.0 200 OK\r\n\r\n" + PICTURE), id="HTTP 1.0, ended by hanging up"),
        pytest.param(
            saying(b"HTTP/1.1 203 \r\nContent-Length: 2\r\n\r\nokandmore"), id="more than announced"
        ),
        pytest.param(lying_about_length(PICTURE, 8), id="announced shorter than it is"),
    ],
)
def test_the_body_of_an_allowed_server_comes_back(behaviour: Behaviour, allow: Allow) -> None:
    with serving(behaviour) as server:
        allow(server)
        body = get(server.url)
    assert body in (PICTURE, b"ok", PICTURE[:8])


def test_a_body_of_exactly_the_limit_passes_and_one_more_byte_does_not(allow: Allow) -> None:
    with serving(plain(PICTURE)) as server:
        allow(server)
        assert get(server.url, max_bytes=len(PICTURE)) == PICTURE
        with pytest.raises(TooLarge):
            get(server.url, max_bytes=len(PICTURE) - 1)


def test_the_request_asks_for_no_compression_and_carries_nothing_personal(
    allow: Allow, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with serving(plain(PICTURE)) as server:
        allow(server)
        get(f"{server.url}?size=8#fragment")
        [request] = server.seen
    assert request.path == "/seven.png?size=8"
    assert request.headers["Accept-Encoding"] == "identity"
    assert request.headers["Host"] == server.pair
    assert request.headers["User-Agent"].startswith("digits_nb/")
    assert not {"Authorization", "Cookie", "Referer"} & set(request.headers)


def test_blanks_around_a_url_are_nothing(allow: Allow) -> None:
    with serving(plain(PICTURE)) as server:
        allow(server)
        assert get(f"  {server.url}\n") == PICTURE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_on_the_same_server_is_followed(status: int, allow: Allow) -> None:
    def behaviour(handler: BaseHTTPRequestHandler) -> None:
        (plain(PICTURE) if handler.path == "/there" else redirecting("/there", status))(handler)

    with serving(behaviour) as server:
        allow(server)
        assert get(server.url) == PICTURE
        assert [request.path for request in server.seen] == ["/seven.png", "/there"]


def test_the_body_of_a_redirect_is_not_read(allow: Allow) -> None:
    head = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 1000000000\r\n\r\n"

    def behaviour(handler: BaseHTTPRequestHandler) -> None:
        (plain(PICTURE) if handler.path == "/there" else in_turn(saying(head), endless()))(handler)

    with serving(behaviour) as server:
        allow(server)
        assert get(server.url) == PICTURE
        assert server.hung_up.wait(5)


def test_redirects_are_followed_up_to_the_limit_and_no_further(allow: Allow) -> None:
    steps = {f"/{step}": f"/{step + 1}" for step in range(MAX_REDIRECTS)}
    with serving(redirecting_by(steps, PICTURE)) as server:
        allow(server)
        assert get(f"http://{server.pair}/0") == PICTURE
    with serving(redirecting_by(steps | {"/-1": "/0"}, PICTURE)) as server:
        allow(server)
        with pytest.raises(DownloadError, match=f"one redirect more than the {MAX_REDIRECTS}"):
            get(f"http://{server.pair}/-1")


def test_a_redirect_between_two_allowed_servers_is_followed(allow: Allow) -> None:
    with serving(plain(PICTURE)) as there, serving(redirecting(there.url)) as here:
        allow(here, there)
        assert get(here.url) == PICTURE


def test_a_name_is_allowed_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(PICTURE)) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", f"LOCALHOST:{server.port}")
        assert get(f"http://LocalHost:{server.port}/seven.png") == PICTURE
        with pytest.raises(ForbiddenAddress):
            get(server.url)


# where a connection is made


def test_a_name_that_changes_is_connected_to_where_it_was_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    naming({"pictures.example": [["93.184.215.14"], ["127.0.0.1"]]}, monkeypatch)
    reached: list[object] = []

    def connect_nowhere(_: socket.socket, address: object) -> None:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect_nowhere)
    with serving(plain(PICTURE)) as server, pytest.raises(DownloadError, match="Nothing answers"):
        get(f"http://pictures.example:{server.port}/")
    assert reached == [("93.184.215.14", server.port)]
    assert not server.seen


def test_a_name_whose_first_address_does_not_answer_is_tried_at_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    naming({"pictures.example": [["::1", "127.0.0.1"]]}, monkeypatch)
    with serving(plain(PICTURE)) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", f"pictures.example:{server.port}")
        assert get(f"http://pictures.example:{server.port}/") == PICTURE
        assert server.seen[0].headers["Host"] == f"pictures.example:{server.port}"


def test_a_redirect_from_an_allowed_server_to_another_port_is_refused(
    allow: Allow, connections: list[object]
) -> None:
    with serving(plain(PICTURE)) as secret, serving(redirecting(secret.url)) as server:
        allow(server)
        with pytest.raises(ForbiddenAddress, match=f"{secret.pair} leads to this machine"):
            get(server.url)
        assert len(server.seen) == 1
        assert not secret.seen
        assert connections == [(server.host, server.port)]


@given(st.text(max_size=60) | st.from_regex(r"https?://[^a-z]{1,40}"))
@example("http://1.1.1.1:0/")
def test_any_text_is_refused_without_a_connection(text: str) -> None:
    reached: list[object] = []

    def connect_nowhere(_: socket.socket, address: object) -> None:
        reached.append(address)
        raise ConnectionRefusedError

    def look_up_numbers(host: str, port: int, **kwargs: object) -> list[tuple]:
        return look_up(host, port, flags=socket.AI_NUMERICHOST, **kwargs)

    look_up = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_nowhere)
        patch.setattr(socket, "getaddrinfo", look_up_numbers)
        with pytest.raises(DigitsError):
            get(text, timeout_s=5)
    assert not [address for address in reached if why_forbidden(address[0])]


# which addresses are public


@given(st.ip_addresses())
@example(IPv4Address("168.63.129.16"))
@example(IPv6Address("::ffff:10.0.0.1"))
def test_what_python_and_requests_hardened_refuse_is_refused(address: IPv4Address | IPv6Address) -> None:
    inner = getattr(address, "ipv4_mapped", None) or address
    if not inner.is_global or inner.is_multicast or any(inner in block for block in EXTRA_BLOCKED_NET_RANGES):
        assert why_forbidden(str(address))


@pytest.mark.parametrize("block", FORBIDDEN, ids=str)
def test_every_block_is_refused_from_its_first_to_its_last_address(block: object) -> None:
    assert why_forbidden(str(block[0]))
    assert why_forbidden(str(block[-1]))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.215.14",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "128.0.0.1",
        "168.63.129.15",
        "172.15.255.255",
        "172.32.0.0",
        "192.167.255.255",
        "198.17.255.255",
        "198.20.0.0",
        "223.255.255.255",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        "2a00:1450:4001:80b::200e",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert why_forbidden(address) == ""


# what a server may try


GZIP_BOMB = gzip.compress(bytes(50_000_000))


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(endless(), id="chunked without end"),
        pytest.param(plain(GZIP_BOMB, Content_Encoding="gzip"), id="gzip past the limit"),
        pytest.param(
            plain(gzip.compress(GZIP_BOMB), Content_Encoding="gzip, gzip"),
            id="gzip within gzip past the limit",
        ),
        pytest.param(compressed(bytes(50_000_000), "deflate"), id="deflate past the limit"),
    ],
)
def test_more_than_the_limit_is_never_in_memory(behaviour: Behaviour, allow: Allow) -> None:
    with serving(behaviour) as server:
        allow(server)
        get_error(server.url)  # what the first time imports is not the body
        tracemalloc.start()
        error = get_error(server.url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert type(error) is TooLarge
    assert peak < 4_000_000


def get_error(url: str, timeout_s: float = 5) -> Exception:
    with pytest.raises(DigitsError) as caught:
        get(url, timeout_s)
    assert re.fullmatch(SENTENCE, str(caught.value))
    return caught.value


DRIP = HEAD + b"Content-Length: 1000\r\n\r\n" + bytes(1_000)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(silent(), id="says nothing"),
        pytest.param(dripping(DRIP), id="drips its headers"),
        pytest.param(in_turn(saying(DRIP[:44]), dripping(DRIP[44:])), id="drips its body"),
    ],
)
def test_a_server_that_is_given_up_on_is_hung_up_on(behaviour: Behaviour, allow: Allow) -> None:
    with serving(behaviour) as server:
        allow(server)
        began = time.monotonic()
        error = get_error(server.url, timeout_s=0.3)
        took = time.monotonic() - began
        assert server.hung_up.wait(5), "the connection is still open"
    assert type(error) is DownloadError
    assert took < 5
    assert_no_download_is_left()


def assert_no_download_is_left() -> None:
    deadline = time.monotonic() + 5
    while downloads := [one for one in threading.enumerate() if one.name == "digits_nb.images.fetch"]:
        assert time.monotonic() < deadline, f"{len(downloads)} threads are still at it"
        time.sleep(0.01)


def test_a_slow_server_is_named_in_the_message(allow: Allow) -> None:
    with serving(silent()) as server:
        allow(server)
        error = get_error(f"{server.url}?token=secret", timeout_s=0.2)
    assert str(error).startswith(f"The server http://{server.pair} did not deliver within 0.2 s;")
    assert "secret" not in str(error)


def test_a_slow_look_up_takes_no_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved = threading.Event()

    def look_up_slowly(*_: object, **__: object) -> list[tuple]:
        resolved.wait(20)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up_slowly)
    began = time.monotonic()
    with pytest.raises(DownloadError, match=r"http://pictures\.example:80 did not deliver within 0\.2 s"):
        get("http://pictures.example/", timeout_s=0.2)
    assert time.monotonic() - began < 5
    resolved.set()
    assert_no_download_is_left()


def test_a_port_where_nobody_listens_says_so(allow: Allow) -> None:
    with serving(plain(PICTURE)) as server:
        allow(server)
    with pytest.raises(DownloadError, match=f"Nothing answers at http://{server.pair}"):
        get(server.url)


def test_progress_is_told_and_can_end_the_download(allow: Allow) -> None:
    told: list[int] = []

    def progress(received: int) -> None:
        told.append(received)
        if received >= 40_000:
            raise StoppedError

    with serving(endless(10_000, gap_s=0.05)) as server:
        allow(server)
        with pytest.raises(StoppedError):
            download(server.url, max_bytes=10**9, timeout_s=10, progress=progress)
        assert server.hung_up.wait(5), "the connection is still open"
    assert told == sorted(told)
    assert len(told) > 1
    assert_no_download_is_left()


class StoppedError(Exception):
    """What the panel's Stop raises in a download."""


def stop(_: int) -> None:
    raise StoppedError


FAILURES = 200
KINDS = (_Download, fetch._Adapter, fetch._Reader, HTTPConnection, HTTPResponse, requests.Response)


@pytest.mark.parametrize(
    ("behaviour", "timeout_s", "progress"),
    [
        pytest.param(endless(), 5, None, id="bytes without end"),
        pytest.param(plain(b"", 404), 5, None, id="a status that is no success"),
        pytest.param(saying(HEAD + b"Content-Length: 5, 6\r\n\r\nhello"), 5, None, id="no proper HTTP"),
        pytest.param(saying(DRIP[:60]), 5, None, id="a connection that is cut"),
        pytest.param(in_turn(saying(DRIP[:44]), silent()), 0.05, None, id="a timeout"),
        pytest.param(redirecting("http://10.0.0.1/"), 5, None, id="a redirect that is refused"),
        pytest.param(in_turn(saying(DRIP[:44]), silent()), 5, stop, id="a user who stops it"),
    ],
)
def test_two_hundred_downloads_that_failed_leave_nothing(
    behaviour: Behaviour, timeout_s: float, progress: Callable[[int], object] | None, allow: Allow
) -> None:
    def fail(_: int) -> None:
        with pytest.raises((DigitsError, StoppedError)):
            download(server.url, max_bytes=CAP, timeout_s=timeout_s, progress=progress)

    def alive() -> int:
        assert_no_download_is_left()
        while any("process_request" in one.name for one in threading.enumerate()):  # the server's
            time.sleep(0.01)
        server.seen.clear()
        gc.collect()
        return sum(isinstance(one, KINDS) for one in gc.get_objects())

    with serving(behaviour) as server, ThreadPoolExecutor(MAX_PER_HOST) as callers:
        allow(server)
        before = alive()
        list(callers.map(fail, range(20)))  # what the first ones import is kept
        assert alive() == before
        blocks = sys.getallocatedblocks()
        list(callers.map(fail, range(FAILURES)))
        assert alive() == before
        assert sys.getallocatedblocks() - blocks < FAILURES / 2, "something is kept of each"


CHUNKS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GZIPPED = HEAD + b"Content-Encoding: gzip\r\n\r\n"


def without_end(start: bytes, block: bytes) -> Behaviour:
    """Send the start, then the block for as long as the client reads it."""

    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(start)
        for many in repeat(block * (10_000 // len(block) + 1)):
            handler.wfile.write(many)

    return send


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(without_end(CHUNKS, b"1\r\nx\r\n"), id="chunks of one byte"),
        pytest.param(without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="informational answers"),
        pytest.param(without_end(CHUNKS + b"1\r\nx\r\n0\r\n", b"a: b\r\n"), id="trailers"),
        pytest.param(without_end(CHUNKS, b"1;" + b"x" * 9_000 + b"\r\nx\r\n"), id="extensions of chunks"),
        pytest.param(without_end(GZIPPED, gzip.compress(b"")), id="empty gzip members"),
    ],
)
def test_an_answer_of_pieces_without_end_is_given_up_early(behaviour: Behaviour, allow: Allow) -> None:
    with serving(behaviour) as server:
        allow(server)
        with pytest.raises(DownloadError, match="comes in too many pieces, or with too much besides"):
            get(server.url, timeout_s=30, max_bytes=MAX_BYTES)
        assert server.hung_up.wait(5), "the connection is still open"
    assert_no_download_is_left()


def test_a_body_of_single_bytes_is_given_up_early(allow: Allow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "MAX_PIECES", 100)
    behaviour = in_turn(saying(HEAD + b"\r\n"), dripping(bytes(1_000), gap_s=0.002))
    with serving(behaviour) as server:
        allow(server)
        with pytest.raises(DownloadError, match="comes in too many pieces"):
            get(server.url, timeout_s=30)


def test_what_is_compressed_twice_is_refused_and_not_decoded(allow: Allow) -> None:
    outer, members = zlib.compressobj(9, wbits=31), gzip.compress(b"") * 10_000
    body = b"".join(outer.compress(members) for _ in range(500)) + outer.flush()
    with serving(plain(body, Content_Encoding="gzip, gzip")) as server:
        allow(server)
        with pytest.raises(TooLarge, match="or compresses them more than once"):
            get(server.url, timeout_s=2, max_bytes=MAX_BYTES)
    assert_no_download_is_left()


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_the_largest_picture_in_ordinary_chunks_is_read(encoding: str, allow: Allow) -> None:
    picture = np.random.default_rng(0).bytes(MAX_BYTES)
    sent = zlib.compress(picture, 0, wbits=31) if encoding == "gzip" else picture
    blocks = [sent[start : start + 4_096] for start in range(0, len(sent), 4_096)]
    with serving(chunked(blocks, Content_Encoding=encoding)) as server:
        allow(server)
        assert get(server.url, timeout_s=30, max_bytes=MAX_BYTES) == picture


def test_a_host_is_asked_for_a_limited_number_at_the_same_time_and_the_others_wait(
    allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work = Crowd(0.05)

    def behaviour(handler: BaseHTTPRequestHandler) -> None:
        with at_work:
            pass
        plain(PICTURE)(handler)

    with serving(behaviour) as server, ThreadPoolExecutor(3 * MAX_PER_HOST) as callers:
        allow(server)
        bodies = list(callers.map(get, [server.url] * 3 * MAX_PER_HOST))
    assert bodies == [PICTURE] * 3 * MAX_PER_HOST
    assert at_work.most == MAX_PER_HOST

    with (
        serving(silent()) as slow,
        serving(plain(PICTURE)) as other,
        ThreadPoolExecutor(2 * MAX_PER_HOST) as callers,
    ):
        monkeypatch.setenv("DIGITS_NB_ALLOW", f"{slow.pair}, localhost:{other.port}")
        working = [callers.submit(get, slow.url, 2) for _ in range(MAX_PER_HOST)]
        while len(slow.seen) < MAX_PER_HOST:
            time.sleep(0.01)
        waiting = [callers.submit(get, slow.url, 0.5) for _ in range(MAX_PER_HOST)]
        assert get(f"http://localhost:{other.port}/") == PICTURE, "another host does not wait"
        with suppress(StoppedError):
            download(slow.url, max_bytes=CAP, timeout_s=60, progress=stop)
        assert all("did not deliver within 0.5 s" in str(one.exception()) for one in waiting)
        assert all("did not deliver within 2 s" in str(one.exception()) for one in working)
        assert len(slow.seen) == MAX_PER_HOST
    assert_no_download_is_left()


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (403, "it refuses programs, or callers who have not logged in; save the picture"),
        (404, "check that the URL opens without logging in"),
        (429, "it was asked too often; try again in a few minutes"),
        (503, "it is overloaded or under maintenance; try again later"),
    ],
)
def test_a_status_has_its_own_advice(status: int, advice: str, allow: Allow) -> None:
    with serving(plain(b"<html>No</html>", status)) as server:
        allow(server)
        error = get_error(server.url)
    assert type(error) is DownloadError
    assert f"answered with status {status} and not with a picture; {advice}" in str(error)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        pytest.param(b"\xef\xbb\xbf\n<!DOCTYPE html><title>Seven</title>", "a web page", id="a web page"),
        pytest.param(b"<HTML><img src=seven.png>", "a web page", id="an old web page"),
        pytest.param(
            b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
            "a Git LFS pointer",
            id="a Git LFS pointer",
        ),
    ],
)
def test_what_a_url_leads_to_in_place_of_a_picture_is_named(body: bytes, what: str, allow: Allow) -> None:
    with serving(plain(body, Content_Type="image/png")) as server:
        allow(server)
        error = get_error(server.url)
    assert type(error) is UnsupportedImage
    assert str(error).startswith(f"The URL leads not to a picture but to {what}; ")


# TLS and proxies


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> trustme.CA:
    """A certificate authority that requests trusts in this test."""
    authority = trustme.CA()
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(bundle))
    return authority


def test_tls_verifies_the_name_though_the_address_is_pinned(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch
) -> None:
    naming({"pictures.example": [["127.0.0.1"]], "localhost": [["127.0.0.1"]]}, monkeypatch)
    with serving(plain(PICTURE), tls=certified(authority, "pictures.example")) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", f"pictures.example:{server.port}, localhost:{server.port}")
        assert get(f"https://pictures.example:{server.port}/") == PICTURE
        with pytest.raises(DownloadError, match=r"certificate does not verify"):
            get(f"https://localhost:{server.port}/")
        assert len(server.seen) == 1


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(
    name: str, allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(plain(b"from the proxy")) as proxy, serving(plain(PICTURE)) as server:
        monkeypatch.setenv(name, f"http://{proxy.pair}")
        allow(server)
        assert get(server.url) == PICTURE
        assert not proxy.seen


def test_the_proxy_that_is_named_is_used_and_looks_names_up_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(PICTURE)) as proxy:
        monkeypatch.setenv("DIGITS_NB_PROXY", f"http://me:secret@{proxy.pair}")
        assert get("http://pictures.invalid/seven.png") == PICTURE
        [request] = proxy.seen
        assert request.requestline == "GET http://pictures.invalid/seven.png HTTP/1.1"
        assert request.headers["Proxy-Authorization"].startswith("Basic ")


@pytest.mark.parametrize("scheme", ["", "http://", "HTTP://"])
def test_a_proxy_may_be_named_without_its_scheme(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(PICTURE)) as proxy:
        monkeypatch.setenv("DIGITS_NB_PROXY", f"{scheme}localhost:{proxy.port}")
        assert get("http://pictures.invalid/seven.png") == PICTURE


def test_a_proxy_that_is_not_there_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(b"")) as proxy:
        pass
    monkeypatch.setenv("DIGITS_NB_PROXY", f"http://me:secret@{proxy.pair}")
    with pytest.raises(DownloadError, match=r"Nothing answers at the proxy that \$DIGITS_NB_PROXY") as caught:
        get("http://pictures.invalid/")
    assert "secret" not in str(caught.value)


def test_an_address_is_judged_by_its_numbers_only() -> None:
    assert ip_address("10.0.0.1").is_private
    with pytest.raises(ValueError, match="does not appear to be"):
        why_forbidden("example.com")
