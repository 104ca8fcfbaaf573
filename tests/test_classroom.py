"""The pictures of a class: photographed rows, and folders of single digits."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import digits_nb as dn
from digits_nb import classroom, places

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def row(words: list[str]) -> Image.Image:
    """The samples side by side on one sheet, as ink on paper."""
    cells = []
    for word in words:
        stages = dn.preprocess({"path": next(places.samples().glob(f"{word}-*"))})
        digit = Image.fromarray(np.uint8(255 - 255 * stages.crop))
        digit.thumbnail((90, 120))
        cell = Image.new("L", (150, 170), 255)
        cell.paste(digit, ((150 - digit.width) // 2, (170 - digit.height) // 2))
        cells.append(np.asarray(cell))
    return Image.fromarray(np.hstack(cells))


def test_a_row_becomes_ten_pictures_that_are_read_as_what_they_are(model: dn.DigitModel) -> None:
    pictures = classroom.cut_row(row(WORDS))
    assert [dn.recognize(picture, model).digit for picture in pictures] == list(range(10))


def test_a_row_that_lacks_a_digit_is_refused_in_a_sentence() -> None:
    with pytest.raises(dn.QueryError, match=r"^The row shows 9 digits, but must show 10, 0 to 9: write"):
        classroom.cut_row(row(WORDS[:-1]))


def test_a_class_has_rows_and_single_digits(tmp_path: Path) -> None:
    row(WORDS).save(tmp_path / "ada.png")
    row(WORDS).save(tmp_path / "ben.jpg")
    (tmp_path / "7").mkdir()
    seven = next(places.samples().glob("seven-*"))
    (tmp_path / "7" / seven.name).write_bytes(seven.read_bytes())
    (tmp_path / ".hidden").touch()
    pictures, labels = classroom.pictures_of(tmp_path)
    assert labels.tolist() == [*range(10), *range(10), 7]
    assert len(pictures) == 21
    assert all(picture.dtype == np.uint8 for picture in pictures)


def test_the_picture_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    row(WORDS).save(tmp_path / "ada.png")
    (tmp_path / "notes.txt").write_text("our row", encoding="utf-8")
    with pytest.raises(dn.QueryError, match=rf"^{re.escape(tmp_path.name)}/notes\.txt cannot be used\. The"):
        classroom.pictures_of(tmp_path)
    (tmp_path / "notes.txt").unlink()
    (tmp_path / "3").mkdir()
    Image.new("L", (60, 60), 255).save(tmp_path / "3" / "blank.png")
    with pytest.raises(dn.QueryError, match=r"^3/blank\.png cannot be used\. The picture is blank"):
        classroom.pictures_of(tmp_path)


@pytest.mark.parametrize("name", ["empty", "missing"])
def test_a_folder_without_pictures_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(dn.QueryError, match=r"^The path .* give one whose sub-folders"):
        classroom.pictures_of(tmp_path / name)
