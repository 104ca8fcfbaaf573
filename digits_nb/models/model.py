"""The model that answers: 64 numbers in, ten probabilities out.

A model is tensors and a card. It is data, not code: the forward pass is numpy's, runs without scikit-learn,
and means the same in any release of it.
"""

import sys
from functools import partial
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from digits_nb.errors import DigitsError, QueryError, TamperedModel
from digits_nb.models.file_format import pack, unpack
from digits_nb.models.inference import ACCEPTED, CLASSES, COLUMNS, MAX_INK, classifier_of, convert

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from sklearn.base import ClassifierMixin

    from digits_nb.models.inference import Tensors

BLOCK = 1024
BLOCK_NUMBERS = 2**26
"""Grids in one forward pass, so that memory does not grow with the batch: fewer, if the largest tensor has so
many numbers that this product would be exceeded."""

TOLERANCE = 1e-4
"""How far a probability may be from scikit-learn's.

Networks calculate in float32 here, and in float64 there: the largest difference measured was 1.3e-6.
"""


class DigitModel:
    """A classifier of 8×8 grids that gives calibrated probabilities.

    It can be used from several threads at once and pickled for other processes; the copy has no
    `estimator`.

    Parameters
    ----------
    tensors
        The weights by name, as `digits_nb.models.inference` describes them for each kind. They are not to
        be changed afterwards.
    card
        What the model was trained on and how, as plain JSON values. Its `kind` is "ensemble", "mlp" or "svc".
        The numbers `digit_from` and `certain_from` of its `calibration` say from which confidence on the
        model answers, and is certain.
    version
        The 64 hex digits that a store knows it by; None until it is saved.
    estimator
        The scikit-learn classifier that it was converted from; None for a model out of a store.

    Raises
    ------
    TamperedModel
        The tensors are not those of the card's kind, or not finite; or the card has a `calibration` that no
        query can be judged by.
    """

    def __init__(
        self,
        tensors: "Tensors",
        card: dict[str, Any],
        *,
        version: str | None = None,
        estimator: "ClassifierMixin | None" = None,
    ) -> None:
        _check_card(card, TamperedModel)
        self.tensors = tensors
        self.card = card
        self.version = version
        self.estimator = estimator
        self._classifier = classifier_of(tensors, card)
        self._rows = max(1, min(BLOCK, BLOCK_NUMBERS // max(tensor.size for tensor in tensors.values())))

    @classmethod
    def from_estimator(cls, estimator: "ClassifierMixin", card: dict[str, Any]) -> Self:
        """Convert a fitted scikit-learn classifier, and compare the two before giving the model.

        The same estimator gives the same tensors.

        Parameters
        ----------
        estimator
            Fitted on 64 columns, 0..16, and the classes 0..9: an `MLPClassifier`; a soft `VotingClassifier`
            of such with the same layers; or an `SVC` with an rbf kernel, calibrated by
            `CalibratedClassifierCV(method="sigmoid", ensemble=False)`.
        card
            What it was trained on and how, as plain JSON values; `kind` is added.

        Raises
        ------
        DigitsError
            The estimator is another, or answers otherwise than the model; or the card has a `calibration`
            that no query can be judged by.
        """
        _check_card(card, DigitsError)
        tensors, kind = convert(estimator)
        try:
            model = cls(tensors, card | kind, estimator=estimator)
        except TamperedModel as error:
            msg = (
                f"This {type(estimator).__name__} has weights that are not finite or too large: fit it again."
            )
            raise DigitsError(msg) from error
        grids = trial_grids()
        off = np.abs(model.predict_proba(grids) - estimator.predict_proba(grids)).max()
        if not off <= TOLERANCE:
            msg = (
                f"This {type(estimator).__name__} and its model differ by up to {off:.1g} in a probability, "
                f"where {TOLERANCE:g} is allowed: use {ACCEPTED}."
            )
            raise DigitsError(msg)
        return model

    @classmethod
    def from_bytes(cls, data: bytes, *, version: str = "", where: str = "the file") -> Self:
        """Read a model from the content of its file, checking all of it.

        Parameters
        ----------
        data
            What `to_bytes` gives, and a store keeps.
        version
            The full version that it must be, if it is known. The model has it then.
        where
            What the content is from, for messages.

        Raises
        ------
        TamperedModel
            The content is another than the version names, or broken, or does what no model may.
        """
        return cls(*unpack(data, version, where), version=version or None)

    def to_bytes(self) -> bytes:
        """Write the model as the content of its file, whose SHA-256 is its version.

        Raises
        ------
        DigitsError
            The card is not plain JSON, or the model is too large for a store.
        """
        return pack(self.tensors, self.card)

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
        for start in range(0, len(columns), self._rows):
            block = slice(start, start + self._rows)
            answers[block] = self._classifier.predict(columns[block])
        answers /= answers.sum(axis=1, keepdims=True)
        return answers

    def __reduce__(self) -> tuple[partial[Self], tuple[()]]:
        """Pickle what the model is made from; the estimator stays in its process."""
        return partial(type(self), self.tensors, self.card, version=self.version), ()

    def __repr__(self) -> str:
        """Name the version and the kind rather than show the numbers."""
        return f"<DigitModel {self.version or 'not saved'}, {self.card['kind']}>"


def trial_grids() -> "NDArray[np.float64]":
    """Give 300 grids to compare answers on, (300, 64), 0..16: noise, noise with gaps, and large blocks."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, MAX_INK, (300, COLUMNS), endpoint=True).astype(np.float64)
    noise[100:200] *= rng.random((100, COLUMNS)) < 0.3  # noqa: PLR2004 (the share of ink in a digit)
    blocks = np.kron(rng.integers(0, 2, (100, 4, 4)), np.full((2, 2), MAX_INK))
    noise[200:] = blocks.reshape(-1, COLUMNS)
    return noise


def _check_card(card: dict[str, Any], refusal: type[DigitsError]) -> None:
    """Refuse a card whose thresholds no query can be compared with."""
    calibration = card.get("calibration", {}) if isinstance(card, dict) else None
    if isinstance(calibration, dict):
        thresholds = [calibration.get(name, 0) for name in ("digit_from", "certain_from")]
        # NaN fails the comparison, and so does a whole number that is larger than any float
        if all(isinstance(each, int | float) and abs(each) <= sys.float_info.max for each in thresholds):
            return
    msg = (
        "The model's card is no dict, or its `calibration` is no dict with numbers as `digit_from` and "
        "`certain_from`: leave that out, or train and save a new model."
    )
    raise refusal(msg)


def _columns(grids: "ArrayLike") -> "NDArray[np.float64]":
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
    return grids.reshape(len(grids), COLUMNS).astype(np.float64)
