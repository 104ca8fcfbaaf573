"""Bytes become a picture: decoded within limits, upright, in one of three modes, its transparency laid down.

Nothing else in digits_nb decodes a picture.
"""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits_nb.errors import CorruptImage, DigitsError, TooLarge
from digits_nb.images.formats import MAX_PIXELS, check_size, format_of, most_pixels, undecoded

_ORIENTATION = 274  # the tag's number in TIFF and EXIF
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = {5, 6, 7, 8}  # what swaps width and height
_FULL = 255
_INK_SPREAD = 64  # levels of luma between the 5th and the 95th percentile: strokes, but no paper with them
_BAND = 2**20  # pixels

_silence = threading.Lock()


def decode(data: bytes, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Decode the content of a picture file, and `finish` it.

    Parameters
    ----------
    data
        PNG, JPEG (of a phone's several pictures the first), GIF, WebP, BMP, TIFF or, with pillow-heif, HEIC,
        told by its content.
    max_pixels
        The most pixels, judged from the header before anything is decoded; never more than
        `digits_nb.images.formats.MOST_PIXELS`, which is what their decoding has memory for.

    Raises
    ------
    UnsupportedImage
        These are bytes of something else, or of a HEIC picture and pillow-heif is not installed.
    CorruptImage
        They cannot be decoded to the end.
    TooLarge
        More than `max_pixels`, a side above `MAX_SIDE`, or more than fits into memory.
    """
    return decode_reduced(data, max_pixels=max_pixels)[0]


def decode_reduced(
    data: bytes, at_least: int | None = None, *, max_pixels: int = MAX_PIXELS
) -> tuple[Image.Image, tuple[int, int]]:
    """Decode as `decode` does, but a large JPEG in grey at a half, a quarter or an eighth of its size.

    Its longest side keeps `at_least` pixels; None keeps all. Given are the picture, and the width and height
    that it has in full, upright: `max_pixels` is for these.
    """
    name = format_of(data)
    with _as_ours(name.upper()), _unheard() if _talkative(name, data) else nullcontext():
        image = undecoded(data, name)
        width, height = image.size
        check_size(width, height, min(max_pixels, most_pixels(image, data, name)))
        # a HEIC's draft would be its thumbnail, which may show something else
        times = max(image.size) // at_least if at_least and name == "Jpeg" else 1
        # the decoder leaves out what a smaller picture does not need
        drafted = times > 1 and image.draft("L", (max(width // times, 1), max(height // times, 1)))
        picture = finish(image)
        if not drafted:
            return picture, picture.size
        return picture, (height, width) if _orientation(image) in _SIDEWAYS else (width, height)


def is_plain(data: bytes) -> bool:
    """Whether decoding this file takes what the size in its header tells, and waits for no other file.

    The parts that a HEIC or a TIFF is coded in may hold much more than the picture shows, and talkative
    formats are decoded one at a time.
    """
    name = format_of(data)
    return name != "Heic" and not _talkative(name, data)


def _talkative(name: str, data: bytes) -> bool:
    """Whether this format can make Pillow warn of oddities, which are nothing to the caller."""
    return name in {"Gif", "Tiff"} or (name == "Png" and b"acTL" in data)


def finish(image: Image.Image, *, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Bring any PIL image upright (by EXIF) and into mode RGB, RGBA or L; of several frames the first.

    16-bit pictures lose their lower byte. Those of 32 bits have no agreed range: they are stretched from
    their own darkest to their own lightest value.
    """
    check_size(*image.size, max_pixels)
    with _as_ours(image.format or "given"):
        image.load()
        turn = _TURNS.get(_orientation(image))
        if turn is not None:
            image = image.transpose(turn)
            for note in ("exif", "xmp", "XML:com.adobe.xmp", "Raw profile type exif"):
                image.info.pop(note, None)  # or the next reader would turn it once more
        return _in_three_modes(image)


def flatten(image: Image.Image) -> Image.Image:
    """Lay a picture on the ground that shows its ink.

    What is visible has paper of its own if it is dark here and light there, and most of it is the one or
    the other: it is laid on the paper's colour, its median. Otherwise it is ink: dark ink is laid on white,
    light ink on black.

    Parameters
    ----------
    image
        Mode RGB, RGBA or L.

    Returns
    -------
    PIL.Image.Image
        Mode RGB or L. A picture without transparency is as it was; one without a visible pixel is white.
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


def to_gray(image: Image.Image) -> NDArray[np.uint8]:
    """Give a picture of mode RGB, RGBA or L in grey, (H, W) uint8; a transparent one is flattened first."""
    return np.asarray(image if image.mode == "L" else flatten(image).convert("L"))


def _percentiles(histogram: list[int], *percents: int) -> list[int]:
    counts = np.cumsum(histogram)
    return np.searchsorted(counts, np.array(percents) / 100 * counts[-1]).tolist()


@contextmanager
def _unheard() -> Iterator[None]:
    # the filters of warnings are everybody's: changed by one at a time, and only where it must be
    with _silence, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _as_ours(name: str) -> Iterator[None]:
    try:
        yield
    except DigitsError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        msg = f"The {name} picture takes more memory than there is for it; scale it down."
        raise TooLarge(msg) from error
    except Exception as error:  # Pillow's plugins raise nearly anything for a broken file
        msg = f"The {name} picture is broken or cut short; see whether a viewer opens it, and send it again."
        raise CorruptImage(msg) from error


def _orientation(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8; not by Pillow's `getexif`, which reads, and warns of, everything there."""
    tags = getattr(image, "tag_v2", None)
    if tags is not None:
        tag = tags.get(_ORIENTATION)
        return tag if isinstance(tag, int) else 1
    exif = image.info.get("exif")
    if not isinstance(exif, bytes):
        return 1
    exif = exif.removeprefix(b"Exif\0\0")
    order = "little" if exif.startswith(b"II") else "big"
    start = int.from_bytes(exif[4:8], order) + 2
    count = int.from_bytes(exif[start - 2 : start], order)
    for entry in range(start, min(start + 12 * count, len(exif)), 12):
        if int.from_bytes(exif[entry : entry + 2], order) == _ORIENTATION:
            return int.from_bytes(exif[entry + 8 : entry + 10], order)
    return 1


def _in_three_modes(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_eight_bits(image))
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
        return np.concatenate([(band >> 8).astype(np.uint8) for band in _bands(image)])
    ends = [(band.min(), band.max()) for band in map(_finite, _bands(image)) if band.size]
    low, high = (float(end) for end in (min(ends)[0], max(high for _, high in ends))) if ends else (0.0, 0.0)
    if low == high:
        return np.full(image.size[::-1], np.clip(low, 0, _FULL), np.uint8)
    shares = (
        np.nan_to_num(np.clip(band, low, high).astype(np.float64), nan=low) - low for band in _bands(image)
    )
    return np.concatenate([(share * (_FULL / (high - low))).astype(np.uint8) for share in shares])


def _bands(image: Image.Image) -> Iterator[NDArray]:
    """The picture's values, some rows at a time: on the way to eight bits they take up to 30 bytes each."""
    width, height = image.size
    rows = -(-_BAND // width)
    for top in range(0, height, rows):
        yield np.asarray(image.crop((0, top, width, min(top + rows, height))))


def _finite(values: NDArray) -> NDArray:
    return values[np.isfinite(values)]
