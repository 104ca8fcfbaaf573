"""Open the picture of a query, within limits.

A query is a dict with exactly one of `url`, `base64`, `path` or `bytes`, or a PIL image, or an array.
"""

import binascii
import os
import re
import stat
from pathlib import Path

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
_ANY_SOURCE = "'url', 'base64', 'path' and 'bytes'"
_SYNONYMS = {
    "url": ("uri", "link", "href", "src", "address"),
    "base64": ("b64", "data", "data_url", "image_base64"),
    "path": ("file", "filename", "img", "image", "picture", "photo"),
    "bytes": ("content", "raw", "blob", "buffer"),
}

_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_WHITE_SPACE = b" \t\n\v\f\r"
_WRAPPING = re.compile(r"""[\s\ufeff]*(?:url\(\s*)?(?:b?["'])?\s*""", re.IGNORECASE)


def open_image(
    query: Query, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS, timeout_s: float = TIMEOUT_S
) -> Image.Image:
    """Open the picture of a query.

    Parameters
    ----------
    query
        A dict with exactly one of `url` (http or https), `base64` (standard or URL-safe alphabet, with or
        without padding, line breaks or a `data:image/…;base64,` prefix, and as a style sheet, JSON, Python or
        a web form writes it), `path` (`~` is the home folder, if nothing here has that name) and `bytes`; or
        a PIL image; or an array (H, W) or (H, W, 3 or 4) of uint8.
    max_bytes
        Maximum size of what is read from a URL, a file, base64 or bytes.
    max_pixels
        Maximum number of pixels, checked in the header before anything is decoded.
    timeout_s
        Maximum seconds for a URL, everything together.

    Returns
    -------
    PIL.Image.Image
        Upright by EXIF, in mode RGB, RGBA or L. Of several frames it is the first.

    Raises
    ------
    QueryError
        The query has none of these forms, or there is no such file.
    DownloadError, ForbiddenAddress
        The URL does not answer, or may not be fetched.
    UnsupportedImage
        The data is no PNG, JPEG, GIF, WebP, BMP, TIFF or, with pillow-heif, HEIC picture, or a rare variant.
    CorruptImage
        The picture cannot be decoded to the end.
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

    Parameters
    ----------
    query
        As for `open_image`.
    at_least
        Number of pixels that the longest side keeps.

    Returns
    -------
    picture : PIL.Image.Image
        Upright, mode RGB, RGBA or L.
    size : tuple of int
        Width and height in full size, upright.
    """
    if isinstance(query, Image.Image | np.ndarray):
        picture = open_image(query)
        return picture, picture.size
    return decode_reduced(read_bytes(query), at_least)


def read_bytes(query: object, *, max_bytes: int = MAX_BYTES, timeout_s: float = TIMEOUT_S) -> bytes:
    """Return the content of the picture file of a query that is a dict, within the limits of `open_image`.

    Raises
    ------
    QueryError
        The query is no dict of the form that `open_image` takes, or there is no such file.
    DownloadError, ForbiddenAddress
        The URL does not answer, or may not be fetched.
    TooLarge
        There are more than `max_bytes`.
    """
    source, value = _parse(query)
    if source == "url":
        return _from_url(value, max_bytes, timeout_s)
    read = {"base64": _from_base64, "bytes": _from_bytes, "path": _from_path}[source]
    return read(value, max_bytes)


def _parse(query: object) -> tuple[str, object]:
    if not isinstance(query, dict):
        fault = (
            f"The query is of type {type(query).__name__}, but must be a dict with one of {_ANY_SOURCE}, "
            f"a PIL image or a NumPy array; {_advice_for(query)}."
        )
    elif len(query) != 1:
        fault = (
            f"The query has {len(query)} keys, but exactly one of {_ANY_SOURCE} says which picture is "
            f"meant; {'leave out the others' if query else 'give one'}."
        )
    else:
        [(source, value)] = query.items()
        if source in SOURCES:
            return source, value
        shown = repr(source) if len(repr(source)) <= 40 else f"a long {type(source).__name__}"  # noqa: PLR2004
        fault = f"The query's key is {shown}, but must be one of {_ANY_SOURCE}; {_nearest(source)}."
    raise QueryError(fault)


def _advice_for(query: object) -> str:
    """Return how to write a query of the wrong type."""
    if isinstance(query, str):
        return f'write {{"{_guess_source(query) or "path"}": …}}'
    if isinstance(query, os.PathLike):
        return 'write {"path": …}'
    if isinstance(query, bytes | bytearray | memoryview):
        return 'write {"bytes": …}'
    if isinstance(query, list | tuple):
        return "give several pictures to recognize_many, and numbers as numpy.array(…, dtype='uint8')"
    return 'write {"path": "seven.png"} for a file of that name'


def _nearest(key: object) -> str:
    """Return the source that an unknown key may stand for, as advice."""
    from difflib import get_close_matches  # only a mistake needs it

    word = str(key)[:40].lower()
    meant = {name: source for source in SOURCES for name in (source, *_SYNONYMS[source])}
    near = [source for source in SOURCES if source in word] or get_close_matches(word, meant, 1)
    return f"perhaps '{meant[near[0]]}' is meant" if near else "take the one that fits the picture"


