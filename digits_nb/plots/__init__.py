"""Every figure of the notebooks, with a title and a text alternative.

The functions take arrays and return a `Figure`, which a notebook shows and which can be saved like any other
of matplotlib's. Ink is dark on light. The colours are Okabe and Ito's, which people with any kind of colour
blindness tell apart (https://jfly.uni-koeln.de/color/).
"""

from digits_nb.errors import require

require("train", "Drawing figures", "matplotlib")

# ruff: noqa: E402 - these modules import what was just checked
from digits_nb.plots.confusion import confusion, mistakes
from digits_nb.plots.figure import Figure
from digits_nb.plots.grids import gallery, neighbours, picture, sheet, strip
from digits_nb.plots.scores import accuracies, bars, ladder, reliability

__all__ = [
    "Figure",
    "accuracies",
    "bars",
    "confusion",
    "gallery",
    "ladder",
    "mistakes",
    "neighbours",
    "picture",
    "reliability",
    "sheet",
    "strip",
]
