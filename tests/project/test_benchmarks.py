"""The benchmarks run and print what they measured; whether that is fast or good, no test judges."""

import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import digits_nb as dn
from digits_nb import ModelStore

CHECKOUT = Path(__file__).resolve().parents[2]
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
def test_situations_counts_drawn_pictures_as_it_counts_the_same_ones_in_a_folder(tmp_path: Path) -> None:
    drawn, pages = tmp_path / "again", tmp_path / "pages"
    pages.mkdir()
    shutil.copy(SAMPLES / "seven-dark-on-white.png", pages / "alone_7.png")
    printed_by("situations.py", "--draw", str(drawn), "--count", "1")

    printed = printed_by("situations.py", "--count", "1", "--pictures", str(drawn), "--pages", str(pages))

    _, *parts = re.split(r"^(?:model \S+|drawn|again)$", printed, flags=re.MULTILINE)
    first, second = (
        sorted(re.findall(r"^  \S+ \(\d+\): right .*$", part, re.MULTILINE)) for part in parts[1:]
    )
    assert len(first) >= 13
    assert second == sorted([*first, "  pages (1): right 1.000"])


@pytest.mark.usefixtures("home")
def test_latency_prints_both_and_their_ratio() -> None:
    printed = printed_by("latency.py", "--rounds", "5")

    assert re.search(r"^digits_nb +p50 [\d.]+ ms", printed)
    assert re.search(r"p50 [\d.]+, p99 [\d.]+$", printed)


@pytest.mark.usefixtures("home")
def test_phone_reads_the_photo_and_prints_both_times_and_their_ratio() -> None:
    printed = printed_by("phone.py", "--rounds", "1")

    assert re.search(r"^4032 × 3024 pixels, [\d.]+ MB: 7, ", printed)
    assert re.search(
        r"^digits_nb +p50 [\d.]+ ms\none eighth +p50 [\d.]+ ms\n.*p50 [\d.]+$", printed, re.MULTILINE
    )


@pytest.mark.usefixtures("home")
def test_batch_prints_pictures_a_second_and_ratios() -> None:
    printed = printed_by("batch.py", "--pictures", "20", "--rounds", "1")

    assert re.findall(r"^(.*?) +[\d,]+ pictures a second, ratio [\d.]+$", printed, flags=re.MULTILINE) == [
        "recognize_many",
        "the ancestor",
        "decoding alone",
    ]


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
    assert saved.keys() == {"model", "weights", "cores", "libraries", "rows"}
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


def test_the_ladder_changes_one_thing_at_a_time(pictures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    ladder = importlib.import_module("ladder")
    folder = ladder.Pictures(pictures)
    blank, six, seven = range(3)
    assert folder.labels.tolist() == [4, 6, 7]
    assert (folder.opened.tolist(), folder.seen.tolist()) == ([True] * 3, [False, True, True])

    *_, whole = rungs = list(folder.rungs.values())
    for one, other in zip([folder.resized, *rungs], rungs, strict=False):
        assert not np.array_equal(one[[six, seven]], other[[six, seven]])
        assert other.min() >= 0
        assert other.max() <= 16
        assert not other[blank].any()
    assert np.array_equal(whole[six], dn.preprocess({"path": folder.paths[six]}).grid)


@pytest.mark.usefixtures("home")
def test_service_prints_rates_and_what_callers_saw_on_bad_days() -> None:
    printed = printed_by("service.py", "--seconds", "0.4", "--soak", "3")

    asked = re.findall(r"^(service|bare tornado) +(\d+) at once: \d+ a second", printed, flags=re.MULTILINE)
    assert asked == [(name, count) for count in ("1", "8", "64") for name in ("service", "bare tornado")]
    days = re.findall(
        r"^(?:bad days|kill -9).*: ([\d,]+) right; (\d+) connections cut", printed, flags=re.MULTILINE
    )
    assert len(days) == 2, printed
    assert days[0][1] == "0"
    assert int(days[1][1]) <= 8, "what the worker that was killed had in hand"
    assert re.search(r"^memory of the worker: [1-9]\d* MB at the start", printed, flags=re.MULTILINE)
