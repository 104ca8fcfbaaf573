"""Fit, calibrate, evaluate: from scikit-learn's digits to a model with its card.

The recipe is a soft vote of small multi-layer perceptrons on the 64 numbers of the grid. What it learns
from is `load_digits`, variations of it, and digits that code drew (`digits_nb.dataset`).
"""

import platform
import warnings
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed, parallel_config
from tqdm.auto import tqdm

from digits_nb import __version__, dataset, evaluation
from digits_nb.dataset import Digits
from digits_nb.drawing import FACES, STYLES
from digits_nb.model import DigitModel
from digits_nb.normalise import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from sklearn.ensemble import VotingClassifier
    from sklearn.neural_network import MLPClassifier

VARIATIONS = 19
"""Variations of each of scikit-learn's digits."""

DRAWINGS = 60_000
"""Digits that code draws."""

PRINTS = 20
"""Variations of each printed digit in each face."""

MEMBERS = 4
HIDDEN = (256,)
EPOCHS = 20
"""The vote: four perceptrons with a hidden layer of 256 units, twenty passes over the grids."""

ERROR_RATE = 0.01
"""`Answer.certain` bets where at most this share was wrong on hands kept apart."""

FOLDS = 5
"""Folds of the cross-validation, shuffled and by writer."""

_PIECES = 24  # of drawing: a fixed number, so that the grids do not depend on the number of cores
_EVERY = 3  # style and face is kept apart from the fit that is evaluated


def train(*, seed: int = 0, validate: bool = False, progress: bool = True) -> DigitModel:
    """Train the recogniser: the shipped recipe, calibrated, with its card.

    Parameters
    ----------
    seed
        The same seed gives the same model.
    validate
        Add cross-validation to the card, shuffled and with writers kept apart: ten more fits.
    progress
        Show a bar on standard error.

    Returns
    -------
    DigitModel
        With scikit-learn's estimator as `.estimator`. Its card says what it learned from (`data`), its
        accuracy on the split of scikit-learn's gallery example (`holdout`) and how its confidence was
        calibrated (`calibration`, with `certain_from`).
    """
    digits = dataset.load()
    folds = list(_folds(digits, seed)) if validate else []
    steps = 2 * _PIECES + (2 + len(folds)) * MEMBERS
    with (
        tqdm(total=steps, desc="drawing digits", disable=not progress, leave=False) as bar,
        parallel_config(backend="loky", n_jobs=-1, inner_max_num_threads=1),
    ):
        learned = _learned(digits, seed, bar)
        bar.set_description("reading hands kept apart")
        holdout, calibration = _evaluate(digits, learned, seed, bar)
        bar.set_description("cross-validating")
        validation = _validate(digits, learned, folds, seed, bar)
        bar.set_description("fitting")
        vote = _fit(learned, seed, bar, calibration["temperature"])
    drawn = learned.groups >= dataset.DRAWN
    printed = learned.groups >= dataset.PRINTED
    card = {
        "name": "digits_recognition",
        "seed": seed,
        "recipe": f"soft vote of {MEMBERS} MLPs with {HIDDEN} hidden units, {EPOCHS} epochs",
        "data": {
            "scikit-learn": len(digits),
            "variations": int((~drawn).sum()) - len(digits),
            "drawn": int((drawn & ~printed).sum()),
            "printed": int(printed.sum()),
            "styles": sum(map(len, STYLES.values())),
            "faces": list(FACES),
            "digest": dataset.digest(digits),
        },
        "holdout": holdout,
        "calibration": calibration,
        **({"validation": validation} if validate else {}),
        "libraries": {
            "digits_nb": __version__,
            "python": platform.python_version(),
            **{
                name: version(name)
                for name in ("numpy", "opencv-python-headless", "scikit-learn", "skl2onnx")
            },
        },
    }
    return DigitModel.from_estimator(vote, card)


def _learned(digits: Digits, seed: int, bar: tqdm) -> Digits:
    """All grids to learn from, made in parallel: the same for the same seed on any number of cores."""
    seeds = iter(np.random.SeedSequence(seed).spawn(2 * _PIECES + 1))
    pieces = np.array_split(np.arange(len(digits)), _PIECES)
    work = [
        *(delayed(_varied)(digits[rows], child) for rows, child in zip(pieces, seeds, strict=False)),
        *(delayed(_drawn)(child) for _, child in zip(range(_PIECES), seeds, strict=False)),
    ]
    parts = []
    for part in Parallel(return_as="generator")(work):
        parts.append(part)
        bar.update()
    return dataset.join([*parts, dataset.printed_digits(PRINTS, np.random.default_rng(next(seeds)))])


def _varied(digits: Digits, seed: np.random.SeedSequence) -> Digits:
    return dataset.varied_digits(digits, VARIATIONS, np.random.default_rng(seed))


