"""Accuracy on folders of labelled pictures from elsewhere; a refusal counts as wrong.

    python benchmarks/wild.py --pictures DIR [DIR …] [--save]

A DIR has sub-folders 0…9 that hold the pictures of each digit.
"""

import argparse
from collections import Counter
from pathlib import Path
from time import perf_counter
from typing import Any

import results
from tqdm.auto import tqdm

import digits_nb as dn
from digits_nb import evaluation
from digits_nb.evaluation import report
from digits_nb.recognition import load_model

MISTAKES = 4
"""How many kinds of mistakes are kept with the figures: the most frequent."""


def measure(folder: Path, model: dn.DigitModel) -> dict[str, Any]:
    """Print how well the model reads one folder, and give its figures."""
    paths, labels = evaluation.labelled_pictures(folder)
    start = perf_counter()
    queries = tqdm(({"path": path} for path in paths), total=len(paths), leave=False)
    read = report.collect(dn.recognize_many(queries, model), labels)
    seconds = perf_counter() - start
    found = report.summarise(read)
    low, high = found["interval"]
    print(f"{folder.name}: accuracy {found['accuracy']:.3f} ({low:.3f} to {high:.3f}) of {len(read)}")
    print(f"  refused {found['refusals'] or 'none'}; {len(read) / seconds:.0f} pictures a second")
    if found["refused"] < len(read):
        print(
            f"  expected calibration error {found['expected_calibration_error']:.3f}; "
            f"certain of {found['certain_share']:.3f}, of which wrong {found['certain_error'] or 0:.3f}"
        )
    mistakes = Counter(
        (mistake["written"], "nothing" if mistake["read"] is None else mistake["read"])
        for mistake in report.mistakes(read, paths)
    )
    shown = [f"{written} as {answer} ×{n}" for (written, answer), n in mistakes.most_common(8)]
    print(f"  most frequent mistakes: {', '.join(shown) or 'none'}")
    return {
        "pictures": len(read),
        "accuracy": found["accuracy"],
        "interval": found["interval"],
        "refused": found["refused"],
        "calibration_error": found["expected_calibration_error"],
        "certain": found["certain_share"],
        "of_which_wrong": found["certain_error"],
        "promised": model.card.get("calibration", {}).get("certain_error"),
        "mistakes": shown[:MISTAKES],
    }


def main() -> None:
    """Measure every folder named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--pictures", nargs="+", type=Path, required=True, metavar="DIR", help="with sub-folders 0…9"
    )
    parser.add_argument(
        "--model", default="latest", metavar="VERSION", help="version of the store (default: latest)"
    )
    parser.add_argument("--store", type=Path, help="folder of the models (default: outputs/models)")
    results.add_option(parser)
    given = parser.parse_args()
    try:
        model = load_model(given.model, given.store)
        print(f"model {model.version}")
        rows = {folder.name: measure(folder, model) for folder in given.pictures}
    except dn.DigitsError as error:
        parser.exit(1, f"{type(error).__name__}: {error}\n")
    if given.save:
        results.save("wild", rows, model)


if __name__ == "__main__":
    main()
