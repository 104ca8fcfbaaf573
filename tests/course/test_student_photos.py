"""The pictures of a class: photographed rows, and folders of single digits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

import digits_nb as dn
from digits_nb import paths
from digits_nb.course import student_photos

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def row(words: list[str]) -> Image.Image:
    """The samples side by side on one sheet, as ink on paper."""
    cells = []
    for word in words:
        stages = dn.preprocess({"path": next(paths.samples().glob(f"{word}-*"))})
        digit = Image.fromarray(np.uint8(255 - 255 * stages.crop))
        digit.thumbnail((90, 120))
        cell = Image.new("L", (150, 170), 255)
        cell.paste(digit, ((150 - digit.width) // 2, (170 - digit.height) // 2))
        cells.append(np.asarray(cell))
    return Image.fromarray(np.hstack(cells))


SHEET = ImageOps.expand(row(WORDS), 200, 255)


def two_rows() -> Image.Image:
    return Image.fromarray(np.vstack([np.asarray(row(half)) for half in (WORDS[:5], WORDS[5:])]))


def named() -> Image.Image:
    """The row with something tall written above it, which runs into it."""
    sheet = SHEET.copy()
    ImageDraw.Draw(sheet).line([(300, 20), (300, 260)], fill=0, width=9)
    return sheet


def test_a_row_becomes_ten_pictures_that_are_read_as_what_they_are(store: dn.ModelStore) -> None:
    model = store.load()
    for sheet in (SHEET, SHEET.rotate(15, fillcolor=255, expand=True), two_rows()):
        pictures = student_photos.cut_row(sheet)
        assert [dn.recognize(picture, model).digit for picture in pictures] == list(range(10))


def test_a_digit_keeps_the_paper_around_it_but_not_its_neighbours() -> None:
    for picture in student_photos.cut_row(SHEET):
        stages = dn.preprocess(picture)
        assert {reason for _, reason in stages.left_out} <= {"speck"}
        assert (stages.box[3] - stages.box[1]) / stages.gray.shape[0] < 0.7


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        (lambda: row(WORDS[:-1]), "shows 9 digits, where 10 are to stand in a row, 0 to 9; some touch"),
        (lambda: row(WORDS[:1]), "shows 1 digit, where"),
        (lambda: row([*WORDS, "one"]), "shows 11 digits, .* something else is there, a name"),
        (named, "shows 1[01] digits, .* something else is there, a name"),
        (lambda: SHEET.rotate(90, expand=True), "stand one above the other: turn the photograph"),
    ],
    ids=["nine", "one", "eleven", "a name", "on its side"],
)
def test_what_is_no_row_is_refused_in_a_sentence(sheet: Callable[[], Image.Image], message: str) -> None:
    with pytest.raises(dn.QueryError, match=message):
        student_photos.cut_row(sheet())


def test_a_class_has_rows_and_single_digits(tmp_path: Path) -> None:
    SHEET.save(tmp_path / "ada.png")
    SHEET.save(tmp_path / "ben.jpg")
    (tmp_path / "7").mkdir()
    seven = next(paths.samples().glob("seven-*"))
    (tmp_path / "7" / seven.name).write_bytes(seven.read_bytes())
    (tmp_path / ".hidden").touch()
    pictures, labels = student_photos.pictures_of(tmp_path)
    assert labels.tolist() == [*range(10), *range(10), 7]
    assert len(pictures) == 21
    assert all(picture.dtype == np.uint8 for picture in pictures)


def test_all_files_that_cannot_be_used_are_named_at_once(tmp_path: Path) -> None:
    SHEET.save(tmp_path / "ada.png")
    (tmp_path / "notes.txt").write_text("our row", encoding="utf-8")
    (tmp_path / "3").mkdir()
    Image.new("L", (60, 60), 255).save(tmp_path / "3" / "blank.png")
    with pytest.raises(dn.QueryError) as caught:
        student_photos.pictures_of(tmp_path)
    message = str(caught.value)
    assert message.startswith("Of 3 files 2 cannot be used; take them out")
    assert f"{tmp_path.name}/notes.txt: The " in message
    assert "3/blank.png: The picture is blank" in message


@pytest.mark.parametrize(
    ("name", "fault"), [("empty", "holds no pictures"), ("missing", "is no folder"), ("", "is no folder")]
)
def test_a_folder_without_pictures_is_refused_in_a_sentence(tmp_path: Path, name: str, fault: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(dn.QueryError, match=rf"^The path .+ {fault}: give one that holds photographs"):
        student_photos.pictures_of(tmp_path / name if name else "")
