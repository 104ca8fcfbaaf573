"""The content of a version's file: what is packed is unpacked, and nothing else is."""

import hashlib
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load, save

from digits_nb import DigitsError, TamperedModel
from digits_nb.models.file_format import (
    MAX_CARD_BYTES,
    MAX_FILE_BYTES,
    digest,
    pack,
    unpack,
)

CARD = {"title": "Ziffern – 数字", "accuracy": 0.97, "layers": [64, 10], "seed": 0, "note": None}
TENSORS = {"weights": np.arange(6, dtype=np.float32).reshape(2, 3), "gamma": np.array([0.001])}
FILE = pack(TENSORS, CARD)


def read(data: bytes, version: str = "") -> tuple[dict[str, NDArray[np.generic]], dict[str, object]]:
    return unpack(data, version=version, where="a test")


def header_of(data: bytes) -> dict[str, dict[str, object]]:
    (length,) = struct.unpack_from("<Q", data)
    return json.loads(data[8 : 8 + length])


def with_header(header: bytes) -> bytes:
    """The same numbers behind another header."""
    (length,) = struct.unpack_from("<Q", FILE)
    return struct.pack("<Q", len(header)) + header + FILE[8 + length :]


def with_card(card: str) -> bytes:
    return save(TENSORS, metadata={"card": card})


def changed(**fields: object) -> bytes:
    """The same numbers behind a header in which something of `weights` is another."""
    header = header_of(FILE)
    header["weights"] |= fields
    return with_header(json.dumps(header).encode())


def test_what_was_packed_is_unpacked() -> None:
    tensors, card = read(FILE, digest(FILE))

    assert card == CARD
    assert tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert tensors[name].dtype == tensor.dtype
        np.testing.assert_array_equal(tensors[name], tensor)


def test_any_reader_of_safetensors_finds_the_tensors_and_the_card() -> None:
    assert load(FILE).keys() == TENSORS.keys()
    metadata = header_of(FILE)["__metadata__"]
    assert metadata.keys() == {"card"}
    assert json.loads(metadata["card"]) == CARD
    assert "Ziffern – 数字" in metadata["card"]


def test_the_version_is_the_hash_of_the_file() -> None:
    assert digest(FILE) == hashlib.sha256(FILE).hexdigest()
    # the form of the file is part of every version: another one would give all models new names
    assert digest(FILE) == "fe0d6c3b719265f3828e5f49ad88a446b63b63c2827777f9fdb85fbe70d4fc16"


def test_the_order_in_which_things_were_filled_in_is_not_in_the_file() -> None:
    assert pack(dict(reversed(TENSORS.items())), dict(reversed(CARD.items()))) == FILE
    assert pack(TENSORS, {**CARD, "seed": 1}) != FILE
    assert pack({**TENSORS, "gamma": np.array([0.002])}, CARD) != FILE


def test_the_same_bytes_are_written_in_any_process() -> None:
    program = (
        "import sys, numpy as np; from digits_nb.models.file_format import digest, pack\n"
        f"print(digest(pack({{'weights': np.arange(6, dtype=np.float32).reshape(2, 3), 'gamma': "
        f"np.array([0.001])}}, {CARD!r})))"
    )
    for seed in ("1", "2", "3"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        )
        assert run.stdout.strip() == digest(FILE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)


@given(card=st.dictionaries(st.text(st.characters(codec="utf-8")), json_values, max_size=4))
def test_any_json_is_a_card_unless_it_cannot_be_written(card: dict[str, object]) -> None:
    try:
        data = pack(TENSORS, card)
    except DigitsError:
        with pytest.raises(UnicodeEncodeError):  # half a character, which no UTF-8 holds
            json.dumps(card, ensure_ascii=False).encode()
        return
    assert read(data)[1] == card


def endless() -> dict[str, object]:
    card: dict[str, object] = {}
    card["card"] = card
    return card


NO_CARDS = {
    "NaN": {"accuracy": float("nan")},
    "infinity": {"accuracy": float("inf")},
    "a numpy integer": {"seed": np.int64(0)},
    "a numpy array": {"layers": np.zeros(2)},
    "a tuple, which comes back as a list": {"layers": (64, 10)},
    "a number as key, which comes back as a text": {1: "one"},
    "a path": {"data": Path("digits")},
    "half a character": {"title": "\ud800"},
    "a card in itself": endless(),
    "a list": ["a card"],
    "nothing": None,
}


@pytest.mark.parametrize("card", NO_CARDS.values(), ids=NO_CARDS)
def test_what_json_would_change_is_no_card(card: dict[str, object]) -> None:
    with pytest.raises(DigitsError, match="JSON does not give back as it was"):
        pack(TENSORS, card)


def test_a_float_of_numpy_is_a_float() -> None:
    assert pack(TENSORS, {"accuracy": np.float64(0.5)}) == pack(TENSORS, {"accuracy": 0.5})


