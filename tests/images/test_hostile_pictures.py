"""Pictures that might do harm: each is refused by name, and none takes more than a second or 200 MB.

The table is read in a process of its own, from file to answer, whose warnings are errors;
`benchmarks/fuzz.py` adds broken files by the thousand.
"""

import gzip
import logging
import struct
import subprocess
import sys
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from files import (
    FILES,
    SEVEN,
    bmp_claiming,
    chunk,
    cut_out,
    drawing,
    exif,
    file_of,
    gif_claiming,
    heic_claiming,
    heic_of_a_corner,
    jpeg_claiming,
    jpeg_of_scans,
    png_claiming,
    tiff_claiming,
    tiff_of_16_bits,
    tiff_of_a_tile,
    webp_claiming,
)
from PIL import Image
from trial import Verdict, try_all

from digits_nb.errors import CorruptImage, DigitsError, TooLarge, UnsupportedImage
from digits_nb.images.decode import decode, flatten
from digits_nb.images.formats import MAX_MEMORY, MAX_SIDE, MOST_PIXELS

if TYPE_CHECKING:
    from digits_nb import ModelStore

CHECKOUT = Path(__file__).resolve().parents[2]
MAX_SECONDS = 1.0

PNG = file_of(Image.new("L", (9, 9)), "PNG")
GIF = file_of(Image.new("L", (9, 9)), "GIF")
JPEG = file_of(Image.new("L", (9, 9)), "JPEG")
FRAME = GIF.index(b",\0\0\0\0")
RUNS = b"\1\7" * 1_000_000
END_IN_A_COMMENT = b"\xff\xfe\0\4\xff\xd9"  # where nothing ends

PDF, EPS = file_of(SEVEN, "PDF"), file_of(SEVEN, "EPS")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
ZIP = b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18)
SCRIPT = b"<script>alert(1)</script>"


