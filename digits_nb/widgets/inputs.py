"""The ways into a panel: typed, dropped, picked, drawn or photographed, each ends in one query."""

import logging
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import RLock, Thread
from typing import Any

import traitlets
from anywidget import AnyWidget
from ipywidgets import Button, VBox
from wigglystuff import Paint, WebcamCapture

from digits_nb import paths
from digits_nb.errors import DigitsError
from digits_nb.images.decode import flatten
from digits_nb.images.query import MAX_BYTES, TIMEOUT_S, open_image
from digits_nb.widgets import background
from digits_nb.widgets.grid_editor import STATIC
from digits_nb.widgets.html import Board, alert, title

LOG = logging.getLogger(__name__)
LOG.addHandler(logging.NullHandler())  # who sets logging up finds the cause; nobody else sees a traceback

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
PAD = 264  # side of the place to draw in, in pixels
REFUSED = {
    "empty": ("url", "Both fields are empty; type the address of a picture, or paste one as base64."),
    "long": (
        "base64",
        f"The text stands for more than the {MAX_BYTES / 1e6:g} MB that are read; save the picture as JPEG.",
    ),
    "address": (
        "url",
        "This is neither base64 nor an address with http:// or https://; type one, or upload a file.",
    ),
    "large": ("file", f"The file has more than the {MAX_BYTES / 1e6:g} MB that are read; save it as JPEG."),
    "several": ("file", "These are several files, and one picture is read at a time; give them one by one."),
    "unreadable": ("file", "A folder, or a file that is gone, cannot be read; give one picture as a file."),
}
"""What is not even read: where it was asked, and the sentence."""

MAX_TEXT = 2 * MAX_BYTES
"""Characters of a text that may stand for `MAX_BYTES` as base64, with room for blanks."""

BASE64 = re.compile(r"data:|[\w+/%-]{48}", re.ASCII | re.IGNORECASE)
"""How base64 begins, and no URL does, which has a colon or a dot before that."""

THUMBNAIL = 88  # pixels: twice what is shown, for fine screens


@dataclass(frozen=True)
class Asked:
    """What a person has asked for.

    Attributes
    ----------
    way : str
        "url", "base64", "file", "sample", "drawing" or "camera".
    query : dict
        As `digits_nb.recognize` takes it.
    name : str
        Of a file or a sample; else empty.
    """

    way: str
    query: dict[str, Any]
    name: str = ""

    @property
    def place(self) -> str:
        """Where in the panel it was asked, and so where an error belongs."""
        return {"url": "fields", "base64": "fields", "file": "picks", "sample": "picks"}.get(self.way, "pad")


class Entry(AnyWidget):
    """URL and base64 fields, the upload, the samples; a front end of its own, driven by messages."""

    _esm = STATIC / "entry.js"

    samples = traitlets.Tuple().tag(sync=True)
    max_bytes = traitlets.Int(MAX_BYTES).tag(sync=True)
    max_text = traitlets.Int(MAX_TEXT).tag(sync=True)


