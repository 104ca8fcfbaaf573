"""Pictures that are no digits: how many are answered with a digit all the same, and how many with certainty.

    python benchmarks/nondigits.py [--count 3000] [--save]

They are drawn by other code than the outliers that the model learned to refuse
(`digits_nb.training.synthetic_outliers`), though some of them are alike: textures and stripes, spots and
blobs, crosses and signs.
"""

import argparse
from collections.abc import Callable, Iterator

import cv2
import numpy as np
import results
from PIL import Image, ImageDraw, ImageFont

import digits_nb as dn
from digits_nb.recognition import load_model

Picture = np.ndarray
Rng = np.random.Generator

SIDE = 128
LETTERS = "AEFHJKLMNPRTUVWXYacdefhjkmnprtuvwx"
"""Those that look like no digit."""

FACES = ("DejaVuSerif", "DejaVuSans-Bold", "STIXGeneralItalic", "cmtt10", "DejaVuSansMono-Oblique")


def paper(rng: Rng, width: int = SIDE) -> Picture:
    """A sheet with some grain."""
    grain = rng.normal(0, rng.uniform(0, 5), (SIDE, width))
    return np.clip(rng.uniform(200, 250) + grain, 0, 255).astype(np.uint8)


def typed(rng: Rng, text: str, size: int, width: int = SIDE) -> Picture:
    """Text in the middle of a sheet."""
    from matplotlib import get_data_path

    sheet = Image.fromarray(paper(rng, width))
    font = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{rng.choice(FACES)}.ttf", size)
    ImageDraw.Draw(sheet).text(
        (width / 2, SIDE / 2), text, fill=int(rng.integers(0, 90)), font=font, anchor="mm"
    )
    return np.asarray(sheet)


def letter(rng: Rng) -> Picture:
    """One printed letter."""
    return typed(rng, str(rng.choice(list(LETTERS))), int(rng.integers(50, 100)))


def line_of_text(rng: Rng) -> Picture:
    """Two or three made-up words."""
    words = (
        "".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), rng.integers(3, 7)))
        for _ in range(rng.integers(2, 4))
    )
    return typed(rng, " ".join(words), int(rng.integers(16, 30)), 3 * SIDE)


def white_noise(rng: Rng) -> Picture:
    """Every pixel any grey."""
    return rng.integers(0, 256, [rng.integers(28, 160)] * 2).astype(np.uint8)


def film_grain(rng: Rng) -> Picture:
    """Every pixel near a middle grey."""
    return np.clip(rng.normal(128, rng.uniform(10, 60), [rng.integers(28, 160)] * 2), 0, 255).astype(np.uint8)


def pepper(rng: Rng) -> Picture:
    """Black pixels scattered over white."""
    return np.where(rng.random((96, 96)) < rng.uniform(0.005, 0.2), 0, 255).astype(np.uint8)


def streaks(rng: Rng) -> Picture:
    """Noise that was moved in one direction while it was photographed."""
    noise = rng.normal(0, 1, (96, 96)).astype(np.float32)
    length, turn = int(rng.integers(7, 30)), rng.uniform(0, 180)
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    line = cv2.warpAffine(line, cv2.getRotationMatrix2D((length / 2, length / 2), turn, 1), (length, length))
    moved = cv2.filter2D(noise, -1, line)
    return (255 * (moved - moved.min()) / np.ptp(moved)).astype(np.uint8)


def rings(rng: Rng) -> Picture:
    """Rings around a point, as in wood."""
    down, across = np.mgrid[:112, :112]
    top, left = rng.uniform(-40, 150, 2)
    far = np.hypot(down - top, across - left) + rng.normal(0, 1) * np.sin(across / 9)
    return (128 + 100 * np.sin(far / rng.uniform(1.5, 6))).astype(np.uint8)


