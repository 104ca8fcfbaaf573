"""The model that answers: 64 numbers in, ten probabilities out.

A model is an ONNX graph and a card. The graph is data, not code: it is checked operator by operator before
onnxruntime sees it, runs without scikit-learn, and means the same in any release of it.
"""

import os
import sys
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from digits_nb.errors import DigitsError, QueryError, TamperedModel
from digits_nb.models.conversion import CONVERTIBLE, compare, convert, trial_grids
from digits_nb.models.graph import CLASSES, COLUMNS, INPUT, LABEL, MAX_INK, PROBABILITIES, check_graph

if TYPE_CHECKING:
    from types import ModuleType

    import onnxruntime
    from numpy.typing import ArrayLike, NDArray
    from sklearn.base import ClassifierMixin

BLOCK = 1024
"""Grids a run, so that memory does not grow with the batch; 100,000 grids take no longer in one run."""

MAX_RUN_BYTES = 256 * 2**20
"""What the values of one run may take: a graph of small constants can double its own at every node."""


class DigitModel:
    """A classifier of 8×8 grids that gives calibrated probabilities.

    It can be used from several threads at once and pickled for other processes; the copy has no
    `estimator`.

    Parameters
    ----------
    onnx
        The graph, as `digits_nb.models.graph.check_graph` describes it.
    card
        What the model was trained on and how, as plain JSON values. The numbers `digit_from` and
        `certain_from` of its `calibration` say from which confidence on the model answers, and bets.
    version
        The 64 hex digits that a store knows it by; None until it is saved.
    estimator
        The scikit-learn classifier that it was converted from; None for a model out of a store.

    Raises
    ------
    TamperedModel
        The graph does what no model may, or does not answer a blank grid with ten probabilities; or the card
        has a `calibration` that no query can be judged by.
    """

    def __init__(
        self,
        onnx: bytes,
        card: dict[str, Any],
        *,
        version: str | None = None,
        estimator: "ClassifierMixin | None" = None,
    ) -> None:
        self.onnx = onnx
        self.card = card
        self.version = version
        self.estimator = estimator
        _check_card(card, TamperedModel)
        check_graph(onnx)
        self._session = _open_session(onnx)

    @classmethod
    def from_estimator(cls, estimator: "ClassifierMixin", card: dict[str, Any]) -> Self:
        """Convert a fitted scikit-learn classifier, and compare the two before giving the model.

        The same estimator gives the same bytes.

        Parameters
        ----------
        estimator
            Fitted on 64 columns, 0..16, and the classes 0..9, with `predict_proba`: MLPs, logistic
            regression, soft votes of them (`flatten_transform=False`, weights as an array), scalers in a
            pipeline before them, and sigmoid calibration of these or of SVCs.
        card
            What it was trained on and how, as plain JSON values.

        Raises
        ------
        DigitsError
            The estimator cannot be converted, or answers otherwise than its conversion; or the card has a
            `calibration` that no query can be judged by.
        """
        _check_card(card, DigitsError)
        graph = convert(estimator)
        try:
            model = cls(graph, card, estimator=estimator)
        except TamperedModel as error:
            name = type(estimator).__name__
            msg = f"This {name} becomes a graph that digits_nb does not run: use {CONVERTIBLE}."
            raise DigitsError(msg) from error
        grids = trial_grids()
        compare(estimator, grids, *model._session.run([LABEL, PROBABILITIES], {INPUT: grids}))
        return model

    def predict_proba(self, grids: "ArrayLike") -> "NDArray[np.float64]":
        """Give the probability of each digit for each grid.

        Parameters
        ----------
        grids
            (n, 8, 8) or (n, 64) numbers, 0..16, 16 is full ink; n may be 0.

        Returns
        -------
        ndarray
            (n, 10) float64; a row sums to 1, column k is the digit k.

        Raises
        ------
        QueryError
            Another shape, no numbers, or a number that is not within 0..16.
        """
        columns = _columns(grids)
        answers = np.empty((len(columns), CLASSES))
        for start in range(0, len(columns), BLOCK):
            block = slice(start, start + BLOCK)
            (answers[block],) = self._session.run([PROBABILITIES], {INPUT: columns[block]})
        answers /= answers.sum(axis=1, keepdims=True)
        return answers

    def __reduce__(self) -> tuple[partial[Self], tuple[()]]:
        """Pickle what the model is made from; sessions and estimators stay in their process."""
        return partial(type(self), self.onnx, self.card, version=self.version), ()

    def __repr__(self) -> str:
        """Name the version rather than show the bytes."""
        return f"<DigitModel {self.version or 'not saved'}, {len(self.onnx):,} bytes>"


