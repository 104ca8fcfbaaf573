"""What the model learns from, and how it is fitted and calibrated."""

from digits_nb.training.trainer import SHIPPED, Recipe, train

__all__ = ["SHIPPED", "Recipe", "train"]
