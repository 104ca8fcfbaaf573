import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

import digits_nb as dn
from digits_nb import recognition

if TYPE_CHECKING:
    from digits_nb import DigitModel, ModelStore


@pytest.fixture
def saved(store: "ModelStore") -> "DigitModel":
    return store.load("latest")


def one(height: int = 100) -> np.ndarray:
    picture = np.full((height, 80), 240, np.uint8)
    cv2.line(picture, (40, 20), (40, height - 20), 30, 8)
    return picture


def zero() -> np.ndarray:
    picture = np.full((100, 80), 240, np.uint8)
    cv2.ellipse(picture, (40, 50), (18, 30), 0, 0, 360, 30, 7)
    return picture


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
    hesitant = dn.DigitModel(saved.onnx, card)
    silent = dn.DigitModel(saved.onnx, {})

    assert dn.recognize(zero(), saved).certain
    assert not dn.recognize(zero(), hesitant).certain
    assert not dn.recognize(zero(), silent).certain


def test_many_keep_their_order_and_a_bad_one_stops_nobody(saved: "DigitModel") -> None:
    queries = [
        zero(),
        {"path": "missing.png"},
        one(),
        np.full((20, 20), 255, np.uint8),
        {"bytes": b"text"},
        zero(),
    ]

    answers = list(dn.recognize_many(queries, saved))

    kinds = [dn.Answer, dn.QueryError, dn.Answer, dn.NoDigit, dn.UnsupportedImage, dn.Answer]
    assert [type(answer) for answer in answers] == kinds
    assert [answer.digit for answer in answers if isinstance(answer, dn.Answer)] == [0, 1, 0]


def test_many_and_one_agree(saved: "DigitModel") -> None:
    pictures = [zero(), one(), one(140)] * 100  # more than a block

    many = list(dn.recognize_many(iter(pictures), saved))

    assert len(many) == 300
    for single, batched in zip(
        [dn.recognize(picture, saved) for picture in pictures[:3]], many, strict=False
    ):
        assert single.digit == batched.digit
        np.testing.assert_allclose(single.probabilities, batched.probabilities, atol=1e-6)
        assert single.box == batched.box


def test_many_takes_no_more_of_a_generator_than_the_block_it_works_on(saved: "DigitModel") -> None:
    taken = []

    def pictures() -> Iterator[np.ndarray]:
        for number in range(1000):
            taken.append(number)
            yield zero()

    next(dn.recognize_many(pictures(), saved))

    assert len(taken) == recognition.BLOCK


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
    monkeypatch.setattr("digits_nb.training.train", lambda: dn.DigitModel(saved.onnx, saved.card))

    answer = dn.recognize(zero())

    assert answer.model_version == saved.version == dn.ModelStore().resolve("latest")
    said = capsys.readouterr().out
    assert "There is no model" in said
    assert saved.version[:12] in said
