"""Pages of five digits, composed from folders of labelled pictures: how many are read wholly right.

    python benchmarks/pages.py --pictures DIR [DIR …] [--pages 900] [--save]

A DIR has sub-folders 0…9 that hold the pictures of each digit, dark on light; a folder with others is left
out, since their digits cannot be cut out without the code that is measured. The pages are rows, columns and
digits scattered over the paper, in turn, with sizes and gaps that vary, uneven light and noise; the seed is
fixed.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import results
from tqdm.auto import tqdm

import digits_nb as dn
from digits_nb import evaluation
from digits_nb.recognition import default_model

DIGITS = 5
LAYOUTS = ("row", "column", "scattered")
HEIGHT = 80
OVERLAP = 0.5
"""Intersection over union from which on a box counts as found."""
SPECK = 0.03
"""Of the largest piece of ink: a smaller one is dirt on the picture, and not cut out with the digit."""
RIM = 0.5
"""Share of a picture's rim that is dark from which on its ground is."""

Box = tuple[int, int, int, int]


@dataclass(frozen=True)
class Page:
    """A picture of digits, and what it shows in reading order."""

    picture: np.ndarray
    layout: str
    digits: list[int]
    boxes: list[Box]


def compose(folder: Path, pages: int) -> Iterator[Page]:
    """Compose pages of digits from the pictures of a folder: the same ones each time."""
    paths, labels = evaluation.labelled_pictures(folder)
    rng = np.random.default_rng(0)
    for number in range(pages):
        layout = LAYOUTS[number % len(LAYOUTS)]
        rows = rng.choice(len(paths), DIGITS)
        pieces = [_cut_out(paths[row], HEIGHT * rng.uniform(0.75, 1.25)) for row in rows]
        corners, size = _lay_out(layout, [piece.shape for piece in pieces], rng)
        paper = np.ones(size)
        boxes = []
        for piece, (left, top) in zip(pieces, corners, strict=True):
            height, width = piece.shape
            paper[top : top + height, left : left + width] *= piece
            boxes.append((left, top, left + width, top + height))
        yield Page(_photograph(paper, rng), layout, labels[rows].tolist(), boxes)


def dark_on_light(folder: Path) -> bool:
    """Whether the digits of a folder can be cut out: all of them have light ground along the rim."""
    paths, _ = evaluation.labelled_pictures(folder)
    return all(_is_dark_on_light(path) for path in tqdm(paths, desc=folder.name, leave=False))


def _is_dark_on_light(path: Path) -> bool:
    shade = _shade(path)
    dark = shade < (1 + shade.min()) / 2
    rim = np.concatenate([dark[0], dark[-1], dark[:, 0], dark[:, -1]])
    return bool(dark.any() and rim.mean() < RIM)


def _shade(path: Path) -> np.ndarray:
    """A picture in grey, 0 is black, its paper 1."""
    gray = np.asarray(dn.open_image({"path": path}).convert("L"), float)
    return np.clip(gray / max(np.median(gray), 1), 0, 1)


def _cut_out(path: Path, height: float) -> np.ndarray:
    """The digit of a picture on white (1), at some height and without a margin."""
    shade = _shade(path)
    dark = (shade < (1 + shade.min()) / 2).astype(np.uint8)
    _, labels, pieces, _ = cv2.connectedComponentsWithStats(dark)
    area = pieces[:, cv2.CC_STAT_AREA]
    strokes = np.flatnonzero(area >= SPECK * area[1:].max())
    left, top, wide, tall = cv2.boundingRect(np.isin(labels, strokes[strokes > 0]).astype(np.uint8))
    scale = height / max(tall, wide / 2)
    size = max(2, round(wide * scale)), max(2, round(tall * scale))
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC  # enlarged, AREA would leave steps
    digit = cv2.resize(shade[top : top + tall, left : left + wide], size, interpolation=way)
    return np.clip(digit, 0, 1)


