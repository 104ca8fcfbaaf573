"""Train a model and write its card: fit, calibrate, evaluate.

Two learners are known. "networks" is the project's own: a soft vote of perceptrons
(`digits_nb.training.ensemble`), which learns from `load_digits`, variations of it, drawn digits, and outliers
that are no digits (`digits_nb.training.dataset`). "svc" is the one of a well-known demo: `SVC(gamma=0.001)`
on `load_digits` as it is.
"""

import platform
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import Parallel, delayed, parallel_config
from tqdm.auto import tqdm

from digits_nb import __version__, evaluation
from digits_nb.errors import BadParameter
from digits_nb.models.model import DigitModel
from digits_nb.training import dataset
from digits_nb.training.calibration import calibrate, measure_held_out
from digits_nb.training.dataset import Digits
from digits_nb.training.ensemble import fit_vote, log_probabilities, soften
from digits_nb.training.styles import STYLES
from digits_nb.training.synthetic_digits import FACES
from digits_nb.training.synthetic_outliers import KINDS, stripes, symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray
    from sklearn.base import ClassifierMixin
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import VotingClassifier

    Fit = Callable[[Digits], VotingClassifier]
    Rows = NDArray[np.int64]
    Fold = tuple[str, Rows, Rows]

FOLDS = 5
"""Folds of the cross-validation, shuffled and by writer."""

GAMMA = 0.001
"""Of the SVC's kernel, as in scikit-learn's gallery example "Recognizing hand-written digits"."""

