"""A grid becomes ten probabilities; versions of models on disk."""

from digits_nb.models.model import DigitModel
from digits_nb.models.store import ModelStore

__all__ = ["DigitModel", "ModelStore"]
