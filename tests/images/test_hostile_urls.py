"""URLs that might do harm: one table, each refused by name, in time, with no packet beyond the loopback.

Every server here is real and on the loopback. What a download does with sockets is told by Python itself (its
audit events): an address that may not be fetched is refused before there is one.
"""

import gzip
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
import requests.adapters
import trustme
from servers import (
    Behaviour,
    certified,
    chunked,
    compressed,
    dripping,
    endless,
    in_turn,
    listening,
    lying_about_length,
    naming,
    plain,
    redirecting,
    saying,
    serving,
    silent,
)

from digits_nb.errors import DigitsError, DownloadError, ForbiddenAddress, QueryError, TooLarge
from digits_nb.images.fetch import MAX_REDIRECTS, download

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
CAP = 100_000
HEAD = b"HTTP/1.1 200 OK\r\n"
DRIP = HEAD + b"Content-Length: 1000\r\n\r\n" + bytes(1_000)
GZIP_BOMB = gzip.compress(bytes(50_000_000))
PUBLIC = "93.184.215.14"  # played by the case's own server: nothing is sent there
LOCAL = {"localhost": [["127.0.0.1", "::1"]], "localhost.": [["127.0.0.1"]]}
SLACK_S = 3  # that a busy machine may add to a time limit


@dataclass(frozen=True)
class Case:
    """A URL, who answers it, and how it is refused; `{pair}` is the server's host:port, `{port}` its port."""

    error: type[DigitsError]
    says: str
    url: str = "http://{pair}/seven.png?token=secret"
    behaviour: Behaviour | None = None
    names: dict[str, list[list[str]]] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    certificate: str = ""
    trusted: bool = True
    reached: bool = True
    timeout_s: float = 5


def forbidden(url: str, says: str = "leads to .*only public addresses", **others: object) -> Case:
    return Case(ForbiddenAddress, says, url, **others)


def served(behaviour: Behaviour, error: type[DigitsError], says: str, **others: object) -> Case:
    return Case(error, says, behaviour=behaviour, **others)


def redirected(target: str, says: str = "leads to .*only public addresses", **others: object) -> Case:
    return Case(ForbiddenAddress, says, behaviour=redirecting(target), **others)


def slow(behaviour: Behaviour, **others: object) -> Case:
    return Case(DownloadError, "did not deliver within 0.4 s", behaviour=behaviour, timeout_s=0.4, **others)


def first(behaviour: Behaviour, then: Behaviour) -> Behaviour:
    """Behave in one way at the first request, and in another at every later one."""
    asked: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        (behaviour if len(asked) == 1 else then)(handler)

    return answer


ADDRESSES = {
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
    "port nought": ("http://example.com:0/", "host or port is not valid"),
}

PORTS = {"SSH": 22, "mail": 25, "mail boxes": 143, "Windows' shares": 445, "a database": 543}

