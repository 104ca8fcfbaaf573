import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from itertools import cycle
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

import cv2
import joblib
import numpy as np
import pytest
from drawn import one, zero
from PIL import Image
from servers import plain, serving

import digits_nb as dn
from digits_nb.batch import parallel

if TYPE_CHECKING:
    from digits_nb import DigitModel


def test_the_duration_of_an_answer_counts_the_download(
    saved: "DigitModel", monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = cv2.imencode(".png", zero())[1].tobytes()

    def late(handler: BaseHTTPRequestHandler) -> None:
        sleep(0.3)
        plain(picture)(handler)

    with serving(late) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", server.pair)
        (answer,) = dn.recognize_many([{"url": server.url}], saved)

    assert isinstance(answer, dn.Answer)
    assert answer.duration_s > 0.3


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


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_refusal_in_a_batch_keeps_what_was_seen_and_not_the_picture(saved: "DigitModel", jobs: int) -> None:
    row = np.hstack([zero(), one()])

    with joblib.parallel_config("loky", n_jobs=jobs):
        refusals = list(dn.recognize_many([row] * 3, saved))

    for refusal in refusals:
        assert type(refusal) is dn.SeveralDigits
        assert refusal.__traceback__ is None
        np.testing.assert_array_equal(refusal.stages.gray, row)
        left, top, right, bottom = refusal.stages.box
        np.testing.assert_allclose((left, top, right, bottom), (18, 16, 62, 84), atol=4)


def test_a_long_batch_gets_workers_by_itself(saved: "DigitModel", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "BLOCK", 20)
    monkeypatch.setattr(parallel, "PART", 5)
    monkeypatch.setattr(parallel, "ALONE_S", 0.001)
    seen_by: list[int | None] = []
    recognize_block = parallel._recognize

    def noting(block: list, model: "DigitModel", jobs: int) -> list:
        seen_by.append(jobs)
        return recognize_block(block, model, jobs)

    monkeypatch.setattr(parallel, "_recognize", noting)

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
