"""Bytes become a picture: every format and mode with real files, and files that are broken on purpose."""

import gzip
import logging
import random
import struct
import subprocess
import sys
import time
import tracemalloc
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from digits_nb.errors import CorruptImage, DigitsError, QueryError, TooLarge, UnsupportedImage
from digits_nb.pictures import MAX_SIDE, decode, decode_reduced, finish, flatten


def drawing(size: tuple[int, int] = (48, 64)) -> Image.Image:
    """A dark 7 on light paper: no turn or mirror of it is itself."""
    width, height = size
    image = Image.new("L", size, 250)
    pen = ImageDraw.Draw(image)
    points = [(width * 0.2, height * 0.2), (width * 0.8, height * 0.2), (width * 0.45, height * 0.9)]
    pen.line(points, fill=5, width=max(2, width // 10), joint="curve")
    return image


SEVEN = drawing()


def file_of(image: Image.Image, form: str, **options: object) -> bytes:
    file = BytesIO()
    if form == "HEIC":
        pillow_heif.from_pillow(image).save(file, **({"quality": 95} | options))
    else:
        image.save(file, form, **options)
    return file.getvalue()


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(flatten(image).convert("L")).astype(int)


def cut_out() -> Image.Image:
    """The same 7 as ink on nothing."""
    image = Image.new("RGBA", SEVEN.size, (20, 20, 20, 0))
    image.putalpha(SEVEN.point(lambda level: 255 if level < 128 else 0))
    return image


# formats and modes

FILES = {
    "PNG, grey": (SEVEN, "PNG", {}, "L"),
    "PNG, colour": (SEVEN.convert("RGB"), "PNG", {}, "RGB"),
    "PNG, 1 bit": (SEVEN.convert("1", dither=Image.Dither.NONE), "PNG", {}, "L"),
    "PNG, palette": (SEVEN.convert("P"), "PNG", {}, "RGB"),
    "PNG, palette of colours": (SEVEN.convert("RGB").quantize(8), "PNG", {}, "RGB"),
    "PNG, 4 bits": (SEVEN.quantize(4), "PNG", {"bits": 4}, "RGB"),
    "PNG, grey with alpha": (SEVEN.convert("LA"), "PNG", {}, "RGBA"),
    "PNG, colour with alpha": (SEVEN.convert("RGBA"), "PNG", {}, "RGBA"),
    "PNG, 16 bits": (Image.fromarray(np.asarray(SEVEN).astype(np.uint16) * 257), "PNG", {}, "L"),
    "PNG, animated": (SEVEN, "PNG", {"save_all": True, "append_images": [drawing().rotate(90)] * 3}, "L"),
    "JPEG, grey": (SEVEN, "JPEG", {"quality": 95}, "L"),
    "JPEG, colour": (SEVEN.convert("RGB"), "JPEG", {"quality": 95}, "RGB"),
    "JPEG, progressive": (SEVEN.convert("RGB"), "JPEG", {"quality": 95, "progressive": True}, "RGB"),
    "JPEG, inks": (SEVEN.convert("RGB").convert("CMYK"), "JPEG", {"quality": 95}, "RGB"),
    "JPEG, several pictures as phones send them": (
        SEVEN.convert("RGB"),
        "MPO",
        {"quality": 95, "save_all": True, "append_images": [Image.new("RGB", (9, 9))]},
        "RGB",
    ),
    "GIF": (SEVEN, "GIF", {}, "RGB"),
    "GIF, animated": (SEVEN, "GIF", {"save_all": True, "append_images": [SEVEN.rotate(9)] * 9}, "RGB"),
    "WebP": (SEVEN.convert("RGB"), "WEBP", {"quality": 95}, "RGB"),
    "WebP without loss": (SEVEN.convert("RGB"), "WEBP", {"lossless": True}, "RGB"),
    "WebP, animated": (
        SEVEN.convert("RGB"),
        "WEBP",
        {"lossless": True, "save_all": True, "append_images": [SEVEN.convert("RGB").rotate(90)]},
        "RGBA",
    ),
    "BMP, grey": (SEVEN, "BMP", {}, "L"),
    "BMP, colour": (SEVEN.convert("RGB"), "BMP", {}, "RGB"),
    "BMP, 1 bit": (SEVEN.convert("1", dither=Image.Dither.NONE), "BMP", {}, "L"),
    "TIFF, grey": (SEVEN, "TIFF", {}, "L"),
    "TIFF, colour": (SEVEN.convert("RGB"), "TIFF", {}, "RGB"),
    "TIFF, fax": (SEVEN.convert("1", dither=Image.Dither.NONE), "TIFF", {"compression": "group4"}, "L"),
    "TIFF, LZW": (SEVEN.convert("RGB"), "TIFF", {"compression": "tiff_lzw"}, "RGB"),
    "TIFF, deflate": (SEVEN, "TIFF", {"compression": "tiff_deflate"}, "L"),
    "TIFF, JPEG": (SEVEN.convert("RGB"), "TIFF", {"compression": "jpeg", "quality": 95}, "RGB"),
    "TIFF, inks": (SEVEN.convert("RGB").convert("CMYK"), "TIFF", {}, "RGB"),
    "TIFF, Lab": (Image.merge("LAB", [SEVEN, *[Image.new("L", SEVEN.size, 128)] * 2]), "TIFF", {}, "L"),
    "TIFF, 16 bits": (Image.fromarray(np.asarray(SEVEN).astype(np.uint16) * 257), "TIFF", {}, "L"),
    "TIFF, big": (SEVEN, "TIFF", {"big_tiff": True}, "L"),
    "HEIC, grey": (SEVEN, "HEIC", {}, "L"),
    "HEIC, colour": (SEVEN.convert("RGB"), "HEIC", {}, "RGB"),
    "HEIC, in tiles": (drawing((192, 256)).convert("RGB"), "HEIC", {"tile_size": 64}, "RGB"),
    "TIFF, pages": (SEVEN, "TIFF", {"save_all": True, "append_images": [SEVEN.rotate(90)] * 2}, "L"),
}


@pytest.mark.parametrize(("image", "form", "options", "mode"), FILES.values(), ids=FILES.keys())
def test_a_file_comes_back_as_it_was_drawn(
    image: Image.Image, form: str, options: dict[str, object], mode: str
) -> None:
    read = decode(file_of(image, form, **options))
    assert read.mode == mode
    assert read.size == image.size
    assert np.abs(grey(read) - np.asarray(drawing(image.size))).mean() < 8


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
@pytest.mark.parametrize("form", ["TIFF"])
def test_32_bits_are_stretched_from_their_own_darkest_to_their_own_lightest(form: str, dtype: type) -> None:
    values = np.asarray(SEVEN).astype(dtype) * 1_000 - 50_000
    read = np.asarray(decode(file_of(Image.fromarray(values), form)))
    assert (read.min(), read.max()) == (0, 255)
    assert np.corrcoef(read.ravel(), values.ravel())[0, 1] > 0.999


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([[7.5, 7.5]], [[7, 7]], id="all the same"),
        pytest.param([[-3.0, -3.0]], [[0, 0]], id="all the same, below black"),
        pytest.param([[np.nan, 1.0, 3.0]], [[0, 0, 255]], id="one is no number"),
        pytest.param([[np.inf, 1.0, 3.0, -np.inf]], [[255, 0, 255, 0]], id="some are infinite"),
        pytest.param([[np.nan, np.nan]], [[0, 0]], id="none is a number"),
        pytest.param([[-3e38, 0.0, 3e38]], [[0, 127, 255]], id="as far apart as they can be"),
    ],
)
def test_odd_floats_are_read(values: list[list[float]], expected: list[list[int]]) -> None:
    assert np.asarray(finish(Image.fromarray(np.array(values, np.float32)))).tolist() == expected


