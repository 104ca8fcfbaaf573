"""The benchmarks run and print what they measured; whether that is fast or good, no test judges."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digits_nb import ModelStore

CHECKOUT = Path(__file__).resolve().parent.parent
BENCHMARKS = CHECKOUT / "benchmarks"
SAMPLES = CHECKOUT / "notebooks" / "samples"


def printed_by(name: str, *arguments: str, folder: Path = BENCHMARKS) -> str:
    command = [sys.executable, str(folder / name), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A folder of labelled pictures: a six, a seven, and a blank sheet that claims to be a four."""
    for label, sample in (("6", "six-marker.bmp"), ("7", "seven-dark-on-white.png"), ("4", "blank.png")):
        (tmp_path / "pictures" / label).mkdir(parents=True)
        shutil.copy(SAMPLES / sample, tmp_path / "pictures" / label)
    return tmp_path / "pictures"


@pytest.mark.usefixtures("home")
def test_wild_counts_a_refusal_as_wrong(pictures: Path) -> None:
    printed = printed_by("wild.py", "--pictures", str(pictures))

    assert re.search(r"^pictures: accuracy 0\.667 \(0\.\d{3} to 0\.\d{3}\)", printed, flags=re.MULTILINE)
    assert "NoDigit" in printed


def test_wild_says_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(CHECKOUT / "benchmarks" / "wild.py"),
        "--store",
        str(tmp_path),
        "--pictures",
        "x",
    ]
    run = subprocess.run(command, check=False, capture_output=True, text=True)

    assert run.returncode == 1
    assert run.stderr.startswith("ModelNotFound: ")
    assert "Traceback" not in run.stderr


@pytest.mark.usefixtures("home")
def test_latency_prints_both_and_their_ratio() -> None:
    printed = printed_by("latency.py", "--rounds", "5")

    assert re.search(r"^digits_nb +p50 [\d.]+ ms", printed)
    assert re.search(r"p50 [\d.]+, p99 [\d.]+$", printed)


@pytest.mark.usefixtures("home")
def test_cold_prints_both_ratios() -> None:
    printed = printed_by("cold.py", "--rounds", "1")

    assert re.findall(r"^(.*): [\d.]+ s against [\d.]+ s, ratio [\d.]+$", printed, flags=re.MULTILINE) == [
        "import",
        "headless run",
    ]


@pytest.mark.usefixtures("home")
def test_what_is_saved_is_what_was_measured_and_names_no_machine(
    pictures: Path, store: ModelStore, tmp_path: Path
) -> None:
    folder = shutil.copytree(BENCHMARKS, tmp_path / "benchmarks")  # the results stand beside the benchmark
    shutil.rmtree(folder / "results")
    printed_by("wild.py", "--pictures", str(pictures), "--save", folder=folder)

    (file,) = (folder / "results").iterdir()
    assert file.name == "wild.json"
    saved = json.loads(file.read_bytes())
    assert saved.keys() == {"model", "graph", "cores", "libraries", "rows"}
    assert saved["model"] == store.resolve("latest")
    assert saved["libraries"]["numpy"] == np.__version__
    assert saved["rows"].keys() == {"pictures"}
    assert saved["rows"]["pictures"]["accuracy"] == pytest.approx(2 / 3, abs=1e-4)
    assert saved["rows"]["pictures"]["mistakes"] == ["4 as nothing ×1"]
    assert str(tmp_path) not in file.read_text(encoding="utf-8")


def test_make_bench_runs_every_benchmark_that_keeps_its_figures() -> None:
    listed = (CHECKOUT / "tools" / "bench.py").read_text(encoding="utf-8")
    keeping = [
        path.stem for path in BENCHMARKS.glob("*.py") if "results.add_option(" in path.read_text("utf-8")
    ]
    missing = [name for name in keeping if name != "results" and f'"{name}"' not in listed]
    assert len(keeping) > 1
    assert missing == []
