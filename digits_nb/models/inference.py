"""Inference in numpy: the tensors and the forward pass of each kind of classifier.

A model is data and no code: the card names one of these kinds, the kind defines the tensors, and the forward
pass is here.
"""

from collections.abc import Callable, Hashable
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from digits_nb.errors import DigitsError, TamperedModel

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sklearn.base import ClassifierMixin

    Tensors = dict[str, NDArray[Any]]
    Floats = NDArray[np.floating]

COLUMNS = 64
MAX_INK = 16
"""Largest number of a column: a grid counts the ink pixels of 4×4 blocks."""
CLASSES = 10

MAX_LAYERS = 4
LARGEST = {np.float32: 1e4, np.float64: 1e12}
"""Largest number in a tensor of each type: far above those of any useful model, and so small that no sum in a
pass through `MAX_LAYERS` layers overflows."""

ACTIVATIONS: "dict[str, Callable[[Floats], Floats]]" = {
    "relu": lambda values: np.maximum(values, 0, out=values),
    "tanh": np.tanh,
    "logistic": lambda values: np.tanh(values / 2) / 2 + 0.5,
    "identity": lambda values: values,
}
"""scikit-learn's activations of hidden layers; the card's `activation` names one, relu if there is none."""

ACCEPTED = (
    "an MLPClassifier, a soft VotingClassifier of MLPClassifiers with the same layers and no weights, "
    "or an SVC(kernel='rbf') calibrated by "
    "CalibratedClassifierCV(method='sigmoid', ensemble=False)"
)
"""What to use in place of an estimator that is refused, in the words of its error."""

_FIRST, _SECOND = np.triu_indices(CLASSES, 1)  # the pairs of classes: (0, 1), (0, 2) … (8, 9)
_IS_FIRST, _IS_SECOND = np.eye(CLASSES)[_FIRST], np.eye(CLASSES)[_SECOND]


