"""SECURITY.md keeps its word: its numbers are those of the code, and the tests that it names are there."""

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

from digits_nb import errors

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = (CHECKOUT / "SECURITY.md").read_text(encoding="utf-8")
LIMITS = re.findall(
    r"^\| (.+) \| ([\d.,]+)( MB| MiB| s| million)? \| `([\w.]+?)(?:\['(\w+)'\])?` \|$", TEXT, re.MULTILINE
)
UNITS = {"": 1, " s": 1, " MB": 1_000_000, " MiB": 2**20, " million": 1_000_000}
NAMED = re.findall(r"`(tests/\w+/\w+\.py)::(\w+)`", TEXT)


@pytest.mark.parametrize(
    ("what", "number", "unit", "place", "key"), LIMITS, ids=[limit[0] for limit in LIMITS]
)
def test_a_limit_is_what_the_code_says(what: str, number: str, unit: str, place: str, key: str) -> None:
    package, module, *names = place.split(".")
    value = import_module(f"digits_nb.{package}.{module}")
    for name in names:
        value = getattr(value, name)
    value = value[key] if key else value
    assert round(float(number.replace(",", "")) * UNITS[unit]) == value, what


def test_every_row_of_the_limits_is_read_by_this_test() -> None:
    assert len(LIMITS) == len(re.findall(r"^\| .* \| `\w+\.\w+\.[A-Z].*` \|$", TEXT, re.MULTILINE)) > 10
    formats = import_module("digits_nb.images.formats")
    assert {key for *_, place, key in LIMITS if place == "images.formats.MOST_PIXELS"} == set(
        formats.MOST_PIXELS
    ) - {"JPEG"}
    assert formats.MOST_PIXELS["JPEG"] == formats.MAX_PIXELS


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_that_is_named_is_there(file: str, name: str) -> None:
    tree = ast.parse((CHECKOUT / file).read_text(encoding="utf-8"))
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_an_error_that_is_named_is_one() -> None:
    named = set(re.findall(r"`([A-Z]\w+)`", TEXT))
    assert named >= {"DigitsError", "TooLarge"}
    assert all(issubclass(getattr(errors, name), errors.DigitsError) for name in named)


def test_the_readme_leads_here() -> None:
    assert "(SECURITY.md)" in (CHECKOUT / "README.md").read_text(encoding="utf-8")
