"""Confidence that can be believed: one temperature for a vote, and how well it does.

Temperature scaling divides a classifier's logits by one number, found on data that the classifier did not
learn from: C. Guo et al., "On calibration of modern neural networks", 2017.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from digits_nb import evaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.ensemble import VotingClassifier

    from digits_nb.dataset import Digits

ERROR_RATE = 0.01
"""`Answer.certain` bets where at most this share was wrong on hands kept apart."""


def calibrate(vote: "VotingClassifier", fitted: "Digits", measured: "Digits") -> dict[str, Any]:
    """Find the temperature of a vote of perceptrons, and measure it.

    Parameters
    ----------
    vote
        It has learned from neither of the two.
    fitted
        What the temperature is found on, by the least log loss.
    measured
        What is measured with it.

    Returns
    -------
    dict
        `temperature`; `digits`, how many were measured; their `reliability`, as `evaluation.reliability`
        gives it; `certain_from`, the confidence from which on at most `certain_error` of them are wrong.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import softmax

    def soft(logs: "NDArray[np.float64]", temperature: float) -> "NDArray[np.float64]":
        # the softmax of logits / temperature, from the logarithms of what the softmax of logits was
        return softmax(logs / temperature, axis=-1).mean(axis=0)

    def loss(temperature: float) -> float:
        return -float(np.log(soft(known, temperature)[np.arange(len(fitted)), fitted.labels]).mean())

    known, asked = (_log_probabilities(vote, digits) for digits in (fitted, measured))
    # rounded, so that a last bit that is other on another machine does not make another model
    temperature = round(float(minimize_scalar(loss, bounds=(0.5, 8), method="bounded").x), 3)
    answers = soft(asked, temperature).round(4)
    return {
        "temperature": temperature,
        "digits": len(measured),
        "reliability": evaluation.reliability(answers, measured.labels),
        "certain_from": evaluation.threshold(answers, measured.labels, ERROR_RATE),
        "certain_error": ERROR_RATE,
    }


def soften(vote: "VotingClassifier", temperature: float) -> None:
    """Divide the logits of each member by a temperature, in its last layer's weights."""
    for member in vote.estimators_:
        member.coefs_[-1] /= temperature
        member.intercepts_[-1] /= temperature


def _log_probabilities(vote: "VotingClassifier", digits: "Digits") -> "NDArray[np.float64]":
    """What each member says of each digit, (members, n, 10)."""
    columns = digits.grids.reshape(-1, 64)
    return np.log(np.clip([member.predict_proba(columns) for member in vote.estimators_], 1e-12, 1))
