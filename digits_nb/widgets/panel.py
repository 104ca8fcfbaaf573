"""The panel: a picture goes in whichever way, its answer comes out, and the grid behind it can be touched."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from IPython.display import display
from ipywidgets import Box, Button, Dropdown, HBox, VBox

from digits_nb import paths
from digits_nb.errors import DigitsError, NoDigit
from digits_nb.models.store import ModelStore
from digits_nb.preprocessing.normalization import Stages
from digits_nb.recognition import Answer, default_model, preprocess, recognize, recognize_grid
from digits_nb.training import neighbors
from digits_nb.widgets import background, html, snippets
from digits_nb.widgets.corrections import Correction, keep
from digits_nb.widgets.grid_editor import GridEditor
from digits_nb.widgets.html import Board
from digits_nb.widgets.inputs import Asked, Ways

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.models.model import DigitModel

NEAREST = 8
"""How many training digits are shown that look like the one that was read."""

STILL = (
    "Here stands a panel in which you can draw a digit, photograph it or give a picture, and edit the grid "
    "that the model sees. It needs a kernel: open this notebook in JupyterLab and run its cells."
)


@dataclass(frozen=True, eq=False)
class Reading:
    """One picture, read: what was asked, the answer, and how its grid came about."""

    asked: Asked
    answer: Answer
    stages: Stages


class Panel(VBox):
    """Reads one picture at a time, from any way in, and lets its grid be edited.

    Parameters
    ----------
    model
        The model that answers.

    Attributes
    ----------
    ways : digits_nb.widgets.inputs.Ways
        URL, base64, upload, samples, drawing, camera.
    editor : digits_nb.widgets.grid_editor.GridEditor
        The grid that was read, to touch.
    result, note, stages, alike, lines : digits_nb.widgets.html.Board
        The answer, what became of a correction, the stages from picture to grid, the training digits that
        look like it, the lines that ask the same.
    really : ipywidgets.Dropdown
        Where a person says which digit it really is.
    save : ipywidgets.Button
        Adds what they said to `outputs/corrections.json`.
    corrections : list of tuple
        The grids (8, 8), 0..16, of which they said so, each with that digit.
    answer : digits_nb.Answer or None
        What was read last, or what the model says of the edited grid; None before that, and after an error.
    """

    answer = traitlets.Any(None, allow_none=True)

    def __init__(self, model: "DigitModel") -> None:
        self._model = model
        # lines to copy name the version only where everybody finds it
        self._version = model.version if model.version in ModelStore().versions() else None
        self._reading: Reading | None = None
        self.corrections: list[Correction] = []
        self._saved = 0  # how many of them are in the file
        self._corrected = False  # whether the last of them is about what is shown
        self.ways = Ways(self._read, self._show)
        self.editor = GridEditor(self._edited, self.ways.lock)
        self.result, self.note, self.stages, self.alike, self.lines = (Board() for _ in range(5))
        digits = [("–", ""), *((str(digit), digit) for digit in range(10))]
        self.really = Dropdown(options=digits, description="It is really a")
        self.really.observe(self._correct, "value")
        self.save = Button(description="Save corrections")
        self._offer_to_save(False)
        self.save.on_click(lambda _: self._save())
        really = HBox([self.really, self.save])
        really.add_class("dn-really")
        grid = VBox([Board(html.title("What the model sees: touch it")), self.editor])
        columns = Box([self.ways.pad, VBox([self.result, really, self.note]), grid])
        columns.add_class("dn-columns")
        super().__init__([self.ways.entry, columns, self.stages, self.alike, self.lines])
        self.add_class("dn-panel")
        self._tell(None)
        # somebody looks at it: what takes a second or two the first time is done before it is asked for
        self.result.on_msg(lambda *_: background.run(neighbors.nearest_training_digits, np.zeros(64), 1))

    @property
    def busy(self) -> bool:
        """Whether a picture is being read."""
        return self.ways.busy

    def __repr__(self) -> str:
        """Without what it holds: a notebook keeps this text."""
        return "A panel of digits_nb, alive while its kernel runs"

    def _ipython_display_(self) -> None:
        """The panel and, where no kernel runs, a sentence and a sample's answer in its place."""
        display(self._repr_mimebundle_(), raw=True)
        samples = sorted(paths.samples().glob("seven-*"))
        answer = recognize({"path": samples[0]}, self._model)._repr_html_() if samples else ""
        display({"text/html": html.still(STILL, answer), "text/plain": STILL}, raw=True)

    def _read(self, asked: Asked) -> Reading:
        return Reading(asked, recognize(asked.query, self._model), preprocess(asked.query, small=True))

    def _show(self, reading: Reading | None) -> None:
        self._reading = reading
        if reading is None:
            self.editor.show(np.zeros((8, 8)))
            self._tell(None)
            self.stages.show("")
            return
        self._present(reading)
        self.editor.show(reading.answer.grid)
        self.stages.show(html.of_stages(reading.stages))

    def _present(self, reading: Reading) -> None:
        asked, answer = reading.asked, reading.answer
        self._tell(answer)
        self._offer(snippets.of_query(asked.query, asked.name, self._version))
        self._remind(answer)

    def _edited(self, grid: "NDArray[np.float64]") -> None:
        """Follow the grid while it is edited; the model is given the 64 numbers and nothing else."""
        if not grid.any():
            self._tell(None)
            return
        if self._reading is not None and np.array_equal(grid, self._reading.answer.grid):
            self._present(self._reading)
            return
        try:
            answer = recognize_grid(grid, self._model)
        except NoDigit as error:
            self._tell(None)
            self.result.show(html.title("Answer") + html.alert(str(error)))
        else:
            self._tell(answer, "the grid as you edited it")
            self._remind(answer)
        self._offer(snippets.of_grid(grid, self._version))

    def _tell(self, answer: Answer | None, note: str = "") -> None:
        """Show the digit; a correction is about what is shown."""
        self.answer = answer
        self._corrected = False
        self.really.value = ""
        self.really.layout.display = "none" if answer is None else None
        self.note.show("")
        if answer is None:
            self.result.show(html.title("Answer") + html.WELCOME)
            self.alike.show("")
            self.lines.show("")
        else:
            self.result.show(html.title("Answer") + html.of_answer(answer, note), html.sentence(answer))

    def _offer(self, offered: dict[str, str]) -> None:
        self.lines.show(html.of_lines(offered), copies=list(offered.values()))

    def _remind(self, answer: Answer) -> None:
        # not here, where the next edit or picture waits: the first time takes a second or two
        background.run(self._show_alike, answer)

    def _show_alike(self, answer: Answer) -> None:
        alike = neighbors.nearest_training_digits(answer.grid, NEAREST)
        with self.ways.lock:
            if answer is self.answer:  # nothing else was shown in the meantime
                self.alike.show(html.of_neighbours(alike.grids, alike.labels))

    def _correct(self, change: dict[str, Any]) -> None:
        with self.ways.lock:
            self._note_correction(change["new"])

    def _note_correction(self, digit: int | str) -> None:
        saved = len(self.corrections) == self._saved
        if self._corrected:
            self.corrections.pop()
            self._saved = min(self._saved, len(self.corrections))
        elif digit == "":
            return
        self._corrected = digit != ""
        if self._corrected:
            self.corrections.append((self.answer.grid, digit))
            done = f"Noted as a {digit}"
        else:
            done = "Taken back here, though not in the file" if saved else "Taken back"
        self._offer_to_save(len(self.corrections) > self._saved)
        held = f"corrections held in memory: {len(self.corrections)}"
        unsaved = " They are lost with the kernel unless you save them." if self._corrected else ""
        self.note.show(html.said(f"{done}; {held}.{unsaved}"))

    def _offer_to_save(self, offered: bool) -> None:
        self.save.layout.display = None if offered else "none"

    def _save(self) -> None:
        try:
            path = keep(self.corrections[self._saved :])
        except DigitsError as error:
            self.note.show(html.alert(str(error)))
        else:
            self._saved = len(self.corrections)
            self.really.focus()  # which the button would lose, since it hides
            self._offer_to_save(False)
            self.note.show(
                html.said(f"Saved to {path.parent.name}/{path.name}: grids and digits, no pictures.")
            )


def panel(model: "DigitModel | None" = None, store: "ModelStore | None" = None) -> Panel:
    """Make the panel, which a notebook shows when it is a cell's last value.

    Parameters
    ----------
    model
        The model that answers; None is the latest of `store`.
    store
        Where to find it; None is the default store, and if that is empty, a model is trained, saved and
        announced.

    Returns
    -------
    Panel
        An ipywidgets box.

    Raises
    ------
    ModelNotFound
        A `store` was given and holds no model.
    """
    if model is None:
        model = default_model() if store is None else store.load()
    return Panel(model)