def spots(rng: Rng) -> Picture:
    """Round spots in rows, as on cloth."""
    cloth, apart = np.full((112, 112), 225, np.uint8), int(rng.integers(12, 36))
    for row, top in enumerate(range(apart // 2, 112, apart)):
        for left in range(apart // 2 + row % 2 * apart // 2, 112, apart):
            cv2.circle(cloth, (left, top), apart // 4, 40, -1)
    return cloth


def cracks(rng: Rng) -> Picture:
    """Dry earth: the borders of what lies nearest to points scattered by chance."""
    points = rng.uniform(0, 112, (rng.integers(6, 40), 2))
    places = np.stack(np.mgrid[:112, :112], axis=-1)[:, :, None]
    near, next_ = np.partition(np.linalg.norm(places - points, axis=-1), 1, axis=-1)[..., :2].transpose(
        2, 0, 1
    )
    return np.where(next_ - near < rng.uniform(1.5, 4), 40, 220).astype(np.uint8)


def shape(rng: Rng) -> Picture:
    """A square, a triangle, a star or a cross in outline, or one of the first three filled, or a disc."""
    sheet, radius = paper(rng), rng.uniform(20, 45)
    turn, corners = rng.uniform(0, np.pi), int(rng.choice([2, 3, 4, 10, 60]))
    angles = turn + 2 * np.pi * np.arange(corners) / corners
    far = np.where(np.arange(corners) % 2, 0.45, 1) if corners == 10 else np.ones(corners)  # noqa: PLR2004
    points = (SIDE / 2 + radius * far[:, None] * np.stack([np.cos(angles), np.sin(angles)], 1)).astype(int)
    if corners == 2:  # noqa: PLR2004 (a cross)
        across = (SIDE - points[:, ::-1] * [1, -1]) % SIDE
        for ends in (points, across):
            cv2.line(sheet, *(tuple(map(int, end)) for end in ends), 20, 5)
    elif corners == 60 or rng.random() < 0.5:  # noqa: PLR2004 (a disc, or a coin)
        cv2.fillPoly(sheet, [points], 20)
    else:
        cv2.polylines(sheet, [points], isClosed=True, color=20, thickness=int(rng.integers(2, 7)))
    return sheet


def face(rng: Rng) -> Picture:
    """Two eyes and a mouth in a circle."""
    sheet, radius, middle = paper(rng), int(rng.integers(35, 55)), SIDE // 2
    cv2.circle(sheet, (middle, middle), radius, 30, 3)
    for side in (-1, 1):
        eye = middle + side * radius // 3, middle - radius // 4
        cv2.circle(sheet, eye, max(2, radius // 8), 30, -1)
    cv2.ellipse(sheet, (middle, middle + radius // 6), (radius // 2, radius // 3), 0, 10, 170, 30, 3)
    return sheet


def house(rng: Rng) -> Picture:
    """Walls, a roof, a door and a window, as children draw them."""
    sheet, left, right = paper(rng), int(rng.integers(20, 36)), int(rng.integers(90, 108))
    cv2.rectangle(sheet, (left, 60), (right, 110), 30, 3)
    cv2.polylines(
        sheet, [np.array([[left, 60], [64, 20], [right, 60]])], isClosed=False, color=30, thickness=3
    )
    cv2.rectangle(sheet, (left + 8, 80), (left + 22, 110), 30, 2)
    cv2.rectangle(sheet, (right - 28, 74), (right - 12, 90), 30, 2)
    return sheet


def shadow(rng: Rng) -> Picture:
    """A blank sheet with the edge of a shadow on it, sharp or soft."""
    down, across = np.mgrid[:SIDE, :160] / SIDE
    turn, edge = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.8)
    dark = 1 / (1 + np.exp((edge - across * np.cos(turn) - down * np.sin(turn)) * rng.uniform(2, 25)))
    light = rng.uniform(150, 240) * (1 - rng.uniform(0.1, 0.5) * dark)
    return np.clip(light + rng.normal(0, rng.uniform(0.5, 4), light.shape), 0, 255).astype(np.uint8)


def vignette(rng: Rng) -> Picture:
    """A blank sheet that darkens towards its corners."""
    down, across = np.mgrid[:SIDE, :SIDE] / (SIDE / 2) - 1
    light = 230 - rng.uniform(30, 120) * (down**2 + across**2) / 2
    return np.clip(light + rng.normal(0, 2, light.shape), 0, 255).astype(np.uint8)


def blank(rng: Rng) -> Picture:
    """A sheet and nothing on it."""
    return paper(rng)


def slope(rng: Rng) -> Picture:
    """From one grey to another."""
    return np.tile(
        np.linspace(rng.integers(0, 100), rng.integers(120, 256), SIDE).astype(np.uint8), (SIDE, 1)
    )


def dot(rng: Rng) -> Picture:
    """One point of a pen."""
    sheet = np.full((64, 64), 250, np.uint8)
    where = tuple(int(place) for place in rng.integers(10, 54, 2))
    cv2.circle(sheet, where, int(rng.integers(0, 4)), 20, -1)
    return sheet


KINDS: dict[str, list[Callable[[Rng], Picture]]] = {
    "letters": [letter],
    "text": [line_of_text],
    "noise": [white_noise, film_grain, pepper, streaks],
    "textures": [rings, spots, cracks],
    "shapes and drawings": [shape, face, house, dot],
    "blank paper and shadows": [blank, slope, shadow, vignette],
}


def pictures(count: int, seed: int = 0) -> Iterator[tuple[str, Picture]]:
    """Kind and picture, kinds in turn."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        makers = KINDS[kind]
        yield kind, makers[number // len(KINDS) % len(makers)](rng)


def measure(count: int, model: dn.DigitModel) -> dict[str, dict[str, float]]:
    """Of each kind and of all: how many, which share is answered, and which with certainty."""
    kinds, queries = zip(*pictures(count), strict=True)
    answers = list(dn.recognize_many(queries, model))
    answered = np.array([isinstance(answer, dn.Answer) for answer in answers])
    certain = np.array([isinstance(answer, dn.Answer) and answer.certain for answer in answers])
    of_kind = {kind: np.array(kinds) == kind for kind in KINDS} | {"all": np.ones(count, bool)}
    return {
        kind: {
            "pictures": int(mine.sum()),
            "answered": float(answered[mine].mean()),
            "certain": float(certain[mine].mean()),
        }
        for kind, mine in of_kind.items()
    }


def main() -> None:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=3000, help="how many pictures (default: 3000)")
    results.add_option(parser)
    given = parser.parse_args()
    if given.count < len(KINDS):
        parser.error(f"--count {given.count} leaves kinds out: give {len(KINDS)} or more.")
    model = load_model()
    rows = measure(given.count, model)
    print(f"model {model.version}")
    for kind, row in rows.items():
        print(f"{kind:24} {row['pictures']:4}: answered {row['answered']:.3f}, certain {row['certain']:.3f}")
    if given.save:
        results.save("nondigits", rows, model)


if __name__ == "__main__":
    main()
