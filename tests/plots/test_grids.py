"""Figures say what they show, in a title and in words, and show themselves once."""

import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable
from html import unescape
from io import BytesIO

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from PIL import Image

from digits_nb import Stages, plots, preprocess

Draw = Callable[[], plots.Figure]
RNG = np.random.default_rng(0)
WHOLE = RNG.integers(0, 17, (12, 8, 8))
BROKEN = RNG.uniform(0, 16, (12, 8, 8))
LABELS = np.arange(12) % 10
ONE_WRONG = np.where(np.arange(12) == 3, 8, LABELS)
SURE = np.eye(10)[7]
WHITE = np.full((20, 30), 255, np.uint8)


@pytest.fixture(scope="module")
def stages() -> Stages:
    picture = np.full((90, 60), 255, np.uint8)
    picture[15:75, 27:35] = 0
    return preprocess(Image.fromarray(picture))


FIGURES = {
    "a sheet of whole numbers": lambda: plots.sheet(WHOLE, LABELS, title="Twelve"),
    "a sheet of fractions": lambda: plots.sheet(BROKEN, LABELS, title="Twelve"),
    "a sheet of rows of 64": lambda: plots.sheet(BROKEN.reshape(12, 64), title="Twelve"),
    "a grid with whole numbers in it": lambda: plots.sheet(WHOLE[:1], title="One", numbers=True),
    "a grid with fractions in it": lambda: plots.sheet(BROKEN[:1], title="One", numbers=True),
    "a confusion matrix with a mistake": lambda: plots.confusion(LABELS, ONE_WRONG, BROKEN),
    "a confusion matrix without a mistake": lambda: plots.confusion(LABELS, LABELS, WHOLE),
    "the confusion matrix of nothing": lambda: plots.confusion([], [], np.empty((0, 8, 8))),
    "a picture in colours": lambda: plots.picture(Image.new("RGBA", (30, 20), "#12345678"), title="A photo"),
    "a picture in grey": lambda: plots.picture(Image.new("L", (30, 20), 99), title="A photo"),
    "a gallery": lambda: plots.gallery([WHITE, Image.new("RGB", (9, 20))] * 6, range(12), title="Twelve"),
    "a gallery of one": lambda: plots.gallery([WHITE], ["one"], title="One"),
    "bars": lambda: plots.bars(SURE),
    "accuracies": lambda: plots.accuracies([0.5] * 9 + [None], [[0.4, 0.6]] * 10),
    "a ladder": lambda: plots.ladder(
        {"shrunk": {"ours": 0.2, "theirs": 0.1}, "cut": {"ours": 0.9, "theirs": 1}}
    ),
    "a ladder without rungs": lambda: plots.ladder({}),
    "mistakes": lambda: plots.mistakes(LABELS, ONE_WRONG, BROKEN, {3: WHOLE[3]}),
    "no mistakes": lambda: plots.mistakes(LABELS, LABELS, BROKEN, {}),
    "a curve of reliability": lambda: plots.reliability([0.5, 0.9], [0.4, 0.95]),
    "neighbours": lambda: plots.neighbours(BROKEN[0], WHOLE, LABELS),
    "as many neighbours as there are": lambda: plots.neighbours(BROKEN[0], WHOLE[:1], LABELS[:1]),
}


def shown(figure: plots.Figure) -> dict[str, str]:
    """What a notebook gets when the figure is a cell's last value."""
    return DisplayFormatter().format(figure)[0]


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES.keys())
def test_a_figure_has_a_title_and_tells_it_in_words(draw: Draw) -> None:
    figure = draw()
    assert figure.get_suptitle()
    assert figure.alt.startswith(figure.get_suptitle())
    assert len(figure.alt) > len(figure.get_suptitle())


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES.keys())
def test_visible_axes_have_labels(draw: Draw) -> None:
    for ax in draw().get_axes():
        if ax.axison and (len(ax.get_xticks()) or len(ax.get_yticks())):
            assert ax.get_xlabel()
            assert ax.get_ylabel()


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES.keys())
def test_a_notebook_shows_one_picture_with_its_text_alternative(draw: Draw) -> None:
    figure = draw()
    bundle = shown(figure)
    assert set(bundle) == {"text/html", "text/plain"}
    assert bundle["text/plain"] == figure.alt
    (alt,) = re.findall(r'<img alt="([^"]*)"', bundle["text/html"])
    assert unescape(alt) == figure.alt
    (png,) = re.findall(r'src="data:image/png;base64,([^"]+)"', bundle["text/html"])
    picture = Image.open(BytesIO(b64decode(png)))
    assert picture.format == "PNG"
    assert picture.width == pytest.approx(figure.get_figwidth() * 160, abs=1)


def test_a_picture_keeps_its_pixels_and_tells_its_size() -> None:
    photo = Image.fromarray(RNG.integers(0, 256, (20, 30, 3), dtype=np.uint8))
    figure = plots.picture(photo, title="A photo")
    assert np.array_equal(figure.get_axes()[0].get_images()[0].get_array(), photo)
    assert figure.alt == "A photo: 30 × 20 pixels"


