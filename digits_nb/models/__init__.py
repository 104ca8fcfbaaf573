"""The model, from a grid to ten probabilities, and the store of its versions."""

from digits_nb.models.model import DigitModel
from digits_nb.models.store import ModelStore

__all__ = ["DigitModel", "ModelStore"]
