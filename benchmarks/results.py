"""What a benchmark measured, kept as data beside what it prints: `results/<name>.json`, one table each.

The files are in git, and `make figures` makes the tables of README.md and benchmarks/README.md from them. A
benchmark takes part with two lines, and with markers in benchmarks/README.md (tools/figures.py says which):

    results.add_option(parser)
    ...
    if given.save:
        results.save("latency", {"p50": {"ours_ms": 0.9, "ratio": 1.4}, "p99": …}, model)

A file says which model it is of, with which libraries and on how many cores; it names no machine and no time.
"""

import argparse
import json
import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import digits_nb as dn
from digits_nb import paths
from digits_nb.models.file_format import digest, pack

FOLDER = Path(__file__).resolve().parent / "results"

LIBRARIES = ("numpy", "pillow", "opencv-python-headless", "scikit-learn")
"""What accuracy and speed depend on."""

DIGITS = 5
"""Significant digits that are kept of a figure: more than any of these measurements can tell."""


def add_option(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark the option `--save`."""
    parser.add_argument(
        "--save", action="store_true", help="keep the figures in benchmarks/results, for `make figures`"
    )


def weights(model: dn.DigitModel) -> str:
    """Hash the weights without the card: the same fit has one hash, whether or not it was cross-validated."""
    return digest(pack(model.tensors, {}))


def save(name: str, rows: Mapping[str, Mapping[str, Any]], model: dn.DigitModel | None = None) -> Path:
    """Keep a table of figures in `results/<name>.json`.

    Parameters
    ----------
    name
        Of the table, in most cases that of the benchmark.
    rows
        Row → column → figure: a number, None, a text, or a list of these, of which two numbers are an
        interval. Columns are in snake case, with their unit at the end (`p50_ms`); shares are 0..1.
    model
        The one that was measured; None if no model was.

    Returns
    -------
    Path
        The file.
    """
    kept = {
        "model": model and model.version,
        "weights": model and weights(model),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "libraries": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "rows": _rounded(rows),
    }
    return paths.write_whole(
        FOLDER / f"{name}.json", (json.dumps(kept, indent=1, ensure_ascii=False) + "\n").encode()
    )


def _rounded(value: Any) -> Any:  # noqa: ANN401 - JSON's any
    if isinstance(value, Mapping):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
