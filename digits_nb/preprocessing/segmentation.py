"""Segmentation: the readings of a picture. A reading takes some ink for digits, and leaves out the rest.

A picture often holds more than a digit: a frame, a rule, a strip of table, a neighbour that runs out of it.
Which ink is the digit cannot be told before it is read. So there are several readings of a picture: with dark
or light ink, with or without what touches the rim or encloses the rest, with or without ruled lines, and in
colour. Each ends in grids, and `digits_nb.recognition` chooses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import log, tanh
from typing import TYPE_CHECKING, Any, NamedTuple

import cv2
import numpy as np

from digits_nb.errors import NoDigit
from digits_nb.preprocessing.components import around, cut, enlarge, find_components, widen, wipe
from digits_nb.preprocessing.grouping import TOUCH, group, reading_order, typical_height
from digits_nb.preprocessing.ink import INK, find_colour_contrast, find_depth, find_ink, to_gray
from digits_nb.preprocessing.lines import find_lines
from digits_nb.preprocessing.normalization import DEFAULT, Normalization, Stages, measure_strokes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from digits_nb.preprocessing.components import Boxes, Components
    from digits_nb.preprocessing.ink import Depth, Mask, Plane
    from digits_nb.preprocessing.normalization import Normalized

    Box = tuple[int, int, int, int]
    LeftOut = tuple[tuple[Box, str], ...]

SPECK = 0.15
"""A component smaller than this share of the typical height, both ways, is a speck."""

FAINT = 0.7
"""A group with less than this share of the others' median ink is bleed-through from the back of the paper."""

ENCLOSED = 0.3
"""A component is a frame if it encloses one that has at least this share of its height."""

LAYERS = 3
"""Times that the ink of one polarity is read: as it is, and without what was outside each time before."""

THIN, BROAD = 0.03, 0.2
"""Stroke widths, in heights of the digit, beyond which an outline or a gap is likelier than a pen."""

SPAN = 0.8
MOST_SIDES = 3
"""A frame has more straight runs than these along `SPAN` of its box, and a digit hardly ever."""

MOST_AT_RIM = 2
"""The same for ink that touches the rim of the picture, as ruled lines do."""

FAR = 0.15
"""Share of the picture between a digit and a side that it is far from."""

MOST_PIECES = 6
"""Pieces that may be one broken digit."""

THINNEST = 2.5
"""How many times thinner than `THIN` a stroke counts: a thin pen is as thin as the picture is large."""

APART = 0.6
"""How much smaller a part of a digit is where two digits may stand close together."""

LARGEST = 100
"""The highest components, among which frames are looked for."""

FAINTEST = 0.2
"""Ink that is left when what touches the rim is taken away counts from this share of the contrast on."""

LITTLE = 0.08
"""Share of the digit's ink that a plain picture may hold beside it."""

MOST = 400
"""Components, specks not counted; a picture with more shows a texture."""

SHOWN = 50
"""Marks and specks that a reading lists, the largest."""

UNEVEN = 0.4
"""Share of the ink's contrast by which the ground of a plain picture may differ from itself."""

_AROUND = np.ones((5, 5), np.uint8)


