import base64
import re
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from drawn import one, zero
from PIL import Image

import digits_nb as dn
from digits_nb.recognition import recognize_grid
from digits_nb.recognition.recognizer import THUMBNAIL

if TYPE_CHECKING:
    from digits_nb import DigitModel


def test_an_answer_says_what_is_promised(saved: "DigitModel") -> None:
    answer = dn.recognize(zero(), saved)

    assert answer.digit == 0
    assert type(answer.digit) is int
    assert answer.confidence == answer.probabilities[0]
    assert type(answer.confidence) is float
    assert answer.certain is True
    assert answer.probabilities.shape == (10,)
    assert answer.probabilities.sum() == pytest.approx(1)
    np.testing.assert_array_equal(answer.grid, dn.preprocess(zero()).grid)
    assert answer.model_version == saved.version
    assert 0 < answer.duration_s < 5
    left, top, right, bottom = answer.box
    assert abs(left - 18) <= 4
    assert abs(top - 16) <= 4
    assert abs(right - 62) <= 4
    assert abs(bottom - 84) <= 4
    assert all(type(edge) is int for edge in answer.box)


def test_an_answer_cannot_be_changed(saved: "DigitModel") -> None:
    with pytest.raises(AttributeError):
        dn.recognize(zero(), saved).digit = 5


def test_every_form_of_the_query_gets_the_same_answer(saved: "DigitModel", tmp_path: Path) -> None:
    path = tmp_path / "zero.png"
    cv2.imwrite(str(path), zero())
    data = path.read_bytes()
    encoded = base64.b64encode(data).decode()
    queries = [
        {"path": path},
        {"bytes": data},
        {"base64": encoded},
        {"base64": f"data:image/png;base64,{encoded}"},
    ]

    answers = [dn.recognize(query, saved) for query in queries]

    assert {answer.digit for answer in answers} == {0}
    for answer in answers:
        np.testing.assert_array_equal(answer.grid, answers[0].grid)


def test_certain_means_at_least_as_confident_as_the_card_asks(saved: "DigitModel") -> None:
    card = {**saved.card, "calibration": {**saved.card["calibration"], "certain_from": 1.1}}
    hesitant = dn.DigitModel(saved.tensors, card)
    silent = dn.DigitModel(saved.tensors, {"kind": saved.card["kind"]})

    assert dn.recognize(zero(), saved).certain
    assert not dn.recognize(zero(), hesitant).certain
    assert not dn.recognize(zero(), silent).certain


def cross() -> np.ndarray:
    picture = np.full((100, 100), 240, np.uint8)
    for ends in (((20, 20), (80, 80)), ((20, 80), (80, 20)), ((10, 50), (90, 50))):
        cv2.line(picture, *ends, 30, 6)
    return picture


