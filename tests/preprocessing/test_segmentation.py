from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import digits_nb as dn
from digits_nb.preprocessing.grouping import reading_order
from digits_nb.recognition import find_digits
from digits_nb.training.pen import HEIGHT
from digits_nb.training.synthetic_digits import set_type

if TYPE_CHECKING:
    from digits_nb import DigitModel, ModelStore

PAPER, INK = 235.0, 40.0
CORNERS = {
    "a row": [(40, 60), (110, 52), (180, 66), (250, 58), (320, 62)],
    "a column": [(90, 30), (96, 100), (86, 170), (92, 240), (90, 310)],
    "two rows": [(60, 40), (160, 44), (260, 38), (100, 150), (220, 146)],
    "a row that climbs": [(40, 180), (110, 160), (180, 140), (250, 120), (320, 100)],
}


@pytest.fixture
def reader(store: "ModelStore") -> "DigitModel":
    return store.load("latest")


def write(
    digits: list[int], corners: list[tuple[int, int]], shape: tuple[int, int] = (400, 400)
) -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    """A page of printed digits, and the boxes of their ink."""
    page, boxes = np.full(shape, PAPER), []
    for digit, (left, top) in zip(digits, corners, strict=True):
        ink = set_type(str(digit), "DejaVuSans")
        height, width = ink.shape
        page[top : top + height, left : left + width] -= (PAPER - INK) * ink
        x, y, wide, tall = cv2.boundingRect((ink > 0.5).astype(np.uint8))
        boxes.append((left + x, top + y, left + x + wide, top + y + tall))
    return page.astype(np.uint8), boxes


def row(digits: list[int]) -> np.ndarray:
    return write(digits, CORNERS["a row"], (180, 400))[0]


def loose_five() -> np.ndarray:
    page = np.full((120, 160), 240, np.uint8)
    cv2.ellipse(page, (60, 75), (18, 20), 0, -110, 140, 30, 6)
    cv2.line(page, (52, 30), (52, 52), 30, 6)
    cv2.line(page, (62, 28), (84, 26), 30, 6)
    return page


def broken_eight() -> np.ndarray:
    page = np.full((120, 160), 240, np.uint8)
    cv2.circle(page, (70, 40), 15, 30, 5)
    cv2.circle(page, (70, 80), 17, 30, 5)
    return page


def barred_seven() -> np.ndarray:
    page = np.full((120, 160), 240, np.uint8)
    cv2.polylines(page, [np.array([(40, 25), (80, 25), (60, 95)])], isClosed=False, color=30, thickness=5)
    cv2.line(page, (84, 62), (100, 60), 30, 5)
    return page


def one() -> np.ndarray:
    page = np.full((120, 160), 240, np.uint8)
    cv2.line(page, (70, 25), (68, 98), 30, 5)
    return page


def open_four() -> np.ndarray:
    page = np.full((120, 160), 240, np.uint8)
    cv2.polylines(page, [np.array([(50, 25), (40, 65), (70, 65)])], isClosed=False, color=30, thickness=5)
    cv2.line(page, (80, 30), (78, 98), 30, 5)
    return page


@pytest.mark.parametrize("layout", CORNERS)
def test_digits_are_read_in_reading_order_with_their_boxes(reader: "DigitModel", layout: str) -> None:
    digits = [7, 2, 0, 5, 4]
    page, boxes = write(digits, CORNERS[layout])

    answers = dn.read_digits(page, reader)

    assert [answer.digit for answer in answers] == digits
    np.testing.assert_allclose([answer.box for answer in answers], boxes, atol=2)
    assert all(type(edge) is int for answer in answers for edge in answer.box)
    assert {answer.model_version for answer in answers} == {reader.version}


@pytest.mark.parametrize("layout", CORNERS)
def test_one_digit_of_a_page_is_seen_as_if_it_stood_alone(layout: str) -> None:
    page, boxes = write([3, 8, 6, 9, 2], CORNERS[layout])

    for stages, (left, top, right, bottom) in zip(find_digits(page), boxes, strict=True):
        alone = dn.preprocess(page[top - 8 : bottom + 8, left - 8 : right + 8])
        assert np.abs(stages.grid - alone.grid).max() <= 2


def test_a_large_page_has_its_boxes_in_its_own_pixels(reader: "DigitModel") -> None:
    page, boxes = write([7, 2, 0, 5, 4], CORNERS["two rows"])
    large = cv2.resize(page, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)

    answers = dn.read_digits(large, reader)

    assert [answer.digit for answer in answers] == [7, 2, 0, 5, 4]
    np.testing.assert_allclose([answer.box for answer in answers], 8 * np.array(boxes), atol=16)


