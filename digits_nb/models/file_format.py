"""Model file: tensors and a model card in the safetensors format.

The format is that of https://github.com/huggingface/safetensors. The version is the SHA-256 of the file. No
time and no place is in it, so the same model has the same version anywhere.
"""

import hashlib
import json
import struct
from typing import TYPE_CHECKING, Any

from digits_nb.errors import DigitsError, TamperedModel

if TYPE_CHECKING:
    from digits_nb.models.inference import Tensors

MAX_FILE_BYTES = 8 * 2**20
"""Twenty-five times a model of this project: a forward pass over 1,024 grids keeps at most 134 MB a layer."""
MAX_CARD_BYTES = 2**20
MAX_HEADER_BYTES = 3 * 2**20
"""The card, whose quotes are escaped in the header, and the names and shapes of the tensors."""

_CARD = "card"  # the only key: with several their order, so the bytes, would differ from run to run


def digest(data: bytes) -> str:
    """Give the version that a file's content has: its SHA-256, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def pack(tensors: "Tensors", card: dict[str, Any]) -> bytes:
    """Write tensors and a card as the content of a file.

    Raises
    ------
    DigitsError
        The card is not plain JSON, or card or file is too large.
    """
    from safetensors.numpy import save

    data = save(tensors, metadata={_CARD: _card_text(card)})
    if len(data) > MAX_FILE_BYTES:
        msg = f"The model has {len(data)} bytes, where at most {MAX_FILE_BYTES} are kept: make it smaller."
        raise DigitsError(msg)
    return data


def unpack(data: bytes, version: str, where: str) -> "tuple[Tensors, dict[str, Any]]":
    """Read tensors and card from the content of a file.

    Parameters
    ----------
    data
        The content, whose hash is compared before anything is parsed.
    version
        The 64 hex digits that it must have; "" if they are not known.
    where
        For messages, after "in".

    Raises
    ------
    TamperedModel
        The content is another than the version names, or not as `pack` writes it. The tensors themselves
        are not judged here.
    """
    from safetensors.numpy import load

    cause: Exception | None = None
    fault = "has other content than it is named by" if version and digest(data) != version else ""
    if not fault:
        fault = "is in another form than digits_nb writes"
        try:
            (length,) = struct.unpack_from("<Q", data)
            card = json.loads(json.loads(data[8 : 8 + min(length, MAX_HEADER_BYTES)])["__metadata__"][_CARD])
            tensors: Tensors = load(data)
            # what is there twice, or in another order or form, is not written again
            if pack(tensors, card) == data:
                return tensors, card
        except Exception as error:  # noqa: BLE001 (a broken file finds its way through any list of errors)
            cause = error
            if not isinstance(error, DigitsError):
                fault = (
                    f"is no safetensors file with a card, or is broken or cut short ({type(error).__name__})"
                )
    this = f"The version {version[:8]} in {where}" if version else f"What is in {where}"
    msg = f"{this} {fault}: do not use it, get it again from where it was made, or train and save a new one."
    raise TamperedModel(msg) from cause


def _card_text(card: dict[str, Any]) -> str:
    """Give the one form in which a card is written."""
    try:
        text = json.dumps(card, allow_nan=False, ensure_ascii=False, sort_keys=True)
        size = len(text.encode())
        same = isinstance(card, dict) and json.loads(text) == card
    except (TypeError, ValueError, RecursionError):
        same = False
    if not same:
        msg = (
            "The card holds something that JSON does not give back as it was (NaN, a numpy value, a tuple, a "
            "key that is no text): use plain numbers, texts, lists and dicts."
        )
        raise DigitsError(msg)
    if size > MAX_CARD_BYTES:
        msg = f"The card has {size} bytes, where at most {MAX_CARD_BYTES} are kept: leave the details out."
        raise DigitsError(msg)
    return text
