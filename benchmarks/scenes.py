"""Pictures of one digit and something else, or of one digit in an odd pen, drawn by code.

Each function of `KINDS` draws one kind of situation, such as a printed frame, a strip of table or a shadow.
The digit itself is plain, so that a person is hardly ever in doubt. The same seed gives the same pictures.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np

from digits_nb.training.pen import curve

Picture = np.ndarray  # (H, W, 3) float32, 0..255, blue, green, red
Colour = tuple[float, float, float]
Path = np.ndarray  # (n, 2) float64, x to the right and y downward, in heights of the digit

# Paths of the pen in heights of the digit: `x,y` points joined by a smooth curve, `*` for a corner, `|` where
# the pen is lifted. Written for this benchmark; the model learns from others (`digits_nb.training.styles`).
DIGITS: dict[int, tuple[str, ...]] = {
    0: (
        ".3,0 .08,.18 .03,.5 .1,.84 .3,1 .52,.84 .58,.5 .52,.16 .3,0",
        ".38,.02 .14,.2 .05,.55 .2,.97 .45,.85 .6,.45 .5,.1 .34,.02",
    ),
    1: (
        ".1,.22 .34,0* .34,1*",
        ".3,0* .27,1*",
    ),
    2: (
        ".06,.22 .16,.04 .36,0 .54,.1 .54,.32 .34,.62 .04,1* .6,1*",
        ".08,.16 .3,.01 .52,.14 .48,.4 .2,.76 .05,.97* .3,.95 .62,.98",
    ),
    3: (
        ".08,.1 .3,0 .5,.1 .48,.34 .24,.47* .52,.6 .54,.86 .32,1 .05,.9",
        ".06,.02* .54,.02* .26,.4* .5,.5 .55,.8 .32,1 .04,.88",
    ),
    4: (
        ".42,0* .03,.68* .62,.68* | .44,.42* .44,1*",
        ".1,.02* .06,.55* .58,.52* | .46,.05* .42,1*",
    ),
    5: (
        ".54,.01* .12,.01* .09,.44* .32,.36 .54,.5 .54,.82 .32,1 .05,.92",
        ".14,.03* .1,.42* .36,.37 .55,.58 .48,.9 .22,1 .04,.9 | .14,.03* .56,.03*",
    ),
    6: (
        ".48,.03 .22,.22 .06,.56 .1,.88 .32,1 .54,.86 .52,.6 .32,.5 .1,.62",
        ".4,0 .16,.3 .05,.7 .22,1 .5,.92 .54,.66 .34,.54 .09,.7",
    ),
    7: (
        ".04,.02* .58,.02* .24,1*",
        ".05,.04* .56,.04* .2,1* | .14,.5* .5,.5*",
    ),
    8: (".3,.46 .1,.28 .16,.06 .32,0 .5,.1 .5,.3 .3,.46 .08,.66 .08,.9 .3,1 .54,.9 .54,.66 .3,.46",),
    9: (
        ".52,.32 .3,.5 .08,.38 .1,.1 .32,0 .52,.12 .52,.32 .5,.66 .42,1",
        ".5,.1 .28,0 .07,.18 .12,.44 .36,.46 .52,.2 .52,.06* .5,1*",
    ),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture and what it shows.

    Attributes
    ----------
    picture : ndarray of shape (H, W, 3), uint8
        Red, green, blue.
    digit : int
        0..9.
    kind : str
        A key of `KINDS`.
    """

    picture: np.ndarray
    digit: int
    kind: str


def scenes(count: int, seed: int = 0) -> Iterator[Scene]:
    """Draw `count` pictures of each kind, with the ten digits in turn."""
    for number, (kind, draw) in enumerate(KINDS.items()):
        rng = np.random.default_rng((seed, number))
        for index in range(count):
            digit = index % 10
            picture = draw(digit, rng)
            picture += rng.normal(0, rng.uniform(0.3, 1.5), picture.shape)
            yield Scene(np.clip(picture, 0, 255).astype(np.uint8)[..., ::-1], digit, kind)


