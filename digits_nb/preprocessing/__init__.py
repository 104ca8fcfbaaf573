"""A grey picture becomes 8×8 grids: ink, connected components, segmentation, normalization."""

from digits_nb.preprocessing.normalization import Stages, normalize
from digits_nb.preprocessing.segmentation import find_digits

__all__ = ["Stages", "find_digits", "normalize"]
