from collections.abc import Callable

import numpy as np
import pytest

from digits_nb.preprocessing.normalization import count_blocks
from digits_nb.training import dataset, styles, synthetic_digits, synthetic_outliers


def test_the_rows_come_in_fourteen_blocks_of_one_writer() -> None:
    digits = dataset.load()

    assert digits.grids.shape == (1797, 8, 8)
    assert (np.diff(digits.groups) >= 0).all()
    blocks = np.bincount(digits.groups)
    assert len(blocks) == 14
    assert blocks.min() >= 114
    assert blocks.max() <= 139


def test_each_writer_wrote_every_digit() -> None:
    digits = dataset.load()

    for writer in range(14):
        assert set(digits.labels[digits.groups == writer]) == set(range(10))


def test_the_digest_tells_data_apart() -> None:
    digits = dataset.load()

    assert dataset.digest(digits) == dataset.digest(dataset.load())
    assert dataset.digest(digits) != dataset.digest(digits[1:])


def test_a_restored_bitmap_has_the_block_means_of_its_grid() -> None:
    for grid in dataset.load().grids[:50]:
        bitmap = dataset.restore(grid)

        assert bitmap.shape == (32, 32)
        assert 0 <= bitmap.min() <= bitmap.max() <= 1
        assert np.abs(count_blocks(bitmap) - grid).mean() < 0.2


def test_a_variation_is_another_picture_of_the_same_digit() -> None:
    digits = dataset.load()[:20]

    varied = dataset.varied_digits(digits, 2, np.random.default_rng(0))

    assert len(varied) == 60
    assert varied.labels.tolist() == digits.labels.repeat(3).tolist()
    np.testing.assert_allclose(varied.grids[::3], dataset.normalised(digits).grids)
    apart = np.abs(varied.grids[1::3] - varied.grids[::3]).mean(axis=(1, 2))
    assert apart.min() > 0.1
    assert apart.mean() < 3


@pytest.mark.parametrize(
    ("make", "count"),
    [(dataset.drawn_digits, 20), (dataset.printed_digits, 1), (dataset.drawn_outliers, 20)],
    ids=["drawn digits", "printed digits", "outliers"],
)
def test_what_code_draws_is_the_same_for_the_same_seed_alone(
    make: Callable[[int, np.random.Generator], dataset.Digits], count: int
) -> None:
    first, again, other = (make(count, np.random.default_rng(seed)) for seed in (1, 1, 2))

    np.testing.assert_array_equal(first.grids, again.grids)
    assert not np.array_equal(first.grids, other.grids)


def test_drawn_digits_use_every_style_and_say_which() -> None:
    digits = dataset.drawn_digits(3000, np.random.default_rng(0))

    for digit, skeletons in styles.STYLES.items():
        used = set(digits.groups[digits.labels == digit] - dataset.DRAWN)
        assert used == set(range(len(skeletons)))


def test_printed_digits_use_every_face_and_say_which() -> None:
    digits = dataset.printed_digits(2, np.random.default_rng(0))

    assert len(digits) == 2 * 10 * len(synthetic_digits.FACES)
    assert set(digits.groups) == {dataset.PRINTED + face for face in range(len(synthetic_digits.FACES))}


def test_outliers_are_of_every_kind_say_which_and_have_labels_by_chance() -> None:
    digits = dataset.drawn_outliers(1000, np.random.default_rng(0))

    assert set(digits.groups) == {dataset.OUTLIERS + kind for kind in range(len(synthetic_outliers.KINDS))}
    assert np.bincount(digits.labels, minlength=10).min() > 75
    assert (digits.rows == -1).all()


@pytest.mark.parametrize("direction", [0, 1], ids=["across", "down"])
def test_drawings_of_one_style_differ_in_their_proportions(direction: int) -> None:
    wide = [0.0, 0.0]
    wide[direction] = 0.5
    still = {"jitter": 0, "bend": 0, "turn": 0, "slant": 0, "aspect": 0, "pen": (0.1, 0.101)}
    none, large = (
        synthetic_digits.Variability(**still, proportions=given) for given in ((0, 0), tuple(wide))
    )

    def centres(variability: synthetic_digits.Variability) -> np.ndarray:
        drawn = [synthetic_digits.draw(6, 0, np.random.default_rng(seed), variability) for seed in range(10)]
        sums = [ink.sum(axis=direction) for ink in drawn]
        return np.array([np.average(np.arange(len(each)), weights=each) / len(each) for each in sums])

    apart = centres(large) - centres(none)
    assert apart.min() < -0.02
    assert apart.max() > 0.02


def test_a_pen_broadens_the_strokes_that_it_draws() -> None:
    thin, broad = (
        synthetic_digits.draw(
            8, 1, np.random.default_rng(0), synthetic_digits.Variability(pen=(pen, pen + 0.001))
        ).mean()
        for pen in (0.03, 0.15)
    )

    assert broad > 1.8 * thin


def test_every_style_can_be_drawn_with_ink_inside_its_picture() -> None:
    rng = np.random.default_rng(0)
    for digit, skeletons in styles.STYLES.items():
        assert len(skeletons) >= 8
        for style in range(len(skeletons)):
            ink = synthetic_digits.draw(digit, style, rng)
            rim = np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]])
            assert ink.max() > 0.9
            assert not rim.any()
