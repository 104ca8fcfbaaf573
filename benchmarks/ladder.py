"""From the ancestor to the shipped model, one change a rung: accuracy on folders of labelled pictures.

    python benchmarks/ladder.py --pictures DIR [DIR …] [--save]

Prints a table in Markdown. A DIR has sub-folders 0…9 that hold the pictures of each digit; a refusal
counts as wrong. First the pictures change, stage by stage, then what is learned from, and last what learns.
All rungs but the last three are the ancestor's own classifier, SVC(gamma=0.001) with an RBF kernel and C=1 on
grids of 0..16 (gamma 0.256 on 0..1), so that what changes is only what it is shown. It is slow with many
digits, so it and the first two votes of networks learn from fewer than the shipped model does.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import ancestor
import numpy as np
import results
from PIL import Image
from sklearn.svm import SVC
from tqdm.auto import tqdm

import digits_nb as dn
from digits_nb import evaluation
from digits_nb.evaluation import benchmark_results, report
from digits_nb.evaluation.ablation import RUNGS
from digits_nb.recognition import default_model
from digits_nb.training import SHIPPED, dataset

SEED = 0
VARIATIONS = 5
PRINTS = 5
DRAWINGS = 20_000
COUNT = 14


class Pictures:
    """A folder of labelled pictures, and the grids that each of the rungs shows of them."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        self.paths, self.labels = evaluation.labelled_pictures(folder)
        self.resized = np.zeros((len(self.paths), 8, 8))
        self.opened = np.zeros(len(self.paths), bool)
        self.rungs = {name: self.resized.copy() for name in RUNGS}
        self.seen = self.opened.copy()
        for row, path in enumerate(tqdm(self.paths, desc=self.name, leave=False)):
            try:
                with Image.open(path) as image:
                    self.resized[row], self.opened[row] = ancestor.grid(image), True
                stages = dn.preprocess({"path": path})
            except (dn.DigitsError, OSError):
                continue
            self.seen[row] = True
            for name, grid in RUNGS.items():
                self.rungs[name][row] = grid(stages)

    def right(self, model: SVC, rung: str | None = None) -> float:
        """The share that a classifier reads right, of grids as the ancestor makes them or of a rung."""
        grids, there = (self.rungs[rung], self.seen) if rung else (self.resized, self.opened)
        return float(((model.predict(grids.reshape(-1, 64)) == self.labels) & there).mean())

    def answered(self, model: dn.DigitModel) -> float:
        """The share that our model reads right."""
        queries = ({"path": path} for path in tqdm(self.paths, desc=self.name, leave=False))
        return report.summarise(report.collect(dn.recognize_many(queries, model), self.labels))["accuracy"]


def rungs(folders: list[Pictures], shipped: dn.DigitModel) -> Iterator[tuple[str, list[float]]]:
    """Each rung's name and its accuracy on each folder."""
    rng = np.random.default_rng(SEED)
    digits = dataset.load()
    half = digits[: ancestor.HALF]
    *_, whole = RUNGS

    def fit(learned: dataset.Digits) -> SVC:
        return SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)

    def after(learned: dataset.Digits) -> list[float]:
        model = fit(learned)
        return [folder.right(model, whole) for folder in folders]

    classic = fit(half)
    yield "the ancestor: pictures shrunk to 8×8", [folder.right(classic) for folder in folders]
    for rung in RUNGS:
        yield rung, [folder.right(classic, rung) for folder in folders]
    yield "training digits through the same normaliser", after(dataset.normalised(half))
    yield f"all {len(digits):,} of them, not the first half", after(dataset.normalised(digits))
    varied = dataset.varied_digits(digits, VARIATIONS, rng)
    yield f"with {VARIATIONS} variations of each", after(varied)
    printed = dataset.join([varied, dataset.printed_digits(PRINTS, rng)])
    yield f"with {len(printed) - len(varied):,} printed digits", after(printed)
    drawn = dataset.join([printed, dataset.drawn_digits(DRAWINGS, rng)])
    yield f"with {len(drawn) - len(printed):,} digits drawn by code", after(drawn)
    recipe = replace(SHIPPED, variations=VARIATIONS, prints=PRINTS, drawings=DRAWINGS, outliers=0)
    vote = dn.train(seed=SEED, progress=False, recipe=recipe)
    yield (
        f"a vote of {recipe.members} neural networks, not an SVC",
        [folder.answered(vote) for folder in folders],
    )
    wary = dn.train(seed=SEED, progress=False, recipe=replace(recipe, outliers=SHIPPED.outliers))
    yield "and outliers, so that what is no digit is refused", [folder.answered(wary) for folder in folders]
    yield "more of each: the shipped model", [folder.answered(shipped) for folder in folders]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--pictures", nargs="+", type=Path, required=True, metavar="DIR", help="with sub-folders 0…9"
    )
    results.add_option(parser)
    given = parser.parse_args()
    try:
        shipped = default_model()
        folders = [Pictures(folder) for folder in given.pictures]
    except dn.DigitsError as error:
        parser.exit(1, f"{type(error).__name__}: {error}\n")
    names = [folder.name for folder in folders]
    rows = {
        rung: dict(zip(names, shares, strict=True))
        for rung, shares in tqdm(rungs(folders, shipped), desc="rungs", total=COUNT)
    }
    print(benchmark_results.to_markdown(rows, "one change at a time"))
    if given.save:
        results.save("ladder", rows, shipped)


if __name__ == "__main__":
    main()
