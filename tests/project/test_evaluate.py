"""evaluate.ipynb, run headless on a folder as people have it: some pictures, and files that are none."""

import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter

from digits_nb import ModelStore, QueryError, read_result
from digits_nb.runs import run_notebook
from digits_nb.runs.parameters import declared_parameters

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "evaluate.ipynb"
SAMPLES = NOTEBOOK.parent / "samples"
DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """The samples by digit, one of them in the wrong folder; a blank page, half a picture and notes."""
    folder = tmp_path / "my pictures"
    for digit, name in enumerate(DIGITS):
        (folder / str(digit)).mkdir(parents=True)
        for path in SAMPLES.glob(f"{name}-*"):
            shutil.copy(path, folder / str(digit))
    seven = next(SAMPLES.glob("seven-*"))
    shutil.copy(seven, folder / "2" / "really a seven.png")
    shutil.copy(SAMPLES / "blank.png", folder / "3")
    (folder / "4" / "half.png").write_bytes(seven.read_bytes()[:500])
    (folder / "4" / "notes.txt").write_text("bought a new pen", encoding="utf-8")
    (folder / "4" / ".DS_Store").write_bytes(b"\0")
    return folder


def evaluate(output: Path, **parameters: str) -> dict[str, Any]:
    return run_notebook(NOTEBOOK, output, parameters, progress=False)


def page(path: Path) -> str:
    return HTMLExporter().from_filename(path)[0]


def test_the_parameters_are_those_that_were_promised() -> None:
    names = [parameter.name for parameter in declared_parameters(NOTEBOOK)]
    assert names == ["pictures", "model_version", "store", "result"]


@pytest.mark.usefixtures("home")
def test_a_folder_with_broken_files_in_it_is_evaluated_whole(
    pictures: Path, store: ModelStore, tmp_path: Path
) -> None:
    output = tmp_path / "evaluate.ipynb"
    found = evaluate(output, pictures=str(pictures))

    assert (found["n"], found["refused"]) == (14, 3)
    assert found["refusals"] == {"NoDigit": 1, "CorruptImage": 1, "UnsupportedImage": 1}
    assert found["accuracy"] == pytest.approx(10 / 14)
    assert found["interval"][0] < found["accuracy"] < found["interval"][1]
    assert found["per_digit"]["4"] == {
        "n": 3,
        "accuracy": pytest.approx(1 / 3),
        "interval": found["per_digit"]["4"]["interval"],
        "refused": 2,
    }
    assert found["confusion"][2][7] == 1
    assert sum(map(sum, found["confusion"])) == 11
    assert 0 <= found["expected_calibration_error"] <= 1
    assert found["certain_error"] == pytest.approx(1 / found["certain"])
    assert found["model_version"] == store.resolve("latest")
    told = {mistake["picture"]: mistake for mistake in found["mistakes"]}
    assert set(told) == {"2/really a seven.png", "3/blank.png", "4/half.png", "4/notes.txt"}
    assert read_result(output) == read_result(output.with_suffix(".json")) == found

    shown = " ".join(unescape(page(output)).split())
    for name in ("3/blank.png", "4/half.png", "4/notes.txt"):
        assert name in shown
        assert told[name]["message"] in shown
    alternatives = [re.findall(r'\balt="([^"]+)"', img) for img in re.findall(r"<img\b[^>]*>", shown)]
    assert len(alternatives) == 3
    assert any("2 as 7 × 1" in alt for (alt,) in alternatives)


def test_a_version_a_store_and_a_file_for_the_findings_can_be_given(
    pictures: Path, store: ModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path / "nothing here"))
    for digit in set("0123456789") - {"7"}:
        shutil.rmtree(pictures / digit)
    version, result = store.resolve("latest"), tmp_path / "found.json"
    asked = {"model_version": version[:12], "store": str(store.path), "result": str(result)}
    found = evaluate(tmp_path / "evaluate.ipynb", pictures=str(pictures), **asked)

    assert (found["n"], found["accuracy"], found["model_version"]) == (1, 1, version)
    assert found["mistakes"] == []
    assert found["per_digit"]["0"]["accuracy"] is None
    assert read_result(result) == found
    assert not (tmp_path / "nothing here").exists()


@pytest.mark.usefixtures("home")
def test_a_folder_in_which_nothing_can_be_read_is_still_evaluated(tmp_path: Path) -> None:
    (tmp_path / "bad" / "5").mkdir(parents=True)
    (tmp_path / "bad" / "5" / "notes.txt").write_text("no picture", encoding="utf-8")
    found = evaluate(tmp_path / "evaluate.ipynb", pictures=str(tmp_path / "bad"))

    assert (found["accuracy"], found["refused"], found["certain"]) == (0, 1, 0)
    assert found["expected_calibration_error"] is found["certain_error"] is None


@pytest.mark.parametrize(
    ("pictures", "problem"),
    [("", "No folder of pictures is given: "), ("missing", "The path missing is no folder: ")],
    ids=["none", "one that is not there"],
)
def test_without_a_folder_it_ends_with_one_sentence(pictures: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=f"^{problem}give one whose sub-folders, named 0 to 9"):
        evaluate(tmp_path / "evaluate.ipynb", pictures=pictures)
    assert not (tmp_path / "evaluate.json").exists()


@pytest.mark.usefixtures("papermill_alone")
def test_plain_papermill_ends_with_the_same_sentence(tmp_path: Path) -> None:
    output = tmp_path / "evaluate.ipynb"
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", NOTEBOOK, output]
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert run.returncode != 0
    assert run.stderr.strip().splitlines()[-1].startswith("QueryError: No folder of pictures is given: ")
    failed = [
        cell
        for cell in nbformat.read(output, 4).cells
        for shown in cell.get("outputs", [])
        if "ename" in shown
    ]
    assert len(failed) == 1
