"""The samples are what their script draws, and each is read as what its name says."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits_nb import DigitModel, NoDigit, recognize

FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "samples"
SCRIPT = FOLDER / "draw.py"
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SAMPLES = sorted(path for path in FOLDER.iterdir() if path.suffix != ".py" and path.is_file())
DIGITS = [path for path in SAMPLES if path.stem != "blank"]
LOSSY = (".jpg", ".webp")


def word(path: Path) -> str:
    return path.stem.split("-")[0]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two folders that the script filled, one run after the other."""
    folders = tmp_path_factory.mktemp("first"), tmp_path_factory.mktemp("second")
    for folder in folders:
        subprocess.run([sys.executable, SCRIPT, folder], check=True, timeout=60)
    return folders


def test_the_script_draws_the_same_bytes_every_time(drawn: tuple[Path, Path]) -> None:
    first, second = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in drawn)
    assert first == second


def test_the_script_draws_the_samples_and_nothing_else(drawn: tuple[Path, Path]) -> None:
    assert {path.name for path in drawn[0].iterdir()} == {path.name for path in SAMPLES}


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_sample_is_what_the_script_draws(sample: Path, drawn: tuple[Path, Path]) -> None:
    with Image.open(sample) as kept, Image.open(drawn[0] / sample.name) as again:
        assert (kept.size, kept.mode, kept.getexif()) == (again.size, again.mode, again.getexif())
        difference = np.abs(np.asarray(kept.convert("RGBA"), int) - np.asarray(again.convert("RGBA"), int))
    # another machine's arithmetic may round otherwise, and another codec's more so
    assert difference.mean() <= (2 if sample.suffix in LOSSY else 0.1)


def test_every_digit_has_a_sample() -> None:
    assert sorted(map(word, DIGITS)) == sorted(WORDS)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.name)
def test_a_sample_is_small_on_disk_and_large_enough_to_look_at(sample: Path) -> None:
    with Image.open(sample) as image:
        assert all(100 <= side <= 600 for side in image.size)
    assert sample.stat().st_size < 60_000


@pytest.mark.parametrize("sample", DIGITS, ids=lambda path: path.name)
def test_a_sample_is_read_as_the_digit_of_its_name(sample: Path, model: DigitModel) -> None:
    assert recognize({"path": str(sample)}, model).digit == WORDS.index(word(sample))


def test_the_blank_sample_shows_no_digit(model: DigitModel) -> None:
    with pytest.raises(NoDigit):
        recognize({"path": str(FOLDER / "blank.png")}, model)