class Traits(NamedTuple):
    """What tells a likely reading from an unlikely one, apart from the model's answer.

    Attributes
    ----------
    several
        1 for more than one digit.
    evenness
        Height of the lowest digit as a share of the highest one's, minus 1.
    rim
        Share of the digits that touch the rim of the picture.
    joined
        1 if pieces that lie apart were taken for one digit.
    split
        1 if pieces that lie close together were taken for several digits.
    cut_off
        Share of the digits that touch one side of the picture and are far from the opposite one.
    rest
        Ink beside the digits that is left out, as a share of their own, up to 2.
    lines
        1 if lines were taken out.
    line_length
        Logarithm of the longest line taken out, in heights of the highest digit, 0.3 at least; 0 without.
    density
        Share of the digits' boxes that is ink.
    irregularity
        Standard deviation of the stroke width as a share of its mean.
    thinness
        How thin the strokes are: the logarithm of `THIN` over their width, 0 for broader ones.
    breadth
        How broad they are: the logarithm of their width over `BROAD`, 0 for narrower ones.
    ground_at_rim
        1 if the rim of the picture is as light as its ground should be, -1 if it is like ink.
    rarity
        Skewness of the grey levels: near 1 if ink is rare, near -1 if the ground is.
    uneven
        Difference between the darkest and the lightest ground, as a share of the contrast, up to 2.
    second
        1 if the other polarity is likelier, by the rim and by what is rare.
    colour
        1 if colours were compared, and not grey levels.
    plain
        1 if there is one digit and nothing else.
    """

    several: float
    evenness: float
    rim: float
    joined: float
    split: float
    cut_off: float
    rest: float
    lines: float
    line_length: float
    density: float
    irregularity: float
    thinness: float
    breadth: float
    ground_at_rim: float
    rarity: float
    uneven: float
    second: float
    colour: float
    plain: float


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """One choice of the ink that counts.

    Attributes
    ----------
    digits : tuple of Normalized
        Each digit's stages from crop to grid.
    boxes : ndarray of shape (n, 4), int32
        Left, top, right and bottom of each digit, in pixels of the picture that was read.
    ink : ndarray of shape (H, W), float32, 0..1
        Ink of that picture, without lines and without what is outside.
    left_out : tuple of ((left, top, right, bottom), str)
        Ink that is not a digit's, and why, as in `Stages`; of marks and specks, the `SHOWN` largest.
    contrast : float
        Depth of the ink, in 255ths of its ground's lightness.
    is_dark : bool
        Whether the ink is darker than its ground: in grey, or on the scale of colours.
    traits : Traits
    """

    digits: "tuple[Normalized, ...]"
    boxes: "Boxes"
    ink: "Plane"
    left_out: "LeftOut"
    contrast: float
    is_dark: bool
    traits: Traits

    @property
    def grids(self) -> "NDArray[np.float64]":
        """Shape (n, 8, 8), 0..16."""
        return np.stack([digit.grid for digit in self.digits])

    @property
    def height(self) -> float:
        """Median height of the digits, in pixels of the picture that was read."""
        return float(np.median(self.boxes[:, 3] - self.boxes[:, 1]))

    def order(self) -> list[int]:
        """Give the digits' numbers in reading order."""
        if len(self.digits) == 1:
            return [0]
        return reading_order(self.boxes)

    def stages(self, gray: "NDArray[np.uint8]", full: tuple[int, int]) -> list[Stages]:
        """Give the stages of each digit, in reading order.

        Parameters
        ----------
        gray
            The picture in grey, at the size that the stages keep.
        full
            Height and width of the picture to which the boxes refer.
        """
        shape = self.ink.shape[0], self.ink.shape[1]
        size = gray.shape[0], gray.shape[1]
        ink: Plane = self.ink if size == shape else cv2.resize(self.ink, size[::-1])
        left_out = tuple((enlarge(box, shape, full), reason) for box, reason in self.left_out)
        found = []
        for number in self.order():
            digit, box = self.digits[number], tuple(self.boxes[number].tolist())
            window: tuple[slice, ...] = (slice(None), slice(None))
            if len(self.digits) > 1:
                left, top, right, bottom = widen(enlarge(box, shape, size), size)
                window = slice(top, bottom), slice(left, right)
            place = enlarge(box, shape, full)
            found.append(Stages(gray[window], ink[window], *digit, place, left_out))
        return found


def find_readings(
    picture: "NDArray[np.uint8]", normalization: Normalization = DEFAULT, like: Reading | None = None
) -> Iterator[Reading]:
    """Find the readings of a picture, the likeliest kind first.

    Parameters
    ----------
    picture
        Shape (H, W) in grey, or (H, W, 3), red, green and blue; uint8.
    normalization
        How a digit's ink becomes a grid.
    like
        A reading of the same picture in another size; only those of its polarity and plane are made.

    Yields
    ------
    Reading
        Nothing if nothing stands out from the ground.
    """
    for colour in (False, True):
        if like is not None and like.traits.colour != colour:
            continue
        plane = find_colour_contrast(picture) if colour else to_gray(picture)
        if plane is not None:
            yield from _of_plane(plane, normalization, like, colour=colour)