@pytest.mark.parametrize("picture", [loose_five, broken_eight, barred_seven, open_four])
def test_a_digit_in_several_strokes_is_one(reader: "DigitModel", picture: object) -> None:
    page = picture()

    assert cv2.connectedComponents((page < 128).astype(np.uint8))[0] > 2
    assert len(find_digits(page)) == 1
    assert len(find_digits(np.hstack([one(), page, one()]))) == 3
    assert len(find_digits(np.vstack([one(), page, one()]))) == 3
    assert isinstance(dn.recognize(page, reader), dn.Answer)


def specks(page: np.ndarray) -> np.ndarray:
    rng = np.random.default_rng(0)
    for place in rng.integers(0, page.shape[::-1], (60, 2)).tolist():
        cv2.circle(page, place, 1, INK, -1)
    return page


def ruled(page: np.ndarray) -> np.ndarray:
    cv2.line(page, (4, 90), (395, 84), 110, 2)
    return page


def margin(page: np.ndarray) -> np.ndarray:
    cv2.line(page, (20, 0), (21, page.shape[0]), 110, 2)
    return page


def bled_through(page: np.ndarray) -> np.ndarray:
    back = cv2.GaussianBlur(np.roll(page[:, ::-1], 45, axis=0), (0, 0), 2)
    return np.where(page < 200, page, np.minimum(page, PAPER - 0.3 * (PAPER - back))).astype(np.uint8)


def unevenly_lit(page: np.ndarray) -> np.ndarray:
    light = np.linspace(1, 0.55, page.shape[1])
    noise = np.random.default_rng(0).normal(0, 4, page.shape)
    return np.clip(page * light + noise, 0, 255).astype(np.uint8)


def light_on_dark(page: np.ndarray) -> np.ndarray:
    return 255 - page


@pytest.mark.parametrize("spoil", [specks, ruled, margin, bled_through, unevenly_lit, light_on_dark])
def test_what_paper_has_beside_digits_is_not_read(reader: "DigitModel", spoil: object) -> None:
    answers = dn.read_digits(spoil(row([7, 2, 0, 5, 4])), reader)

    assert [answer.digit for answer in answers] == [7, 2, 0, 5, 4]


def test_a_single_digit_is_a_page_too(reader: "DigitModel") -> None:
    page, (box,) = write([5], [(40, 40)], (140, 120))

    (answer,) = dn.read_digits(page, reader)

    assert answer.digit == dn.recognize(page, reader).digit == 5
    assert answer.box == box


@pytest.mark.parametrize("layout", CORNERS)
def test_several_digits_are_not_read_as_one(reader: "DigitModel", layout: str) -> None:
    page, _ = write([7, 2, 0, 5, 4], CORNERS[layout])

    with pytest.raises(dn.SeveralDigits, match=r"5 digits.*read_digits"):
        dn.recognize(page, reader)
    assert [type(answer) for answer in dn.recognize_many([page], reader)] == [dn.SeveralDigits]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        pytest.param(np.full((200, 300), 255, np.uint8), dn.NoDigit, id="a blank page"),
        pytest.param(ruled(np.full((200, 400), 235, np.uint8)), dn.NoDigit, id="a line and no digit"),
        pytest.param({"path": "missing.png"}, dn.QueryError, id="a file that is not there"),
        pytest.param({"bytes": b"text"}, dn.UnsupportedImage, id="no picture"),
        pytest.param("page.png", dn.QueryError, id="no query"),
    ],
)
def test_what_cannot_be_read_says_so(reader: "DigitModel", query: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        dn.read_digits(query, reader)


@given(
    st.lists(
        st.lists(st.integers(-HEIGHT // 8, HEIGHT // 8), min_size=1, max_size=6), min_size=1, max_size=5
    ),
    st.randoms(use_true_random=False),
)
def test_lines_are_read_in_order_however_their_digits_jump(jumps: list[list[int]], random: object) -> None:
    boxes = [
        (60 * column, 80 * line + jump, 60 * column + 30, 80 * line + jump + HEIGHT)
        for line, of_line in enumerate(jumps)
        for column, jump in enumerate(of_line)
    ]
    shuffled = random.sample(boxes, len(boxes))

    assert [shuffled[number] for number in reading_order(np.array(shuffled))] == boxes
