"""`make figures`: what the benchmarks measured, put into README.md and benchmarks/README.md.

Each part of these files between `<!-- figures: NAME -->` and `<!-- /figures -->` is made from the tables in
benchmarks/results: by the function that `MADE` has under that name, or else as the table NAME itself. With
`--check` nothing is written, and what is not up to date is an error. The picture of the ladder holds the
digest of what it was drawn from, because another matplotlib draws the same figures with other bytes.
"""

import argparse
import hashlib
import re
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib import rc_context

from digits_nb import paths, plots
from digits_nb.evaluation import benchmark_results
from digits_nb.evaluation.benchmark_results import percent_of

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PICTURE = RESULTS / "ladder.svg"
PARTS = re.compile(r"(?<=<!-- figures: )([\w, -]+?)( -->\n).*?(?=<!-- /figures -->)", flags=re.DOTALL)

WIDTH = 115
"""Of a line of prose."""

FOLDERS = {
    "mnist": "of MNIST's test images: scanned digits, dark on white",
    "handwritten": "digits cut from a scanned page and a phone photo",
    "messy": "as people send them: any size, place, colours, shadow, transparency, format",
}
"""What is in the folders that we measure, by name."""


class OutOfStepError(Exception):
    """A table is missing, or they are not of one model."""


def load(name: str) -> dict[str, Any]:
    """A table that must be there."""
    if table := benchmark_results.read_table(name, RESULTS):
        return table
    msg = f"There is no table {name} in benchmarks/results: run the benchmark that measures it with --save."
    raise OutOfStepError(msg)


def rows(name: str) -> dict[str, Any]:
    """The rows of a table that must be there."""
    return load(name)["rows"]


def one_model() -> None:
    """Refuse tables of several models: figures that stand side by side are about the same one."""
    weights = {path.stem: load(path.stem)["weights"] for path in sorted(RESULTS.glob("*.json"))}
    of_models = {name: digits for name, digits in weights.items() if digits}
    if len(set(of_models.values())) > 1:
        said = ", ".join(f"{name} ({digits[:8]})" for name, digits in of_models.items())
        msg = f"The tables in benchmarks/results are of several models ({said}): measure again."
        raise OutOfStepError(msg)


def prose(text: str) -> str:
    """Sentences, wrapped as the rest of the page is."""
    return fill(text, WIDTH, break_on_hyphens=False)


def setting() -> str:
    """What everything was measured with."""
    tables = [load(path.stem) for path in sorted(RESULTS.glob("*.json"))]

    def versions(name: str) -> str:
        found = (table["libraries"].get(name) for table in tables)
        return " and ".join(dict.fromkeys(str(version) for version in found if version))

    models = " and ".join(
        dict.fromkeys(f"`{table['model'][:12]}`" for table in tables if table["model"] is not None)
    )
    cores = " and ".join(dict.fromkeys(str(table["cores"]) for table in tables))
    libraries = ", ".join(f"{name} {versions(name)}" for name in tables[0]["libraries"])
    return prose(f"Model {models}, on {cores} cores, with {libraries}.")


def accuracy() -> str:
    """What is read right of pictures from elsewhere."""
    lines = ["| folder | pictures | read right | 95 % interval |", "| --- | --- | ---: | ---: |"]
    for name, row in rows("wild").items():
        pictures = f"{row['pictures']:,} {FOLDERS.get(name, '')}".strip()
        low, high = row["interval"]
        lines.append(
            f"| {name} | {pictures} | {percent_of(row['accuracy'])} | {100 * low:.1f} to {percent_of(high)} |"
        )
    return "\n".join(lines)


def ladder() -> str:
    """The ladder's table."""
    return benchmark_results.to_markdown(rows("ladder"), "one change at a time", percent=True)


def inside() -> str:
    """Accuracy inside scikit-learn's digits, in words."""
    share = {name: percent_of(row["accuracy"]) for name, row in rows("inside").items()}
    return prose(
        f"Inside scikit-learn's digits, the recipe reads {share['writers apart']} with writers kept apart "
        f"(five folds of whole writers), {share['hold-out']} of the second half after learning from the "
        f"first, of which the usual example reads {share['hold-out, the ancestor']}, and "
        f"{share['shuffled']} in shuffled cross-validation, where it has met every writer before."
    )


