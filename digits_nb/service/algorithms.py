"""What can be asked by name: the recognition of a digit, and the parts that it is made of."""

from collections.abc import Callable
from typing import Any

from digits_nb.errors import QueryError
from digits_nb.images.query import Query
from digits_nb.models.model import DigitModel
from digits_nb.recognition.answer import Answer
from digits_nb.recognition.recognizer import preprocess, read_digits, recognize, recognize_grid

Found = tuple[Any, dict[str, Any]]
"""The result, and what its metadata say beside time and request, both as JSON values."""


Algorithm = Callable[[Any, DigitModel], Found]
"""Something to ask: of a query and a model it makes what is found."""


def _recognition(query: Query, model: DigitModel) -> Found:
    grid = query.get("grid") if isinstance(query, dict) else None
    return recognized(recognize(query, model) if grid is None else recognize_grid(grid, model))


def recognized(answer: Answer) -> Found:
    """Give what `digits_recognition` says of an answer."""
    return answer.digit, {**_sureness(answer), "model_version": answer.model_version}


def _preprocess(query: dict[str, Any], model: DigitModel) -> Found:
    _check_picture(query)
    return preprocess(query, model, small=True).grid.tolist(), {}


def _digits(query: dict[str, Any], model: DigitModel) -> Found:
    _check_picture(query)
    answers = read_digits(query, model)
    read = [{"digit": answer.digit, **_sureness(answer), "box": list(answer.box)} for answer in answers]
    return read, {"model_version": model.version}


def _sureness(answer: Answer) -> dict[str, Any]:
    return {"confidence": round(answer.confidence, 6), "certain": bool(answer.certain)}


def _check_picture(query: dict[str, Any]) -> None:
    if "grid" in query:
        msg = "A grid is for digits_recognition alone; send a picture, as 'url' or 'base64'."
        raise QueryError(msg)


ALGORITHMS: dict[str, Algorithm] = {
    "digits_recognition": _recognition,
    "digits_preprocess": _preprocess,
    "read_digits": _digits,
}