@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_16_bits_keep_their_upper_byte_in_either_order(order: str) -> None:
    mode = "I;16" if order == "<u2" else "I;16B"
    values = np.array([[0, 255, 256, 65_535]], order)
    image = Image.frombytes(mode, (4, 1), values.tobytes())
    assert np.asarray(finish(image)).tolist() == [[0, 0, 1, 255]]


TRANSPARENT = {
    "PNG, colour with alpha": (cut_out(), "PNG", {}),
    "PNG, grey with alpha": (cut_out().convert("LA"), "PNG", {}),
    "PNG, palette with alphas": (cut_out().quantize(16), "PNG", {}),
    "PNG, palette with a transparent colour": (
        SEVEN.point(lambda level: level > 128).convert("P"),
        "PNG",
        {"transparency": 1},
    ),
    "PNG, grey with a transparent level": (
        SEVEN.point(lambda level: 20 if level < 128 else 240),
        "PNG",
        {"transparency": 240},
    ),
    "PNG, colour with a transparent colour": (
        SEVEN.point(lambda level: 20 if level < 128 else 240).convert("RGB"),
        "PNG",
        {"transparency": (240, 240, 240)},
    ),
    "GIF": (cut_out(), "GIF", {}),
    "WebP": (cut_out(), "WEBP", {"lossless": True, "exact": True}),
    "TIFF": (cut_out(), "TIFF", {}),
    "HEIC": (cut_out(), "HEIC", {"quality": -1, "chroma": 444}),
}


