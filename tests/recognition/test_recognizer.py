import base64
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from itertools import cycle
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import cv2
import joblib
import numpy as np
import pytest
from PIL import Image

import digits_nb as dn
from digits_nb import recognition
from digits_nb.batch import parallel
from digits_nb.recognition import make_grid, recognize_grid

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
    assert 0 <= dn.recognize(cross(), dn.DigitModel(saved.onnx, {})).digit <= 9


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

    assert len(taken) == parallel.BLOCK


def test_a_block_of_large_files_has_fewer_pictures(
    saved: "DigitModel", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "BLOCK_BYTES", 5 * zero().nbytes)
    taken = []

    def pictures() -> Iterator[np.ndarray]:
        for number in range(12):
            taken.append(number)
            yield zero()

    answers = dn.recognize_many(pictures(), saved)
    next(answers)

    assert len(taken) == 5
    assert len(list(answers)) == 11


@pytest.fixture
def every_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Queries of every kind, good and bad; the path is relative to a folder that workers may not be in."""
    monkeypatch.chdir(tmp_path)
    data = cv2.imencode(".png", one(2400))[1].tobytes()
    Path("one.png").write_bytes(data)
    lazy = Image.open(BytesIO(data))
    return [
        {"path": "one.png"},
        {"path": "missing.png"},
        {"bytes": memoryview(data)},
        {"base64": base64.b64encode(data).decode()},
        {"url": "ftp://example.com/one.png"},
        zero(),
        lazy,
        Image.open(BytesIO(data[:500])),
        np.array([object()]),
        lambda: "no query",
        np.full((20, 20), 255, np.uint8),
    ] * 5


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_workers_give_what_one_gives(saved: "DigitModel", every_kind: list[object], backend: str) -> None:
    alone = list(dn.recognize_many(every_kind, saved))
    with joblib.parallel_config(backend, n_jobs=2):
        together = list(dn.recognize_many(every_kind, saved))

    assert {type(answer) for answer in alone} == {dn.Answer, dn.QueryError, dn.CorruptImage, dn.NoDigit}
    assert len(alone) == len(together) == len(every_kind)
    for one_of, other in zip(alone, together, strict=True):
        assert type(one_of) is type(other)
        if isinstance(one_of, dn.Answer):
            np.testing.assert_array_equal(one_of.grid, other.grid)
            np.testing.assert_array_equal(one_of.picture, other.picture)
            assert one_of.box == other.box
            assert other.duration_s > 0
        else:
            assert str(one_of) == str(other)


def test_a_long_batch_gets_workers_by_itself(saved: "DigitModel", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BLOCK", 20)
    monkeypatch.setattr(parallel, "PART", 5)
    monkeypatch.setattr(parallel, "ALONE_S", 0.001)
    seen_by: list[int | None] = []
    prepare_all = parallel._prepare_all

    def noting(block: list, see: object, jobs: int) -> list:
        seen_by.append(jobs)
        return prepare_all(block, see, jobs)

    monkeypatch.setattr(parallel, "_prepare_all", noting)

    answers = list(dn.recognize_many([zero()] * 50, saved))

    assert seen_by == [1, *2 * [min(joblib.cpu_count(), 4)]]
    assert [answer.digit for answer in answers] == [0] * 50


def test_an_endless_batch_can_be_left(saved: "DigitModel", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BLOCK", 40)
    pictures = cycle([zero(), one()])
    with joblib.parallel_config(n_jobs=2):
        answers = dn.recognize_many(pictures, saved)
        digits = [next(answers).digit for _ in range(50)]
        answers.close()
        again = next(dn.recognize_many(pictures, saved))

    assert digits == [0, 1] * 25
    assert again.digit == 0


def test_what_breaks_in_the_callers_own_iterable_is_the_callers(saved: "DigitModel") -> None:
    def pictures() -> Iterator[np.ndarray]:
        yield zero()
        raise ZeroDivisionError

    with joblib.parallel_config(n_jobs=2), pytest.raises(ZeroDivisionError):
        list(dn.recognize_many(pictures(), saved))


PROGRAM = """
import sys
from itertools import cycle
import joblib, numpy, digits_nb
picture = numpy.full((100, 80), 240, "uint8")
picture[20:80, 36:44] = 30
assert [answer.digit for answer in digits_nb.recognize_many([picture] * 3)] == [1] * 3
with joblib.parallel_config(n_jobs=2):
    for number, answer in enumerate(digits_nb.recognize_many(cycle([picture]))):
        if number == 300:
            print("under way", flush=True)
"""


@pytest.mark.usefixtures("home")
def test_a_program_without_a_guard_is_interrupted_and_leaves_no_worker(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    program = subprocess.Popen(
        [sys.executable, str(tmp_path / "program.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert program.stdout.readline() == "under way\n"
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=30)
    finally:
        program.kill()

    assert said.splitlines()[-1].startswith("KeyboardInterrupt")
    for _ in range(100):
        try:
            os.killpg(program.pid, 0)
        except ProcessLookupError:
            return
        sleep(0.1)
    pytest.fail("a worker is still there ten seconds after the program that started it")


SHORT = """
import sys, numpy, digits_nb
(answer,) = digits_nb.recognize_many([numpy.ones((9, 9), "uint8")])
print(type(answer).__name__, "joblib" in sys.modules)
"""


@pytest.mark.usefixtures("home")
def test_a_short_batch_does_without_joblib() -> None:
    run = subprocess.run([sys.executable, "-c", SHORT], check=True, capture_output=True, text=True)
    assert run.stdout == "NoDigit False\n"


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
    assert max(answer.picture.shape) == recognition.THUMBNAIL


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


def test_a_grid_is_read_as_the_picture_that_it_was_made_of(saved: "DigitModel") -> None:
    grid = make_grid(zero())
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


def test_there_is_no_grid_of_several_digits() -> None:
    with pytest.raises(dn.SeveralDigits):
        make_grid(np.hstack([one(), zero()]))
