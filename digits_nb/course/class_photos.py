"""The pictures of a class: photographs of rows of digits, and single digits in folders that say which.

Ten digits in a row are one photograph to take, and ten labelled pictures once the row is cut up.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from digits_nb.errors import DigitsError, QueryError
from digits_nb.evaluation.metrics import labelled_pictures
from digits_nb.images.decode import flatten, to_gray
from digits_nb.images.query import open_image
from digits_nb.preprocessing.segmentation import find_digits
from digits_nb.recognition import preprocess

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from digits_nb.images.query import Query

ROW = 10
"""Digits of a row: 0, 1, 2 and so on to 9, from left to right."""

TALLEST = 1.6
"""Of the median height of a row's digits: what is taller has something else in it, such as a name."""

_SIDE = 400  # pixels of the longer side of what is cut out: more than any step looks at


def cut_row(query: "Query") -> "list[NDArray[np.uint8]]":
    """The ten digits of a photographed row, 0 first.

    Parameters
    ----------
    query
        Whatever `open_image` takes.

    Returns
    -------
    list of ndarray of shape (H, W) or (H, W, 3), uint8
        Each digit with the paper around it, as far as half-way to its neighbours.

    Raises
    ------
    QueryError
        There are more or fewer than ten digits in the picture, they do not stand in a row, or one of them
        cannot be read.
    DigitsError
        The picture cannot be had or opened, or shows no digits.
    """
    row = flatten(open_image(query))
    boxes = np.array([stages.box for stages in find_digits(to_gray(row))])
    _check_row(boxes)
    pictures = []
    for digit, around in enumerate(_surroundings(boxes, row.size)):
        picture = row.crop(tuple(around))
        picture.thumbnail((_SIDE, _SIDE))
        try:
            preprocess(picture)
        except DigitsError as error:
            msg = f"The {digit} of the row is too pale, or in pieces: write it with a darker pen. {error}"
            raise QueryError(msg) from error
        pictures.append(np.asarray(picture))
    return pictures


def pictures_of(folder: str | os.PathLike[str]) -> "tuple[list[NDArray[np.uint8]], NDArray[np.int64]]":
    """Every digit of a class's folder, with its label.

    Parameters
    ----------
    folder
        Photographs of rows, 0 to 9, lie in it; or it has sub-folders 0…9 with pictures of single digits; or
        both. Files whose names begin with a dot are passed over.

    Returns
    -------
    pictures : list of ndarray, uint8
    labels : ndarray of shape (n,), int
        0..9.

    Raises
    ------
    QueryError
        There is no such folder, it holds no pictures, or some of them, which are all named, cannot be used.
    """
    files = _files(folder)
    pictures: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    faults = []
    for path, digits in files:
        read: Callable[[Query], list[NDArray[np.uint8]]] = _single if len(digits) == 1 else cut_row
        try:
            pictures += read({"path": path})
            labels += digits
        except DigitsError as error:
            faults.append(f"{path.parent.name}/{path.name}: {error}")
    if faults:
        msg = (
            f"Of {len(files)} files {len(faults)} cannot be used; take them out, or take these photographs "
            "again. " + " ".join(faults)
        )
        raise QueryError(msg)
    return pictures, np.array(labels)


def _files(folder: str | os.PathLike[str]) -> list[tuple[Path, list[int]]]:
    """Each file of a class's folder, with the digits that it shows."""
    place = Path(folder).expanduser()
    given = bool(os.fspath(folder)) and place.is_dir()
    rows = sorted(path for path in place.glob("[!.]*") if path.is_file()) if given else []
    files = [(path, list(range(ROW))) for path in rows]
    if given and any((place / str(digit)).is_dir() for digit in range(10)):
        paths, digits = labelled_pictures(place)
        files += [(path, [digit]) for path, digit in zip(paths, digits.tolist(), strict=True)]
    if not files:
        fault = "holds no pictures" if given else "is no folder"
        msg = (
            f"The path {os.fspath(folder)!r} {fault}: give one that holds photographs of rows of digits, 0 "
            "to 9, or has sub-folders, named 0 to 9, with pictures of single ones."
        )
        raise QueryError(msg)
    return files


def _single(query: "Query") -> "list[NDArray[np.uint8]]":
    """A picture of one digit, if every step can take it."""
    image = flatten(open_image(query))
    preprocess(image)
    return [np.asarray(image)]


def _check_row(boxes: "NDArray[np.int64]") -> None:
    """Refuse what is not ten digits side by side."""
    count = len(boxes)
    heights = boxes[:, 3] - boxes[:, 1]
    across, down = (np.ptp(boxes[:, [side, side + 2]].mean(axis=1)) for side in (0, 1))
    fault = ""
    if count < ROW:
        fault = "some touch, or are too pale: write with wide gaps and a dark pen, in even light"
    elif count > ROW or heights.max() > TALLEST * np.median(heights):
        fault = "something else is there, a name or the table, or a digit is in pieces: show them alone"
    elif down > across:
        fault = "they stand one above the other: turn the photograph, so that the row runs from left to right"
    if fault:
        digits = "1 digit" if count == 1 else f"{count} digits"
        msg = f"The photograph shows {digits}, where {ROW} are to stand in a row, 0 to 9; {fault}."
        raise QueryError(msg)


def _surroundings(boxes: "NDArray[np.int64]", size: tuple[int, int]) -> "NDArray[np.int64]":
    """Around each box as much as a digit is high, but only half-way to another box."""
    found = []
    for number, (left, top, right, bottom) in enumerate(boxes.tolist()):
        room = bottom - top
        around = np.array([max(left - room, 0), max(top - room, 0), right + room, bottom + room])
        around[2:] = np.minimum(around[2:], size)
        for other in np.delete(boxes, number, axis=0).tolist():
            if other[1] < around[3] and other[3] > around[1]:  # beside it, or askew
                if other[2] <= left:
                    around[0] = max(around[0], (other[2] + left) // 2)
                elif other[0] >= right:
                    around[2] = min(around[2], (other[0] + right) // 2)
                elif other[3] <= top:
                    around[1] = max(around[1], (other[3] + top) // 2)
                elif other[1] >= bottom:
                    around[3] = min(around[3], (other[1] + bottom) // 2)
        found.append(around)
    return np.array(found)