@pytest.mark.parametrize(("image", "form", "options"), TRANSPARENT.values(), ids=TRANSPARENT.keys())
def test_transparency_survives_and_is_laid_on_white_under_dark_ink(
    image: Image.Image, form: str, options: dict[str, object]
) -> None:
    read = decode(file_of(image, form, **options))
    assert read.mode == "RGBA"
    assert read.getchannel("A").getextrema() == (0, 255)
    ink = np.asarray(SEVEN) < 128
    assert grey(read)[ink].max() <= 40
    assert grey(read)[~ink].min() == 255


@pytest.mark.parametrize(
    "mode", ["La", "RGBa", "PA", "LA", "RGBX", "HSV", "YCbCr", "CMYK", "LAB", "1", "P", "I;16B"]
)
def test_any_mode_of_a_pil_image_ends_in_one_of_three(mode: str) -> None:
    if mode in {"La", "RGBa"}:
        image = SEVEN.convert("LA" if mode == "La" else "RGBA").convert(mode)
    elif mode == "PA":
        image = SEVEN.convert("P").convert("PA")
    elif mode == "LAB":
        image = Image.merge("LAB", [SEVEN] * 3)
    elif mode == "I;16B":
        image = Image.new(mode, SEVEN.size)
    else:
        image = SEVEN.convert("RGB").convert(mode)
    assert finish(image).mode in {"L", "RGB", "RGBA"}


def test_what_is_finished_is_not_changed_again() -> None:
    for image in (SEVEN, SEVEN.convert("RGB"), cut_out()):
        assert finish(image) is image


# upright

TURNED = {
    1: lambda image: image,
    2: lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    3: lambda image: image.transpose(Image.Transpose.ROTATE_180),
    4: lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
    5: lambda image: image.transpose(Image.Transpose.TRANSPOSE),
    6: lambda image: image.transpose(Image.Transpose.ROTATE_90),
    7: lambda image: image.transpose(Image.Transpose.TRANSVERSE),
    8: lambda image: image.transpose(Image.Transpose.ROTATE_270),
}


def exif(orientation: object, order: str = "<") -> Image.Exif:
    notes = Image.Exif()
    notes.endian = order
    notes[0x010F] = "A maker of phones"
    notes[0x0112] = orientation
    notes[0x0131] = "1.0"
    return notes


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF", "MPO", "HEIC"])
@pytest.mark.parametrize("orientation", TURNED)
def test_a_picture_is_turned_upright_once(orientation: int, form: str) -> None:
    options = {"lossless": True} if form == "WEBP" else {"quality": 95} if form in {"JPEG", "MPO"} else {}
    turned = TURNED[orientation](SEVEN.convert("RGB"))
    notes = exif(orientation)
    data = file_of(turned, form, exif=notes.tobytes() if form == "HEIC" else notes, **options)
    upright = decode(data)
    assert upright.size == SEVEN.size
    assert np.abs(grey(upright) - np.asarray(SEVEN)).mean() < 8
    again = finish(upright)
    assert again.tobytes() == upright.tobytes(), "turned once more by the next reader"
    assert decode(file_of(upright, "PNG")).tobytes() == upright.tobytes()
    lazy = finish(pillow_heif.open_heif(data).to_pillow() if form == "HEIC" else Image.open(BytesIO(data)))
    assert lazy.tobytes() == upright.tobytes(), "an image that somebody else opened stands otherwise"


