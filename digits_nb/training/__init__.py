"""Training of a model: its data, the fit and the calibration."""

from digits_nb.errors import require

require("train", "Training a model", "sklearn", "scipy", "joblib", "tqdm", "matplotlib")

# ruff: noqa: E402 - these modules import what was just checked
from digits_nb.training.trainer import FOLDS, SHIPPED, Recipe, train

__all__ = ["FOLDS", "SHIPPED", "Recipe", "train"]