def as_large_as_may_be(form: str, mode: str = "RGB", bytes_each: int = 0, **options: object) -> bytes:
    """The 7 as large as a picture of this kind may be, on its side where the format can say so."""
    most = MAX_MEMORY // bytes_each // 100_000 * 100_000 if bytes_each else MOST_PIXELS[form]
    seven = drawing((4_000, most // 4_000)).convert(mode)
    if form in {"JPEG", "PNG", "WEBP", "TIFF"}:
        return file_of(seven.transpose(Image.Transpose.ROTATE_90), form, exif=exif(6), **options)
    return file_of(seven, form, **options)


def a_little_more(form: str, claiming: object) -> bytes:
    return claiming(5_000, MOST_PIXELS[form] // 5_000 + 1)


def one_bit(side: int, form: str, **options: object) -> bytes:
    return file_of(Image.new("1", (side, side)), form, **options)


def thousand_frames() -> bytes:
    frames = [drawing().point(lambda level, step=step: (level + step) % 256) for step in range(1_000)]
    return file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])


def floats() -> bytes:
    values = np.full((4_700, 4_700), 9.5, np.float32)
    values[1_000:4_000, 2_000:2_600] = -1e9
    return file_of(Image.fromarray(values), "TIFF", compression="tiff_deflate")


ANSWER = (*range(10), "NoDigit", "SeveralDigits")  # the rest of it is grey

# name: what makes the file, and what becomes of it: the digit that is read, or the error
TABLE = {
    # more pixels than may be, by their headers
    "a PNG that claims 4 gigapixels": (partial(png_claiming, 65_535, 65_535), TooLarge),
    "a PNG that claims as much as it can": (partial(png_claiming, 2**31 - 1, 2**31 - 1), TooLarge),
    "a PNG a little too large": (partial(a_little_more, "PNG", png_claiming), TooLarge),
    "a PNG of one very long row": (partial(png_claiming, MAX_SIDE + 1, 1), TooLarge),
    "a PNG of 144 million real pixels in 18 kB": (partial(one_bit, 12_000, "PNG"), TooLarge),
    "a GIF that claims 4 gigapixels": (partial(gif_claiming, 65_535, 65_535), TooLarge),
    "a GIF a little too large": (partial(a_little_more, "GIF", gif_claiming), TooLarge),
    "a GIF whose frame is larger than its screen": (
        partial(gif_claiming, 1, 1, frame=(65_535, 2_000)),
        TooLarge,
    ),
    "a GIF of 36 million real pixels": (lambda: file_of(Image.new("P", (6_000, 6_000)), "GIF"), TooLarge),
    "a BMP that claims 4 gigapixels": (partial(bmp_claiming, 65_535, 65_535), TooLarge),
    "a BMP a little too large": (partial(a_little_more, "BMP", bmp_claiming), TooLarge),
    "a BMP of as many pixels as one can count": (partial(bmp_claiming, 2**31 - 1, -(2**31)), TooLarge),
    "a WebP that claims 268 million pixels": (partial(webp_claiming, 16_384, 16_384), TooLarge),
    "a WebP a little too large": (partial(a_little_more, "WEBP", webp_claiming), TooLarge),
    "a WebP of 38 bytes that decodes to 49 million pixels": (partial(webp_claiming, 7_000, 7_000), TooLarge),
    "a TIFF that claims 4 gigapixels": (partial(tiff_claiming, 65_535, 65_535), TooLarge),
    "a TIFF a little too large": (partial(a_little_more, "TIFF", tiff_claiming), TooLarge),
    "a TIFF of 144 million real pixels": (partial(one_bit, 12_000, "TIFF", compression="group4"), TooLarge),
    "a TIFF that claims 22 million pixels of 16 bits each of three colours": (
        partial(tiff_of_16_bits, SEVEN.convert("RGB"), (4_000, 5_500)),
        TooLarge,
    ),
    "a JPEG that claims 4 gigapixels": (partial(jpeg_claiming, 65_535, 65_535), TooLarge),
    "a JPEG a little too large": (partial(a_little_more, "JPEG", jpeg_claiming), TooLarge),
    "a HEIC that claims a gigapixel": (partial(heic_claiming, 32_000, 32_000), TooLarge),
    "a HEIC a little too large": (partial(a_little_more, "HEIC", heic_claiming), TooLarge),
    # dimensions that lie
    "a PNG of a thousand rows with data for none": (partial(png_claiming, 1_000, 1_000), CorruptImage),
    "a GIF of a thousand rows with data for a pixel": (
        partial(gif_claiming, 1_000, 1_000, frame=(1_000, 1_000)),
        CorruptImage,
    ),
    "a BMP of a thousand rows without data": (partial(bmp_claiming, 1_000, 1_000), CorruptImage),
    "a WebP that is larger than its data": (partial(webp_claiming, 1_000, 1_000), CorruptImage),
    "a TIFF of a thousand rows without data": (partial(tiff_claiming, 1_000, 1_000), CorruptImage),
    "a JPEG that is larger than its data": (partial(jpeg_claiming, 1_000, 1_000), ANSWER),
    "a HEIC that is larger than its data": (partial(heic_claiming, 1_000, 1_000), CorruptImage),
    "a HEIC of which a corner of 64 million pixels is shown": (
        partial(heic_claiming, 8_000, 8_000, SEVEN),
        TooLarge,
    ),
    "a HEIC of 25 million real pixels of which a corner is shown": (heic_of_a_corner, TooLarge),
    "a HEIC of as many that sets flags that mean nothing": (
        partial(heic_of_a_corner, flags=b"\0\0\1"),
        TooLarge,
    ),
    "a HEIC of as many behind a box that looks like a smaller picture": (
        partial(heic_of_a_corner, before=b"\0\0\0\x13freeispe" + bytes(6) + b"\1"),
        TooLarge,
    ),
    "a HEIC of as many in a box of a long length": (partial(heic_of_a_corner, large=True), TooLarge),
    "a HEIC of 6 million pixels behind a header of few": (
        lambda: heic_claiming(64, 64, Image.new("RGB", (3_000, 2_000))),
        CorruptImage,
    ),
    "a TIFF of no pixels": (partial(tiff_claiming, 0, 5), CorruptImage),
    "a HEIC of no pixels": (partial(heic_claiming, 0, 5), CorruptImage),
    "a BMP of no pixels": (partial(bmp_claiming, 5, 0), CorruptImage),
    # work without end
    "a JPEG of 1,000 scans over 25 million pixels": (partial(jpeg_of_scans, 5_000, 1_000), TooLarge),
    "a JPEG of scans in more pixels than scans may have": (partial(jpeg_of_scans, 6_400, 2), TooLarge),
    "a JPEG of 1,000 scans behind a marker that has no length": (
        partial(jpeg_of_scans, 5_000, 1_000, after=b"\xff\1\0\6" + END_IN_A_COMMENT),
        TooLarge,
    ),
    "a JPEG of 1,000 scans behind a marker that a restart skips": (
        partial(
            jpeg_of_scans,
            5_000,
            1_000,
            before=b"\xff\xdd\0\4\xff\xff",
            after=b"\xff\2\0\6" + END_IN_A_COMMENT + b"\xff\xdd\0\4\0\0",
        ),
        TooLarge,
    ),
    "a JPEG that claims 49 million pixels in ten scans": (
        partial(jpeg_claiming, 7_000, 7_000, SEVEN.convert("RGB"), progressive=True, subsampling=0),
        TooLarge,
    ),
    "a JPEG of 4 million segments between scans": (
        lambda: jpeg_of_scans(64, 2)[:-2] + b"\xff\xfe\0\2" * 4_000_000,
        TooLarge,
    ),
    "a TIFF of two million strips": (partial(tiff_claiming, 1, 30_000, strips=2_000_000), TooLarge),
    "a TIFF of few pixels in a tile of 225 million": (partial(tiff_of_a_tile, 64, 15_000), TooLarge),
    "a TIFF of a tile of which most is outside": (partial(tiff_of_a_tile, 64, 2_048), "NoDigit"),
    "a PNG of a million empty chunks": (
        lambda: PNG[:33] + chunk(b"abCd", b"") * 500_000 + PNG[33:],
        TooLarge,
    ),
    "a GIF's comment of single letters": (
        lambda: GIF[:FRAME] + b"!\xfe" + b"\1a" * 5_000_000 + b"\0" + GIF[FRAME:],
        TooLarge,
    ),
    "a GIF with junk": (lambda: GIF[:FRAME] + b"x" * 15_000_000 + GIF[FRAME:], TooLarge),
    "a JPEG of empty comments": (lambda: JPEG[:2] + b"\xff\xfe\0\2" * 4_000_000 + JPEG[2:], TooLarge),
    "a JPEG of padding": (lambda: JPEG[:2] + b"\xff" * 15_000_000 + JPEG[2:], TooLarge),
    "a BMP of single pixels": (
        lambda: (
            b"BM"
            + struct.pack("<IHHI", 1_078 + len(RUNS), 0, 0, 1_078)
            + struct.pack("<IiiHHIIiiII", 40, 4_000, 4_000, 1, 8, 1, len(RUNS), 0, 0, 256, 0)
            + bytes(1_024)
            + RUNS
        ),
        TooLarge,
    ),
    "a HEIC that is put together from others": (
        lambda: file_of(drawing((192, 256)), "HEIC", tile_size=64).replace(b"grid", b"iovl", 1),
        TooLarge,
    ),
    "a HEIC of 11 MB": (lambda: heic_claiming(64, 64) + bytes(11_000_000), TooLarge),
    # giant metadata
    "a PNG of a million comments": (
        lambda: PNG[:33] + chunk(b"tEXt", b"a\0b") * 500_000 + PNG[33:],
        (TooLarge, CorruptImage),
    ),
    "a PNG's comments that unpack to gigabytes": (
        lambda: PNG[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(10**6))) * 3_000 + PNG[33:],
        "NoDigit",
    ),
    "a PNG's colour profile that unpacks to 100 MB": (
        lambda: PNG[:33] + chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(10**8), 1)) + PNG[33:],
        CorruptImage,
    ),
    "a JPEG of which 15 MB are notes": (
        lambda: (
            file_of(SEVEN, "JPEG")[:2]
            + (b"\xff\xe1\xff\xff" + bytes(65_533)) * 230
            + file_of(SEVEN, "JPEG")[2:]
        ),
        7,
    ),
    "a TIFF of which 15 MB are notes": (lambda: file_of(SEVEN, "TIFF", tiffinfo={700: bytes(15_000_000)}), 7),
    # something else under the name of a picture
    "a PDF document": (lambda: PDF, UnsupportedImage),
    "a PostScript document": (lambda: EPS, UnsupportedImage),
    "an SVG drawing": (lambda: SVG, UnsupportedImage),
    "an SVG drawing of which most is a comment": (
        lambda: b'<?xml version="1.0"?><!--' + bytes(9_000) + b"-->" + SVG,
        UnsupportedImage,
    ),
    "a PDF document behind a PNG's first bytes": (lambda: PNG[:8] + PDF, CorruptImage),
    "a PostScript document behind a JPEG's first bytes": (lambda: JPEG[:3] + EPS, CorruptImage),
    # two things at once: read as what it begins as, or not at all
    "a ZIP archive behind a PNG": (lambda: file_of(SEVEN, "PNG") + ZIP, 7),
    "a script behind a GIF": (lambda: file_of(SEVEN, "GIF") + SCRIPT, 7),
    "a script in a JPEG's comment": (
        lambda: file_of(SEVEN, "JPEG", comment=SCRIPT * 100),
        7,
    ),
    "a PDF document behind a JPEG": (lambda: file_of(SEVEN, "JPEG") + PDF, 7),
    "a JPEG behind a PDF's first bytes": (lambda: b"%PDF-1.7\n" + JPEG, UnsupportedImage),
    "a GIF that is JavaScript": (
        lambda: b"GIF89a/*" + GIF[8:] + b"*/=1;alert(1)",
        "NoDigit",
    ),
    "a PNG behind a JPEG's first bytes": (lambda: JPEG[:3] + PNG, CorruptImage),
    "a PNG within a gzip file": (lambda: gzip.compress(PNG), UnsupportedImage),
    # as large as may be
    "a thousand frames of a GIF": (thousand_frames, 7),
    "a photograph of 49 million pixels": (partial(as_large_as_may_be, "JPEG"), 7),
    "a photograph of 28 million pixels in ten scans": (
        partial(as_large_as_may_be, "JPEG", bytes_each=7, progressive=True),
        7,
    ),
    "a JPEG of a hundred scans": (partial(jpeg_of_scans, 5_000, 99), "NoDigit"),
    "a large PNG": (partial(as_large_as_may_be, "PNG", compress_level=1), 7),
    "a large PNG with alpha": (partial(as_large_as_may_be, "PNG", "RGBA", 12, compress_level=1), 7),
    "a large GIF": (partial(as_large_as_may_be, "GIF", "L"), 7),
    "a large BMP of as many bytes as are read": (lambda: file_of(drawing((4_400, 4_500)), "BMP"), 7),
    "a large WebP": (partial(as_large_as_may_be, "WEBP", method=0), 7),
    "a large WebP with alpha": (partial(as_large_as_may_be, "WEBP", "RGBA", method=0), 7),
    "a large TIFF": (partial(as_large_as_may_be, "TIFF", compression="tiff_lzw"), 7),
    "a large TIFF of JPEGs": (partial(as_large_as_may_be, "TIFF", compression="jpeg"), 7),
    "a large TIFF of 32 bits": (floats, 1),
    "a large TIFF of 16 bits each of three colours": (
        lambda: tiff_of_16_bits(drawing((4_000, 4_750)).convert("RGB")),
        7,
    ),
    "a large TIFF of 16 bits each of four inks": (
        lambda: tiff_of_16_bits(drawing((4_000, 4_000)).convert("RGB").convert("CMYK")),
        7,
    ),
    "a large HEIC": (lambda: file_of(drawing((2_000, 3_000)).convert("RGB"), "HEIC", quality=1), 7),
}


