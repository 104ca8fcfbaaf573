"""The estimator: a soft vote of small multi-layer perceptrons on the 64 numbers of a grid.

Fitted one by one and in parallel, so that a bar can move; the vote itself is scikit-learn's.
"""

import warnings
from typing import TYPE_CHECKING

import numpy as np
from joblib import Parallel, delayed

from digits_nb.preprocessing.normalization import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from sklearn.ensemble import VotingClassifier
    from sklearn.neural_network import MLPClassifier

    from digits_nb.training.dataset import Digits

BATCH = 256
DECAY = 1e-3
RATES = ((3e-3, 2), (1e-3, 4), (2e-4, 4))
"""Batch size and weight decay of a fit, usual values; and learning rates, each with its share of the passes:
a half, a quarter, a quarter. Others that were tried gained nothing."""

FADED = 1e-20
"""Weights below this become zero: they are too small to change a sum in float32, in which the grids are.

Weight decay leaves such weights: at every step it shrinks those of a unit that no grid excites, and never to
zero. Below 1.2e-38 they are subnormal, and common processors calculate many times more slowly with those:
left alone, they double the time of a fit.
"""


def fit_vote(
    digits: "Digits", *, members: int, hidden: int, epochs: int, seed: int, fitted: "Callable[[], object]"
) -> "VotingClassifier":
    """Fit a soft vote of perceptrons.

    Parameters
    ----------
    digits
        What the perceptrons learn from.
    members
        Perceptrons in the vote.
    hidden
        Units in the hidden layer of each.
    epochs
        Passes over the grids.
    seed
        The same seed gives the same vote.
    fitted
        Called when a member is fitted.

    Returns
    -------
    VotingClassifier
        Takes grids as rows of 64 columns, 0..16.
    """
    from sklearn.ensemble import VotingClassifier
    from sklearn.preprocessing import LabelEncoder

    columns = (digits.grids.reshape(-1, 64) / LEVELS).astype(np.float32)
    work = [
        delayed(_fit_member)(columns, digits.labels, hidden, epochs, int(state))
        for state in np.random.SeedSequence(seed).generate_state(members)
    ]
    perceptrons = []
    for perceptron in Parallel(return_as="generator")(work):
        # it learned from 0..1 and is asked with 0..16
        perceptron.coefs_[0] /= LEVELS
        perceptrons.append(perceptron)
        fitted()
    vote = VotingClassifier(
        [(f"mlp{number}", perceptron) for number, perceptron in enumerate(perceptrons)],
        voting="soft",
        flatten_transform=False,
    )
    vote.estimators_ = perceptrons
    vote.le_ = LabelEncoder().fit(np.arange(10))
    vote.classes_ = vote.le_.classes_
    return vote


def soften(vote: "VotingClassifier", temperature: float) -> None:
    """Divide the logits of each member by a temperature, in its last layer's weights."""
    for member in vote.estimators_:
        member.coefs_[-1] /= temperature
        member.intercepts_[-1] /= temperature


def log_probabilities(vote: "VotingClassifier", grids: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Give the log-probabilities of each member for grids (n, 8, 8): (members, n, 10)."""
    if not len(grids):
        return np.zeros((len(vote.estimators_), 0, 10))
    columns = grids.reshape(-1, 64)
    probabilities = np.stack([member.predict_proba(columns) for member in vote.estimators_])
    logs: NDArray[np.float64] = np.log(np.clip(probabilities, 1e-12, 1))
    return logs


def _fit_member(
    columns: "NDArray[np.float32]", labels: "NDArray[np.int64]", hidden: int, epochs: int, seed: int
) -> "MLPClassifier":
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    member = MLPClassifier(
        (hidden,), batch_size=BATCH, alpha=DECAY, random_state=seed, warm_start=True, n_iter_no_change=epochs
    )
    with warnings.catch_warnings():
        # the number of passes is part of the recipe, not a failure to converge
        warnings.simplefilter("ignore", ConvergenceWarning)
        for rate, part in RATES:
            member.set_params(learning_rate_init=rate, max_iter=max(1, epochs // part)).fit(columns, labels)
            for weights in member.coefs_:
                weights[np.abs(weights) < FADED] = 0
    return member
