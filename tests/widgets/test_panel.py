"""The panel, driven as its front end drives it: messages come, values change, buttons are clicked."""

import json
import re
import shlex
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from ipywidgets import Widget
from servers import Server, plain, serving

import digits_nb
from digits_nb import DigitModel, ModelStore, paths
from digits_nb.images.query import MAX_BYTES
from digits_nb.training import neighbors
from digits_nb.widgets import code_snippets, inputs
from digits_nb.widgets.panel import Panel

Way = Callable[[Panel], Panel]

SAMPLES = Path(__file__).resolve().parents[2] / "notebooks" / "samples"
SEVEN = (SAMPLES / "seven-dark-on-white.png").read_bytes()
THREE = (SAMPLES / "three-light-on-dark.png").read_bytes()
WHITE = cv2.imencode(".png", np.full((264, 264), 255, np.uint8))[1].tobytes()
BLANK = (SAMPLES / "blank.png").read_bytes()


@pytest.fixture
def panel(model: DigitModel) -> Panel:
    return digits_nb.panel(model)


def wait_for(happened: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def settled(panel: Panel) -> Panel:
    """The panel, when it has read what it was given."""
    wait_for(lambda: not panel.inputs.busy)
    return panel


def tell(panel: Panel, *buffers: bytes, **content: object) -> Panel:
    """What the page sends when a person has used the fields, the samples or the upload."""
    panel.inputs.form._handle_custom_msg(content, list(buffers))
    return panel


def enter(panel: Panel, field: str, text: str) -> Panel:
    return tell(panel, text.encode(), kind=field, first=True, more=False)


def upload(panel: Panel, content: bytes, name: str = "seven.png") -> Panel:
    return tell(panel, content, kind="file", name=name, first=True, more=False)


def draw(panel: Panel, content: bytes) -> Panel:
    panel.inputs.drawing.set_state({"base64": b64encode(content).decode()})
    return panel


def photograph(panel: Panel, content: bytes) -> Panel:
    panel.inputs.camera_button.click()
    panel.inputs.camera.set_state({"image_base64": f"data:image/png;base64,{b64encode(content).decode()}"})
    return panel


def words(html: str) -> str:
    return re.sub(r"<[^>]+>|\s+", " ", html)


WAYS = {
    "base64": lambda panel: enter(panel, "base64", b64encode(SEVEN).decode()),
    "a data: URL": lambda panel: enter(panel, "base64", f"data:image/png;base64,{b64encode(SEVEN).decode()}"),
    "base64 in the field for URLs": lambda panel: enter(panel, "url", b64encode(SEVEN).decode()),
    "a data: URL in the field for URLs": lambda panel: enter(
        panel, "url", f" data:image/png;base64,{b64encode(SEVEN).decode()} "
    ),
    "an upload": lambda panel: upload(panel, SEVEN),
    "a sample": lambda panel: tell(panel, kind="sample", name="seven-dark-on-white.png"),
    "a drawing": lambda panel: draw(panel, SEVEN),
    "the camera": lambda panel: photograph(panel, SEVEN),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_every_way_in_ends_in_an_answer(panel: Panel, way: Way) -> None:
    assert settled(way(panel)).answer.digit == 7
    assert panel.inputs.message == ""
    assert " 7 " in words(panel.result.html)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
def test_what_a_notebook_may_save_of_the_panel_holds_no_picture(panel: Panel, way: Way) -> None:
    before = what_may_be_saved(panel)
    settled(way(panel))
    assert panel.answer.digit == 7
    easel = panel.inputs.pad.children[1]
    what_is_shown = {id(panel.inputs.camera_button), id(easel), id(panel.true_digit)}  # the camera, a list
    after = what_may_be_saved(panel)
    assert {key for key in after if key in before and before[key] != after[key]} <= what_is_shown
    assert not re.search(r"iVBORw0KGgo\w", "".join(after[key] for key in after if key not in before))
    edit(panel, np.eye(8))
    assert what_may_be_saved(panel)[id(panel.editor)] == before[id(panel.editor)]
    assert repr(panel) == "A panel of digits_nb, alive while its kernel runs"


def what_may_be_saved(panel: Panel) -> dict[int, str]:
    """The state of each widget, as text."""
    return {id(widget): json.dumps(widget.get_state(), default=str) for widget in everything_in(panel)}


def everything_in(widget: Widget) -> Iterator[Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from everything_in(child)


def test_a_large_upload_comes_in_parts(panel: Panel) -> None:
    tell(panel, SEVEN[:500], kind="file", name="seven.png", first=True, more=True)
    assert not panel.inputs.busy
    tell(panel, SEVEN[500:], kind="file", name="seven.png", first=False, more=False)
    assert settled(panel).answer.digit == 7


def test_base64_as_long_as_a_picture_may_be_comes_in_parts(panel: Panel) -> None:
    # a PNG may be followed by whatever
    text = b64encode(SEVEN + bytes(MAX_BYTES - len(SEVEN)))
    assert len(text) > 25_000_000
    for start in range(0, len(text), 5_000_000):
        part, more = text[start : start + 5_000_000], start + 5_000_000 < len(text)
        tell(panel, part, kind="base64", first=start == 0, more=more)
    assert settled(panel).answer.digit == 7


def test_an_upload_that_broke_off_does_not_spoil_the_next(panel: Panel) -> None:
    tell(panel, THREE[:500], kind="file", name="three.png", first=True, more=True)
    assert settled(upload(panel, SEVEN)).answer.digit == 7


def test_the_answer_is_told_in_words_numbers_and_bars(panel: Panel) -> None:
    settled(upload(panel, SEVEN))
    shown = words(panel.result.html)
    assert "certain" in shown
    assert re.search(r"\d\d\.\d%", shown)
    assert panel.result.html.count("<li") == 10
    assert "not saved" in shown or panel.answer.model_version[:12] in shown


def test_the_stages_and_the_digits_like_it_are_shown_with_text_alternatives(panel: Panel) -> None:
    settled(upload(panel, SEVEN))
    told = re.findall(r'<img alt="([^"]+)"', panel.stages.html)
    assert [alt.partition(":")[0] for alt in told][-2:] == ["Bitmap, 32×32", "Grid, 8×8"]
    assert len(told) == panel.stages.html.count("<img") == 6
    wait_for(lambda: panel.neighbours.html)
    alike = re.findall(r'alt="A training digit: (\d)"', panel.neighbours.html)
    assert len(alike) == panel.neighbours.html.count("<img") == 8
    assert alike.count("7") > 4


def test_the_lines_to_copy_ask_for_the_same(home: Path) -> None:
    assert home.is_dir()
    panel = digits_nb.panel()
    settled(draw(panel, SEVEN))
    python, shell = panel.lines.copies
    assert eval(python).digit == 7  # noqa: S307 (our own line)
    assert b64encode(SEVEN).decode() in shell
    settled(tell(panel, kind="sample", name="three-light-on-dark.png"))
    python, shell = panel.lines.copies
    assert eval(python).digit == 3  # noqa: S307
    assert "@" in shell
    edit(panel, 0.5 * panel.answer.grid)
    python, shell = panel.lines.copies
    assert eval(python).argmax() == panel.answer.digit  # noqa: S307
    asked = json.loads(shlex.split(shell)[6])
    assert np.array(asked["grid"]) == pytest.approx(panel.answer.grid, abs=0.051)


def test_a_model_that_is_in_no_store_is_called_model_in_the_lines(model: DigitModel, tmp_path: Path) -> None:
    panel = digits_nb.panel(digits_nb.ModelStore(tmp_path).load(digits_nb.ModelStore(tmp_path).save(model)))
    settled(upload(panel, SEVEN, str(SAMPLES / "seven-dark-on-white.png")))
    assert eval(panel.lines.copies[0], {"digits_nb": digits_nb, "model": panel._model}).digit == 7  # noqa: S307


def test_the_lines_of_an_upload_leave_its_folder_to_be_filled_in(panel: Panel) -> None:
    settled(upload(panel, SEVEN, "my seven.png"))
    python, shell = panel.lines.copies
    assert "{'path': 'FOLDER/my seven.png'}" in python
    assert "@FOLDER/my seven.png" in shlex.split(shell)


def test_a_url_in_capitals_is_one_in_the_lines_too() -> None:
    python = code_snippets.for_query({"bytes": b""}, "HTTP://Example.com/a.png", None)["Python"]
    assert "{'url': 'HTTP://Example.com/a.png'}" in python


# Errors


BAD = {
    "no base64": ("fields", lambda panel: enter(panel, "base64", "certainly no picture")),
    "half a picture": (
        "fields",
        lambda panel: enter(panel, "base64", b64encode(SEVEN[:200]).decode()),
    ),
    "a private address": ("fields", lambda panel: enter(panel, "url", "http://127.0.0.1/seven.png")),
    "a URL that is none": ("fields", lambda panel: enter(panel, "url", "<b>http://[</b>")),
    "nothing at all": ("fields", lambda panel: tell(panel, kind="rejected", reason="empty")),
    "an upload of a blank picture": ("picks", lambda panel: upload(panel, BLANK)),
    "an upload that is no picture": ("picks", lambda panel: upload(panel, b"no picture")),
    "an upload that is too large": (
        "picks",
        lambda panel: tell(panel, kind="rejected", reason="large"),
    ),
    "an upload that is larger than the page said": (
        "picks",
        lambda panel: upload(panel, SEVEN + bytes(MAX_BYTES)),
    ),
    "several files": ("picks", lambda panel: tell(panel, kind="rejected", reason="several")),
    "a folder": ("picks", lambda panel: tell(panel, kind="rejected", reason="unreadable")),
    "base64 of a picture that is too large": (
        "fields",
        lambda panel: enter(panel, "base64", b64encode(SEVEN + bytes(MAX_BYTES)).decode()),
    ),
    "a text that is too long": ("fields", lambda panel: tell(panel, kind="rejected", reason="long")),
    "a text that is longer than the page said": (
        "fields",
        lambda panel: enter(panel, "base64", "A" * (2 * MAX_BYTES + 1)),
    ),
    "the name of a file in the field for URLs": (
        "fields",
        lambda panel: enter(panel, "url", "C:\\pictures\\seven.png"),
    ),
    "an address without http": ("fields", lambda panel: enter(panel, "url", "example.com/seven.png")),
    "a photograph of nothing": ("pad", lambda panel: photograph(panel, BLANK)),
}


@pytest.mark.parametrize(("place", "way"), BAD.values(), ids=BAD.keys())
def test_an_error_is_a_sentence_where_the_input_is(panel: Panel, place: str, way: Way) -> None:
    settled(upload(panel, SEVEN))
    sent = []
    panel.inputs.form.send = sent.append
    settled(way(panel))
    assert len(panel.inputs.message.split()) > 4
    assert "\n" not in panel.inputs.message
    assert sent[-1]["state"] == "error"
    assert sent[-1]["message"] == panel.inputs.message
    assert sent[-1]["place"] == place
    assert panel.answer is None
    assert panel.lines.html == ""


def test_a_picture_that_is_refused_shows_what_was_seen_in_it(panel: Panel) -> None:
    seven = np.asarray(digits_nb.open_image({"bytes": SEVEN}).convert("L"))
    two = cv2.imencode(".png", np.hstack([seven, seven]))[1].tobytes()
    settled(upload(panel, two))
    assert panel.answer is None
    assert "shows 2 digits" in panel.inputs.message
    assert "refused" in panel.stages.html
    assert panel.stages.html.count("<img") == 6


def test_the_picture_shows_what_was_left_out_and_why(panel: Panel) -> None:
    seven = np.array(digits_nb.open_image({"bytes": SEVEN}).convert("L"))
    seven[:, :20] = 60
    settled(upload(panel, cv2.imencode(".png", seven)[1].tobytes()))
    assert panel.answer.digit == 7
    assert re.search(
        r'<img alt="In grey: \d+ × \d+ pixels, left out: rim" src="data:image/svg\+xml;base64,',
        panel.stages.html,
    )
    assert "In grey, left out: rim</figcaption>" in panel.stages.html


def test_an_error_takes_the_answer_away_and_an_answer_the_error(panel: Panel) -> None:
    settled(upload(panel, SEVEN))
    settled(upload(panel, BLANK))
    assert panel.answer is None
    assert panel.stages.html == panel.neighbours.html == panel.lines.html == ""
    assert not any(panel.editor.grid)
    settled(upload(panel, THREE))
    assert panel.inputs.message == ""
    assert panel.answer.digit == 3


def test_a_drawing_that_was_wiped_clean_is_no_error(panel: Panel) -> None:
    settled(draw(panel, SEVEN))
    settled(draw(panel, WHITE))
    assert panel.answer is None
    assert panel.inputs.message == ""


BROKEN = {
    "where it is read": {"version": None},
    "where it is shown": {
        "version": 7,
        "card": {},
        "predict_proba": lambda grids: np.eye(10)[[7] * len(grids)],
    },
}


@pytest.mark.parametrize("model", BROKEN.values(), ids=BROKEN.keys())
def test_an_error_that_nobody_expected_is_a_sentence_too_and_its_cause_is_logged(
    model: dict[str, object], caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    panel = Panel(SimpleNamespace(**model))  # no model
    settled(upload(panel, SEVEN))
    assert re.search(r"unexpected (Attribute|Type)Error", panel.inputs.message)
    [record] = caplog.records
    assert record.name == "digits_nb.widgets.inputs"
    assert record.exc_info[0].__name__ in panel.inputs.message
    assert capsys.readouterr() == ("", "")


# URLs


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


def test_a_slow_url_says_that_it_is_loading_and_is_read_when_it_comes(
    panel: Panel, slow: tuple[Server, Event]
) -> None:
    server, go_on = slow
    enter(panel, "url", server.url)
    assert panel.inputs.busy
    assert panel.inputs.message == "Loading…"
    go_on.set()
    assert settled(panel).answer.digit == 3
    assert panel.inputs.message == ""
    assert server.url in panel.lines.copies[0]


def test_a_url_in_the_field_for_base64_is_fetched(panel: Panel, slow: tuple[Server, Event]) -> None:
    server, go_on = slow
    go_on.set()
    assert settled(enter(panel, "base64", server.url)).answer.digit == 3
    assert server.url in panel.lines.copies[0]


NO_URLS = {
    "the name of a file": "seven.png",
    "a long name of a file": f"C:\\{'pictures' * 9}\\seven.png",
    "an address without http": "example.com/pictures/of/a/seven/that/is/dark/on/white.png",
    "a word": "localhost",
    "a file's URL": "file:///seven.png",
}


@pytest.mark.parametrize("text", NO_URLS.values(), ids=NO_URLS.keys())
def test_what_is_neither_a_url_nor_base64_is_told_what_one_begins_with_and_what_else_there_is(
    panel: Panel, text: str
) -> None:
    settled(enter(panel, "url", text))
    assert panel.inputs.message == (
        "This is neither base64 nor an http:// or https:// URL; type one, or upload a file."
    )


def test_a_slow_url_can_be_stopped(panel: Panel, slow: tuple[Server, Event]) -> None:
    server, go_on = slow
    settled(upload(panel, SEVEN))
    enter(panel, "url", server.url)
    while not server.seen:
        time.sleep(0.01)
    tell(panel, kind="stop")
    assert not panel.inputs.busy
    assert panel.inputs.message == "Stopped."
    # the connection is cut, and not left to run out
    deadline = time.monotonic() + 5
    while any(thread.name == "digits_nb.images.fetch" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    go_on.set()
    assert panel.answer.digit == 7


def test_a_url_can_be_stopped_while_the_digits_like_the_picture_before_it_are_found(
    panel: Panel, slow: tuple[Server, Event]
) -> None:
    server, _ = slow
    neighbors.training_digits.cache_clear()  # the first time takes a second or two
    upload(panel, SEVEN)
    wait_for(lambda: panel.answer)
    enter(panel, "url", server.url)
    wait_for(lambda: panel.neighbours.html)
    assert panel.inputs.busy
    assert panel.inputs.message == "Loading…"
    tell(panel, kind="stop")
    assert not panel.inputs.busy
    assert panel.inputs.message == "Stopped."


def test_what_is_asked_for_last_is_what_is_shown(panel: Panel, slow: tuple[Server, Event]) -> None:
    server, go_on = slow
    enter(panel, "url", server.url)
    assert settled(upload(panel, SEVEN)).answer.digit == 7
    go_on.set()
    time.sleep(0.3)
    assert panel.answer.digit == 7
    assert panel.inputs.message == ""


def test_of_pictures_and_edits_that_overtake_each_other_all_that_is_shown_is_of_the_same(
    panel: Panel,
) -> None:
    mixed = []
    for wait_ms in range(40):
        upload(panel, THREE)
        time.sleep(wait_ms % 8 / 1000)
        upload(panel, SEVEN)
        time.sleep(wait_ms % 20 / 1000)
        edit(panel, np.pad(np.full((8, 2), 10 + wait_ms % 7), ((0, 0), (3, 3))))
        settled(panel)
        with panel.inputs.lock:
            if not np.array_equal(panel.editor.grid, panel.answer.grid.ravel()):
                mixed.append(wait_ms)
    assert mixed == []


# The grid


def edit(panel: Panel, grid: np.ndarray) -> Panel:
    """What the page sends when a person has changed a cell."""
    panel.editor._handle_custom_msg({"grid": grid.ravel().tolist(), "view": "1"}, [])
    return panel


def test_the_grid_starts_from_the_picture_and_the_answer_follows_it(panel: Panel) -> None:
    settled(upload(panel, SEVEN))
    assert panel.editor.grid == pytest.approx(panel.answer.grid.ravel())
    three = settled(upload(digits_nb.panel(panel._model), THREE)).answer
    edit(panel, three.grid)
    assert panel.answer.digit == 3
    assert panel.answer.probabilities == pytest.approx(three.probabilities)
    assert "edited" in panel.result.html
    deadline = time.monotonic() + 20
    while re.findall(r'alt="A training digit: (\d)"', panel.neighbours.html).count("3") < 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert "predict_proba" in panel.lines.copies[0]


def test_a_grid_without_ink_is_no_digit(panel: Panel) -> None:
    settled(upload(panel, SEVEN))
    edit(panel, np.zeros(64))
    assert panel.answer is None


def test_an_edited_grid_like_no_digit_is_a_sentence_where_the_answer_stands_and_can_be_edited_on(
    panel: Panel,
) -> None:
    settled(upload(panel, SEVEN))
    read = panel.answer.grid
    edit(panel, np.indices((8, 8)).sum(axis=0) % 2 * 16)  # a chessboard
    assert panel.answer is None
    assert 'role="alert"' in panel.result.html
    assert "nothing that the model would take for a digit" in panel.result.html
    assert panel.inputs.message == panel.neighbours.html == ""
    assert "predict_proba" in panel.lines.copies[0]
    assert panel.stages.html
    assert edit(panel, read).answer.digit == 7
    assert 'role="alert"' not in panel.result.html


@pytest.mark.parametrize("grid", [[0] * 63, [17] + [0] * 63, ["1"] * 64], ids=["short", "too dark", "text"])
def test_the_editor_takes_64_numbers_of_0_to_16_and_nothing_else(panel: Panel, grid: list) -> None:
    from traitlets import TraitError

    with pytest.raises(TraitError):
        panel.editor.grid = grid


def test_every_view_of_the_grid_is_told_what_it_is(panel: Panel) -> None:
    told = []
    panel.editor.send = told.append
    settled(upload(panel, SEVEN))
    read = panel.editor.grid
    panel.editor._handle_custom_msg({"ready": True, "view": ""}, [])
    assert told == 2 * [{"grid": read, "original": read, "view": ""}]
    edit(panel, np.eye(8))
    assert told[2] == {"grid": np.eye(8).ravel().tolist(), "original": read, "view": "1"}


# Corrections


def test_a_correction_is_kept_in_memory_and_saved_only_when_asked(panel: Panel, home: Path) -> None:
    settled(upload(panel, SEVEN))
    read = panel.answer.grid
    panel.true_digit.value = 2
    panel.true_digit.value = 1  # they thought again
    [(grid, digit)] = panel.corrections
    assert digit == 1
    assert np.array_equal(grid, read)
    assert "Noted as a 1" in panel.note.html
    file = home / "outputs" / "corrections.json"
    assert not file.exists()
    panel.save.click()
    assert "corrections.json" in panel.note.html
    [kept] = json.loads(file.read_bytes())
    assert kept == {"grid": read.round(2).tolist(), "digit": 1}

    settled(upload(panel, THREE))
    assert panel.true_digit.label == "–"
    panel.true_digit.value = 8
    panel.save.click()
    assert [correction["digit"] for correction in json.loads(file.read_bytes())] == [1, 8]


def test_corrections_are_not_written_over_a_file_that_holds_something_else(panel: Panel, home: Path) -> None:
    file = paths.write_whole(home / "outputs" / "corrections.json", b'{"other": 1}')
    settled(upload(panel, SEVEN))
    panel.true_digit.value = 1
    panel.save.click()
    assert 'role="alert"' in panel.note.html
    assert file.read_bytes() == b'{"other": 1}'


def test_a_correction_is_taken_back_by_choosing_no_digit(panel: Panel, home: Path) -> None:
    settled(upload(panel, SEVEN))
    panel.true_digit.value = 1
    panel.true_digit.value = ""
    assert panel.corrections == []
    assert "Taken back;" in panel.note.html
    assert panel.save.layout.display == "none"
    assert not (home / "outputs" / "corrections.json").exists()


def test_a_second_choice_for_a_grid_replaces_the_first_in_the_file_too(panel: Panel, home: Path) -> None:
    settled(upload(panel, SEVEN))
    for digit in (1, 2):
        panel.true_digit.value = digit
        panel.save.click()
    settled(upload(panel, SEVEN))
    panel.true_digit.value = 3
    panel.save.click()
    kept = json.loads((home / "outputs" / "corrections.json").read_bytes())
    assert [correction["digit"] for correction in kept] == [3]
    panel.true_digit.value = ""
    assert "though not in the file" in panel.note.html


UNWRITABLE = {
    "a file stands where the folder should": lambda home: (home / "outputs").write_bytes(b""),
    "a folder stands where the file should": lambda home: (home / "outputs" / "corrections.json").mkdir(
        parents=True
    ),
}


@pytest.mark.parametrize("spoil", UNWRITABLE.values(), ids=UNWRITABLE.keys())
def test_corrections_that_cannot_be_saved_are_a_sentence_and_are_still_held(
    panel: Panel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Path], object]
) -> None:
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path))
    spoil(tmp_path)
    settled(upload(panel, SEVEN))
    panel.true_digit.value = 1
    panel.save.click()
    assert re.search(r'role="alert".*cannot be saved to .* \(.+\): .*save again\.</p>$', panel.note.html)
    assert len(panel.corrections) == 1
    assert panel.save.layout.display is None


# The rest


def test_there_is_a_thumbnail_of_every_digit_in_order(panel: Panel) -> None:
    told = [sample["alt"] for sample in panel.inputs.form.samples]
    assert [re.search(r"Sample (\w+):", alt)[1] for alt in told] == list(inputs.WORDS)


def test_where_no_kernel_runs_a_sentence_and_a_samples_answer_stand_for_the_panel(
    panel: Panel, capsys: pytest.CaptureFixture[str]
) -> None:
    panel._ipython_display_()
    printed = capsys.readouterr().out
    assert "It needs a kernel" in printed
    assert "Probabilities: 7" in printed


def test_a_panel_without_a_model_answers_with_the_latest_of_the_store(store: ModelStore) -> None:
    panel = digits_nb.panel(store=store)
    settled(upload(panel, SEVEN))
    assert panel.answer.model_version == store.resolve("latest")


def test_panels_know_nothing_of_each_other(model: DigitModel) -> None:
    one, other = digits_nb.panel(model), digits_nb.panel(model)
    assert settled(upload(one, SEVEN)).answer.digit == 7
    assert other.answer is None
    assert not any(other.editor.grid)
