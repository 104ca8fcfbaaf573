"""Several ways of doing one thing, timed in turn."""

from collections.abc import Callable
from time import perf_counter

import numpy as np


def in_turn(ways: dict[str, Callable[[], object]], rounds: int, *, warm_up: int = 1) -> dict[str, np.ndarray]:
    """Seconds of each way in each round: in turn, so that a busy moment of the machine is shared out."""
    for way in ways.values():
        for _ in range(warm_up):
            way()
    times = {name: np.empty(rounds) for name in ways}
    for turn in range(rounds):
        for name, way in ways.items():
            start = perf_counter()
            way()
            times[name][turn] = perf_counter() - start
    return times
