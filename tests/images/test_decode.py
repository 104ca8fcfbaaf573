"""Bytes become a picture: every format and mode with real files."""

import struct
import subprocess
import sys
import zlib
from io import BytesIO
from time import perf_counter

import numpy as np
import pillow_heif
import pytest
from files import (
    FILES,
    SEVEN,
    bmp_of_bit_fields,
    chunk,
    cut_out,
    drawing,
    exif,
    file_of,
    jpeg_claiming,
    png_of_levels,
    tiff_of_samples,
)
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digits_nb.errors import CorruptImage, QueryError, TooLarge, UnsupportedImage
from digits_nb.images.decode import decode, decode_reduced, finish, flatten


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(flatten(image).convert("L")).astype(int)


# formats and modes


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


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param([0, 1, 128, 255], [0, 1, 128, 255], id="8 bits stay as they are"),
        pytest.param([0, 1, 100], [0, 1, 100], id="8 bits that are merely dark are not stretched"),
        pytest.param([0, 4, 512, 1_023], [0, 1, 128, 255], id="10 bits lose two"),
        pytest.param([0, 4, 300], [0, 1, 75], id="10 bits that are merely dark are not stretched"),
        pytest.param([0, 16, 4_095], [0, 1, 255], id="12 bits lose four"),
        pytest.param([0, 64, 16_383], [0, 1, 255], id="14 bits lose six"),
        pytest.param([0, 256, 20_000], [0, 1, 78], id="16 bits that are merely dark are not stretched"),
        pytest.param([0, 0, 0], [0, 0, 0], id="black stays black"),
    ],
)
def test_16_bits_of_which_the_upper_are_not_used_are_scaled_by_those_that_are(
    values: list[int], expected: list[int], form: str
) -> None:
    data = file_of(Image.fromarray(np.array([values], np.uint16)), form)
    assert np.asarray(decode(data)).tolist() == [expected]


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
    ("bits", "paper", "ink"),
    [
        pytest.param(2, 1, 0, id="2 bits"),
        pytest.param(4, 9, 1, id="4 bits"),
        pytest.param(8, 200, 20, id="8 bits"),
        pytest.param(16, 50_000, 5_000, id="16 bits"),
        pytest.param(16, 50_001, 50_000, id="16 bits of which the lowest differs"),
        pytest.param(16, 0, 0xFFFF, id="16 bits, and black is transparent"),
    ],
)
def test_the_transparent_level_of_a_grey_png_is_in_its_own_range(bits: int, paper: int, ink: int) -> None:
    levels = np.where(np.asarray(SEVEN) < 128, ink, paper)
    read = decode(png_of_levels(levels, bits, clear=paper))
    assert read.mode == "RGBA"
    assert ((np.asarray(read.getchannel("A")) == 255) == (levels == ink)).all()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(bmp_of_bit_fields((0xFF, 0xFF00, 0xFF0000)), id="BMP of unusual bit fields"),
        pytest.param(tiff_of_samples(np.asarray(SEVEN).astype("<f2")), id="TIFF of short floats"),
        pytest.param(tiff_of_samples(np.asarray(SEVEN).astype("<f8")), id="TIFF of long floats"),
        pytest.param(tiff_of_samples(np.asarray(SEVEN).astype("<i2"), 32_845), id="TIFF of LogLuv"),
    ],
)
def test_a_variant_that_is_not_read_is_not_called_broken(data: bytes) -> None:
    with pytest.raises(
        UnsupportedImage, match="picture is of a kind that is not read; save it as PNG or JPEG"
    ):
        decode(data)


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


XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description %s</x:xmpmeta>'
AS_ATTRIBUTE = XMP % b'tiff:Orientation="6"/>'
AS_ELEMENT = XMP % b"><tiff:Orientation>6</tiff:Orientation></rdf:Description>"


def png_with_text(kind: bytes, content: bytes, image: Image.Image = SEVEN) -> bytes:
    data = file_of(image, "PNG")
    return data[:33] + chunk(kind, content) + data[33:]


def imagemagick(notes: bytes) -> bytes:
    lines = [notes.hex()[start : start + 72] for start in range(0, 2 * len(notes), 72)]
    return b"Raw profile type exif\0\0" + zlib.compress(
        f"\nexif\n{len(notes):8}\n{chr(10).join(lines)}\n".encode()
    )


ON_ITS_SIDE = TURNED[6](SEVEN)
IN_NOTES = {
    "a JPEG with XMP": file_of(ON_ITS_SIDE, "JPEG", quality=95, xmp=AS_ATTRIBUTE),
    "a JPEG with XMP and EXIF that does not say it": file_of(
        ON_ITS_SIDE, "JPEG", quality=95, xmp=AS_ATTRIBUTE, exif=exif(0)
    ),
    "a WebP with XMP": file_of(ON_ITS_SIDE.convert("RGB"), "WEBP", lossless=True, xmp=AS_ELEMENT),
    "a TIFF with XMP": file_of(ON_ITS_SIDE, "TIFF", tiffinfo={700: AS_ELEMENT}),
    "a PNG with XMP": png_with_text(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + AS_ATTRIBUTE, ON_ITS_SIDE),
    "a PNG with compressed XMP": png_with_text(
        b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(AS_ELEMENT), ON_ITS_SIDE
    ),
    "a PNG with ImageMagick's profile": png_with_text(
        b"zTXt", imagemagick(exif(6, ">").tobytes()), ON_ITS_SIDE
    ),
}


