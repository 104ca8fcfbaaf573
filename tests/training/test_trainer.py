import importlib
import json
from contextlib import redirect_stderr
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from digits_nb import BadParameter, training
from digits_nb.preprocessing.normalization import LEVELS
from digits_nb.training import calibration, dataset, ensemble

if TYPE_CHECKING:
    from digits_nb import DigitModel

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_the_hold_out_of_the_gallery_split_is_read(model: "DigitModel") -> None:
    holdout = model.card["holdout"]

    assert holdout["digits"] == 899
    assert holdout["accuracy"] >= 0.97
    low, high = holdout["interval"]
    assert low < holdout["accuracy"] < high


def test_the_card_says_what_the_model_learned_from(model: "DigitModel") -> None:
    data = model.card["data"]

    assert data["scikit-learn"] == 1797
    assert data["variations"] == 1797 * training.SHIPPED.variations
    assert data["drawn"] == training.SHIPPED.drawings
    assert data["printed"] == 10 * len(data["faces"]) * training.SHIPPED.prints
    assert 0.99 * training.SHIPPED.outliers < data["outliers"] <= training.SHIPPED.outliers
    assert data["digest"] == dataset.digest(dataset.load())
    assert model.card["seed"] == 0
    assert set(model.card["libraries"]) >= {"digits_nb", "python", "numpy", "scikit-learn"}
    json.dumps(model.card, allow_nan=False)


def test_confidence_was_measured_on_hands_kept_apart(model: "DigitModel") -> None:
    found = model.card["calibration"]

    assert found["reliability"]["error"] < 0.03
    assert len(found["reliability"]["accuracy"]) == 15
    assert 0.3 < found["certain_from"] < 1
    assert found["certain_error"] == calibration.ERROR_RATE
    assert 0.2 < found["digit_from"] < found["certain_from"]
    assert found["outliers_answered"] < 0.6


def test_the_model_reads_the_source_in_its_own_normalisation(model: "DigitModel") -> None:
    digits = dataset.normalised(dataset.load())

    probabilities = model.predict_proba(digits.grids)

    assert (probabilities.argmax(axis=1) == digits.labels).mean() > 0.99


def test_the_estimator_is_plain_scikit_learn_and_takes_grids(model: "DigitModel") -> None:
    grids = dataset.normalised(dataset.load()[:100]).grids

    probabilities = model.estimator.predict_proba(grids.reshape(-1, 64))

    assert type(model.estimator).__module__.startswith("sklearn.")
    np.testing.assert_allclose(probabilities, model.predict_proba(grids), atol=1e-4)


def test_no_weight_is_so_small_that_it_only_costs_time(model: "DigitModel") -> None:
    weights = [weights for member in model.estimator.estimators_ for weights in member.coefs_]
    sizes = np.abs(np.concatenate([part.ravel() for part in weights]))

    # they were divided since, by the ink of a full cell or by the temperature
    smallest = ensemble.FADED / max(LEVELS, model.card["calibration"]["temperature"])
    assert not np.any((sizes > 0) & (sizes < smallest))
    assert np.any(sizes == 0)


def test_digits_in_ten_faces_that_were_not_trained_on_are_read(
    model: "DigitModel", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    printed = importlib.import_module("printed")

    assert len(set(printed.FACES) - set(model.card["data"]["faces"])) == 10
    assert printed.measure(model)["all"]["right"] >= 98


def test_what_is_no_digit_is_refused_though_its_kind_was_never_met(
    model: "DigitModel", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    found = importlib.import_module("nondigits").measure(3000, model)["all"]

    assert found["pictures"] == 3000
    assert found["answered"] <= 0.2
    assert found["certain"] <= 0.05


# The whole way on a twentieth of the digits: seconds instead of a minute.
SMALL = training.Recipe(variations=1, drawings=2400, prints=1, outliers=480, members=2, hidden=64, epochs=8)


@pytest.fixture(scope="module")
def validated() -> "tuple[DigitModel, str]":
    """A model that was validated, and what was printed meanwhile."""
    with redirect_stderr(StringIO()) as printed:
        model = training.train(validate=True, recipe=SMALL)
    return model, printed.getvalue()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(
    validated: "tuple[DigitModel, str]",
) -> None:
    first, again = (training.train(seed=3, progress=False, recipe=SMALL) for _ in range(2))
    other, _ = validated

    assert first.to_bytes() == again.to_bytes()
    assert first.card == again.card
    assert first.tensors["weights_1"].tobytes() != other.tensors["weights_1"].tobytes()


def test_a_recipe_may_do_without_any_source_but_the_digits_themselves() -> None:
    bare = replace(SMALL, variations=0, drawings=0, prints=0, outliers=0)

    card = training.train(progress=False, recipe=bare).card

    assert [card["data"][name] for name in ("variations", "drawn", "printed", "outliers")] == [0, 0, 0, 0]
    assert card["holdout"]["accuracy"] > 0.8


def test_validation_keeps_writers_apart_beside_shuffled_folds(validated: "tuple[DigitModel, str]") -> None:
    model, printed = validated
    validation = model.card["validation"]

    assert set(validation) == {"shuffled", "writers_apart"}
    for kind in validation.values():
        assert len(kind["folds"]) == training.FOLDS
        assert min(kind["folds"]) <= kind["accuracy"] <= max(kind["folds"])
        assert kind["accuracy"] > 0.8
    assert "cross-validating" in printed


@pytest.fixture(scope="module")
def svc() -> "DigitModel":
    return training.train(learner="svc", validate=True)


def test_the_svc_is_the_one_of_the_gallery_example_and_is_measured_on_its_split(svc: "DigitModel") -> None:
    holdout = svc.card["holdout"]

    assert svc.card["kind"] == "svc"
    assert (holdout["digits"], round(holdout["accuracy"], 3)) == (899, 0.969)
    assert svc.estimator.estimator.gamma == 0.001
    assert svc.card["data"] == {"scikit-learn": 1797, "digest": dataset.digest(dataset.load())}
    assert svc.card["validation"]["writers_apart"]["accuracy"] > 0.9
    assert (
        svc.card["validation"]["writers_apart"]["accuracy"] < svc.card["validation"]["shuffled"]["accuracy"]
    )


def test_the_svc_says_of_its_confidence_what_it_was_taught(svc: "DigitModel") -> None:
    found = svc.card["calibration"]
    assert (found["digit_from"], found["refused"]) == (0, 0), "it has met no outliers, and refuses nothing"

    half = dataset.load()[:898]
    before = training.trainer._fit_svc(half)
    held = dataset.load()[898:]
    answers = before.predict_proba(held.grids.reshape(-1, 64))
    certain = answers.max(axis=1) >= found["certain_from"]
    wrong = (answers.argmax(axis=1) != held.labels)[certain].mean()
    assert 0 < certain.sum() < len(held)
    assert wrong <= calibration.ERROR_RATE


def test_the_svc_is_the_same_whenever_it_is_trained(svc: "DigitModel") -> None:
    again = training.train(learner="svc", validate=True)

    assert again.to_bytes() == svc.to_bytes()


@pytest.mark.parametrize("learner", ["forest", "", "SVC", None])
def test_an_unknown_learner_is_refused(learner: str | None) -> None:
    with pytest.raises(BadParameter, match='is unknown: give "networks" or "svc"'):
        training.train(learner=learner)


def test_a_negative_seed_is_refused_before_anything_is_drawn() -> None:
    with pytest.raises(BadParameter, match="seed -1 is negative"):
        training.train(seed=-1)