# reduced


@pytest.mark.parametrize("orientation", TURNED)
def test_a_large_jpeg_is_decoded_in_small_and_upright_with_its_full_size(orientation: int) -> None:
    large = SEVEN.resize((480, 641), Image.Resampling.BICUBIC).convert("RGB")
    data = file_of(TURNED[orientation](large), "JPEG", exif=exif(orientation), quality=95)

    picture, size = decode_reduced(data, 64)

    assert size == (480, 641)
    assert (picture.mode, picture.size) == ("L", (60, 81))
    expected = SEVEN.resize((60, 81), Image.Resampling.BICUBIC)
    assert np.abs(grey(picture) - np.asarray(expected, int)).mean() < 8


@pytest.mark.parametrize(
    ("form", "size", "at_least"),
    [
        ("JPEG", (480, 640), None),
        ("JPEG", (480, 640), 321),
        ("PNG", (480, 640), 64),
        ("TIFF", (480, 640), 64),
    ],
    ids=["nothing is asked for", "less than half is too small", "PNG cannot", "TIFF cannot"],
)
def test_what_cannot_be_reduced_is_decoded_in_full(
    form: str, size: tuple[int, int], at_least: int | None
) -> None:
    data = file_of(SEVEN.resize(size).convert("RGB"), form, exif=exif(1))

    picture, full = decode_reduced(data, at_least)

    assert picture.size == full == size
    assert picture.tobytes() == decode(data).tobytes()


@pytest.mark.parametrize("size", [(4000, 1), (1, 4000), (4001, 3)], ids=["a line", "upright", "three lines"])
def test_a_thin_jpeg_keeps_a_pixel_across(size: tuple[int, int]) -> None:
    picture, full = decode_reduced(file_of(Image.new("RGB", size), "JPEG"), 100)

    assert full == size
    assert min(picture.size) >= 1
    assert max(picture.size) >= 100


