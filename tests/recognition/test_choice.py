"""The constants of the choice belong to the features that they weigh."""

from digits_nb.preprocessing.segmentation import Traits
from digits_nb.recognition.choice import BELIEF, WEIGHTS


def test_each_feature_has_its_weight_in_its_place() -> None:
    assert list(WEIGHTS) == list(BELIEF) == ["likelihood", "weakest", "contrast", "height", *Traits._fields]
