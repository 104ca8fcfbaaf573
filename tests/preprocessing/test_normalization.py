from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digits_nb import BadParameter, NoDigit, preprocess
from digits_nb.preprocessing.ink import find_depth, find_ink
from digits_nb.preprocessing.normalization import (
    BITMAP,
    MAX_WIDTH,
    STROKE_WIDTH,
    Normalization,
    count_blocks,
    even_out,
    straighten,
    stroke_width,
)
from digits_nb.training.dataset import load, restore


def seven(width: int = 120, height: int = 160, pen: int = 12) -> np.ndarray:
    """A 7 of straight strokes, 0..1, 1 is ink."""
    ink = np.zeros((height, width), np.uint8)
    path = np.array([(0.25, 0.2), (0.75, 0.2), (0.45, 0.8)]) * (width, height)
    cv2.polylines(
        ink, [path.astype(np.int32)[:, None]], isClosed=False, color=255, thickness=pen, lineType=cv2.LINE_AA
    )
    return ink.astype(np.float32) / 255


def on_paper(ink: np.ndarray, paper: float | np.ndarray = 235, pen: float = 40) -> np.ndarray:
    return (paper + (pen - paper) * ink).round().astype(np.uint8)


def test_the_stages_have_the_shapes_and_ranges_that_are_promised() -> None:
    stages = preprocess(Image.fromarray(on_paper(seven())))

    assert stages.gray.shape == stages.ink.shape == (160, 120)
    assert stages.gray.dtype == np.uint8
    assert stages.bitmap.shape == (32, 32)
    assert stages.grid.shape == (8, 8)
    assert stages.grid.dtype == np.float64
    assert 0 <= stages.grid.min() <= stages.grid.max() <= 16
    for plane in (stages.ink, stages.crop, stages.upright, stages.bitmap):
        assert plane.dtype == np.float32
        assert 0 <= plane.min() <= plane.max() <= 1


def test_the_grid_is_the_mean_ink_of_each_block_times_sixteen() -> None:
    stages = preprocess(on_paper(seven()))

    blocks = stages.bitmap.reshape(8, 4, 8, 4).mean(axis=(1, 3)) * 16

    np.testing.assert_allclose(stages.grid, blocks, atol=1e-4)


def test_the_ink_fills_the_full_height_and_no_more_than_the_width_of_the_source() -> None:
    rows, columns = np.nonzero(preprocess(on_paper(seven(width=300))).bitmap > 0.5)

    assert (rows.min(), rows.max()) == (0, BITMAP - 1)
    assert np.ptp(columns) + 1 <= MAX_WIDTH + 1


def test_the_box_is_where_the_ink_is() -> None:
    left, top, right, bottom = preprocess(on_paper(seven())).box

    rows, columns = np.nonzero(seven() > 0.5)
    assert abs(left - columns.min()) <= 1
    assert abs(top - rows.min()) <= 1
    assert abs(right - columns.max() - 1) <= 1
    assert abs(bottom - rows.max() - 1) <= 1


def test_a_look_in_small_sees_the_same_without_what_is_large() -> None:
    large = cv2.resize(on_paper(seven()), None, fx=10, fy=10, interpolation=cv2.INTER_LINEAR)

    whole, small = preprocess(large), preprocess(large, small=True)

    assert whole.gray.shape == whole.ink.shape == (1600, 1200)
    assert small.gray.shape == small.ink.shape == (500, 375)
    assert small.box == whole.box
    np.testing.assert_array_equal(small.grid, whole.grid)


def test_a_large_jpeg_seen_in_small_becomes_nearly_the_same_grid() -> None:
    large = cv2.resize(on_paper(seven()), None, fx=20, fy=20, interpolation=cv2.INTER_LINEAR)
    query = {"bytes": cv2.imencode(".jpg", large)[1].tobytes()}

    whole, small = preprocess(query), preprocess(query, small=True)

    assert np.abs(small.grid - whole.grid).max() < 2
    assert np.abs(small.grid - whole.grid).mean() < 0.2
    assert np.abs(np.subtract(small.box, whole.box)).max() <= 3200 / 500 * 2


