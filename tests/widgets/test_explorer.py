"""The workbench, driven as its front end drives it: a picture comes, a knob is turned."""

import json
import time
from base64 import b64encode
from pathlib import Path

import cv2
import numpy as np
import pytest
from ipywidgets import Widget

from digits_nb import preprocess
from digits_nb.widgets.explorer import KNOBS, Workbench

SAMPLES = Path(__file__).resolve().parents[2] / "notebooks" / "samples"
NINE = {"path": SAMPLES / "nine-thin-pen-shadow.jpg"}


@pytest.fixture
def workbench() -> Workbench:
    return Workbench(NINE)


def give(workbench: Workbench, data: bytes) -> None:
    message = {"way": "file", "name": "a picture", "first": True, "more": False}
    workbench.ways.entry._handle_custom_msg(message, [data])
    wait(workbench)


def wait(workbench: Workbench) -> None:
    until = time.monotonic() + 20
    while workbench.ways.busy:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_it_starts_with_the_steps_as_everything_else_takes_them(workbench: Workbench) -> None:
    assert workbench.stages.grid == pytest.approx(preprocess(NINE).grid, abs=0.5)
    assert workbench.strip.html.count("<img") == 6


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob["label"])
def test_a_knob_changes_what_comes_after_it_and_back_again(workbench: Workbench, knob: dict) -> None:
    before, shown = workbench.stages, workbench.strip.html
    workbench.knobs.set_state({"values": workbench.knobs.values | {knob["name"]: knob["max"]}})
    assert np.array_equal(workbench.stages.ink, before.ink)
    assert not np.array_equal(workbench.stages.grid, before.grid)
    assert workbench.strip.html != shown
    workbench.knobs.set_state({"values": workbench.knobs.values | {knob["name"]: knob["start"]}})
    assert workbench.strip.html == shown


def test_another_picture_goes_through_the_knobs_as_they_are(workbench: Workbench) -> None:
    workbench.knobs.set_state({"values": workbench.knobs.values | {"stroke_width": 9.0}})
    give(workbench, (SAMPLES / "six-marker.bmp").read_bytes())
    expected = preprocess({"path": SAMPLES / "six-marker.bmp"}, stroke_width=9.0).grid
    assert workbench.stages.grid == pytest.approx(expected, abs=0.5)


def test_a_picture_without_a_digit_is_a_sentence_and_leaves_what_is_there(workbench: Workbench) -> None:
    before = workbench.strip.html
    give(workbench, (SAMPLES / "blank.png").read_bytes())
    assert "blank" in workbench.ways.message
    assert workbench.strip.html == before


def test_a_drawing_that_was_wiped_clean_is_no_error_and_leaves_what_is_there(workbench: Workbench) -> None:
    before = workbench.strip.html
    white = cv2.imencode(".png", np.full((264, 264), 255, np.uint8))[1].tobytes()
    workbench.ways.drawing.set_state({"base64": b64encode(white).decode()})
    wait(workbench)
    assert workbench.ways.message == ""
    assert workbench.strip.html == before


def test_what_a_notebook_may_save_of_it_holds_no_picture(workbench: Workbench) -> None:
    before = what_may_be_saved(workbench)
    give(workbench, (SAMPLES / "six-marker.bmp").read_bytes())
    workbench.ways.drawing.set_state({"base64": b64encode((SAMPLES / "blank.png").read_bytes()).decode()})
    wait(workbench)
    assert what_may_be_saved(workbench) == before


def what_may_be_saved(widget: Widget) -> list[str]:
    """The state of each widget, as text."""
    inner = [state for child in getattr(widget, "children", ()) for state in what_may_be_saved(child)]
    return [json.dumps(widget.get_state(), default=str), *inner]


def test_its_text_holds_no_picture(workbench: Workbench, capsys: pytest.CaptureFixture[str]) -> None:
    workbench._ipython_display_()
    printed = capsys.readouterr().out
    assert "It needs a kernel" in printed
    assert "base64" not in printed