def test_limits_are_for_the_full_size_however_small_the_look() -> None:
    data = file_of(Image.new("RGB", (800, 600)), "JPEG")
    assert decode_reduced(data, 100, max_pixels=480_000)[0].size == (100, 75)
    with pytest.raises(TooLarge, match="800 × 600"):
        decode_reduced(data, 100, max_pixels=479_999)
    with pytest.raises(TooLarge):
        decode_reduced(jpeg_claiming(30_000, 30_000), 500)
    with pytest.raises(CorruptImage):
        decode_reduced(data[: len(data) // 2], 100)


@pytest.mark.parametrize("order", ["<", ">"])
def test_either_byte_order_of_exif_is_read(order: str) -> None:
    data = file_of(TURNED[6](SEVEN), "PNG", exif=exif(6, order))
    assert decode(data).tobytes() == SEVEN.tobytes()


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation: int) -> None:
    assert decode(file_of(SEVEN, "PNG", exif=exif(orientation))).tobytes() == SEVEN.tobytes()


WHOLE_EXIF = exif(6).tobytes()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@given(
    notes=st.binary(max_size=64)
    | st.binary(max_size=64).map(lambda noise: b"Exif\0\0II*\0\x08\0\0\0" + noise)
    | st.integers(6, len(WHOLE_EXIF)).map(lambda end: WHOLE_EXIF[:end])
)
def test_broken_exif_spoils_no_picture(form: str, notes: bytes) -> None:
    data = file_of(SEVEN.convert("RGB"), form, exif=notes)
    assert sorted(decode(data).size) == sorted(SEVEN.size)


# broken files


@pytest.mark.parametrize(("image", "form", "options", "_"), FILES.values(), ids=FILES.keys())
def test_a_file_cut_short_is_a_picture_or_an_error_of_ours(
    image: Image.Image, form: str, options: dict[str, object], _: str
) -> None:
    data = file_of(image, form, **options)
    errors = [outcome(data[:end]) for end in range(0, len(data), max(1, min(64, len(data) // 20)))]
    assert errors[0] is CorruptImage, "an empty file"
    assert CorruptImage in errors[1:]
    assert set(errors) <= {CorruptImage, UnsupportedImage, None}


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_file_of_which_a_part_is_missing_is_corrupt(form: str, share: float) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8))
    data = file_of(noise, form)
    with pytest.raises(CorruptImage, match=f"The {form} picture is broken or cut short; .* send it again"):
        decode(data[: int(len(data) * share)])


def outcome(data: bytes) -> type | None:
    try:
        image = decode(data)
    except DigitsError as error:
        return type(error)
    assert flatten(image).mode in {"L", "RGB"}
    return None


SEEDS = [file_of(image, form, **options) for image, form, options, _ in FILES.values()] + [
    file_of(SEVEN.convert("RGB"), form, exif=exif(6)) for form in ("JPEG", "PNG", "WEBP", "TIFF")
]


def mutated(random: random.Random) -> bytes:
    data = bytearray(random.choice(SEEDS))
    for _ in range(random.choice((1, 1, 2, 4, 16))):
        at = random.randrange(len(data) if random.random() < 0.5 else min(len(data), 64))
        match random.randrange(5):
            case 0:
                data[at] = random.randrange(256)
            case 1:
                data[at : at + 4] = random.choice((b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", b"\0\1\0\0"))
            case 2:
                del data[at : at + random.randrange(1, 9)]
            case 3:
                data[at:at] = random.randbytes(random.randrange(1, 9))
            case 4:
                data[at] ^= 1 << random.randrange(8)
        data = data or bytearray(b"\0")
    return bytes(data)


def test_mutated_files_are_pictures_or_errors_of_ours_and_quick() -> None:
    dice = random.Random(7)  # noqa: S311 (no secret)
    seen = set()
    for _ in range(1_500):
        data = mutated(dice)
        began = time.process_time()
        seen.add(outcome(data))
        assert time.process_time() - began < 3, "takes longer than any of these should"
    assert seen >= {None, CorruptImage, UnsupportedImage, TooLarge}


OTHERS = {
    "an AVIF picture": b"\0\0\0\x1cftypavif\0\0\0\0",
    "a film": b"\0\0\0\x18ftypmp42\0\0\0\0",
    "a JPEG XL picture": b"\xff\x0a\xfa\x7f",
    "a JPEG 2000 picture": b"\0\0\0\x0cjP  \r\n\x87\n",
    "an icon": file_of(SEVEN.convert("RGBA"), "ICO"),
    "a PNM picture": file_of(SEVEN, "PPM"),
    "a Photoshop file": b"8BPS\0\1",
    "a PDF document": file_of(SEVEN, "PDF"),
    "a PostScript document": file_of(SEVEN, "EPS"),
    "a NumPy file": b"\x93NUMPY\1\0",
    "a ZIP or Office file": b"PK\x03\x04",
    "a gzip file": gzip.compress(file_of(SEVEN, "PNG")),
    "an SVG drawing": b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "a web page": b"\xef\xbb\xbf\n<!DOCTYPE html><html><body>Please log in",
    "base64, which belongs under the key 'base64'": b"iVBORw0KGgoAAAANSUhEUg",
    "text": b'{"error": "not found"}',
}


@pytest.mark.parametrize(("kind", "data"), OTHERS.items(), ids=OTHERS.keys())
def test_what_is_no_picture_is_named_with_what_is_read(kind: str, data: bytes) -> None:
    with pytest.raises(UnsupportedImage) as caught:
        decode(data)
    assert str(caught.value) == (
        f"The data looks like {kind}, and only PNG, JPEG, GIF, WebP, BMP, TIFF and HEIC are read; save the "
        "picture as PNG or JPEG."
    )


def test_heic_without_its_extra_says_what_to_install() -> None:
    script = (
        "import sys\nsys.modules['pillow_heif'] = None\nimport digits_nb\n"
        "try:\n digits_nb.open_image({'bytes': sys.stdin.buffer.read()})\n"
        "except digits_nb.UnsupportedImage as error:\n print(error)"
    )
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, input=file_of(SEVEN, "HEIC"), check=True, capture_output=True)
    assert run.stdout.decode() == (
        "The data is a HEIC picture, and pillow-heif, which reads them, is not installed; do pip install "
        "'digits_nb[heic]', or save the picture as JPEG.\n"
    )


def test_what_nobody_knows_is_unsupported() -> None:
    with pytest.raises(UnsupportedImage, match="The data is unknown, and only PNG"):
        decode(bytes(range(128, 256)))


@pytest.mark.parametrize("kind", ["a PostScript document", "a PDF document", "an SVG drawing"])
@pytest.mark.parametrize(
    "start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"BM", b"II*\0", b"RIFF1234WEBPVP8 "]
)
def test_a_document_behind_the_first_bytes_of_a_picture_is_no_picture(kind: str, start: bytes) -> None:
    with pytest.raises((CorruptImage, TooLarge)):  # letters make large numbers
        decode(start + OTHERS[kind])


# bombs


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_claiming(width: int, height: int) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def gif_claiming(width: int, height: int, frame: tuple[int, int] = (1, 1)) -> bytes:
    screen = struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return b"GIF89a" + screen + b"," + struct.pack("<HHHHB", 0, 0, *frame, 0) + b"\2\2L\1\0;"


def bmp_claiming(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def webp_claiming(width: int, height: int) -> bytes:
    data = bytearray(file_of(Image.new("RGB", (100, 100), (9, 8, 7)), "WEBP", lossless=True))
    data[21:25] = struct.pack("<I", (width - 1) | (height - 1) << 14)
    return bytes(data)


def tiff_claiming(width: int, height: int) -> bytes:
    tags = [
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, height),
        (279, 1),
    ]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4)


def jpeg_claiming(width: int, height: int) -> bytes:
    data = file_of(SEVEN, "JPEG")
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def one_bit(side: int, form: str, **options: object) -> bytes:
    return file_of(Image.new("1", (side, side)), form, **options)


BOMBS = {
    "a PNG that claims 4 gigapixels": png_claiming(65_535, 65_535),
    "a PNG that claims as much as it can": png_claiming(2**31 - 1, 2**31 - 1),
    "a PNG at which Pillow would warn": png_claiming(10_000, 10_000),
    "a PNG just past the limit": png_claiming(5_001, 5_000),
    "a PNG of one very long row": png_claiming(MAX_SIDE + 1, 1),
    "a PNG of 144 million real pixels in 18 kB": one_bit(12_000, "PNG"),
    "a GIF that claims 4 gigapixels": gif_claiming(65_535, 65_535),
    "a GIF at which Pillow would warn": gif_claiming(10_000, 10_000),
    "a GIF whose frame is larger than its screen": gif_claiming(1, 1, frame=(65_535, 2_000)),
    "a GIF of 36 million real pixels": file_of(Image.new("P", (6_000, 6_000)), "GIF"),
    "a BMP that claims 4 gigapixels": bmp_claiming(65_535, 65_535),
    "a WebP that claims 268 million pixels": webp_claiming(16_384, 16_384),
    "a WebP at which Pillow would warn": webp_claiming(10_000, 10_000),
    "a WebP of 38 bytes that decodes to 49 million pixels": webp_claiming(7_000, 7_000),
    "a TIFF that claims 4 gigapixels": tiff_claiming(65_535, 65_535),
    "a TIFF of 144 million real pixels": one_bit(12_000, "TIFF", compression="group4"),
    "a JPEG that claims 4 gigapixels": jpeg_claiming(65_535, 65_535),
}


@pytest.mark.parametrize("data", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_by_its_header(data: bytes) -> None:
    assert len(data) < 100_000
    decode(file_of(SEVEN, "PNG"))  # what the first time imports is not the bomb's
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(TooLarge, match=r"(pixels, and only [\d,]+ in all|more memory).*scale it down"):
        decode(data)
    assert time.process_time() - began < 1
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


PNG = file_of(Image.new("L", (9, 9)), "PNG")
GIF = file_of(Image.new("L", (9, 9)), "GIF")
JPEG = file_of(Image.new("L", (9, 9)), "JPEG")
FRAME = GIF.index(b",\0\0\0\0")
RUNS = b"\1\7" * 1_000_000

GIANTS = {
    "a million empty chunks": PNG[:33] + chunk(b"abCd", b"") * 500_000 + PNG[33:],
    "a million comments": PNG[:33] + chunk(b"tEXt", b"a\0b") * 500_000 + PNG[33:],
    "comments that unpack to gigabytes": PNG[:33]
    + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6))) * 3_000
    + PNG[33:],
    "a colour profile that unpacks to 100 MB": PNG[:33]
    + chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10**8)))
    + PNG[33:],
    "a GIF's comment of single letters": GIF[:FRAME] + b"!\xfe" + b"\1a" * 5_000_000 + b"\0" + GIF[FRAME:],
    "a GIF with junk": GIF[:FRAME] + b"x" * 15_000_000 + GIF[FRAME:],
    "a JPEG of empty comments": JPEG[:2] + b"\xff\xfe\0\2" * 4_000_000 + JPEG[2:],
    "a JPEG of padding": JPEG[:2] + b"\xff" * 15_000_000 + JPEG[2:],
    "a BMP of single pixels": b"BM"
    + struct.pack("<IHHI", 1_078 + len(RUNS), 0, 0, 1_078)
    + struct.pack("<IiiHHIIiiII", 40, 4_000, 4_000, 1, 8, 1, len(RUNS), 0, 0, 256, 0)
    + bytes(1_024)
    + RUNS,
}