def _drawn(seed: np.random.SeedSequence) -> Digits:
    return dataset.drawn_digits(DRAWINGS // _PIECES, np.random.default_rng(seed))


def _fit(learned: Digits, seed: int, bar: tqdm, temperature: float = 1) -> "VotingClassifier":
    """A soft vote of perceptrons, their logits divided by a temperature."""
    from sklearn.ensemble import VotingClassifier
    from sklearn.preprocessing import LabelEncoder

    columns = (learned.grids.reshape(-1, 64) / LEVELS).astype(np.float32)
    work = [
        delayed(_fit_member)(columns, learned.labels, MEMBERS * seed + number) for number in range(MEMBERS)
    ]
    members = []
    for member in Parallel(return_as="generator")(work):
        # it learned from 0..1 and is asked with 0..16
        member.coefs_[0] /= LEVELS
        members.append(member)
        bar.update()
    _soften(members, temperature)
    # a vote of perceptrons that are fitted already: they were fitted one by one for the bar to move
    vote = VotingClassifier(
        [(f"mlp{number}", member) for number, member in enumerate(members)],
        voting="soft",
        flatten_transform=False,
    )
    vote.estimators_ = members
    vote.le_ = LabelEncoder().fit(np.arange(10))
    vote.classes_ = vote.le_.classes_
    return vote


def _fit_member(columns: "NDArray[np.float32]", labels: "NDArray[np.int64]", seed: int) -> "MLPClassifier":
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    member = MLPClassifier(
        HIDDEN, max_iter=EPOCHS, batch_size=256, learning_rate_init=2e-3, alpha=1e-3, random_state=seed
    )
    with warnings.catch_warnings():
        # the number of passes is part of the recipe, not a failure to converge
        warnings.simplefilter("ignore", ConvergenceWarning)
        return member.fit(columns, labels)


def _soften(members: "list[MLPClassifier]", temperature: float) -> None:
    """Divide the logits by a temperature, in the last layer's weights."""
    for member in members:
        member.coefs_[-1] /= temperature
        member.intercepts_[-1] /= temperature


def _evaluate(digits: Digits, learned: Digits, seed: int, bar: tqdm) -> tuple[dict[str, Any], dict[str, Any]]:
    """Hold-out and calibration: one fit without half of the writers and every third style and face.

    The half is that of scikit-learn's gallery example "Recognizing hand-written digits", which splits the
    rows in order. Confidence is for hands that the model never saw, so it is measured on such hands.
    """
    half = len(digits) // 2
    hidden_hand = (learned.groups >= dataset.DRAWN) & (learned.groups % _EVERY == 0)
    hidden_row = ~_comes_from(learned, np.arange(half), len(digits))
    vote = _fit(learned[~hidden_hand & ~hidden_row], seed, bar)
    test = dataset.normalise(digits[half:])
    holdout = _accuracy(vote, test)
    apart = dataset.join([test, learned[np.flatnonzero(hidden_hand)[: len(test)]]])
    order = np.random.default_rng(seed).permutation(len(apart))
    return holdout, _calibrate(vote, apart[order[::2]], apart[order[1::2]])


def _calibrate(vote: "VotingClassifier", fitted: Digits, measured: Digits) -> dict[str, Any]:
    """Find the temperature on one set of hands kept apart, measure confidence on another."""
    from scipy.optimize import minimize_scalar

    def loss(temperature: float) -> float:
        _soften(vote.estimators_, temperature)
        given = vote.predict_proba(fitted.grids.reshape(-1, 64))[np.arange(len(fitted)), fitted.labels]
        _soften(vote.estimators_, 1 / temperature)
        return -float(np.log(np.clip(given, 1e-12, 1)).mean())

    temperature = float(minimize_scalar(loss, bounds=(0.5, 8), method="bounded", options={"xatol": 1e-3}).x)
    _soften(vote.estimators_, temperature)
    answers = vote.predict_proba(measured.grids.reshape(-1, 64))
    return {
        "temperature": temperature,
        "digits": len(measured),
        "reliability": evaluation.reliability(answers, measured.labels),
        "certain_from": evaluation.threshold(answers, measured.labels, ERROR_RATE),
        "certain_error": ERROR_RATE,
    }


def _folds(digits: Digits, seed: int) -> "Iterator[tuple[str, NDArray[np.int64], NDArray[np.int64]]]":
    """Name, rows to learn from and rows to test on, of each fold of both cross-validations."""
    from sklearn.model_selection import GroupKFold, KFold

    for rows, test in KFold(FOLDS, shuffle=True, random_state=seed).split(digits.grids):
        yield "shuffled", rows, test
    for rows, test in GroupKFold(FOLDS).split(digits.grids, groups=digits.groups):
        yield "writers_apart", rows, test


def _validate(
    digits: Digits,
    learned: Digits,
    folds: "list[tuple[str, NDArray[np.int64], NDArray[np.int64]]]",
    seed: int,
    bar: tqdm,
) -> dict[str, Any]:
    """Accuracy of the recipe in each kind of cross-validation, fold by fold."""
    found: dict[str, Any] = {}
    for name, rows, test in folds:
        vote = _fit(learned[_comes_from(learned, rows, len(digits))], seed, bar)
        found.setdefault(name, []).append(_accuracy(vote, dataset.normalise(digits[test])))
    return {
        name: {
            "accuracy": sum(fold["accuracy"] * fold["digits"] for fold in of_kind) / len(digits),
            "folds": [fold["accuracy"] for fold in of_kind],
        }
        for name, of_kind in found.items()
    }


def _comes_from(learned: Digits, rows: "NDArray[np.int64]", total: int) -> "NDArray[np.bool_]":
    """Which learned digits are one of these rows of scikit-learn's digits, a variation of one, or drawn."""
    row = np.full(len(learned), -1)
    row[: total * (VARIATIONS + 1)] = np.arange(total).repeat(VARIATIONS + 1)
    return (row < 0) | np.isin(row, rows)


def _accuracy(vote: "VotingClassifier", test: Digits) -> dict[str, Any]:
    right = int((vote.predict(test.grids.reshape(-1, 64)) == test.labels).sum())
    return {
        "accuracy": right / len(test),
        "interval": list(evaluation.interval(right, len(test))),
        "digits": len(test),
    }
