"""Cold starts: the import, and a headless run, each against the least that they could take.

    python benchmarks/cold.py [--rounds 7] [--save]

The import of digits_nb against `import numpy, PIL`; a papermill run of infer.ipynb on a sample, a model
being there, against a papermill run of a notebook whose one cell is `1`. Whole processes, in turn.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

import nbformat
import results
from nbformat.v4 import new_code_cell, new_notebook
from tqdm.auto import tqdm

from digits_nb import paths
from digits_nb.recognition import default_model


def main() -> None:
    """Print the medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="runs of each (default: 7)")
    results.add_option(parser)
    given = parser.parse_args()
    rounds = given.rounds
    model = default_model()
    sample = next(path for path in sorted(paths.samples().iterdir()) if path.name.startswith("seven"))
    papermill = [sys.executable, "-m", "papermill", "--no-progress-bar"]
    with tempfile.TemporaryDirectory() as scratch:
        one = Path(scratch, "one.ipynb")
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        nbformat.write(new_notebook(cells=[new_code_cell("1")], metadata=kernel), one)
        infer, out = paths.CHECKOUT / "notebooks" / "infer.ipynb", Path(scratch, "out.ipynb")
        findings = ["-p", "path", str(sample), "-p", "result", str(Path(scratch, "infer.json"))]
        starts = {
            "import": (
                [sys.executable, "-c", "import digits_nb"],
                [sys.executable, "-c", "import numpy, PIL"],
            ),
            "headless run": ([*papermill, infer, out, *findings], [*papermill, one, out]),
        }
        rows = {name: _compare(name, rounds, *commands) for name, commands in starts.items()}
    if given.save:
        results.save("cold", rows, model)


def _compare(name: str, rounds: int, ours: list[str | Path], least: list[str | Path]) -> dict[str, float]:
    times: dict[str, list[float]] = {"ours": [], "least": []}
    # one more of each before they count: the first reads files that later ones find in memory
    for turn in tqdm(range(rounds + 1), desc=name, leave=False):
        for which, command in (("ours", ours), ("least", least)):
            start = perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            if turn:
                times[which].append(perf_counter() - start)
    first, second = median(times["ours"]), median(times["least"])
    print(f"{name}: {first:.2f} s against {second:.2f} s, ratio {first / second:.2f}")
    return {"ours_s": first, "least_s": second, "ratio": first / second}


if __name__ == "__main__":
    main()
