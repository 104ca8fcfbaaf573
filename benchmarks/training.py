"""How long a training takes, and what the card says of it.

    python benchmarks/training.py [--save]

Trains twice, from the same seed: as `python -m digits_nb train` does, and with `--validate`. Both have the
same weights, and the second card has the cross-validation. Takes as long as the two of them together.
"""

import argparse
from time import perf_counter
from typing import Any

import ancestor
import results
from sklearn.datasets import load_digits

import digits_nb as dn
from digits_nb import evaluation
from digits_nb.evaluation import benchmark_results


def main() -> None:
    """Train, print and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    results.add_option(parser)
    given = parser.parse_args()
    seconds, models = {}, []
    for name, validate in (("train", False), ("train --validate", True)):
        start = perf_counter()
        models.append(dn.train(seed=0, validate=validate))
        seconds[name] = {"seconds": perf_counter() - start}
    if results.weights(models[0]) != results.weights(models[1]):
        parser.exit(1, "Two trainings from one seed gave different weights: neither stands for the other.\n")
    model = models[1]
    tables = {"training": seconds, "inside": inside(model.card), "calibration": calibration(model.card)}
    for name, rows in tables.items():
        print(f"{benchmark_results.to_markdown(rows, name)}\n")
        if given.save:
            results.save(name, rows, model)


def inside(card: dict[str, Any]) -> dict[str, Any]:
    """Accuracy inside scikit-learn's digits: the ways to split them, and the ancestor on its own hold-out."""
    data, labels = (part[ancestor.HALF :] for part in load_digits(return_X_y=True))
    right = int((ancestor.fit().predict(data) == labels).sum())
    measured = {**card["validation"], "holdout": card["holdout"]}
    ways = {"writers apart": "writers_apart", "hold-out": "holdout", "shuffled": "shuffled"}
    shares = {name: {"accuracy": measured[way]["accuracy"]} for name, way in ways.items()}
    shares["hold-out"]["interval"] = card["holdout"]["interval"]
    ancestors = {"accuracy": right / len(labels), "interval": evaluation.interval(right, len(labels))}
    return {**shares, "hold-out, the ancestor": ancestors}


def calibration(card: dict[str, Any]) -> dict[str, Any]:
    """How confidence was calibrated, on hands kept apart."""
    found = card["calibration"]
    return {
        "hands kept apart": {
            "digits": found["digits"],
            "calibration_error": found["reliability"]["error"],
            "certain_from": found["certain_from"],
            "certain_error": found["certain_error"],
        }
    }


if __name__ == "__main__":
    main()