def test_the_box_of_a_large_picture_is_in_its_own_pixels() -> None:
    large = cv2.resize(on_paper(seven()), None, fx=10, fy=10, interpolation=cv2.INTER_LINEAR)

    stages = preprocess(large)

    assert stages.gray.shape == stages.ink.shape == large.shape
    np.testing.assert_allclose(stages.box, 10 * np.array(preprocess(on_paper(seven())).box), atol=15)


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(on_paper(seven(), paper=30, pen=220), id="light on dark"),
        pytest.param(on_paper(seven(), paper=200, pen=150), id="faint"),
        pytest.param(on_paper(seven(), paper=np.linspace(250, 120, 120)), id="under a slope of light"),
        pytest.param(
            on_paper(seven(), paper=170 + 60 * np.tanh((np.arange(160)[:, None] - 90) / 25)),
            id="half in shadow",
        ),
        pytest.param(
            np.pad(on_paper(seven()), ((300, 20), (10, 250)), constant_values=235), id="small and off-centre"
        ),
        pytest.param(np.dstack([on_paper(seven())] * 3), id="in colour"),
        pytest.param(np.dstack([np.zeros((160, 120, 3)), 255 * seven()]).astype(np.uint8), id="transparent"),
    ],
)
def test_however_it_is_sent_a_digit_becomes_the_same_grid(picture: np.ndarray) -> None:
    expected = preprocess(on_paper(seven())).grid

    assert np.abs(preprocess(picture).grid - expected).mean() < 0.6


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "CMYK", "YCbCr", "LAB", "I", "F"]
)
def test_a_picture_of_any_mode_becomes_the_same_grid(mode: str) -> None:
    gray = Image.fromarray(on_paper(seven(), paper=255, pen=0))
    between = {"La": "LA", "RGBa": "RGBA", "CMYK": "RGB", "YCbCr": "RGB", "LAB": "RGB"}.get(mode, "L")
    picture = gray.convert(between).convert(mode)

    assert np.abs(preprocess(picture).grid - preprocess(gray).grid).mean() < 0.6


def test_a_picture_that_was_not_opened_by_us_is_turned_upright_too(tmp_path: Path) -> None:
    upright = Image.fromarray(on_paper(seven()))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees to the right
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)

    with Image.open(tmp_path / "turned.png") as turned:
        np.testing.assert_allclose(preprocess(turned).grid, preprocess(upright).grid)


@pytest.mark.parametrize("shape", [(793, 1), (764, 4), (5, 971), (3, 4000), (4000, 900)])
def test_the_box_stays_inside_the_picture(shape: tuple[int, int]) -> None:
    picture = np.full(shape, 240, np.uint8)
    picture[shape[0] // 4 : shape[0] // 2 + 1, shape[1] // 4 : shape[1] // 2 + 1] = 10

    try:
        left, top, right, bottom = preprocess(picture).box
    except NoDigit:
        return

    assert 0 <= left < right <= shape[1]
    assert 0 <= top < bottom <= shape[0]


@pytest.mark.parametrize("pen", [5, 8, 18, 26])
def test_pens_from_thin_to_broad_leave_strokes_of_one_width(pen: int) -> None:
    bar = np.zeros((160, 120), np.uint8)
    cv2.line(bar, (60, 30), (60, 130), 255, pen)

    bitmap = preprocess(on_paper(bar.astype(np.float32) / 255)).bitmap

    assert abs(bitmap[16].sum() - STROKE_WIDTH) < 0.6
    assert np.abs(preprocess(on_paper(seven(pen=pen))).grid - preprocess(on_paper(seven())).grid).mean() < 0.8


def test_the_stroke_width_is_the_median_of_the_source() -> None:
    def width(grid: np.ndarray) -> float:
        is_ink = np.pad(cv2.resize(restore(grid), (64, 64), interpolation=cv2.INTER_CUBIC) > 0.5, 1)
        return stroke_width(cv2.distanceTransform(is_ink.astype(np.uint8), cv2.DIST_L2, 5)) / 2

    assert abs(np.median([width(grid) for grid in load().grids]) - STROKE_WIDTH) < 0.1


def test_specks_are_wiped_away() -> None:
    dirty = on_paper(seven())
    for row, column in ((10, 10), (150, 20), (75, 110), (140, 100)):
        dirty[row : row + 3, column : column + 3] = 40

    stages = preprocess(dirty)

    np.testing.assert_allclose(stages.grid, preprocess(on_paper(seven())).grid, atol=1.5)
    assert stages.box == preprocess(on_paper(seven())).box


def test_a_loose_stroke_is_no_speck() -> None:
    five = np.zeros((120, 100), np.uint8)
    body = np.array([(30, 30), (30, 55), (60, 60), (65, 85), (30, 95)])
    cv2.polylines(five, [body[:, None]], isClosed=False, color=255, thickness=8)
    cv2.line(five, (40, 18), (75, 18), 255, 8)

    assert preprocess(on_paper(five.astype(np.float32) / 255)).box[1] <= 15


def test_a_slanted_digit_stands_more_upright() -> None:
    def slant(ink: np.ndarray) -> float:
        moments = cv2.moments(ink)
        return abs(moments["mu11"] / moments["mu02"])

    leaning = cv2.warpAffine(seven(), np.array([[1, -0.3, 50], [0, 1, 0]], np.float32), (200, 160))
    stages = preprocess(on_paper(leaning))

    assert slant(stages.upright) < 0.5 * slant(stages.crop)


def test_a_bitmap_that_is_normalised_already_comes_out_as_its_block_counts() -> None:
    off = []
    for grid in load().grids[:200]:
        bitmap = preprocess(on_paper(np.pad(restore(grid), 4))).bitmap
        again = preprocess(on_paper(np.pad(bitmap, 4), paper=255, pen=0)).grid
        off.append(np.abs(again - count_blocks(bitmap)).mean())

    # of 16; slant is what changes: some is left each time, and less of it
    assert np.mean(off) < 0.5


def test_the_digits_of_the_source_keep_most_of_their_counts() -> None:
    grids = load().grids[:200]

    found = np.stack([preprocess(on_paper(np.pad(restore(grid), 4))).grid for grid in grids])

    assert np.abs(found - grids).mean() < 2
    assert (
        np.mean(
            [
                np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]
                for ours, theirs in zip(found, grids, strict=True)
            ]
        )
        > 0.9
    )


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(np.full((100, 100), 255, np.uint8), id="white"),
        pytest.param(np.zeros((40, 30), np.uint8), id="black"),
        pytest.param(np.tile(np.linspace(90, 250, 128).astype(np.uint8), (128, 1)), id="a slope of light"),
        pytest.param(np.random.default_rng(0).normal(220, 4, (200, 200)).astype(np.uint8), id="paper grain"),
        pytest.param(np.random.default_rng(0).integers(0, 256, (200, 200)).astype(np.uint8), id="noise"),
        pytest.param(np.full((1, 1), 7, np.uint8), id="a single pixel"),
    ],
)
def test_a_blank_picture_shows_no_digit(picture: np.ndarray) -> None:
    with pytest.raises(NoDigit, match=r"picture (is blank|shows no digits): .+; send .+\.$"):
        preprocess(picture)


