"""HTML of the panel and the explorer, and the widgets that show it."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from pathlib import Path

import numpy as np
from anywidget import AnyWidget
from IPython.display import display
from ipywidgets import VBox
from numpy.typing import NDArray
from PIL import Image

from digits_nb.preprocessing.ink import reduce
from digits_nb.preprocessing.normalization import Stages
from digits_nb.recognition import Answer
from digits_nb.recognition.answer import count_reasons, encode_picture

STATIC = Path(__file__).resolve().parent / "static"

STAGES = {
    "gray": "In grey",
    "ink": "Ink",
    "crop": "Crop",
    "upright": "Upright",
    "bitmap": "Bitmap, 32×32",
    "grid": "Grid, 8×8",
}
"""Captions of the fields of `digits_nb.Stages`."""

LONGEST_SIDE = 160
"""Longest side of a picture that is sent to the page, in pixels."""

LONGEST_LINE = 400
"""Characters of a line to copy that are shown; the copy button copies all of it."""


class LiveHtml(AnyWidget):
    """Shows HTML that the kernel can replace.

    The HTML travels in messages. The widget's state, which a notebook may save, holds no picture.

    Parameters
    ----------
    html
        The HTML to begin with.

    Attributes
    ----------
    html : str
        The HTML that is shown.
    spoken : str
        The sentence that screen readers read out.
    copies : list of str
        The whole texts behind the copy buttons.
    """

    _esm = STATIC / "html.js"
    _css = STATIC / "panel.css"

    def __init__(self, html: str = "") -> None:
        super().__init__()
        self.html, self.spoken, self.copies = html, "", list[str]()
        # a page that was loaded sends a message to ask for the HTML
        self.on_msg(lambda *_: self._send_to_views())

    def show(self, html: str, spoken: str = "", copies: Iterable[str] = ()) -> None:
        """Replace the HTML, the sentence for screen readers and the texts of the copy buttons."""
        self.html, self.spoken, self.copies = html, spoken, list(copies)
        self._send_to_views()

    def _send_to_views(self) -> None:
        self.send({"html": self.html, "spoken": self.spoken, "copies": self.copies})


class LiveBox(VBox):  # type: ignore[misc]  # ipywidgets has no types
    """Box of widgets that is replaced by a sentence on a page without a kernel.

    Parameters
    ----------
    children
        The widgets, from top to bottom.

    Attributes
    ----------
    KIND : str
        What the box is, in a word.
    DESCRIPTION : str
        What it would be there for, after "Here stands".
    """

    KIND: str
    DESCRIPTION: str

    def __init__(self, children: Sequence[object]) -> None:
        super().__init__(children)
        self.add_class("dn-panel")

    def __repr__(self) -> str:
        """Text without any state: notebooks save it."""
        return f"A {self.KIND} of digits_nb, alive while its kernel runs"

    def _ipython_display_(self) -> None:
        need = "It needs a kernel: open this notebook in JupyterLab and run its cells."
        text = f"Here stands {self.DESCRIPTION}. {need}"
        html = f'<div class="dn-fallback"><p>{text}</p>{self._example()}</div>'
        for bundle in (self._repr_mimebundle_(), {"text/html": html, "text/plain": text}):
            display(bundle, raw=True)  # type: ignore[no-untyped-call]  # IPython leaves it untyped

    def _example(self) -> str:
        """HTML to show below the sentence."""
        return ""


def render_digit(digit: int | str, text: str) -> str:
    """Render a digit, large, with HTML beside it."""
    return f'<div class="dn-answer"><span class="dn-digit">{digit}</span><span>{text}</span></div>'


WELCOME = render_digit("?", "Draw a digit,<br>or give a picture.")
"""HTML in place of an answer before the first one."""


def spoken(answer: Answer) -> str:
    """Say an answer in a sentence, with the runner-up if it is not certain."""
    likely = f"It is a {answer.digit}, {percent(answer.confidence)} sure"
    if answer.certain:
        return f"{likely}: certain."
    second = _runner_up(answer)
    return f"{likely}: not certain, it may be a {second} ({answer.probabilities[second]:.0%})."


def percent(share: float) -> str:
    """Format a share of 0..1 in percent; only exactly 1 is written as 100 %."""
    return "over 99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"  # noqa: PLR2004 (where rounding begins)


def render_answer(answer: Answer, note: str = "") -> str:
    """Render the digit, its confidence, a bar for each class, the model's version and a note."""
    doubt = "certain" if answer.certain else f"not certain, perhaps a {_runner_up(answer)}"
    bars = "".join(
        f'<li class="{"dn-best" if digit == answer.digit else ""}"><span>{digit}</span>'
        f'<span class="dn-track"><span style="width:{share:.1%}"></span></span><span>{share:.0%}</span></li>'
        for digit, share in enumerate(answer.probabilities)
    )
    version = f"Model {answer.model_version[:12]}" if answer.model_version else "A model that is not saved"
    return (
        render_digit(answer.digit, f"<strong>{percent(answer.confidence)}</strong><br>{doubt}")
        + f'<ol class="dn-bars" aria-label="How likely each digit is">{bars}</ol>'
        f'<p class="dn-small">{version}{f" · {note}" if note else ""}</p>'
    )