@pytest.mark.parametrize("data", GIANTS.values(), ids=GIANTS.keys())
def test_giant_metadata_is_given_up_on(data: bytes) -> None:
    began = time.process_time()
    with pytest.raises((TooLarge, CorruptImage)):
        decode(data)
    assert time.process_time() - began < 5, "minutes of them would keep a server busy"


def test_a_thousand_frames_cost_no_more_than_one() -> None:
    frames = [Image.new("L", (30, 30), level % 256) for level in range(1_000)]
    many = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    began = time.process_time()
    assert decode(many).size == (30, 30)
    assert time.process_time() - began < 0.5


def test_an_ordinary_photograph_of_48_million_pixels_is_read() -> None:
    assert decode(file_of(Image.new("L", (8_000, 6_000)), "JPEG")).size == (8_000, 6_000)


def test_the_limit_is_the_callers() -> None:
    data = file_of(SEVEN, "PNG")
    width, height = SEVEN.size
    assert decode(data, max_pixels=width * height).size == SEVEN.size
    with pytest.raises(TooLarge, match="has 48 × 64 pixels, and only 3,071 in all"):
        decode(data, max_pixels=width * height - 1)


def test_an_image_without_pixels_is_a_query_error() -> None:
    with pytest.raises(QueryError, match="0 × 5 pixels"):
        finish(Image.new("L", (0, 5)))


