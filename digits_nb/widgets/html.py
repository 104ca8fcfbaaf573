"""What the panel says, as HTML: the answer, the stages, the digits that look like it, the lines to copy."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import cv2
import numpy as np
from anywidget import AnyWidget

from digits_nb.widgets.grid_editor import STATIC

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.recognition.recognizer import Answer

STAGES = {
    "gray": "In grey",
    "ink": "Ink",
    "crop": "Crop",
    "upright": "Upright",
    "bitmap": "Bitmap, 32×32",
    "grid": "Grid, 8×8",
}
WELCOME = (
    '<div class="dn-answer"><span class="dn-digit">?</span>'
    "<span>Draw a digit,<br>or give a picture.</span></div>"
)
LONGEST = 160  # side of a picture that is sent to be shown, in pixels


class Board(AnyWidget):
    """A place that shows HTML. It travels in messages, so that no picture is part of the widget's state.

    Parameters
    ----------
    html
        What it shows first.
    """

    _esm = STATIC / "board.js"
    _css = STATIC / "panel.css"

    def __init__(self, html: str = "") -> None:
        super().__init__()
        self._message = {"html": html, "said": "", "copies": []}
        self.on_msg(lambda _widget, _content, _buffers: self.send(self._message))

    @property
    def html(self) -> str:
        """What is shown now."""
        return self._message["html"]

    @property
    def copies(self) -> list[str]:
        """What its buttons copy, whole."""
        return self._message["copies"]

    def show(self, html: str, said: str = "", copies: Sequence[str] = ()) -> None:
        """Show `html`; `said` is read out by a screen reader, `copies` are what its copy buttons copy."""
        self._message = {"html": html, "said": said, "copies": list(copies)}
        self.send(self._message)


def sentence(answer: "Answer") -> str:
    """The answer in words, the runner-up too where the model would not bet."""
    likely = f"It is a {answer.digit}, {percent(answer.confidence)} sure"
    if answer.certain:
        return f"{likely}: certain."
    second = int(np.argsort(-answer.probabilities)[1])
    return f"{likely}: not certain, it may be a {second} ({answer.probabilities[second]:.0%})."


def percent(share: float) -> str:
    """A share of 0..1 in percent; nothing is called 100 % that is not."""
    return "over 99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"  # noqa: PLR2004 (where rounding begins)


def of_answer(answer: "Answer", note: str = "") -> str:
    """The digit, large; how sure the model is, in words and number; a bar for each class; who answered."""
    second = int(np.argsort(-answer.probabilities)[1])
    doubt = "certain" if answer.certain else f"not certain, perhaps a {second}"
    bars = "".join(
        f'<li class="{"dn-best" if digit == answer.digit else ""}"><span>{digit}</span>'
        f'<span class="dn-track"><span style="width:{share:.1%}"></span></span><span>{share:.0%}</span></li>'
        for digit, share in enumerate(answer.probabilities)
    )
    version = f"Model {answer.model_version[:12]}" if answer.model_version else "A model that is not saved"
    return (
        f'<div class="dn-answer"><span class="dn-digit">{answer.digit}</span>'
        f"<span><strong>{percent(answer.confidence)}</strong><br>{doubt}</span></div>"
        f'<ol class="dn-bars" aria-label="How likely each digit is">{bars}</ol>'
        f'<p class="dn-small">{version}{f" · {note}" if note else ""}</p>'
    )


def of_stages(stages: object) -> str:
    """The stages of `digits_nb.preprocess`, from the picture to the grid, as a strip."""
    figures = []
    for name, caption in STAGES.items():
        image = getattr(stages, name)
        pixels = image if name == "gray" else 255 - image * (255 / (16 if name == "grid" else 1))
        figures.append((pixels, caption, f"{caption}: {image.shape[1]} × {image.shape[0]} pixels"))
    return _strip("From the picture to the grid", figures)


def of_neighbours(grids: "NDArray[np.float64]", labels: Iterable[int]) -> str:
    """The training digits that are nearest, each with its label."""
    figures = [
        (255 - grid * (255 / 16), str(label), f"A training digit: {label}")
        for grid, label in zip(grids, labels, strict=True)
    ]
    return _strip("It looks like these training digits", figures, "dn-near")


def of_lines(lines: dict[str, str]) -> str:
    """Lines to copy, each by its own button; a long one is cut for the eye only."""
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd><code>{escape(_shortened(line))}</code>"
        f'<button type="button" data-copy="{number}" aria-label="Copy the line: {escape(name)}">Copy</button>'
        "</dd>"
        for number, (name, line) in enumerate(lines.items())
    )
    return f'<p class="dn-title">The same, to copy</p><dl class="dn-lines">{rows}</dl>'


def title(text: str) -> str:
    """A heading inside the panel."""
    return f'<p class="dn-title">{escape(text)}</p>'


def alert(message: str) -> str:
    """A sentence that says why nothing came of it."""
    return f'<p role="alert" class="dn-message dn-error">{escape(message)}</p>'


def said(message: str) -> str:
    """A sentence that says what was done."""
    return f'<p role="status" class="dn-message">{escape(message)}</p>'


def still(text: str, answer: str = "") -> str:
    """What stands for a panel where no kernel runs: what it is, and a sample's answer, as HTML."""
    example = f"<p>This is what it says about a sample:</p>{answer}" if answer else ""
    return f'<div class="dn-still"><p>{text}</p>{example}</div>'


def picture(pixels: "NDArray[np.generic]") -> str:
    """A grey picture as a `data:` URL, small: small ones are enlarged by whole pixels."""
    gray = np.clip(np.round(pixels), 0, 255).astype(np.uint8)
    scale = LONGEST / max(gray.shape)
    if scale < 1:
        size = [max(1, round(side * scale)) for side in reversed(gray.shape)]
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    return f"data:image/png;base64,{base64.b64encode(cv2.imencode('.png', gray)[1]).decode()}"


def _strip(heading: str, figures: list[tuple["NDArray[np.generic]", str, str]], kind: str = "") -> str:
    shown = "".join(
        f'<figure><img alt="{escape(alt)}" src="{picture(pixels)}">'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
        for pixels, caption, alt in figures
    )
    return f'{title(heading)}<div class="dn-strip {kind}">{shown}</div>'


def _shortened(line: str, most: int = 400) -> str:
    return line if len(line) <= most else f"{line[: most // 2]}…{line[-most // 4 :]}"
