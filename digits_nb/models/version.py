"""A version of a model: three files, and a name that only they can have.

The manifest holds the SHA-256 of the model and of its card, and the SHA-256 of the manifest is the version.
No time and no place is in it, so the same model has the same version anywhere.
"""

import hashlib
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from digits_nb.errors import DigitsError, ModelNotFound, TamperedModel
from digits_nb.models.graph import MAX_MODEL_BYTES

FORMAT = 1
"""What this release writes and reads; another layout, or another rule for graphs, is another number."""

MAX_CARD_BYTES = 2**20
MAX_MANIFEST_BYTES = 4096

_MODEL, _CARD, _MANIFEST = "model.onnx", "card.json", "manifest.json"


def pack(onnx: bytes, card: dict[str, Any]) -> tuple[str, dict[str, bytes]]:
    """Give the version of a model, and its three files by name.

    Raises
    ------
    DigitsError
        The card is not plain JSON, or too long.
    """
    files = {_MODEL: onnx, _CARD: _card_bytes(card)}
    manifest = _manifest_bytes(files)
    return _digest(manifest), {**files, _MANIFEST: manifest}


def unpack(folder: Path) -> tuple[bytes, dict[str, Any]]:
    """Give the model and the card in a folder that is named by its version.

    Raises
    ------
    ModelNotFound, TamperedModel
        As for `check`.
    OSError
        The folder cannot be read.
    """

    def read(name: str, max_bytes: int) -> bytes:
        return read_plain(folder / name, max_bytes)

    return check(folder.name, {file.name for file in folder.iterdir()}, read, where=str(folder.parent))


def check(
    version: str, names: set[str], read: Callable[[str, int], bytes], *, where: str
) -> tuple[bytes, dict[str, Any]]:
    """Give the model and the card of a version, wherever its files are.

    Each file is read once, and those very bytes are compared with what the version and the manifest say
    before any is parsed.

    Parameters
    ----------
    version
        The 64 hex digits that it goes by; "" if nobody has said.
    names
        The files that there are.
    read
        Gives the content of one, given its name and the most bytes that it may have.
    where
        For messages, after "in".

    Raises
    ------
    ModelNotFound
        Another release wrote it, in a format that this one does not read.
    TamperedModel
        A file is missing, foreign, or not the one that its manifest names.
    """
    this = f"The version {version[:8]} in {where}" if version else f"What is in {where}"
    if _MANIFEST not in names:
        _refuse(this, f"lacks {_MANIFEST}")
    manifest = read(_MANIFEST, MAX_MANIFEST_BYTES)
    if version and _digest(manifest) != version:
        _refuse(this, f"has another {_MANIFEST} than the one that it is named by")
    _check_format(manifest, this)
    expected = {_MODEL, _CARD, _MANIFEST}
    if names < expected:
        _refuse(this, f"lacks {min(expected - names)}")
    if names != expected:
        _refuse(this, f"holds a foreign file, {min(names - expected)!r:.80}")
    files = {_MODEL: read(_MODEL, MAX_MODEL_BYTES), _CARD: read(_CARD, MAX_CARD_BYTES)}
    for name, data in files.items():
        if _digest(data).encode() not in manifest:
            _refuse(this, f"has another {name} than the one that its manifest names")
    if _manifest_bytes(files) != manifest:
        _refuse(this, f"has a {_MANIFEST} in another form than digits_nb writes")
    return files[_MODEL], _parse_card(files[_CARD], this)


def read_plain(path: Path, max_bytes: int) -> bytes:
    """Read a plain file, no link or device, of at most so many bytes.

    Raises
    ------
    TamperedModel
        It is something else, or larger.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        msg = f"The path {path} is no plain file, as every file of a version is: train and save a new model."
        raise TamperedModel(msg)
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        msg = f"The file {path} has more than the {max_bytes} bytes it may have: train and save a new model."
        raise TamperedModel(msg)
    return data


def _check_format(manifest: bytes, this: str) -> None:
    try:
        number = json.loads(manifest)["format"]
    except (ValueError, TypeError, KeyError, RecursionError):
        number = None
    if type(number) is not int:
        _refuse(this, f"has a {_MANIFEST} without a format number")
    if number != FORMAT:
        msg = (
            f"{this} has the format {number}, where this release reads {FORMAT}: use the release of "
            "digits_nb that saved it, or train and save a new one."
        )
        raise ModelNotFound(msg)


def _manifest_bytes(files: dict[str, bytes]) -> bytes:
    return _canonical({"format": FORMAT, "sha256": {name: _digest(data) for name, data in files.items()}})


def _card_bytes(card: dict[str, Any]) -> bytes:
    try:
        data = _canonical(card)
        same = isinstance(card, dict) and json.loads(data) == card
    except (TypeError, ValueError, RecursionError):
        same = False
    if not same:
        msg = (
            "The card holds something that JSON does not give back as it was (NaN, a numpy value, a tuple, a "
            "key that is no text): use plain numbers, texts, lists and dicts."
        )
        raise DigitsError(msg)
    if len(data) > MAX_CARD_BYTES:
        msg = (
            f"The card has {len(data)} bytes, where at most {MAX_CARD_BYTES} are kept: leave the details out."
        )
        raise DigitsError(msg)
    return data


def _parse_card(data: bytes, this: str) -> dict[str, Any]:
    try:
        card = json.loads(data)
        plain = isinstance(card, dict) and _canonical(card) == data
    except (ValueError, RecursionError):
        plain = False
    if not plain:
        _refuse(this, f"has a {_CARD} in another form than digits_nb writes")
    return card


def _canonical(value: dict[str, Any]) -> bytes:
    """Give the one form in which a dict is written, which a person can read too."""
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, sort_keys=True, indent=2)
    return f"{text}\n".encode()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _refuse(this: str, fault: str) -> NoReturn:
    msg = f"{this} {fault}: do not use it, get it again from where it was made, or train and save a new one."
    raise TamperedModel(msg)
