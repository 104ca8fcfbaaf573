"""Inputs of the panel: URL, base64, upload, samples, drawing and camera, each of which makes one query."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from typing import Any, Literal

import numpy as np
import traitlets
from anywidget import AnyWidget
from ipywidgets import Button, VBox
from wigglystuff import Paint, WebcamCapture

from digits_nb import paths
from digits_nb.errors import DigitsError
from digits_nb.images.decode import flatten
from digits_nb.images.query import MAX_BYTES, TIMEOUT_S, open_image
from digits_nb.widgets import background
from digits_nb.widgets.html import STATIC, LiveHtml, alert, data_url, title

LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())  # no traceback in the notebook unless the user sets up logging

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PAD = 264
"""Side of the drawing pad, in pixels."""

THUMBNAIL = 88
"""Longest side of a sample's thumbnail, in pixels: twice the size on the page, for fine screens."""

PLACES = {"url": "fields", "base64": "fields", "file": "picks", "sample": "picks"}
"""Part of the form that shows the messages about a request, by its source; the pad shows all others."""

_TOO_MUCH = f"more than the {MAX_BYTES / 1e6:g} MB that are read"
REJECTED = {
    "empty": ("url", "Both fields are empty; type the address of a picture, or paste one as base64."),
    "long": ("base64", f"The text stands for {_TOO_MUCH}; save the picture as JPEG."),
    "address": (
        "url",
        "This is neither base64 nor an http:// or https:// URL; type one, or upload a file.",
    ),
    "large": ("file", f"The file has {_TOO_MUCH}; save it as JPEG."),
    "several": ("file", "These are several files, and one picture is read at a time; give them one by one."),
    "unreadable": ("file", "A folder, or a file that is gone, cannot be read; give one picture as a file."),
}
"""Inputs that are rejected before they are read: the source, and the message."""

MAX_TEXT = 2 * MAX_BYTES
"""Characters of a text that may hold `MAX_BYTES` as base64, with room for white space."""

BASE64 = re.compile(r"data:|[\w+/%-]{48}", re.ASCII | re.IGNORECASE)
"""How base64 begins. No URL does: it has a colon or a dot within its first 48 characters."""

State = Literal["idle", "busy", "error", "read"]
"""State of the form: "busy" shows the button "Stop", "error" marks a field, "read" empties the fields."""


@dataclass(frozen=True)
class Request:
    """One picture to read.

    Attributes
    ----------
    source : str
        "url", "base64", "file", "sample", "drawing" or "camera".
    query : dict
        A query of `digits_nb.recognize`.
    name : str
        Name of the file or sample, the URL of a picture that was fetched; else empty.
    """

    source: str
    query: dict[str, Any]
    name: str = ""


class InputForm(AnyWidget):
    """Fields for URL and base64, upload button and samples; its front end sends messages."""

    _esm = STATIC / "inputs.js"

    samples = traitlets.Tuple().tag(sync=True)
    max_bytes = traitlets.Int(MAX_BYTES).tag(sync=True)
    max_text = traitlets.Int(MAX_TEXT).tag(sync=True)