def test_a_lazy_image_that_cannot_be_loaded_is_corrupt() -> None:
    data = file_of(Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8)), "PNG")
    with pytest.raises(CorruptImage, match="The PNG picture"):
        finish(Image.open(BytesIO(data[:2_000])))


# nothing leaks

ODD = {
    "EXIF that is cut short": file_of(SEVEN, "JPEG", exif=WHOLE_EXIF[:30]),
    "EXIF that points outside": file_of(
        SEVEN, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\1\0\x0f\1\2\0\xff\0\0\0\xff\xff\0\0" + bytes(4)
    ),
    "an animation without frames": PNG[:33] + chunk(b"acTL", bytes(8)) + PNG[33:],
    "a TIFF with a tag outside": tiff_claiming(9, 9).replace(
        struct.pack("<HHII", 258, 4, 1, 8), struct.pack("<HHII", 258, 4, 99, 2**31)
    ),
    "several pictures of which the index is broken": file_of(
        SEVEN.convert("RGB"), "MPO", save_all=True, append_images=[SEVEN.convert("RGB")]
    ).replace(b"MPF\0II*\0", b"MPF\0II*\1"),
    "a palette with alphas": file_of(cut_out().quantize(16), "PNG"),
} | {kind: data for kind, data in BOMBS.items() if "warn" in kind or "frame" in kind}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD.keys())
def test_no_warning_and_no_log_line_leaks(data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        first = outcome(data)
    assert [str(warning.message) for warning in heard] == []
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert outcome(data) is first, "another outcome where warnings are errors"
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_the_odd_files_would_make_pillow_warn() -> None:
    warned = []
    for kind, data in ODD.items():
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            try:
                image = Image.open(BytesIO(data))
                image.getexif()
                image.convert("RGB")
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
                pass
        if heard:
            warned.append(kind)
    assert len(warned) >= len(ODD) - 3, "these files do not test anything any more"


def test_the_warning_filters_are_left_as_they_were_by_many_threads() -> None:
    before = list(warnings.filters)
    files = [data for data in SEEDS if data.startswith((b"II", b"GIF"))] * 5
    with ThreadPoolExecutor(8) as pool:
        assert all(image.size == SEVEN.size for image in pool.map(decode, files) if image.size != (64, 48))
    assert list(warnings.filters) == before


def test_the_settings_of_pillow_are_nobodys_but_its_users() -> None:
    before = Image.MAX_IMAGE_PIXELS
    outcome(BOMBS["a PNG that claims 4 gigapixels"])
    assert before == Image.MAX_IMAGE_PIXELS
    decode(file_of(SEVEN, "HEIC"))
    assert "HEIF" not in Image.OPEN


# the ground under ink


def inked(ink: tuple[int, int, int], *, soft: bool = False) -> Image.Image:
    image = Image.new("RGBA", SEVEN.size, (*ink, 0))
    cover = (
        Image.eval(SEVEN, lambda level: 255 - level)
        if soft
        else SEVEN.point(lambda level: 255 * (level < 128))
    )
    image.putalpha(cover.point(lambda level: level if level > 20 else 0))
    return image


@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        pytest.param((0, 0, 0), 255, id="black"),
        pytest.param((30, 40, 120), 255, id="blue"),
        pytest.param((160, 30, 30), 255, id="red"),
        pytest.param((255, 255, 255), 0, id="white"),
        pytest.param((255, 240, 90), 0, id="yellow"),
    ],
)
def test_ink_is_laid_on_the_ground_that_shows_it(ink: tuple[int, int, int], ground: int, soft: bool) -> None:
    flat = flatten(inked(ink, soft=soft))
    assert flat.mode == "RGB"
    assert flat.getpixel((0, 0)) == (ground,) * 3
    strokes = np.asarray(SEVEN) < 128
    contrast = abs(grey(flat)[strokes].mean() - ground)
    assert contrast > 100


