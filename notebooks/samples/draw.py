"""Draw the sample pictures of this folder: `python notebooks/samples/draw.py [FOLDER]`.

Every sample is made here, as the strokes of a pen on a ground; none comes from a collection. A file's name
begins with what it shows, in English, and goes on with what makes it worth having.
"""

# ruff: noqa: INP001 - a script beside the pictures that it makes, no package
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

SUPERSAMPLING = 4
Floats = NDArray[np.float64]

# What a hand does: each digit's strokes, as points that the pen passes through in hundredths of its height,
# x to the right and y down.
STROKES = {
    "zero": [
        [(43, 2), (22, 8), (6, 30), (2, 58), (10, 86), (29, 98), (48, 88), (60, 62), (61, 34), (51, 10),
         (36, 3), (26, 8)],
    ],
    "one": [
        [(2, 27), (14, 17), (27, 1), (28, 20), (25, 52), (24, 78), (22, 100)],
    ],
    "two": [
        [(6, 22), (14, 7), (32, 0), (50, 7), (55, 25), (45, 47), (25, 71), (5, 91), (2, 96), (16, 92),
         (36, 95), (52, 98), (68, 92)],
    ],
    "three": [
        [(6, 13), (20, 2), (40, 1), (53, 13), (49, 31), (33, 42), (20, 45), (36, 47), (54, 57), (59, 76),
         (47, 93), (26, 99), (7, 92), (1, 83)],
    ],
    "four": [
        [(36, 0), (27, 21), (14, 43), (1, 60), (12, 62), (38, 60), (66, 58)],
        [(50, 32), (47, 55), (44, 80), (42, 102)],
    ],
    "five": [
        [(15, 4), (12, 22), (8, 43), (21, 37), (39, 38), (54, 50), (57, 69), (47, 88), (27, 98), (9, 95),
         (0, 86)],
        [(14, 4), (34, 5), (59, 0)],
    ],
    "six": [
        [(47, 0), (28, 13), (11, 36), (2, 63), (7, 88), (25, 100), (44, 93), (54, 76), (48, 58), (32, 52),
         (16, 59), (5, 74)],
    ],
    "seven": [
        [(2, 11), (5, 3), (24, 5), (44, 3), (61, 3), (53, 20), (39, 47), (29, 72), (23, 100)],
    ],
    "nine": [
        [(53, 17), (42, 3), (22, 4), (7, 19), (6, 37), (19, 48), (37, 43), (50, 27), (54, 14), (52, 36),
         (48, 63), (44, 83), (40, 100)],
    ],
}  # fmt: skip


def curve(points: ArrayLike, steps: int = 60) -> Floats:
    """Return the Catmull-Rom spline (m, 2) through `points` (n, 2): the way of a pen through them all."""
    points = np.asarray(points, dtype=float) / 100
    before, after = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    p = np.vstack([before, points, after])[:, None, :]
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = 2 * p[1:-2] + (p[2:-1] - p[:-3]) * t
    pieces = pieces + (2 * p[:-3] - 5 * p[1:-2] + 4 * p[2:-1] - p[3:]) * t**2
    pieces = pieces + (3 * p[1:-2] - p[:-3] - 3 * p[2:-1] + p[3:]) * t**3
    return np.vstack([pieces.reshape(-1, 2) / 2, points[-1]])


def clouds(rng: np.random.Generator, height: int, width: int, cell: int) -> Floats:
    """Make smooth noise (height, width) of mean 0 and deviation 1, its spots about `cell` pixels wide."""
    spots = rng.standard_normal((height // cell + 3, width // cell + 3))
    noise = cv2.resize(spots, (width, height), interpolation=cv2.INTER_CUBIC)
    return (noise - noise.mean()) / noise.std()


def write(
    name: str,
    rng: np.random.Generator,
    *,
    size: tuple[int, int],
    tall: float,
    at: tuple[float, float],
    pen: float,
    pressure: float = 0.15,
    slant: float = 0.0,
) -> Floats:
    """Write a digit `tall` pixels high, its box's middle `at` (x, y): ink (height, width) of 0..1."""
    width, height = size
    canvas = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING), dtype=np.uint8)
    ways = [curve(stroke) for stroke in STROKES[name]]
    every = np.vstack(ways)
    middle = (every.max(axis=0) + every.min(axis=0)) / 2
    for way in ways:
        way = (way - middle) * tall  # noqa: PLW2901
        way[:, 0] -= slant * way[:, 1]
        # a hand trembles a little, presses unevenly and lifts the pen at the end of a stroke
        tremble = np.column_stack([clouds(rng, len(way), 1, 80) for _ in "xy"]) * tall * 0.006
        touch = 1 + pressure * clouds(rng, len(way), 1, 120)[:, 0]
        touch[-30:] *= np.linspace(1, 1 - 2 * pressure, 30)
        for (x, y), radius in zip((way + tremble + at) * SUPERSAMPLING, touch * pen / 2, strict=True):
            cv2.circle(canvas, (round(x), round(y)), max(1, round(radius * SUPERSAMPLING)), 255, cv2.FILLED)
    return cv2.resize(canvas, size, interpolation=cv2.INTER_AREA) / 255.0


