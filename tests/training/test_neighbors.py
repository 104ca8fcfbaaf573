import numpy as np
import pytest

from digits_nb.training import dataset
from digits_nb.training.neighbors import nearest, nearest_training_digits

GRIDS = np.stack([np.full((8, 8), level) for level in (4.0, 1, 3, 16, 1)])


@pytest.mark.parametrize("shape", [(-1, 8, 8), (-1, 64)], ids=["grids of 8 by 8", "rows of 64"])
def test_the_nearest_grids_come_first_and_of_equals_the_first(shape: tuple[int, ...]) -> None:
    found = nearest(np.zeros(64), GRIDS.reshape(shape), [40, 10, 30, 16, 11], 3)

    np.testing.assert_array_equal(found.grids, GRIDS[[1, 4, 2]])
    assert found.labels.tolist() == [10, 11, 30]
    assert found.distances.tolist() == [8, 8, 24]


def test_no_more_are_found_than_there_are() -> None:
    assert nearest(GRIDS[0], GRIDS, range(5), 7).labels.tolist() == [0, 2, 1, 4, 3]


def test_a_training_digit_is_nearest_to_itself() -> None:
    digits = dataset.normalised(dataset.load()[100:103])

    for grid, label in zip(digits.grids, digits.labels, strict=True):
        found = nearest_training_digits(grid, 5)
        np.testing.assert_array_equal(found.grids[0], grid)
        assert found.labels[0] == label
        assert found.distances[0] == 0 < found.distances[1]
