"""The slate of the first lesson, driven as its front end drives it: a cell is touched."""

import re

import numpy as np
import pytest

from digits_nb.course.grid_explorer import NEAREST, Slate
from digits_nb.training import dataset

DIGITS = dataset.load()


def labels(slate: Slate) -> list[str]:
    return re.findall(r"<figcaption>(\d)</figcaption>", slate.near.html)


@pytest.mark.parametrize("digit", range(4))
def test_it_starts_with_the_grid_and_those_nearest_to_it(digit: int) -> None:
    slate = Slate(DIGITS.grids[digit])
    assert np.array_equal(slate.grid, DIGITS.grids[digit])
    assert labels(slate)[0] == str(digit)
    assert len(labels(slate)) == NEAREST


def test_a_touch_brings_other_neighbours() -> None:
    slate = Slate(DIGITS.grids[4])
    slate.editor._handle_custom_msg({"grid": DIGITS.grids[7].ravel().tolist(), "view": "1"}, [])
    assert np.array_equal(slate.grid, DIGITS.grids[7])
    assert labels(slate)[0] == "7"
