"""Training of a model: its data, the fit and the calibration."""

from digits_nb.training.trainer import SHIPPED, Recipe, train

__all__ = ["SHIPPED", "Recipe", "train"]