@pytest.fixture(scope="module")
def trial(store: "ModelStore", tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Verdict], str]:
    files = {f"{name}.png": make() for name, (make, _) in TABLE.items()}
    return try_all(files, store.path, tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("name", TABLE)
def test_a_hostile_file_has_the_outcome_that_it_should_within_a_second_and_200_mb(
    name: str, trial: tuple[dict[str, Verdict], str]
) -> None:
    verdict = trial[0][f"{name}.png"]
    _, expected = TABLE[name]
    names = [
        getattr(one, "__name__", str(one))
        for one in (expected if isinstance(expected, tuple) else [expected])
    ]
    assert verdict.outcome in names, verdict.message
    assert verdict.seconds < MAX_SECONDS
    assert verdict.megabytes < MAX_MEMORY / 1e6
    if "claims" in name or "a little too large" in name:
        assert verdict.megabytes < 5
        assert "pixels, and only" in verdict.message or "more memory" in verdict.message
        assert "scale it down" in verdict.message


def test_hostile_files_make_no_library_print(trial: tuple[dict[str, Verdict], str]) -> None:
    assert trial[1] == ""


def test_five_thousand_broken_files_are_answers_or_errors_of_ours(home: Path) -> None:
    assert home.is_dir()
    command = [sys.executable, str(CHECKOUT / "benchmarks" / "fuzz.py"), "--files", "5000"]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("5,000 of 5,000 files")
    assert "escaped: nothing\nprinted: nothing\n" in run.stdout
    outcomes = run.stdout.splitlines()[1]
    assert all(
        name in outcomes for name in ("answer", "NoDigit", "CorruptImage", "UnsupportedImage", "TooLarge")
    )


# cut short


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


# something else

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


# nothing leaks

ODD = {
    "EXIF that is cut short": file_of(SEVEN, "JPEG", exif=exif(6).tobytes()[:30]),
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
    "a PNG at which Pillow would warn": png_claiming(10_000, 10_000),
    "a GIF at which Pillow would warn": gif_claiming(10_000, 10_000),
    "a WebP at which Pillow would warn": webp_claiming(10_000, 10_000),
    "a GIF whose frame is larger than its screen": gif_claiming(1, 1, frame=(65_535, 2_000)),
}


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
                if not heard:
                    image.convert("RGB")
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
                pass
        if heard:
            warned.append(kind)
    assert len(warned) >= len(ODD) - 3, "these files do not test anything any more"


def test_the_warning_filters_are_left_as_they_were_by_many_threads() -> None:
    before = list(warnings.filters)
    files = [file_of(image, form, **options) for image, form, options, _ in FILES.values()]
    files = [data for data in files if data.startswith((b"II", b"GIF"))] * 5
    with ThreadPoolExecutor(8) as pool:
        assert all(image.size == SEVEN.size for image in pool.map(decode, files) if image.size != (64, 48))
    assert list(warnings.filters) == before


def test_the_settings_of_pillow_are_nobodys_but_its_users() -> None:
    before = Image.MAX_IMAGE_PIXELS
    outcome(png_claiming(65_535, 65_535))
    assert before == Image.MAX_IMAGE_PIXELS
    decode(file_of(SEVEN, "HEIC"))
    assert "HEIF" not in Image.OPEN