def _lay_out(
    layout: str, shapes: list[tuple[int, int]], rng: np.random.Generator
) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """The top left corner of each digit, and the height and width of the page."""
    margin = HEIGHT
    if layout == "scattered":
        cells = np.sort(rng.choice(9, DIGITS, replace=False))
        corners = [
            (int(margin + cell % 3 * 2.2 * HEIGHT), int(margin + cell // 3 * 2 * HEIGHT)) for cell in cells
        ]
        jitter = rng.uniform(-0.25, 0.25, (DIGITS, 2)) * HEIGHT
        corners = [
            (int(left + across), int(top + down))
            for (left, top), (across, down) in zip(corners, jitter, strict=True)
        ]
        return corners, (2 * margin + 6 * HEIGHT, 2 * margin + 7 * HEIGHT)
    place, corners = margin, []
    for height, width in shapes:
        shift = margin + int(rng.uniform(-0.15, 0.15) * HEIGHT)
        corners.append((place, shift) if layout == "row" else (shift, place))
        place += (width if layout == "row" else height) + int(rng.uniform(0.2, 0.8) * HEIGHT)
    across = 2 * margin + int(1.5 * max(shape[layout == "column"] for shape in shapes))
    return corners, ((across, place + margin) if layout == "row" else (place + margin, across))


def _photograph(paper: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Paper of some shade in uneven light, with the noise of a camera."""
    height, width = paper.shape
    down, across = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    light = rng.uniform(190, 245) * (1 + rng.uniform(-0.15, 0.15) * down + rng.uniform(-0.15, 0.15) * across)
    level = paper * light + rng.normal(0, rng.uniform(1, 6), paper.shape)
    return np.clip(level, 0, 255).astype(np.uint8)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    common = max(width, 0) * max(height, 0)
    areas = ((right - left) * (bottom - top) for left, top, right, bottom in (one, other))
    return common / (sum(areas) - common)


def measure(folder: Path, model: dn.DigitModel, pages: int) -> dict[str, Any]:
    """Print, and give, how many of the pages composed from a folder are found and read wholly right."""
    found, right, digits = [], [], []
    layouts = []
    for page in tqdm(compose(folder, pages), total=pages, leave=False):
        try:
            answers = dn.read_digits(page.picture, model)
        except dn.DigitsError:
            answers = []
        boxes = [answer.box for answer in answers]
        found.append(
            len(boxes) == DIGITS
            and all(overlap(*pair) >= OVERLAP for pair in zip(boxes, page.boxes, strict=True))
        )
        right.append(found[-1] and [answer.digit for answer in answers] == page.digits)
        if found[-1]:
            digits += [a.digit == digit for a, digit in zip(answers, page.digits, strict=True)]
        layouts.append(page.layout)
    low, high = evaluation.interval(sum(right), pages)
    print(f"{folder.name}: {np.mean(right):.3f} ({low:.3f} to {high:.3f}) of {pages} pages wholly right")
    print(
        f"  all five boxes found, in order, on {np.mean(found):.3f}; digits right there {np.mean(digits):.3f}"
    )
    shares = {}
    for layout in LAYOUTS:
        here = np.array(layouts) == layout
        shares[layout] = np.mean(np.array(right)[here])
        print(f"  {layout}: {shares[layout]:.3f}, boxes {np.mean(np.array(found)[here]):.3f}")
    return {
        "pages": pages,
        "boxes_found": np.mean(found),
        "digits_right_there": np.mean(digits),
        "wholly_right": np.mean(right),
        "interval": [low, high],
        **shares,
    }


def main() -> None:
    """Measure every folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--pictures", nargs="+", type=Path, required=True, metavar="DIR", help="with sub-folders 0…9"
    )
    parser.add_argument("--pages", type=int, default=900, help="for each folder (default: 900)")
    results.add_option(parser)
    given = parser.parse_args()
    try:
        model = default_model()
        print(f"model {model.version}")
        folders = [folder for folder in given.pictures if dark_on_light(folder)]
        for folder in given.pictures:
            if folder not in folders:
                print(f"{folder.name}: left out, not all of its pictures are dark on light")
        rows = {folder.name: measure(folder, model, given.pages) for folder in folders}
    except dn.DigitsError as error:
        parser.exit(1, f"{type(error).__name__}: {error}\n")
    if given.save:
        results.save("pages", rows, model)


if __name__ == "__main__":
    main()