def test_a_gallery_shows_each_picture_in_its_proportions_under_its_caption() -> None:
    gallery = plots.gallery([WHITE, Image.new("RGB", (9, 20), "red")], ["paper", "red"], title="Two")
    assert gallery.alt == "Two: 2 pictures, captioned paper, red"
    drawn = [(ax.get_title(), ax.images[0].get_array().shape[:2]) for ax in gallery.axes]
    assert drawn == [("paper", (20, 30)), ("red", (20, 9))]


def test_the_stages_are_drawn_in_their_order(stages: Stages) -> None:
    figure = plots.strip(stages)
    names = [ax.get_title().split()[0] for ax in figure.get_axes()]
    assert names == ["gray", "ink", "crop", "upright", "bitmap", "grid"]
    assert "gray (60 × 90 pixels)" in figure.alt
    assert "grid (8 × 8 pixels)" in figure.alt
    drawn = [ax.get_images()[0].get_array() for ax in figure.get_axes()]
    assert all(np.array_equal(image, getattr(stages, name)) for image, name in zip(drawn, names, strict=True))


def test_what_was_left_out_is_boxed_in_the_picture_and_named() -> None:
    picture = np.full((90, 100), 255, np.uint8)
    picture[15:75, 50:58] = 0
    picture[:, :12] = 60
    figure = plots.strip(preprocess(picture))
    gray, *others = figure.get_axes()
    assert gray.get_xlabel() == "left out:\nrim"
    assert figure.alt.endswith("; left out: rim")
    digit, table = gray.patches
    assert digit.get_linestyle() == "-"
    assert table.get_linestyle() == "--"
    assert table.get_bbox().bounds == pytest.approx((-0.5, -0.5, 12, 90), abs=1)
    assert digit.get_bbox().bounds == pytest.approx((49.5, 14.5, 8, 60), abs=1)
    assert digit.get_edgecolor() != table.get_edgecolor()
    assert not any(ax.patches or ax.get_xlabel() for ax in others)
    assert "left out" not in plots.strip(preprocess(picture), "ink", "crop").alt


def test_some_stages_are_drawn_alone(stages: Stages) -> None:
    titles = [ax.get_title() for ax in plots.strip(stages, "bitmap", "grid").get_axes()]
    assert titles == ["bitmap\n32 × 32", "grid\n8 × 8"]


def test_a_sheet_carries_each_caption_above_its_grid() -> None:
    axes = plots.sheet(WHOLE, [f"no. {i}" for i in range(12)], title="Twelve", columns=5).get_axes()
    titled = {ax.get_title(): ax.get_images()[0].get_array() for ax in axes if ax.get_title()}
    assert list(titled) == [f"no. {i}" for i in range(12)]
    assert all(np.array_equal(drawn, grid) for drawn, grid in zip(titled.values(), WHOLE, strict=True))


@pytest.mark.parametrize(
    ("grid", "written"),
    [(WHOLE[0], lambda value: f"{value}"), (BROKEN[0], lambda value: f"{value:.1f}")],
    ids=["whole numbers as such", "fractions to a tenth"],
)
def test_numbers_are_written_into_their_cells_and_told_in_words(
    grid: np.ndarray, written: Callable[[float], str]
) -> None:
    figure = plots.sheet([grid], title="One", numbers=True)
    cells = {text.get_position(): text.get_text() for text in figure.get_axes()[0].texts}
    assert cells == {(x, y): written(value) for (y, x), value in np.ndenumerate(grid)}
    assert f"row 7: {' '.join(map(written, grid[7]))}" in figure.alt


def test_a_number_stands_out_from_its_cell() -> None:
    figure = plots.sheet([np.linspace(0, 16, 64)], title="All greys", numbers=True)
    for text in figure.get_axes()[0].texts:
        x, y = text.get_position()
        grey = 1 - (8 * y + x) / 63
        luminance = grey / 12.92 if grey <= 0.04045 else ((grey + 0.055) / 1.055) ** 2.4  # WCAG 2
        contrast = 1.05 / (luminance + 0.05) if text.get_color() == "white" else (luminance + 0.05) / 0.05
        assert contrast >= 4.5


def test_the_confusion_matrix_counts_and_shows_the_mistakes() -> None:
    figure = plots.confusion(LABELS, ONE_WRONG, BROKEN)
    matrix = figure.get_axes()[0].get_images()[0].get_array()
    assert matrix[3, 8] == 1
    assert matrix.trace() == 11
    assert "1 of 12 digits read wrongly; 3 as 8" in figure.alt
    mistakes = {
        ax.get_title(): ax.get_images()[0].get_array() for ax in figure.get_axes()[1:] if ax.get_title()
    }
    assert list(mistakes) == ["3 → 8"]
    assert np.array_equal(mistakes["3 → 8"], BROKEN[3])


