"""The panel, the explorer and the grid editor of the notebooks, and their static files."""