def paper(rng: np.random.Generator, size: tuple[int, int], colour: ArrayLike, grain: float) -> Floats:
    """Make a sheet (height, width, 3) of 0..255 in `colour`, cloudy and rough by about `grain` levels."""
    width, height = size
    sheet = grain * (clouds(rng, height, width, 40) + 0.6 * clouds(rng, height, width, 2))
    return np.asarray(colour, dtype=float) + sheet[..., None]


def lay(ink: Floats, colour: ArrayLike, ground: Floats) -> Floats:
    """Lay `ink` (height, width) of 0..1 in `colour` on a `ground` (height, width, 3) of 0..255."""
    return ground + ink[..., None] * (np.asarray(colour, dtype=float) - ground)


def picture(pixels: Floats) -> Image.Image:
    """Make a picture of `pixels` (height, width) or (height, width, 3 or 4) of 0..255."""
    return Image.fromarray(np.clip(pixels + 0.5, 0, 255).astype(np.uint8))


def zero_felt_tip(rng: np.random.Generator) -> Image.Image:
    """Draw a broad green pen on cream paper, in WebP."""
    size = (260, 320)
    ink = write("zero", rng, size=size, tall=210, at=(128, 165), pen=19, pressure=0.05, slant=0.08)
    return picture(lay(ink * 0.92, (22, 92, 74), paper(rng, size, (251, 247, 236), 1.0)))


def one_pencil(rng: np.random.Generator) -> Image.Image:
    """Draw a pencil whose lead does not fill the paper's grain, in the 256 colours of a GIF."""
    size = (200, 240)
    ink = write("one", rng, size=size, tall=150, at=(98, 122), pen=6, pressure=0.12, slant=0.1)
    lead = np.clip(0.72 + 0.22 * clouds(rng, size[1], size[0], 1), 0, 1)
    return picture(lay(ink * lead, (72, 72, 76), paper(rng, size, (243, 242, 238), 1.2)).mean(axis=2))


def two_off_centre_small(rng: np.random.Generator) -> Image.Image:
    """Draw a small digit far from the middle of a large sheet."""
    size = (600, 450)
    ink = write("two", rng, size=size, tall=78, at=(468, 118), pen=6, slant=0.05)
    return picture(lay(ink * 0.9, (38, 44, 120), paper(rng, size, (236, 233, 224), 1.5)))


def three_light_on_dark(rng: np.random.Generator) -> Image.Image:
    """Draw chalk on a blackboard: light on dark, and grainy."""
    size = (300, 300)
    ink = write("three", rng, size=size, tall=190, at=(152, 148), pen=15, pressure=0.12)
    chalk = np.clip(0.82 + 0.2 * clouds(rng, size[1], size[0], 2), 0.25, 1)
    board = paper(rng, size, (38, 58, 50), 1.6)
    return picture(lay(ink * chalk, (238, 236, 226), board))


def four_photo_on_its_side(rng: np.random.Generator) -> Image.Image:
    """Draw a telephone's photo, which `main` lays on its side as such cameras do."""
    size = (400, 300)
    ink = write("four", rng, size=size, tall=165, at=(210, 150), pen=11, slant=0.06)
    return picture(lay(ink * 0.93, (30, 30, 36), paper(rng, size, (216, 206, 190), 2.0)))


