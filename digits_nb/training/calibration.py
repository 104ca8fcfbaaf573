"""Temperature scaling of the ensemble, and the two confidence thresholds.

Temperature scaling divides a classifier's logits by one number, found on data that the classifier did not
learn from: C. Guo et al., "On calibration of modern neural networks", 2017.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits_nb import evaluation

ERROR_RATE = 0.01
"""Share of wrong answers among the certain ones, on handwriting kept apart; it sets the threshold."""

OUTLIER_RATE = 0.1
"""And at which at most this share of the outliers kept apart was as confident: a vote that learned from other
kinds of outliers was asked about them. The model that is shipped has learned from all."""

REFUSAL_RATE = 0.01
"""Share of digits kept apart that have less confidence than an answer needs: with less it is `NoDigit`.

The higher of the two that were tried, 0.008 and 0.01: less than a fifth of what is no digit is answered then,
on both kinds of processor that the model was fitted on, and pictures from elsewhere are read as well with
either.
"""


def calibrate(
    logs: NDArray[np.float64],
    labels: NDArray[np.int64],
    outliers: NDArray[np.float64],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Find the temperature of a soft vote, measure the calibration, and set the two thresholds.

    One half of the digits gives the temperature, by the least log loss; the other says how good it is. All of
    them set the two thresholds.

    Parameters
    ----------
    logs
        Log-probabilities of the members for digits that they did not learn from:
        `digits_nb.training.ensemble.log_probabilities`.
    labels
        Shape (n,), 0..9.
    outliers
        Log-probabilities of the members for outliers of kinds that they did not learn from.
    rng
        Chooses the halves.

    Returns
    -------
    dict
        `temperature`; `digits`, how many were measured; their `reliability`, as `evaluation.reliability`
        gives it; `certain_from`, the confidence from which on at most `certain_error` of all are wrong, and
        that at most `certain_outliers` of the outliers have; `digit_from`, the confidence that all but
        `refused` of all have; `outliers`, how often a vote was asked about one, and `outliers_answered`, the
        share of them that have it too.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import softmax

    def soft(logs: NDArray[np.float64], temperature: float) -> NDArray[np.float64]:
        # the softmax of logits / temperature, from the logarithms of what the softmax of logits was
        mean: NDArray[np.float64] = softmax(logs / temperature, axis=-1).mean(axis=0)
        return mean

    def loss(temperature: float) -> float:
        right = soft(logs[:, fitted], temperature)[np.arange(len(fitted)), labels[fitted]]
        return -float(np.log(right).mean())

    order = rng.permutation(len(labels))
    fitted, measured = order[::2], order[1::2]
    # rounded, so that a last bit that is other on another machine does not make another model
    temperature = round(float(minimize_scalar(loss, bounds=(0.2, 8), method="bounded").x), 3)
    answers, others = (soft(each, temperature).round(4) for each in (logs, outliers))
    confidence, confused = answers.max(axis=1), others.max(axis=1)
    unlike_outliers = np.quantile(confused, 1 - OUTLIER_RATE, method="higher") if len(confused) else 0
    digit_from = float(np.quantile(confidence, REFUSAL_RATE, method="lower"))
    return {
        "temperature": temperature,
        "digits": len(measured),
        "reliability": evaluation.reliability(answers[measured], labels[measured]),
        "certain_from": max(evaluation.threshold(answers, labels, ERROR_RATE), float(unlike_outliers)),
        "certain_error": ERROR_RATE,
        "certain_outliers": OUTLIER_RATE,
        "digit_from": digit_from,
        "refused": REFUSAL_RATE,
        "outliers": len(confused),
        "outliers_answered": float((confused >= digit_from).sum() / max(len(confused), 1)),
    }


def measure_held_out(answers: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Measure the calibration of a classifier that learned from digits alone, and set its thresholds.

    Parameters
    ----------
    answers
        Probabilities (n, 10) for digits that the classifier did not learn from.
    labels
        Shape (n,), 0..9.

    Returns
    -------
    dict
        As `calibrate` gives it, without a temperature and without outliers. `digit_from` is 0: a classifier
        that met no outliers has not learned to refuse.
    """
    answers = answers.round(4)
    return {
        "digits": len(labels),
        "reliability": evaluation.reliability(answers, labels),
        "certain_from": evaluation.threshold(answers, labels, ERROR_RATE),
        "certain_error": ERROR_RATE,
        "digit_from": 0.0,
        "refused": 0.0,
    }
