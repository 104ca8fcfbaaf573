"""Accuracy on folders of labelled pictures from elsewhere; a refusal counts as wrong.

    python benchmarks/wild.py --pictures DIR [DIR …]

A DIR has sub-folders 0…9 that hold the pictures of each digit.
"""

import argparse
from collections import Counter
from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm.auto import tqdm

import digits_nb as dn
from digits_nb import evaluation
from digits_nb.recognition import default_model


def measure(folder: Path, model: dn.DigitModel) -> None:
    """Print how well the model reads one folder."""
    paths, labels = evaluation.labelled_pictures(folder)
    start = perf_counter()
    queries = tqdm(({"path": path} for path in paths), total=len(paths), leave=False)
    answers = list(dn.recognize_many(queries, model))
    seconds = perf_counter() - start
    read = np.array([isinstance(answer, dn.Answer) for answer in answers])
    digits = np.array([answer.digit if isinstance(answer, dn.Answer) else -1 for answer in answers])
    right = int((digits == labels).sum())
    low, high = evaluation.interval(right, len(labels))
    print(f"{folder.name}: accuracy {right / len(labels):.3f} ({low:.3f} to {high:.3f}) of {len(labels)}")
    refusals = Counter(type(answer).__name__ for answer in answers if isinstance(answer, dn.DigitsError))
    print(f"  refused {dict(refusals) or 'none'}; {len(labels) / seconds:.0f} pictures a second")
    given = [answer for answer in answers if isinstance(answer, dn.Answer)]
    if given:
        curve = evaluation.reliability(np.stack([answer.probabilities for answer in given]), labels[read])
        certain = np.array([answer.certain for answer in given])
        mistaken = (digits[read] != labels[read])[certain]
        print(
            f"  expected calibration error {curve['error']:.3f}; certain of {certain.mean():.3f}, "
            f"of which wrong {mistaken.mean() if mistaken.size else 0:.3f}"
        )
    wrong = digits != labels
    mistakes = Counter(zip(labels[wrong].tolist(), digits[wrong].tolist(), strict=True))
    shown = [
        f"{label} as {digit if digit >= 0 else 'nothing'} ×{n}"
        for (label, digit), n in mistakes.most_common(8)
    ]
    print(f"  most frequent mistakes: {', '.join(shown) or 'none'}")


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
    given = parser.parse_args()
    try:
        latest = given.model == "latest" and given.store is None
        model = default_model() if latest else dn.ModelStore(given.store).load(given.model)
        print(f"model {model.version}")
        for folder in given.pictures:
            measure(folder, model)
    except dn.DigitsError as error:
        parser.exit(1, f"{type(error).__name__}: {error}\n")


if __name__ == "__main__":
    main()
