"""Digits drawn by code: what scikit-learn's thirteen writers do not show.

A style is a skeleton, the path that a pen takes, written as text: points `x,y` in heights of the digit (x to
the right, y downward), joined by a smooth curve; a `*` makes a point a corner, a `|` lifts the pen. Styles
are jittered, bent, turned, slanted and traced with pens from thin to broad. A printed digit is drawn from
one of the typefaces that matplotlib ships.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]
    Path = NDArray[np.float64]

STYLES: dict[int, tuple[str, ...]] = {
    0: (
        ".6,.25 .4,.05 .1,.2 .02,.6 .2,.95 .5,.95 .65,.6 .55,.2 .35,0 .3,.1",
        ".3,.05 .05,.3 .05,.75 .3,1 .6,.8 .62,.3 .4,0 .1,.0",
        ".2,.1 .03,.5 .15,.9 .4,1 .6,.7 .6,.3 .45,0",
        ".35,0 .1,.2 .02,.5 .12,.85 .35,1 .58,.82 .65,.5 .56,.18 .35,0",
        ".45,.05 .25,.03 .05,.35 .05,.7 .3,1 .6,.75 .62,.35 .45,.05 .3,0",
        ".4,.02 .15,.12 .02,.5 .15,.9 .38,1 .6,.8 .64,.45 .52,.1",
        ".5,.12 .35,0 .05,.3 .05,.7 .3,1 .6,.7 .6,.3 .4,.02 .28,.1",
        ".3,0 .08,.3 .04,.7 .25,1 .5,.9 .6,.6 .55,.2 .3,0",
    ),
    1: (
        ".35,0* .1,1*",
        ".05,.35 .25,.2 .35,0* .3,1* | .05,1* .55,1*",
        ".4,0 .3,.4 .25,1",
        ".3,0* .3,1*",
        ".3,0* .28,.5 .3,1*",
        ".1,.25 .32,0* .32,1*",
        ".1,.25* .32,0* .32,1* | .05,1* .6,1*",
        ".16,.17 .26,.1 .34,0* .34,1*",
        "0,.42 .2,.25 .4,0* .4,1*",
        ".3,0* .3,1* | .08,1* .55,.98*",
        ".2,.1 .34,0* .33,1* | .1,1* .56,1*",
        ".3,0* .3,1*",
    ),
    2: (
        ".05,.25 .15,.05 .4,0 .55,.15 .45,.45 .2,.8 .05,.92 -.03,.82 .1,.72 .3,.85 .5,.92 .8,.8",
        ".1,.1 .35,0 .5,.15 .42,.5 .2,.85 .02,.95 .02,.75 .2,.7 .4,.85 .6,.98",
        ".02,.08 .3,0 .42,.2 .3,.6 .05,.98* .7,.95*",
        ".1,.2 .3,.02 .5,.1 .5,.35 .3,.7 .05,.95* .2,.88 .45,.95 .75,.85",
        ".15,.05* .35,0 .38,.25 .2,.65 .02,.97* .7,1*",
        ".02,.2 .2,0 .5,.05 .55,.3 .35,.6 .1,.85 -.05,.95 -.05,.8 .1,.75 .35,.9 .7,1",
        ".05,.1 .25,0 .4,.1 .35,.4 .2,.75 .1,.95* .4,.98*",
        ".1,.3 .12,.1 .3,0 .5,.1 .5,.3 .3,.55 .1,.75 0,.9 .1,.95 .2,.85 .1,.72 -.02,.75 .2,.88 .65,.9",
        ".05,.22 .18,.03 .42,0 .58,.18 .5,.42 .25,.72 .02,1* .65,1*",
        ".05,.22 .2,.02 .45,.02 .57,.22 .45,.5 .2,.82 .05,.95 0,.85 .12,.78 .3,.9 .5,1 .68,.92",
        ".03,.05* .58,.02* .02,.98* .65,.97*",
        ".06,.2 .25,0 .52,.1 .5,.4 .2,.78 .02,.98* .25,.9 .45,1 .66,.92",
        ".02,.3 .1,.08 .35,0 .56,.12 .56,.32 .35,.6 .03,.97* .62,1*",
        ".05,.15 .3,0 .55,.12 .5,.4 .3,.7 .12,.92 .03,.9 .08,.8 .22,.85 .45,.97 .65,.95",
        ".05,.12 .3,0 .5,.08 .52,.3 .3,.65 .03,.95* .3,.93 .7,.98*",
        ".05,.1 .25,0 .5,.12 .55,.4 .4,.75 .2,.95 .05,.95 .05,.82 .2,.75 .4,.85 .68,.98",
    ),
    3: (
        ".05,.12 .25,0 .45,.1 .4,.35 .2,.45 .3,.43 .5,.5 .58,.72 .4,.95 .15,1 .0,.85 .1,.8",
        ".05,.2 .2,0 .45,.08 .42,.3 .2,.42* .45,.45 .55,.65 .35,.9 .0,1",
        ".05,.15 .3,0 .55,.13 .5,.35 .25,.47* .5,.55 .62,.75 .45,.97 .2,1 0,.88",
        ".05,0* .55,0* .28,.4* .52,.5 .62,.72 .45,.96 .2,1 0,.9",
        ".05,.12 .3,0 .52,.12 .48,.36 .3,.47 .48,.56 .6,.77 .4,1 .02,.9",
        ".08,.12 .32,0 .52,.15 .42,.38 .22,.5 .18,.42 .38,.47 .58,.7 .4,1 0,.92",
        ".02,.1 .3,0 .5,.12 .42,.32 .15,.42* .45,.5 .58,.72 .4,.95 0,1",
        ".05,.08 .35,0 .5,.15 .35,.4 .2,.45* .5,.5 .55,.8 .3,1 .05,.98",
        ".0,.05 .3,0 .55,.1 .5,.3 .3,.42* .55,.5 .65,.7 .5,.95 .1,1",
    ),
    4: (
        "0,0 .02,.4 .2,.55 .45,.4 .55,0* .5,.5 .5,1",
        "0,.1 .1,.5 .35,.6 .55,.35 .6,0* .58,.5 .65,1",
        ".1,0 .02,.4 .3,.45* .55,.4 | .55,.05* .4,1*",
        ".25,0 .02,.5 .15,.55 .6,.5 | .5,.2* .35,1*",
        ".12,0 .02,.55* .62,.55* | .45,.2* .42,1*",
        ".45,0* 0,.65* .65,.65* | .45,0* .45,1*",
        ".08,0 .02,.45 .12,.58 .35,.55 .5,.4 .5,.05* .46,1*",
        ".2,0* .03,.6* .65,.58* | .5,0* .4,1*",
        ".48,.02* .02,.5* .58,.5* | .5,0* .47,1*",
        ".05,0* .05,.45* .6,.45* | .55,0* .55,1*",
        ".1,.05 0,.6* .7,.6* | .4,.3* .38,1*",
        ".05,.0 .05,.38 .2,.48 .42,.42 .55,.1* .5,.5 .45,1*",
        ".3,0 .05,.5 .1,.6* .7,.5* | .55,.2* .4,1*",
        ".4,.0* .02,.72* .7,.72* | .5,.35* .5,1*",
        ".02,.05 .05,.4 .2,.5 .55,.45* | .55,0* .52,1*",
    ),
    5: (
        ".2,0* .05,.4* .3,.38 .45,.55 .4,.8 .2,1 .0,.95 | .2,.02 .4,.06 .65,-.02",
        ".45,.1* .15,.1* .1,.4* .3,.38 .42,.6 .3,.9 0,1 | .4,.1* .6,.0*",
        ".58,0* .12,0* .08,.42* .3,.36 .58,.5 .58,.8 .35,1 .02,.9",
        ".12,0* .08,.45* .32,.38 .58,.55 .55,.85 .3,1 0,.9 | .1,0* .6,0*",
        ".55,.02 .25,.02 .08,.18 .18,.38 .45,.52 .55,.75 .35,.98 .02,.92",
        ".58,0* .15,.03* .1,.4 .4,.45 .55,.7 .35,1 0,.95",
        ".5,0* .15,0* .12,.5* .35,.45 .5,.68 .35,.97 .05,.97",
        ".12,.05* .1,.42* .35,.4 .52,.6 .45,.9 .15,1 -.02,.9 | .15,.03* .7,-.05*",
        ".62,.03 .3,0 .15,.1 .12,.35* .4,.4 .55,.6 .5,.85 .25,1 .02,.95",
        ".6,.0* .2,.05* .05,.5* .35,.5 .45,.7 .3,.95 0,1",
        ".65,0 .3,.02 .15,.2 .25,.4 .45,.55 .4,.85 .2,1 0,.9",
    ),
    6: (
        ".4,0 .15,.35 .02,.75 .1,.97 .3,1 .42,.85 .32,.68 .12,.75 .05,.85",
        ".5,0 .2,.4 .03,.75 .12,.98 .35,.95 .45,.75 .35,.6 .2,.7 .15,.9",
        ".2,0 .02,.5 .05,.9 .25,1 .42,.85 .38,.68 .2,.62 .05,.75",
        ".6,.05 .3,.1 .05,.5 .1,.9 .35,1 .5,.8 .35,.6 .1,.7",
        ".35,0 .1,.3 .02,.7 .2,1 .6,.95 .75,.75 .55,.6 .25,.75 .15,.9",
        ".3,.0 .05,.45 .1,.9 .4,1 .6,.8 .5,.6 .3,.6 .18,.75 .2,.9",
        ".5,0 .2,.25 .03,.65 .15,.97 .42,.97 .55,.75 .4,.52 .15,.6 .05,.75",
        ".35,0 .05,.6 .12,.95 .4,1 .58,.8 .42,.58 .1,.68",
        ".58,.1 .4,0 .15,.2 .02,.6 .15,.95 .42,.98 .58,.75 .42,.5 .1,.6",
        ".08,0 .04,.5 .08,.9 .35,1 .55,.8 .4,.55 .08,.65",
        ".4,0 .1,.45 .03,.8 .2,1 .42,.9 .4,.7 .2,.68 .05,.85",
        ".45,0 .15,.3 .03,.7 .2,1 .5,.92 .55,.7 .4,.6 .25,.68",
        ".3,0 .08,.4 .02,.75 .2,1 .5,.95 .65,.75 .5,.58 .2,.65 .08,.8",
        ".55,.0 .25,.2 .05,.6 .2,.95 .5,.9 .5,.6 .25,.5 .05,.65",
        ".25,0 .1,.4 .05,.8 .25,1 .5,.85 .35,.7 .1,.85",
    ),
    7: (
        ".0,.3* .05,.05 .3,.02 .6,.0* .3,.5 .2,1",
        ".0,.1 .2,.0 .4,.08 .6,.02 .45,.35 .3,.65 .25,1",
        ".1,.2 .15,.05 .55,.05* .3,1* | .1,.55* .5,.45*",
        ".02,.02* .6,0* .25,1*",
        ".02,.05 .6,0* .35,.45 .25,1",
        ".02,.02* .6,0* .25,1* | .12,.5* .55,.48*",
        ".03,.18* .03,.02* .6,0* .28,1*",
        "0,.1 .15,0 .35,.06 .6,0* .3,.5 .22,1",
        ".05,0* .5,0* .45,1*",
        ".03,.18* .05,.02* .6,0* .3,1* | .15,.52* .55,.5*",
        ".02,.05 .35,0 .58,.08 .5,.35 .3,1",
        ".0,.15 .1,.03 .55,.05* .4,.4 .35,1",
        ".05,.1 .2,0 .5,.02 .55,.15 .4,.5 .35,1",
        ".02,0* .62,0* .1,1*",
        ".02,.02* .55,0* .4,.5 .38,1 | .2,.5* .62,.45*",
    ),
    8: (
        ".45,.05 .2,.05 .05,.25 .25,.45 .45,.65 .4,.92 .15,1 .02,.85 .15,.6 .4,.4 .55,.2 .45,.05",
        ".55,.1 .35,0 .1,.2 .2,.4 .4,.55 .5,.8 .3,1 .1,.85 .2,.6 .5,.3 .65,.05",
        ".2,.4 .1,.15 .3,0 .5,.15 .35,.4 .1,.65 .1,.95 .35,1 .5,.8 .4,.55 .2,.4",
        ".52,.12 .3,0 .1,.18 .3,.45 .55,.75 .32,1 .05,.78 .28,.47 .52,.2 .52,.1",
        ".32,0 .1,.2 .32,.45 .54,.2 .32,0 | .32,.45 .04,.72 .32,1 .6,.72 .32,.45",
        ".55,.08 .3,0 .1,.2 .3,.44 .52,.7 .35,1 .08,.8 .25,.5 .5,.22 .48,.02",
        ".5,.1 .3,0 .1,.15 .25,.42 .5,.65 .42,.95 .2,1 .05,.82 .2,.58 .55,.05",
        ".32,0 .16,.15 .32,.36 .48,.15 .32,0 | .32,.36 .02,.68 .32,1 .62,.68 .32,.36",
        ".32,0 .06,.25 .32,.55 .58,.25 .32,0 | .32,.55 .1,.78 .32,1 .54,.78 .32,.55",
        ".6,.1 .4,0 .15,.1 .2,.35 .4,.55 .45,.85 .25,1 .05,.85 .2,.6 .45,.4 .6,.1",
        ".3,.45 .1,.25 .3,0 .5,.2 .3,.45 .08,.7 .25,1 .52,.8 .3,.45",
    ),
    9: (
        ".5,.15 .3,.02 .1,.2 .15,.4 .35,.4 .5,.15* .45,.6 .4,1",
        ".45,.1 .25,0 .05,.15 .1,.35 .3,.38 .48,.15 .55,0* .4,1*",
        ".4,.2 .25,.05 .05,.2 .1,.38 .3,.35 .42,.15 .4,.6 .38,1",
        ".55,.15 .35,0 .1,.12 .08,.38 .3,.5 .52,.35 .56,.1* .52,1*",
        ".55,.15 .35,0 .1,.12 .08,.38 .3,.48 .52,.35 .55,.1 .57,.6 .45,.95 .2,1 .02,.88",
        ".55,.12 .3,0 .08,.15 .1,.4 .32,.45 .52,.25 .55,.08* .3,1*",
        ".52,.12 .3,0 .08,.2 .2,.42 .48,.35 .55,.1 .58,.7 .35,1 .02,.8",
        ".52,.12 .3,0 .06,.2 .2,.45 .46,.35 .54,.1 .5,.5 .48,1",
        ".5,.1 .3,0 .12,.12 .15,.3 .35,.35 .5,.2 .52,.05 .48,1",
        ".3,0 .05,.22 .3,.45 .52,.22 .3,0 | .52,0* .5,1*",
        ".5,.05 .2,.02 .05,.25 .25,.42 .52,.2* .5,1*",
        ".55,.1 .3,0 .05,.2 .2,.4 .5,.25 .58,.05 .5,.4 .25,1",
        ".4,.0 .1,.15 .05,.4 .25,.5 .5,.3 .55,.02* .5,.6 .5,1",
        ".5,.2 .35,.0 .08,.2 .2,.5 .45,.4 .52,.2 .5,.6 .4,.9 .1,.98",
    ),
}
"""The ways that people write each digit."""

FACES = ("DejaVuSans", "DejaVuSansMono", "STIXGeneral", "STIXGeneralBol", "cmr10", "cmss10")
"""Typefaces of matplotlib that printed digits are drawn from; its others are for testing."""

HEIGHT = 48
"""Height of a drawn digit, in pixels, its pen's width not counted."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How far a hand strays from its style: standard deviations, but for the pen's two ends.

    Attributes
    ----------
    jitter
        Of each point, in heights.
    bend
        Of the smooth waves that the whole digit is bent by, in heights.
    turn
        Of the rotation, in degrees.
    slant
        Of the shear.
    aspect
        Of the logarithm of the width.
    pen
        Narrowest and broadest pen, in heights.
    """

    jitter: float = 0.04
    bend: float = 0.06
    turn: float = 7
    slant: float = 0.28
    aspect: float = 0.35
    pen: tuple[float, float] = (0.04, 0.2)


def draw(digit: int, style: int, rng: np.random.Generator, hand: Hand = Hand()) -> "Plane":
    """Write a digit in one of its styles.

    Parameters
    ----------
    digit
        0..9.
    style
        Index into `STYLES[digit]`.
    rng
        Where the differences between two drawings come from.
    hand
        How large they are.

    Returns
    -------
    ndarray, float32, 0..1
        Ink on empty ground, about `HEIGHT` pixels high.
    """
    strokes = [
        _curve(points + rng.normal(0, hand.jitter, points.shape), corners)
        for points, corners in _style(digit, style)
    ]
    strokes = _bend(strokes, rng, hand)
    points = np.vstack(strokes)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    scale = HEIGHT / max(size[1], 0.55 * size[0], 0.3)
    pen = HEIGHT * np.exp(rng.uniform(*np.log(hand.pen)))
    margin = int(np.ceil(pen / 2)) + 3  # an anti-aliased line is a little broader than its pen
    width, height = (np.ceil(size * scale) + 2 * margin + 1).astype(int)
    ink = np.zeros((height, width), np.uint8)
    for stroke in strokes:
        # four binary digits after the point, as cv2.polylines counts them
        path = np.round(((stroke - low) * scale + margin) * 16).astype(np.int32)
        cv2.polylines(
            ink,
            [path[:, None]],
            isClosed=False,
            color=255,
            thickness=max(1, round(pen)),
            lineType=cv2.LINE_AA,
            shift=4,
        )
    return ink.astype(np.float32) / 255


def print_digit(digit: int, face: str) -> "Plane":
    """Set a digit in one of matplotlib's typefaces.

    Parameters
    ----------
    digit
        0..9.
    face
        The name of a file of matplotlib's `fonts/ttf`, without its ending.

    Returns
    -------
    ndarray, float32, 0..1
        Ink on empty ground, about 64 pixels high.
    """
    from PIL import Image, ImageDraw

    sheet = Image.new("L", (128, 128))
    ImageDraw.Draw(sheet).text((64, 64), str(digit), fill=255, font=_font(face), anchor="mm")
    left, top, right, bottom = sheet.getbbox()
    return np.asarray(sheet.crop((left - 2, top - 2, right + 2, bottom + 2)), np.float32) / 255


@cache
def _font(face: str) -> object:
    from matplotlib import get_data_path
    from PIL import ImageFont

    return ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{face}.ttf", 80)


@cache
def _style(digit: int, style: int) -> "list[tuple[Path, list[bool]]]":
    """Points and corners of each stroke."""
    strokes = []
    for stroke in STYLES[digit][style].split("|"):
        tokens = stroke.split()
        points = [[float(number) for number in token.rstrip("*").split(",")] for token in tokens]
        strokes.append((np.array(points), [token.endswith("*") for token in tokens]))
    return strokes


def _curve(points: "Path", corners: list[bool]) -> "Path":
    """A Catmull-Rom spline through the points, broken at its corners."""
    breaks = [0, *(i for i in range(1, len(points) - 1) if corners[i]), len(points) - 1]
    return np.vstack([_spline(points[start : end + 1]) for start, end in pairwise(breaks)])


def _spline(points: "Path", samples: int = 8) -> "Path":
    if len(points) == 2:  # noqa: PLR2004 (a straight line)
        return points
    ends = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    p = np.vstack([ends[0], points, ends[1]])[:, None]
    t = np.linspace(0, 1, samples, endpoint=False)[None, :, None]
    before, start, end, after = p[:-3], p[1:-2], p[2:-1], p[3:]
    curve = start + t / 2 * (
        (end - before)
        + t * ((2 * before - 5 * start + 4 * end - after) + t * (3 * (start - end) + after - before))
    )
    return np.vstack([curve.reshape(-1, 2), points[-1]])


def _bend(strokes: "list[Path]", rng: np.random.Generator, hand: Hand) -> "list[Path]":
    """Bend, stretch, turn and slant a digit as a whole."""
    waves = rng.normal(0, hand.bend, 4)
    phases = rng.uniform(0, 2 * np.pi, 4)
    turn = np.deg2rad(rng.normal(0, hand.turn))
    turned = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    slanted = np.array([[1, -rng.normal(0, hand.slant)], [0, 1]])
    stretched = np.diag([np.exp(rng.normal(0, hand.aspect)), 1])
    move = slanted @ turned @ stretched
    bent = []
    for stroke in strokes:
        x, y = (stroke - (0.32, 0.5)).T
        sway, ripple, rise, roll = waves[:, None] * np.cos(
            2 * np.pi * np.array([y, 2 * y, y, x]) + phases[:, None]
        )
        bent.append(np.stack([x + 0.6 * sway + 0.3 * ripple, y + rise + 0.8 * roll], axis=1) @ move.T)
    return bent
