"""Decode the bytes of a picture within limits, upright, to RGB, RGBA or L; put a transparent one on paper.

Nothing else in digits_nb decodes a picture.
"""

import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits_nb.errors import CorruptImage, DigitsError, TooLarge, UnsupportedImage
from digits_nb.images.formats import MAX_PIXELS, check_size, format_of, most_pixels, undecoded

# Tag 274 of EXIF, a short number, in either byte order, or XMP, whose digits are the number modulo 16.
_ORIENTATION = re.compile(
    rb'(?:\x01\x12\0\x03\0{3}\x01\0|\x12\x01\x03\0\x01\0{3}|tiff:Orientation(?:="|>))([\x01-\x081-8])'
)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {5, 6, 7, 8}  # orientations that swap width and height
_FULL = 255
_INK_SPREAD = 64  # levels of luma, 5th to 95th percentile; strokes without paper have fewer
_BAND = 2**20  # pixels
# How Pillow says that it does not decode a variant of a format.
_NOT_READ = re.compile(r"Unsupported BMP (bitfields|compression|pixel)|unknown pixel mode|cannot handle")

_warning_filters = threading.Lock()


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode the content of a picture file, and `finish` it.

    Parameters
    ----------
    data
        A PNG, JPEG, GIF, WebP, BMP, TIFF or, with pillow-heif, HEIC file; the content says which. Of several
        pictures (a phone's MPO, an animation) the first is decoded.
    max_pixels
        Maximum number of pixels, checked in the header before anything is decoded. For each format the limit
        is `digits_nb.images.formats.MOST_PIXELS` or less, the number that fits into `MAX_MEMORY`.

    Returns
    -------
    PIL.Image.Image
        Upright, mode RGB, RGBA or L.

    Raises
    ------
    UnsupportedImage
        The data is something else, or of a rare variant, or HEIC and pillow-heif is not installed.
    CorruptImage
        It cannot be decoded to the end.
    TooLarge
        It has more than `max_pixels`, a side above `MAX_SIDE`, or does not fit into memory.
    """
    return decode_reduced(data, max_pixels=max_pixels)[0]


def decode_reduced(
    data: bytes, at_least: int | None = None, *, max_pixels: int = MAX_PIXELS
) -> tuple[Image.Image, tuple[int, int]]:
    """Decode as `decode` does, but a large JPEG at a half, a quarter or an eighth of its size.

    Parameters
    ----------
    data, max_pixels
        As for `decode`; `max_pixels` limits the full size.
    at_least
        Number of pixels that the longest side keeps; None for all.

    Returns
    -------
    picture : PIL.Image.Image
        Upright, mode RGB, RGBA or L.
    size : tuple of int
        Width and height in full size, upright.
    """
    name = format_of(data)
    with _as_digits_errors(name.upper()), _ignored_warnings() if _may_warn(name, data) else nullcontext():
        image = undecoded(data, name)
        width, height = image.size
        check_size(width, height, min(max_pixels, most_pixels(image, data, name)))
        # not for HEIC, whose draft is its thumbnail, which may show something else
        times = max(image.size) // at_least if at_least and name == "Jpeg" else 1
        # libjpeg skips what a smaller picture does not need
        drafted = times > 1 and image.draft(None, (max(width // times, 1), max(height // times, 1)))
        picture = finish(image)
        if not drafted:
            return picture, picture.size
        return picture, (height, width) if _orientation(image) in _SIDEWAYS else (width, height)


def is_plain(data: bytes) -> bool:
    """Tell whether decoding a file takes the time that its header's size says, and waits for no other file.

    Not so for HEIC and TIFF, whose parts may hold more pixels than the picture shows, nor for the formats of
    which Pillow may warn, because these are decoded one at a time.
    """
    name = format_of(data)
    return name != "Heic" and not _may_warn(name, data)


def _may_warn(name: str, data: bytes) -> bool:
    """Tell whether Pillow may warn of oddities in a file of this format."""
    return name in {"Gif", "Tiff"} or (name == "Png" and b"acTL" in data)


def finish(image: Image.Image, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Turn any PIL image upright, and convert it to mode RGB, RGBA or L.

    Of several frames the first is taken. A 16-bit picture keeps the upper 8 of the 8, 10, 12, 14 or 16
    bits that its values use. One of 32 bits has no agreed range: it is scaled from its own darkest value (0)
    to its own lightest (255).

    Parameters
    ----------
    image
        An image in any mode; its EXIF says how to turn it.
    max_pixels
        Maximum number of pixels.

    Returns
    -------
    PIL.Image.Image
        `image` itself if it needs no change.

    Raises
    ------
    QueryError
        The image has no pixels.
    CorruptImage
        It was opened from a file that cannot be decoded to the end.
    TooLarge
        It has more than `max_pixels`, or a side above `MAX_SIDE`.
    """
    check_size(*image.size, max_pixels)
    with _as_digits_errors(image.format or "given"):
        image.load()
        turn = _TURNS.get(_orientation(image))
        if turn is not None:
            image = image.transpose(turn)
            for key in ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"):
                image.info.pop(key, None)  # or the next reader would turn it once more
        return _to_usual_mode(image)


def flatten(image: Image.Image) -> Image.Image:
    """Put a picture with transparency on an opaque background on which its ink can be seen.

    If the visible pixels are partly dark and partly light, and most of them are close to one of the two, they
    include paper, and the background is the paper's colour, their median. Otherwise they are ink only: the
    background is white for dark ink, black for light ink.

    Parameters
    ----------
    image
        Mode RGB, RGBA or L.

    Returns
    -------
    PIL.Image.Image
        Mode RGB or L: `image` itself if its mode is one of these; white if no pixel is visible.
    """
    if image.mode != "RGBA":
        return image
    alpha = image.getchannel("A")
    faintest, strongest = alpha.getextrema()
    if faintest == _FULL:
        return image.convert("RGB")
    if strongest == 0:
        return Image.new("RGB", image.size, "white")
    visible = alpha.point(lambda level: _FULL * (2 * level >= strongest))
    dark, median, light = _percentiles(image.convert("L").histogram(visible), 5, 50, 95)
    spread = light - dark
    if spread > _INK_SPREAD and min(light - median, median - dark) <= spread / 4:
        levels = image.histogram(visible)
        ground = tuple(_percentiles(levels[start : start + 256], 50)[0] for start in (0, 256, 512))
    else:
        ground = (_FULL,) * 3 if median <= _FULL // 2 else (0, 0, 0)
    flat = Image.new("RGB", image.size, ground)
    flat.paste(image, mask=alpha)
    return flat


def to_array(image: Image.Image, max_side: int | None = None) -> NDArray[np.uint8]:
    """Give the pixels of a picture; one with transparency is flattened first.

    Parameters
    ----------
    image
        Mode RGB, RGBA or L.
    max_side
        Longest side, in pixels, to which a larger picture is reduced; None for none.

    Returns
    -------
    ndarray of shape (H, W) or (H, W, 3), uint8
        Grey, or red, green and blue.
    """
    image = flatten(image)
    scale = max(image.size) / (max_side or max(image.size))
    if scale > 1:
        # here, since an array of the whole picture would take its memory once more
        width, height = (max(1, round(side / scale)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.BOX)
    return np.asarray(image)


def _percentiles(histogram: list[int], *percents: int) -> list[int]:
    counts = np.cumsum(histogram)
    return [int(level) for level in np.searchsorted(counts, np.array(percents) / 100 * counts[-1])]


@contextmanager
def _ignored_warnings() -> Iterator[None]:
    # the filters belong to the whole process: changed by one thread at a time, and only where Pillow may warn
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _as_digits_errors(name: str) -> Iterator[None]:
    try:
        yield
    except DigitsError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        msg = f"The {name} picture takes more memory than there is for it; scale it down."
        raise TooLarge(msg) from error
    except Exception as error:  # Pillow's plugins raise nearly any error for a broken file
        if _NOT_READ.match(str(error)):
            msg = f"The {name} picture is of a kind that is not read; save it as PNG or JPEG."
            raise UnsupportedImage(msg) from error
        msg = f"The {name} picture is broken or cut short; see whether a viewer opens it, and send it again."
        raise CorruptImage(msg) from error


def _orientation(image: Image.Image) -> int:
    """Return the orientation in the EXIF or XMP of a loaded image, 1 to 8; 1 if there is none.

    Pillow turns a TIFF itself. Its `getexif` takes half a second for 20 MB of EXIF, and warns of what is odd,
    while warnings can be silenced only for one picture at a time.
    """
    exif, xmp = (note if isinstance(note, bytes) else b"" for note in map(image.info.get, ("exif", "xmp")))
    with suppress(KeyError, ValueError):  # ImageMagick writes three lines, and then hexadecimal digits
        exif = exif or bytes.fromhex("".join(image.info["Raw profile type exif"].split("\n")[3:]))
    exif = exif.removeprefix(b"Exif\0\0")
    order: Literal["little", "big"] = "little" if exif.startswith(b"II") else "big"
    start = int.from_bytes(exif[4:8], order)
    end = start + 2 + 12 * int.from_bytes(exif[start : start + 2], order)  # of the first directory
    found = _ORIENTATION.search(exif[start:end] + xmp)
    return found[1][0] % 16 if found else 1


def _to_usual_mode(image: Image.Image) -> Image.Image:
    """Convert to RGB, RGBA or L."""
    if image.mode.startswith(("I", "F")):
        grey = Image.fromarray(_eight_bits(image))
        if not image.has_transparency_data:
            return grey
        clear = image.info["transparency"]
        alpha = np.concatenate([(band != clear) * np.uint8(_FULL) for band in _bands(image)])
        return Image.merge("RGBA", (grey, grey, grey, Image.fromarray(alpha)))
    if image.has_transparency_data:
        if image.mode == "La":
            image = image.convert("LA")
        return image if image.mode == "RGBA" else image.convert("RGBA")
    if image.mode in {"RGB", "L"}:
        return image
    if image.mode == "LAB":
        return image.getchannel("L")
    return image.convert("L" if image.mode == "1" else "RGB")


def _eight_bits(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith("I;16"):
        used = max(int(band.max()) for band in _bands(image)).bit_length()
        lower = max(used + used % 2 - 8, 0)  # sensors have 8, 10, 12, 14 or 16 bits
        return np.concatenate([(band >> lower).astype(np.uint8) for band in _bands(image)])
    finite = (band[np.isfinite(band)] for band in _bands(image))
    ends = [float(end) for band in finite if band.size for end in (band.min(), band.max())]
    low, high = (min(ends), max(ends)) if ends else (0.0, 0.0)
    if low == high:
        return np.full(image.size[::-1], np.clip(low, 0, _FULL), np.uint8)
    shares = (
        np.nan_to_num(np.clip(band, low, high).astype(np.float64), nan=low) - low for band in _bands(image)
    )
    return np.concatenate([(share * (_FULL / (high - low))).astype(np.uint8) for share in shares])


def _bands(image: Image.Image) -> Iterator[NDArray[Any]]:
    """Yield a picture's values some rows at a time, because their conversion takes up to 30 bytes a pixel."""
    width, height = image.size
    rows = -(-_BAND // width)
    for top in range(0, height, rows):
        yield np.asarray(image.crop((0, top, width, min(top + rows, height))))
