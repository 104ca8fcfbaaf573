"""An estimator of scikit-learn becomes a graph, the same bytes whenever it does, and is compared with it.

skl2onnx makes the graph; what the calculation does not need is left out of it.
"""

import warnings
from typing import TYPE_CHECKING

import numpy as np

from digits_nb.errors import DigitsError
from digits_nb.models.graph import CLASSES, COLUMNS, INPUT, MAX_INK, OPSETS

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import GraphProto, ModelProto
    from sklearn.base import ClassifierMixin

CONVERTIBLE = (
    "MLPs, logistic regression, soft votes of them (flatten_transform=False, weights as an array), or SVCs, "
    "calibrated with method='sigmoid'"
)
"""What to use in place of an estimator that is refused, in the words of its error."""

TOLERANCE = 1e-4
"""How far a converted probability may be from scikit-learn's.

ONNX calculates in float32, scikit-learn in float64: on MLPs, SVCs, votes and sigmoid calibrations the largest
difference measured was 1.3e-6. Conversions that are wrong (isotonic calibration, where skl2onnx takes the
nearest threshold and scikit-learn interpolates) are off by 1e-1.
"""


def convert(estimator: "ClassifierMixin") -> bytes:
    """Give the bytes of the estimator's graph, the same ones whenever it is converted.

    Parameters
    ----------
    estimator
        Fitted on 64 columns and the classes 0..9, with `predict_proba`.

    Returns
    -------
    bytes
        An ONNX file, neither checked (`digits_nb.models.graph.check_graph`) nor compared (`compare`).

    Raises
    ------
    DigitsError
        The estimator is no classifier of grids, or skl2onnx cannot convert it.
    """
    _check_estimator(estimator)
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    try:
        with warnings.catch_warnings():
            # it looks at attributes of an SVC that scikit-learn 1.9 deprecates
            warnings.simplefilter("ignore", FutureWarning)
            model = to_onnx(
                estimator,
                initial_types=[(INPUT, FloatTensorType([None, COLUMNS]))],
                options={id(estimator): {"zipmap": False}},
                target_opset=OPSETS,
            )
    except Exception as error:  # its converters raise whatever they meet
        name = type(estimator).__name__
        msg = f"This {name} cannot be converted by skl2onnx ({type(error).__name__}): use {CONVERTIBLE}."
        raise DigitsError(msg) from error
    return _plain(model)


def trial_grids() -> "NDArray[np.float32]":
    """Give 500 grids to compare answers on, (500, 64), 0..16: digits, halves of two digits, noise."""
    from sklearn.datasets import load_digits

    digits = load_digits().data[:600]
    noise = np.random.default_rng(0).integers(0, MAX_INK, (100, COLUMNS), endpoint=True)
    return np.concatenate([digits[:200], (digits[200:400] + digits[400:]) / 2, noise]).astype(np.float32)


def compare(
    estimator: "ClassifierMixin",
    grids: "NDArray[np.float32]",
    labels: "NDArray[np.int64]",
    probabilities: "NDArray[np.float32]",
) -> None:
    """Refuse a conversion that answers otherwise than its estimator.

    Parameters
    ----------
    estimator
        What was converted.
    grids
        (n, 64), 0..16.
    labels
        (n,), what the graph takes them for.
    probabilities
        (n, 10), what the graph gives each digit.

    Raises
    ------
    DigitsError
        A probability is further from the estimator's than `TOLERANCE`, or a label is another one.
    """
    expected = estimator.predict_proba(grids)
    off = np.abs(probabilities - expected).max()
    runner_up, best = np.sort(expected)[:, -2:].T
    # where two digits are equally likely, rounding decides the label
    decided = best - runner_up > TOLERANCE
    mistaken = np.sum(labels[decided] != estimator.predict(grids)[decided])
    if mistaken or not off <= TOLERANCE:
        msg = (
            f"This {type(estimator).__name__} and its conversion to ONNX differ by up to {off:.1g} in a "
            f"probability, where {TOLERANCE:g} is allowed, and in {mistaken} of {len(grids)} labels: "
            f"use {CONVERTIBLE}."
        )
        raise DigitsError(msg)


def _check_estimator(estimator: "ClassifierMixin") -> None:
    name = type(estimator).__name__
    if not hasattr(estimator, "predict_proba"):
        msg = f"This {name} has no predict_proba: calibrate it with CalibratedClassifierCV(method='sigmoid')."
        raise DigitsError(msg)
    classes = getattr(estimator, "classes_", None)
    if classes is None or list(classes) != list(range(CLASSES)):
        msg = (
            f"This {name} is not fitted on the classes 0..9: fit it on all ten digits, labelled by integers."
        )
        raise DigitsError(msg)
    columns = getattr(estimator, "n_features_in_", COLUMNS)
    if columns != COLUMNS:
        msg = f"This {name} takes {columns} columns, where a grid has {COLUMNS}: fit it on grids alone."
        raise DigitsError(msg)


def _plain(model: "ModelProto") -> bytes:
    """Leave what the calculation needs: no names, no constant that nothing reads, no subnormal number."""
    from onnx.helper import make_model, make_opsetid

    graph = model.graph
    read = {name for node in graph.node for name in node.input}
    constants = [constant for constant in graph.initializer if constant.name in read]
    del graph.initializer[:]
    graph.initializer.extend(constants)
    _flush_subnormals(graph)
    graph.name = "digits"
    graph.ClearField("doc_string")
    for node in graph.node:
        node.ClearField("name")
        node.ClearField("doc_string")
    opsets = [make_opsetid(domain, version) for domain, version in OPSETS.items()]
    return make_model(graph, opset_imports=opsets, ir_version=model.ir_version).SerializeToString(
        deterministic=True
    )


def _flush_subnormals(graph: "GraphProto") -> None:
    """Set to zero every constant below float32's smallest normal number, 1.2e-38.

    Weight decay leaves them in networks, but for those of `digits_nb.training.ensemble`, which removes its
    own. Beside the other terms of its sum such a number is nothing, but common processors calculate with it
    many times more slowly.
    """
    from onnx import TensorProto
    from onnx.numpy_helper import from_array, to_array

    for constant in graph.initializer:
        if constant.data_type == TensorProto.FLOAT:
            constant.CopyFrom(from_array(_flushed(to_array(constant)), constant.name))
    for node in graph.node:
        for attribute in node.attribute:
            attribute.floats[:] = _flushed(np.array(attribute.floats, np.float32))


def _flushed(numbers: "NDArray[np.float32]") -> "NDArray[np.float32]":
    return np.where(np.abs(numbers) < np.finfo(np.float32).smallest_normal, np.float32(0), numbers)
