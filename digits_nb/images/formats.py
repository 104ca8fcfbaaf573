"""The picture formats that are read, and the guards against files that take too much time or memory.

A few bytes can decode to any number of pixels, so the cost of a picture is computed from its header.
Decoding, turning and flattening it may take `MAX_MEMORY` bytes, beside the file itself. Each guard says which
attack it stops; `tests/images/test_hostile_pictures.py` has a file for each.
"""

import ctypes
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from io import BytesIO
from operator import mul

from PIL import Image, ImageFile, _imaging

from digits_nb.errors import CorruptImage, QueryError, TooLarge, UnsupportedImage

FORMATS = "PNG, JPEG, GIF, WebP, BMP, TIFF and HEIC"

# Decompression bombs: an 18 kB PNG of 144 million pixels, a WebP of 38 bytes that decodes to 49 million.
MAX_PIXELS = 50_000_000
MAX_SIDE = 32_766  # OpenCV's warps take sides below 2**15 - 1
MAX_MEMORY = 200_000_000  # bytes

# Memory per pixel at the most expensive step: decoding, turning upright, or flattening. Measured at 24
# million pixels of any content, and rounded up for what a decoder needs besides. A JPEG that is turned in
# full size takes 8 bytes; `digits_nb.images.decode.decode_reduced` decodes it smaller.
_BYTES: dict[str, float] = {"Jpeg": 4, "Png": 9, "Gif": 9, "Bmp": 9, "Tiff": 9, "Heic": 8, "WebP": 18}
_BYTES_BESIDE_SAMPLES = 4.5  # the picture itself, while a TIFF's samples are kept as the file has them
_BYTES_OF_COEFFICIENT = 2  # a JPEG of several scans keeps all coefficients until the last scan
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
# other files that people send: how they begin, and what they are
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

# A PNG of millions of empty chunks, a GIF's comment of single letters: Pillow reads each by itself, 20 MB of
# them for ten seconds. An ordinary file of 20 MB, in chunks of 8 kB, takes 10,000 reads.
MAX_READS = 200_000
# A JPEG of a thousand scans of a few bytes, each of which goes over all pixels. Encoders write about ten
# scans; 100 is libtiff's limit too, for the JPEGs inside a TIFF.
MAX_SCANS = 100
# A JPEG of four million empty comments: counting its scans alone would take seconds.
MAX_SEGMENTS = 10_000
# Every marker that has a length, and the end. A JPEG can hide its scans behind a marker that libjpeg skips
# and that would be taken for a segment here, or the reverse, so these are exactly libjpeg's.
_SEGMENT = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
_SCAN, _END = 0xDA, 0xD9
_UNDECODED = 113, (113, 0, 0), (113, 0, 0, 0)  # a level and colours that few pictures have in a corner
# The texts of a PNG that may say how to turn it, if they are not too long. Others are skipped, because any
# may unpack to megabytes.
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
_TURNING = (b"Raw profile type exif\0", b"XML:com.adobe.xmp\0")
_CHUNK_HEAD, _MAX_KEYWORD, _MAX_TEXT = 8, 80, 2**20  # bytes
MAX_HEIC = 10_000_000  # bytes: 20 MB of what HEVC decodes slowest take 1.5 s
# A HEIC that is put together from any number of other pictures (overlays, derived pictures), or that is not
# HEVC inside. No phone sends these.
_DERIVED = re.compile(rb"infe[\2\3].{7,9}(?:iovl|iden|tili|unci|mski)", re.DOTALL)
# A HEIC whose header claims fewer pixels than are decoded: of a large picture it shows only a corner. `ispe`
# is the box with the size of each picture and tile. The pattern looks ahead, because bytes that only look
# like such a box may overlap a real one.
_EXTENT = re.compile(rb"ispe(?=\0.{3}(.{4})(.{4}))", re.DOTALL)
# Boxes with a length of 64 bits, which they do not need, and in which the two patterns above would not match.
_LONG_BOXES = (b"\0\0\0\1infe", b"\0\0\0\1ispe")
# A TIFF of two million strips: Pillow makes a tuple and an object of each. 40,000 are enough for a strip for
# each row of the tallest picture.
MAX_VALUES = 40_000
_BITS, _SAMPLES, _MAX_SAMPLES = 258, 277, 6  # tags of TIFF, and the most channels that a picture can have
_TILE = 322, 323  # tags of TIFF: width and height of a tile
_BYTE, _TEXT, _ANYTHING = 1, 2, 7  # types of TIFF values that Pillow keeps as they are, whatever their number


