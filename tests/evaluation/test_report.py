from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits_nb import Answer, CorruptImage, DigitsError, NoDigit, preprocess
from digits_nb.evaluation import report
from digits_nb.runs.results import leave_findings


def answer(digit: int, confidence: float = 0.91, *, certain: bool = False) -> Answer:
    probabilities = np.full(10, (1 - confidence) / 9)
    probabilities[digit] = confidence
    grid = np.full((8, 8), float(digit))
    return Answer(
        digit=digit,
        confidence=confidence,
        certain=certain,
        probabilities=probabilities,
        grid=grid,
        model_version="f" * 64,
        duration_s=0.001,
        box=(1, 2, 3, 4 + digit),
        picture=np.zeros((9, 9), np.uint8),
    )


ANSWERS = [
    answer(7, certain=True),
    answer(1, 0.95, certain=True),
    NoDigit("The picture is blank."),
    answer(3),
    answer(1, 0.97),
    CorruptImage("The file ends too early."),
    answer(1, 0.6),
]
ANSWERS[2].stages = preprocess(np.pad(np.zeros((40, 6), np.uint8), 20, constant_values=255))
LABELS = [7, 7, 7, 3, 7, 3, 7]


@pytest.fixture
def read() -> report.Readings:
    return report.collect(iter(ANSWERS), LABELS)


def test_what_was_read_is_kept_without_the_pictures(read: report.Readings) -> None:
    assert len(read) == 7
    assert read.labels.tolist() == LABELS
    assert read.digits.tolist() == [7, 1, report.REFUSED, 3, 1, report.REFUSED, 1]
    assert read.certain.tolist() == [True, True, False, False, False, False, False]
    assert np.array_equal(read.grids[1], np.ones((8, 8)))
    assert read.boxes[0].tolist() == [1, 2, 3, 11]
    np.testing.assert_allclose(read.probabilities.sum(axis=1), [1, 1, 0, 1, 1, 0, 1])
    assert {row: type(error) for row, error in read.refusals.items()} == {2: NoDigit, 5: CorruptImage}
    assert ANSWERS[2].stages is not None
    assert read.refusals[2].stages is None
    assert str(read.refusals[2]) == "The picture is blank."


@pytest.mark.parametrize("labels", [LABELS[1:], [*LABELS, 0]], ids=["too few labels", "too many"])
def test_answers_and_labels_must_be_as_many(labels: list[int]) -> None:
    with pytest.raises(ValueError, match="zip"):
        report.collect(ANSWERS, labels)


def test_a_refusal_counts_as_wrong(read: report.Readings) -> None:
    found = report.summarise(read)

    assert (found["n"], found["refused"], found["accuracy"]) == (7, 2, pytest.approx(2 / 7))
    low, high = found["interval"]
    assert low < 2 / 7 < high
    assert found["refusals"] == {"NoDigit": 1, "CorruptImage": 1}
    assert found["per_digit"]["3"]["accuracy"] == 0.5
    assert found["per_digit"]["7"] | {"interval": None} == {
        "n": 5,
        "accuracy": 0.2,
        "interval": None,
        "refused": 1,
    }


def test_the_confusion_matrix_holds_every_answer_and_no_refusal(read: report.Readings) -> None:
    counts = np.array(report.summarise(read)["confusion"])

    assert (counts[7, 7], counts[7, 1], counts[3, 3], counts.sum()) == (1, 3, 1, 5)


def test_certainty_is_a_share_of_all_pictures_and_its_error_one_of_the_certain(
    read: report.Readings,
) -> None:
    found = report.summarise(read)

    assert (found["certain"], found["certain_share"], found["certain_error"]) == (
        2,
        pytest.approx(2 / 7),
        0.5,
    )
    low, high = found["certain_error_interval"]
    assert 0 < low < 0.5 < high < 1


def test_confidence_is_measured_where_there_is_an_answer(read: report.Readings) -> None:
    found = report.summarise(read)

    assert sorted(found["reliability"]["confidence"]) == pytest.approx([0.6, 0.91, 0.91, 0.95, 0.97])
    assert found["expected_calibration_error"] == pytest.approx((0.6 + 0.95 + 0.97 + 0.09 + 0.09) / 5)


@pytest.mark.parametrize(
    "answers",
    [[NoDigit("The picture is blank.")] * 3, [answer(1), answer(2), answer(3)]],
    ids=["all refused", "none certain, and digits that were not asked for"],
)
def test_a_share_of_none_is_none_and_json_holds_it(
    answers: list[Answer | DigitsError], tmp_path: Path
) -> None:
    found = report.summarise(report.collect(answers, [1, 1, 1]))

    assert found["certain_error"] is None
    assert found["per_digit"]["8"]["accuracy"] is None
    assert (found["expected_calibration_error"] is None) == (found["refused"] == 3)
    assert set(found["reliability"]) == {"confidence", "accuracy"}
    leave_findings(found, "evaluate", str(tmp_path / "found.json"))
    assert (tmp_path / "found.json").exists()


def test_every_mistake_is_told_by_name(read: report.Readings) -> None:
    names = [f"{label}/{row}.png" for row, label in enumerate(LABELS)]

    first, blank, *_, last = found = report.mistakes(read, names)

    assert [mistake["picture"] for mistake in found] == [names[row] for row in (1, 2, 4, 5, 6)]
    assert first == {
        "picture": "7/1.png",
        "written": 7,
        "read": 1,
        "confidence": pytest.approx(0.95),
        "certain": True,
    }
    assert blank == {
        "picture": "7/2.png",
        "written": 7,
        "read": None,
        "error": "NoDigit",
        "message": "The picture is blank.",
    }
    assert (last["certain"], last["confidence"]) == (False, pytest.approx(0.6))


@pytest.mark.parametrize(("each", "expected"), [(1, [4]), (2, [4, 1]), (9, [4, 1, 6])])
def test_the_surest_mistakes_come_first_and_no_refusal_is_one(
    read: report.Readings, each: int, expected: list[int]
) -> None:
    assert report.surest_mistakes(read, each) == expected


def test_a_cut_out_holds_the_box_and_some_of_its_ground() -> None:
    picture = np.full((100, 200, 3), 255, np.uint8)
    picture[40:60, 150:160] = (200, 0, 0)

    cut = report.cut_out(picture, (150, 40, 160, 60))

    assert cut.shape == (20 + 2 * 4, 10 + 2 * 4, 3)
    assert (cut == (200, 0, 0)).all(axis=2).sum() == 200


def test_a_cut_out_ends_where_its_picture_does_and_is_small() -> None:
    assert report.cut_out(np.zeros((5, 4), np.uint8), (0, 0, 4, 5)).shape == (5, 4)
    assert report.cut_out(Image.new("L", (3000, 1500)), (0, 0, 3000, 1500)).shape == (100, 200)
