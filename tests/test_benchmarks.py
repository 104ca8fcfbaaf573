"""The benchmarks run and print what they measured; whether that is fast or good, no test judges."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
SAMPLES = CHECKOUT / "notebooks" / "samples"


def printed_by(name: str, *arguments: str) -> str:
    command = [sys.executable, str(CHECKOUT / "benchmarks" / name), *arguments]
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