def format_of(data: bytes) -> str:
    """Return a file's format, the name of Pillow's plugin for it, from its first bytes.

    A name or a type that was sent with the file does not count.

    Raises
    ------
    UnsupportedImage
        The data does not begin like one of `FORMATS`.
    CorruptImage
        The data is empty.
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
    """Open the picture in a file of the format `name`. Nothing but the header is read yet.

    Raises
    ------
    CorruptImage
        The picture has no pixels. A broken header raises whatever Pillow raises.
    TooLarge
        The file would take more work than any picture needs.
    """
    plugin = _plugin(name)  # not by Image.open, which warns of a large picture before it can be refused
    if name == "Heic":
        _check_heic(data)
    image = plugin(_PngReader(data) if name == "Png" else _Reader(data))
    if name == "Png" and image.mode == "L" and "transparency" in image.info:
        # Pillow makes 8 bits of all levels of 2 or 4 bits but the transparent one
        image.info["transparency"] *= 255 // (2 ** data[24] - 1)
    if 0 in image.size:
        msg = f"The picture's file says that it has {image.width} × {image.height} pixels; save it again."
        raise CorruptImage(msg)
    return image


def most_pixels(image: Image.Image, data: bytes, name: str) -> int:
    """Return how many pixels an undecoded picture may have, to be decoded within `MAX_MEMORY`."""
    bytes_each = _BYTES[name]
    if name == "Jpeg" and _count_scans(data) > 1:
        _, across, down, _ = zip(*vars(image)["layer"], strict=True)  # samples of each component in a block
        bytes_each += _BYTES_OF_COEFFICIENT * sum(map(mul, across, down)) / (max(across) * max(down))
    elif image.has_transparency_data:
        bytes_each = max(bytes_each, BYTES_WITH_ALPHA)
    if name == "Tiff":
        bytes_each = max(bytes_each, _BYTES_BESIDE_SAMPLES + vars(image)["sample_bytes"])
    return _most(bytes_each)


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Raise `TooLarge` for more than `max_pixels`, or `MAX_SIDE` a side; `QueryError` for no pixels."""
    if not width or not height:
        msg = f"The picture has {width} × {height} pixels, and so nothing to see; give another."
        raise QueryError(msg)
    if width * height > max_pixels or max(width, height) > MAX_SIDE:
        msg = (
            f"The picture has {width:,} × {height:,} pixels, and only {max_pixels:,} in all and "
            f"{MAX_SIDE:,} a side are read; scale it down."
        )
        raise TooLarge(msg)


def _count_scans(data: bytes) -> int:
    at, scans = 2, 0
    for _ in range(MAX_SEGMENTS):
        segment = _SEGMENT.search(data, at)
        if segment is None or data[segment.end() - 1] == _END:
            return scans
        scans += data[segment.end() - 1] == _SCAN
        if scans > MAX_SCANS:
            break
        at = segment.end() + int.from_bytes(data[segment.end() : segment.end() + 2])
    raise _too_much_work()


def _too_much_work() -> TooLarge:
    return TooLarge("The picture's file holds more than any picture needs; save it again as PNG or JPEG.")


class _Reader(BytesIO):
    """Bytes that can be read `MAX_READS` times."""

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads > MAX_READS:
            raise _too_much_work()
        return super().read(size)


