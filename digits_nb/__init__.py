"""Handwritten digits, from anybody's picture to the 8×8 grid to the answer.

These names are all that most people need. Each is imported when it is first used, so that `import digits_nb`
takes no time, and a name whose extra is not installed raises `MissingPackage` only when it is used.

    import digits_nb as dn

    answer = dn.recognize({"path": "seven.jpg"})
"""

from importlib import import_module
from typing import TYPE_CHECKING

from digits_nb.errors import (
    BadParameter,
    CorruptImage,
    DigitsError,
    DownloadError,
    ForbiddenAddress,
    MissingPackage,
    ModelNotFound,
    NoDigit,
    NotebookError,
    QueryError,
    RunFailed,
    SeveralDigits,
    TamperedModel,
    TooLarge,
    UnknownParameter,
    UnsupportedImage,
)

if TYPE_CHECKING:
    from digits_nb.batch.parallel import recognize_many
    from digits_nb.images.query import open_image
    from digits_nb.models.model import DigitModel
    from digits_nb.models.store import ModelStore
    from digits_nb.preprocessing.normalization import Stages
    from digits_nb.recognition.answer import Answer
    from digits_nb.recognition.recognizer import preprocess, read_digits, recognize
    from digits_nb.runs.runner import read_result
    from digits_nb.training.trainer import train
    from digits_nb.widgets.panel import panel

__version__ = "0.1.0"

_HOMES = {
    "open_image": "images.query",
    "Stages": "preprocessing.normalization",
    "preprocess": "recognition.recognizer",
    "train": "training.trainer",
    "DigitModel": "models.model",
    "ModelStore": "models.store",
    "Answer": "recognition.answer",
    "recognize": "recognition.recognizer",
    "recognize_many": "batch.parallel",
    "read_digits": "recognition.recognizer",
    "read_result": "runs.runner",
    "panel": "widgets.panel",
}

__all__ = [
    "Answer",
    "BadParameter",
    "CorruptImage",
    "DigitModel",
    "DigitsError",
    "DownloadError",
    "ForbiddenAddress",
    "MissingPackage",
    "ModelNotFound",
    "ModelStore",
    "NoDigit",
    "NotebookError",
    "QueryError",
    "RunFailed",
    "SeveralDigits",
    "Stages",
    "TamperedModel",
    "TooLarge",
    "UnknownParameter",
    "UnsupportedImage",
    "open_image",
    "panel",
    "preprocess",
    "read_digits",
    "read_result",
    "recognize",
    "recognize_many",
    "train",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        msg = f"module 'digits_nb' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"digits_nb.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