class Networks:
    """Soft vote of multi-layer perceptrons with the same layers: the kinds "ensemble" and "mlp".

    The tensors are float32: `weights_1` (members, 64, units), `intercepts_1` (members, units), and so on up
    to the ten classes. An "mlp" has one member.

    Raises
    ------
    TamperedModel
        The tensors are others.
    """

    def __init__(self, tensors: "Tensors", activation: str, members: Hashable = "members") -> None:
        self._activation = ACTIVATIONS[activation]
        numbers = range(1, max(1, min(len(tensors) // 2, MAX_LAYERS)) + 1)
        sizes = [COLUMNS, *(f"units {number}" for number in numbers[:-1]), CLASSES]
        shapes: dict[str, tuple[Hashable, ...]] = {}
        for number, (inputs, outputs) in zip(numbers, pairwise(sizes), strict=True):
            shapes[f"weights_{number}"] = (members, inputs, outputs)
            shapes[f"intercepts_{number}"] = (members, outputs)
        _check(tensors, shapes, np.float32)
        self._layers = [(tensors[f"weights_{n}"], tensors[f"intercepts_{n}"][:, None]) for n in numbers]

    def predict(self, columns: "NDArray[np.float64]") -> "Floats":
        """Give the mean of the members' softmax outputs, (n, 10), for columns (n, 64), 0..16."""
        values: Floats = columns.astype(np.float32)
        for number, (weights, intercepts) in enumerate(self._layers):
            values = (self._activation(values) if number else values) @ weights
            values += intercepts
        values -= values.max(axis=-1, keepdims=True)
        np.exp(values, out=values)
        values /= values.sum(axis=-1, keepdims=True)
        mean: Floats = values.mean(axis=0, dtype=np.float64)
        return mean


class CalibratedSVC:
    """Support vector classifier with an rbf kernel and sigmoid calibration: the kind "svc".

    It calculates in float64, as scikit-learn and libsvm do: one decision for each pair of classes, votes with
    the confidences as tie-breakers, and a sigmoid for each class (J. Platt, "Probabilistic outputs for
    support vector machines", 1999). The tensors are float64: `support_vectors` (vectors, 64), `coefficients`
    (vectors, 45) and `intercepts` (45,) of the pairs (0, 1), (0, 2) … (8, 9), `gamma` (1,) of the kernel
    exp(-gamma |x - v|²), `slopes` (10,) and `offsets` (10,) of the sigmoids 1 / (1 + exp(slope x + offset)).

    Raises
    ------
    TamperedModel
        The tensors are others.
    """

    def __init__(self, tensors: "Tensors") -> None:
        pairs = len(_FIRST)
        shapes: dict[str, tuple[Hashable, ...]] = {
            "support_vectors": ("vectors", COLUMNS),
            "coefficients": ("vectors", pairs),
            "intercepts": (pairs,),
            "gamma": (1,),
            "slopes": (CLASSES,),
            "offsets": (CLASSES,),
        }
        _check(tensors, shapes, np.float64)
        self._numbers = [tensors[name] for name in shapes]
        if tensors["gamma"][0] <= 0:
            _refuse("hold a gamma that is not above 0")
        self._lengths = (tensors["support_vectors"] ** 2).sum(axis=1)

    def predict(self, columns: "NDArray[np.float64]") -> "Floats":
        """Give the sigmoid of each class, (n, 10), for columns (n, 64), 0..16; `predict_proba` norms them."""
        vectors, coefficients, intercepts, gamma, slopes, offsets = self._numbers
        distances = (columns**2).sum(axis=1)[:, None] + self._lengths - 2 * columns @ vectors.T
        decisions = np.exp(-gamma * np.maximum(distances, 0)) @ coefficients + intercepts
        votes = (decisions >= 0) @ _IS_FIRST + (decisions < 0) @ _IS_SECOND
        confidences = decisions @ (_IS_FIRST - _IS_SECOND)
        scores = votes + confidences / (3 * (np.abs(confidences) + 1))
        # log(1 + exp(x)) that does not overflow
        sigmoids: Floats = np.exp(-np.logaddexp(0, slopes * scores + offsets))
        sigmoids[~sigmoids.any(axis=1)] = 1  # all ten underflow: no class is likelier
        return sigmoids


def classifier_of(tensors: "Tensors", card: dict[str, Any]) -> Networks | CalibratedSVC:
    """Give the classifier of the kind that a card names, with these tensors.

    Raises
    ------
    TamperedModel
        The kind is unknown, or a tensor is missing, foreign, or of another shape or type than the kind has,
        or holds numbers that are not finite.
    """
    name = card.get("activation", "relu")
    match card:
        case {"kind": "svc"}:
            return CalibratedSVC(tensors)
        case {"kind": "ensemble" | "mlp" as kind} if isinstance(name, str) and name in ACTIVATIONS:
            return Networks(tensors, name, "members" if kind == "ensemble" else 1)
    msg = (
        f"The model's card names the kind {card.get('kind')!r:.80}, where ensemble, mlp and svc are known, "
        "or an unknown activation: train and save a new model."
    )
    raise TamperedModel(msg)


def convert(estimator: "ClassifierMixin") -> "tuple[Tensors, dict[str, str]]":
    """Give the tensors of a fitted scikit-learn estimator, and what its card says of its kind.

    Raises
    ------
    DigitsError
        The estimator is none of the kinds, or not fitted on grids and the ten digits.
    """
    fitted: Any = estimator  # scikit-learn has no types
    name = type(fitted).__name__
    fits = getattr(fitted, "n_features_in_", 0) == COLUMNS
    if not fits or list(getattr(fitted, "classes_", ())) != list(range(CLASSES)):
        msg = (
            f"This {name} is not fitted on {COLUMNS} columns and the classes 0..9: fit it on grids and all "
            "ten digits, labelled by integers."
        )
        raise DigitsError(msg)
    match name:
        case "MLPClassifier" if tensors := _networks([fitted]):
            return tensors, {"kind": "mlp"} | _activation(fitted)
        case "VotingClassifier" if fitted.voting == "soft" and fitted.weights is None:
            if tensors := _networks(fitted.estimators_):
                return tensors, {"kind": "ensemble"} | _activation(fitted.estimators_[0])
        case "CalibratedClassifierCV" if fitted.method == "sigmoid" and not fitted.ensemble:
            (calibrated,) = fitted.calibrated_classifiers_
            svc = calibrated.estimator
            if type(svc).__name__ == "SVC" and svc.kernel == "rbf":
                return _svc(svc, calibrated.calibrators), {"kind": "svc"}
    msg = f"This {name} is no estimator that becomes a model: use {ACCEPTED}."
    raise DigitsError(msg)


def _networks(members: list[Any]) -> "Tensors":
    """Stack the members' weights; nothing if they are not perceptrons of the same layers and activation."""
    if any(type(member).__name__ != "MLPClassifier" for member in members):
        return {}
    looks = {(member.activation, *(part.shape for part in member.coefs_)) for member in members}
    if len(looks) != 1 or len(members[0].coefs_) > MAX_LAYERS:
        return {}
    tensors = {}
    for index in range(len(members[0].coefs_)):
        tensors[f"weights_{index + 1}"] = _float32([member.coefs_[index] for member in members])
        tensors[f"intercepts_{index + 1}"] = _float32([member.intercepts_[index] for member in members])
    return tensors


def _activation(network: Any) -> dict[str, str]:  # noqa: ANN401
    return {} if network.activation == "relu" else {"activation": network.activation}


def _svc(svc: Any, calibrators: list[Any]) -> "Tensors":  # noqa: ANN401
    """Spread libsvm's dual coefficients over the pairs.

    A support vector of class i has nine of them, one for each other class: libsvm's FAQ, "sv_coef".
    """
    of_class = np.repeat(np.arange(CLASSES), svc.n_support_)[:, None]
    dual = svc.dual_coef_.T
    return {
        "support_vectors": np.array(svc.support_vectors_, np.float64),
        "coefficients": (of_class == _FIRST) * dual[:, _SECOND - 1] + (of_class == _SECOND) * dual[:, _FIRST],
        "intercepts": np.array(svc.intercept_, np.float64),
        "gamma": np.array([svc._gamma], np.float64),  # noqa: SLF001 (the number that gamma="scale" stands for)
        "slopes": np.array([calibrator.a_ for calibrator in calibrators], np.float64),
        "offsets": np.array([calibrator.b_ for calibrator in calibrators], np.float64),
    }


def _float32(parts: "list[NDArray[np.float64]]") -> "NDArray[np.float32]":
    """Stack the members' numbers as float32, with zero for those below its smallest normal number, 1.2e-38.

    Weight decay leaves such numbers. They change no sum, but common processors calculate with them many times
    more slowly.
    """
    with np.errstate(over="ignore"):  # an infinity is refused later
        numbers = np.stack(parts).astype(np.float32)
    numbers[np.abs(numbers) < np.finfo(np.float32).smallest_normal] = 0
    return numbers


def _check(tensors: "Tensors", shapes: dict[str, tuple[Hashable, ...]], dtype: type[np.floating]) -> None:
    """Refuse tensors of other names, types or shapes, or with numbers that are not finite.

    Parameters
    ----------
    tensors
        What was given.
    shapes
        A size that is no number may be any above 0, and is the same wherever it has the same name.
    dtype
        Of all of them.
    """
    if tensors.keys() != shapes.keys():
        _refuse(f"are {', '.join(sorted(tensors)) or 'none'!r:.200}")
    sizes: dict[Hashable, int] = {
        size: size for shape in shapes.values() for size in shape if isinstance(size, int)
    }
    for name, shape in shapes.items():
        tensor = tensors[name]
        found = tensor.shape if tensor.ndim == len(shape) else (0,) * len(shape)
        pairs = zip(shape, found, strict=True)
        if tensor.dtype != dtype or not all(sizes.setdefault(size, n) == n > 0 for size, n in pairs):
            _refuse(f"hold {name} of the shape {tensor.shape} and the type {tensor.dtype}")
        if not np.abs(tensor).max() <= LARGEST[dtype]:  # NaN fails the comparison too
            _refuse(f"hold a number in {name} that is not finite or too large")


def _refuse(fault: str) -> NoReturn:
    msg = f"The model's tensors {fault}, which its kind does not allow: train and save a new model."
    raise TamperedModel(msg)
