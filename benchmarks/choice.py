"""Fit the weights with which a reading of a picture is chosen, on pictures drawn by code.

    python benchmarks/choice.py [--count 20] [--seed 1]

The pictures are those of `scenes.py`, and plain ones, tight crops, rows and pages, in that handwriting and in
the one from which the model learns. It prints the constants of `digits_nb.recognition.choice`, and for each
kind how often the right reading is chosen by weights that were fitted on the other kinds.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import scenes
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression
from tqdm.auto import tqdm

import digits_nb as dn
from digits_nb.preprocessing.ink import reduce
from digits_nb.preprocessing.segmentation import find_readings
from digits_nb.recognition import choice, load_model
from digits_nb.training.styles import STYLES
from digits_nb.training.synthetic_digits import Variability, write
from digits_nb.training.synthetic_outliers import blobs, scribble, sign, stripes, symbol

COUNT = 20
"""Pictures of each kind and handwriting."""

PENALTY = 0.01
"""Of the squared weights, each in standard deviations of its feature."""

PLAIN = 4
"""How many times as often as a situation a plain picture is drawn: most pictures that are sent are plain."""

Example = tuple[str, np.ndarray, np.ndarray]  # kind, features (n, k) of the readings, which are right


def plain(text: str, rng: np.random.Generator) -> scenes.Picture:
    """One digit on paper, in a thin to a broad pen."""
    picture = scenes.blank_paper(rng, (60, 400))
    pen = len(picture) * rng.choice([rng.uniform(0.02, 0.06), rng.uniform(0.06, 0.16)])
    scenes.write_digit(picture, int(text), rng, scenes.dark_ink(rng), height=rng.uniform(0.45, 0.85), pen=pen)
    return picture


def chalk(text: str, rng: np.random.Generator) -> scenes.Picture:
    """One light digit on a dark ground."""
    picture = scenes.blank_paper(rng, (60, 400))
    picture[:] = rng.uniform(5, 90)
    scenes.write_digit(picture, int(text), rng, (235, 240, 240), height=rng.uniform(0.45, 0.85))
    return picture


def tight(text: str, rng: np.random.Generator) -> scenes.Picture:
    """One digit, cropped to its ink or nearly so."""
    picture = (plain, chalk)[rng.integers(2)](text, rng)
    far = np.abs(picture[..., 1] - np.median(picture[..., 1]))
    rows, columns = np.nonzero(far > far.max() / 2)
    margin = int(rng.integers(-1, 4))
    top, left = max(rows.min() - margin, 0), max(columns.min() - margin, 0)
    return picture[top : rows.max() + 1 + margin, left : columns.max() + 1 + margin].copy()


def small(text: str, rng: np.random.Generator) -> scenes.Picture:
    """One digit in a picture of 28×28 pixels."""
    return cv2.resize((plain, chalk)[rng.integers(2)](text, rng), (28, 28), interpolation=cv2.INTER_AREA)


def row(text: str, rng: np.random.Generator) -> scenes.Picture:
    """Some digits in a row, close together or apart, of one height or of several, cropped tightly or not."""
    height = rng.uniform(40, 160)
    pen = max(1, height * rng.choice([0, rng.uniform(0.04, 0.12)]))
    heights = height * rng.choice([1, rng.uniform(0.6, 1)], len(text))
    step = height * rng.uniform(0.8, 1.4)
    margin = height * rng.uniform(0, 0.8)
    rows, columns = round(height + pen + 2 * margin), round(step * len(text) + 2 * margin)
    picture = np.full((rows, columns, 3), rng.uniform(205, 248), np.float32)
    colour = scenes.dark_ink(rng)
    for number, digit in enumerate(text):
        centre = (
            (margin + step * (number + 0.5)) / columns,
            1 - (margin + heights[number] / 2 + pen / 2) / rows,
        )
        scenes.write_digit(
            picture, int(digit), rng, colour, height=heights[number] / rows, pen=pen, centre=centre
        )
    return picture


def pair(text: str, rng: np.random.Generator) -> scenes.Picture:
    """Two digits close together on one line, the second one lower."""
    height = rng.uniform(60, 160)
    lower = height * rng.uniform(0.5, 0.9)
    pen = max(1, height * rng.uniform(0.02, 0.08))
    picture = np.full((round(1.6 * height), round(2.6 * height), 3), rng.uniform(205, 248), np.float32)
    rows, columns = picture.shape[:2]
    colour, left = scenes.dark_ink(rng), 0.8 * height
    right = left + 0.32 * (height + lower) + pen + height * rng.uniform(0, 0.1)
    for digit, tall, middle in zip(text, (height, lower), (left, right), strict=True):
        centre = middle / columns, 1 - (0.3 * height + tall / 2) / rows
        scenes.write_digit(picture, int(digit), rng, colour, height=tall / rows, pen=pen, centre=centre)
    return picture


def column(text: str, rng: np.random.Generator) -> scenes.Picture:
    """Some digits one below the other."""
    height = rng.uniform(40, 120)
    step = height * rng.uniform(1.2, 1.6)
    picture = np.full((round(step * len(text)), round(2 * height), 3), rng.uniform(205, 248), np.float32)
    colour, pen = scenes.dark_ink(rng), max(1, height * rng.uniform(0.04, 0.12))
    for number, digit in enumerate(text):
        centre = 0.5, (number + 0.5) / len(text)
        scenes.write_digit(
            picture, int(digit), rng, colour, height=height / len(picture), pen=pen, centre=centre
        )
    return picture


def cells(text: str, rng: np.random.Generator) -> scenes.Picture:
    """The cells of a form, one digit in each."""
    picture = row(text, rng)
    rows, columns = picture.shape[:2]
    picture = cv2.copyMakeBorder(picture, *4 * [rows // 8], cv2.BORDER_REPLICATE)
    width, grey = max(1, round(rows * rng.uniform(0.01, 0.04))), (float(rng.uniform(0, 130)),) * 3
    for share in np.linspace(0, 1, len(text) + 1):
        place = round(rows // 8 + share * (columns - 1))
        cv2.line(picture, (place, rows // 8), (place, rows // 8 + rows), grey, width)
    for place in (rows // 8, rows // 8 + rows):
        cv2.line(picture, (rows // 8, place), (rows // 8 + columns, place), grey, width)
    return picture


def page(text: str, rng: np.random.Generator) -> scenes.Picture:
    """Two rows of digits on a sheet, with a strip of table, a thumb or a shadow in the picture."""
    height = rng.uniform(26, 60)
    per_row = (len(text) + 1) // 2
    rows, columns = round(height * 6), round(height * (per_row + 2) * 1.3)
    picture = np.full((rows, columns, 3), rng.uniform(205, 248), np.float32)
    colour, pen = scenes.dark_ink(rng), max(1, height * rng.uniform(0.05, 0.12))
    for number, digit in enumerate(text):
        across, down = number % per_row, number // per_row
        centre = (1.3 * height * (across + 1.5)) / columns, (0.33, 0.67)[down]
        scenes.write_digit(picture, int(digit), rng, colour, height=height / rows, pen=pen, centre=centre)
    mask = np.zeros((rows, columns), np.float32)
    match rng.integers(4):
        case 0:
            mask[:, : round(height * rng.uniform(0.2, 0.7))] = 1
        case 1:
            mask[: round(height * rng.uniform(0.2, 0.7))] = 1
        case 2:
            cv2.circle(mask, (0, rows // 2), round(height * rng.uniform(0.4, 0.8)), 1, -1, cv2.LINE_AA)
        case 3:
            down, across = np.mgrid[:rows, :columns] / np.array([rows, columns]).reshape(2, 1, 1)
            mask = (1 / (1 + np.exp((1.7 - across - down) / 0.03))).astype(np.float32) * 0.6
    picture += mask[..., None] * (scenes.table_texture((rows, columns), rng) - picture)
    return picture


KINDS: dict[str, tuple[Callable[[str, np.random.Generator], scenes.Picture], tuple[int, int], int]] = {
    "plain": (plain, (1, 1), PLAIN),
    "chalk": (chalk, (1, 1), PLAIN),
    "tight": (tight, (1, 1), PLAIN),
    "small": (small, (1, 1), PLAIN),
    "row": (row, (2, 6), 1),
    "pair": (pair, (2, 2), 2),
    "column": (column, (2, 4), 1),
    "cells": (cells, (2, 8), 1),
    "page": (page, (10, 20), 1),
}
"""Name of a kind → its function, how many digits a picture shows, and how often it is drawn."""


def sloppy(digit: int, rng: np.random.Generator) -> list[scenes.Path]:
    """Write a digit as the training pictures do, with other differences between two of them."""
    times = rng.uniform(0.5, 1.5)
    differences = Variability(0.08 * times, 0.06 * times, 7 * times, 0.28 * times, 0.3 * times)
    strokes = write(digit, int(rng.integers(len(STYLES[digit]))), rng, differences)
    points = np.vstack(strokes)
    low, tall = points.min(axis=0), max(np.ptp(points[:, 1]), 0.3)
    return [(stroke - low) / tall for stroke in strokes]


def pictures(count: int, seed: int) -> Iterator[tuple[str, np.ndarray, str]]:
    """Draw pictures of every kind in both handwritings; give kind, picture and what it shows."""
    for number, strokes_of in enumerate((scenes.neat, sloppy)):
        scenes.strokes_of = strokes_of
        for scene in scenes.scenes(count, seed + 1000 * number):
            yield scene.kind, scene.picture, str(scene.digit)
        for kind, (draw, (least, most), times) in KINDS.items():
            rng = np.random.default_rng((seed, number, *kind.encode()))
            for index in range(count * times):
                length = int(rng.integers(least, most + 1))
                text = "".join(map(str, rng.integers(0, 10, length))) if most > 1 else str(index % 10)
                picture = draw(text, rng)
                picture += rng.normal(0, rng.uniform(0.3, 3), picture.shape)
                yield kind, np.ascontiguousarray(np.clip(picture, 0, 255).astype(np.uint8)[..., ::-1]), text


def nothing(count: int, seed: int) -> Iterator[tuple[str, np.ndarray, str]]:
    """Draw pictures without a digit: the situations with none, or with another drawing in its place."""
    rng = np.random.default_rng((seed, 2))
    other = [scribble, sign, symbol, blobs, stripes]
    for index in range(8 * count):
        drawing = other[index % len(other)](rng)
        picture = scenes.blank_paper(rng, (60, 300))
        height, width = drawing.shape
        scale = min(len(picture) / height, picture.shape[1] / width) * rng.uniform(0.5, 1)
        size = max(round(width * scale), 1), max(round(height * scale), 1)
        top, left = (int(rng.integers(0, room + 1)) for room in np.array(picture.shape[:2]) - size[::-1])
        part = picture[top : top + size[1], left : left + size[0]]
        scenes.blend(part, cv2.resize(drawing, size), scenes.dark_ink(rng))
        picture += rng.normal(0, rng.uniform(0.3, 3), picture.shape)
        yield "nothing", np.ascontiguousarray(np.clip(picture, 0, 255).astype(np.uint8)), ""
    scenes.strokes_of = lambda _digit, _rng: [np.full((2, 2), -9.0)]
    for scene in scenes.scenes(max(count // 3, 1), seed + 2000):
        yield "nothing", scene.picture, ""


def example(kind: str, picture: np.ndarray, text: str, model: dn.DigitModel) -> Example:
    """Read a picture in every way."""
    readings = list(find_readings(reduce(picture)))
    if not readings:
        return kind, np.empty((0, len(choice.WEIGHTS))), np.empty(0, bool)
    answers = choice.ask(readings, model)
    right = [
        _says(text, "".join(map(str, answer.argmax(axis=1)[reading.order()])))
        for reading, answer in zip(readings, answers, strict=True)
    ]
    return kind, choice.features(readings, answers), np.array(right)


def _says(text: str, read: str) -> bool:
    """Tell whether a reading finds the digits that are there; of many, a few may be misread."""
    alike = sum(one == other for one, other in zip(text, read, strict=False))
    return len(read) == len(text) and alike >= 0.75 * len(text)


def fit(examples: list[Example]) -> np.ndarray:
    """Fit the weights: the softmax over the readings of a picture shall give the right ones most."""
    used = [(features, right) for _, features, right in examples if right.any() and not right.all()]
    rows, right = np.concatenate([each for each, _ in used]), np.concatenate([each for _, each in used])
    sizes = [len(each) for _, each in used]
    starts, owner = np.cumsum([0, *sizes[:-1]]), np.repeat(np.arange(len(used)), sizes)
    scale = rows.std(axis=0) + 1e-9
    rows = rows / scale

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = rows @ weights
        powers = np.exp(scores - np.maximum.reduceat(scores, starts)[owner])
        total, good = np.add.reduceat(powers, starts), np.add.reduceat(powers * right, starts) + 1e-12
        slope = rows.T @ (powers / total[owner] - powers * right / good[owner]) / len(used)
        mean = float((np.log(total) - np.log(good)).mean())
        return mean + PENALTY / 2 * float(weights @ weights), slope + PENALTY * weights

    found = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B")
    return found.x / scale


def fit_belief(examples: list[Example], weights: np.ndarray) -> tuple[np.ndarray, float]:
    """Fit the logit that the reading that is chosen is right, where there is more than a plain digit."""
    seen = [
        (features, right, int((features @ weights).argmax())) for _, features, right in examples if len(right)
    ]
    rows = np.array([features[best] for features, _, best in seen])
    right = np.array([right[best] for _, right, best in seen])
    is_plain = rows[:, list(choice.WEIGHTS).index("plain")] > 0
    rows, right = rows[~is_plain], right[~is_plain]
    scale = rows.std(axis=0) + 1e-9
    fitted = LogisticRegression(C=1 / (PENALTY * len(rows)), max_iter=5000).fit(rows / scale, right)
    return fitted.coef_[0] / scale, float(fitted.intercept_[0])


def chosen(examples: list[Example], weights: np.ndarray) -> float:
    """Give the share of pictures for which the chosen reading is right."""
    return float(
        np.mean(
            [len(right) > 0 and right[int((features @ weights).argmax())] for _, features, right in examples]
        )
    )


def main() -> None:
    """Fit, and print the weights and how often the right reading is chosen, a line a kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=COUNT, help=f"of each kind (default: {COUNT})")
    parser.add_argument("--seed", type=int, default=1, help="of the pictures (default: 1)")
    parser.add_argument("--store", type=Path, help="folder of the models (default: outputs/models)")
    given = parser.parse_args()
    model = load_model("latest", given.store)
    drawn = tqdm(pictures(given.count, given.seed), leave=False, disable=None)
    examples = [example(*each, model) for each in drawn]
    for kind in dict.fromkeys(kind for kind, *_ in examples):
        own = [each for each in examples if each[0] == kind]
        others = fit([each for each in examples if each[0] != kind])
        possible = np.mean([right.any() for _, _, right in own])
        print(f"  {kind} ({len(own)}): chosen {chosen(own, others):.3f}, possible {possible:.3f}")
    weights = fit(examples)
    print(f"all ({len(examples)}): {chosen(examples, weights):.3f}")
    _show("WEIGHTS", weights)
    drawn = tqdm(nothing(given.count, given.seed), leave=False, disable=None)
    empty = [example(*each, model) for each in drawn]
    # only the neat handwriting, since the other is often misread where the right ink was chosen
    belief, bias = fit_belief(examples[: len(examples) // 2] + empty, weights)
    _show("BELIEF", belief)
    print(f"BELIEF_BIAS = {bias:.2f}")


def _show(name: str, weights: np.ndarray) -> None:
    rows = (f'    "{name}": {weight:.2f},' for name, weight in zip(choice.WEIGHTS, weights, strict=True))
    print(f"{name} = {{", *rows, "}", sep="\n")


if __name__ == "__main__":
    main()
