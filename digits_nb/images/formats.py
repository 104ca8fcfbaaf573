"""Which formats are read: how each begins, who decodes it, and how many pixels of it.

A few bytes decode to any number of pixels, so what a picture may cost is judged from its header: with
`MAX_MEMORY` bytes the way from a file to the picture in grey has to manage, beside the file itself.
"""

import ctypes
import re
from contextlib import suppress
from functools import cache
from importlib import import_module
from io import BytesIO

from PIL import Image, ImageFile

from digits_nb.errors import CorruptImage, DigitsError, QueryError, TooLarge, UnsupportedImage

FORMATS = "PNG, JPEG, GIF, WebP, BMP, TIFF and HEIC"
MAX_PIXELS = 50_000_000
MAX_SIDE = 32_766  # OpenCV's warps take sides below 2**15 - 1
MAX_MEMORY = 200_000_000  # bytes

# Bytes that a pixel takes where it takes most: while it is decoded, turned upright, or laid on its ground.
# Measured at 24 million pixels, whatever they show, and rounded up for what a decoder needs beside them. In
# full and turned, a JPEG takes 8; `digits_nb.images.decode.decode_reduced` is how one is read.
_BYTES = {"Jpeg": 4, "Png": 9, "Gif": 9, "Bmp": 9, "Tiff": 9, "Heic": 8, "WebP": 18}
_BYTES_BESIDE_SAMPLES = 4.5  # the picture itself, while a TIFF's samples are kept as the file has them
_BYTES_OF_COEFFICIENT = 2  # of a JPEG in several scans, all are kept until the last scan
BYTES_WITH_ALPHA = 12


def _most(bytes_each: float) -> int:
    return int(MAX_MEMORY / bytes_each / 100_000) * 100_000


MOST_PIXELS = {name.upper(): _most(count) for name, count in _BYTES.items()}

_SIGNATURES = re.compile(
    rb"(?P<Png>\x89PNG\r\n\x1a\n)|(?P<Jpeg>\xff\xd8\xff)|(?P<Gif>GIF8[79]a)|(?P<WebP>RIFF.{4}WEBP)"
    rb"|(?P<Bmp>BM)|(?P<Tiff>II\*\0|MM\0\*|II\+\0|MM\0\+)"
    rb"|(?P<Heic>.{4}ftyp(?:he[iv][cmsx]|mif1|msf1))",
    re.DOTALL,
)
# what people send instead: how it begins, and what it is
_OTHERS = (
    (rb"....ftypavi[fs]", "an AVIF picture"),
    (rb"....ftyp|RIFF....AVI |\x1aE\xdf\xa3", "a film"),
    (rb"\xff\x0a|\x00{3}\x0cJXL ", "a JPEG XL picture"),
    (rb"\xff\x4f\xff\x51|\x00{3}\x0cjP  ", "a JPEG 2000 picture"),
    (rb"\x00\x00[\x01\x02]\x00", "an icon"),
    (rb"P[1-7]\s", "a PNM picture"),
    (rb"8BPS", "a Photoshop file"),
    (rb"%PDF-", "a PDF document"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "a PostScript document"),
    (rb"\x93NUMPY", "a NumPy file"),
    (rb"PK\x03\x04", "a ZIP or Office file"),
    (rb"\x1f\x8b", "a gzip file"),
    (rb"\W*<(?:!doctype\s)?svg|\W*<\?xml.{0,2000}?<svg", "an SVG drawing"),
    (rb"\W*<(?:!doctype\s)?html|\W*<\?xml.{0,2000}?<html", "a web page"),
    (rb"data:|iVBORw0KGgo|/9j/|R0lGOD|UklGR", "base64, which belongs under the key 'base64'"),
    (rb"[\t\n\r -~]{16}|[\t\n\r -~]+\Z", "text"),
)

