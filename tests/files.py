"""Picture files: a 7 drawn here, in every format that is read, and headers that claim what is not there."""

import struct
import zlib
from functools import cache
from io import BytesIO

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw


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
        options = {"quality": 95, "enc_params": {"preset": "ultrafast"}} | options
        pillow_heif.from_pillow(image).save(file, **options)
    else:
        image.save(file, form, **options)
    return file.getvalue()


def cut_out() -> Image.Image:
    """The same 7 as ink on nothing."""
    image = Image.new("RGBA", SEVEN.size, (20, 20, 20, 0))
    image.putalpha(SEVEN.point(lambda level: 255 if level < 128 else 0))
    return image


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


def exif(orientation: object, order: str = "<") -> Image.Exif:
    notes = Image.Exif()
    notes.endian = order
    notes[0x010F] = "A maker of phones"
    notes[0x0112] = orientation
    notes[0x0131] = "1.0"
    return notes


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


def tiff_claiming(width: int, height: int, strips: int = 1) -> bytes:
    end = 8 + 2 + 9 * 12 + 4
    values = end if strips > 1 else 0
    tags = (
        (256, 1, width),
        (257, 1, height),
        (258, 1, 8),
        (259, 1, 1),
        (262, 1, 1),
        (273, strips, values),
        (277, 1, 1),
        (278, 1, -(-height // strips)),
        (279, strips, values),
    )
    entries = b"".join(struct.pack("<HHII", tag, 4, count, value) for tag, count, value in tags)
    return (
        b"II*\0\x08\0\0\0"
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
        + bytes(4 * values and 4 * strips)
    )


def tiff_of_16_bits(image: Image.Image, claim: tuple[int, int] | None = None) -> bytes:
    """A deflated TIFF in one strip, of RGB or CMYK, which Pillow reads but does not write.

    Its header may claim another width and height.
    """
    width, height = claim or image.size
    photometric = {"RGB": 2, "CMYK": 5}[image.mode]
    channels = len(image.mode)
    samples = zlib.compress(np.asarray(image).astype(np.uint16) * 257, 1)  # each byte twice
    bits = struct.pack(f"<{channels}H", *[16] * channels)
    tags = (
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, channels, 8),
        (259, 3, 1, 8),
        (262, 3, 1, photometric),
        (273, 4, 1, 8 + len(bits)),
        (277, 3, 1, channels),
        (278, 4, 1, height),
        (279, 4, 1, len(samples)),
    )
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    start = struct.pack("<I", 8 + len(bits) + len(samples))
    return b"II*\0" + start + bits + samples + struct.pack("<H", len(tags)) + entries + bytes(4)


def tiff_of_a_tile(side: int, tile: int) -> bytes:
    """A square that is the corner of a larger tile, deflated."""
    samples = zlib.compress(bytes(tile * tile), 1)
    tags = (
        (256, side),
        (257, side),
        (258, 8),
        (259, 8),
        (262, 1),
        (277, 1),
        (322, tile),
        (323, tile),
        (324, 8),
        (325, len(samples)),
    )
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return (
        b"II*\0"
        + struct.pack("<I", 8 + len(samples))
        + samples
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
    )


def jpeg_claiming(width: int, height: int, image: Image.Image = SEVEN, **options: object) -> bytes:
    data = file_of(image, "JPEG", **options)
    at = data.index(b"\xff\xc2" if options.get("progressive") else b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def jpeg_of_scans(side: int, scans: int, before: bytes = b"", after: bytes = b"") -> bytes:
    """A square JPEG whose every scan says in a few bytes that nothing changes anywhere.

    `before` and `after` stand around the first scan.
    """

    def segment(kind: int, content: bytes) -> bytes:
        return b"\xff" + bytes([kind]) + struct.pack(">H", len(content) + 2) + content

    blocks = (-(-side // 8)) ** 2
    runs = ("0" + format(min(blocks - done, 32_767) & 16_383, "014b") for done in range(0, blocks, 32_767))
    bits = "".join(runs)
    empty = int(bits + "1" * (-len(bits) % 8), 2).to_bytes(-(-len(bits) // 8)).replace(b"\xff", b"\xff\0")
    one_code = bytes([1]) + bytes(15)
    return (
        b"\xff\xd8"
        + segment(0xDB, b"\0" + b"\1" * 64)
        + segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\1\x11\0")
        + segment(0xC4, b"\0" + one_code + b"\0")
        + segment(0xC4, b"\x10" + one_code + b"\xe0")
        + before
        + segment(0xDA, b"\1\1\0\0\0\0")
        + bytes(-(-blocks // 8))
        + after
        + b"".join(segment(0xDA, b"\1\1\0" + bytes([1 + at % 63] * 2) + b"\0") + empty for at in range(scans))
        + b"\xff\xd9"
    )


SQUARE = Image.new("RGB", (64, 64), (20, 90, 200))  # as many as HEIC codes together: nothing is cut away


@cache
def _large_heic() -> bytes:
    image = Image.new("L", (5_001, 5_001), 255)  # odd, so that it has a box of what is shown
    return file_of(image, "HEIC", quality=1)


def heic_of_a_corner(flags: bytes = bytes(3), before: bytes = b"", large: bool = False) -> bytes:
    """A HEIC of 25.02 million pixels of which 64 × 64 are shown, and how the box says it that has its size.

    Its flags may be set, another box may stand before it, and its length may be one of 64 bits.
    """
    data = _large_heic()
    corner = struct.pack(">8i", 64, 1, 64, 1, 64 - 5_002, 2, 64 - 5_002, 2)
    at = data.index(b"clap") + 4
    data = data[:at] + corner + data[at + len(corner) :]
    at = data.index(b"ispe")
    box = b"ispe" + (struct.pack(">Q", 28) if large else b"") + b"\0" + flags + data[at + 8 : at + 16]
    box = struct.pack(">I", 1 if large else 20) + box
    grown = before + box
    by = len(grown) - 20
    data = bytearray(data[: at - 4] + grown + data[at + 16 :])
    for name in (b"meta", b"iprp", b"ipco"):
        start = data.index(name) - 4
        data[start : start + 4] = (int.from_bytes(data[start : start + 4]) + by).to_bytes(4)
    content = data.index(b"mdat") + 4
    return bytes(data).replace((content - by).to_bytes(4), content.to_bytes(4), 1)


def heic_claiming(width: int, height: int, image: Image.Image = SQUARE) -> bytes:
    data = file_of(image, "HEIC", quality=1)
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", width, height) + data[at + 8 :]


def png_of_levels(levels: np.ndarray, bits: int, clear: int) -> bytes:
    """A grey PNG of 2, 4, 8 or 16 bits, with a transparent level; the sides are multiples of 8."""
    height, width = levels.shape
    places = (levels[..., None].astype(int) >> np.arange(bits)[::-1]) & 1
    rows = np.packbits(places.reshape(height, -1).astype(np.uint8), axis=1)
    samples = b"".join(b"\0" + row.tobytes() for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0))
        + chunk(b"tRNS", struct.pack(">H", clear))
        + chunk(b"IDAT", zlib.compress(samples))
        + chunk(b"IEND", b"")
    )


def bmp_of_bit_fields(masks: tuple[int, int, int], image: Image.Image = SEVEN) -> bytes:
    """A BMP of 32 bits a pixel, all of them the grey level, and the masks of the three colours."""
    width, height = image.size
    header = struct.pack("<IiiHHIIiiII3I", 40, width, -height, 1, 32, 3, 0, 0, 0, 0, 0, *masks)
    pixels = np.asarray(image).repeat(4).tobytes()
    return b"BM" + struct.pack("<IHHI", 66 + len(pixels), 0, 0, 66) + header + pixels


def tiff_of_samples(samples: np.ndarray, photometric: int = 1) -> bytes:
    """An uncompressed TIFF of samples of any type, in one strip."""
    height, width = samples.shape
    end = 8 + 2 + 10 * 12 + 4
    tags = (
        (256, width),
        (257, height),
        (258, samples.dtype.itemsize * 8),
        (259, 1),
        (262, photometric),
        (273, end),
        (277, 1),
        (278, height),
        (279, samples.nbytes),
        (339, {"u": 1, "i": 2, "f": 3}[samples.dtype.kind]),
    )
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + entries + bytes(4) + samples.tobytes()
