"""Snapshots: digits as somebody might have photographed them."""

import numpy as np
import pytest
from sklearn.svm import SVC

import digits_nb as dn
from digits_nb.course import synthetic_photos
from digits_nb.training import dataset

DIGITS = dataset.load()


def test_the_same_chance_makes_the_same_snapshots_and_another_makes_others() -> None:
    once, again, others = (
        [
            np.asarray(picture)
            for picture in synthetic_photos.photographs(DIGITS[:5], np.random.default_rng(seed))
        ]
        for seed in (0, 0, 1)
    )
    assert all(map(np.array_equal, once, again))
    assert not any(map(np.array_equal, once, others))


def test_snapshots_differ_in_size_place_polarity_and_pen() -> None:
    pictures = synthetic_photos.photographs(DIGITS[:60], np.random.default_rng(0))
    stages = [dn.preprocess(picture) for picture in pictures]
    assert len({picture.size for picture in pictures}) > 50
    dark = sum(np.median(each.gray) > 127 for each in stages)
    assert 25 < dark < 55
    heights = [(each.box[3] - each.box[1]) / each.gray.shape[0] for each in stages]
    assert min(heights) < 0.45
    assert max(heights) > 0.7
    fill = [float((each.crop > 0.5).mean()) for each in stages]
    assert max(fill) > 2 * min(fill)


@pytest.mark.parametrize("seed", range(20))
def test_every_digit_stays_on_its_sheet(seed: int) -> None:
    for picture in synthetic_photos.photographs(
        DIGITS[seed * 40 : seed * 40 + 40], np.random.default_rng(seed)
    ):
        stages = dn.preprocess(picture)
        left, top, right, bottom = stages.box
        assert left > 0
        assert top > 0
        assert right < picture.width
        assert bottom < picture.height


def test_a_digit_is_read_from_its_snapshot_as_it_is_from_its_grid() -> None:
    half = len(DIGITS) // 2
    learned = dataset.normalised(DIGITS[:half])
    model = SVC(gamma=0.001).fit(learned.grids.reshape(-1, 64), learned.labels)
    asked = DIGITS[half::5]
    pictures = synthetic_photos.photographs(asked, np.random.default_rng(3))
    grids = np.array([dn.preprocess(picture).grid for picture in pictures]).reshape(-1, 64)
    assert model.score(grids, asked.labels) > 0.95
