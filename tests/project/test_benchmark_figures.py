"""The pages say what the benchmarks measured, all of one model, and `make figures` keeps it so."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "benchmarks/README.md")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What `make figures` works on, to be changed."""
    for name in ("tools", "benchmarks"):
        shutil.copytree(CHECKOUT / name, tmp_path / name)
    shutil.copy(CHECKOUT / "README.md", tmp_path)
    return tmp_path


def made(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What `tools/figures.py` did in a checkout."""
    command = [sys.executable, str(folder / "tools" / "figures.py"), *options]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def change(folder: Path, name: str, **values: object) -> None:
    """Another value in a table that was measured."""
    file = folder / "benchmarks" / "results" / f"{name}.json"
    file.write_text(json.dumps({**json.loads(file.read_bytes()), **values}), encoding="utf-8")


def test_readme_and_its_picture_say_what_was_measured_of_one_model() -> None:
    done = made(CHECKOUT, "--check")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_figure_written_by_hand_is_found_and_made_anew(copy: Path) -> None:
    page = copy / "README.md"
    whole = page.read_text(encoding="utf-8")
    page.write_text(re.sub(r"\d\d\.\d %", "99.9 %", whole, count=1), encoding="utf-8")

    done = made(copy, "--check")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "README.md; run `make figures`" in done.stderr
    assert "99.9 %" in page.read_text(encoding="utf-8")

    assert made(copy).returncode == 0
    assert page.read_text(encoding="utf-8") == whole


def test_another_measurement_changes_the_pages_and_the_picture(copy: Path) -> None:
    change(copy, "ladder", rows={"shrunk": {"ours": 0.123}, "cut out": {"ours": 0.877}})
    assert made(copy).returncode == 0
    for page in PAGES:
        assert "| cut out | 87.7 % |" in (copy / page).read_text(encoding="utf-8")
    assert "cut out" in (copy / "benchmarks/results/ladder.svg").read_text(encoding="utf-8")
    assert made(copy, "--check").returncode == 0


@pytest.mark.parametrize(
    ("name", "said"),
    [("wild", "of several models ("), ("cold", "There is no table cold")],
    ids=["tables of two models", "a table that nobody measured"],
)
def test_figures_that_cannot_stand_side_by_side_are_refused(copy: Path, name: str, said: str) -> None:
    if name == "wild":
        change(copy, "wild", weights="0" * 64)
    else:
        (copy / "benchmarks" / "results" / f"{name}.json").unlink()
    done = made(copy)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_no_figures_but_those_that_are_made(page: str) -> None:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    ours = re.sub(r"<!-- figures: .*?<!-- /figures -->|`[^`]*`", "", text, flags=re.DOTALL)
    assert text != ours
    assert re.findall(r"\b0\.\d{2,}\b|\d+\.\d %|\d ms\b", ours) == []
