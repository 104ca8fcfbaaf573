import numpy as np
import pytest

from digits_nb.preprocessing.ink import INK
from digits_nb.training import synthetic_outliers


@pytest.mark.parametrize("kind", synthetic_outliers.KINDS, ids=lambda kind: kind.__name__)
def test_an_outlier_is_ink_on_a_ground_and_another_one_each_time(kind) -> None:  # noqa: ANN001 (any of them)
    rng = np.random.default_rng(0)
    drawn = [kind(rng) for _ in range(20)]

    for ink in drawn:
        assert ink.dtype == np.float32
        assert 0 <= ink.min() <= ink.max() <= 1
        assert ink.max() > INK
    assert len({ink.tobytes() for ink in drawn}) > 15
    np.testing.assert_array_equal(kind(np.random.default_rng(7)), kind(np.random.default_rng(7)))


def test_every_symbol_is_a_glyph_of_its_own() -> None:
    blank = synthetic_outliers.set_type(chr(0x10FFFF), "DejaVuSans")  # what a face shows for what it has not

    drawn = [synthetic_outliers.set_type(symbol, "DejaVuSans") for symbol in synthetic_outliers.SYMBOLS]

    assert not any(np.array_equal(ink, blank) for ink in drawn)
    assert not set(synthetic_outliers.SYMBOLS) & set("0123456789")


def test_every_kind_has_its_share() -> None:
    assert len(synthetic_outliers.SHARES) == len(synthetic_outliers.KINDS)
    assert sum(synthetic_outliers.SHARES) == pytest.approx(1)