LEARNERS = ("networks", "svc")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the networks learn from, and how.

    Attributes
    ----------
    variations : int
        Of each of scikit-learn's digits.
    drawings : int
        Digits that code draws.
    prints : int
        Variations of each printed digit in each face.
    outliers : int
        Pictures of no digit that code draws.
    members : int
        Perceptrons in the vote.
    hidden : int
        Units in the hidden layer of each.
    epochs : int
        Passes over the grids, in fours: a half, a quarter and a quarter at falling learning rates.
    """

    variations: int = 9
    drawings: int = 80_000
    prints: int = 20
    outliers: int = 12_000
    members: int = 4
    hidden: int = 256
    epochs: int = 12


SHIPPED = Recipe()
"""Chosen to fit within a minute: more drawings, units and passes were tried on pictures from elsewhere, and
gained no more than chance could account for."""

_PIECES = 24  # of drawing: a fixed number, so that the grids do not depend on the number of cores
APART = [KINDS.index(kind) for kind in (symbol, stripes)]
"""Kinds of outliers that are kept apart from the fits that are calibrated: one of strokes, one of texture."""


def train(
    *,
    seed: int = 0,
    validate: bool = False,
    progress: bool = True,
    recipe: Recipe = SHIPPED,
    learner: str = "networks",
) -> DigitModel:
    """Train a recogniser, calibrate it, and write its card.

    Parameters
    ----------
    seed
        0 or more. The same seed gives the same model, with the same libraries on the same kind of machine.
    validate
        Add cross-validation to the card, shuffled and with writers kept apart: ten more fits.
    progress
        Show a bar on standard error.
    recipe
        Another one than the shipped for the networks, to see what each part of it is good for.
    learner
        "networks", or "svc" for the support vector classifier of scikit-learn's gallery example.

    Returns
    -------
    DigitModel
        With scikit-learn's estimator as `.estimator`. Its card says what it learned from (`data`), its
        accuracy on the split of scikit-learn's gallery example (`holdout`) and how its confidence was
        calibrated (`calibration`, with `digit_from` and `certain_from`, from where on an answer is given and
        is certain).

    Raises
    ------
    BadParameter
        The seed is negative, or the learner is unknown.
    """
    if seed < 0:
        msg = f"The seed {seed} is negative: give 0 or a larger whole number."
        raise BadParameter(msg)
    if learner not in LEARNERS:
        msg = f'The learner {learner!r:.80} is unknown: give "networks" or "svc".'
        raise BadParameter(msg)
    digits = dataset.load()
    folds = list(_folds(digits, seed)) if validate else []
    estimator: ClassifierMixin
    if learner == "svc":
        estimator, facts = _train_svc(digits, folds)
    else:
        estimator, facts = _train_networks(digits, folds, recipe=recipe, seed=seed, progress=progress)
    card: dict[str, Any] = {
        "name": "digits_recognition",
        "seed": seed,
        **facts,
        "libraries": {
            "digits_nb": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "opencv-python-headless", "scikit-learn")},
        },
    }
    return DigitModel.from_estimator(estimator, card)


def _train_networks(
    digits: Digits, folds: "list[Fold]", *, recipe: Recipe, seed: int, progress: bool
) -> "tuple[VotingClassifier, dict[str, Any]]":
    """Fit and calibrate the vote; gives it with what its card says of it."""
    few = (recipe.members + 1) // 2  # enough members to find one temperature
    steps = 3 * _PIECES + 1 + (2 + len(folds)) * recipe.members + 2 * few
    with (
        tqdm(total=steps, desc="drawing digits", disable=not progress, leave=False) as bar,
        parallel_config(backend="loky", n_jobs=-1, inner_max_num_threads=1),
    ):
        learned = _learned(digits, recipe, seed, bar)
        part = partial(fit_vote, hidden=recipe.hidden, epochs=recipe.epochs, seed=seed, fitted=bar.update)
        fit = partial(part, members=recipe.members)
        bar.set_description("holding out half")
        # the halves of scikit-learn's gallery example "Recognizing hand-written digits"
        first, second = np.array_split(np.arange(len(digits)), [len(digits) // 2])
        holdout = _score(digits, learned, fit, first, second)
        bar.set_description("calibrating")
        calibration = _calibrate(digits, learned, partial(part, members=few), seed)
        if folds:
            bar.set_description("cross-validating")
        validation = _validate(folds, partial(_score, digits, learned, fit))
        bar.set_description("fitting")
        vote = fit(learned)
    _dismiss_workers()
    soften(vote, calibration["temperature"])
    starts = (dataset.DRAWN, dataset.PRINTED, dataset.OUTLIERS)
    drawn, printed, outliers = (int((learned.groups >= start).sum()) for start in starts)
    facts = {
        "recipe": {"estimator": "soft vote of multi-layer perceptrons on 64 numbers", **asdict(recipe)},
        "data": {
            "scikit-learn": len(digits),
            "variations": len(learned) - drawn - len(digits),
            "drawn": drawn - printed,
            "printed": printed - outliers,
            "outliers": outliers,
            "styles": sum(map(len, STYLES.values())),
            "faces": list(FACES),
            "kinds of outliers": [kind.__name__ for kind in KINDS],
            "digest": dataset.digest(digits),
        },
        "holdout": holdout,
        "calibration": calibration,
        **({"validation": validation} if folds else {}),
    }
    return vote, facts


def _train_svc(digits: Digits, folds: "list[Fold]") -> "tuple[CalibratedClassifierCV, dict[str, Any]]":
    """Fit the SVC on scikit-learn's digits as they are; gives it with what its card says of it."""
    half = len(digits) // 2
    held_out, classifier = digits[half:], _fit_svc(digits[:half])
    answers = classifier.predict_proba(held_out.grids.reshape(-1, 64))
    validation = _validate(folds, lambda rows, test: _accuracy(_fit_svc(digits[rows]), digits[test]))
    facts = {
        "recipe": {"estimator": "SVC on 64 numbers, calibrated by sigmoids", "gamma": GAMMA},
        "data": {"scikit-learn": len(digits), "digest": dataset.digest(digits)},
        "holdout": _accuracy(classifier, held_out),
        "calibration": measure_held_out(answers, held_out.labels),
        **({"validation": validation} if folds else {}),
    }
    return _fit_svc(digits), facts


def _fit_svc(digits: Digits) -> "CalibratedClassifierCV":
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.svm import SVC

    classifier = CalibratedClassifierCV(SVC(gamma=GAMMA), method="sigmoid", ensemble=False)
    return classifier.fit(digits.grids.reshape(-1, 64), digits.labels)


