"""The panel, the preprocessing explorer and the grid editor of the notebooks, and their static files."""

from digits_nb.errors import require

require("notebook", "The panel", "IPython", "anywidget", "ipywidgets", "traitlets", "wigglystuff")
