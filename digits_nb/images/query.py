"""A query becomes a picture, within limits.

A query is a dict with exactly one of `url`, `base64`, `path` or `bytes`, or a PIL image, or an array.
"""

import binascii
import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote_to_bytes

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits_nb.errors import QueryError, TooLarge
from digits_nb.images.decode import decode, decode_reduced, finish
from digits_nb.images.formats import MAX_PIXELS, check_size

__all__ = ["Query", "open_image", "open_reduced", "read_bytes"]

Query = dict[str, str | os.PathLike[str] | bytes] | Image.Image | NDArray[np.uint8]

MAX_BYTES = 20_000_000
TIMEOUT_S = 10.0

SOURCES = ("url", "base64", "path", "bytes")
_NICKNAMES = {
    "url": ("uri", "link", "href", "src", "address"),
    "base64": ("b64", "data", "data_url", "image_base64"),
    "path": ("file", "filename", "img", "image", "picture", "photo"),
    "bytes": ("content", "raw", "blob", "buffer"),
}

_STANDARD = bytes.maketrans(b"-_", b"+/")
_BLANKS = b" \t\n\v\f\r"


def open_image(
    query: Query,
    *,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
    timeout_s: float = TIMEOUT_S,
) -> Image.Image:
    """Open the picture that a query stands for.

    Parameters
    ----------
    query
        A dict with exactly one of `url` (http or https), `base64` (standard or URL-safe alphabet, with or
        without padding, line breaks or a `data:image/…;base64,` prefix), `path` (`~` is the home folder)
        and `bytes`; or a PIL image; or an array (H, W) or (H, W, 3 or 4) of uint8.
    max_bytes
        The most that is read from a URL, a file, base64 or bytes.
    max_pixels
        The most pixels, judged from the header before anything is decoded.
    timeout_s
        The most seconds that a URL may take in all.

    Returns
    -------
    PIL.Image.Image
        Upright by EXIF, in mode RGB, RGBA or L; of several frames the first.

    Raises
    ------
    QueryError
        The query is none of the above, or there is no such file.
    DownloadError, ForbiddenAddress
        The URL does not answer, or may not be fetched.
    UnsupportedImage
        These are no bytes of a PNG, JPEG, GIF, WebP, BMP, TIFF or, with pillow-heif, HEIC picture.
    CorruptImage
        They are, but cannot be decoded to the end.
    TooLarge
        There are more bytes or pixels than the limits allow.
    """
    if isinstance(query, Image.Image):
        return finish(query, max_pixels=max_pixels)
    if isinstance(query, np.ndarray):
        return _from_array(query, max_pixels)
    return decode(read_bytes(query, max_bytes=max_bytes, timeout_s=timeout_s), max_pixels=max_pixels)


def open_reduced(query: Query, at_least: int) -> tuple[Image.Image, tuple[int, int]]:
    """Open a picture as `open_image` does, but a large JPEG in grey at a fraction of its size, in less time.

    Its longest side keeps `at_least` pixels. Given are the picture, and the width and height that it has in
    full, upright.
    """
    if isinstance(query, Image.Image | np.ndarray):
        picture = open_image(query)
        return picture, picture.size
    return decode_reduced(read_bytes(query), at_least)


def read_bytes(query: object, *, max_bytes: int = MAX_BYTES, timeout_s: float = TIMEOUT_S) -> bytes:
    """The content of the file that a query which is a dict stands for, within the limits of `open_image`."""
    source, value = _source(query)
    if source == "base64":
        return _from_base64(value, max_bytes)
    if source == "bytes":
        return _from_bytes(value, max_bytes)
    if source == "path":
        return _from_path(value, max_bytes)
    return _from_url(value, max_bytes, timeout_s)


def _source(query: object) -> tuple[str, object]:
    if not isinstance(query, dict):
        fault = (
            f"The query is of type {type(query).__name__}, but must be a dict with one of {_list(SOURCES)}, "
            f"a PIL image or a NumPy array; {_wrapping(query)}."
        )
    elif len(query) != 1:
        fault = (
            f"The query has {len(query)} keys, but exactly one of {_list(SOURCES)} says which picture is "
            f"meant; {'leave out the others' if query else 'give one'}."
        )
    else:
        [(source, value)] = query.items()
        if source in SOURCES:
            return source, value
        shown = repr(source) if len(repr(source)) <= 40 else f"a long {type(source).__name__}"  # noqa: PLR2004
        fault = f"The query's key is {shown}, but must be one of {_list(SOURCES)}; {_nearest(source)}."
    raise QueryError(fault)


def _wrapping(query: object) -> str:
    if isinstance(query, str):
        return f'write {{"{_look(query) or "path"}": …}}'
    if isinstance(query, os.PathLike):
        return 'write {"path": …}'
    if isinstance(query, bytes | bytearray | memoryview):
        return 'write {"bytes": …}'
    if isinstance(query, list | tuple):
        return "give several pictures to recognize_many, and numbers as numpy.array(…, dtype='uint8')"
    return 'write {"path": "seven.png"} for a file of that name'


def _nearest(key: object) -> str:
    from difflib import get_close_matches  # only a mistake needs it

    word = str(key)[:40].lower()
    meant = {name: source for source in SOURCES for name in (source, *_NICKNAMES[source])}
    near = [source for source in SOURCES if source in word] or get_close_matches(word, meant, 1)
    return f"perhaps '{meant[near[0]]}' is meant" if near else "take the one that fits the picture"


def _look(text: str) -> str:
    """Tell the source that a text belongs to, where its beginning shows it."""
    start = text[:40].lstrip().lower()
    if start.startswith(("data:", "ivborw0kggo", "/9j/", "r0lgod", "uklgr")):
        return "base64"
    return "url" if start.startswith(("http://", "https://")) else ""


