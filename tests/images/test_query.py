"""A query becomes a picture: every form of the contract, and every way to get it wrong."""

import base64
import os
import re
import socket
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from textwrap import wrap
from time import perf_counter
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from servers import plain, serving, silent

import digits_nb
from digits_nb.errors import (
    CorruptImage,
    DigitsError,
    DownloadError,
    ForbiddenAddress,
    QueryError,
    TooLarge,
    UnsupportedImage,
)
from digits_nb.images.query import MAX_BYTES, open_image


def file_of(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


SEVEN = Image.new("L", (20, 30), 255)
SEVEN.paste(0, (4, 5, 16, 8))
SEVEN.paste(0, (13, 5, 16, 26))
PNG = file_of(SEVEN)
TEXT = base64.b64encode(PNG).decode()
assert TEXT.count("+") == 1

SENTENCE = r"[A-Z].*[^.?!]\."


def same(image: Image.Image, other: Image.Image = SEVEN) -> bool:
    return image.mode == other.mode and image.size == other.size and image.tobytes() == other.tobytes()


# every form of the contract

URL_SAFE = base64.urlsafe_b64encode(PNG).decode()

SPELLINGS = {
    "standard": TEXT,
    "URL-safe": URL_SAFE,
    "without padding": TEXT.rstrip("="),
    "URL-safe without padding": URL_SAFE.rstrip("="),
    "in lines": "\n".join(wrap(TEXT, 76)),
    "in lines of Windows": "\r\n".join(wrap(TEXT, 64)) + "\r\n",
    "indented": "\n    ".join(["", *wrap(TEXT, 60)]),
    "a data URL": f"data:image/png;base64,{TEXT}",
    "a data URL of capitals": f"DATA:image/PNG;BASE64,{TEXT}",
    "a data URL of another type than it holds": f"data:image/jpeg;base64,{TEXT}",
    "a data URL with parameters": f"data:image/png;charset=utf-8;name=a.png;base64,{TEXT}",
    "a data URL without a type": f"data:;base64,{TEXT}",
    "a data URL with blanks": f" data:image/png; base64, {TEXT}\n",
    "a data URL with percent signs": "data:image/png;base64,"
    + TEXT.replace("+", "%2B").replace("/", "%2F").replace("=", "%3d"),
    "a data URL with all its signs as percent signs": quote(f"data:image/png;base64,{TEXT}", safe=""),
    "behind a mark of byte order": f"\ufeff{TEXT}",
    "a style sheet's url": f'url("data:image/png;base64,{TEXT}")',
    "a style sheet's url without quotes": f"url(data:image/png;base64,{TEXT});",
    "in JSON's quotes": f'"{TEXT}"\n',
    "in quotes of JSON that escapes slashes": '"' + TEXT.replace("/", "\\/") + '"',
    "Python's bytes": repr(TEXT.encode()),
    "Python's bytes of lines": repr(base64.encodebytes(PNG)),
    "with blanks in place of line breaks": " ".join(wrap(TEXT, 76)),
    "with blanks in place of line breaks and without padding": " ".join(wrap(TEXT.rstrip("="), 20)),
    "with a blank in place of each plus": TEXT.replace("+", " "),
    "a data URL with a blank in place of each plus": f"data:image/png;base64,{TEXT.replace('+', ' ')}",
    "a URL-safe data URL in lines without padding": "data:image/png;base64,"
    + "\n".join(wrap(URL_SAFE.rstrip("="), 76)),
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_base64_is_read_however_it_is_spelt(text: str) -> None:
    assert same(open_image({"base64": text}))


@pytest.mark.parametrize("pluses", range(1, 9))
def test_a_blank_in_place_of_each_of_several_pluses_is_read(pluses: int) -> None:
    ends = [b"\0" * 3 * at + b"\xf8\0\0" for at in range(pluses)]  # as base64, each has a plus
    text = base64.b64encode(PNG.ljust(-(-len(PNG) // 3) * 3, b"\0") + b"".join(ends)).decode()
    assert text.count("+") == pluses + 1
    assert same(open_image({"base64": text.replace("+", " ")}))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A" + " " * 2_000_000 + "*", id="blanks"),
        pytest.param("A" + "\n" * 2_000_000 + "*", id="line breaks"),
        pytest.param("A " * 1_000_000, id="blanks between letters"),
        pytest.param("= " * 1_000_000 + "A", id="padding"),
        pytest.param("%" * 2_000_000, id="percent signs"),
        pytest.param("%2B" * 700_000, id="percent signs of pluses"),
        pytest.param("'\"" * 1_000_000, id="quotes"),
    ],
)
def test_base64_of_megabytes_of_anything_takes_no_time(text: str) -> None:
    start = perf_counter()
    with pytest.raises(DigitsError):
        open_image({"base64": text})
    assert perf_counter() - start < 1


@pytest.mark.parametrize(
    "value", [PNG, bytearray(PNG), memoryview(PNG)], ids=lambda value: type(value).__name__
)
def test_bytes_are_read(value: bytes) -> None:
    assert same(open_image({"bytes": value}))


def test_a_path_is_read_as_text_and_as_path(tmp_path: Path) -> None:
    file = tmp_path / "eine Sieben – 七.png"
    file.write_bytes(PNG)
    assert same(open_image({"path": str(file)}))
    assert same(open_image({"path": file}))


def test_a_path_starts_from_the_current_folder_or_from_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seven.png").write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    assert same(open_image({"path": "seven.png"}))
    monkeypatch.chdir("/")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert same(open_image({"path": "~/seven.png"}))


@pytest.mark.parametrize("path", ["~seven.png", "./~seven.png", "~/seven.png"])
def test_a_file_or_folder_whose_name_begins_with_a_tilde_is_read(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / path
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    assert same(open_image({"path": path}))


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "seven.png").write_bytes(PNG)
    (tmp_path / "link").symlink_to("seven.png")
    assert same(open_image({"path": tmp_path / "link"}))


def test_the_content_and_not_the_name_says_what_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "seven.jpg").write_bytes(PNG)
    assert same(open_image({"path": tmp_path / "seven.jpg"}))


def test_a_url_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(plain(PNG, Content_Type="text/html")) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", server.pair)
        assert same(open_image({"url": server.url}))


def test_a_pil_image_is_read_and_left_as_it_was() -> None:
    given = SEVEN.convert("CMYK")
    before = given.tobytes()
    assert open_image(given).mode == "RGB"
    assert given.mode == "CMYK"
    assert given.tobytes() == before
    assert same(open_image(SEVEN))


@pytest.mark.parametrize(("shape", "mode"), [((30, 20), "L"), ((30, 20, 3), "RGB"), ((30, 20, 4), "RGBA")])
def test_an_array_is_read(shape: tuple[int, ...], mode: str) -> None:
    array = np.arange(np.prod(shape)).astype(np.uint8).reshape(shape)
    image = open_image(array)
    assert image.mode == mode
    assert (np.asarray(image) == array).all()


def test_an_array_is_read_whatever_its_strides() -> None:
    array = np.arange(60 * 40 * 4).astype(np.uint8).reshape(60, 40, 4)
    view = array[::-2, ::2, 2::-1]
    assert (np.asarray(open_image(view)) == view).all()


def test_the_front_page_opens_it_too() -> None:
    assert digits_nb.open_image is open_image


# every way to get the shape wrong

CANVAS = np.zeros((3, 3), np.uint8)

SHAPES = {
    "nothing": (None, "type NoneType.* must be a dict"),
    "a number": (7, "type int"),
    "a file's name": ("seven.png", r"type str.*write \{\"path\": …\}"),
    "a URL": ("https://example.com/seven.png", r"type str.*write \{\"url\": …\}"),
    "a data URL": (f"data:image/png;base64,{TEXT}", r"type str.*write \{\"base64\": …\}"),
    "base64": (TEXT, r"type str.*write \{\"base64\": …\}"),
    "bytes": (PNG, r"type bytes.*write \{\"bytes\": …\}"),
    "a Path": (Path("seven.png"), r"write \{\"path\": …\}"),
    "a list of queries": ([{"path": "seven.png"}], "type list.*recognize_many"),
    "a list of numbers": ([[0, 255], [0, 255]], "type list.*numpy"),
    "a set": ({"path"}, "type set"),
    "an empty dict": ({}, "0 keys.*'url', 'base64', 'path' and 'bytes'.*give one"),
    "two ways": ({"path": "a", "url": "b"}, "2 keys.*exactly one.*leave out"),
    "two ways, one of them empty": ({"path": "a", "url": None}, "2 keys"),
    "an unknown key": ({"colour": "red"}, "key is 'colour'.*'url', 'base64', 'path' and 'bytes'"),
    "a key in capitals": ({"URL": "https://example.com"}, "'URL'.*perhaps 'url' is meant"),
    "a key with a slip": ({"bas64": TEXT}, "'bas64'.*perhaps 'base64' is meant"),
    "another slip": ({"base_64": TEXT}, "perhaps 'base64' is meant"),
    "a nickname": ({"img": "seven.png"}, "'img'.*perhaps 'path' is meant"),
    "another nickname": ({"image_url": "https://example.com"}, "perhaps 'url' is meant"),
    "a key that is no text": ({7: "seven.png"}, "key is 7"),
    "a key that is the data": ({TEXT: 1}, "key is a long str"),
    "a url that is no text": ({"url": 7}, "'url' is of type int.*give a str"),
    "a url that is nothing": ({"url": None}, "'url' is of type NoneType"),
    "a url that is bytes": ({"url": b"https://example.com"}, "'url' is of type bytes"),
    "an empty url": ({"url": ""}, "'url' is empty"),
    "a blank url": ({"url": " \n"}, "'url' is empty"),
    "a data URL as url": ({"url": f"data:image/png;base64,{TEXT}"}, "use the key 'base64'"),
    "base64 as url": ({"url": TEXT}, "use the key 'base64'"),
    "a file as url": ({"url": "seven.png"}, "begins with http.*use path"),
    "a file: URL": ({"url": "file:///etc/passwd"}, "begins with http.*use path"),
    "a user name in a url": ({"url": "https://me:secret@example.com"}, "no user name"),
    "base64 that is bytes": ({"base64": TEXT.encode()}, "'base64' is of type bytes.*give a str"),
    "base64 that is a list": ({"base64": [TEXT]}, "'base64' is of type list"),
    "empty base64": ({"base64": ""}, "'base64' is empty"),
    "blank base64": ({"base64": "\n"}, "'base64' is empty"),
    "an empty data URL": ({"base64": "data:image/png;base64,"}, "holds no data"),
    "nothing but padding": ({"base64": "===="}, "holds no data"),
    "a data URL without base64": ({"base64": "data:image/svg+xml,%3Csvg/%3E"}, "data: URL without base64"),
    "a data URL without a comma": ({"base64": "data:image/png;base64"}, "data: URL without base64"),
    "a data URL of base32": ({"base64": f"data:image/png;base32,{TEXT}"}, "data: URL without base64"),
    "a URL as base64": ({"base64": "https://example.com/seven.png"}, "looks like a URL; use the key 'url'"),
    "a file's name as base64": ({"base64": "seven.png"}, "characters.* that no base64 has"),
    "a foreign character in base64": ({"base64": TEXT[:20] + "*" + TEXT[20:]}, "characters.* no base64 has"),
    "an umlaut in base64": ({"base64": TEXT[:20] + "ä" + TEXT[20:]}, "characters.* no base64 has"),
    "padding inside base64": ({"base64": TEXT[:20] + "==" + TEXT[20:]}, "padding inside"),
    "base64 with a character missing": ({"base64": TEXT.rstrip("=")[: len(TEXT) // 4 * 4 - 3]}, "a length"),
    "blanks where pluses were, and not the end": (
        {"base64": TEXT.replace("+", " ").rstrip("=")[: len(TEXT) // 4 * 4 - 6]},
        "has blanks, perhaps in place of.* send each",
    ),
    "one character": ({"base64": "A"}, "a length that no base64 has"),
    "a path that is a number": ({"path": 0}, "'path' is of type int"),
    "a path that is bytes": ({"path": b"seven.png"}, "'path' is of type bytes"),
    "an empty path": ({"path": ""}, "'path' is empty"),
    "a missing file": ({"path": "missing/seven.png"}, "no file 'missing/seven.png'.*current folder"),
    "a folder": ({"path": "/"}, "'/' is a folder"),
    "a device": ({"path": "/dev/zero"}, "'/dev/zero' is a device, pipe or socket"),
    "a zero byte in a path": ({"path": "seven\0.png"}, "cannot be read"),
    "a home of nobody's": ({"path": "~nobody-of-this-name/seven.png"}, "cannot be read|no file"),
    "a file as if it were a folder": ({"path": f"{__file__}/seven.png"}, "cannot be read"),
    "a name without end": ({"path": "s" * 5_000}, "of a name of 5,000 characters"),
    "a URL as path": ({"path": "https://example.com/?token=secret"}, "looks like url.*use the key 'url'"),
    "a URL of another scheme as path": ({"path": "ftp://example.com/7.png"}, "only http and https.*; save"),
    "a file: URL as path": (
        {"path": "File:///etc/passwd"},
        "only http and https.*; give the file's plain path",
    ),
    "a data URL as path": ({"path": f"data:image/png;base64,{TEXT}"}, "use the key 'base64'"),
    "base64 as path": ({"path": TEXT}, "use the key 'base64'"),
    "bytes that are text": ({"bytes": TEXT}, "'bytes' is of type str"),
    "no bytes": ({"bytes": b""}, "'bytes' is empty"),
    "an array of floats": (CANVAS / 255, r"float64 of shape \(3, 3\).*uint8"),
    "an array of truths": (CANVAS > 0, "bool of shape.*uint8"),
    "an array of ints": (CANVAS.astype(int), "int64 of shape.*uint8"),
    "an array of objects": (CANVAS.astype(object), "object of shape.*uint8"),
    "a row": (CANVAS[0], r"shape \(3,\).*\(H, W\)"),
    "two channels": (np.zeros((3, 3, 2), np.uint8), r"shape \(3, 3, 2\).*\(H, W, 3 or 4\)"),
    "one channel": (np.zeros((3, 3, 1), np.uint8), r"shape \(3, 3, 1\)"),
    "several pictures": (np.zeros((9, 3, 3, 3), np.uint8), "one picture at a time"),
    "an empty array": (CANVAS[:0], r"shape \(0, 3\).*a pixel at least"),
    "an empty image": (Image.new("L", (0, 3)), "0 × 3 pixels"),
}


@pytest.mark.parametrize(("query", "sentence"), SHAPES.values(), ids=SHAPES.keys())
def test_a_query_of_the_wrong_shape_says_what_to_do(query: object, sentence: str) -> None:
    with pytest.raises(QueryError, match=sentence) as caught:
        open_image(query)
    message = str(caught.value)
    assert "; " in message or ": " in message, "says what is wrong, but not what to do"
    assert re.fullmatch(SENTENCE, message)
    assert "secret" not in message
    assert TEXT[:12] not in message
    assert len(message) < 250


def test_a_file_that_may_not_be_read_is_a_query_error(tmp_path: Path) -> None:
    (tmp_path / "seven.png").write_bytes(PNG)
    (tmp_path / "seven.png").chmod(0)
    tmp_path.chmod(0o755)
    # as root nothing is forbidden: a process that became nobody looks at it, from within the folder
    script = (
        "import os, digits_nb\ndigits_nb.open_image\nif os.getuid() == 0: os.setuid(65534)\n"
        "try:\n digits_nb.open_image({'path': 'seven.png'})\n"
        "except digits_nb.QueryError as error:\n print(error)"
    )
    command = [sys.executable, "-c", script]
    message = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert message.endswith("cannot be read (PermissionError); check its name and its permissions.\n")


def test_a_pipe_is_refused_without_waiting_for_its_other_end(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(QueryError, match="is a device, pipe or socket"):
        open_image({"path": tmp_path / "pipe"})


def test_a_file_that_became_a_pipe_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    ordinary = Path(__file__).stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: ordinary)
    with pytest.raises(DigitsError):
        open_image({"path": pipe})


def test_a_socket_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(QueryError, match="is a device, pipe or socket"):
            open_image({"path": "socket"})


@pytest.mark.parametrize("name", ["/proc/self/mem", "/proc/self/environ"])
def test_files_that_are_not_what_their_size_says_are_refused(name: str) -> None:
    with pytest.raises(DigitsError):
        open_image({"path": name})


# limits


def test_a_file_past_the_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "seven.png"
    with file.open("wb") as stream:
        stream.truncate(10 * 2**40)  # a hole of ten terabytes
    with pytest.raises(TooLarge, match="only 20 MB are read"):
        open_image({"path": file})


@pytest.mark.parametrize("excess", [1, 10_000_000])
def test_base64_past_the_limit_is_refused(excess: int) -> None:
    with pytest.raises(TooLarge, match="only 20 MB are read; scale it down"):
        open_image({"base64": base64.b64encode(PNG + bytes(MAX_BYTES - len(PNG) + excess)).decode()})


@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_bytes_past_the_limit_are_refused(kind: type) -> None:
    with pytest.raises(TooLarge, match=r"has 20\.0 MB"):
        open_image({"bytes": kind(MAX_BYTES + 1)})


def test_the_limit_itself_is_read(tmp_path: Path) -> None:
    padded = PNG + bytes(MAX_BYTES - len(PNG))
    (tmp_path / "seven.png").write_bytes(padded)
    for query in (
        {"bytes": padded},
        {"base64": base64.b64encode(padded).decode()},
        {"path": tmp_path / "seven.png"},
    ):
        assert same(open_image(query))


def test_other_limits_can_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TooLarge):
        open_image({"bytes": PNG}, max_bytes=len(PNG) - 1)
    with pytest.raises(TooLarge, match="only 599 in all"):
        open_image({"bytes": PNG}, max_pixels=20 * 30 - 1)
    with serving(plain(PNG)) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", server.pair)
        with pytest.raises(TooLarge):
            open_image({"url": server.url}, max_bytes=len(PNG) - 1)
    with serving(silent()) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", server.pair)
        with pytest.raises(DownloadError, match=r"within 0\.2 s"):
            open_image({"url": server.url}, timeout_s=0.2)


def test_a_large_image_and_a_large_array_are_refused() -> None:
    with pytest.raises(TooLarge, match="40,000 × 1 pixels"):
        open_image(Image.new("L", (40_000, 1)))
    with pytest.raises(TooLarge, match="10,000 × 10,000 pixels"):
        open_image(np.broadcast_to(np.uint8(0), (10_000, 10_000)))


# what the data may turn out to be, whichever way it came


def test_every_way_in_ends_in_the_same_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = {b"%PDF-1.7\n": UnsupportedImage, PNG[:60]: CorruptImage}
    for data, error in cases.items():
        (tmp_path / "data").write_bytes(data)
        with serving(plain(data)) as server:
            monkeypatch.setenv("DIGITS_NB_ALLOW", server.pair)
            for query in (
                {"bytes": data},
                {"base64": base64.b64encode(data).decode()},
                {"path": tmp_path / "data"},
                {"url": server.url},
            ):
                with pytest.raises(error):
                    open_image(query)


def test_an_empty_file_is_corrupt(tmp_path: Path) -> None:
    (tmp_path / "seven.png").touch()
    with pytest.raises(CorruptImage, match="is empty"):
        open_image({"path": tmp_path / "seven.png"})


def test_a_url_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITS_NB_ALLOW", raising=False)
    with pytest.raises(ForbiddenAddress, match=r"http://169\.254\.169\.254:80 leads to a link-local address"):
        open_image({"url": "http://169.254.169.254/latest/meta-data"})


def test_requests_is_imported_for_a_url_only() -> None:
    script = (
        "import sys, digits_nb\n"
        f"digits_nb.open_image({{'base64': {TEXT!r}}})\n"
        "print(sorted({'requests', 'urllib3', 'sklearn', 'matplotlib', 'asyncio'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "[]\n"


# for every input


@given(
    data=st.binary(min_size=1, max_size=200),
    line=st.integers(1, 80),
    url_safe=st.booleans(),
    data_url=st.booleans(),
)
def test_base64_of_any_bytes_is_the_bytes(data: bytes, line: int, url_safe: bool, data_url: bool) -> None:
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()
    for spelling in (text, text.rstrip("="), "\r\n".join(wrap(text, line))):
        whole = f"data:image/png;base64,{spelling}" if data_url else spelling
        assert outcome({"base64": whole}) == outcome({"bytes": data})


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda end: PNG[:40] + end))
def test_any_bytes_are_a_picture_or_an_error_of_ours(data: bytes) -> None:
    outcome({"bytes": data})


@given(st.text(max_size=100))
def test_any_text_is_a_picture_or_an_error_of_ours(text: str) -> None:
    for source in ("base64", "path"):
        outcome({source: text})


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=9) | st.binary(max_size=9) | st.floats(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    )
)
def test_any_object_is_an_error_of_ours(query: object) -> None:
    outcome(query)


def outcome(query: object) -> tuple[object, ...]:
    try:
        image = open_image(query)
    except DigitsError as error:
        return type(error), re.fullmatch(SENTENCE, str(error))[0]
    assert image.mode in {"RGB", "RGBA", "L"}
    return image.mode, image.size, image.tobytes()
