"""A picture becomes 8×8 grids: ink, connected components, segmentation, normalization."""

from digits_nb.preprocessing.normalization import Stages, preprocess
from digits_nb.preprocessing.segmentation import find_digits

__all__ = ["Stages", "find_digits", "preprocess"]