TABLE = (
    # addresses that are not public, however they are written: before a socket is opened
    {name: forbidden(f"http://{host}:8080/private?token=secret") for name, host in ADDRESSES.items()}
    | {
        "loopback by https": forbidden("https://127.0.0.1/"),
        "metadata by https": forbidden("https://169.254.169.254/"),
    }
    | {
        f"the port of {name}": forbidden(f"http://{PUBLIC}:{port}/", "leads to a port of another service")
        for name, port in PORTS.items()
    }
    # names that lead there
    | {
        f"a name {how}": forbidden(
            "http://pictures.example/seven.png", names={"pictures.example": [addresses]}
        )
        for how, addresses in {
            "of a private address": ["10.0.0.1"],
            "of the loopback by IPv6": ["::1"],
            "of a public and a private address": [PUBLIC, "10.0.0.1"],
            "of a private and a public address": ["10.0.0.1", PUBLIC],
            "of a public and a mapped address": [PUBLIC, "::ffff:169.254.169.254"],
        }.items()
    }
    | {
        "a name that changes between look-ups": forbidden(
            "http://pictures.example:{port}/seven.png",
            behaviour=redirecting("/again"),
            names={"pictures.example": [[PUBLIC], ["127.0.0.1"]]},
        ),
        "a name that nobody has": Case(DownloadError, "could not be found", "http://pictures.invalid/"),
        "a name of too long a label": Case(
            DownloadError, "could not be found", f"http://{'a' * 64}.example/"
        ),
    }
    # what is no URL
    | {name: Case(QueryError, says, url) for name, (url, says) in SHAPES.items()}
    # redirects into each of them
    | {f"a redirect to {name}": redirected(f"http://{host}/latest") for name, host in ADDRESSES.items()}
    | {
        f"a redirect to the port of {name}": redirected(
            f"http://{PUBLIC}:{port}/", "leads to a port of another"
        )
        for name, port in PORTS.items()
    }
    | {
        f"a redirect to {name}": redirected(url, "redirects to cannot be fetched")
        for name, url in {
            "a file": "file:///etc/passwd",
            "ftp": "ftp://example.com/seven.png",
            "gopher": "gopher://example.com/1",
            "a data URL": "data:image/png;base64,iVBORw0KGgo=",
            "a script": "javascript:alert(1)",
            "a user name and password": "http://user:secret@example.com/",
            "a user name without a scheme": "//user@example.com/",
            "half a bracket": "http://[::1",
            "a port too high": "http://example.com:99999/",
            "port nought": "http://example.com:0/",
            "a host with a blank": "http://exa mple.com/",
        }.items()
    }
    | {
        "a redirect to itself": served(
            redirecting("/seven.png"), DownloadError, "one redirect more than the"
        ),
        "a redirect to a private address after a good one": served(
            first(redirecting("/there"), redirecting("http://10.0.0.1/")),
            ForbiddenAddress,
            "leads to a private",
        ),
        "a redirect to nowhere": served(
            saying(b"HTTP/1.1 302 Found\r\n\r\n"), DownloadError, "answered with status 302"
        ),
    }
    # more than the limit
    | {
        f"a body {how}": served(behaviour, TooLarge, "sends more than the 0.1 MB")
        for how, behaviour in {
            "that is too long, and says so": plain(bytes(CAP + 1)),
            "that never ends": endless(),
            "in chunks past the limit": chunked([bytes(60_000), bytes(60_000)]),
            "compressed a thousandfold": plain(GZIP_BOMB, Content_Encoding="gzip"),
            "compressed a millionfold": plain(gzip.compress(GZIP_BOMB), Content_Encoding="gzip, gzip"),
            "deflated a thousandfold": compressed(bytes(50_000_000), "deflate"),
            "compressed, in chunks": chunked(
                [GZIP_BOMB[i : i + 500] for i in range(0, len(GZIP_BOMB), 500)], Content_Encoding="gzip"
            ),
            "of no length at all": saying(b"HTTP/1.0 200 OK\r\n\r\n" + bytes(5 * CAP)),
            "that announces an exabyte": plain(b"x", Content_Length=10**18),
        }.items()
    }
    # answers that are none
    | {
        f"an answer {how}": served(behaviour, DownloadError, "broke off or is not proper HTTP")
        for how, behaviour in {
            "shorter than it says": lying_about_length(PICTURE, len(PICTURE) + 1),
            "that says gzip and is none": plain(b"no gzip", Content_Encoding="gzip"),
            "that is nothing": saying(b""),
            "that is no HTTP": saying(PICTURE),
            "of two lengths": saying(HEAD + b"Content-Length: 5, 6\r\n\r\nhello"),
            "of a thousand headers": saying(HEAD + b"A: b\r\n" * 1_000 + b"\r\n"),
            "of a header without end": saying(HEAD + b"A: " + b"b" * 200_000),
            "in chunks without numbers": saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
            "that ends in a chunk": saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\nab"),
        }.items()
    }
    | {
        f"status {status}": served(plain(b"", status), DownloadError, f"answered with status {status}")
        for status in (304, 400, 401, 403, 404, 418, 429, 500, 503)
    }
    # answers that take for ever
    | {
        f"a server that {how}": slow(behaviour)
        for how, behaviour in {
            "says nothing": silent(),
            "drips its headers": dripping(DRIP),
            "drips one header": dripping(HEAD + b"A: " + b"b" * 1_000),
            "drips what is no HTTP": dripping(DRIP[43:], 0.02),
            "drips its body": in_turn(saying(DRIP[:44]), dripping(DRIP[44:])),
            "drips the length of a chunk": in_turn(
                saying(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"), dripping(b"0" * 1_000)
            ),
            "drips something compressed": in_turn(
                saying(HEAD + b"Content-Encoding: gzip\r\n\r\n"), dripping(GZIP_BOMB)
            ),
        }.items()
    }
    # TLS
    | {
        "a certificate of another name": Case(
            DownloadError,
            "certificate does not verify",
            "https://pictures.example:{port}/",
            behaviour=plain(PICTURE),
            names={"pictures.example": [["127.0.0.1"]]},
            env={"DIGITS_NB_ALLOW": "pictures.example:{port}"},
            certificate="other.example",
        ),
        "a certificate of nobody's": Case(
            DownloadError,
            "certificate does not verify",
            "https://{pair}/",
            behaviour=plain(PICTURE),
            certificate="127.0.0.1",
            trusted=False,
        ),
        "https where http is spoken": served(
            plain(PICTURE), DownloadError, "speaks no TLS", url="https://{pair}/"
        ),
        "http where https is spoken": served(
            plain(PICTURE), DownloadError, "broke off", certificate="127.0.0.1"
        ),
        "a drip within TLS": slow(dripping(DRIP), url="https://{pair}/", certificate="127.0.0.1"),
    }
    # proxies
    | {
        f"a private address while {name} names a proxy": forbidden(
            "http://10.0.0.1/", behaviour=plain(PICTURE), env={name: "http://{pair}"}, reached=False
        )
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY")
    }
    | {
        "a private address by the proxy that we use": forbidden(
            "http://10.0.0.1/", behaviour=plain(PICTURE), env={"DIGITS_NB_PROXY": "{pair}"}, reached=False
        ),
        "a name of a private address by the proxy that we use": forbidden(
            "https://pictures.example/",
            behaviour=plain(PICTURE),
            names={"pictures.example": [["10.0.0.1"]]},
            env={"DIGITS_NB_PROXY": "{pair}"},
            reached=False,
        ),
        "a mail server by the proxy that we use": forbidden(
            "http://pictures.invalid:25/",
            "leads to a port of another service",
            behaviour=plain(PICTURE),
            env={"DIGITS_NB_PROXY": "{pair}"},
            reached=False,
        ),
        "a proxy that redirects to metadata": forbidden(
            "http://pictures.invalid/",
            behaviour=redirecting("http://169.254.169.254/latest"),
            env={"DIGITS_NB_PROXY": "{pair}"},
        ),
        "a proxy whose scheme lacks its slashes": Case(
            DownloadError,
            "broke off",
            "http://pictures.invalid/",
            behaviour=plain(PICTURE),
            env={"DIGITS_NB_PROXY": "socks5h:{pair}"},
            reached=False,
        ),
    }
    | {
        f"a {scheme} proxy, past which a name could change": Case(
            DownloadError,
            "of another kind than http and https",
            "http://pictures.example:{port}/",
            behaviour=plain(PICTURE),
            names={"pictures.example": [[PUBLIC], ["127.0.0.1"]]},
            env={"DIGITS_NB_PROXY": f"{scheme}://me:secret@127.0.0.1:9"},
            reached=False,
        )
        for scheme in ("socks5h", "SOCKS5", "socks4a", "ftp")
    }
    | {
        "a proxy that refuses a tunnel": Case(
            DownloadError,
            "broke off",
            "https://pictures.invalid/",
            behaviour=plain(b"", 403),
            env={"DIGITS_NB_PROXY": "http://me:secret@{pair}"},
        ),
    }
)

GOOD = {
    "a picture": plain(PICTURE),
    "a picture in chunks": chunked([PICTURE[:100], PICTURE[100:]]),
    "a picture under a type that is not true": plain(PICTURE, Content_Type="text/html"),
    "a compressed picture": compressed(PICTURE),
    "a picture after a redirect": first(redirecting("/there"), plain(PICTURE)),
    "a picture in a few drops": in_turn(
        saying(DRIP[:17] + b"\r\n"), dripping(PICTURE[:20], 0.001), saying(PICTURE[20:])
    ),
}


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable]:
    """Set the stage for a case; what is returned is the URL and the server, if there is one."""
    stage = ExitStack()

    def play(case: Case) -> tuple[str, object]:
        naming(LOCAL | case.names, monkeypatch)
        server, places = None, {}
        if case.behaviour:
            tls = None
            if case.certificate:
                authority = trustme.CA()
                tls = certified(authority, case.certificate)
                if case.trusted:
                    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
                    bundle = str(tmp_path / "authority.pem")
                    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", bundle)
            server = stage.enter_context(serving(case.behaviour, tls=tls))
            places = {"pair": server.pair, "port": server.port}
            if not case.names and not case.env:
                monkeypatch.setenv("DIGITS_NB_ALLOW", server.pair)
        for name, value in case.env.items():
            monkeypatch.setenv(name, value.format(**places))
        connect = socket.socket.connect

        def connect_here(self: socket.socket, address: tuple) -> None:
            connect(self, ("127.0.0.1", *address[1:]) if address[0] == PUBLIC else address)

        monkeypatch.setattr(socket.socket, "connect", connect_here)
        return case.url.format(**places) if places else case.url, server

    with stage:
        yield play