@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1), st.sampled_from([2, 17, 255]))
def test_any_picture_becomes_a_grid_or_shows_no_digit(
    height: int, width: int, seed: int, levels: int
) -> None:
    picture = np.random.default_rng(seed).integers(0, levels, (height, width)).astype(np.uint8) * (
        255 // levels
    )

    try:
        grid = preprocess(picture).grid
    except NoDigit:
        return

    assert grid.shape == (8, 8)
    assert np.isfinite(grid).all()
    assert 0 <= grid.min() <= grid.max() <= 16


def test_each_stage_can_be_taken_by_itself() -> None:
    gray = on_paper(seven())

    ink, _contrast = find_ink(find_depth(gray))
    bitmap = even_out(straighten(np.ascontiguousarray(ink[25:140, 20:100])))

    assert np.abs(count_blocks(bitmap) - preprocess(gray).grid).mean() < 0.5


def test_no_ink_at_all_shows_no_digit_at_the_last_stage_either() -> None:
    with pytest.raises(NoDigit, match="no stroke"):
        even_out(np.zeros((64, 64), np.float32))


@pytest.mark.parametrize("knob", ["threshold", "slant_removed", "stroke_width"])
def test_each_step_that_has_a_knob_follows_it(knob: str) -> None:
    few, many = {"threshold": (0.2, 0.8), "slant_removed": (0, 1), "stroke_width": (2, 8)}[knob]
    leaning = cv2.warpAffine(seven(), np.array([[1, -0.3, 50], [0, 1, 0]], np.float32), (200, 160))
    soft = on_paper(cv2.GaussianBlur(leaning, (0, 0), 4))

    low, high = (preprocess(soft, **{knob: value}) for value in (few, many))

    changed = {
        "threshold": high.crop.size < low.crop.size,
        "slant_removed": (high.upright > 0.5).any(axis=0).sum() < (low.upright > 0.5).any(axis=0).sum(),
        "stroke_width": high.grid.sum() > 1.5 * low.grid.sum(),
    }
    assert changed[knob]


def test_the_box_of_a_reduced_picture_ends_where_the_picture_does() -> None:
    picture = np.full((600, 501), 240, np.uint8)
    picture[100:500, 470:] = 20

    assert preprocess(picture).box[2] == 501


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", 0),
        ("threshold", 1.0),
        ("threshold", float("nan")),
        ("slant_removed", -0.1),
        ("slant_removed", 5),
        ("slant_removed", float("nan")),
        ("stroke_width", 0),
        ("stroke_width", 32),
        ("stroke_width", float("nan")),
    ],
)
def test_a_knob_out_of_its_range_is_refused_by_name(name: str, value: float) -> None:
    picture = np.full((60, 60), 240, np.uint8)
    picture[10:50, 28:33] = 20

    with pytest.raises(BadParameter, match=f"The {name} .* is out of its range"):
        preprocess(picture, **{name: value})


def test_where_nothing_passes_the_threshold_there_is_no_digit() -> None:
    with pytest.raises(NoDigit, match="no stroke of ink"):
        Normalization(threshold=0.9).apply(np.full((20, 20), 0.6, np.float32))
