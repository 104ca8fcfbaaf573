"""The explorer, driven as its front end drives it: a picture comes, a slider is moved."""

import json
import time
from base64 import b64encode
from pathlib import Path

import cv2
import numpy as np
import pytest
from ipywidgets import Widget

from digits_nb import preprocess
from digits_nb.widgets.preprocessing_explorer import PARAMETERS, Explorer, Parameter

SAMPLES = Path(__file__).resolve().parents[2] / "notebooks" / "samples"
NINE = {"path": SAMPLES / "nine-thin-pen-shadow.jpg"}


@pytest.fixture
def explorer() -> Explorer:
    return Explorer(NINE)


def give(explorer: Explorer, data: bytes) -> None:
    message = {"kind": "file", "name": "a picture", "first": True, "more": False}
    explorer.inputs.form._handle_custom_msg(message, [data])
    wait(explorer)


def wait(explorer: Explorer) -> None:
    until = time.monotonic() + 20
    while explorer.inputs.busy:
        assert time.monotonic() < until
        time.sleep(0.01)


def test_it_starts_with_the_steps_as_everything_else_takes_them(explorer: Explorer) -> None:
    assert explorer.stages.grid == pytest.approx(preprocess(NINE).grid, abs=0.5)
    assert explorer.strip.html.count("<img") == 6


@pytest.mark.parametrize("parameter", PARAMETERS, ids=lambda parameter: parameter.name)
def test_a_slider_changes_what_comes_after_it_and_back_again(
    explorer: Explorer, parameter: Parameter
) -> None:
    before, shown = explorer.stages, explorer.strip.html
    explorer.sliders.set_state({"values": explorer.sliders.values | {parameter.name: parameter.max}})
    assert np.array_equal(explorer.stages.ink, before.ink)
    assert not np.array_equal(explorer.stages.grid, before.grid)
    assert explorer.strip.html != shown
    explorer.sliders.set_state({"values": explorer.sliders.values | {parameter.name: parameter.default}})
    assert explorer.strip.html == shown


def test_another_picture_goes_through_the_sliders_as_they_are(explorer: Explorer) -> None:
    explorer.sliders.set_state({"values": explorer.sliders.values | {"stroke_width": 9.0}})
    give(explorer, (SAMPLES / "six-marker.bmp").read_bytes())
    expected = preprocess({"path": SAMPLES / "six-marker.bmp"}, stroke_width=9.0).grid
    assert explorer.stages.grid == pytest.approx(expected, abs=0.5)


def test_a_picture_without_a_digit_is_a_sentence_and_leaves_what_is_there(explorer: Explorer) -> None:
    before = explorer.strip.html
    give(explorer, (SAMPLES / "blank.png").read_bytes())
    assert "blank" in explorer.inputs.message
    assert explorer.strip.html == before


def test_a_drawing_that_was_wiped_clean_is_no_error_and_leaves_what_is_there(explorer: Explorer) -> None:
    before = explorer.strip.html
    white = cv2.imencode(".png", np.full((264, 264), 255, np.uint8))[1].tobytes()
    explorer.inputs.drawing.set_state({"base64": b64encode(white).decode()})
    wait(explorer)
    assert explorer.inputs.message == ""
    assert explorer.strip.html == before


def test_what_a_notebook_may_save_of_it_holds_no_picture(explorer: Explorer) -> None:
    before = what_may_be_saved(explorer)
    give(explorer, (SAMPLES / "six-marker.bmp").read_bytes())
    explorer.inputs.drawing.set_state({"base64": b64encode((SAMPLES / "blank.png").read_bytes()).decode()})
    wait(explorer)
    assert what_may_be_saved(explorer) == before


def what_may_be_saved(widget: Widget) -> list[str]:
    """The state of each widget, as text."""
    inner = [state for child in getattr(widget, "children", ()) for state in what_may_be_saved(child)]
    return [json.dumps(widget.get_state(), default=str), *inner]


def test_its_text_holds_no_picture(explorer: Explorer, capsys: pytest.CaptureFixture[str]) -> None:
    explorer._ipython_display_()
    printed = capsys.readouterr().out
    assert "It needs a kernel" in printed
    assert "base64" not in printed