def neat(digit: int, rng: np.random.Generator) -> list[Path]:
    """Give the paths of a digit: slightly turned, slanted and jittered."""
    text = DIGITS[digit][rng.integers(len(DIGITS[digit]))]
    turn, slant = np.deg2rad(rng.normal(0, 2.5)), rng.normal(0, 0.08)
    move = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) @ np.array(
        [[rng.uniform(0.85, 1.15), -slant], [0, 1]]
    )
    strokes = []
    for part in text.split("|"):
        tokens = part.split()
        points = np.array([[float(value) for value in token.rstrip("*").split(",")] for token in tokens])
        points += rng.normal(0, 0.012, points.shape)
        strokes.append(curve(points, [token.endswith("*") for token in tokens]) @ move.T)
    return strokes


strokes_of: Callable[[int, np.random.Generator], list[Path]] = neat
"""How a digit is written; `choice.py` puts another handwriting in its place."""


def write_digit(
    picture: Picture,
    digit: int,
    rng: np.random.Generator,
    colour: Colour,
    *,
    height: float = 0.5,
    pen: float | None = None,
    centre: tuple[float, float] = (0.5, 0.5),
) -> None:
    """Write a digit into a picture.

    Parameters
    ----------
    picture
        Changed in place.
    digit, rng, colour
        What is written, and how.
    height
        Of the digit, in heights of the picture.
    pen
        Width in pixels; by chance if it is not given.
    centre
        Of the digit, in widths and heights of the picture.
    """
    rows, columns = picture.shape[:2]
    size = height * rows
    pen = size * rng.uniform(0.05, 0.13) if pen is None else pen
    strokes = strokes_of(digit, rng)
    points = np.vstack(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    shift = np.array(centre) * (columns, rows) - (low + high) / 2 * size
    ink = np.zeros((rows, columns), np.uint8)
    for stroke in strokes:
        path = np.round((stroke * size + shift) * 16).astype(np.int32)
        cv2.polylines(ink, [path[:, None]], False, 255, max(1, round(pen)), cv2.LINE_AA, 4)
    blend(picture, ink.astype(np.float32) / 255, colour)


def blend(picture: Picture, share: np.ndarray, colour: Colour) -> None:
    """Paint a picture, in place, with as much of a colour as `share` (H, W) says, 0..1."""
    picture += share[..., None] * (np.array(colour, np.float32) - picture)


def blank_paper(rng: np.random.Generator, side: tuple[int, int] = (90, 420)) -> Picture:
    """Give a blank, light sheet of some size, evenly lit."""
    rows = int(rng.integers(*side))
    columns = int(rows * rng.uniform(0.8, 1.25))
    tint = np.array([rng.uniform(-12, 2), rng.uniform(-5, 2), 0], np.float32)
    return np.full((rows, columns, 3), rng.uniform(205, 248), np.float32) + tint


def dark_ink(rng: np.random.Generator) -> Colour:
    """Give the colour of a pen on light paper: black, blue, or pencil."""
    return ((25, 25, 30), (150, 60, 25), (105, 105, 105))[rng.integers(3)]


def table_texture(shape: tuple[int, int], rng: np.random.Generator) -> Picture:
    """Give wood, cloth or a plain table, darker than paper."""
    rows, columns = shape
    base = np.array(((40, 75, 120), (90, 80, 60), (50, 50, 55), (35, 55, 160))[rng.integers(4)], np.float32)
    table = np.empty((rows, columns, 3), np.float32)
    table[:] = base * rng.uniform(0.6, 1.1)
    down, across = np.mgrid[:rows, :columns]
    match rng.integers(3):
        case 0:  # grain of wood
            table += (12 * np.sin(down / rng.uniform(2, 6) + 2 * np.sin(across / 30)))[..., None]
        case 1:  # weave of cloth
            step = int(rng.integers(3, 9))
            table += (14 * ((down // step + across // step) % 2))[..., None]
    return table


def _turned(mask: np.ndarray, degrees: float) -> np.ndarray:
    rows, columns = mask.shape
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1)
    return cv2.warpAffine(mask, turn, (columns, rows), borderMode=cv2.BORDER_REPLICATE)


def _lines(
    picture: Picture, at: list[float], *, down: bool, thickness: float, colour: Colour, degrees: float = 0
) -> None:
    """Rule straight lines across (or down) a picture, at some shares of its height (or width)."""
    rows, columns = picture.shape[:2]
    mask = np.zeros((rows, columns), np.float32)
    width = max(1, round(thickness))
    for share in at:
        start = round(share * (columns if down else rows))
        area = (slice(None), slice(max(start, 0), start + width))
        mask[area if down else area[::-1]] = 1
    blend(picture, _turned(mask, degrees), colour)


def printed_frame(digit: int, rng: np.random.Generator) -> Picture:
    """A cell of a form with its whole frame, slightly turned, with or without paper around it."""
    picture = blank_paper(rng, (70, 260))
    rows, columns = picture.shape[:2]
    write_digit(picture, digit, rng, dark_ink(rng), height=rng.uniform(0.4, 0.62))
    mask = np.zeros((rows, columns), np.float32)
    gap, width = round(rng.uniform(0, 0.1) * rows), max(1, round(rng.uniform(0.008, 0.05) * rows))
    cv2.rectangle(mask, (gap, gap), (columns - 1 - gap, rows - 1 - gap), 1, width)
    blend(picture, _turned(mask, rng.uniform(-1.5, 1.5)), (float(rng.uniform(0, 150)),) * 3)
    return picture


def cut_frame(digit: int, rng: np.random.Generator) -> Picture:
    """A cell cut out of a form so that two or three sides of its frame are left at the rim."""
    picture = blank_paper(rng, (70, 260))
    width = rng.uniform(0.01, 0.05) * len(picture)
    colour = (float(rng.uniform(0, 120)),) * 3
    write_digit(picture, digit, rng, dark_ink(rng), height=rng.uniform(0.4, 0.62))
    for side in rng.permutation(4)[: rng.integers(2, 4)]:
        share = rng.uniform(0, 0.03) if side < 2 else 1 - rng.uniform(0.02, 0.07)  # noqa: PLR2004
        _lines(picture, [share], down=bool(side % 2), thickness=width, colour=colour)
    return picture


def table_row(digit: int, rng: np.random.Generator) -> Picture:
    """A column of a printed table: separators beside the digit, and a red, blue or black pen."""
    picture = blank_paper(rng, (80, 240))
    colour = ((40, 40, 200), (170, 70, 30), (30, 30, 30))[rng.integers(3)]
    write_digit(picture, digit, rng, colour, height=rng.uniform(0.4, 0.6))
    width = rng.uniform(0.01, 0.05) * len(picture)
    grey = (float(rng.uniform(30, 170)),) * 3
    _lines(
        picture, [rng.uniform(0.02, 0.12), rng.uniform(0.86, 0.96)], down=True, thickness=width, colour=grey
    )
    _lines(
        picture, [rng.uniform(0.02, 0.1), rng.uniform(0.88, 0.96)], down=False, thickness=width, colour=grey
    )
    return picture


def ruled_paper(digit: int, rng: np.random.Generator) -> Picture:
    """Ruled paper whose lines cross the digit, some of them dark, some ending before the rim."""
    picture = blank_paper(rng, (120, 400))
    step = rng.uniform(0.11, 0.3)
    tint = ((170, 110, 50), (120, 120, 120), (110, 80, 170))[rng.integers(3)]
    at = list(np.arange(rng.uniform(0, step), 1, step))
    part = picture[:, round(rng.choice([0, 0.2, 0.35]) * picture.shape[1]) :].copy()
    _lines(part, at, down=False, thickness=rng.uniform(1, 3.5), colour=tint, degrees=rng.uniform(-1.5, 1.5))
    picture[:, picture.shape[1] - part.shape[1] :] = part
    write_digit(picture, digit, rng, dark_ink(rng), height=rng.uniform(0.4, 0.7))
    return picture


def squared_paper(digit: int, rng: np.random.Generator) -> Picture:
    """Paper with squares or dots."""
    picture = blank_paper(rng, (140, 420))
    rows, columns = picture.shape[:2]
    step = int(rng.uniform(0.07, 0.16) * rows)
    tint = ((175, 120, 60), (130, 130, 130), (110, 150, 80))[rng.integers(3)]
    if rng.random() < 0.3:  # noqa: PLR2004 (share of dotted paper)
        for down in range(step // 2, rows, step):
            for across in range(step // 2, columns, step):
                cv2.circle(picture, (across, down), max(1, rows // 150), tint, -1, cv2.LINE_AA)
    else:
        for is_down, length in ((False, rows), (True, columns)):
            at = list(np.arange(rng.uniform(0, step), length, step) / length)
            _lines(picture, at, down=is_down, thickness=rng.uniform(1, 2.6), colour=tint)
    write_digit(picture, digit, rng, dark_ink(rng), height=rng.uniform(0.35, 0.6))
    return picture


def margin_line(digit: int, rng: np.random.Generator) -> Picture:
    """The margin of an exercise book: a red line down the page, and holes of a binder."""
    picture = blank_paper(rng, (140, 420))
    rows, columns = picture.shape[:2]
    share = rng.uniform(0.06, 0.16)
    width = rng.uniform(0.006, 0.025) * columns
    _lines(picture, [share, share + 0.03], down=True, thickness=width, colour=(60, 60, 200))
    if rng.random() < 0.5:  # noqa: PLR2004 (with a hole, or without)
        place = round(share * columns / 2), round(rng.uniform(0.2, 0.8) * rows)
        cv2.circle(picture, place, max(3, rows // 40), (60, 60, 60), -1, cv2.LINE_AA)
    write_digit(picture, digit, rng, dark_ink(rng), height=rng.uniform(0.25, 0.45), centre=(0.6, 0.5))
    return picture


def table_edge(digit: int, rng: np.random.Generator) -> Picture:
    """A sheet whose edge leaves a strip of the table in the picture."""
    picture = blank_paper(rng, (180, 700))
    rows, columns = picture.shape[:2]
    write_digit(picture, digit, rng, dark_ink(rng), height=rng.uniform(0.3, 0.55))
    mask = np.zeros((rows, columns), np.float32)
    width = rng.uniform(0.04, 0.14)
    lean = rng.uniform(-0.03, 0.03)
    edge = np.array([[0, 0], [width + lean, 0], [width - lean, 1], [0, 1]]) * (columns, rows)
    cv2.fillPoly(mask, [np.round(edge).astype(np.int32)], 1, cv2.LINE_AA)
    mask = np.rot90(mask, rng.integers(2) * 2)
    picture += mask[..., None] * (table_texture((rows, columns), rng) - picture)
    return picture


def table_corner(digit: int, rng: np.random.Generator) -> Picture:
    """A sheet that leaves one or two corners of the table in the picture."""
    picture = blank_paper(rng, (180, 700))
    rows, columns = picture.shape[:2]
    write_digit(picture, digit, rng, dark_ink(rng), height=rng.uniform(0.3, 0.5))
    mask = np.zeros((rows, columns), np.float32)
    for corner in rng.permutation(4)[: rng.integers(1, 3)]:
        start = np.array([corner % 2, corner // 2])
        away = 1 - 2 * start
        reach = rng.uniform(0.12, 0.28, 2)
        points = [start, start + away * (reach[0], 0), start + away * (0, reach[1])]
        cv2.fillPoly(mask, [np.round(np.array(points) * (columns, rows)).astype(np.int32)], 1, cv2.LINE_AA)
    picture += mask[..., None] * (table_texture((rows, columns), rng) - picture)
    return picture


def slip_on_a_table(digit: int, rng: np.random.Generator) -> Picture:
    """A slip of paper with the table visible all around it."""
    sheet = blank_paper(rng, (260, 800))
    rows, columns = sheet.shape[:2]
    write_digit(sheet, digit, rng, dark_ink(rng), height=rng.uniform(0.28, 0.42))
    margin = rng.uniform(0.06, 0.16) * rows
    mask = np.zeros((rows, columns), np.float32)
    corners = np.array([[margin, margin], [columns - margin, margin], [columns - margin, rows - margin]])
    corners = np.vstack([corners, [margin, rows - margin]]) + rng.normal(0, 0.012 * rows, (4, 2))
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1, cv2.LINE_AA)
    return sheet * mask[..., None] + table_texture((rows, columns), rng) * (1 - mask[..., None])


def hard_shadow(digit: int, rng: np.random.Generator) -> Picture:
    """A shadow with a hard or a soft edge that falls across a part of the sheet."""
    picture = blank_paper(rng, (180, 600))
    rows, columns = picture.shape[:2]
    write_digit(picture, digit, rng, dark_ink(rng), height=rng.uniform(0.3, 0.55))
    down, across = np.mgrid[:rows, :columns] / np.array([rows, columns]).reshape(2, 1, 1)
    angle = rng.uniform(0, 2 * np.pi)
    far = (across - 0.5) * np.cos(angle) + (down - 0.5) * np.sin(angle) - rng.uniform(-0.05, 0.3)
    softness = rng.choice([0.004, 0.04])
    picture *= 1 - rng.uniform(0.3, 0.6) / (1 + np.exp(-far / softness))[..., None]
    return picture


def falling_light(digit: int, rng: np.random.Generator) -> Picture:
    """Light that falls off towards a corner."""
    picture = blank_paper(rng, (180, 600))
    rows, columns = picture.shape[:2]
    corner = rng.integers(0, 2, 2)
    # towards the dark
    centre = (0.68, 0.32)[corner[0]], (0.66, 0.34)[corner[1]]
    write_digit(picture, digit, rng, dark_ink(rng), height=rng.uniform(0.3, 0.45), centre=centre)
    down, across = np.mgrid[:rows, :columns] / np.array([rows, columns]).reshape(2, 1, 1)
    far = np.hypot(across - corner[0], down - corner[1]) / np.sqrt(2)
    picture *= 1 - rng.uniform(0.75, 0.93) * (far ** rng.uniform(1, 2))[..., None]
    return picture


def tile_on_a_page(digit: int, rng: np.random.Generator) -> Picture:
    """A dark tile with a light digit on a light page, off its middle."""
    picture = blank_paper(rng, (160, 480))
    rows, columns = picture.shape[:2]
    side = rng.uniform(0.55, 0.75) * min(rows, columns)
    left, top = rng.uniform(0.1, 0.9, 2) * (columns - side, rows - side)
    level = rng.uniform(10, 70)
    tile = (left, top), (left + side, top + side)
    cv2.rectangle(
        picture,
        *(tuple(np.round(point).astype(int).tolist()) for point in tile),
        (level + 20, level, level),
        -1,
    )
    centre = (left + side / 2) / columns, (top + side / 2) / rows
    write_digit(picture, digit, rng, (235, 240, 240), height=0.65 * side / rows, centre=centre)
    return picture


def same_brightness(digit: int, rng: np.random.Generator) -> Picture:
    """Ink and paper of different colours that are about as bright in grey."""
    pairs = (((60, 60, 220), (90, 120, 60)), ((200, 90, 40), (60, 60, 140)), ((170, 60, 170), (60, 130, 60)))
    ink, paper = pairs[rng.integers(len(pairs))]
    weights = np.array([0.114, 0.587, 0.299])
    ground = np.array(paper) * (weights @ ink) / (weights @ paper)
    picture = blank_paper(rng, (120, 360))
    picture[:] = ground + rng.uniform(-6, 6)
    write_digit(
        picture, digit, rng, ink, height=rng.uniform(0.45, 0.7), pen=len(picture) * rng.uniform(0.05, 0.1)
    )
    return picture


def thin_pen(digit: int, rng: np.random.Generator) -> Picture:
    """A pen of one pixel, black or grey, in a picture of any size."""
    side = int(rng.choice([200, 500, 900, 1400, 2000]))
    picture = np.full((side, side, 3), rng.uniform(235, 255), np.float32)
    write_digit(picture, digit, rng, (float(rng.uniform(10, 110)),) * 3, height=rng.uniform(0.5, 0.8), pen=1)
    return picture


def faint_ink(digit: int, rng: np.random.Generator) -> Picture:
    """A dark photo whose ink is a few grey levels darker than its paper, and plainly above the grain."""
    picture = blank_paper(rng, (140, 420))
    picture *= rng.uniform(0.25, 0.45)
    level = float(picture.mean()) - rng.uniform(9, 13)
    write_digit(picture, digit, rng, (level,) * 3, height=rng.uniform(0.45, 0.7), pen=len(picture) * 0.06)
    return cv2.GaussianBlur(picture, (3, 3), 0)


def stray_marks(digit: int, rng: np.random.Generator) -> Picture:
    """A comma, a dash, a dot or a tick beside the digit."""
    picture = blank_paper(rng, (100, 360))
    rows, columns = picture.shape[:2]
    colour = dark_ink(rng)
    write_digit(picture, digit, rng, colour, height=rng.uniform(0.45, 0.6), centre=(0.42, 0.5))
    size = rng.uniform(0.05, 0.12) * rows
    start = np.array([rng.uniform(0.8, 0.88) * columns, rng.uniform(0.25, 0.8) * rows])
    marks = {
        "comma": [(0, 0), (-0.4, 1)],
        "dash": [(0, 0), (1, 0)],
        "dot": [(0, 0), (0.05, 0)],
        "tick": [(0, 0), (0.35, 0.5), (1, -0.7)],
    }
    points = np.array(marks[str(rng.choice(list(marks)))]) * size + start
    for one, other in pairwise(np.round(points).astype(int).tolist()):
        cv2.line(picture, one, other, colour, max(1, round(0.03 * rows)), cv2.LINE_AA)
    return picture


def neighbour_cut_off(digit: int, rng: np.random.Generator) -> Picture:
    """A digit of a row, with a part of its neighbour at the rim."""
    picture = blank_paper(rng, (90, 300))
    colour, height = dark_ink(rng), rng.uniform(0.5, 0.65)
    pen = len(picture) * rng.uniform(0.03, 0.07)
    write_digit(picture, digit, rng, colour, height=height, pen=pen)
    side = rng.choice([-1, 1])
    centre = 0.5 + side * rng.uniform(0.52, 0.6), 0.5
    write_digit(picture, int(rng.integers(10)), rng, colour, height=height, pen=pen, centre=centre)
    return picture


def outlined(digit: int, rng: np.random.Generator) -> Picture:
    """A digit of which only the outline is drawn."""
    picture = blank_paper(rng, (160, 400))
    blank = np.zeros_like(picture)
    write_digit(blank, digit, rng, (255, 255, 255), height=0.6, pen=len(picture) * rng.uniform(0.1, 0.15))
    body = (blank[..., 0] > 128).astype(np.uint8)  # noqa: PLR2004 (half ink)
    rim = np.ones((max(2, len(picture) // 80),) * 2, np.uint8)
    blend(picture, (cv2.dilate(body, rim) - cv2.erode(body, rim)).astype(np.float32), dark_ink(rng))
    return picture


KINDS: dict[str, Callable[[int, np.random.Generator], Picture]] = {
    draw.__name__.replace("_", "-"): draw
    for draw in (
        printed_frame,
        cut_frame,
        table_row,
        ruled_paper,
        squared_paper,
        margin_line,
        table_edge,
        table_corner,
        slip_on_a_table,
        hard_shadow,
        falling_light,
        tile_on_a_page,
        same_brightness,
        thin_pen,
        faint_ink,
        stray_marks,
        neighbour_cut_off,
        outlined,
    )
}
"""Name of a kind → the function that draws a picture of it, given the digit and a source of chance."""