class _PngReader(_Reader):
    """A PNG without the texts that are not needed to turn it."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        while size == _CHUNK_HEAD and data[4:] in _TEXTS:
            start, length = self.tell(), int.from_bytes(data[:4])
            if length < _MAX_TEXT and super().read(_MAX_KEYWORD).startswith(_TURNING):
                self.seek(start)
                break
            self.seek(start + length + 4)  # behind the checksum
            data = super().read(size)
        return data


@cache
def _plugin(name: str) -> type[ImageFile.ImageFile]:
    """Return Pillow's class for a format, with our guards."""
    if name == "Heic":
        return _heic()
    plugin: type[ImageFile.ImageFile] = getattr(import_module(f"PIL.{name}ImagePlugin"), f"{name}ImageFile")
    return _jpeg() if name == "Jpeg" else _tiff() if name == "Tiff" else plugin


def _heic() -> type[ImageFile.ImageFile]:
    try:
        plugin = import_module("pillow_heif").HeifImageFile  # not registered: Pillow stays as it is
    except ImportError as error:
        msg = (
            "The data is a HEIC picture, and pillow-heif, which reads them, is not installed; do pip install "
            "'digits_nb[heic]', or save the picture as JPEG."
        )
        raise UnsupportedImage(msg) from error
    return type("Heic", (plugin,), {"format": "HEIC"})  # the name that people know


def _jpeg() -> type[ImageFile.ImageFile]:
    from PIL.JpegImagePlugin import JpegImageFile

    class Jpeg(JpegImageFile):
        def _read_dpi_from_exif(self) -> None:
            """Do nothing: for a resolution Pillow would parse the whole EXIF, and warn of what is odd."""

        def load_prepare(self) -> None:
            super().load_prepare()
            corner = 0, self.height - 1
            self.im.putpixel(corner, _UNDECODED[0])
            self._end = _missing_end(partial(self.im.getpixel, corner))

        def load_read(self, read_bytes: int) -> bytes:
            return super().load_read(read_bytes) or next(self._end, b"")

    return Jpeg


def _missing_end(corner: Callable[[], object]) -> Iterator[bytes]:
    """Yield the end that a JPEG lacks; none if its last row is not decoded, and so rows are missing."""
    yield b"\xff\0" * 8  # bits to look ahead: of a picture that is cut short, they fill two blocks
    if corner() not in _UNDECODED:
        yield b"\xff\xd9"


def _check_heic(data: bytes) -> None:
    if len(data) > MAX_HEIC or _DERIVED.search(data) or any(box in data for box in _LONG_BOXES):
        raise _too_much_work()
    for sides in _EXTENT.findall(data):
        width, height = map(int.from_bytes, sides)
        check_size(width or 1, height or 1, MOST_PIXELS["HEIC"])


def _tiff() -> type[ImageFile.ImageFile]:
    from PIL.TiffImagePlugin import TiffImageFile

    with suppress(AttributeError, OSError):  # where libtiff is not a part of Pillow's own binary
        # libtiff prints a line for each error; Pillow silences its warnings in the same way
        ctypes.CDLL(_imaging.__file__).TIFFSetErrorHandler(None)

    class Tiff(TiffImageFile):
        def _setup(self) -> None:
            tags = self.tag_v2
            for tag, values in tags._tagdata.items():  # noqa: SLF001 (the bytes, before Pillow unpacks them)
                kept = tags.tagtype[tag] in {_BYTE, _TEXT, _ANYTHING}
                if len(values) > 4 * MAX_VALUES and not kept:
                    raise _too_much_work()
            if tags.get(_SAMPLES, 1) > _MAX_SAMPLES:
                raise SyntaxError  # Pillow raises it too, after logging an error
            super()._setup()
            self.sample_bytes = tags.get(_SAMPLES, 1) * max(tags.get(_BITS, (1,))) / 8  # of one pixel
            # A picture of few pixels in the corner of one tile of 225 million, which is decoded whole.
            across, down = (tags.get(tag, 1) for tag in _TILE)
            tiled = -(-self.width // across) * across * -(-self.height // down) * down
            most = MAX_MEMORY / max(self.sample_bytes, 1)
            if tiled > self.width * self.height and max(tiled, 4 * across * down) > most:
                raise _too_much_work()

    return Tiff
