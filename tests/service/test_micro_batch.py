"""Small pictures that wait at the same time are read together, and each has its own answer."""

import asyncio
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pillow_heif
import pytest
from PIL import Image

import digits_nb as dn
from digits_nb.service.micro_batch import TOGETHER, TURNS, Tray

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from digits_nb import DigitModel

SAMPLES = Path(__file__).parents[2] / "notebooks" / "samples"


def small(name: str) -> dict[str, str]:
    """A sample as base64, at a size that somebody would draw it in."""
    file = BytesIO()
    image = dn.open_image({"path": SAMPLES / name})
    image.thumbnail((200, 200))
    image.save(file, "PNG")
    return {"base64": b64encode(file.getvalue()).decode()}


SEVEN, SIX = small("seven-dark-on-white.png"), small("six-marker.bmp")


def asked_together(
    model: "DigitModel", *queries: dict[str, str | bytes]
) -> list[dn.Answer | BaseException | None]:
    async def ask() -> list[dn.Answer | BaseException | None]:
        tray = Tray(lambda: len(queries))
        return await asyncio.gather(*(tray.read(query, model) for query in queries), return_exceptions=True)

    return asyncio.run(ask())


@pytest.fixture
def counting(model: "DigitModel") -> "DigitModel":
    """The model, which keeps how many grids it was asked about each time."""

    class Counting(type(model)):
        asked: list[int]

        def predict_proba(self, grids: "ArrayLike") -> "NDArray":
            self.asked.append(len(grids))
            return super().predict_proba(grids)

    counting = Counting(model.tensors, model.card)
    counting.asked = []
    return counting


def test_each_has_its_own_answer_or_error(model: "DigitModel") -> None:
    queries = [SEVEN, SIX, small("blank.png"), {"base64": "?"}, {"base64": SIX["base64"][:400]}, SIX, SEVEN]
    seven, six, blank, none, half, *again = asked_together(model, *queries)
    assert [answer.digit for answer in (seven, six, *again)] == [7, 6, 6, 7]
    assert [type(error) for error in (blank, none, half)] == [dn.NoDigit, dn.QueryError, dn.CorruptImage]
    alone = dn.recognize(SEVEN, model)
    # in float32, a sum of a batch may be rounded otherwise than that of one grid
    np.testing.assert_allclose(seven.probabilities, alone.probabilities, rtol=1e-4)
    assert seven.box == alone.box


@pytest.mark.parametrize(
    ("count", "in_turns"), [(8, [8]), (2 * TOGETHER, [TOGETHER, 2 * TOGETHER])], ids=["few", "many"]
)
def test_those_that_wait_are_read_in_one_turn_and_many_some_at_a_time(
    counting: "DigitModel", count: int, in_turns: list[int]
) -> None:
    seen = []

    async def ask() -> list[dn.Answer]:
        tray = Tray(lambda: count)
        queries = [SEVEN, SIX] * (count // 2)
        answers = asyncio.gather(*(tray.read(query, counting) for query in queries))
        while not answers.done():  # the others' turns
            await asyncio.sleep(0)
            seen.append(sum(counting.asked))
        return await answers

    answers = asyncio.run(ask())
    assert [answer.digit for answer in answers] == [7, 6] * (count // 2)
    assert sorted({*seen} - {0}) == in_turns


def test_each_is_read_by_the_model_that_it_asked_for(model: "DigitModel") -> None:
    models = [dn.DigitModel(model.tensors, model.card, version=digit * 64) for digit in "12"]

    async def ask() -> list[dn.Answer]:
        tray = Tray(lambda: 6)
        return await asyncio.gather(*(tray.read(SEVEN, model) for model in models * 3))

    assert [answer.model_version[0] for answer in asyncio.run(ask())] == list("121212")


def test_one_that_comes_alone_is_read_without_a_turn_of_waiting(model: "DigitModel") -> None:
    async def ask() -> dn.Answer:
        reading = Tray(lambda: 1).read(SEVEN, model)
        with pytest.raises(StopIteration) as done:
            reading.send(None)
        return done.value.value

    assert asyncio.run(ask()).digit == 7


def test_one_is_not_kept_waiting_for_another_who_never_comes(model: "DigitModel") -> None:
    async def ask() -> dn.Answer:
        return await asyncio.wait_for(Tray(lambda: 99).read(SEVEN, model), 30)

    assert asyncio.run(ask()).digit == 7


def test_what_is_not_small_is_read_elsewhere(model: "DigitModel") -> None:
    large = BytesIO()
    Image.new("L", (300, 300)).save(large, "PNG")
    wide, seven = asked_together(model, {"bytes": large.getvalue()}, SEVEN)
    assert wide is None
    assert seven.digit == 7


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "WEBP"])
def test_what_takes_as_long_as_its_header_tells_is_read_here(kind: str, model: "DigitModel") -> None:
    (answer,) = asked_together(model, {"bytes": saved(kind)})
    assert answer.digit == 7


@pytest.mark.parametrize("kind", ["GIF", "TIFF", "PNG", "HEIF"], ids=["GIF", "TIFF", "animated PNG", "HEIC"])
def test_what_may_take_longer_than_its_header_tells_is_read_elsewhere(kind: str, model: "DigitModel") -> None:
    frames = {"save_all": True, "append_images": [Image.new("L", (160, 200))]} if kind == "PNG" else {}
    other, seven = asked_together(model, {"bytes": saved(kind, **frames)}, SEVEN)
    assert other is None
    assert seven.digit == 7


def saved(kind: str, **how: object) -> bytes:
    """The seven as a small file of a kind."""
    pillow_heif.register_heif_opener()
    file = BytesIO()
    image = dn.open_image({"path": SAMPLES / "seven-dark-on-white.png"}).convert("RGB")
    image.thumbnail((200, 200))
    image.save(file, kind, **how)
    return file.getvalue()


def test_what_nobody_foresaw_fails_alone_and_elsewhere(model: "DigitModel") -> None:
    class Broken(type(model)):
        def predict_proba(self, grids: "ArrayLike") -> "NDArray":
            raise MemoryError(len(grids))

    assert asked_together(Broken(model.tensors, model.card), SEVEN, SIX) == [None, None]


def test_a_caller_who_gives_up_leaves_the_others_theirs(model: "DigitModel") -> None:
    async def ask() -> dn.Answer:
        tray = Tray(lambda: 2)
        first, second = (asyncio.create_task(tray.read(query, model)) for query in (SIX, SEVEN))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(ask()).digit == 7


def test_an_idle_process_takes_one_caller_in_and_waits_for_the_query() -> None:
    tray = Tray(lambda: 0)
    assert [tray.welcome() for _ in range(2 * TURNS + 2)] == 2 * [True, *TURNS * [False]]


def test_as_many_callers_come_in_as_were_answered_and_none_while_pictures_wait(model: "DigitModel") -> None:
    async def ask() -> list[bool]:
        tray = Tray(lambda: 99)
        reading = [asyncio.create_task(tray.read(SEVEN, model)) for _ in range(3)]
        await asyncio.sleep(0)
        told = [tray.welcome() for _ in range(TURNS)]
        await asyncio.gather(*reading)
        return told + [tray.welcome() for _ in range(5)]

    assert asyncio.run(ask()) == [*TURNS * [False], *3 * [True], *2 * [False]]