def test_a_card_is_no_place_for_data() -> None:
    with pytest.raises(DigitsError, match=f"where at most {MAX_CARD_BYTES} are kept"):
        pack(TENSORS, {"grids": "0" * MAX_CARD_BYTES})
    most = pack(TENSORS, {"quotes": '"' * (MAX_CARD_BYTES // 2 - 8)})  # each is four characters of the header
    assert read(most)[1]["quotes"].startswith('"')


def test_a_model_too_large_for_a_store_is_not_written() -> None:
    with pytest.raises(DigitsError, match=f"where at most {MAX_FILE_BYTES} are kept"):
        pack({"weights": np.zeros(MAX_FILE_BYTES // 4, np.float32)}, CARD)


def test_the_hash_is_compared_before_anything_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json, "loads", pytest.fail)
    monkeypatch.setattr("safetensors.numpy.load", pytest.fail)
    with pytest.raises(TamperedModel, match=r"version 00000000 in a test has other content than it is named"):
        read(FILE, "0" * 64)


HEADER = header_of(FILE)
BROKEN: dict[str, tuple[bytes, str]] = {
    "no bytes": (b"", "is no safetensors file"),
    "a pickle": (b"\x80\x05K\x01.", "is no safetensors file"),
    "a zip of an earlier format": (b"PK\x03\x04" + bytes(2**12), "is no safetensors file"),
    "a header past the end": (struct.pack("<Q", 2**20) + FILE[8:], "is no safetensors file"),
    "a huge header": (struct.pack("<Q", 2**63) + FILE[8:], "is no safetensors file"),
    "a header that is no JSON": (with_header(b"{"), "is no safetensors file"),
    "a header too deep to read": (with_header(b"[" * 10**5), "is no safetensors file"),
    "a header that is a list": (with_header(b"[]"), "is no safetensors file"),
    "an end in the middle": (FILE[:-1], "is no safetensors file"),
    "bytes behind the end": (FILE + b"\0", "is no safetensors file"),
    "a tensor of a type without numbers": (changed(dtype="F8_E4M3"), "is no safetensors file"),
    "a tensor larger than its bytes": (changed(shape=[10**9, 10**9]), "is no safetensors file"),
    "a tensor of a negative size": (changed(shape=[-2, -3]), "is no safetensors file"),
    "a tensor over another": (changed(data_offsets=[0, 24]), "is no safetensors file"),
    "a tensor outside of the file": (changed(data_offsets=[10**6, 10**6 + 24]), "is no safetensors file"),
    "no card": (save(TENSORS), "is no safetensors file with a card"),
    "a card of another name": (save(TENSORS, metadata={"cards": "{}"}), "is no safetensors file with a card"),
    "two keys": (save(TENSORS, metadata={"card": "{}", "more": ""}), "in another form"),
    "a card that is no JSON": (with_card("{"), "is no safetensors file with a card"),
    "a card that is a list": (with_card("[]"), "in another form"),
    "a card with NaN": (with_card('{"a": NaN}'), "in another form"),
    "a card with a name twice": (with_card('{"a": 1, "a": 1}'), "in another form"),
    "a card with other spaces": (with_card('{"a":1}'), "in another form"),
    "a card in another order": (with_card('{"b": 1, "a": 1}'), "in another form"),
    "a card too deep to read": (with_card("[" * 10**5), "is no safetensors file with a card"),
    "a tensor named twice": (
        with_header(
            json.dumps(HEADER).encode()[:-1] + b', "gamma": ' + json.dumps(HEADER["gamma"]).encode() + b"}"
        ),
        "",
    ),
    "a header in another order": (
        with_header(json.dumps(dict(reversed(HEADER.items()))).encode()),
        "in another form",
    ),
    "a header of another length": (with_header(json.dumps(HEADER).encode() + b" " * 8), "in another form"),
}


@pytest.mark.parametrize(("data", "words"), BROKEN.values(), ids=BROKEN)
def test_the_right_hash_does_not_make_foreign_content_right(data: bytes, words: str) -> None:
    with pytest.raises(TamperedModel) as refusal:
        read(data, digest(data))
    assert words in str(refusal.value)
    assert "train and save a new one" in str(refusal.value)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_else_is_raised(data: bytes) -> None:
    with pytest.raises(TamperedModel):
        read(data)


@given(data=st.data())
def test_what_passes_is_what_was_written(data: st.DataObject) -> None:
    """Whatever is done to the bytes, what is unpacked from them is packed to the same bytes."""
    edited = bytearray(FILE)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(edited)))
        end = data.draw(st.integers(start, min(start + 4, len(edited))))
        edited[start:end] = data.draw(st.binary(max_size=6))
    try:
        found = read(bytes(edited))
    except TamperedModel:
        return
    assert pack(*found) == edited
