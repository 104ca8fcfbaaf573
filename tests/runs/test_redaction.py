"""Secrets of URLs: removed from whatever a run keeps, in every form in which a URL may stand there."""

import html
import json

import pytest

from digits_nb.runs.redaction import redactor


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://me:pass-word@pictures.example:8443/7.png", "https://pictures.example:8443/7.png"),
        ("https://pictures.example/7.png?a=1&token=pass-word", "https://pictures.example/7.png"),
        ("http://[::1]:80/7@2x.png#pass-word", "http://[::1]:80/7@2x.png"),
        ("http://me:pass/word?pass-word#x@pictures.example/7.png", "http://pictures.example/7.png"),
        ("see HTTPS://me:pass-word@pictures.example, or not", "see HTTPS://pictures.example, or not"),
        ('http://pictures.example/?it\'s="pass-word"\\pass-word', "http://pictures.example/"),
        ("http://pictures.example/?é=pass-word", "http://pictures.example/"),
        ("http://?pass-word", "http://"),
    ],
)
def test_a_url_loses_its_secrets_in_every_form(given: str, kept: str) -> None:
    redact = redactor([given, 7, True])
    shown = {"given": given, given: [given, 7, None, 0.5, True], "code": f"text = {json.dumps(given)}\n"}
    texts = [repr(given), json.dumps({"at": given}), f"<img src='{html.escape(given)}'>", f"{given}\n{given}"]

    redacted = redact([shown, texts])

    assert "pass-word" not in json.dumps(redacted)
    assert redacted[0]["given"] == kept
    assert redacted[0][kept] == [kept, 7, None, 0.5, True]
    assert redacted[0]["code"] == f"text = {json.dumps(kept)}\n"
    assert redacted[1][1] == json.dumps({"at": kept})


def test_another_url_of_the_same_host_loses_its_secrets_too() -> None:
    redact = redactor(["https://pictures.example/7.png?token=pass-word"])
    assert redact("it led to https://pictures.example/login?token=other&from=7.png") == (
        "it led to https://pictures.example/login"
    )


@pytest.mark.parametrize(
    "given", ["", "7", "seven.png", "https://pictures.example/7.png", "who@pictures.example?"]
)
def test_nothing_else_changes(given: str) -> None:
    text = "https://me:pass@pictures.example/7.png?page=2 and seven.png?"
    assert redactor([given])([text, {"at": text}]) == [text, {"at": text}]
    assert redactor(["https://me:pass@example.org/?x"])(text) == text