def _guess_source(text: str) -> str:
    """Return the source that a text's first characters show, or `""`."""
    start = text[:40].lstrip().lower()
    if start.startswith(("data:", "ivborw0kggo", "/9j/", "r0lgod", "uklgr")):
        return "base64"
    return "url" if start.startswith(("http://", "https://")) else ""


def _text(value: object, source: str) -> str:
    if not isinstance(value, str):
        fault = f"is of type {type(value).__name__}, but must be text; give a str"
    elif not value.strip():
        fault = "is empty, and so says no picture; fill it in"
    else:
        return value
    msg = f"The value of '{source}' {fault}."
    raise QueryError(msg)


def _limit_bytes(count: int, max_bytes: int) -> None:
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
        _limit_bytes(count, max_bytes)
        return bytes(value)
    msg = f"The value of 'bytes' {fault}; give the content of a picture file."
    raise QueryError(msg)


def _from_base64(value: object, max_bytes: int) -> bytes:
    text = _text(value, "base64")
    # cheap, before decoding, and never too strict: the data has 3/4 of the text
    _limit_bytes(len(text) // 2, max_bytes)
    text = _unwrapped(text)
    if text[:5].lower() == "data:":
        head, comma, text = text.partition(",")
        if not comma or not re.search(r";\s*base64\s*\Z", head, re.IGNORECASE):
            msg = "The value of 'base64' is a data: URL without base64; give one with ;base64 before a comma."
            raise QueryError(msg)
    try:
        digits = _with_pluses(text.encode("ascii")).translate(_TO_STANDARD, _WHITE_SPACE).rstrip(b"=")
        data = binascii.a2b_base64(digits + b"=" * (-len(digits) % 4), strict_mode=True)
    except ValueError as error:
        if _guess_source(text) == "url":
            fault = "looks like a URL; use the key 'url'"
        elif not text.isascii() or re.search(rb"[^\w+/]", digits):
            fault = "has characters, or padding inside, that no base64 has; give it as the encoder wrote it"
        elif " " in text:
            fault = "has blanks, perhaps in place of +, and a length that no base64 has; send each + as %2B"
        else:
            fault = "has a length that no base64 has; give the text to its end"
        msg = f"The value of 'base64' {fault}."
        raise QueryError(msg) from error
    if not data:
        msg = "The value of 'base64' holds no data; give the base64 of a whole picture."
        raise QueryError(msg)
    _limit_bytes(len(data), max_bytes)
    return data


def _unwrapped(text: str) -> str:
    """Return base64 or a data: URL without what a file, a style sheet, JSON, Python or a URL adds to it."""
    text = _WRAPPING.sub("", text, count=1).rstrip(" \t\n\v\f\r\"');")
    text = text.replace("\\n", "\n").replace("\\/", "/")
    signs = ":;,+/= \r\n" if "%" in text else ""  # urllib would take GB for 40 MB of percent signs
    for sign in signs:
        code = f"%{ord(sign):02x}"
        text = text.replace(code, sign).replace(code.upper(), sign)
    return text


def _with_pluses(digits: bytes) -> bytes:
    """Put back each + that a web form turned into a blank.

    Blanks are white space where they stand between lines: these have the same length, but for the first
    (behind `data:`) and the last. Few blanks are pluses if the length is then one of whole base64.
    """
    inner = digits.split(b" ", 99)[1:-1]
    lost = len(set(map(len, inner))) > 1 or (len(inner) <= 1 and len(digits) % 4 == 0)
    return digits.replace(b" ", b"+") if lost and b"\n" not in digits else digits


def _from_path(value: object, max_bytes: int) -> bytes:
    path = _text(os.fsdecode(value) if isinstance(value, os.PathLike) else value, "path")
    if source := _guess_source(path):
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
        file = Path(path) if os.path.lexists(path) else Path(path).expanduser()
        status = file.stat()
        if stat.S_ISREG(status.st_mode):
            _limit_bytes(status.st_size, max_bytes)
            with open(file, "rb", opener=_open_without_waiting) as stream:
                # not max_bytes at once, for which the system would first allocate 20 MB
                data = stream.read(status.st_size + 1)
                if len(data) > status.st_size:  # the file has grown meanwhile
                    data += stream.read(max_bytes)
            _limit_bytes(len(data), max_bytes)
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


def _open_without_waiting(path: str, flags: int) -> int:
    # if the file was replaced by a pipe after `stat`, opening that would wait for a writer, perhaps for ever
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _from_url(value: object, max_bytes: int, timeout_s: float) -> bytes:
    url = _text(value, "url")
    if _guess_source(url) == "base64":
        msg = "The value of 'url' holds the picture itself, and no address of one; use the key 'base64'."
        raise QueryError(msg)
    from digits_nb.images.fetch import download  # requests takes a fifth of a second to import

    return download(url, max_bytes=max_bytes, timeout_s=timeout_s)