def text() -> np.ndarray:
    picture = np.full((60, 320), 240, np.uint8)
    cv2.putText(picture, "thank you", (20, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 30, 3)
    return picture


@pytest.mark.parametrize("picture", [cross(), text()], ids=["a cross of three lines", "a line of text"])
def test_what_is_no_digit_is_refused(saved: "DigitModel", picture: np.ndarray) -> None:
    with pytest.raises(dn.NoDigit, match="nothing that the model would take for a digit"):
        dn.recognize(picture, saved)

    (refused,) = dn.recognize_many([picture], saved)
    assert isinstance(refused, dn.NoDigit)


def ruled(down: int) -> np.ndarray:
    """A zero on paper with a line across it."""
    picture = np.full((160, 220), 240, np.uint8)
    cv2.line(picture, (0, down), (220, down), 100, 2)
    cv2.ellipse(picture, (110, 75), (24, 40), 0, 0, 360, 30, 7)
    return picture


@pytest.mark.parametrize("down", [75, 125], ids=["through it", "under it"])
def test_a_digit_on_ruled_paper_is_read_and_boxed_without_the_rule(saved: "DigitModel", down: int) -> None:
    answer = dn.recognize(ruled(down), saved)

    assert answer.digit == 0
    left, top, right, bottom = answer.box
    assert 75 < left < right < 145
    assert 25 < top < bottom < 125


def test_a_thin_pen_in_a_large_picture_is_read(saved: "DigitModel") -> None:
    picture = np.full((900, 700), 245, np.uint8)
    path = np.array([[150, 150], [550, 150], [300, 800]])
    cv2.polylines(picture, [path], isClosed=False, color=20, thickness=3)

    assert dn.recognize(picture, saved).digit == 7


def test_a_page_without_anything_like_a_digit_is_refused(saved: "DigitModel") -> None:
    with pytest.raises(dn.NoDigit, match="nothing that the model would take for a digit"):
        dn.read_digits(cross(), saved)


@pytest.mark.parametrize("count", [2, 14])
def test_several_digits_are_told_from_text(saved: "DigitModel", count: int) -> None:
    row = np.hstack([zero()] * count)

    with pytest.raises(dn.SeveralDigits, match=rf"shows {count} digits.*read_digits"):
        dn.recognize(row, saved)

    assert [answer.digit for answer in dn.read_digits(row, saved)] == [0] * count


def test_a_model_whose_card_says_nothing_of_refusal_refuses_nothing(saved: "DigitModel") -> None:
    silent = dn.DigitModel(saved.tensors, {"kind": saved.card["kind"]})
    grid = dn.preprocess(cross()).grid
    with pytest.raises(dn.NoDigit):
        recognize_grid(grid, saved)
    assert 0 <= recognize_grid(grid, silent).digit <= 9


@pytest.mark.parametrize("orientation", [1, 6])
def test_the_box_on_a_phones_photo_is_in_pixels_of_the_full_upright_picture(
    saved: "DigitModel", orientation: int
) -> None:
    upright = Image.fromarray(cv2.resize(zero(), (2400, 3000), interpolation=cv2.INTER_CUBIC))
    notes = Image.Exif()
    notes[0x0112] = orientation
    file = BytesIO()
    held = upright if orientation == 1 else upright.transpose(Image.Transpose.ROTATE_90)
    held.convert("RGB").save(file, "JPEG", exif=notes)

    answer = dn.recognize({"bytes": file.getvalue()}, saved)

    assert answer.digit == 0
    assert np.abs(np.subtract(answer.box, (18 * 30, 16 * 30, 62 * 30, 84 * 30))).max() <= 4 * 30
    assert max(answer.picture.shape) == THUMBNAIL


def test_an_answer_shows_picture_grid_and_bars_with_words_for_them(saved: "DigitModel") -> None:
    html = dn.recognize(zero(), saved)._repr_html_()

    found = re.findall(r'<img[^>]* alt="([^"]+)" src="data:image/([^;]+);base64,([^"]+)">', html)
    (picture, grid, bars) = (base64.b64decode(encoded) for _, _, encoded in found)
    shown = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(shown, zero())
    assert [kind for _, kind, _ in found] == ["png", "svg+xml", "svg+xml"]
    assert grid.count(b"<rect") == 64 + 1
    assert bars.count(b"<rect") == 10 + 1
    assert found[0][0].startswith("The picture")
    assert re.match(r"Probabilities: 0 with \d+%", found[2][0])


def test_an_answer_prints_on_one_line_without_its_arrays(saved: "DigitModel") -> None:
    text = repr(dn.recognize(zero(), saved))

    assert text.startswith("Answer(digit=0, confidence=0.")
    assert "array" not in text
    assert "\n" not in text


@pytest.mark.usefixtures("home")
def test_without_a_model_the_latest_of_the_default_store_answers(saved: "DigitModel") -> None:
    assert dn.recognize(zero()).model_version == saved.version


def test_an_empty_default_store_is_filled_and_that_is_announced(
    saved: "DigitModel", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path))
    # a training takes a minute, and the session has done it: what is tried here is what becomes of its model
    monkeypatch.setattr("digits_nb.training.train", lambda: dn.DigitModel(saved.tensors, saved.card))

    answer = dn.recognize(zero())

    assert answer.model_version == saved.version == dn.ModelStore().resolve("latest")
    said = capsys.readouterr().out
    assert "There is no model" in said
    assert saved.version[:12] in said


def test_a_default_store_of_an_older_format_is_filled_beside_it(
    saved: "DigitModel", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path))
    monkeypatch.setattr("digits_nb.training.train", lambda: dn.DigitModel(saved.tensors, saved.card))
    older = dn.ModelStore().path / ("0123abcd" * 8)
    older.mkdir(parents=True)
    (older / "manifest.json").write_text("{}")
    (older.parent / "latest").write_text(f"{older.name}\n")

    assert dn.recognize(zero()).model_version == saved.version == dn.ModelStore().resolve("latest")

    assert "There is no model that this release reads in" in capsys.readouterr().out
    assert (older / "manifest.json").read_text() == "{}"