def test_mistakes_stand_in_their_cells_as_pictures_and_grids() -> None:
    read = np.where(np.arange(12) == 5, -1, ONE_WRONG)
    photo = RNG.integers(0, 256, (20, 10, 3), dtype=np.uint8)
    figure = plots.mistakes(LABELS, read, BROKEN, {3: photo})
    (ax,) = figure.get_axes()
    picture, grid = ax.get_images()
    assert np.array_equal(picture.get_array(), photo)
    assert np.array_equal(grid.get_array(), BROKEN[3])
    for image in (picture, grid):
        left, right, bottom, top = image.get_extent()
        assert 7.5 < left < right < 8.5
        assert 2.5 < top < bottom < 3.5
    left, right, bottom, top = picture.get_extent()
    assert bottom - top == pytest.approx(2 * (right - left))
    assert "1 of 11 digits read wrongly; 3 as 8 × 1" in figure.alt


def test_a_cell_shows_two_mistakes_and_counts_all() -> None:
    figure = plots.mistakes([7] * 5, [1] * 5, BROKEN[:5], dict.fromkeys(range(5), WHOLE[0]))
    (ax,) = figure.get_axes()
    assert len(ax.get_images()) == 4
    assert "5" in {text.get_text() for text in ax.texts}
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 9.5), (9.5, -0.5))


def test_accuracies_leave_out_digits_that_were_not_asked_for() -> None:
    figure = plots.accuracies([0.5, None] + [1.0] * 8, [[0.4, 0.7], [0, 1]] + [[0.8, 1]] * 8)
    points = figure.get_axes()[0].lines[0]
    assert points.get_xdata().tolist() == [0, 2, 3, 4, 5, 6, 7, 8, 9]
    assert points.get_ydata().tolist() == [50] + [100] * 8
    assert "0 50% (40% to 70%), 2 100% (80% to 100%)" in figure.alt


def test_a_ladder_has_a_line_for_each_folder_and_its_rungs_from_the_top() -> None:
    figure = plots.ladder({"shrunk": {"ours": 0.2, "theirs": 0.1}, "cut": {"ours": 0.9, "theirs": 1}})
    (ax,) = figure.get_axes()
    lines = {line.get_label(): line.get_xdata().tolist() for line in ax.lines}
    assert lines == {"ours": [0.2, 0.9], "theirs": [0.1, 1]}
    assert len({line.get_color() for line in ax.lines}) == len({line.get_marker() for line in ax.lines}) == 2
    places = {
        label.get_text(): ax.transData.transform(label.get_position())[1] for label in ax.get_yticklabels()
    }
    assert places["shrunk"] > places["cut"]
    assert "shrunk: ours 20%, theirs 10%; cut: ours 90%, theirs 100%" in figure.alt


def test_the_bars_mark_the_most_probable_digit() -> None:
    probabilities = np.array([0.05, 0.6, 0.35, 0, 0, 0, 0, 0, 0, 0])
    figure = plots.bars(probabilities)
    bars = figure.get_axes()[0].patches
    assert [bar.get_height() for bar in bars] == pytest.approx(probabilities * 100)
    assert len({bar.get_facecolor() for bar in bars}) == 2
    assert bars[1].get_facecolor() not in {bar.get_facecolor() for i, bar in enumerate(bars) if i != 1}
    assert "1 60.0%, 2 35.0%" in figure.alt


def test_the_curve_of_reliability_stands_beside_the_ideal() -> None:
    figure = plots.reliability([0.5, 0.9], [0.4, 0.95])
    ideal, measured = figure.get_axes()[0].lines
    assert np.array_equal(ideal.get_xdata(), ideal.get_ydata())
    assert measured.get_xydata() == pytest.approx(np.array([[50, 40], [90, 95]]))
    assert "50% sure, 40% right, 90% sure, 95% right" in figure.alt


def test_the_neighbours_are_the_nearest_first() -> None:
    grids = WHOLE[0] + np.array([3, 1, 2])[:, None, None]
    figure = plots.neighbours(WHOLE[0], grids, [30, 10, 20], count=2)
    assert [ax.get_title().split("\n")[0] for ax in figure.get_axes()] == ["this one", "10", "20"]
    assert "a 10 at distance 8, a 20 at distance 16" in figure.alt


def test_text_alternatives_survive_marks_that_mean_something_to_html() -> None:
    figure = plots.sheet(WHOLE[:1], ['"<b>&'], title="A <script>")
    (alt,) = re.findall(r'<img alt="([^"]*)"', shown(figure)["text/html"])
    assert unescape(alt) == figure.alt
    assert "<" not in alt


def test_figures_leave_pyplot_and_scikit_learn_alone() -> None:
    code = (
        "import sys; from digits_nb import plots; plots.bars([1] + [0] * 9)._repr_mimebundle_(); "
        "sys.exit(bool({'matplotlib.pyplot', 'sklearn'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