class Ways:
    """Every way in, and the thread that reads: the page stays alive, and what is asked last is shown.

    Parameters
    ----------
    read
        Called with what was `Asked`, its URL fetched, in a thread; what it returns goes to `show`. A
        `DigitsError` is shown as a sentence where the input is.
    show
        Called in the same thread with what came of it, or with None if nothing did; `lock` is held.

    Attributes
    ----------
    entry : Entry
        The fields, the upload and the samples.
    pad : ipywidgets.VBox
        The drawing, or in its place the camera.
    message : str
        The sentence that is shown beside an input: what is going on, or why nothing came of it.
    busy : bool
        Whether something is being read.
    lock : threading.RLock
        Held by whoever asks whether something is still wanted, and then shows it.
    """

    def __init__(self, read: Callable[[Asked], Any], show: Callable[[Any], object]) -> None:
        self._read, self._show = read, show
        self._asked: Asked | None = None
        self.lock = RLock()
        self._parts = bytearray()
        self.message, self.busy = "", False
        self.entry = Entry(samples=_samples())
        self.entry.on_msg(self._received)
        self.drawing = Paint(PAD, PAD, brush=False, color_picker=False)
        # what is drawn stays on the canvas; here it is forgotten, so that no notebook can save it
        self.drawing.observe(lambda change: self._pictured("drawing", change), "base64")
        self.drawing.base64 = ""
        self.camera: WebcamCapture | None = None
        self.switch = Button(description="Use the camera")
        self.switch.on_click(lambda _: self._toggle_camera())
        self._note = Board()
        self._heading = Board(title("Draw a digit"))
        # in a box of its own: the front end makes anew what stands after a child that changes, and a
        # button that is made anew loses the focus
        self._easel = VBox([self.drawing])
        self.pad = VBox([self._heading, self._easel, self.switch, self._note])
        self.pad.add_class("dn-pad")

    def ask(self, asked: Asked) -> Thread:
        """Read, in the thread that is returned; `show` is called with what comes of it."""
        with self.lock:
            self._asked, self.busy = asked, True
            self._say(asked, "Loading…" if asked.way == "url" else "", busy=asked.way == "url")
        return background.run(self._answer, asked)

    def stop(self) -> None:
        """Give up what is being read; a download is cut off."""
        with self.lock:
            if self.busy:
                asked, self._asked, self.busy = self._asked, None, False
                self._say(asked, "Stopped.")

    def _answer(self, asked: Asked) -> None:
        result, message = None, ""
        try:
            if not _is_wiped_clean(asked):
                result = self._read(self._fetched(asked) if asked.way == "url" else asked)
        except _StoppedError:
            return
        except DigitsError as error:
            message = str(error)
        except Exception as error:  # noqa: BLE001 (it is logged)
            message = _unexpected(error)
        with self.lock:
            if asked is not self._asked:  # something else was asked for in the meantime
                return
            try:
                self._show(result)
            except Exception as error:  # noqa: BLE001 (it is logged)
                message = _unexpected(error)
            # the text of a picture that was read is not kept in its field
            self._say(asked, message, error=bool(message), taken=not message and asked.way != "url")
            self.busy = False

    def _fetched(self, asked: Asked) -> Asked:
        """The same with the picture itself: here a download can be watched and stopped."""
        from digits_nb.images.fetch import download

        def progress(count: int) -> None:
            with self.lock:
                if asked is not self._asked or not background.is_wanted():
                    raise _StoppedError
                if count:
                    self._say(asked, f"Loading… {count / 1e6:.1f} MB", busy=True)

        url = asked.query["url"]
        data = download(url, max_bytes=MAX_BYTES, timeout_s=TIMEOUT_S, progress=progress)
        return Asked(asked.way, {"bytes": data}, url)

    def _say(
        self, asked: Asked, message: str, *, error: bool = False, busy: bool = False, taken: bool = False
    ) -> None:
        self.message = message
        at_pad = asked.place == "pad"
        self._note.show(alert(message) if at_pad and message else "")
        told = {"at": asked.place, "sentence": message, "error": error, "busy": busy, "taken": taken}
        self.entry.send(told)

    def _received(self, _entry: Entry, content: dict[str, Any], buffers: list[memoryview]) -> None:
        way, name = content["way"], content.get("name", "")
        if way == "stop":
            self.stop()
        elif way == "refused":
            self._refuse(content["why"])
        elif way == "sample":
            self.ask(Asked(way, {"path": str(paths.samples() / Path(name).name)}, name))
        else:
            self._take(way, name, buffers[0], first=content["first"], more=content["more"])

    def _take(self, way: str, name: str, part: memoryview, *, first: bool, more: bool) -> None:
        """A file, or what was typed, part by part: Jupyter's server takes no long messages."""
        most = MAX_BYTES if way == "file" else MAX_TEXT
        if first:  # whatever came of what was sent before
            self._parts.clear()
        self._parts += part[: most + 1 - len(self._parts)]  # one byte too many tells
        if more:
            return
        data, self._parts = bytes(self._parts), bytearray()
        if len(data) > most:
            self._refuse("large" if way == "file" else "long")
        elif way == "file":
            self.ask(Asked(way, {"bytes": data}, name))
        else:
            self._take_text(way, data.decode(errors="replace").strip())

    def _take_text(self, way: str, text: str) -> None:
        """What was typed, in whichever of the two fields: an address and base64 are told apart."""
        if text.lower().startswith(("http://", "https://")):
            self.ask(Asked("url", {"url": text}))
        elif way == "base64" or BASE64.match(text):
            self.ask(Asked("base64", {"base64": text}))
        else:
            self._refuse("address")

    def _refuse(self, why: str) -> None:
        way, sentence = REFUSED[why]
        with self.lock:
            self._asked, self.busy = Asked(way, {}), False
            self._show(None)
            self._say(self._asked, sentence, error=True)

    def _pictured(self, way: str, change: dict[str, Any]) -> None:
        """A drawing or a photograph has come from the page."""
        if not (text := change["new"]):
            return
        change["owner"].set_trait(change["name"], "")
        self.ask(Asked(way, {"base64": text}))

    def _toggle_camera(self) -> None:
        if self.camera is None:
            self.camera = WebcamCapture(facing_mode="environment")
            self.camera.observe(lambda change: self._pictured("camera", change), "image_base64")
            shown, heading, other = self.camera, "Show a digit to the camera", "Draw instead"
        else:
            self.camera.close()  # and its light goes out
            self.camera = None
            shown, heading, other = self.drawing, "Draw a digit", "Use the camera"
        self._note.show("")
        self._heading.show(title(heading))
        self.switch.description = other
        self._easel.children = (shown,)


class _StoppedError(Exception):
    """Nobody waits for this download any more."""


def _is_wiped_clean(asked: Asked) -> bool:
    white = (255, 255)
    return asked.way == "drawing" and open_image(asked.query).convert("L").getextrema() == white


def _unexpected(error: Exception) -> str:
    """The sentence for an error that nobody foresaw; where it came from is in the log."""
    LOG.error("A picture could not be read", exc_info=error)
    return (
        f"Reading stopped at an unexpected {type(error).__name__}, which is a fault of this program and not "
        "of the picture: please report it, with what logging.getLogger('digits_nb') says."
    )


@cache
def _samples() -> tuple[dict[str, str], ...]:
    """The project's pictures as thumbnails, from zero to nine."""
    found = [(path.stem.partition("-")[0], path) for path in paths.samples().glob("*-*.*")]
    files = [path for _, path in sorted((WORDS.index(word), path) for word, path in found if word in WORDS)]
    return tuple({"name": path.name, "alt": _told(path.stem), "src": _thumbnail(path)} for path in files)


def _told(stem: str) -> str:
    word, _, rest = stem.partition("-")
    return f"Sample {word}: {rest.replace('-', ' ')}"


def _thumbnail(path: Path) -> str:
    image = flatten(open_image({"path": path}))
    image.thumbnail((THUMBNAIL, THUMBNAIL))
    png = BytesIO()
    image.save(png, format="PNG")
    return f"data:image/png;base64,{b64encode(png.getvalue()).decode()}"