@pytest.mark.parametrize("data", IN_NOTES.values(), ids=IN_NOTES.keys())
def test_a_picture_is_turned_once_as_its_notes_say(data: bytes) -> None:
    upright = decode(data)
    assert upright.size == SEVEN.size
    assert np.abs(grey(upright) - np.asarray(SEVEN)).mean() < 8
    assert finish(upright).tobytes() == upright.tobytes(), "turned once more by the next reader"


def test_exif_is_believed_before_xmp() -> None:
    data = file_of(TURNED[3](SEVEN), "JPEG", quality=95, xmp=AS_ATTRIBUTE, exif=exif(3))
    assert np.abs(grey(decode(data)) - np.asarray(SEVEN)).mean() < 8


TEXT = bytes(3_000_000)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param(b"tEXt", b"Comment\0" + TEXT, id="plain"),
        pytest.param(b"zTXt", b"Comment\0\0" + zlib.compress(TEXT), id="compressed"),
        pytest.param(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(TEXT), id="compressed, of any language"),
        pytest.param(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + TEXT, id="XMP"),
    ],
)
def test_a_png_with_megabytes_of_notes_is_read(kind: bytes, content: bytes) -> None:
    assert decode(png_with_text(kind, content)).tobytes() == SEVEN.tobytes()


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("count", [1, 65_535], ids=["one entry", "more entries than there are"])
def test_exif_that_points_at_itself_turns_nothing_and_takes_no_time(order: str, count: int) -> None:
    directory = struct.pack(order + "H", count)
    entries = b"".join(struct.pack(order + "HHII", tag, 7, 2**31, 8) for tag in range(1_000, 6_000))
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    start = perf_counter()
    read = decode(file_of(SEVEN, "JPEG", quality=95, exif=b"Exif\0\0" + head + directory + entries))
    assert perf_counter() - start < 0.5
    assert read.size == SEVEN.size


# without its end


@pytest.mark.parametrize("missing", [1, 2])
@pytest.mark.parametrize("at_least", [None, 64], ids=["in full", "reduced"])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg_that_lacks_only_its_end_is_read(mode: str, at_least: int | None, missing: int) -> None:
    data = file_of(drawing((480, 640)).convert("RGB").convert(mode), "JPEG")
    picture, size = decode_reduced(data[:-missing], at_least)
    assert (picture.tobytes(), size) == (decode_reduced(data, at_least)[0].tobytes(), (480, 640))


@pytest.mark.parametrize("options", [{}, {"restart_marker_blocks": 4}, {"progressive": True}])
@pytest.mark.parametrize("colour", ["black", "white", (113, 0, 0)])
def test_a_jpeg_that_lacks_a_row_of_blocks_is_corrupt(colour: object, options: dict[str, object]) -> None:
    image = Image.new("RGB", (480, 64), colour)
    image.paste(SEVEN)
    data = file_of(image, "JPEG", **options)
    with pytest.raises(CorruptImage, match="cut short"):
        decode(data[:-24])


# reduced


@pytest.mark.parametrize("orientation", TURNED)
def test_a_large_jpeg_is_decoded_in_small_and_upright_with_its_full_size(orientation: int) -> None:
    large = SEVEN.resize((480, 641), Image.Resampling.BICUBIC).convert("RGB")
    data = file_of(TURNED[orientation](large), "JPEG", exif=exif(orientation), quality=95)

    picture, size = decode_reduced(data, 64)

    assert size == (480, 641)
    assert (picture.mode, picture.size) == ("RGB", (60, 81))
    expected = SEVEN.resize((60, 81), Image.Resampling.BICUBIC)
    assert np.abs(grey(picture) - np.asarray(expected, int)).mean() < 8


@pytest.mark.parametrize(
    ("form", "size", "at_least"),
    [
        ("JPEG", (480, 640), None),
        ("JPEG", (480, 640), 321),
        ("PNG", (480, 640), 64),
        ("TIFF", (480, 640), 64),
        ("HEIC", (480, 640), 64),
    ],
    ids=["nothing is asked for", "less than half is too small", "PNG cannot", "TIFF cannot", "HEIC must not"],
)
def test_what_cannot_be_reduced_is_decoded_in_full(
    form: str, size: tuple[int, int], at_least: int | None
) -> None:
    options = {"thumbnails": [128]} if form == "HEIC" else {"exif": exif(1)}
    data = file_of(SEVEN.resize(size).convert("RGB"), form, **options)

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


# limits


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
