"""A version is named by its files, and no other files have that name."""

import hashlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digits_nb import DigitsError, ModelNotFound, TamperedModel
from digits_nb.models.version import FORMAT, MAX_CARD_BYTES, pack, unpack

CARD = {"title": "Ziffern – 数字", "accuracy": 0.97, "layers": [64, 10], "seed": 0, "note": None}


def written(folder: Path, files: dict[str, bytes]) -> Path:
    """Write the files to a folder that is named by their manifest, whatever is in it."""
    path = folder / hashlib.sha256(files["manifest.json"]).hexdigest()
    path.mkdir()
    for name, data in files.items():
        (path / name).write_bytes(data)
    return path


def with_manifest(manifest: bytes) -> dict[str, bytes]:
    return {**pack(b"a graph", CARD)[1], "manifest.json": manifest}


def with_card(card: bytes) -> dict[str, bytes]:
    """A version whose card is any bytes, and whose hashes are right."""
    files = pack(b"a graph", CARD)[1]
    old, new = (hashlib.sha256(data).hexdigest().encode() for data in (files["card.json"], card))
    return {**files, "card.json": card, "manifest.json": files["manifest.json"].replace(old, new)}


def test_the_manifest_names_the_files_and_the_version_is_its_hash() -> None:
    version, files = pack(b"a graph", CARD)

    assert files.keys() == {"model.onnx", "card.json", "manifest.json"}
    assert version == hashlib.sha256(files["manifest.json"]).hexdigest()
    assert json.loads(files["manifest.json"]) == {
        "format": FORMAT,
        "sha256": {name: hashlib.sha256(files[name]).hexdigest() for name in ("model.onnx", "card.json")},
    }
    assert "Ziffern – 数字".encode() in files["card.json"]


def test_the_order_in_which_a_card_was_filled_is_not_in_the_version() -> None:
    assert pack(b"a graph", CARD) == pack(b"a graph", dict(reversed(CARD.items())))
    assert pack(b"a graph", CARD)[0] != pack(b"a graph", {**CARD, "seed": 1})[0]
    assert pack(b"a graph", CARD)[0] != pack(b"a graph.", CARD)[0]


def test_what_was_packed_is_unpacked(tmp_path: Path) -> None:
    version, files = pack(b"a graph", CARD)

    folder = written(tmp_path, files)

    assert folder.name == version
    assert unpack(folder) == (b"a graph", CARD)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=8,
)


@given(card=st.dictionaries(st.text(st.characters(codec="utf-8")), json_values, max_size=4))
def test_any_json_is_a_card_unless_it_cannot_be_written(card: dict[str, object]) -> None:
    try:
        files = pack(b"a graph", card)[1]
    except DigitsError:
        with pytest.raises(UnicodeEncodeError):  # half a character, which no UTF-8 holds
            json.dumps(card, ensure_ascii=False).encode()
        return
    with TemporaryDirectory() as folder:
        assert unpack(written(Path(folder), files)) == (b"a graph", card)


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
        pack(b"a graph", card)


def test_a_float_of_numpy_is_a_float() -> None:
    assert pack(b"a graph", {"accuracy": np.float64(0.5)}) == pack(b"a graph", {"accuracy": 0.5})


def test_a_card_is_no_place_for_data() -> None:
    with pytest.raises(DigitsError, match=f"where at most {MAX_CARD_BYTES} are kept"):
        pack(b"a graph", {"grids": "0" * MAX_CARD_BYTES})


MANIFEST = pack(b"a graph", CARD)[1]["manifest.json"]
FOREIGN = {
    "a card that is no JSON": (with_card(b"{"), "card.json in another form"),
    "a card that is a list": (with_card(b"[]\n"), "card.json in another form"),
    "a card with NaN": (with_card(b'{\n  "a": NaN\n}\n'), "card.json in another form"),
    "a card with a name twice": (with_card(b'{\n  "a": 1,\n  "a": 1\n}\n'), "card.json in another form"),
    "a card in one line": (with_card(b'{"a": 1}'), "card.json in another form"),
    "a card too deep to read": (with_card(b"[" * 10**5), "card.json in another form"),
    "a card of no text": (with_card(b"\xff\xfe\xfd"), "card.json in another form"),
    "a manifest that is no JSON": (with_manifest(b"{"), "without a format number"),
    "a manifest too deep to read": (with_manifest(b"[" * 4000), "without a format number"),
    "a manifest that is a list": (with_manifest(b"[1]"), "without a format number"),
    "a manifest without a format": (with_manifest(b"{}"), "without a format number"),
    "a manifest whose format is true": (with_manifest(b'{"format": true}'), "without a format number"),
    "a manifest without hashes": (with_manifest(b'{"format": 1}'), "another model.onnx"),
    "a manifest with something more": (
        with_manifest(MANIFEST.replace(b"{", b'{"more": 1,', 1)),
        "manifest.json in another form",
    ),
}


@pytest.mark.parametrize(("files", "words"), FOREIGN.values(), ids=FOREIGN)
def test_right_hashes_do_not_make_foreign_files_right(
    tmp_path: Path, files: dict[str, bytes], words: str
) -> None:
    with pytest.raises(TamperedModel) as refusal:
        unpack(written(tmp_path, files))
    assert words in str(refusal.value)


def test_another_format_is_named_before_its_files_are_judged(tmp_path: Path) -> None:
    files = {"manifest.json": b'{"format": 2}', "weights.bin": b"of another release"}

    with pytest.raises(ModelNotFound, match=r"has the format 2, where this release reads 1: use the release"):
        unpack(written(tmp_path, files))
