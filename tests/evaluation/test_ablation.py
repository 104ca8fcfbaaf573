"""The rungs from a picture that was only shrunk to the 8×8 grid."""

import numpy as np
import pytest

import digits_nb as dn
from digits_nb import paths
from digits_nb.evaluation import ablation


def test_shrunk_ink_keeps_its_place_and_loses_its_proportions() -> None:
    ink = np.zeros((80, 160), np.float32)
    ink[:, :40] = 1  # the left quarter
    grid = ablation.shrink(ink)
    assert grid[:, 0] == pytest.approx(16)
    assert grid[:, 3:] == pytest.approx(0, abs=0.5)


def test_a_digit_in_its_own_proportions_fills_the_height_of_the_grid() -> None:
    ink = np.zeros((90, 200), np.float32)
    ink[10:50, 20:30] = 1  # 40 high and 10 wide: two of the eight blocks across
    expected = np.zeros((8, 8))
    expected[:, 3:5] = 16
    assert ablation.place(ink) == pytest.approx(expected)
    ink[10:50, 20:200] = 1  # no digit is wider than five of eight blocks
    assert np.flatnonzero(ablation.place(ink)[0]).tolist() == [1, 2, 3, 4, 5, 6]


def test_each_rung_shows_another_grid_and_the_last_is_the_whole_way() -> None:
    stages = dn.preprocess({"path": paths.samples() / "two-off-centre-small.jpg"})
    grids = [rung(stages) for rung in ablation.RUNGS.values()]
    assert all(grid.shape == (8, 8) and 0 <= grid.min() <= grid.max() <= 16 for grid in grids)
    assert len({grid.tobytes() for grid in grids}) == len(grids)
    assert np.array_equal(grids[-1], stages.grid)
