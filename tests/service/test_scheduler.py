"""The desk: as many pictures at a time as there are cores, and no more in hand than it has places for."""

import asyncio
import threading

import pytest
from crowd import Crowd

from digits_nb.service.responses import Refusal
from digits_nb.service.scheduler import LINES, LINES_PER_CALLER, MAX_HELD_BYTES, Desk


@pytest.mark.parametrize("cores", [1, 2, 3])
def test_so_many_pictures_are_in_work_as_there_are_cores(cores: int) -> None:
    at_work = Crowd(0.02)

    def work() -> None:
        with at_work:
            pass

    async def ask() -> None:
        desk = Desk(queue=100, cores=cores)
        await asyncio.gather(*(desk.picture(work) for _ in range(12)))

    asyncio.run(ask())
    assert at_work.most == cores


def test_what_is_given_up_before_its_turn_is_not_begun() -> None:
    begun, first = [], threading.Event()

    async def ask() -> None:
        desk = Desk(queue=100, cores=1)
        one = asyncio.ensure_future(desk.picture(lambda: first.wait(30)))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(desk.picture(lambda: begun.append("late")), 0.05)
        first.set()
        await one
        await desk.picture(lambda: begun.append("next"))

    asyncio.run(ask())
    assert begun == ["next"]


def test_what_was_fetched_is_held_until_it_has_been_worked_on() -> None:
    desk = Desk(queue=100, cores=1)
    desk.hold(MAX_HELD_BYTES - 10)
    with desk.holding(bytes(10)) as data:
        assert (len(data), desk.held_bytes) == (10, MAX_HELD_BYTES)
        with pytest.raises(Refusal, match="more to do here than can wait"), desk.holding(b"1"):
            pass
    assert desk.held_bytes == MAX_HELD_BYTES - 10


def test_fetches_wait_for_no_picture_and_each_has_a_line_or_is_told() -> None:
    over = threading.Event()

    async def ask() -> tuple[list[object], str]:
        desk = Desk(queue=100, cores=1)
        picture = asyncio.ensure_future(desk.picture(lambda: over.wait(30)))
        await asyncio.sleep(0)
        fetches = [
            asyncio.ensure_future(desk.fetch(lambda: over.wait(30), f"caller-{number}"))
            for number in range(LINES + 1)
        ]
        (told,), _ = await asyncio.wait(fetches, return_when=asyncio.FIRST_COMPLETED)
        over.set()
        rest = await asyncio.gather(*(one for one in fetches if one is not told), picture)
        return rest, told.exception().kind

    assert asyncio.run(ask()) == ([True] * (LINES + 1), "Busy")


def test_one_caller_has_a_part_of_the_lines_and_leaves_the_others() -> None:
    over = threading.Event()

    async def ask() -> int:
        desk = Desk(queue=100, cores=1)

        def fetch(caller: str) -> asyncio.Future:
            return asyncio.ensure_future(desk.fetch(lambda: over.wait(30), caller))

        fetches = [fetch("anna") for _ in range(LINES_PER_CALLER + 5)]
        await asyncio.sleep(0.05)
        busy = sum(one.done() for one in fetches)
        other = fetch("bert")
        over.set()
        assert await other
        await asyncio.gather(*fetches, return_exceptions=True)
        assert await fetch("anna"), "the lines come back"
        return busy

    assert LINES_PER_CALLER < LINES
    assert asyncio.run(ask()) == 5


def test_places_and_bytes_run_out_and_come_back() -> None:
    async def ask() -> None:
        desk = Desk(queue=2)
        with desk.place(), desk.place():
            with pytest.raises(Refusal, match="ask again") as full, desk.place():
                pass
            assert (full.value.status, full.value.headers) == (429, {"Retry-After": "1"})
        with desk.place():
            desk.hold(MAX_HELD_BYTES)
            with pytest.raises(Refusal, match="ask again"):
                desk.hold(1)
            desk.hold(-1)
            desk.hold(1)

    asyncio.run(ask())