MAX_READS = 200_000  # a file of 20 MB in chunks of 8 kB takes 10,000
MAX_SCANS = 100  # libtiff's number too, for the JPEGs inside a TIFF; encoders write about ten
MAX_SEGMENTS = 10_000
# every marker that has a length, and the end: one more or one less, and what follows would be read otherwise
# than libjpeg does, which passes over any other, or gives up
_SEGMENT = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
_SCAN, _END = 0xDA, 0xD9
MAX_HEIC = 10_000_000  # bytes: 20 MB of what HEVC finds hardest take a second and a half
# ways to put one picture together from any number of others, or to leave HEVC out; no phone sends them
_PIECEWORK = re.compile(rb"infe[\2\3].{7,9}(?:iovl|iden|tili|unci|mski)", re.DOTALL)
# a HEIC's box for each picture and tile in it; looked ahead at, since one that is none may lie across it
_EXTENT = re.compile(rb"ispe(?=\0.{3}(.{4})(.{4}))", re.DOTALL)
# boxes whose lengths have 64 bits, which they do not need, and what is in them would be read elsewhere
_LONG_BOXES = (b"\0\0\0\1infe", b"\0\0\0\1ispe")
MAX_VALUES = 40_000  # in one of a TIFF's tags: a strip for every row of the tallest picture
_BITS, _SAMPLES, _MAX_SAMPLES = 258, 277, 6  # tags of TIFF, and the most channels that a picture can have
_TILE = 322, 323  # its width and height
_BYTE, _TEXT, _ANYTHING = 1, 2, 7  # types of such values that are kept as they are


def format_of(data: bytes) -> str:
    """Tell a file's format by how it begins.

    Raises
    ------
    UnsupportedImage
        It begins as none of `FORMATS` does, which is what names and types given with it are not asked.
    CorruptImage
        There is nothing.
    """
    if known := _SIGNATURES.match(data):
        return known.lastgroup or ""
    if not data:
        msg = "The file is empty; give one that holds a picture."
        raise CorruptImage(msg)
    how = re.DOTALL | re.IGNORECASE
    kind = next((f"looks like {kind}" for start, kind in _OTHERS if re.match(start, data, how)), "is unknown")
    msg = f"The data {kind}, and only {FORMATS} are read; save the picture as PNG or JPEG."
    raise UnsupportedImage(msg)


def undecoded(data: bytes, name: str) -> Image.Image:
    """The picture in a file of a format, of which nothing but the header is read yet."""
    # the plugin itself: Image.open would warn of a large picture before we can refuse it
    image = _plugin(name)(_Reader(data))
    if 0 in image.size:
        msg = f"The picture's file says that it has {image.width} × {image.height} pixels; save it again."
        raise CorruptImage(msg)
    return image


def most_pixels(image: Image.Image, data: bytes, name: str) -> int:
    """How many pixels a picture that is not decoded yet may have, to be decoded within `MAX_MEMORY`."""
    count = _BYTES[name]
    if name == "Jpeg" and _scans(data) > 1:
        _, across, down, _ = zip(*image.layer, strict=True)  # of each component, its samples for a block
        samples = sum(width * height for width, height in zip(across, down, strict=True))
        count += _BYTES_OF_COEFFICIENT * samples / (max(across) * max(down))
    elif image.has_transparency_data:
        count = max(count, BYTES_WITH_ALPHA)
    if name == "Tiff":
        count = max(count, _BYTES_BESIDE_SAMPLES + _sample_bytes(image))
    return _most(count)


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raise `TooLarge` for more pixels in all, or more a side, than are read; `QueryError` for none."""
    if not width or not height:
        msg = f"The picture has {width} × {height} pixels, and so nothing to see; give another."
        raise QueryError(msg)
    if width * height > max_pixels or max(width, height) > MAX_SIDE:
        msg = (
            f"The picture has {width:,} × {height:,} pixels, and only {max_pixels:,} in all and "
            f"{MAX_SIDE:,} a side are read; scale it down."
        )
        raise TooLarge(msg)


def _scans(data: bytes) -> int:
    """How many scans a JPEG has: each of any number walks over the whole picture."""
    at, scans = 2, 0
    for _ in range(MAX_SEGMENTS):
        segment = _SEGMENT.search(data, at)
        if segment is None or data[segment.end() - 1] == _END:
            return scans
        scans += data[segment.end() - 1] == _SCAN
        if scans > MAX_SCANS:
            break
        at = segment.end() + int.from_bytes(data[segment.end() : segment.end() + 2])
    raise _in_pieces()


def _in_pieces() -> DigitsError:
    msg = "The picture's file holds more than any picture needs; save it again as PNG or JPEG."
    return TooLarge(msg)


class _Reader(BytesIO):
    """Bytes that are not read for ever: 20 MB of empty chunks keep Pillow busy for ten seconds."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > MAX_READS:
            raise _in_pieces()
        return super().read(size)