def certain() -> str:
    """What it means that an answer is certain, in words."""
    promised = percent_of(rows("calibration")["hands kept apart"]["certain_error"])
    found = [
        f"{percent_of(row['certain'])} of {name}, of which {percent_of(row['of_which_wrong'] or 0)} are wrong"
        for name, row in rows("wild").items()
        if row["certain"]
    ]
    return prose(
        "When an answer is `certain` the model bets on it: the threshold was set so that on hands kept apart "
        f"at most {promised} of such answers were wrong. Of the pictures above those are {'; '.join(found)}."
    )


def others() -> str:
    """What becomes of printed digits, of pages and of what is no digit, in words."""
    printed, kinds = rows("printed")["all"], dict(rows("nondigits"))
    refused = kinds.pop("all")
    passing = max(kinds, key=lambda kind: kinds[kind]["answered"])
    pages = [f"{percent_of(row['wholly_right'])} of those of {name}" for name, row in rows("pages").items()]
    lost = [f"{percent_of(row['refused'] / row['pictures'])} of {name}" for name, row in rows("wild").items()]
    passed, certain = percent_of(refused["answered"]), percent_of(refused["certain"])
    return prose(
        f"Of {printed['digits']} printed digits, in ten faces that were not trained on, "
        f"{printed['right']} are read right. Of pages of five digits, composed from the same pictures, all "
        f"five are read right on {' and '.join(pages)}. Of {refused['pictures']:,} pictures that are no "
        f"digits ({', '.join(kinds)}), drawn by other code than the outliers that the model learned to "
        f"refuse, {passed} get a digit all the same, and {certain} one that is `certain`; what most often "
        f"passes for a digit is {passing}. The price is digits that are refused: {', '.join(lost)}."
    )


def situations() -> str:
    """What becomes of digits that share their picture with something else, in words."""
    found = {
        name.removesuffix(": all"): row for name, row in rows("situations").items() if name.endswith(": all")
    }
    shares = [
        f"{percent_of(row['right'])} of {row['pictures']:,} {name}, with {percent_of(row['wrong'])} wrong "
        f"and {percent_of(row['wrong_and_certain'])} wrong and `certain`"
        for name, row in found.items()
    ]
    return prose(
        "Where something else is in the picture (a printed frame, an edge of the table, ruled paper, a "
        "shadow), or the pen is one pixel wide, it reads "
        f"{'; '.join(shares)}. The others are refused. `drawn` are drawn by `benchmarks/scenes.py`."
    )


MADE: dict[str, Callable[[], str]] = {
    "setting": setting,
    "accuracy": accuracy,
    "ladder": ladder,
    "inside, in words": inside,
    "certain, in words": certain,
    "others, in words": others,
    "situations, in words": situations,
}
"""Parts that are more than the table of their name."""


def filled(text: str) -> str:
    """A text with each of its parts made anew."""

    def part(found: re.Match[str]) -> str:
        name, end = found.groups()
        made = MADE[name]() if name in MADE else benchmark_results.to_markdown(rows(name))
        return f"{name}{end}{made}\n"

    return PARTS.sub(part, text)


def drawn() -> str:
    """The ladder as SVG: small, and with one matplotlib always the same bytes."""
    svg = StringIO()
    said = {"Title": "The ladder", "Description": digest(), "Date": None, "Creator": None}
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "ladder"}):
        plots.ladder(rows("ladder")).savefig(svg, format="svg", metadata=said)
    return re.sub(r"[ \t]+$", "", svg.getvalue(), flags=re.MULTILINE)


def digest() -> str:
    """What tells which table the picture was drawn from."""
    return f"SHA-256 of ladder.json: {hashlib.sha256((RESULTS / 'ladder.json').read_bytes()).hexdigest()}"


def main() -> None:
    """Make what is not up to date, or say what it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, and fail if something is stale")
    check = parser.parse_args().check
    stale: dict[Path, str] = {}
    try:
        one_model()
        for path in (ROOT / "README.md", ROOT / "benchmarks" / "README.md"):
            text = path.read_text(encoding="utf-8")
            if (new := filled(text)) != text:
                stale[path] = new
        there = PICTURE.read_text(encoding="utf-8") if PICTURE.is_file() else ""
        if digest() not in there or (not check and there != drawn()):
            stale[PICTURE] = drawn()
    except OutOfStepError as error:
        parser.exit(1, f"{error}\n")
    names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
    if check and stale:
        parser.exit(1, f"Not what benchmarks/results says: {names}; run `make figures`.\n")
    for path, text in stale.items():
        paths.write_whole(path, text.encode())
    print(f"Made: {names}." if stale else "Everything is as benchmarks/results says.")


if __name__ == "__main__":
    main()