def _learned(digits: Digits, recipe: Recipe, seed: int, bar: "tqdm[Any]") -> Digits:
    """Make all grids to learn from, in parallel: the same for the same seed on any number of cores."""
    pieces = np.array_split(np.arange(len(digits)), _PIECES)
    drawings, outliers = (
        [len(part) for part in np.array_split(np.empty(count), _PIECES)]
        for count in (recipe.drawings, recipe.outliers)
    )
    rngs = (np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(3 * _PIECES + 1))
    work = [
        *(delayed(dataset.varied_digits)(digits[rows], recipe.variations, next(rngs)) for rows in pieces),
        *(delayed(dataset.drawn_digits)(count, next(rngs)) for count in drawings),
        delayed(dataset.printed_digits)(recipe.prints, next(rngs)),
        *(delayed(dataset.drawn_outliers)(count, next(rngs)) for count in outliers),
    ]
    parts = []
    for part in Parallel(return_as="generator")(work):
        parts.append(part)
        bar.update()
    return dataset.join(parts)


def _score(digits: Digits, learned: Digits, fit: "Fit", rows: "Rows", test: "Rows") -> dict[str, Any]:
    """Fit on what comes from `rows` of scikit-learn's digits; give the accuracy on the rows `test`."""
    return _accuracy(fit(learned[_comes_from(learned, rows)]), dataset.normalised(digits[test]))


def _calibrate(digits: Digits, learned: Digits, fit: "Fit", seed: int) -> dict[str, Any]:
    """Calibrate on handwriting and on outliers that a vote never saw.

    A smaller vote learns from one half of scikit-learn's digits and is asked about the other, then the other
    way round; both without some kinds of outliers, which they are asked about as well.
    """
    outlier = (learned.groups >= dataset.OUTLIERS) & np.isin(learned.groups - dataset.OUTLIERS, APART)
    rows, half = np.arange(len(digits)), len(digits) // 2
    asked, others = [], []
    for apart in (rows[half:], rows[:half]):
        vote = fit(learned[_comes_from(learned, np.setdiff1d(rows, apart)) & ~outlier])
        asked.append(log_probabilities(vote, dataset.normalised(digits[apart]).grids))
        others.append(log_probabilities(vote, learned[outlier].grids))
    return calibrate(
        np.concatenate(asked, axis=1),
        np.concatenate([digits.labels[half:], digits.labels[:half]]),
        np.concatenate(others, axis=1),
        np.random.default_rng(seed),
    )


def _folds(digits: Digits, seed: int) -> "Iterator[Fold]":
    """Give name, rows to learn from and rows to test on, of each fold of both cross-validations."""
    from sklearn.model_selection import GroupKFold, KFold

    for rows, test in KFold(FOLDS, shuffle=True, random_state=seed).split(digits.grids):
        yield "shuffled", rows, test
    for rows, test in GroupKFold(FOLDS).split(digits.grids, groups=digits.groups):
        yield "writers_apart", rows, test


def _validate(
    folds: "list[Fold]", score: "Callable[[Rows, Rows], dict[str, Any]]"
) -> dict[str, dict[str, Any]]:
    """Give the accuracy in each kind of cross-validation, of all folds and fold by fold.

    Parameters
    ----------
    folds
        From `_folds`.
    score
        Fits on some rows, and gives the accuracy on others, as `_accuracy` does.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for name, rows, test in folds:
        found.setdefault(name, []).append(score(rows, test))
    validation = {}
    for name, scores in found.items():
        shares, sizes = [fold["accuracy"] for fold in scores], [fold["digits"] for fold in scores]
        validation[name] = {"accuracy": float(np.average(shares, weights=sizes)), "folds": shares}
    return validation


def _comes_from(learned: Digits, rows: "NDArray[np.int64]") -> "NDArray[np.bool_]":
    """Find the learned digits that are one of these rows of scikit-learn's, a variation of one, or drawn."""
    return (learned.rows < 0) | np.isin(learned.rows, rows)


def _dismiss_workers() -> None:
    """End the worker processes, which would wait for more work and complain when the kernel ends."""
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True)


def _accuracy(classifier: "ClassifierMixin", test: Digits) -> dict[str, Any]:
    right = int((classifier.predict(test.grids.reshape(-1, 64)) == test.labels).sum())
    low, high = evaluation.interval(right, len(test))
    return {"accuracy": right / len(test), "interval": [low, high], "digits": len(test)}
