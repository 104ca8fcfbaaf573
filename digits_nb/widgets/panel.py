"""Panel of the inference notebook: it reads a picture from any input, and its grid can be edited."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import traitlets
from ipywidgets import Box, Button, Dropdown, HBox, VBox
from numpy.typing import NDArray

from digits_nb import paths
from digits_nb.errors import DigitsError, NoDigit
from digits_nb.models.model import DigitModel
from digits_nb.models.store import ModelStore
from digits_nb.preprocessing.normalization import Stages
from digits_nb.recognition import Answer, default_model, preprocess, recognize, recognize_grid
from digits_nb.training import neighbors
from digits_nb.widgets import background, code_snippets, html
from digits_nb.widgets.corrections import Correction, keep
from digits_nb.widgets.grid_editor import GridEditor
from digits_nb.widgets.html import LiveBox, LiveHtml
from digits_nb.widgets.inputs import Inputs, Request

NEIGHBOURS = 8
"""How many of the nearest training digits are shown."""


@dataclass(frozen=True, eq=False)
class Reading:
    """A picture that was read: the request, the answer, and the steps from the picture to its grid."""

    request: Request
    answer: Answer
    stages: Stages


class Panel(LiveBox):
    """Reads one picture at a time from any input, and answers again while its grid is edited.

    Parameters
    ----------
    model
        The model that answers.

    Attributes
    ----------
    inputs : digits_nb.widgets.inputs.Inputs
        URL, base64, upload, samples, drawing, camera.
    editor : digits_nb.widgets.grid_editor.GridEditor
        The grid that the model sees.
    result, note, stages, neighbours, lines : digits_nb.widgets.html.LiveHtml
        The answer, the outcome of a correction, the steps from the picture to the grid, the nearest
        training digits, and the lines of code that ask the same.
    true_digit : ipywidgets.Dropdown
        Where the user says which digit it really is.
    save : ipywidgets.Button
        Saves the corrections to `outputs/corrections.json`.
    corrections : list of tuple
        Grids (8, 8), 0..16, each with the digit that the user gave.
    answer : digits_nb.Answer or None
        The answer that is shown, about a picture or an edited grid; None before the first and after an
        error.
    """

    KIND = "panel"
    DESCRIPTION = "a panel to draw, photograph or upload a digit, and to edit the grid that the model sees"

    answer = traitlets.Any(None, allow_none=True)

    def __init__(self, model: DigitModel) -> None:
        self._model = model
        # the lines of code can load a version from the default store only
        self._version = model.version if model.version in ModelStore().versions() else None
        self._reading: Reading | None = None
        self.corrections: list[Correction] = []
        self._saved = 0  # how many of the corrections are in the file
        self._corrected = False  # whether the last correction is about the answer that is shown
        self.inputs = Inputs(self._read, self._show)
        self.editor = GridEditor(self._on_edit, self.inputs.lock)
        self.result, self.note, self.stages, self.neighbours, self.lines = (LiveHtml() for _ in range(5))
        digits = [("–", ""), *((str(digit), digit) for digit in range(10))]
        self.true_digit = Dropdown(options=digits, description="It is really a")
        self.true_digit.observe(self._on_correction, "value")
        self.save = Button(description="Save corrections")
        self.save.on_click(lambda _: self._save())
        correction = HBox([self.true_digit, self.save]).add_class("dn-correction")
        grid = VBox([LiveHtml(html.title("What the model sees: touch it")), self.editor])
        columns = [self.inputs.pad, VBox([self.result, correction, self.note]), grid]
        row = Box(columns).add_class("dn-columns")
        super().__init__([self.inputs.form, row, self.stages, self.neighbours, self.lines])
        self._update_save_button()
        self._show_answer(None)
        # the first search takes a second or two: it starts when a page shows the panel
        self.result.on_msg(lambda *_: background.run(neighbors.nearest_training_digits, np.zeros(64), 1))

    def _example(self) -> str:
        samples = sorted(paths.samples().glob("seven-*"))
        answers = [recognize({"path": path}, self._model)._repr_html_() for path in samples[:1]]
        return "".join(f"<p>This is what it says about a sample:</p>{answer}" for answer in answers)

    def _read(self, request: Request) -> Reading:
        return Reading(
            request, recognize(request.query, self._model), preprocess(request.query, self._model, small=True)
        )

    def _show(self, found: Reading | DigitsError | None) -> None:
        """Show a reading, or the stages of a picture that was refused."""
        self._reading = found if isinstance(found, Reading) else None
        if self._reading is None:
            self.editor.show(np.zeros((8, 8)))
            self._show_answer(None)
            seen = found.stages if isinstance(found, DigitsError) else None
            heading = "What was seen in the picture that was refused"
            self.stages.show("" if seen is None else html.render_stages(seen, heading=heading))
            return
        self._show_reading(self._reading)
        self.editor.show(self._reading.answer.grid)
        self.stages.show(html.render_stages(self._reading.stages, self._reading.answer.view))

    def _show_reading(self, reading: Reading) -> None:
        self._show_answer(reading.answer)
        self._show_lines(code_snippets.for_query(reading.request.query, reading.request.name, self._version))

    def _on_edit(self, grid: NDArray[np.float64]) -> None:
        """Answer about an edited grid; the model gets the 64 numbers and nothing else."""
        if not grid.any():
            self._show_answer(None)
            return
        if self._reading and np.array_equal(grid, self._reading.answer.grid):
            self._show_reading(self._reading)
            return
        try:
            self._show_answer(recognize_grid(grid, self._model), "the grid as you edited it")
        except NoDigit as error:
            self._show_answer(None)
            self.result.show(html.title("Answer") + html.alert(str(error)))
        self._show_lines(code_snippets.for_grid(grid, self._version))

    def _show_answer(self, answer: Answer | None, note: str = "") -> None:
        """Show an answer, and forget which correction was about the one before."""
        self.answer = answer
        self._corrected = False
        self.true_digit.value = ""
        self.true_digit.layout.display = "none" if answer is None else None
        self.note.show("")
        if answer is None:
            self.result.show(html.title("Answer") + html.WELCOME)
            self.neighbours.show("")
            self.lines.show("")
        else:
            self.result.show(html.title("Answer") + html.render_answer(answer, note), html.spoken(answer))
            # in the background: the first search takes a second or two, and the next input must not wait
            background.run(self._show_neighbours, answer)

    def _show_lines(self, lines: dict[str, str]) -> None:
        self.lines.show(html.render_lines(lines), copies=lines.values())

    def _show_neighbours(self, answer: Answer) -> None:
        found = neighbors.nearest_training_digits(answer.grid, NEIGHBOURS)
        with self.inputs.lock:
            if answer is self.answer:  # no other answer was shown meanwhile
                self.neighbours.show(html.render_neighbours(found.grids, found.labels))

    def _on_correction(self, change: dict[str, Any]) -> None:
        """Hold, replace or (with an empty string) take back the correction of the answer that is shown."""
        digit = change["new"]
        with self.inputs.lock:
            outcome = "Taken back"
            if self._corrected:
                if len(self.corrections) == self._saved:
                    outcome, self._saved = "Taken back here, though not in the file", self._saved - 1
                self.corrections.pop()
            elif digit == "":
                return
            self._corrected = digit != ""
            if self._corrected:
                self.corrections.append((self.answer.grid, digit))
                outcome = f"Noted as a {digit}"
            self._update_save_button()
            held = f"corrections held in memory: {len(self.corrections)}"
            unsaved = " They are lost with the kernel unless you save them." if self._corrected else ""
            self.note.show(html.status(f"{outcome}; {held}.{unsaved}"))

    def _update_save_button(self) -> None:
        self.save.layout.display = None if len(self.corrections) > self._saved else "none"

    def _save(self) -> None:
        try:
            path = keep(self.corrections[self._saved :])
        except DigitsError as error:
            self.note.show(html.alert(str(error)))
        else:
            self._saved = len(self.corrections)
            self.true_digit.focus()  # the button is hidden, and would lose the focus to the page
            self._update_save_button()
            place = f"{path.parent.name}/{path.name}"
            self.note.show(html.status(f"Saved to {place}: grids and digits, no pictures."))


def panel(model: DigitModel | None = None, store: ModelStore | None = None) -> Panel:
    """Make a panel; a notebook shows it as the last value of a cell.

    Parameters
    ----------
    model
        The model that answers; None is the latest of `store`.
    store
        The store to load from; None is the default store. If that is empty, a model is trained, saved and
        announced.

    Returns
    -------
    Panel
        An ipywidgets box.

    Raises
    ------
    ModelNotFound
        The `store` that was given holds no model.
    """
    if model is None:
        model = default_model() if store is None else store.load()
    return Panel(model)
