"""A picture becomes the 8×8 grid, stage by stage, the way scikit-learn's digits were made.

`load_digits` is not "a picture resized to 8×8". Each of its images is a 32×32 bitmap that NIST's
programs had normalised (ink over the full height, slant removed, stroke width evened out), with the ink
counted in blocks of 4×4 pixels [1]_. A picture has to go the same way before a model of those images can
read it, and so do the training images themselves (`digits_nb.dataset`).

.. [1] E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998,
   https://archive.ics.uci.edu/dataset/80
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from digits_nb.errors import NoDigit
from digits_nb.pictures import flatten
from digits_nb.query import open_image

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    Plane = NDArray[np.float32]

BITMAP = 32
"""Side of the bitmap, in pixels."""

GRID = 8
"""Side of the grid, in blocks of 4×4 pixels of the bitmap."""

LEVELS = 16
"""A block of 4×4 pixels full of ink: the largest number of a grid."""

INK = 0.5
"""Share of ink from which on a pixel belongs to a stroke."""

STROKE_WIDTH = 4.9
"""Pixels of the bitmap. The median of the 1,797 bitmaps of `load_digits`, measured by `stroke_width`."""

MAX_WIDTH = 20
"""Pixels of the bitmap. The median width of ink of the same bitmaps; wider digits are squeezed."""

SLANT_REMOVED = 0.7
"""Share of the measured slant that is removed. Moments see the shape of a digit as slant too: taking all
of it away tilts a 7 that was upright. Of 0.4, 0.5, 0.7 and 1.0, the best in `benchmarks/wild.py`."""

MAX_SIDE = 500
"""Longest side of `Stages.gray`, in pixels; a larger picture is reduced, more than 32×32 ever notices."""

MIN_CONTRAST = 14
"""Grey levels (of 255) that ink must differ from its ground; less is paper grain, or a blank picture."""

PIECES = 5
MIN_TOGETHER = 0.5
"""Share of the ink that the `PIECES` largest pieces must hold; where they hold less it is a texture."""

SPECK = 0.03
"""A piece with a smaller share of the largest piece's area, or with four times this share of its extent, is a
speck, not a stroke."""

_SMALL = 32  # side of the small copy that the ground is estimated on
_CANVAS = 64  # height of a digit, in pixels, while its strokes are worked on
_PAD = 16  # room around it for strokes that grow


@dataclass(frozen=True, eq=False, slots=True)
class Stages:
    """What becomes of a picture, step by step.

    Attributes
    ----------
    gray : ndarray of shape (H, W), uint8
        The picture in grey, as given but for its size: at most `MAX_SIDE` pixels a side.
    ink : ndarray of shape (H, W), float32, 0..1
        How much ink each pixel holds, whatever the picture's polarity and light; 1 is ink.
    crop : ndarray, float32, 0..1
        The part of `ink` that the digit fills, specks wiped away.
    upright : ndarray, float32, 0..1
        The digit at a fixed height, with its slant removed.
    bitmap : ndarray of shape (32, 32), float32, 0..1
        Ink over the full height, stroke width evened out.
    grid : ndarray of shape (8, 8), float64, 0..16
        The ink of each block of 4×4 pixels of the bitmap: what the model sees.
    box : tuple of int
        Left, top, right and bottom of the digit in pixels of the picture.
    strokes : ndarray of shape (n, 4), int32
        Left, top, right and bottom of each piece of ink that counts, in pixels of `gray`.
    """

    gray: "NDArray[np.uint8]"
    ink: "Plane"
    crop: "Plane"
    upright: "Plane"
    bitmap: "Plane"
    grid: "NDArray[np.float64]"
    box: tuple[int, int, int, int]
    strokes: "NDArray[np.int32]"


def preprocess(image: "Image | NDArray[np.uint8]") -> Stages:
    """Turn a picture of one digit into the 8×8 grid that the model sees.

    Parameters
    ----------
    image
        A picture from `open_image`, or anything that it takes.

    Returns
    -------
    Stages
        Every step from the grey picture to the grid.

    Raises
    ------
    NoDigit
        The picture is blank, or its ink does not hang together.
    """
    gray, scale = reduce(image)
    ink = find_ink(gray)
    crop, strokes = _crop(ink)
    upright = straighten(crop)
    bitmap = even_out(upright)
    box = enlarge(around(strokes), scale, gray.shape)
    return Stages(gray, ink, crop, upright, bitmap, count_blocks(bitmap), box, strokes)


def reduce(
    image: "Image | NDArray[np.uint8]", max_side: int = MAX_SIDE
) -> "tuple[NDArray[np.uint8], float]":
    """The picture in grey, at most `max_side` pixels a side, and by how much it was reduced."""
    if not hasattr(image, "getbands"):
        image = open_image(image)
    if image.mode != "L":
        image = flatten(image).convert("L")
    scale = min(1.0, max_side / max(image.size))
    gray = np.asarray(image)
    if scale < 1:
        size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        gray = cv2.resize(gray, size, interpolation=cv2.INTER_AREA)
    return gray, scale


def enlarge(
    box: tuple[int, int, int, int], scale: float, shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    """A box (left, top, right, bottom) of a picture that was reduced to `shape`, in pixels of the picture."""
    (left, top, right, bottom), (height, width) = box, shape
    return (
        int(left / scale),
        int(top / scale),
        int(min(np.ceil(right / scale), round(width / scale))),
        int(min(np.ceil(bottom / scale), round(height / scale))),
    )


def around(boxes: "NDArray[np.int32]") -> tuple[int, int, int, int]:
    """The smallest box that holds all of `boxes` (n, 4): left, top, right, bottom."""
    left, top = boxes[:, :2].min(axis=0).tolist()
    right, bottom = boxes[:, 2:].max(axis=0).tolist()
    return left, top, right, bottom


def find_ink(gray: "NDArray[np.uint8]") -> "Plane":
    """Tell ink from its ground: either polarity, uneven light.

    Parameters
    ----------
    gray
        Shape (H, W), uint8.

    Returns
    -------
    ndarray of shape (H, W), float32, 0..1
        1 where there is as much ink as in the middle of a stroke, 0 on the ground.

    Raises
    ------
    NoDigit
        Nothing stands out by `MIN_CONTRAST` grey levels.
    """
    height, width = gray.shape
    small = cv2.resize(gray, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA).astype(np.float32)
    slope = _slope(small)
    if not _ink_is_dark(small - slope):
        gray, small, slope = 255 - gray, 255 - small, 255 - slope
    # taking the slope away first finds the ground at the rims, and not doing so finds it at the edge of a
    # shadow: where the two differ, what is wrong is too light
    ground = np.minimum(slope + _ground(small - slope), _ground(small))
    ground = cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR)
    # saturating: what is lighter than the ground is ground
    depth = cv2.subtract(np.clip(ground, 0, 255).astype(np.uint8), gray)
    # grain is finer than a stroke, so it is smoothed away where strokes are wide enough to stay
    smooth = cv2.GaussianBlur(depth, (3, 3), 0) if max(height, width) > 2 * _SMALL else depth
    _, is_ink = cv2.threshold(smooth, 0, 1, cv2.THRESH_OTSU)
    full, none = _median(depth, is_ink), _median(depth, 1 - is_ink)
    if full - none < MIN_CONTRAST:
        msg = (
            f"The picture is blank: nothing in it stands out by {MIN_CONTRAST} of 255 grey levels, "
            "as ink must; send one where the digit is clearly darker or lighter than its ground."
        )
        raise NoDigit(msg)
    share = np.clip((np.arange(256, dtype=np.float32) - none) / (full - none), 0, 1)
    return cv2.LUT(depth, share)


def cut(ink: "Plane", box: tuple[int, int, int, int]) -> "Plane":
    """The part of `ink` within a box (left, top, right, bottom), with a rim of one pixel on each side."""
    left, top, right, bottom = box
    height, width = ink.shape
    rows, columns = slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1)
    missing = top == 0, bottom == height, left == 0, right == width
    return cv2.copyMakeBorder(ink[rows, columns], *map(int, missing), cv2.BORDER_CONSTANT, value=0)


def wipe(ink: "Plane", is_ink: "NDArray[np.uint8]", keep: "NDArray[np.uint8]") -> "Plane":
    """`ink` without the strokes that `is_ink` (0 or 1) has and `keep` has not, nor their soft edges."""
    specks = cv2.dilate(is_ink - keep, _NEIGHBOURS) & (1 - keep)
    return np.where(specks, np.float32(0), ink)


def straighten(crop: "Plane") -> "Plane":
    """Bring the digit to a fixed height and shear its slant away.

    The slant is the shear that makes the ink's mixed moment vanish: mu11 / mu02 [2]_.

    .. [2] Y. LeCun et al., "Gradient-based learning applied to document recognition", 1998, section III.A.
    """
    height, width = crop.shape
    # a dash is brought to a fixed width instead: at a fixed height it would be endless
    scale = _CANVAS / max(height, width / 2)
    size = max(2, round(width * scale)), max(2, round(height * scale))
    digit = cv2.resize(crop, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    moments = cv2.moments(digit)
    slant = moments["mu11"] / moments["mu02"] if moments["mu02"] > 0 else 0.0
    shear = SLANT_REMOVED * float(np.clip(slant, -1, 1))
    width, height = size
    reach = int(np.ceil(abs(shear) * height / 2)) + _PAD
    move = np.array([[1, -shear, reach + shear * (height - 1) / 2], [0, 1, _PAD]], np.float32)
    upright = cv2.warpAffine(digit, move, (width + 2 * reach, height + 2 * _PAD))
    return np.clip(upright, 0, 1, out=upright)


def even_out(upright: "Plane") -> "Plane":
    """Bring every stroke to `STROKE_WIDTH` and the ink to the full height of the bitmap.

    The outline moves in or out along the distance to it, by as much as the median stroke is too broad or
    too thin.

    Parameters
    ----------
    upright
        A digit on empty ground, as `straighten` leaves it.

    Returns
    -------
    ndarray of shape (32, 32), float32, 0..1

    Raises
    ------
    NoDigit
        There is no ink.
    """
    is_ink = (upright > INK).astype(np.uint8)
    if not is_ink.any():
        msg = "The picture holds no stroke of ink; send one where the digit stands out from its ground."
        raise NoDigit(msg)
    inside = cv2.distanceTransform(is_ink, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - is_ink, cv2.DIST_L2, 5)
    half = stroke_width(inside) / 2
    _, _, _, tall = cv2.boundingRect(is_ink)
    # the ink grows as well, by the same number of pixels at its top and at its foot
    share = STROKE_WIDTH / BITMAP / 2
    grow = max((share * tall - half) / (1 - 2 * share), 1 - float(inside.max()))
    outline = np.clip(inside - outside - is_ink + (grow + 1), 0, 1)
    left, top, wide, tall = cv2.boundingRect((outline > INK).astype(np.uint8))
    # into twice the bitmap's size, then halved: a pixel is the mean of four samples
    down = 2 * BITMAP / tall
    across = min(down, 2 * MAX_WIDTH / wide)
    place = BITMAP - wide * across / 2
    move = np.array(
        [[across, 0, place - left * across + (across - 1) / 2], [0, down, -top * down + (down - 1) / 2]],
        np.float32,
    )
    sampled = cv2.warpAffine(outline, move, (2 * BITMAP, 2 * BITMAP))
    return cv2.resize(sampled, (BITMAP, BITMAP), interpolation=cv2.INTER_AREA)


def stroke_width(inside: "Plane") -> float:
    """Median width of the strokes, in pixels, from each ink pixel's distance to the ground.

    The distance is largest along the middle of a stroke, where it is half the width and half a pixel.
    """
    ridge = inside[(inside == cv2.dilate(inside, _NEIGHBOURS)) & (inside > 0)]
    return 2 * float(np.median(ridge)) - 1


def count_blocks(bitmap: "Plane") -> "NDArray[np.float64]":
    """Ink of each 4×4 block of a (32, 32) bitmap of 0..1, as a grid (8, 8) of 0..16."""
    return cv2.resize(bitmap, (GRID, GRID), interpolation=cv2.INTER_AREA).astype(np.float64) * LEVELS


_NEIGHBOURS = np.ones((3, 3), np.uint8)
_WINDOW = np.ones((15, 15), np.uint8)  # wider than a stroke on the small copy, narrower than most shadows
_ACROSS, _DOWN = (axis.ravel().astype(np.float32) for axis in np.meshgrid(*2 * [np.linspace(-1, 1, _SMALL)]))
_PLANE = np.stack([np.ones_like(_ACROSS), _ACROSS, _DOWN])
_RIM = np.ones((_SMALL, _SMALL), bool)
_RIM[2:-2, 2:-2] = False


def _ink_is_dark(level: "Plane") -> bool:
    """Ink is what the rim is not, and the rarer of the two."""
    low, high = np.partition(level, (10, -11), axis=None)[[10, -11]]
    rim = np.partition(level[_RIM], _RIM.sum() // 2)[_RIM.sum() // 2]
    nearer_light = (2 * rim - low - high) / max(high - low, 1e-6)
    centred = level - level.mean()
    squares = centred * centred
    skewness = (squares * centred).mean() / (squares.mean() ** 1.5 + 1e-6)
    return bool(nearer_light > np.tanh(skewness) / 2)


def _slope(small: "Plane") -> "Plane":
    """The plane of light that most of the picture lies on: least squares, outliers weighed down."""
    values = small.ravel()
    plane = np.full_like(values, values.mean())
    for _ in range(2):
        far = np.abs(values - plane)
        weighed = _PLANE * (1 / (1 + (far / (far.mean() + 2)) ** 2))
        plane = np.linalg.solve(weighed @ _PLANE.T, weighed @ values) @ _PLANE
    return plane.reshape(small.shape)


def _ground(level: "Plane") -> "Plane":
    """The paper under dark ink: what closing leaves unchanged, smoothed over what it fills."""
    depth = cv2.morphologyEx(level, cv2.MORPH_CLOSE, _WINDOW) - level
    threshold, _ = cv2.threshold(np.clip(depth, 0, 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    paper = cv2.erode((depth <= max(threshold / 2, 3)).astype(np.float32), _NEIGHBOURS) + 1e-4
    return cv2.GaussianBlur(level * paper, (0, 0), 4) / cv2.GaussianBlur(paper, (0, 0), 4)


def _crop(ink: "Plane") -> "tuple[Plane, NDArray[np.int32]]":
    """The part that the digit fills, with a rim of one pixel, and the boxes of its strokes."""
    is_ink = (ink > INK).astype(np.uint8)
    # 16 bits count more pieces than MAX_SIDE leaves room for, and label three times faster than 32
    _, labels, pieces, _ = cv2.connectedComponentsWithStats(is_ink, ltype=cv2.CV_16U)
    pieces = pieces[1:]  # the first is the ground
    area, extent = pieces[:, cv2.CC_STAT_AREA], pieces[:, 2:4].max(axis=1)
    if np.sort(area)[-PIECES:].sum() < MIN_TOGETHER * area.sum():
        msg = (
            "The picture shows no digit: its ink lies scattered in pieces smaller than strokes; "
            "send one digit on a plain ground."
        )
        raise NoDigit(msg)
    is_stroke = (area >= SPECK * area.max()) & (extent >= 4 * SPECK * extent.max())
    strokes = pieces[is_stroke, :4]
    strokes[:, 2:] += strokes[:, :2]
    if len(strokes) < len(pieces):
        ink = wipe(ink, is_ink, np.concatenate([[False], is_stroke]).astype(np.uint8)[labels])
    return cut(ink, around(strokes)), strokes


def _median(depth: "NDArray[np.uint8]", mask: "NDArray[np.uint8]") -> float:
    """The median grey level under a mask, by counting: many times faster than sorting."""
    counts = np.cumsum(cv2.calcHist([depth], [0], mask, [256], [0, 256]))
    return float(np.searchsorted(counts, counts[-1] / 2)) if counts[-1] else 0.0