def test_the_colour_that_hides_under_full_transparency_is_nothing() -> None:
    image = inked((0, 0, 0))
    hidden = Image.new("RGBA", image.size, (255, 0, 255, 0))
    hidden.paste(image, mask=image.getchannel("A"))
    assert flatten(hidden).tobytes() == flatten(image).tobytes()


@pytest.mark.parametrize(("paper", "ink"), [((240, 230, 200), (40, 30, 20)), ((20, 60, 30), (230, 240, 230))])
def test_a_cut_out_piece_of_paper_is_laid_on_its_own_colour(
    paper: tuple[int, int, int], ink: tuple[int, int, int]
) -> None:
    page = Image.new("RGBA", (120, 120), (0, 0, 0, 0))
    page.paste((*paper, 255), (20, 20, 100, 100))
    page.paste((*ink, 255), (55, 30, 65, 90))
    flat = flatten(page)
    assert flat.getpixel((0, 0)) == paper
    assert flat.getpixel((60, 60)) == ink


def test_ink_that_runs_from_dark_to_light_is_not_taken_for_paper() -> None:
    run = Image.linear_gradient("L").resize((48, 64)).point(lambda level: level * 0.9)
    one = Image.new("L", run.size)
    one.paste(255, (20, 6, 28, 58))
    image = Image.merge("RGBA", [run, run, run, one])
    assert flatten(image).getpixel((0, 0)) == (255, 255, 255)


def test_nothing_visible_is_white_paper() -> None:
    assert flatten(Image.new("RGBA", (3, 2), (0, 0, 0, 0))).tobytes() == b"\xff" * 18


def test_a_picture_without_transparency_stays_as_it_is() -> None:
    assert flatten(SEVEN) is SEVEN
    colour = SEVEN.convert("RGB")
    assert flatten(colour) is colour
    assert flatten(SEVEN.convert("RGBA")).tobytes() == colour.tobytes()


@given(st.binary(min_size=64, max_size=64))
def test_any_pixels_are_laid_down(pixels: bytes) -> None:
    flat = flatten(Image.frombytes("RGBA", (4, 4), pixels))
    assert flat.mode == "RGB"
    opaque = np.frombuffer(pixels, np.uint8).reshape(4, 4, 4)
    assert (np.asarray(flat)[opaque[..., 3] == 255] == opaque[opaque[..., 3] == 255][:, :3]).all()
