"""From the ancestor to the shipped model, one change a rung: accuracy on folders of labelled pictures.

    python benchmarks/ladder.py --pictures DIR [DIR …]

Prints a table in Markdown. A DIR has sub-folders 0…9 that hold the pictures of each digit; a refusal
counts as wrong. All rungs but the last two are the ancestor's own classifier, SVC(gamma=0.001) with an RBF
kernel and C=1 on grids of 0..16 (gamma 0.256 on 0..1), so that what changes is only what it is shown. It is
slow with many digits, so it and the first vote of networks learn from fewer than the shipped model does.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import ancestor
import numpy as np
from PIL import Image
from sklearn.svm import SVC
from tqdm.auto import tqdm

import digits_nb as dn
from digits_nb import dataset, evaluation, readings
from digits_nb.recognition import default_model
from digits_nb.training import SHIPPED

SEED = 0
VARIATIONS = 5
PRINTS = 5
DRAWINGS = 20_000

Grid = Callable[[Path], np.ndarray]


def shrunk(path: Path) -> np.ndarray:
    """The grid that the ancestor makes of a picture."""
    with Image.open(path) as image:
        return ancestor.grid(image)


def normalised(path: Path) -> np.ndarray:
    """The grid that digits_nb makes of a picture."""
    return dn.preprocess(dn.open_image({"path": path})).grid


def grids_of(paths: list[Path], grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """The grids (n, 8, 8), and which of them there are: of a refused picture there is none."""
    grids, there = np.zeros((len(paths), 8, 8)), np.zeros(len(paths), bool)
    for row, path in enumerate(tqdm(paths, desc="pictures", leave=False)):
        try:
            grids[row], there[row] = grid(path), True
        except (dn.DigitsError, OSError):
            continue
    return grids, there


def rungs(folders: list[tuple[list[Path], np.ndarray]]) -> Iterator[tuple[str, list[float]]]:
    """Each rung's name and its accuracy on each folder."""
    rng = np.random.default_rng(SEED)
    resized = [grids_of(paths, shrunk) for paths, _ in folders]
    faithful = [grids_of(paths, normalised) for paths, _ in folders]

    def accuracies(learned: dataset.Digits, made: list[tuple[np.ndarray, np.ndarray]]) -> list[float]:
        model = SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)
        return [
            float(((model.predict(grids.reshape(-1, 64)) == labels) & there).mean())
            for (grids, there), (_, labels) in zip(made, folders, strict=True)
        ]

    digits = dataset.load()
    half = digits[: ancestor.HALF]
    yield "the ancestor: pictures shrunk to 8×8", accuracies(half, resized)
    yield "pictures normalised as the source's digits were", accuracies(half, faithful)
    yield "training digits through the same normaliser", accuracies(dataset.normalised(half), faithful)
    yield "all 1,797 of them, not the first half", accuracies(dataset.normalised(digits), faithful)
    varied = dataset.varied_digits(digits, VARIATIONS, rng)
    yield f"with {VARIATIONS} variations of each", accuracies(varied, faithful)
    printed = dataset.join([varied, dataset.printed_digits(PRINTS, rng)])
    yield f"with {len(printed) - len(varied):,} printed digits", accuracies(printed, faithful)
    drawn = dataset.join([printed, dataset.drawn_digits(DRAWINGS, rng)])
    yield f"with {len(drawn) - len(printed):,} digits drawn by code", accuracies(drawn, faithful)
    recipe = replace(SHIPPED, variations=VARIATIONS, prints=PRINTS, drawings=DRAWINGS)
    vote = dn.train(seed=SEED, progress=False, recipe=recipe)
    yield f"a vote of {recipe.members} neural networks, not an SVC", answered(vote, folders)
    yield "more of each: the shipped model", answered(default_model(), folders)


def answered(model: dn.DigitModel, folders: list[tuple[list[Path], np.ndarray]]) -> list[float]:
    """Accuracy of what the model answers, on each folder."""
    found = []
    for paths, labels in folders:
        queries = ({"path": path} for path in tqdm(paths, desc="pictures", leave=False))
        found.append(readings.summarise(readings.collect(dn.recognize_many(queries, model), labels)))
    return [each["accuracy"] for each in found]


def main() -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--pictures", nargs="+", type=Path, required=True, metavar="DIR", help="with sub-folders 0…9"
    )
    given = parser.parse_args()
    try:
        folders = [evaluation.labelled_pictures(folder) for folder in given.pictures]
        print("| one change at a time |", *(f"{folder.name} |" for folder in given.pictures))
        print("|---|", "---:|" * len(folders), sep="")
        for name, accuracies in tqdm(rungs(folders), desc="rungs", total=9):
            tqdm.write(f"| {name} | {' | '.join(f'{share:.3f}' for share in accuracies)} |")
    except dn.DigitsError as error:
        parser.exit(1, f"{type(error).__name__}: {error}\n")


if __name__ == "__main__":
    main()