class Inputs:
    """All inputs, and the background thread that reads; only the result of the latest request is shown.

    Parameters
    ----------
    read
        Called in a background thread with a `Request`, after its URL was downloaded. Its result goes to
        `show`. The message of a `DigitsError` is shown beside the input.
    show
        Called in the same thread with the result, with the error of a picture that was refused, or with None
        if there is neither; `lock` is held.

    Attributes
    ----------
    form : InputForm
        Fields, upload and samples.
    pad : ipywidgets.VBox
        The drawing pad, or in its place the camera.
    message : str
        The message beside an input: progress, or an error.
    lock : threading.RLock
        Held to check that a request is still the latest and to show its result.
    """

    def __init__(self, read: Callable[[Request], Any], show: Callable[[Any], object]) -> None:
        self._read, self._show = read, show
        self._current: Request | None = None
        self.lock = RLock()
        self._parts = bytearray()
        self.message = ""
        self.form = InputForm(samples=_samples())
        self.form.on_msg(self._on_message)
        self.drawing = Paint(PAD, PAD, brush=False, color_picker=False)
        self.drawing.observe(lambda change: self._on_image("drawing", change), "base64")
        self.drawing.base64 = ""  # the canvas keeps the drawing; the state, which may be saved, does not
        self.camera: WebcamCapture | None = None
        self.camera_button = Button(description="Use the camera")
        self.camera_button.on_click(lambda _: self._toggle_camera())
        self._pad_message = LiveHtml()
        self._pad_title = LiveHtml(title("Draw a digit"))
        # in a box of its own: JupyterLab rebuilds the siblings that follow a child that changes, and a
        # button that is rebuilt loses the focus
        self._canvas = VBox([self.drawing])
        pad = [self._pad_title, self._canvas, self.camera_button, self._pad_message]
        self.pad = VBox(pad).add_class("dn-pad")

    @property
    def busy(self) -> bool:
        """Whether a request is being read."""
        return self._current is not None

    def submit(self, request: Request) -> None:
        """Read a request in a background thread."""
        with self.lock:
            self._current = request
            is_url = request.source == "url"
            self._say(request, "Loading…" if is_url else "", "busy" if is_url else "idle")
        background.run(self._process, request)

    def stop(self) -> None:
        """Give up the present request and cut off its download."""
        with self.lock:
            if self._current:
                self._say(self._current, "Stopped.", "idle")
                self._current = None

    def _process(self, request: Request) -> None:
        message, refusal = "", None
        try:
            result = None if _is_blank_drawing(request) else self._read(self._download(request))
            with self.lock:
                if request is self._current:
                    self._show(result)
        except _StoppedError:
            return
        except DigitsError as error:
            message, refusal = str(error), error
        except Exception as error:  # noqa: BLE001 (it is logged)
            message = _log_unexpected(error)
        with self.lock:
            if request is not self._current:  # there is a later request, or this one was stopped
                return
            if message:
                self._show(refusal)
            # the field of a text that was a picture is emptied, so that nothing can save it
            self._say(request, message, "error" if message else "idle" if request.source == "url" else "read")
            self._current = None

    def _download(self, request: Request) -> Request:
        """Replace a URL by the picture's bytes, with progress, until the request is stopped."""
        if request.source != "url":
            return request
        from digits_nb.images.fetch import download  # only now: it imports requests

        def progress(count: int) -> None:
            with self.lock:
                if request is not self._current or not background.is_wanted():
                    raise _StoppedError
                if count:
                    self._say(request, f"Loading… {count / 1e6:.1f} MB", "busy")

        url = request.query["url"]
        data = download(url, max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S, progress=progress)
        return Request(request.source, {"bytes": data}, url)

    def _say(self, request: Request, message: str, state: State) -> None:
        """Show a message beside the input of a request, and none beside the others."""
        self.message, place = message, PLACES.get(request.source, "pad")
        self._pad_message.show(alert(message) if message and place == "pad" else "")
        self.form.send({"place": place, "message": message, "state": state})

    def _on_message(self, _form: InputForm, content: dict[str, Any], buffers: list[memoryview]) -> None:
        match content:
            case {"kind": "stop"}:
                self.stop()
            case {"kind": "rejected", "reason": reason}:
                self._reject(reason)
            case {"kind": "sample", "name": name}:
                self.submit(Request("sample", {"path": str(paths.samples() / Path(name).name)}, name))
            case {"kind": source, "first": first, "more": more}:
                self._add_part(source, content.get("name", ""), buffers[0], first=first, more=more)

    def _add_part(self, source: str, name: str, part: memoryview, *, first: bool, more: bool) -> None:
        """Collect a file or a text from parts: Jupyter's server rejects messages of 10 MB or more."""
        limit = MAX_BYTES if source == "file" else MAX_TEXT
        if first:  # the parts before may be of an upload that broke off
            self._parts.clear()
        self._parts += part[: limit + 1 - len(self._parts)]  # one byte above the limit shows that it is above
        if more:
            return
        data, self._parts = bytes(self._parts), bytearray()
        if len(data) > limit:
            self._reject("large" if source == "file" else "long")
        elif source == "file":
            self.submit(Request(source, {"bytes": data}, name))
        else:
            self._submit_text(source, data.decode(errors="replace").strip())

    def _submit_text(self, field: str, text: str) -> None:
        """Tell URL and base64 apart; each may stand in either field."""
        if text.lower().startswith(("http://", "https://")):
            self.submit(Request("url", {"url": text}))
        elif field == "base64" or BASE64.match(text):
            self.submit(Request("base64", {"base64": text}))
        else:
            self._reject("address")

    def _reject(self, reason: str) -> None:
        source, message = REJECTED[reason]
        with self.lock:
            self._current = None
            self._show(None)
            self._say(Request(source, {}), message, "error")

    def _on_image(self, source: str, change: dict[str, Any]) -> None:
        """Read a drawing or a photograph, and clear it from the widget's state."""
        if text := change["new"]:
            change["owner"].set_trait(change["name"], "")
            self.submit(Request(source, {"base64": text}))

    def _toggle_camera(self) -> None:
        if self.camera:
            self.camera.close()  # this also switches the camera off
            self.camera = None
        else:
            self.camera = WebcamCapture(facing_mode="environment")
            self.camera.observe(lambda change: self._on_image("camera", change), "image_base64")
        self._pad_message.show("")
        self._pad_title.show(title("Show a digit to the camera" if self.camera else "Draw a digit"))
        self.camera_button.description = "Draw instead" if self.camera else "Use the camera"
        self._canvas.children = (self.camera or self.drawing,)


class _StoppedError(Exception):
    """The request of a download was stopped or replaced."""


def _is_blank_drawing(request: Request) -> bool:
    return request.source == "drawing" and open_image(request.query).convert("L").getextrema() == (255, 255)


def _log_unexpected(error: Exception) -> str:
    """Log an error that is a fault of the program, and give the message for the user."""
    LOG.error("A picture could not be read", exc_info=error)
    return (
        f"Reading stopped at an unexpected {type(error).__name__}, which is a fault of this program and not "
        "of the picture: please report it, with what logging.getLogger('digits_nb') says."
    )


@cache
def _samples() -> tuple[dict[str, str], ...]:
    """Name, text alternative and thumbnail of each of the project's samples, from zero to nine."""
    samples = []
    for word in WORDS:
        for path in sorted(paths.samples().glob(f"{word}-*.*")):
            alt = f"Sample {word}: {path.stem.partition('-')[2].replace('-', ' ')}"
            thumbnail = data_url(np.asarray(flatten(open_image({"path": path}))), THUMBNAIL)
            samples.append({"name": path.name, "alt": alt, "src": thumbnail})
    return tuple(samples)