def _of_plane(
    gray: "NDArray[np.uint8]", normalization: Normalization, like: Reading | None, *, colour: bool
) -> Iterator[Reading]:
    """Find the readings with dark ink and those with light ink, the likelier first."""
    ground_at_rim, rarity = _measure_polarity(gray)
    is_likely_dark = ground_at_rim + rarity / 2 > 0
    for is_dark in (is_likely_dark, not is_likely_dark):
        if like is not None and like.is_dark != is_dark:
            continue
        depth, sign = find_depth(gray if is_dark else 255 - gray), 1 if is_dark else -1
        is_first = is_dark == is_likely_dark
        yield from _Polarity(
            depth, sign * ground_at_rim, sign * rarity, colour, is_dark, is_first, normalization
        ).readings()


def _measure_polarity(gray: "NDArray[np.uint8]") -> tuple[float, float]:
    """Measure how light the rim is, and how rare dark pixels are: both from -1 to 1, above 0 for dark ink."""
    step = max(max(gray.shape) // 64, 1)
    some = gray[::step, ::step].astype(np.float32)
    levels = np.sort(some, axis=None)
    few = len(levels) // 100
    low, high = float(levels[few]), float(levels[-1 - few])
    if 3 * (high - low) < levels[-1] - levels[0]:  # less than a hundredth is ink, as of a thin pen
        low, high = float(levels[0]), float(levels[-1])
    rim = np.sort(np.concatenate([some[0], some[-1], some[:, 0], some[:, -1]]))
    lightness = (2 * float(rim[len(rim) // 2]) - low - high) / max(high - low, 1e-6)
    levels -= levels.mean()
    squares = levels * levels
    skewness = float(squares @ levels) / (float(squares.sum()) ** 1.5 / len(levels) ** 0.5 + 1e-6)
    return min(max(lightness, -1), 1), -tanh(skewness)


@dataclass(frozen=True, slots=True)
class _Polarity:
    """Dark or light ink of one plane: what its readings share."""

    depth: "Depth"
    ground_at_rim: float
    rarity: float
    colour: bool
    is_dark: bool
    is_first: bool
    normalization: Normalization

    def readings(self) -> Iterator[Reading]:
        """Read the ink as it is, then without what is outside, and both without lines."""
        first = find_ink(self.depth)
        if first is None:
            return
        yield from self._without_outside(first)
        lines, line_boxes = find_lines(self._mask(first[0]))
        if len(line_boxes):
            yield from self._without_outside(find_ink(self.depth, lines), lines, line_boxes)

    def _mask(self, ink: "Plane") -> "Mask":
        return (ink > self.normalization.threshold).view(np.uint8)

    def _without_outside(
        self,
        found: "tuple[Plane, float] | None",
        lines: "Mask | None" = None,
        line_boxes: "Boxes | None" = None,
    ) -> Iterator[Reading]:
        """Read what was found, then again without what is outside, which may hide fainter ink."""
        removed = lines
        left_out = [] if line_boxes is None else [(_box(box), "line") for box in line_boxes]
        for _ in range(LAYERS):
            if found is None:
                return
            ink, contrast = found
            is_ink = self._mask(ink)
            components = find_components(is_ink)
            outside, reason = _find_outside(components, is_ink.shape)
            below = None
            if len(outside):
                gone: Mask = cv2.dilate(components.mask(outside, is_ink.shape), _AROUND)
                removed = gone if removed is None else removed | gone
                below = find_ink(self.depth, removed)
            alone = not left_out and (below is None or below[1] < FAINTEST * contrast)
            for digits in self._find_digits(ink, is_ink, components):
                yield self._reading(digits, ink, contrast, left_out, line_boxes, alone=alone)
            left_out = [*left_out, *((_box(components.boxes[row]), reason) for row in outside)]
            found = below

    def _find_digits(self, ink: "Plane", is_ink: "Mask", components: "Components") -> "Iterator[_Digits]":
        """Group the components into digits, in one to three ways."""
        boxes = components.boxes
        if not len(boxes):
            return
        if len(boxes) == 1:
            only = np.zeros(1, np.int64)
            digits = self._normalize(ink, is_ink, components, only, [only])
            if digits is not None:
                yield digits
            return
        extents = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
        large = np.flatnonzero(extents >= SPECK * typical_height(boxes[:, 3] - boxes[:, 1]))
        if len(large) > MOST:
            return
        ways = [group(boxes[large])]
        if len(large) > 1:
            ways.append(group(boxes[large], APART))
            if len(large) <= MOST_PIECES and not _are_several(boxes[large]):
                ways.append([np.arange(len(large))])
        different = {
            tuple(sorted(tuple(sorted(rows.tolist())) for rows in groups)): groups for groups in ways
        }
        usual = len(ways[0])
        for groups in different.values():
            digits = self._normalize(ink, is_ink, components, large, groups)
            if digits is not None:
                yield digits._replace(
                    is_joined=len(groups) < usual, is_split=len(groups) > usual, is_sure=len(different) == 1
                )

    def _normalize(
        self,
        ink: "Plane",
        is_ink: "Mask",
        components: "Components",
        large: "NDArray[np.int64]",
        groups: "list[NDArray[np.int64]]",
    ) -> "_Digits | None":
        """Normalize each group of the large components, given by their numbers; None if none is a digit."""
        boxes, areas = components.boxes, components.areas
        groups = [large[rows] for rows in groups]
        if len(groups) > 1:
            strengths = np.array([_strength(ink, components, rows) for rows in groups])
            faint = strengths < FAINT * np.median(strengths)
            groups = [rows for rows, is_faint in zip(groups, faint.tolist(), strict=True) if not is_faint]
        groups = [rows for rows in groups if not _is_strip(around(boxes[rows]), is_ink.shape)]
        digits, hulls = [], []
        for rows in groups:
            hull = around(boxes[rows])
            crop = cut(ink, hull)
            if len(rows) < len(boxes):
                crop = wipe(crop, cut(is_ink, hull), components.cut(rows, hull))
            try:
                digits.append(self.normalization.apply(crop))
            except NoDigit:
                continue
            hulls.append(hull)
        if not digits:
            return None
        used, marks = set(np.concatenate(groups).tolist()), set(large.tolist())
        left_out = []
        if len(used) < len(boxes):
            others = [row for row in np.argsort(-areas, kind="stable").tolist() if row not in used]
            left_out = [(_box(boxes[row]), "mark" if row in marks else "speck") for row in others[:SHOWN]]
        area = int(areas[list(used)].sum())
        rest = int(areas.sum()) - area
        return _Digits(tuple(digits), np.array(hulls), area, rest, left_out)

    def _reading(
        self,
        digits: "_Digits",
        ink: "Plane",
        contrast: float,
        left_out: "list[tuple[Box, str]]",
        line_boxes: "Boxes | None",
        *,
        alone: bool,
    ) -> Reading:
        # few numbers: lists are several times as fast as arrays
        boxes, count = digits.boxes.tolist(), len(digits.boxes)
        heights = [bottom - top for _, top, _, bottom in boxes]
        area = sum((right - left) * (bottom - top) for left, top, right, bottom in boxes)
        rim = sum(_touches_rim(box, ink.shape) for box in boxes) / count
        cut_off = sum(_is_cut_off(box, ink.shape) for box in boxes) / count
        longest = 0.0
        if line_boxes is not None:
            longest = int((line_boxes[:, 2:] - line_boxes[:, :2]).max()) / max(heights)
        rest = min(digits.rest / digits.area, 2)
        strokes = [measure_strokes(digit.crop) for digit in digits.normalized]
        width, irregularity = (sum(each) / count for each in zip(*strokes, strict=True))
        uneven = min(self.depth.uneven / contrast, 2)
        is_plain = (
            alone
            and self.is_first
            and not self.colour
            and count == 1
            and digits.is_sure
            and width >= THIN
            and not cut_off
            and rest <= LITTLE
            and uneven <= UNEVEN
            and _count_long_runs(digits.normalized[0].crop) <= (MOST_AT_RIM if rim else MOST_SIDES)
        )
        traits = Traits(
            several=float(count > 1),
            evenness=min(heights) / max(heights) - 1,
            rim=rim,
            joined=float(digits.is_joined),
            split=float(digits.is_split),
            cut_off=cut_off,
            rest=rest,
            lines=float(longest > 0),
            line_length=log(max(longest, 0.3)) if longest else 0.0,
            density=digits.area / area,
            irregularity=irregularity,
            thinness=log(min(max(THIN / max(width, 1e-3), 1), THINNEST)),
            breadth=log(max(width / BROAD, 1)),
            ground_at_rim=self.ground_at_rim,
            rarity=self.rarity,
            uneven=uneven,
            second=float(not self.is_first),
            colour=float(self.colour),
            plain=float(is_plain),
        )
        return Reading(
            digits.normalized,
            digits.boxes,
            ink,
            tuple(left_out + digits.left_out),
            contrast,
            self.is_dark,
            traits,
        )


class _Digits(NamedTuple):
    """The digits among some components: stages, boxes, the pixels of their ink, and of the rest."""

    normalized: "tuple[Normalized, ...]"
    boxes: "Boxes"
    area: int
    rest: int
    left_out: "list[tuple[Box, str]]"
    is_joined: bool = False
    is_split: bool = False
    is_sure: bool = True


def _box(row: "Boxes") -> "Box":
    left, top, right, bottom = row.tolist()
    return left, top, right, bottom


def _find_outside(components: "Components", shape: tuple[int, ...]) -> "tuple[NDArray[Any], str]":
    """Find the components that touch the rim of the picture; if none does, those that enclose others."""
    boxes = components.boxes
    if _touches_rim(components.box, shape):
        height, width = shape
        inside = (boxes[:, :2] > 0) & (boxes[:, 2:] < (width, height))
        return np.flatnonzero(~inside.all(axis=1)), "rim"
    if len(boxes) <= 1:
        return np.empty(0, np.int64), ""
    tall = boxes[:, 3] - boxes[:, 1]
    rows = np.argsort(-tall, kind="stable")[:LARGEST]
    outer, inner = boxes[rows][:, None], boxes[rows]
    encloses = (outer[..., :2] < inner[:, :2]).all(axis=-1) & (outer[..., 2:] > inner[:, 2:]).all(axis=-1)
    return rows[(encloses & (tall[rows] >= ENCLOSED * tall[rows][:, None])).any(axis=1)], "frame"


def _are_several(boxes: "Boxes") -> bool:
    """Tell whether pieces are no broken digit: three are high, or two are and lie apart."""
    heights = boxes[:, 3] - boxes[:, 1]
    one, other = boxes[np.argsort(-heights, kind="stable")[:2]].tolist()
    high = int((heights >= APART * heights.max()).sum())
    across, down = (max(one[side], other[side]) - min(one[side + 2], other[side + 2]) for side in (0, 1))
    are_apart = across > 0 or down > TOUCH * int(heights.max())
    return high > 2 or (high > 1 and are_apart)  # noqa: PLR2004


def _touches_rim(box: "Box", shape: tuple[int, ...]) -> bool:
    (left, top, right, bottom), (height, width) = box, shape
    return left <= 0 or top <= 0 or right >= width or bottom >= height


def _is_cut_off(box: "Box", shape: tuple[int, ...]) -> bool:
    """Tell whether a box touches one side of the picture and leaves `FAR` of it free at the opposite one."""
    (left, top, right, bottom), (height, width) = box, shape
    return any(
        min(margins) <= 0 and max(margins) > FAR * side
        for margins, side in (((left, width - right), width), ((top, height - bottom), height))
    )


def _is_strip(box: "Box", shape: tuple[int, ...]) -> bool:
    """Tell whether a box is narrow and runs from side to side of the picture, as the edge of a table does."""
    (left, top, right, bottom), (height, width) = box, shape
    return (top <= 0 and bottom >= height and right - left <= FAR * width) or (
        left <= 0 and right >= width and bottom - top <= FAR * height
    )


def _count_long_runs(crop: "Plane") -> int:
    """Count the straight runs that span a crop from side to side, as the sides of a frame do."""
    is_ink = (crop > INK).view(np.uint8)
    height, width = is_ink.shape
    count = 0
    # across a narrow digit, as across a 1, every run is from side to side
    for span, other, down in ((height, width, True), (width, height, False)):
        if span >= other / 2:
            kernel = np.ones((max(round(SPAN * (span - 2)), 1), 1), np.uint8)
            runs = cv2.morphologyEx(is_ink, cv2.MORPH_OPEN, kernel if down else kernel.T)
            count += cv2.connectedComponents(runs)[0] - 1
    return count


def _strength(ink: "Plane", components: "Components", rows: "NDArray[Any]") -> float:
    """Measure how dark the middle of a group's strokes is."""
    box = around(components.boxes[rows])
    return float(np.percentile(cut(ink, box)[components.cut(rows, box) > 0], 75))
