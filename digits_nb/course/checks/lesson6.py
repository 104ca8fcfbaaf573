"""The checks of lesson 6, Out into the world."""

import base64
import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from digits_nb.course.checks.helpers import NOTHING, Given, for_function, hint_about_pair, number_of

DIGITS = (6, 0, 2)
"""The digits of the three pictures of exercise 6.2."""

_CONTENT = b"\x89PNG\r\n\x1a\n\x00\xff of a picture\n"


def _of_a_file(answer: Callable[[Path], Any]) -> tuple[Any, Path]:
    """Call an answer with the path of a file; return its result and the path."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seven.png"
        path.write_bytes(_CONTENT)
        return answer(path), path


def _fingerprint(answer: Given) -> str:
    try:
        found, path = _of_a_file(answer)
    except UnicodeDecodeError:
        return "A picture is bytes and not text: read it with `read_bytes`."
    except TypeError:
        return "`hashlib.sha256` takes bytes: read the file's content before."
    right = hashlib.sha256(_CONTENT)
    if isinstance(found, type(right)):
        return "That is the hash as an object of Python. Which of its methods gives the text?"
    if callable(found):
        return "That is the method itself: call it, with parentheses."
    name = "That is the hash of the file's name. What is in it?"
    hints = {
        right.hexdigest(): "",
        right.hexdigest().upper(): "That is the hash, but in capitals: leave it as `hexdigest` gives it.",
        right.digest(): "Those are the bytes of the hash. Which method gives text?",
        hashlib.sha256(str(path).encode()).hexdigest(): name,
        hashlib.sha256(path.name.encode()).hexdigest(): name,
        hashlib.md5(_CONTENT, usedforsecurity=False).hexdigest(): "That is another hash, of 32 digits.",
        None: NOTHING,
    }
    otherwise = "Not that hash: all bytes of the file, as they are, go into `hashlib.sha256`."
    return hints.get(found, otherwise) if isinstance(found, str | bytes | None) else otherwise


def _three_runs(answer: Given) -> str:  # noqa: PLR0911 - a hint each
    if answer is None:
        return "There is no list: `append` and `print` give nothing back. Begin with `found = []`."
    if np.shape(answer) != (len(DIGITS),):
        return f"Give a list of {len(DIGITS)} digits, one for each picture."
    digits = list(answer)
    if any(isinstance(digit, str) for digit in digits):
        return "Give the digits as numbers, as `read_result` has them."
    if any(number_of(digit) is None for digit in digits):
        return 'Each entry should be a digit: take `["digit"]` of what `read_result` gives.'
    if digits == list(DIGITS):
        return ""
    if sorted(digits) == sorted(DIGITS):
        return "These are the right digits in another order. In which order are the pictures asked about?"
    return "Not these digits. Does each run write to a file of its own, and is that the one which is read?"


def _body(answer: Given) -> str:
    found, path = _of_a_file(answer)
    if not isinstance(found, str):
        kinds = {dict: "That is a dict. Which function makes JSON of it?", type(None): NOTHING}
        return kinds.get(type(found), "Give a text, which `json.dumps` makes.")
    try:
        query = json.loads(found)
    except ValueError:
        if found.startswith("{'"):
            return "JSON wants double quotes: let `json.dumps` write it."
        return "That is no JSON: it should begin with a brace and a quoted name."
    if not isinstance(query, dict) or list(query) != ["base64"]:
        return "The JSON should be an object with one entry, whose name is base64."
    encoded = base64.b64encode(_CONTENT).decode()
    hints = {
        encoded: "",
        base64.b64encode(str(path).encode()).decode(): "That is the file's name in base64. What is in it?",
        base64.b64encode(encoded.encode()).decode(): "It is encoded twice. Once is enough.",
        base64.encodebytes(_CONTENT).decode(): "There are line breaks in it: use `b64encode`.",
        str(base64.b64encode(_CONTENT)): "A b and quotes got into the text: make text of bytes with decode.",
    }
    return hints.get(str(query["base64"]), "The entry is not the base64 of the file's bytes.")


def _watch(answer: Given) -> str:
    given = [0, 2, None, 2, 9, 2, None, 3]
    found = answer(list(given))
    first = {
        "": 2 / 8,
        "The first is the share that was answered. How many were refused?": 6 / 8,
        "The first is how many were refused. Which share of all is it?": 2,
        "The first is off: 0 is a digit like any other, and only None is a refusal.": 3 / 8,
        "The first is a share of the given digits: of all pictures, how many were refused?": 2 / 6,
    }
    second = {
        "": 3 / 6,
        "The second is a share of all: of the digits that were given, how many are the same?": 3 / 8,
        "The second is how many there are of it. Which share of the given digits is it?": 3,
        "The second is the digit itself. How often did it come out?": 2,
    }
    first_off = "The first share is off: how many of all are None?"
    second_off = "The second is off: count each digit, and take the largest count."
    pair = (first, first_off), (second, second_off)
    return hint_about_pair(found, "refused, frequent", "how many were refused", *pair)


CHECKS = {
    "6.1": for_function(_fingerprint),
    "6.2": _three_runs,
    "6.3": for_function(_body),
    "6.4": for_function(_watch),
}