def _list(names: tuple[str, ...]) -> str:
    return f"{', '.join(map(repr, names[:-1]))} and {names[-1]!r}"


def _text(value: object, source: str) -> str:
    if not isinstance(value, str):
        fault = f"is of type {type(value).__name__}, but must be text; give a str"
    elif not value.strip():
        fault = "is empty, and so says no picture; fill it in"
    else:
        return value
    msg = f"The value of '{source}' {fault}."
    raise QueryError(msg)


def _limit(count: int, max_bytes: int) -> None:
    if count > max_bytes:
        msg = (
            f"The picture has {count / 1e6:,.1f} MB, and only {max_bytes / 1e6:g} MB are read; scale it "
            "down, or save it as JPEG."
        )
        raise TooLarge(msg)


def _from_array(array: NDArray[np.uint8], max_pixels: int) -> Image.Image:
    if array.dtype != np.uint8:
        fault = "must be uint8, 0 to 255; scale it and use .astype('uint8')"
    elif array.ndim not in {2, 3} or array.shape[2:] not in {(), (3,), (4,)}:
        fault = "must be (H, W), or (H, W, 3 or 4); reshape it, or give one picture at a time"
    elif 0 in array.shape:
        fault = "must have a pixel at least; give a picture"
    else:
        height, width = array.shape[:2]
        check_size(width, height, max_pixels)
        return Image.fromarray(np.ascontiguousarray(array))
    msg = f"The array is {array.dtype} of shape {array.shape}, but {fault}."
    raise QueryError(msg)


def _from_bytes(value: object, max_bytes: int) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        fault = f"is of type {type(value).__name__}, but must be bytes"
    elif not (count := memoryview(value).nbytes):
        fault = "is empty, and so no picture"
    else:
        _limit(count, max_bytes)
        return bytes(value)
    msg = f"The value of 'bytes' {fault}; give the content of a picture file."
    raise QueryError(msg)


def _from_base64(value: object, max_bytes: int) -> bytes:
    text = _text(value, "base64")
    _limit(len(text) // 2, max_bytes)  # blanks aside it is 3/4 of the text: cheap, and never too strict
    if text.lstrip()[:5].lower() == "data:":
        head, comma, text = text.partition(",")
        if not comma or not re.search(r";\s*base64\s*\Z", head, re.IGNORECASE):
            msg = "The value of 'base64' is a data: URL without base64; give one with ;base64 before a comma."
            raise QueryError(msg)
    try:
        digits = text.encode("ascii")
        if b"%" in digits:  # as a data: URL may spell +, /, = and line breaks
            digits = unquote_to_bytes(digits)
        digits = digits.translate(_STANDARD, _BLANKS).rstrip(b"=")
        data = binascii.a2b_base64(digits + b"=" * (-len(digits) % 4), strict_mode=True)
    except ValueError as error:
        if _look(text) == "url":
            fault = "looks like a URL; use the key 'url'"
        elif re.fullmatch(r"[\w+/\s-]*[=\s]*", text, re.ASCII):
            fault = "has a length that no base64 has; give the text to its end"
        else:
            fault = "has characters, or padding inside, that no base64 has; give it as the encoder wrote it"
        msg = f"The value of 'base64' {fault}."
        raise QueryError(msg) from error
    if not data:
        msg = "The value of 'base64' holds no data; give the base64 of a whole picture."
        raise QueryError(msg)
    _limit(len(data), max_bytes)
    return data


def _from_path(value: object, max_bytes: int) -> bytes:
    path = _text(os.fsdecode(value) if isinstance(value, os.PathLike) else value, "path")
    if source := _look(path):
        msg = f"The value of 'path' looks like {source} and not like a file's name; use the key '{source}'."
        raise QueryError(msg)
    if scheme := re.match(r"\s*([a-z][a-z0-9+.-]*)://", path, re.IGNORECASE):
        advice = (
            "give the file's plain path"
            if scheme[1].lower() == "file"
            else "save the picture, and give its file's path"
        )
        msg = f"The value of 'path' is a URL, and only http and https URLs are fetched; {advice}."
        raise QueryError(msg)
    name = repr(path) if len(path) <= 200 else f"of a name of {len(path):,} characters"  # noqa: PLR2004
    try:
        file = Path(path).expanduser()
        status = file.stat()
        if stat.S_ISREG(status.st_mode):
            _limit(status.st_size, max_bytes)
            with open(file, "rb", opener=_unwaiting) as stream:
                # to ask for max_bytes is to wait until the system has made room for them
                data = stream.read(status.st_size + 1)
                if len(data) > status.st_size:  # it has grown meanwhile
                    data += stream.read(max_bytes)
            _limit(len(data), max_bytes)
            return data
    except FileNotFoundError as error:
        msg = f"There is no file {name}; check the name, which starts from the current folder."
        raise QueryError(msg) from error
    except (OSError, RuntimeError, ValueError) as error:
        msg = f"The file {name} cannot be read ({type(error).__name__}); check its name and its permissions."
        raise QueryError(msg) from error
    kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device, pipe or socket"
    msg = f"The path {name} is {kind}, but only ordinary files are read; give one picture's file."
    raise QueryError(msg)


def _unwaiting(path: str, flags: int) -> int:
    # should the file have become a pipe since it was looked at, nobody waits for the pipe's other end
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _from_url(value: object, max_bytes: int, timeout_s: float) -> bytes:
    url = _text(value, "url")
    if _look(url) == "base64":
        msg = "The value of 'url' holds the picture itself, and no address of one; use the key 'base64'."
        raise QueryError(msg)
    from digits_nb.images.fetch import download  # requests takes a fifth of a second to import

    return download(url, max_bytes=max_bytes, timeout_s=timeout_s)
