"""A grey picture becomes 8×8 grids: ink, connected components, segmentation, normalization."""

from digits_nb.preprocessing.normalization import Stages

__all__ = ["Stages"]
