import sys
from pathlib import Path

import numpy as np
import pytest

from digits_nb import MissingPackage, QueryError, evaluation


@pytest.mark.parametrize(
    ("right", "total", "expected"),
    [
        # from R's prop.test(correct = FALSE), which gives Wilson's interval
        pytest.param(15, 20, (0.5313, 0.8881), id="some"),
        pytest.param(0, 10, (0.0, 0.2775), id="none"),
        pytest.param(10, 10, (0.7225, 1.0), id="all"),
        pytest.param(0, 0, (0.0, 1.0), id="nothing asked"),
    ],
)
def test_the_interval_is_wilsons(right: int, total: int, expected: tuple[float, float]) -> None:
    np.testing.assert_allclose(evaluation.interval(right, total), expected, atol=5e-5)


def test_an_interval_without_scipy_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)

    with pytest.raises(MissingPackage, match=r"needs scipy.*pip install 'digits_nb\[train\]'"):
        evaluation.interval(15, 20)


def sure(confidences: list[float], right: list[bool]) -> tuple[np.ndarray, np.ndarray]:
    """Answers "3" with these confidences, and labels that make them right or wrong."""
    probabilities = np.full((len(right), 10), 0.0)
    probabilities[:] = (1 - np.array(confidences)[:, None]) / 9
    probabilities[:, 3] = confidences
    return probabilities, np.where(right, 3, 4)


def test_confidence_that_is_right_as_often_as_it_says_has_no_error() -> None:
    found = evaluation.reliability(*sure([0.75] * 60, [True, True, True, False] * 15), bins=15)

    assert found["error"] == pytest.approx(0)
    assert found["accuracy"] == [0.75] * 15


def test_overconfidence_is_an_error_of_its_size() -> None:
    found = evaluation.reliability(*sure([0.9] * 100, [True, False] * 50), bins=5)

    assert found["error"] == pytest.approx(0.4)
    assert found["confidence"] == pytest.approx([0.9] * 5)


def test_the_bins_have_equal_mass_and_rise_in_confidence() -> None:
    confidences = np.linspace(0.2, 1, 150)
    found = evaluation.reliability(*sure(list(confidences), [True] * 150))

    assert len(found["confidence"]) == evaluation.BINS
    np.testing.assert_allclose(found["confidence"], confidences.reshape(15, 10).mean(axis=1))


def test_the_threshold_keeps_the_error_rate() -> None:
    confidences = [0.99, 0.98, 0.97, 0.96, 0.5, 0.4, 0.3]
    right = [True, True, True, True, False, False, True]

    assert evaluation.threshold(*sure(confidences, right), 0.2) == pytest.approx(0.5)
    assert evaluation.threshold(*sure(confidences, right), 0.1) == pytest.approx(0.96)
    assert evaluation.threshold(*sure(confidences, [False] * 7), 0.1) == 1


def test_answers_of_the_same_confidence_are_all_above_the_threshold_or_none() -> None:
    confidences, right = [0.9, 0.8, 0.8, 0.8], [True, True, True, False]

    assert evaluation.threshold(*sure(confidences, right), 0.2) == pytest.approx(0.9)
    assert evaluation.threshold(*sure(confidences, right), 0.25) == pytest.approx(0.8)


def test_rows_of_the_confusion_matrix_are_what_was_written() -> None:
    counts = evaluation.confusion([7, 7, 1], [1, 7, 1])

    assert counts[7, 1] == counts[7, 7] == counts[1, 1] == 1
    assert counts.sum() == 3


def test_labelled_pictures_come_sorted_with_their_labels(tmp_path: Path) -> None:
    for name in ("7/b.png", "7/a.png", "0/c.png", "7/.DS_Store", "x/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    paths, labels = evaluation.labelled_pictures(tmp_path)

    assert [path.relative_to(tmp_path).as_posix() for path in paths] == ["0/c.png", "7/a.png", "7/b.png"]
    assert labels.tolist() == [0, 7, 7]


@pytest.mark.parametrize(("name", "problem"), [("", "holds no pictures"), ("missing", "is no folder")])
def test_a_folder_without_labelled_pictures_is_refused(tmp_path: Path, name: str, problem: str) -> None:
    with pytest.raises(QueryError, match=f"{problem}.*sub-folders, named 0 to 9"):
        evaluation.labelled_pictures(tmp_path / name)


def test_a_folder_without_a_name_is_not_the_one_we_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "a.png").touch()
    monkeypatch.chdir(tmp_path)

    with pytest.raises(QueryError, match=r"^No folder of pictures is given: .*named 0 to 9"):
        evaluation.labelled_pictures("")
    assert len(evaluation.labelled_pictures(".")[0]) == 1


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "a.png").touch()
    monkeypatch.setenv("HOME", str(tmp_path))

    assert evaluation.labelled_pictures("~")[0] == [tmp_path / "7" / "a.png"]