def render_stages(
    stages: Stages,
    view: tuple[int, int, int, int] | None = None,
    heading: str = "From the picture to the grid",
) -> str:
    """Render the stages of preprocessing in a row; dashed boxes in the picture show what was left out.

    Parameters
    ----------
    stages
        From `digits_nb.preprocess`.
    view
        Left, top, right and bottom of the part of the picture that `stages.gray` shows, in the pixels of the
        boxes. None if they are those of `stages.gray`.
    heading
        What the row shows.
    """
    figures = []
    for name, caption in STAGES.items():
        image = getattr(stages, name)
        alt = f"{caption}: {image.shape[1]} × {image.shape[0]} pixels"
        if name == "gray":
            height, width = image.shape
            kind, data = encode_picture(
                reduce(image, LONGEST_SIDE), stages.left_out, view or (0, 0, width, height)
            )
            reasons = count_reasons(stages.left_out)
            if reasons:
                caption, alt = f"{caption}, left out: {reasons}", f"{alt}, left out: {reasons}"  # noqa: PLW2901
            figures.append((f"data:image/{kind};base64,{data}", caption, alt))
        else:
            figures.append((data_url(255 - image * (255 / (16 if name == "grid" else 1))), caption, alt))
    return _render_row(heading, figures)


def render_neighbours(grids: NDArray[np.float64], labels: Iterable[int]) -> str:
    """Render training digits, grids (n, 8, 8) of 0..16 with their labels (n,), in a row."""
    figures = [
        (data_url(255 - grid * (255 / 16)), str(label), f"A training digit: {label}")
        for grid, label in zip(grids, labels, strict=True)
    ]
    return _render_row("It looks like these training digits", figures, "dn-near")


def render_lines(lines: dict[str, str]) -> str:
    """Render lines of code by their names, each with a copy button; a long line is shortened."""
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd><code>{escape(_shorten(line))}</code>"
        f'<button type="button" data-copy="{number}" aria-label="Copy the line: {escape(name)}">Copy</button>'
        "</dd>"
        for number, (name, line) in enumerate(lines.items())
    )
    return f'{title("The same, to copy")}<dl class="dn-lines">{rows}</dl>'


def title(text: str) -> str:
    """Render a heading of the panel."""
    return f'<p class="dn-title">{escape(text)}</p>'


def alert(message: str) -> str:
    """Render an error message."""
    return f'<p role="alert" class="dn-message dn-error">{escape(message)}</p>'


def status(message: str) -> str:
    """Render a message about what was done."""
    return f'<p role="status" class="dn-message">{escape(message)}</p>'


def data_url(pixels: NDArray[np.float64 | np.uint8], longest_side: int = LONGEST_SIDE) -> str:
    """Encode a picture as the `data:` URL of a PNG.

    Parameters
    ----------
    pixels : array of shape (H, W) or (H, W, 3)
        Grey levels or RGB, 0..255.
    longest_side
        A larger picture is shrunk to it, in pixels.
    """
    image = Image.fromarray(np.clip(np.round(pixels), 0, 255).astype(np.uint8))
    image.thumbnail((longest_side, longest_side), Image.Resampling.BOX)
    png = BytesIO()
    image.save(png, "PNG")
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode()}"


def _runner_up(answer: Answer) -> int:
    return int(np.argsort(-answer.probabilities)[1])


def _render_row(heading: str, figures: list[tuple[str, str, str]], kind: str = "") -> str:
    """Render pictures, each a URL with its caption and its text alternative, side by side."""
    shown = "".join(
        f'<figure><img alt="{escape(alt)}" src="{url}"><figcaption>{escape(caption)}</figcaption></figure>'
        for url, caption, alt in figures
    )
    return f'{title(heading)}<div class="dn-strip {kind}">{shown}</div>'


def _shorten(line: str) -> str:
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE // 2]}…{line[-LONGEST_LINE // 4 :]}"
