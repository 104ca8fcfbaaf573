"""Query + model → answer: the one way that notebooks, panel, batch, command line and service all take."""

from digits_nb.recognition.answer import Answer
from digits_nb.recognition.default import default_model, load_model
from digits_nb.recognition.recognizer import make_grid, read_digits, recognize, recognize_grid, recognize_many

__all__ = [
    "Answer",
    "default_model",
    "load_model",
    "make_grid",
    "read_digits",
    "recognize",
    "recognize_grid",
    "recognize_many",
]
