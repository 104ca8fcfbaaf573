"""Digits among other ink, or in poor light: each fault of a picture, drawn small, is read right through."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

import digits_nb as dn
from digits_nb.training.synthetic_digits import set_type

if TYPE_CHECKING:
    from digits_nb import DigitModel

Picture = np.ndarray  # (H, W, 3), float32 while it is drawn: red, green, blue
Colour = tuple[float, float, float]

DARK, PAPER = (35.0, 35.0, 40.0), (236.0, 234.0, 228.0)
TABLE = (120.0, 80.0, 45.0)
RULE = (110.0, 130.0, 190.0)


def arc(
    x: float, y: float, wide: float, tall: float, *, degrees: tuple[float, float]
) -> list[tuple[float, float]]:
    """Points of an ellipse around (x, y), from one angle to another, clockwise from the right."""
    angles = np.deg2rad(np.linspace(*degrees, 24))
    return list(zip(x + wide * np.cos(angles), y + tall * np.sin(angles), strict=True))


STROKES: dict[int, list[list[tuple[float, float]]]] = {
    0: [arc(0.35, 0.5, 0.3, 0.5, degrees=(0, 360))],
    1: [[(0.35, 0), (0.33, 1)]],
    2: [[*arc(0.33, 0.28, 0.3, 0.28, degrees=(-160, 40)), (0.05, 1), (0.7, 0.98)]],
    4: [[(0.5, 1), (0.55, 0), (0.05, 0.62), (0.8, 0.64)]],
    5: [[(0.65, 0), (0.15, 0.02), (0.1, 0.42), *arc(0.3, 0.68, 0.32, 0.32, degrees=(-100, 150))]],
    7: [[(0.05, 0), (0.7, 0.02), (0.28, 1)]],
}
"""Paths of the pen in heights of the digit."""


def sheet(rows: int = 240, columns: int = 220, colour: Colour = PAPER) -> Picture:
    """A blank sheet with a little grain."""
    grain = np.random.default_rng(0).normal(0, 0.7, (rows, columns, 1))
    return (np.array(colour) + grain).astype(np.float32)


def blend(picture: Picture, share: np.ndarray, colour: Colour) -> None:
    picture += share[..., None] * (np.array(colour, np.float32) - picture)


def write(
    picture: Picture,
    digit: int,
    colour: Colour = DARK,
    *,
    height: float = 0.5,
    pen: int | None = None,
    centre: tuple[float, float] = (0.5, 0.5),
) -> Picture:
    """Write a digit of some height, in heights of the picture, around a place in widths and heights of it."""
    rows, columns = picture.shape[:2]
    size = height * rows
    pen = max(1, round(0.09 * size)) if pen is None else pen
    points = np.vstack(STROKES[digit])
    shift = np.array(centre) * (columns, rows) - (points.min(axis=0) + points.max(axis=0)) / 2 * size
    ink = np.zeros((rows, columns), np.uint8)
    for stroke in STROKES[digit]:
        path = np.round((np.array(stroke) * size + shift) * 16).astype(np.int32)
        cv2.polylines(ink, [path[:, None]], False, 255, pen, cv2.LINE_AA, 4)
    blend(picture, ink / 255, colour)
    return picture


def box_of(digit: int, shape: tuple[int, ...], height: float, centre: tuple[float, float]) -> np.ndarray:
    """Left, top, right and bottom of the middle of the pen that `write` draws."""
    rows, columns = shape[:2]
    points = np.vstack(STROKES[digit]) * height * rows
    half = np.ptp(points, axis=0) / 2
    middle = np.array(centre) * (columns, rows)
    return np.concatenate([middle - half, middle + half])


def turned(mask: np.ndarray, degrees: float) -> np.ndarray:
    rows, columns = mask.shape
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    return cv2.warpAffine(mask, turn, (columns, rows), borderMode=cv2.BORDER_REPLICATE)


def rule(
    picture: Picture,
    *places: tuple[float, float, float, float],
    thickness: int = 2,
    colour: Colour = RULE,
    degrees: float = 0,
) -> Picture:
    """Draw straight lines from a point to another, in widths and heights of the picture."""
    rows, columns = picture.shape[:2]
    mask = np.zeros((rows, columns), np.float32)
    for x, y, to_x, to_y in places:
        ends = [(round(a * (columns - 1)), round(b * (rows - 1))) for a, b in ((x, y), (to_x, to_y))]
        cv2.line(mask, *ends, 1, thickness)
    blend(picture, turned(mask, degrees), colour)
    return picture


def lay_table(picture: Picture, *corners: tuple[float, float]) -> Picture:
    """Lay a wooden table over a polygon, in widths and heights of the picture."""
    rows, columns = picture.shape[:2]
    mask = np.zeros((rows, columns), np.float32)
    cv2.fillPoly(mask, [np.round(np.array(corners) * (columns, rows)).astype(np.int32)], 1, cv2.LINE_AA)
    down, across = np.mgrid[:rows, :columns]
    wood = 10 * np.sin(down / 4 + 2 * np.sin(across / 30))
    picture += mask[..., None] * (np.array(TABLE, np.float32) + wood[..., None] - picture)
    return picture


def frame(picture: Picture, gap: float, thickness: int, degrees: float = 0) -> Picture:
    """Print a frame around the middle of a picture, a gap (in its heights) away from the rim."""
    rows, columns = picture.shape[:2]
    mask = np.zeros((rows, columns), np.float32)
    away = round(gap * rows)
    cv2.rectangle(mask, (away, away), (columns - 1 - away, rows - 1 - away), 1, thickness)
    blend(picture, turned(mask, degrees), DARK)
    return picture


def shade(picture: Picture, light: np.ndarray) -> Picture:
    """Multiply a picture by the light, (H, W), 0..1."""
    picture *= light[..., None]
    return picture


def places(picture: Picture) -> tuple[np.ndarray, np.ndarray]:
    """Down and across at each pixel, 0..1."""
    rows, columns = picture.shape[:2]
    down, across = np.mgrid[:rows, :columns]
    return down / rows, across / columns


def table_at_the_side(digit: int) -> Picture:
    return lay_table(write(sheet(), digit), (0, 0), (0.12, 0), (0.09, 1), (0, 1))


def dark_table_at_the_side(digit: int) -> Picture:
    picture = write(sheet(), digit)
    picture[:, 195:] = 45
    return picture


def table_in_a_corner(digit: int) -> Picture:
    return lay_table(write(sheet(), digit), (1, 1), (0.72, 1), (1, 0.75))


def thin_frame(digit: int) -> Picture:
    return frame(write(sheet(), digit), 0.08, 1)


def thick_frame(digit: int) -> Picture:
    return frame(write(sheet(), digit), 0.08, 9)


def frame_at_the_rim(digit: int) -> Picture:
    return frame(write(sheet(), digit), 0, 8)


def turned_frame(digit: int) -> Picture:
    return frame(write(sheet(), digit), 0.08, 3, degrees=1.5)


def frame_that_touches(digit: int) -> Picture:
    picture = write(sheet(), digit)
    return rule(
        picture,
        *[(0.08, 0.27, 0.92, 0.27), (0.08, 0.92, 0.92, 0.92)],
        *[(0.08, 0.27, 0.08, 0.92), (0.92, 0.27, 0.92, 0.92)],
        colour=DARK,
        thickness=2,
    )


def two_sides_of_a_frame(digit: int) -> Picture:
    return rule(write(sheet(), digit), (0, 0, 0, 1), (0, 0.99, 1, 0.99), thickness=7, colour=DARK)


def ruled(digit: int) -> Picture:
    lines = [(0, y, 1, y) for y in (0.1, 0.3, 0.5, 0.7, 0.9)]
    return write(rule(sheet(), *lines, degrees=1), digit, height=0.55)


def rules_that_end(digit: int) -> Picture:
    lines = [(0.25 if y in {0.3, 0.7} else 0, y, 1, y) for y in (0.1, 0.3, 0.5, 0.7, 0.9)]
    return write(rule(sheet(), *lines), digit, height=0.55)


def dark_rules(digit: int) -> Picture:
    return write(rule(sheet(), (0, 0.4, 1, 0.4), (0, 0.66, 1, 0.66), colour=DARK), digit, height=0.55)


def squared(digit: int) -> Picture:
    steps = np.arange(0.04, 1, 0.1)
    lines = [(0, y, 1, y) for y in steps] + [(x, 0, x, 1) for x in steps]
    return write(rule(sheet(), *lines, thickness=1), digit)


def margin_line(digit: int) -> Picture:
    return write(rule(sheet(), (0.12, 0, 0.12, 1), thickness=3, colour=(200, 60, 60)), digit)


def pixel_pen(digit: int, side: int) -> Picture:
    return write(sheet(side, side), digit, (20.0, 20.0, 20.0), height=0.6, pen=1)


def low_contrast(digit: int) -> Picture:
    picture = write(sheet(colour=(80, 80, 80)), digit, (70, 70, 70))
    return cv2.GaussianBlur(picture, (3, 3), 0)


def hard_shadow(digit: int) -> Picture:
    picture = write(sheet(), digit)
    down, across = places(picture)
    return shade(picture, np.where(across + 0.4 * down > 0.75, 0.5, 1.0))


def falling_light(digit: int) -> Picture:
    picture = write(sheet(), digit)
    down, across = places(picture)
    return shade(picture, 1 - 0.8 * np.hypot(down, across) / np.sqrt(2))


def tile(digit: int) -> Picture:
    picture = sheet()
    cv2.rectangle(picture, (30, 40), (190, 200), (40, 40, 55), -1)
    return write(picture, digit, (240, 240, 235))


def red_on_green(digit: int) -> Picture:
    red = np.array((220, 60, 60))
    luma = np.array((0.299, 0.587, 0.114))
    green = np.array((60, 130, 80)) * (luma @ red) / (luma @ (60, 130, 80))
    return write(sheet(colour=tuple(green)), digit, tuple(red))


def red_in_a_black_table(digit: int) -> Picture:
    picture = write(sheet(), digit, (200, 40, 40))
    lines = [(0.08, 0, 0.08, 1), (0.9, 0, 0.9, 1), (0, 0.07, 1, 0.07), (0, 0.9, 1, 0.9)]
    return rule(picture, *lines, thickness=4, colour=(20, 20, 20))


def dash_beside(digit: int) -> Picture:
    return rule(write(sheet(), digit), (0.86, 0.5, 0.94, 0.5), thickness=6, colour=DARK)


def dot_beside(digit: int) -> Picture:
    return cv2.circle(write(sheet(), digit), (195, 180), 6, DARK, -1, cv2.LINE_AA)


def cut_neighbour(digit: int) -> Picture:
    write(picture := sheet(), digit)
    return write(picture, 5, centre=(1.03, 0.5))


CASES: dict[str, Callable[[int], Picture]] = {
    "a strip of table at the side": table_at_the_side,
    "a strip of very dark table at the side": dark_table_at_the_side,
    "a corner of the table": table_in_a_corner,
    "a thin printed frame": thin_frame,
    "a thick printed frame": thick_frame,
    "a frame at the rim": frame_at_the_rim,
    "a frame that is slightly turned": turned_frame,
    "a frame that touches the digit": frame_that_touches,
    "two sides of a frame at the rim": two_sides_of_a_frame,
    "ruled lines that cross the digit": ruled,
    "ruled lines of which some end before the rim": rules_that_end,
    "ruled lines as dark as the pen": dark_rules,
    "squared paper": squared,
    "a margin line": margin_line,
    "a pen of one pixel in 200": lambda digit: pixel_pen(digit, 200),
    "a pen of one pixel in 1000": lambda digit: pixel_pen(digit, 1000),
    "a pen of one pixel in 2000": lambda digit: pixel_pen(digit, 2000),
    "ink 10 levels darker than the paper of a dark photo": low_contrast,
    "the hard edge of a shadow across the digit": hard_shadow,
    "light that falls off to a fifth": falling_light,
    "a dark tile with a light digit on a light page": tile,
    "red on green of the same lightness": red_on_green,
    "a red pen in a black table": red_in_a_black_table,
    "a dash beside the digit": dash_beside,
    "a dot beside the digit": dot_beside,
    "a neighbour that the rim cuts off": cut_neighbour,
}
HEIGHTS = dict.fromkeys(("a pen of one pixel in 200", "a pen of one pixel in 1000"), 0.6) | {
    "a pen of one pixel in 2000": 0.6,
    "ruled lines that cross the digit": 0.55,
    "ruled lines of which some end before the rim": 0.55,
    "ruled lines as dark as the pen": 0.55,
}
DIGITS = (2, 5, 7)


def finish(picture: Picture) -> np.ndarray:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("case", CASES)
def test_a_digit_is_read_and_boxed_in_a_picture_with(case: str, digit: int, saved: "DigitModel") -> None:
    picture = finish(CASES[case](digit))

    answer = dn.recognize(picture, saved)

    assert answer.digit == digit
    expected = box_of(digit, picture.shape, HEIGHTS.get(case, 0.5), (0.5, 0.5))
    np.testing.assert_allclose(answer.box, expected, atol=0.06 * len(picture))


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("case", CASES)
def test_a_single_digit_and_all_digits_agree_in_a_picture_with(
    case: str, digit: int, saved: "DigitModel"
) -> None:
    picture = finish(CASES[case](digit))

    single = dn.recognize(picture, saved)
    (one_of_all,) = dn.read_digits(picture, saved)

    assert (single.digit, single.box, single.left_out) == (
        one_of_all.digit,
        one_of_all.box,
        one_of_all.left_out,
    )


@pytest.mark.parametrize("digit", DIGITS)
@pytest.mark.parametrize("margin", [0, 1, 4])
def test_a_digit_that_is_cropped_tightly_is_read(digit: int, margin: int, saved: "DigitModel") -> None:
    picture = finish(write(sheet(), digit))
    left, top, wide, tall = cv2.boundingRect((picture[..., 0] < 128).astype(np.uint8))
    tight = picture[top - margin : top + tall + margin, left - margin : left + wide + margin]

    assert dn.recognize(tight, saved).digit == digit


@pytest.mark.parametrize("width", [3, 5])
@pytest.mark.parametrize("digit", range(10))
def test_an_outlined_digit_is_never_certain_and_wrong(digit: int, width: int, saved: "DigitModel") -> None:
    solid = cv2.resize(np.pad(set_type(str(digit), "DejaVuSans"), 30), None, fx=2, fy=2)
    kernel = np.ones((width, width), np.uint8)
    outline = cv2.dilate(solid, kernel) - cv2.erode(solid, kernel)

    (answer,) = dn.recognize_many([finish(235 - 200 * outline)], saved)

    assert isinstance(answer, dn.NoDigit | dn.SeveralDigits) or not answer.certain or answer.digit == digit


@pytest.mark.parametrize("width", [9, 13, 17])
@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_in_a_broad_outline_is_never_certain_and_wrong(
    digit: int, width: int, saved: "DigitModel"
) -> None:
    solid = (write(sheet(360, 360), digit, height=0.65, pen=58)[..., 0] < 128).astype(np.uint8)
    kernel = np.ones((width, width), np.uint8)
    outline = (cv2.dilate(solid, kernel) - cv2.erode(solid, kernel)).astype(np.float32)

    (answer,) = dn.recognize_many([finish(235 - 200 * outline)], saved)

    assert isinstance(answer, dn.NoDigit | dn.SeveralDigits) or not answer.certain or answer.digit == digit


@pytest.mark.parametrize("pen", [4, 14], ids=["thin pen", "broad pen"])
@pytest.mark.parametrize("softness", [0.001, 0.02, 0.05], ids=["hard edge", "soft edge", "very soft edge"])
@pytest.mark.parametrize("digit", DIGITS)
def test_a_digit_half_in_a_deep_shadow_is_never_certain_and_wrong(
    digit: int, softness: float, pen: int, saved: "DigitModel"
) -> None:
    for edge in (0.5, 0.6, 0.7, 0.8):
        picture = write(sheet(480, 480), digit, height=0.35, pen=pen)
        down, across = places(picture)
        far = np.clip((across + 0.4 * down - edge) / softness, -50, 50)
        (answer,) = dn.recognize_many([finish(shade(picture, 1 - 0.6 / (1 + np.exp(-far))))], saved)
        is_read = isinstance(answer, dn.Answer) and answer.digit == digit
        assert is_read or isinstance(answer, dn.NoDigit | dn.SeveralDigits) or not answer.certain


REASONS: dict[str, tuple[set[str], tuple[int, int, int, int]]] = {
    "a strip of very dark table at the side": ({"rim"}, (195, 0, 220, 240)),
    "a corner of the table": ({"rim"}, (158, 180, 220, 240)),
    "a neighbour that the rim cuts off": ({"rim"}, (183, 55, 220, 187)),
    "a frame at the rim": ({"rim"}, (0, 0, 220, 240)),
    "a thick printed frame": ({"frame"}, (15, 15, 205, 225)),
    "a thin printed frame": ({"frame"}, (18, 18, 202, 222)),
    "a margin line": ({"line", "rim"}, (24, 0, 28, 240)),
    "ruled lines as dark as the pen": ({"line"}, (0, 94, 220, 160)),
    "a dot beside the digit": ({"mark", "speck"}, (189, 174, 201, 186)),
    "a dash beside the digit": ({"mark", "speck"}, (186, 117, 209, 123)),
}
"""Why the ink beside the digit may be left out, and the box around all that is left out for that reason."""


@pytest.mark.parametrize("case", REASONS)
def test_answer_and_stages_say_what_was_left_out_and_why_with(case: str, saved: "DigitModel") -> None:
    picture = finish(CASES[case](2))

    answer, stages = dn.recognize(picture, saved), dn.preprocess(picture, saved)

    assert answer.left_out == stages.left_out
    reasons, place = REASONS[case]
    boxes = np.array([box for box, reason in answer.left_out if reason in reasons]).reshape(-1, 4)
    around = [*boxes[:, :2].min(axis=0, initial=999), *boxes[:, 2:].max(axis=0, initial=0)]
    np.testing.assert_allclose(around, place, atol=6, err_msg=str(answer.left_out))


def test_in_a_plain_picture_nothing_is_left_out(saved: "DigitModel") -> None:
    picture = finish(write(sheet(), 2))

    assert dn.recognize(picture, saved).left_out == dn.preprocess(picture, saved).left_out == ()


def page(digits: tuple[int, ...]) -> Picture:
    picture = sheet(200, 560)
    for number, digit in enumerate(digits):
        write(picture, digit, height=0.4, centre=(0.2 + 0.18 * number, 0.5))
    return picture


def test_a_page_with_a_strip_of_table_is_read_in_full(saved: "DigitModel") -> None:
    picture = lay_table(page((7, 2, 5, 4)), (0, 0), (0.07, 0), (0.06, 1), (0, 1))

    answers = dn.read_digits(finish(picture), saved)

    assert [answer.digit for answer in answers] == [7, 2, 5, 4]
    assert "rim" in {reason for _, reason in answers[0].left_out}


def test_a_ruled_page_is_read_in_full(saved: "DigitModel") -> None:
    picture = rule(page((7, 2, 5, 4)), (0, 0.35, 1, 0.35), (0, 0.55, 1, 0.55), (0, 0.75, 1, 0.75))

    assert [answer.digit for answer in dn.read_digits(finish(picture), saved)] == [7, 2, 5, 4]


@pytest.mark.parametrize("height", [0.4, 0.6], ids=["as high as the others", "higher than the others"])
@pytest.mark.parametrize("digits", [(1, 0), (1, 7), (2, 1, 5)], ids=["10", "17", "215"])
def test_a_straight_1_beside_other_digits_is_no_line(
    digits: tuple[int, ...], height: float, saved: "DigitModel"
) -> None:
    picture = sheet(200, 100 + 110 * len(digits))
    for number, digit in enumerate(digits):
        place = (105 + 110 * number) / picture.shape[1]
        write(picture, digit, height=height if digit == 1 else 0.4, centre=(place, 0.5))

    assert [answer.digit for answer in dn.read_digits(finish(picture), saved)] == list(digits)