def _check_card(card: dict[str, Any], refusal: type[DigitsError]) -> None:
    """Refuse a card that every query would stumble over."""
    calibration = card.get("calibration", {}) if isinstance(card, dict) else None
    if isinstance(calibration, dict):
        numbers = [calibration.get(name, 0) for name in ("digit_from", "certain_from")]
        # a whole number can be larger than any float, with which it is then not compared
        if all(isinstance(each, int | float) and abs(each) <= sys.float_info.max for each in numbers):
            return
    msg = (
        "The model's card is no dict, or its `calibration` is no dict with numbers as `digit_from` and "
        "`certain_from`: leave that out, or train and save a new model."
    )
    raise refusal(msg)


def _columns(grids: "ArrayLike") -> "NDArray[np.float32]":
    try:
        grids = np.asarray(grids)
    except ValueError as error:
        msg = "The grids are of different lengths: give an array of the shape (n, 8, 8) or (n, 64)."
        raise QueryError(msg) from error
    if grids.shape[1:] not in ((8, 8), (COLUMNS,)):
        msg = (
            f"The grids have the shape {grids.shape}, where (n, 8, 8) or (n, 64) is expected: "
            "give one grid as `grid[None]`."
        )
        raise QueryError(msg)
    if grids.dtype.kind not in "biuf":
        msg = f"The grids are of the type {grids.dtype}, where numbers are expected: give floats, 0..16."
        raise QueryError(msg)
    # NaN and infinities fail the comparison too
    if not (grids.min(initial=0) >= 0 and grids.max(initial=0) <= MAX_INK):
        msg = "The grids hold a number that is not within 0..16: give what `preprocess` gives as `grid`."
        raise QueryError(msg)
    return grids.reshape(len(grids), COLUMNS).astype(np.float32)


@cache
def _runtime() -> "ModuleType":
    """Give onnxruntime, with the allocator that our sessions share and that fails past the cap."""
    # imported here because it takes 0.3 s, and a store is also asked for names only
    # without it, the import writes an identifier of the machine below the home folder
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    cpu = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.disable_telemetry_events()
    onnxruntime.create_and_register_allocator(cpu, onnxruntime.OrtArenaCfg({"max_mem": MAX_RUN_BYTES}))
    return onnxruntime


def _open_session(graph: bytes) -> "onnxruntime.InferenceSession":
    """Make a session of a checked graph, and see it answer two blank grids."""
    runtime = _runtime()
    options = runtime.SessionOptions()
    # one grid takes microseconds: handing parts to other threads costs more, and their number would change
    # the order of sums, so the last bits of an answer
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # the graph runs as it was checked: rewriting it takes longer than it saves (12 ms against 5 ms to load
    # an SVC), and folding constants is calculation at load, outside the cap on memory
    options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
    # errors come as exceptions; the log would repeat them on stderr
    options.log_severity_level = 4
    # otherwise four bytes at the right place in a valid ONNX file ("ORTM") make it another format, unchecked
    options.add_session_config_entry("session.load_model_format", "ONNX")
    options.add_session_config_entry("session.use_env_allocators", "1")
    blank = np.zeros((2, COLUMNS), np.float32)
    try:
        session = runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        labels, probabilities = session.run([LABEL, PROBABILITIES], {INPUT: blank})
    except Exception as error:  # its exceptions have no other base
        msg = f"The model's graph cannot be run ({type(error).__name__}): train and save a new model."
        raise TamperedModel(msg) from error
    if labels.shape != (2,) or probabilities.shape != (2, CLASSES) or not np.isfinite(probabilities).all():
        msg = "The model does not answer a blank grid with ten probabilities: train and save a new model."
        raise TamperedModel(msg)
    return session
