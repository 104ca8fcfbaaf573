"""The answer for a picture: the digit, its confidence and what the model saw, with a rich display."""

import base64
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.preprocessing.normalization import LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.preprocessing.segmentation import Box, LeftOut

LEFT_OUT = "#d55e00"
"""Colour of the boxes around what was left out."""


@dataclass(frozen=True, eq=False, slots=True)
class Answer:
    """The digit that the model reads in a picture, with a rich display in notebooks.

    Attributes
    ----------
    digit : int
        0..9.
    confidence : float
        The probability of `digit`, 0..1, calibrated on handwriting that the model never saw; less where
        another reading of the picture comes near, or ink is left out.
    certain : bool
        Whether the confidence reaches the threshold above which, by the model's card, errors are rare.
    probabilities : ndarray of shape (10,), float64
        One for each digit; they sum to 1.
    grid : ndarray of shape (8, 8), float64, 0..16
        The model's whole input.
    model_version : str or None
        64 hex digits; None for a model that is not saved.
    duration_s : float
        Seconds from query to answer; of several digits, each one's share.
    box : tuple of int
        Left, top, right and bottom of the digit in pixels of the upright picture.
    picture : ndarray of shape (h, w), uint8
        The picture in grey, reduced for display. If there are several digits, the part around this one.
    left_out : tuple of ((left, top, right, bottom), str)
        Ink that is not the digit's, in pixels of the upright picture, and why, as in `Stages`.
    view : tuple of int or None
        Left, top, right and bottom of the part of the upright picture that `picture` shows, in its pixels.
        None if `picture` is the upright picture itself.
    """

    digit: int
    confidence: float
    certain: bool
    probabilities: "NDArray[np.float64]" = field(repr=False)
    grid: "NDArray[np.float64]" = field(repr=False)
    model_version: str | None
    duration_s: float
    box: tuple[int, int, int, int]
    picture: "NDArray[np.uint8]" = field(repr=False)
    left_out: "LeftOut" = field(default=(), repr=False)
    view: "Box | None" = field(default=None, repr=False)

    def _repr_html_(self) -> str:
        """Show picture, grid and bars side by side, each with a text alternative."""
        certainty = "certain" if self.certain else "not certain"
        likely = np.argsort(-self.probabilities)[:3]
        words = ", ".join(f"{digit} with {self.probabilities[digit]:.0%}" for digit in likely)
        reasons = count_reasons(self.left_out)
        pictures = (
            (
                f"The picture that was read{f', without {reasons}' if reasons else ''}",
                *encode_picture(self.picture, self.left_out, self.view),
            ),
            ("The 8×8 grid that the model saw", "svg+xml", _encode(self._grid_svg().encode())),
            (f"Probabilities: {words}", "svg+xml", _encode(self._bars_svg().encode())),
        )
        return (
            '<div style="display:flex;gap:24px;align-items:center;flex-wrap:wrap">'
            f'<span style="font-size:64px;line-height:1">{self.digit}</span>'
            f"<span>{self.confidence:.1%}<br>{certainty}</span>"
            # as images: a viewer of an untrusted notebook removes inline SVG, but for its text
            + "".join(
                f'<img height="120" alt="{alt}" src="data:image/{kind};base64,{data}">'
                for alt, kind, data in pictures
            )
            + "</div>"
        )

    def _grid_svg(self) -> str:
        cells = (
            f'<rect x="{column}" y="{row}" width="1.02" height="1.02" fill-opacity="{share:.2f}"/>'
            for (row, column), share in np.ndenumerate(self.grid / LEVELS)
        )
        return f'{_SVG} viewBox="0 0 8 8"><rect width="8" height="8" fill="#fff"/>{"".join(cells)}</svg>'

    def _bars_svg(self) -> str:
        bars = (
            f'<text x="4" y="{12 * digit + 10}">{digit}</text>'
            f'<rect x="16" y="{12 * digit + 2}" width="{max(100 * share, 0.5):.1f}" height="9"'
            f' fill="{"#0072b2" if digit == self.digit else "#999"}"/>'
            f'<text x="{max(100 * share, 0.5) + 20:.1f}" y="{12 * digit + 10}">{share:.0%}</text>'
            for digit, share in enumerate(self.probabilities)
        )
        return (
            f'{_SVG} viewBox="0 0 148 120" font-size="10" font-family="sans-serif">'
            f'<rect width="148" height="120" fill="#fff"/>{"".join(bars)}</svg>'
        )


_SVG = '<svg xmlns="http://www.w3.org/2000/svg" height="120"'


def count_reasons(left_out: "LeftOut") -> str:
    """Name the reasons why ink was left out, each with its number: `rim, line (3), speck (12)`."""
    counts = Counter(reason for _box, reason in left_out)
    return ", ".join(reason if count == 1 else f"{reason} ({count})" for reason, count in counts.items())


def encode_picture(
    picture: "NDArray[np.uint8]", left_out: "LeftOut", view: "Box | None" = None
) -> tuple[str, str]:
    """Encode a picture, with a dashed box around everything that was left out.

    Parameters
    ----------
    picture
        Shape (h, w), in grey.
    left_out, view
        As in `Answer`.

    Returns
    -------
    kind : str
        "png", or "svg+xml" if there are boxes.
    data : str
        The picture in base64.
    """
    png = _encode(_png(picture))
    if not left_out:
        return "png", png
    height, width = picture.shape
    left, top, right, bottom = (0, 0, width, height) if view is None else view
    boxes = "".join(
        f'<rect x="{x}" y="{y}" width="{end - x}" height="{below - y}"><title>{reason}</title></rect>'
        for (x, y, end, below), reason in left_out
    )
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"'
        f' viewBox="{left} {top} {right - left} {bottom - top}">'
        f"<style>rect{{fill:none;stroke:{LEFT_OUT};stroke-dasharray:4 3;vector-effect:non-scaling-stroke}}"
        f'</style><image x="{left}" y="{top}" width="{right - left}" height="{bottom - top}"'
        f' preserveAspectRatio="none" href="data:image/png;base64,{png}"/>{boxes}</svg>'
    )
    return "svg+xml", _encode(svg.encode())


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _png(gray: "NDArray[np.uint8]") -> bytes:
    return cv2.imencode(".png", gray)[1].tobytes()