def five_transparent(rng: np.random.Generator) -> Image.Image:
    """Draw ink on nothing: what is not written is transparent."""
    size = (240, 280)
    ink = write("five", rng, size=size, tall=190, at=(120, 140), pen=15, pressure=0.12, slant=0.06)
    colour = np.broadcast_to(np.array([20, 28, 84.0]), (*ink.shape, 3))
    return picture(np.dstack([colour, ink * 255]))


def six_marker(rng: np.random.Generator) -> Image.Image:
    """Draw a fat red marker, in a BMP with a palette."""
    size = (200, 220)
    ink = write("six", rng, size=size, tall=140, at=(98, 110), pen=18, pressure=0.04, slant=0.05)
    return picture(lay(ink * 0.95, (176, 34, 40), paper(rng, size, (252, 252, 250), 0.4))).quantize(32)


def seven_dark_on_white(rng: np.random.Generator) -> Image.Image:
    """Draw the plainest case, black on white."""
    size = (280, 280)
    ink = write("seven", rng, size=size, tall=170, at=(140, 140), pen=13, pressure=0.12)
    return picture(lay(ink, (16, 16, 20), np.full((*ink.shape, 3), 255.0)).mean(axis=2))


def eight_printed(rng: np.random.Generator) -> Image.Image:
    """Draw two even rings, as a heavy sans-serif type has them: nothing of a hand in it."""
    size = (160, 200)
    canvas = np.zeros((size[1] * SUPERSAMPLING, size[0] * SUPERSAMPLING), dtype=np.uint8)
    for middle, radii in (((80, 68), (29, 28)), ((80, 128), (35, 33))):
        centre, axes = (tuple(v * SUPERSAMPLING for v in pair) for pair in (middle, radii))
        cv2.ellipse(canvas, centre, axes, 0, 0, 360, 255, 19 * SUPERSAMPLING)
    ink = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA) / 255.0
    return picture(lay(ink, (0, 0, 0), paper(rng, size, (255, 255, 255), 0.0)).mean(axis=2))


def nine_thin_pen_shadow(rng: np.random.Generator) -> Image.Image:
    """Draw a thin pen, half of it in the shadow of the hand that holds the telephone."""
    size = (480, 480)
    ink = write("nine", rng, size=size, tall=230, at=(236, 250), pen=5, pressure=0.1, slant=0.05)
    sheet = lay(ink * 0.85, (40, 52, 110), paper(rng, size, (238, 236, 228), 1.5))
    # a soft edge across the sheet, and light that falls off towards the hand
    y, x = np.mgrid[: size[1], : size[0]]
    edge = 1 / (1 + np.exp(-(x + 0.45 * y - 360) / 16))
    light = (0.52 + 0.48 * edge) * (1 - 0.12 * (y / size[1]))
    return picture(cv2.GaussianBlur(sheet, (0, 0), 0.7) * light[..., None])


def blank(rng: np.random.Generator) -> Image.Image:
    """Draw paper and nothing on it."""
    return picture(paper(rng, (240, 240), (247, 245, 240), 1.0))


SAMPLES: dict[str, Callable[[np.random.Generator], Image.Image]] = {
    "zero-felt-tip.webp": zero_felt_tip,
    "one-pencil.gif": one_pencil,
    "two-off-centre-small.jpg": two_off_centre_small,
    "three-light-on-dark.png": three_light_on_dark,
    "four-photo-on-its-side.jpg": four_photo_on_its_side,
    "five-transparent.png": five_transparent,
    "six-marker.bmp": six_marker,
    "seven-dark-on-white.png": seven_dark_on_white,
    "eight-printed.tiff": eight_printed,
    "nine-thin-pen-shadow.jpg": nine_thin_pen_shadow,
    "blank.png": blank,
}


def main(folder: Path) -> None:
    """Draw every sample into `folder`; the same call makes the same bytes."""
    for seed, (name, draw) in enumerate(SAMPLES.items()):
        image = draw(np.random.default_rng(seed))
        if name == "four-photo-on-its-side.jpg":
            # the sensor's rows run along the telephone's long side, and EXIF says how to turn them
            exif = Image.Exif()
            exif[274] = 6
            image.rotate(90, expand=True).save(folder / name, quality=85, exif=exif)
        else:
            image.save(folder / name, **({"quality": 85} if name.endswith("jpg") else {}))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