def test_a_grid_is_read_as_the_picture_that_it_was_made_of(saved: "DigitModel") -> None:
    grid = dn.preprocess(zero(), saved).grid
    whole, answer = dn.recognize(zero(), saved), recognize_grid(grid.tolist(), saved)

    assert np.array_equal(grid, whole.grid)
    assert np.array_equal(answer.grid, grid)
    assert (answer.digit, answer.confidence, answer.certain) == (0, whole.confidence, whole.certain)
    assert answer.picture.shape == (8, 8)
    assert answer.picture[grid > 12].max() < 100
    assert answer.picture[grid == 0].min() > 200
    assert "<img" in answer._repr_html_()
    assert recognize_grid(grid.ravel(), saved).digit == 0


@pytest.mark.parametrize("grid", [[[0] * 8] * 7, [17] * 64, "seven"], ids=["7 rows", "too much ink", "text"])
def test_what_is_no_grid_is_refused(grid: object, saved: "DigitModel") -> None:
    with pytest.raises(dn.QueryError):
        recognize_grid(grid, saved)


def two_digits() -> np.ndarray:
    """A zero, and a higher one beside it."""
    picture = np.full((120, 170), 240, np.uint8)
    picture[20:, :80] = zero()
    cv2.ellipse(picture, (122, 60), (20, 46), 0, 0, 360, 30, 7)
    return picture


def test_of_several_digits_the_highest_becomes_a_grid_and_the_whole_picture_is_kept(
    saved: "DigitModel",
) -> None:
    row = two_digits()

    stages = dn.preprocess(row, saved)

    np.testing.assert_allclose(stages.box, (98, 10, 146, 109), atol=2)
    assert stages.gray.shape == stages.ink.shape == row.shape
    np.testing.assert_array_equal(stages.gray, row)
    assert np.abs(stages.grid - dn.preprocess(row[:, 80:], saved).grid).max() <= 1


def beside_a_table() -> np.ndarray:
    """A zero, and to its left a strip of dark table."""
    picture = np.full((100, 110), 240, np.uint8)
    picture[:, 30:] = zero()
    picture[:, :14] = 70
    return picture


def test_an_answer_shows_what_was_left_out_and_why(saved: "DigitModel") -> None:
    picture = cv2.resize(beside_a_table(), None, fx=10, fy=10)

    answer = dn.recognize(picture, saved)

    assert answer.digit == 0
    (((left, top, right, bottom), reason),) = answer.left_out
    assert reason == "rim"
    assert (left, top, bottom) == (0, 0, 1000)
    assert abs(right - 140) <= 10
    assert answer.view == (0, 0, 1100, 1000)
    html = answer._repr_html_()
    ((alt, data),) = re.findall(r'alt="(The picture[^"]*)" src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert alt == "The picture that was read, without rim"
    svg = base64.b64decode(data).decode()
    assert 'viewBox="0 0 1100 1000"' in svg
    assert f'<rect x="0" y="0" width="{right}" height="1000"><title>rim</title></rect>' in svg
    (png,) = re.findall(r'href="data:image/png;base64,([^"]+)"', svg)
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(png), np.uint8), cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(shown, answer.picture)


def test_an_answer_about_one_of_several_digits_shows_the_part_of_the_picture_around_it(
    saved: "DigitModel",
) -> None:
    row = np.hstack([zero(), one()])

    for answer in dn.read_digits(row, saved):
        left, top, right, bottom = answer.view
        assert left < answer.box[0] < answer.box[2] < right
        assert top < answer.box[1] < answer.box[3] < bottom
        np.testing.assert_array_equal(answer.picture, row[top:bottom, left:right])


@pytest.mark.parametrize(
    ("picture", "error", "box"),
    [
        pytest.param(cross(), dn.NoDigit, (7, 17, 94, 84), id="nothing like a digit"),
        pytest.param(two_digits(), dn.SeveralDigits, (98, 10, 146, 109), id="several digits"),
    ],
)
def test_a_refusal_keeps_what_was_seen(
    saved: "DigitModel", picture: np.ndarray, error: type[dn.DigitsError], box: tuple[int, ...]
) -> None:
    with pytest.raises(error) as caught:
        dn.recognize(cv2.resize(picture, None, fx=8, fy=8), saved)

    stages = caught.value.stages
    assert max(stages.gray.shape) == max(stages.ink.shape) == THUMBNAIL
    assert stages.grid.max() > 8
    scale = THUMBNAIL / max(picture.shape)
    np.testing.assert_allclose(stages.box, np.multiply(box, scale), atol=3 * scale)


def test_a_refusal_of_a_blank_picture_and_of_a_bad_query_keeps_nothing(saved: "DigitModel") -> None:
    for query in (np.full((40, 40), 255, np.uint8), {"path": "missing.png"}):
        with pytest.raises(dn.DigitsError) as caught:
            dn.recognize(query, saved)
        assert caught.value.stages is None
