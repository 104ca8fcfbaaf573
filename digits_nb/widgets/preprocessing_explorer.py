"""Explorer of the preprocessing notebook: a picture of one's own, and a slider for each parameter."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import traitlets
from anywidget import AnyWidget
from ipywidgets import Box, VBox
from numpy.typing import NDArray

from digits_nb.errors import DigitsError
from digits_nb.images.decode import to_array
from digits_nb.images.query import Query, open_image
from digits_nb.preprocessing.ink import INK, reduce
from digits_nb.preprocessing.normalization import SLANT_REMOVED, STROKE_WIDTH
from digits_nb.recognition import preprocess
from digits_nb.widgets import html
from digits_nb.widgets.html import STATIC, LiveBox, LiveHtml
from digits_nb.widgets.inputs import Inputs, Request


class Parameter(NamedTuple):
    """A parameter of `digits_nb.preprocess` with the range and the explanation of its slider."""

    name: str
    default: float
    min: float
    max: float
    step: float
    hint: str


PARAMETERS = (
    Parameter("threshold", INK, 0.05, 0.95, 0.05, "The share of ink above which a pixel is of a stroke."),
    Parameter("slant_removed", SLANT_REMOVED, 0, 1, 0.1, "The share of the lean that is sheared away."),
    Parameter("stroke_width", STROKE_WIDTH, 1, 12, 0.1, "What strokes are brought to, in pixels of the 32."),
)


class Sliders(AnyWidget):
    """A slider for each of `PARAMETERS`.

    Parameters
    ----------
    changed
        Called without arguments after each change of `values`.

    Attributes
    ----------
    values : dict of float
        The value of each parameter, by name.
    """

    _esm = STATIC / "preprocessing_explorer.js"

    parameters: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    values = traitlets.Dict(value_trait=traitlets.Float()).tag(sync=True)

    def __init__(self, changed: Callable[[], object]) -> None:
        defaults = {parameter.name: float(parameter.default) for parameter in PARAMETERS}
        super().__init__(parameters=[parameter._asdict() for parameter in PARAMETERS], values=defaults)
        self.observe(lambda _: changed(), "values")


class Explorer(LiveBox):
    """Shows every step of preprocessing of a picture, again after each move of a slider.

    Parameters
    ----------
    image
        The picture to begin with: a query of `digits_nb.open_image`.

    Attributes
    ----------
    inputs : digits_nb.widgets.inputs.Inputs
        URL, base64, upload, samples, drawing, camera.
    sliders : Sliders
        Threshold, slant and stroke width.
    strip, note : digits_nb.widgets.html.LiveHtml
        The picture after each step; the error of a step.
    stages : digits_nb.Stages or None
        The steps as arrays; None if one failed.
    """

    KIND = "workbench"
    DESCRIPTION = "a workbench in which you can give a picture and turn the knobs of the steps"

    stages = traitlets.Any(None, allow_none=True)

    def __init__(self, image: Query) -> None:
        self.inputs = Inputs(self._read, self._show)
        self.sliders = Sliders(self._update)
        self.strip, self.note = LiveHtml(), LiveHtml()
        sliders = VBox([LiveHtml(html.title("Turn the knobs")), self.sliders, self.note])
        columns = Box([self.inputs.pad, sliders]).add_class("dn-columns")
        super().__init__([self.inputs.form, columns, self.strip])
        self.add_class("dn-explorer")
        self._picture = _open(image)
        self._update()

    def _read(self, request: Request) -> NDArray[np.uint8]:
        return _open(request.query)

    def _show(self, found: NDArray[np.uint8] | DigitsError | None) -> None:
        if isinstance(found, np.ndarray):
            self._picture = found
            self._update()

    def _update(self) -> None:
        self.stages, note = None, ""
        try:
            self.stages = preprocess(self._picture, **self.sliders.values)
            self.strip.show(html.render_stages(self.stages))
        except DigitsError as error:
            note = html.alert(str(error))
        self.note.show(note)


def _open(query: Query) -> NDArray[np.uint8]:
    """Open a picture, in colour and reduced; one without a digit at the default parameters is refused."""
    picture = reduce(to_array(open_image(query)))
    preprocess(picture)
    return picture