@pytest.mark.parametrize("case", TABLE.values(), ids=TABLE.keys())
def test_a_hostile_url_is_refused_in_time_and_nothing_leaves_the_loopback(case: Case, play: Callable) -> None:
    url, server = play(case)
    began = time.monotonic()
    with listening() as heard, pytest.raises(DigitsError) as caught:
        download(url, max_bytes=CAP, timeout_s=case.timeout_s)
    assert time.monotonic() - began < case.timeout_s + SLACK_S
    assert type(caught.value) is case.error
    assert re.search(case.says, str(caught.value)), str(caught.value)
    assert re.fullmatch(r"[A-Z].*[^.?!]\.", str(caught.value))
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < 350
    connections = [address for event, address in heard if event == "socket.connect"]
    if server is None or not case.reached:
        assert not [event for event, _ in heard if event != "socket.getaddrinfo"], "a socket was opened"
    else:
        assert set(connections) == {(server.host, server.port)}
        assert len(connections) <= MAX_REDIRECTS + 1
    if server is not None and not case.reached:
        assert not server.seen


@pytest.mark.parametrize("behaviour", GOOD.values(), ids=GOOD.keys())
def test_a_good_url_is_fetched_under_the_same_watch(behaviour: Behaviour, play: Callable) -> None:
    url, server = play(Case(DigitsError, "", behaviour=behaviour))
    with listening() as heard:
        assert download(url, max_bytes=CAP, timeout_s=5) == PICTURE
    assert "socket.__new__" in [event for event, _ in heard]
    connections = [address for event, address in heard if event == "socket.connect"]
    assert set(connections) == {(server.host, server.port)}


def test_the_table_is_long_enough_to_mean_something() -> None:
    assert len(TABLE) >= 60
