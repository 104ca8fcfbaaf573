"""One digit and something else in the picture: a frame, a table, ruled paper, a shadow, a thin pen.

    python benchmarks/situations.py [--pictures DIR …] [--pages DIR …] [--save]

It reads pictures that it draws itself (`scenes.py`), the same ones for the same seed. A DIR of `--pictures`
has a sub-folder for each kind of situation, with sub-folders 0…9 of its own. A DIR of `--pages` holds
pictures of several digits, whose names say after the last `_` what they show, in reading order. `--draw DIR`
writes the drawn pictures into such folders.
"""

import argparse
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import results
from PIL import Image
from scenes import scenes
from tqdm.auto import tqdm

import digits_nb as dn
from digits_nb.evaluation import labelled_pictures
from digits_nb.images import Query
from digits_nb.recognition import load_model

COUNT = 20
"""Pictures of each kind: each digit twice."""

OUTCOMES = ("right", "refused", "wrong", "wrong_and_certain")
Outcomes = dict[str, float]


def drawn(count: int, seed: int) -> Iterator[tuple[str, Query, int]]:
    """Give kind, query and digit of each drawn picture."""
    for scene in scenes(count, seed):
        yield scene.kind, scene.picture, scene.digit


def kept(folder: Path) -> Iterator[tuple[str, Query, int]]:
    """Give kind, query and digit of each picture of a folder, which holds one folder for each kind."""
    kinds = sorted(path for path in folder.iterdir() if path.is_dir())
    for kind in kinds:
        paths, labels = labelled_pictures(kind)
        for path, label in zip(paths, labels.tolist(), strict=True):
            yield kind.name, {"path": path}, label


def measure(pictures: Iterable[tuple[str, Query, int]], model: dn.DigitModel) -> dict[str, Outcomes]:
    """Count the outcomes of each kind, as shares of its pictures, and of all together."""
    counts: dict[str, dict[str, int]] = {}
    for kind, query, digit in tqdm(pictures, leave=False):
        outcome = _outcome(query, digit, model)
        for row in (kind, "all"):
            of_row = counts.setdefault(row, {"pictures": 0} | dict.fromkeys(OUTCOMES, 0))
            of_row["pictures"] += 1
            of_row[outcome] += 1
            of_row["wrong"] += outcome == "wrong_and_certain"
    counts["all"] = counts.pop("all", {"pictures": 0})  # last
    return {
        kind: {name: n if name == "pictures" else n / row["pictures"] for name, n in row.items()}
        for kind, row in counts.items()
        if row["pictures"]
    }


def _outcome(query: Query, digit: int, model: dn.DigitModel) -> str:
    try:
        answer = dn.recognize(query, model)
    except dn.DigitsError:
        return "refused"
    if answer.digit == digit:
        return "right"
    return "wrong_and_certain" if answer.certain else "wrong"


def measure_pages(folder: Path, model: dn.DigitModel) -> Outcomes:
    """Count the pages of a folder on which every digit is read right."""
    pages = sorted(path for path in folder.iterdir() if re.search(r"\d$", path.stem))
    right = 0
    for path in tqdm(pages, leave=False):
        try:
            answers = dn.read_digits({"path": path}, model)
        except dn.DigitsError:
            continue
        right += "".join(str(answer.digit) for answer in answers) == path.stem.rpartition("_")[2]
    return {"pictures": len(pages), "right": right / max(len(pages), 1)}


def draw(folder: Path, count: int, seed: int) -> None:
    """Write the drawn pictures into `folder`, in a sub-folder for each kind and digit."""
    for number, scene in enumerate(scenes(count, seed)):
        path = folder / scene.kind / str(scene.digit) / f"{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(scene.picture).save(path)


def show(rows: dict[str, Outcomes]) -> None:
    """Print a line for each row."""
    for name, row in rows.items():
        shares = (f"{outcome.replace('_', ' ')} {row[outcome]:.3f}" for outcome in OUTCOMES if outcome in row)
        print(f"  {name} ({row['pictures']:.0f}): {', '.join(shares)}")


def main() -> None:
    """Measure what the command line names, or the drawn pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", nargs="+", type=Path, default=[], metavar="DIR", help="a folder a kind")
    parser.add_argument(
        "--pages", nargs="+", type=Path, default=[], metavar="DIR", help="pictures of several"
    )
    parser.add_argument("--count", type=int, default=COUNT, help=f"drawn of each kind (default: {COUNT})")
    parser.add_argument("--seed", type=int, default=0, help="of the drawn pictures (default: 0)")
    parser.add_argument("--draw", type=Path, metavar="DIR", help="write the drawn pictures there and stop")
    parser.add_argument("--model", default="latest", metavar="VERSION", help="a version (default: latest)")
    parser.add_argument("--store", type=Path, help="folder of the models (default: outputs/models)")
    results.add_option(parser)
    given = parser.parse_args()
    if given.draw:
        draw(given.draw, given.count, given.seed)
        return
    try:
        model = load_model(given.model, given.store)
        print(f"model {model.version}")
        rows = {}
        for name, pictures in [
            ("drawn", drawn(given.count, given.seed)),
            *((folder.name, kept(folder)) for folder in given.pictures),
        ]:
            found = measure(pictures, model)
            print(name)
            show(found)
            rows |= {f"{name}: {kind}": row for kind, row in found.items()}
        for folder in given.pages:
            rows[folder.name] = measure_pages(folder, model)
            show({folder.name: rows[folder.name]})
    except dn.DigitsError as error:
        parser.exit(1, f"{type(error).__name__}: {error}\n")
    if given.save:
        results.save("situations", rows, model)


if __name__ == "__main__":
    main()
