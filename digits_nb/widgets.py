"""The panel of the inference notebook: a picture goes in by URL, base64 or upload; the answer comes out."""

from html import escape
from threading import Thread
from typing import TYPE_CHECKING, Any

import traitlets
from ipywidgets import HTML, Button, FileUpload, HBox, Layout, Text, VBox

from digits_nb.errors import DigitsError
from digits_nb.recognition import default_model, recognize

if TYPE_CHECKING:
    from digits_nb.model import DigitModel
    from digits_nb.store import ModelStore

ALERT = "border-left: 4px solid var(--jp-error-color1); padding-left: 8px"
LABEL_WIDTH = "calc(var(--jp-widgets-inline-label-width) + 2 * var(--jp-widgets-inline-margin))"


class Panel(VBox):
    """Reads one picture at a time: a URL or base64 on Enter, an upload by itself, any of them on the button.

    A way in that is filled empties the others, so that there is always one query. It is read in a thread, and
    the page stays alive while a slow URL loads; what is asked for last is what is shown.

    Parameters
    ----------
    model
        The model that answers.

    Attributes
    ----------
    url, base64 : ipywidgets.Text
        The address of a picture; its bytes as base64 or a whole `data:` URL.
    upload : ipywidgets.FileUpload
        A file of the person's own.
    button : ipywidgets.Button
        Reads what is filled in.
    message : ipywidgets.HTML
        What is going on, or why nothing came of it, in a sentence.
    result : ipywidgets.HTML
        The answer's rich display.
    answer : digits_nb.Answer or None
        What was read last; None before that, and after an error.
    busy : bool
        Whether a picture is being read.
    """

    answer = traitlets.Any(None, allow_none=True)
    busy = traitlets.Bool(False)

    def __init__(self, model: "DigitModel") -> None:
        self._model = model
        self._query: dict[str, Any] = {}
        self._thread = Thread()
        self.url = _field("URL", "https://… the address of a picture")
        self.base64 = _field("Base64", "iVBORw0KGgo… or data:image/png;base64,iVBORw0KGgo…")
        self.upload = FileUpload(
            description="Upload a picture",
            tooltip="A picture file on this computer",
            accept="image/*",
            icon="",  # an icon is a letter of a font, which a screen reader would read out
            layout=Layout(width="auto"),
        )
        self.button = Button(description="Read", button_style="primary")
        self.message = HTML()
        self.result = HTML()
        for way_in in self._ways_in:
            way_in.observe(self._filled, "value")
        self.button.on_click(lambda _: self.read())
        buttons = HBox([self.upload, self.button], layout=Layout(margin=f"0 0 0 {LABEL_WIDTH}"))
        super().__init__([self.url, self.base64, buttons, self.message, self.result])

    @property
    def _ways_in(self) -> tuple[Text, Text, FileUpload]:
        return self.url, self.base64, self.upload

    @property
    def query(self) -> dict[str, Any]:
        """The one query that is filled in, or none, as `digits_nb.recognize` takes it."""
        if self.upload.value:
            return {"bytes": bytes(self.upload.value[0]["content"])}
        filled = {"url": self.url.value.strip(), "base64": self.base64.value.strip()}
        return {name: value for name, value in filled.items() if value}

    def read(self) -> Thread:
        """Read what is filled in, in the thread returned; `answer` and `message` say what came of it."""
        query = self.query
        if self.busy and query == self._query:
            return self._thread  # a field was left by a click on the button, which asks for the same twice
        self._query = query
        self.busy = True
        self.message.value = "Reading…"
        self._thread = Thread(target=self._read, args=(query,), daemon=True)
        self._thread.start()
        return self._thread

    def _read(self, query: dict[str, Any]) -> None:
        answer, message = None, ""
        try:
            answer = recognize(query, self._model)
        except DigitsError as error:
            message = _alert(str(error))
        except Exception as error:
            message = _alert(
                f"Reading stopped at an unexpected {type(error).__name__}, which is a fault of this program "
                "and not of the picture: please report it."
            )
            raise  # to where a thread's errors go, for whoever looks for the cause
        finally:
            if query is self._query:  # nothing else was asked for in the meantime
                self.message.value = message
                self.result.value = "" if answer is None else answer._repr_html_()
                self.answer = answer
                self.busy = False

    def _filled(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        for way_in in self._ways_in:
            if way_in is not change["owner"]:
                way_in.value = type(way_in.value)()
        self.read()


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


def _alert(sentence: str) -> str:
    return f'<div role="alert" style="{ALERT}">{escape(sentence)}</div>'


def _field(description: str, placeholder: str) -> Text:
    # not at every key: on Enter, or when the field is left
    return Text(
        description=description,
        placeholder=placeholder,
        continuous_update=False,
        layout=Layout(width="100%", max_width="44em"),
    )
