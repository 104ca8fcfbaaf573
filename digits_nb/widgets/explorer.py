"""The workbench of the preprocessing notebook: a picture of one's own, and a slider for each knob."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import traitlets
from anywidget import AnyWidget
from IPython.display import display
from ipywidgets import Box, VBox

from digits_nb.errors import DigitsError
from digits_nb.preprocessing.ink import INK
from digits_nb.preprocessing.normalization import SLANT_REMOVED, STROKE_WIDTH, Stages
from digits_nb.recognition import preprocess
from digits_nb.widgets import html
from digits_nb.widgets.grid_editor import STATIC
from digits_nb.widgets.html import Board
from digits_nb.widgets.inputs import Asked, Ways

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from digits_nb.images.query import Query

KNOBS = [
    {
        "name": "threshold",
        "label": "Threshold",
        "hint": "The share of ink from which on a pixel belongs to a stroke.",
        "min": 0.05,
        "max": 0.95,
        "step": 0.05,
        "start": INK,
    },
    {
        "name": "slant_removed",
        "label": "Slant removed",
        "hint": "The share of the lean that is sheared away.",
        "min": 0.0,
        "max": 1.0,
        "step": 0.1,
        "start": SLANT_REMOVED,
    },
    {
        "name": "stroke_width",
        "label": "Stroke width",
        "hint": "What strokes are brought to, in pixels of the 32.",
        "min": 1.0,
        "max": 12.0,
        "step": 0.1,
        "start": STROKE_WIDTH,
    },
]
STILL = (
    "Here stands a workbench in which you can give a picture and turn the knobs of the steps. It needs a "
    "kernel: open this notebook in JupyterLab and run its cells."
)


class Knobs(AnyWidget):
    """A slider for each parameter of `digits_nb.preprocess`.

    Parameters
    ----------
    turned
        Called without arguments whenever `values` has changed.

    Attributes
    ----------
    values : dict of float
        By the parameter's name.
    """

    _esm = STATIC / "knobs.js"

    knobs = traitlets.List().tag(sync=True)
    values = traitlets.Dict(value_trait=traitlets.Float()).tag(sync=True)

    def __init__(self, turned: Callable[[], object]) -> None:
        super().__init__(knobs=KNOBS, values={knob["name"]: knob["start"] for knob in KNOBS})
        self.observe(lambda _: turned(), "values")


class Workbench(VBox):
    """Takes a picture from any way in through every step, and again whenever a knob is turned.

    Parameters
    ----------
    image
        The picture that it starts with: whatever `digits_nb.open_image` takes.

    Attributes
    ----------
    ways : digits_nb.widgets.inputs.Ways
        URL, base64, upload, samples, drawing, camera.
    knobs : Knobs
        Threshold, slant and stroke width.
    strip, note : digits_nb.widgets.html.Board
        The picture after each step; why a step fails.
    stages : digits_nb.Stages or None
        The same as arrays; None while a step fails.
    """

    stages = traitlets.Any(None, allow_none=True)

    def __init__(self, image: "Query") -> None:
        self.ways = Ways(self._read, self._take)
        self.knobs = Knobs(self._turned)
        self.strip, self.note = Board(), Board()
        knobs = VBox([Board(html.title("Turn the knobs")), self.knobs, self.note])
        columns = Box([self.ways.pad, knobs])
        columns.add_class("dn-columns")
        super().__init__([self.ways.entry, columns, self.strip])
        self.add_class("dn-panel")
        self.add_class("dn-workbench")
        self._gray = preprocess(image, small=True).gray
        self._turned()

    def __repr__(self) -> str:
        """Without what it holds: a notebook keeps this text."""
        return "A workbench of digits_nb, alive while its kernel runs"

    def _ipython_display_(self) -> None:
        """The workbench and, where no kernel runs, a sentence in its place."""
        display(self._repr_mimebundle_(), raw=True)
        display({"text/html": html.still(STILL), "text/plain": STILL}, raw=True)

    def _read(self, asked: Asked) -> "NDArray[np.uint8]":
        # what shows no digit with the knobs where they start is refused where it was asked
        return preprocess(asked.query, small=True).gray

    def _take(self, gray: "NDArray[np.uint8] | None") -> None:
        if gray is not None:
            self._gray = gray
            self._turned()

    def _turned(self) -> None:
        try:
            stages: Stages | None = preprocess(self._gray, **self.knobs.values)
        except DigitsError as error:
            self.stages = None
            self.note.show(html.alert(str(error)))
        else:
            self.stages = stages
            self.note.show("")
            self.strip.show(html.of_stages(stages))
