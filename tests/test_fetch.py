"""A URL becomes bytes: real servers on the loopback, and proof that nothing else is ever connected to."""

import gzip
import re
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
import requests.adapters
import trustme
from hypothesis import example, given
from hypothesis import strategies as st
from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES
from servers import (
    Behaviour,
    Server,
    chunked,
    compressed,
    dripping,
    endless,
    in_turn,
    lying_about_length,
    plain,
    redirecting,
    redirecting_by,
    saying,
    serving,
    silent,
)

from digits_nb.addresses import FORBIDDEN, why_forbidden
from digits_nb.errors import DigitsError, DownloadError, ForbiddenAddress, QueryError, TooLarge
from digits_nb.fetch import MAX_REDIRECTS, download

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


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names that exist for this test only; an empty dict leaves the system's look-up alone.

    A name's addresses are taken one list after the other, so that a name can change between look-ups.
    """
    book: dict[str, list[list[str]]] = {}
    look_up = socket.getaddrinfo

    def look_up_here(host: str, port: int, *args: object, **kwargs: object) -> list[tuple]:
        if host not in book:
            return look_up(host, port, *args, **kwargs)
        addresses = book[host].pop(0) if len(book[host]) > 1 else book[host][0]
        return [look_up(address, port, *args, **kwargs)[0] for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up_here)
    return book


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


# what is refused before a socket is opened

FORBIDDEN_HOSTS = {
    "loopback": "127.0.0.1",
    "loopback by name": "localhost",
    "loopback by name with a dot": "localhost.",
    "loopback elsewhere in its block": "127.8.8.8",
    "loopback as a decimal number": "2130706433",
    "loopback as a hexadecimal number": "0x7f000001",
    "loopback as an octal number": "017700000001",
    "loopback with hexadecimal parts": "0x7f.0x0.0x0.0x1",
    "loopback with octal parts": "0177.0.0.01",
    "loopback in short": "127.1",
    "no address": "0.0.0.0",  # noqa: S104 (asked for, not bound to)
    "zero in short": "0",
    "private of class A": "10.0.0.7",
    "private of class B": "172.31.255.1",
    "private of class C": "192.168.1.1",
    "private as a decimal number": "3232235777",
    "carrier-grade NAT": "100.64.1.1",
    "Alibaba's metadata": "100.100.100.200",
    "link-local": "169.254.3.3",
    "metadata of most clouds": "169.254.169.254",
    "metadata as a decimal number": "2852039166",
    "metadata of containers": "169.254.170.2",
    "Azure's wire server": "168.63.129.16",
    "Oracle's metadata": "192.0.0.192",
    "documentation": "192.0.2.1",
    "more documentation": "198.51.100.7",
    "still more documentation": "203.0.113.9",
    "a 6to4 relay": "192.88.99.1",
    "benchmarks": "198.19.0.1",
    "multicast": "224.0.0.251",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "IPv6 loopback": "[::1]",
    "IPv6 loopback at length": "[0:0:0:0:0:0:0:1]",
    "IPv6 unspecified": "[::]",
    "IPv4-mapped loopback": "[::ffff:127.0.0.1]",
    "IPv4-mapped metadata": "[::ffff:a9fe:a9fe]",
    "IPv4-compatible loopback": "[::7f00:1]",
    "IPv4-compatible private": "[::10.0.0.1]",
    "IPv4-translated loopback": "[::ffff:0:127.0.0.1]",
    "NAT64 of a private address": "[64:ff9b::10.0.0.1]",
    "local NAT64": "[64:ff9b:1::1]",
    "6to4 of a private address": "[2002:a00:1::1]",
    "Teredo": "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "ORCHID": "[2001:20::1]",
    "IPv6 benchmarks": "[2001:2::1]",
    "IPv6 documentation": "[2001:db8::1]",
    "newer IPv6 documentation": "[3fff::1]",
    "segment routing": "[5f00::1]",
    "discard": "[100::1]",
    "unique local": "[fc00::1]",
    "Amazon's metadata by IPv6": "[fd00:ec2::254]",
    "IPv6 link-local": "[fe80::1]",
    "IPv6 link-local with a zone": "[fe80::1%25lo]",
    "site-local": "[fec0::1]",
    "IPv6 multicast": "[ff02::1]",
    "IPv6 that nobody gave out": "[4000::1]",
}


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", FORBIDDEN_HOSTS.values(), ids=FORBIDDEN_HOSTS.keys())
def test_an_address_that_is_not_public_is_refused(host: str, scheme: str, connections: list[object]) -> None:
    began = time.monotonic()
    with pytest.raises(ForbiddenAddress, match=r"leads to .*only public addresses .*DIGITS_NB_ALLOW"):
        get(f"{scheme}://{host}:8080/private/path?token=secret")
    assert not connections
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("port", [80, 8080, 1])
def test_no_port_makes_an_address_public(port: int, connections: list[object]) -> None:
    with pytest.raises(ForbiddenAddress):
        get(f"http://10.0.0.1:{port}/")
    assert not connections


@pytest.mark.parametrize(
    "addresses", [["10.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["10.0.0.1", "93.184.215.14"], ["::1"]]
)
def test_a_name_is_refused_if_any_of_its_addresses_is_not_public(
    addresses: list[str], names: dict[str, list[list[str]]], connections: list[object]
) -> None:
    names["pictures.example"] = [addresses]
    with pytest.raises(ForbiddenAddress, match=r"http://pictures\.example:80 leads to"):
        get("http://pictures.example/seven.png")
    assert not connections


def test_a_name_that_changes_is_connected_to_where_it_was_judged(
    names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["pictures.example"] = [["93.184.215.14"], ["127.0.0.1"]]
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
    names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["pictures.example"] = [["::1", "127.0.0.1"]]
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


@pytest.mark.parametrize("host", FORBIDDEN_HOSTS.values(), ids=FORBIDDEN_HOSTS.keys())
def test_a_redirect_to_an_address_that_is_not_public_is_refused(
    host: str, allow: Allow, connections: list[object]
) -> None:
    with serving(redirecting(f"http://{host}/latest/meta-data")) as server:
        allow(server)
        with pytest.raises(ForbiddenAddress, match="leads to"):
            get(server.url)
        assert connections == [(server.host, server.port)]


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://example.com/seven.png",
        "gopher://example.com/1",
        "data:image/png;base64,iVBORw0KGgo=",
        "javascript:alert(1)",
        "http://user:secret@example.com/",
        "//user@example.com/",
        "http://[::1",
        "http://example.com:99999/",
        "http://exa mple.com/",
    ],
)
def test_a_redirect_to_what_is_no_web_address_is_refused(
    target: str, allow: Allow, connections: list[object]
) -> None:
    with serving(redirecting(target)) as server:
        allow(server)
        with pytest.raises(ForbiddenAddress, match="redirects to cannot be fetched") as caught:
            get(server.url)
        assert "secret" not in str(caught.value)
        assert connections == [(server.host, server.port)]


def test_a_redirect_loop_ends(allow: Allow) -> None:
    with serving(redirecting("/seven.png")) as server:
        allow(server)
        with pytest.raises(DownloadError, match="redirect"):
            get(server.url)
        assert len(server.seen) == MAX_REDIRECTS + 1


SHAPES = {
    "no scheme": ("example.com/seven.png", "begins with http"),
    "a file": ("file:///etc/passwd", "begins with http"),
    "ftp": ("ftp://example.com/seven.png", "begins with http"),
    "gopher": ("gopher://example.com/1", "begins with http"),
    "an unknown scheme that begins like http": ("httpx://example.com/", "begins with http"),
    "a scheme without slashes": ("http:example.com", "begins with http"),
    "a user name and password": ("http://me:secret@example.com/", "no user name"),
    "a user name that looks like a host": ("http://example.com@127.0.0.1/", "no user name"),
    "a blank": ("http://example.com/a b.png", "no blanks"),
    "a line break": ("http://example.com/\r\nHost: inner", "no blanks"),
    "a backslash": ("http://example.com\\@127.0.0.1/", "no blanks"),
    "a zero byte": ("http://example.com/\0", "no blanks"),
    "no host": ("http:///seven.png", "host or port is not valid"),
    "nothing but a port": ("http://:80/", "host or port is not valid"),
    "half a bracket": ("http://[::1/", "host or port is not valid"),
    "a port too high": ("http://example.com:65536/", "host or port is not valid"),
    "a port that is no number": ("http://example.com:http/", "host or port is not valid"),
    "a host of stars": ("http://*.example.com/", "host or port is not valid"),
    "digits in circles": ("http://①②⑦.⓪.⓪.①/", "host or port is not valid"),
    "a host without end": (f"http://{'a.' * 200}com/", "host or port is not valid"),
    "a URL without end": (f"http://example.com/{'a' * 9_000}", "at most 8,192 characters"),
}


@pytest.mark.parametrize(("url", "rule"), SHAPES.values(), ids=SHAPES.keys())
def test_what_is_no_url_is_a_query_error(url: str, rule: str, connections: list[object]) -> None:
    with pytest.raises(QueryError, match=rule) as caught:
        get(url)
    assert re.fullmatch(SENTENCE, str(caught.value))
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 200
    assert not connections


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
        pytest.param(plain(bytes(CAP + 1)), id="too long, and says so"),
        pytest.param(endless(), id="chunked without end"),
        pytest.param(chunked([bytes(60_000), bytes(60_000)]), id="chunked past the limit"),
        pytest.param(plain(GZIP_BOMB, Content_Encoding="gzip"), id="gzip past the limit"),
        pytest.param(
            plain(gzip.compress(GZIP_BOMB), Content_Encoding="gzip, gzip"),
            id="gzip within gzip past the limit",
        ),
        pytest.param(compressed(bytes(50_000_000), "deflate"), id="deflate past the limit"),
        pytest.param(
            chunked([GZIP_BOMB[i : i + 500] for i in range(0, len(GZIP_BOMB), 500)], Content_Encoding="gzip"),
            id="gzip in chunks past the limit",
        ),
        pytest.param(
            saying(b"HTTP/1.0 200 OK\r\n\r\n" + bytes(5 * CAP)), id="no length at all, past the limit"
        ),
        pytest.param(plain(b"x", Content_Length=10**18), id="announces an exabyte"),
    ],
)
def test_more_than_the_limit_is_too_large_and_never_in_memory(behaviour: Behaviour, allow: Allow) -> None:
    with serving(behaviour) as server:
        allow(server)
        get_error(server.url)  # what the first time imports is not the body
        tracemalloc.start()
        error = get_error(server.url)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert type(error) is TooLarge
    assert re.search(rf"{server.url.removesuffix('/seven.png')} sends more than the 0.1 MB", str(error))
    assert peak < 4_000_000


def get_error(url: str, timeout_s: float = 5) -> Exception:
    with pytest.raises(DigitsError) as caught:
        get(url, timeout_s)
    assert re.fullmatch(SENTENCE, str(caught.value))
    return caught.value


@pytest.mark.parametrize("status", [204, 304, 400, 401, 403, 404, 418, 429, 500, 503])
def test_a_status_without_a_picture_is_named(status: int, allow: Allow) -> None:
    with serving(plain(b"", status)) as server:
        allow(server)
        if status == 204:
            assert get(server.url) == b""
            return
        with pytest.raises(DownloadError, match=f"answered with status {status}"):
            get(server.url)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(lying_about_length(PICTURE, len(PICTURE) + 1), id="announced longer than it is"),
        pytest.param(plain(b"no gzip", Content_Encoding="gzip"), id="gzip that is none"),
        pytest.param(saying(b""), id="hangs up at once"),
        pytest.param(saying(PICTURE), id="speaks no HTTP"),
        pytest.param(saying(HEAD + b"Content-Length: 5, 6\r\n\r\nhello"), id="two lengths"),
        pytest.param(saying(HEAD + b"A: b\r\n" * 1_000 + b"\r\n"), id="a thousand headers"),
        pytest.param(saying(HEAD + b"A: " + b"b" * 200_000), id="a header without end"),
        pytest.param(
            saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            id="chunks without numbers",
        ),
        pytest.param(saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\nab"), id="half a chunk"),
        pytest.param(saying(b"HTTP/1.1 302 Found\r\n\r\n"), id="a redirect to nowhere"),
    ],
)
def test_a_broken_answer_is_a_download_error(behaviour: Behaviour, allow: Allow) -> None:
    with serving(behaviour) as server:
        allow(server)
        with pytest.raises(DownloadError, match=f"{re.escape(server.pair)} (broke off|answered)"):
            get(server.url)


DRIP = HEAD + b"Content-Length: 1000\r\n\r\n" + bytes(1_000)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(silent(), id="says nothing"),
        pytest.param(dripping(DRIP), id="drips its headers"),
        pytest.param(dripping(HEAD + b"A: " + b"b" * 1_000), id="drips one header"),
        pytest.param(dripping(DRIP[43:], 0.02), id="drips what is no HTTP"),
        pytest.param(in_turn(saying(DRIP[:44]), dripping(DRIP[44:])), id="drips its body"),
        pytest.param(
            in_turn(saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"), dripping(b"0" * 1_000)),
            id="drips the length of a chunk",
        ),
        pytest.param(
            in_turn(saying(HEAD + b"Content-Encoding: gzip\r\n\r\n"), dripping(GZIP_BOMB)),
            id="drips something compressed",
        ),
    ],
)
def test_everything_together_takes_no_longer_than_it_may(behaviour: Behaviour, allow: Allow) -> None:
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
    while downloads := [one for one in threading.enumerate() if one.name == "digits_nb.fetch"]:
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


def test_a_name_that_does_not_exist_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up_in_vain(*_: object, **__: object) -> list[tuple]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", look_up_in_vain)
    with pytest.raises(DownloadError, match=r"The host of http://pictures\.example:80 could not be found"):
        get("http://pictures.example/")


def test_a_port_where_nobody_listens_says_so(allow: Allow) -> None:
    with serving(plain(PICTURE)) as server:
        allow(server)
    with pytest.raises(DownloadError, match=f"Nothing answers at http://{server.pair}"):
        get(server.url)


def test_progress_is_told_and_can_end_the_download(allow: Allow) -> None:
    class Stopped(Exception):
        pass

    told: list[int] = []

    def progress(received: int) -> None:
        told.append(received)
        if received >= 40_000:
            raise Stopped

    with serving(endless(10_000, gap_s=0.05)) as server:
        allow(server)
        with pytest.raises(Stopped):
            download(server.url, max_bytes=10**9, timeout_s=10, progress=progress)
        assert server.hung_up.wait(5), "the connection is still open"
    assert told == sorted(told)
    assert len(told) > 1
    assert_no_download_is_left()


# TLS and proxies


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> trustme.CA:
    """A certificate authority that requests trusts in this test."""
    authority = trustme.CA()
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(bundle)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(bundle))
    return authority


def tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_tls_verifies_the_name_though_the_address_is_pinned(
    authority: trustme.CA, names: dict[str, list[list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["pictures.example"] = [["127.0.0.1"]]
    with serving(plain(PICTURE), tls=tls(authority, "pictures.example")) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", f"pictures.example:{server.port}, localhost:{server.port}")
        assert get(f"https://pictures.example:{server.port}/") == PICTURE
        with pytest.raises(DownloadError, match=r"certificate does not verify"):
            get(f"https://localhost:{server.port}/")
        assert len(server.seen) == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_speaks_the_other_protocol_is_a_download_error(
    scheme: str, authority: trustme.CA, allow: Allow
) -> None:
    with serving(plain(PICTURE), tls=tls(authority, "127.0.0.1") if scheme == "http" else None) as server:
        allow(server)
        with pytest.raises(DownloadError, match="TLS" if scheme == "https" else "broke off"):
            get(f"{scheme}://{server.pair}/")


def test_a_certificate_of_nobodys_is_refused(allow: Allow) -> None:
    with serving(plain(PICTURE), tls=tls(trustme.CA(), "127.0.0.1")) as server:
        allow(server)
        with pytest.raises(DownloadError, match=r"certificate does not verify"):
            get(server.url)
        assert not server.seen


def test_a_drip_within_tls_ends_in_time(authority: trustme.CA, allow: Allow) -> None:
    with serving(dripping(DRIP), tls=tls(authority, "127.0.0.1")) as server:
        allow(server)
        began = time.monotonic()
        error = get_error(server.url, timeout_s=0.5)
        assert time.monotonic() - began < 5
        assert "did not deliver" in str(error)
        assert server.hung_up.wait(5), "the connection is still open"
    assert_no_download_is_left()


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_not_used(
    name: str, allow: Allow, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(plain(b"from the proxy")) as proxy, serving(plain(PICTURE)) as server:
        monkeypatch.setenv(name, f"http://{proxy.pair}")
        allow(server)
        assert get(server.url) == PICTURE
        with pytest.raises(ForbiddenAddress):
            get("http://10.0.0.1/")
        assert not proxy.seen


def test_the_proxy_that_is_named_is_used_and_looks_names_up_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(PICTURE)) as proxy:
        monkeypatch.setenv("DIGITS_NB_PROXY", f"http://me:secret@{proxy.pair}")
        assert get("http://pictures.invalid/seven.png") == PICTURE
        [request] = proxy.seen
        assert request.requestline == "GET http://pictures.invalid/seven.png HTTP/1.1"
        assert request.headers["Proxy-Authorization"].startswith("Basic ")


def test_a_proxy_makes_no_address_public(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(redirecting("http://169.254.169.254/latest")) as proxy:
        monkeypatch.setenv("DIGITS_NB_PROXY", proxy.pair)
        for url in ("http://10.0.0.1/", "https://localhost/", "http://pictures.invalid/"):
            with pytest.raises(ForbiddenAddress):
                get(url)
        assert [request.path for request in proxy.seen] == ["http://pictures.invalid/"]


def test_a_proxy_that_refuses_a_tunnel_is_a_download_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(b"", 403)) as proxy:
        monkeypatch.setenv("DIGITS_NB_PROXY", proxy.pair)
        with pytest.raises(DownloadError, match=r"https://pictures\.invalid:443 broke off"):
            get("https://pictures.invalid/")
        assert proxy.seen[0].requestline.startswith("CONNECT pictures.invalid:443 ")


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
