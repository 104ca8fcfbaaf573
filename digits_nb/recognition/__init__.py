"""Query + model → answer: the one path that notebooks, panel, batch, command line and service share."""

from digits_nb.recognition.answer import Answer
from digits_nb.recognition.default import default_model, load_model
from digits_nb.recognition.recognizer import (
    find_digits,
    preprocess,
    read_digits,
    recognize,
    recognize_grid,
    recognize_list,
)

__all__ = [
    "Answer",
    "default_model",
    "find_digits",
    "load_model",
    "preprocess",
    "read_digits",
    "recognize",
    "recognize_grid",
    "recognize_list",
]