@cache
def _plugin(name: str) -> type[ImageFile.ImageFile]:
    if name == "Heic":
        return _heic()
    plugin = getattr(import_module(f"PIL.{name}ImagePlugin"), f"{name}ImageFile")
    if name == "Jpeg":
        # for a resolution that nobody asks for, its whole EXIF would be read, and warned of if it is odd
        return type(name, (plugin,), {"_read_dpi_from_exif": lambda _: None})
    return _tiff(plugin) if name == "Tiff" else plugin


def _heic() -> type[ImageFile.ImageFile]:
    try:
        plugin = import_module("pillow_heif").HeifImageFile  # not registered: Pillow stays as it is
    except ImportError as error:
        msg = (
            "The data is a HEIC picture, and pillow-heif, which reads them, is not installed; do pip install "
            "'digits_nb[heic]', or save the picture as JPEG."
        )
        raise UnsupportedImage(msg) from error

    class Heic(plugin):
        format = "HEIC"  # as people know it

        def _open(self) -> None:
            data = self.fp.getvalue()
            if len(data) > MAX_HEIC or _PIECEWORK.search(data) or any(box in data for box in _LONG_BOXES):
                raise _in_pieces()
            # what is shown may be a corner of what is decoded
            for sides in _EXTENT.findall(data):
                width, height = map(int.from_bytes, sides)
                check_size(width or 1, height or 1, MOST_PIXELS["HEIC"])
            super()._open()

    return Heic


def _tiff(plugin: type[ImageFile.ImageFile]) -> type[ImageFile.ImageFile]:
    with suppress(AttributeError, OSError):  # where libtiff is a part of Pillow's own binary
        # of whatever is broken libtiff also prints a line; Pillow silences its warnings in the same way
        ctypes.CDLL(Image.core.__file__).TIFFSetErrorHandler(None)

    class Tiff(plugin):
        def _setup(self) -> None:
            # before Pillow makes a tuple and an object of each of five million strips
            for tag, values in self.tag_v2._tagdata.items():  # noqa: SLF001 (there is no other way to them)
                kept = self.tag_v2.tagtype[tag] in {_BYTE, _TEXT, _ANYTHING}
                if len(values) > 4 * MAX_VALUES and not kept:
                    raise _in_pieces()
            if self.tag_v2.get(_SAMPLES, 1) > _MAX_SAMPLES:
                raise SyntaxError  # as Pillow does, which logs it as an error before
            super()._setup()
            across, down = (self.tag_v2.get(tag, 1) for tag in _TILE)
            # tiles are decoded whole, whatever lies outside of the picture
            tiled = -(-self.width // across) * across * -(-self.height // down) * down
            most = MAX_MEMORY / max(_sample_bytes(self), 1)
            if tiled > self.width * self.height and max(tiled, 4 * across * down) > most:
                raise _in_pieces()

    return Tiff


def _sample_bytes(tiff: Image.Image) -> float:
    return tiff.tag_v2.get(_SAMPLES, 1) * max(tiff.tag_v2.get(_BITS, (1,))) / 8
