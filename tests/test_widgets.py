"""The panel, driven as a front end drives it: values change, the button is clicked."""

import re
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest
from servers import Server, plain, serving

import digits_nb
from digits_nb import DigitModel, ModelStore
from digits_nb.widgets import Panel

SAMPLES = Path(__file__).resolve().parent.parent / "notebooks" / "samples"
SEVEN = (SAMPLES / "seven-dark-on-white.png").read_bytes()
THREE = (SAMPLES / "three-light-on-dark.png").read_bytes()


@pytest.fixture
def panel(model: DigitModel) -> Panel:
    return digits_nb.panel(model)


def settled(panel: Panel) -> Panel:
    """The panel, when it has read what it was given."""
    deadline = time.monotonic() + 20
    while panel.busy:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return panel


def upload(panel: Panel, name: str, content: bytes) -> None:
    """What the upload button leaves when a person has chosen a file."""
    told = {"name": name, "type": "", "last_modified": datetime.now(tz=UTC), "size": len(content)}
    panel.upload.value = (told | {"content": memoryview(content)},)


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"], ids=["alone", "in a data: URL"])
def test_base64_is_read_when_it_is_entered(panel: Panel, prefix: str) -> None:
    panel.base64.value = prefix + b64encode(SEVEN).decode()
    assert settled(panel).answer.digit == 7
    assert panel.message.value == ""


def test_an_upload_is_read_by_itself(panel: Panel) -> None:
    upload(panel, "seven.png", SEVEN)
    assert settled(panel).answer.digit == 7


def test_the_answer_is_shown_as_a_notebook_would_show_it(panel: Panel) -> None:
    upload(panel, "seven.png", SEVEN)
    assert settled(panel).result.value == panel.answer._repr_html_()


def test_the_button_reads_what_is_filled_in_again(panel: Panel) -> None:
    upload(panel, "seven.png", SEVEN)
    first = settled(panel).answer
    panel.button.click()
    again = settled(panel).answer
    assert again is not first
    assert again.digit == first.digit


def test_a_way_in_that_is_filled_empties_the_others(panel: Panel) -> None:
    upload(panel, "three.png", THREE)
    settled(panel)
    panel.base64.value = b64encode(SEVEN).decode()
    assert settled(panel).answer.digit == 7
    assert panel.upload.value == ()
    upload(panel, "three.png", THREE)
    assert settled(panel).answer.digit == 3
    assert panel.base64.value == ""


@pytest.mark.parametrize(
    ("way_in", "value"),
    [
        ("base64", "certainly no picture"),
        ("base64", b64encode((SAMPLES / "blank.png").read_bytes()).decode()),
        ("base64", b64encode(SEVEN[:200]).decode()),
        ("url", "http://127.0.0.1/seven.png"),
        ("url", "<b>http://[</b>"),
    ],
    ids=["no base64", "a blank picture", "half a picture", "a private address", "a URL that is none"],
)
def test_an_error_is_a_sentence_in_the_panel(panel: Panel, way_in: str, value: str) -> None:
    upload(panel, "seven.png", SEVEN)
    settled(panel)
    getattr(panel, way_in).value = value
    assert settled(panel).answer is None
    assert panel.result.value == ""
    (sentence,) = re.findall(r'<div role="alert"[^>]*>([^<>\n]+)</div>', panel.message.value)
    assert len(sentence.split()) > 4


def test_an_error_that_nobody_expected_is_a_sentence_too_and_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost = []
    monkeypatch.setattr(threading, "excepthook", lost.append)
    panel = Panel(object())  # no model
    upload(panel, "seven.png", SEVEN)
    panel._thread.join(20)
    assert not panel.busy
    assert "unexpected AttributeError" in panel.message.value
    assert [error.exc_type for error in lost] == [AttributeError]


def test_the_button_with_nothing_filled_in_says_what_to_give(panel: Panel) -> None:
    panel.button.click()
    assert "url" in settled(panel).message.value


def test_an_answer_clears_the_error_before_it(panel: Panel) -> None:
    panel.base64.value = "certainly no picture"
    assert settled(panel).message.value
    upload(panel, "seven.png", SEVEN)
    assert settled(panel).message.value == ""


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Event]]:
    """A server that sends its three only when told so, and the word to go on."""
    go_on = Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        go_on.wait(20)
        plain(THREE)(handler)

    with serving(answer) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", server.pair)
        yield server, go_on
        go_on.set()


def test_a_slow_url_leaves_the_panel_alive_and_says_that_it_is_reading(
    panel: Panel, slow: tuple[Server, Event]
) -> None:
    server, go_on = slow
    panel.url.value = server.url
    assert panel.busy
    assert panel.message.value == "Reading…"
    go_on.set()
    assert settled(panel).answer.digit == 3
    assert panel.message.value == ""


def test_what_is_asked_for_last_is_what_is_shown(panel: Panel, slow: tuple[Server, Event]) -> None:
    server, go_on = slow
    panel.url.value = server.url
    thread = panel.read()
    upload(panel, "seven.png", SEVEN)
    assert settled(panel).answer.digit == 7
    go_on.set()
    thread.join(20)
    assert len(server.seen) == 1
    assert panel.answer.digit == 7
    assert panel.message.value == ""


def test_asking_twice_for_the_same_reads_it_once(panel: Panel, slow: tuple[Server, Event]) -> None:
    server, go_on = slow
    panel.url.value = server.url
    panel.button.click()
    go_on.set()
    assert settled(panel).answer.digit == 3
    assert len(server.seen) == 1


def test_every_input_says_what_it_is(panel: Panel) -> None:
    for way_in in (panel.url, panel.base64, panel.upload, panel.button):
        assert way_in.description


def test_a_panel_without_a_model_answers_with_the_latest_of_the_store(store: ModelStore) -> None:
    panel = digits_nb.panel(store=store)
    upload(panel, "seven.png", SEVEN)
    assert settled(panel).answer.model_version == store.resolve("latest")


def test_panels_know_nothing_of_each_other(model: DigitModel) -> None:
    one, other = digits_nb.panel(model), digits_nb.panel(model)
    upload(one, "seven.png", SEVEN)
    assert settled(one).answer.digit == 7
    assert other.answer is None
    assert other.upload.value == ()
