"""Findings: what a notebook leaves, shown and written."""

import json
import math
import resource
from pathlib import Path

import numpy as np
import pytest

from digits_nb.errors import NotebookError
from digits_nb.runs.results import beside_run, findings_output, leave_findings, summary


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root that is not the working directory."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path / "root"))
    return tmp_path / "root"


def test_the_file_is_in_the_outputs_by_default(root: Path) -> None:
    assert leave_findings({"digit": 7}, "infer") == root / "outputs" / "infer.json"
    assert (root / "outputs" / "infer.json").read_text(encoding="utf-8") == '{\n  "digit": 7\n}\n'


def test_the_file_is_beside_the_executed_notebook_in_a_strict_run(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITS_NB_RUN", str(tmp_path / "runs" / "monday.ipynb"))

    assert leave_findings({"digit": 7}, "infer") == tmp_path / "runs" / "monday.json"
    assert beside_run("estimator.joblib") == tmp_path / "runs" / "estimator.joblib"
    assert not root.exists()


def test_the_file_that_is_asked_for_is_relative_to_the_working_directory(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITS_NB_RUN", str(tmp_path / "runs" / "monday.ipynb"))

    leave_findings({"digit": 7}, "infer", "results/seven.json")

    assert json.loads((tmp_path / "elsewhere" / "results" / "seven.json").read_bytes()) == {"digit": 7}
    assert not root.exists()


def test_findings_that_cannot_be_written_are_an_error_with_the_reason(root: Path) -> None:
    (root.parent / "file").touch()
    with pytest.raises(NotebookError, match=r"found\.json \(Not a directory\): give as result a file in"):
        leave_findings({"digit": 7}, "infer", str(root.parent / "file" / "folder" / "found.json"))

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))  # as a full disk, for this process
    try:
        with pytest.raises(NotebookError, match=r"found\.json \(File too large\): .* that has room"):
            leave_findings({"digit": 7}, "infer", "found.json")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(Path.cwd().iterdir())


def test_a_further_file_belongs_in_the_outputs_by_default(root: Path) -> None:
    assert beside_run("estimator.joblib") == root / "outputs" / "estimator.joblib"
    assert (root / "outputs").is_dir()


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        pytest.param(np.int64(7), 7, id="a NumPy int"),
        pytest.param(np.float32(0.5), 0.5, id="a NumPy float"),
        pytest.param(np.bool_(True), True, id="a NumPy bool"),
        pytest.param(np.arange(4.0).reshape(2, 2), [[0.0, 1.0], [2.0, 3.0]], id="an array"),
        pytest.param([np.int64(7), (1, 2)], [7, [1, 2]], id="a list of them"),
        pytest.param({7: {"at": np.uint8(1)}}, {"7": {"at": 1}}, id="a dict of them"),
        pytest.param(Path("a/b"), "a/b", id="a path"),
        pytest.param(None, None, id="nothing"),
        pytest.param("Ziffer «7»", "Ziffer «7»", id="a text"),
    ],
)
def test_a_finding_may_be(root: Path, value: object, plain: object) -> None:
    leave_findings({"finding": value}, "infer")

    assert json.loads((root / "outputs" / "infer.json").read_bytes()) == {"finding": plain}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        pytest.param(math.nan, "score is nan", id="NaN"),
        pytest.param(-math.inf, "score is -inf", id="infinite"),
        pytest.param(np.array([0.5, np.nan]), r"score\[1\] is nan", id="an array with NaN in it"),
        pytest.param({"mnist": [math.nan]}, r"score\.mnist\[0\] is nan", id="deep down NaN"),
        pytest.param(b"7", "score is a bytes", id="bytes"),
        pytest.param({1, 2}, "score is a set", id="a set"),
    ],
)
def test_nothing_is_written_when_a_finding_is(root: Path, value: object, place: str) -> None:
    with pytest.raises(NotebookError, match=place):
        leave_findings({"digit": 7, "score": value}, "infer")

    assert not root.exists()


def test_the_marked_output_that_was_left_last_is_found() -> None:
    marked = [{"metadata": {"digits_nb": {"findings": True}}, "data": digit} for digit in range(3)]
    stream = {"output_type": "stream", "text": "7"}
    cells = [
        {"outputs": [marked[0]]},
        {"outputs": [stream, marked[1], marked[2], stream]},
        {"source": "prose"},
    ]

    assert findings_output({"cells": cells}) is marked[2]
    assert findings_output({"cells": cells[2:]}) is None


def test_the_summary_is_a_single_value_a_line() -> None:
    findings = {
        "digit": 7,
        "confidence": 0.98765,
        "certain": True,
        "at": "a\nb",
        "model": None,
        "grid": [[0]],
    }

    assert summary(findings).splitlines() == [
        "digit       7",
        "confidence  0.9877",
        "certain     yes",
        "at          a b",
        "model       –",
    ]
    assert summary({}) == ""
