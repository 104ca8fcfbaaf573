"""Labelled pictures of a class: photographed rows of the digits 0 to 9, and single digits in folders 0…9.

A row needs one photograph and gives ten labelled pictures.
"""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits_nb.errors import DigitsError, QueryError
from digits_nb.evaluation.metrics import labelled_pictures
from digits_nb.images.decode import flatten
from digits_nb.images.query import Query, open_image
from digits_nb.recognition import find_digits, preprocess

ROW = 10
"""Number of digits in a row: 0 to 9, from left to right."""

TALLEST = 1.6
"""Greatest height of a digit, over the median of its row. Taller ink is more than a digit."""

_SIDE = 400  # pixels of the longer side of a cut-out picture; preprocessing uses fewer


def cut_row(query: Query) -> list[NDArray[np.uint8]]:
    """Cut a photographed row into its ten digits.

    Parameters
    ----------
    query
        The photograph, as a query of `digits_nb.open_image`.

    Returns
    -------
    list of ndarray of shape (H, W) or (H, W, 3), uint8
        The digits 0 to 9, each with the paper around it, at most half-way to its neighbours.

    Raises
    ------
    QueryError
        The picture shows more or fewer than ten digits, they do not stand in a row, or preprocessing of
        one of them fails.
    DigitsError
        The picture cannot be fetched or opened, or shows no digits.
    """
    row = flatten(open_image(query))
    boxes = np.array([stages.box for stages in find_digits(row)])
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


def pictures_of(folder: str | os.PathLike[str]) -> tuple[list[NDArray[np.uint8]], NDArray[np.int64]]:
    """Read all digits of a folder, with their labels.

    Parameters
    ----------
    folder
        Holds photographs of rows of the digits 0 to 9, or sub-folders 0…9 with pictures of single digits,
        or both. Files whose names begin with a dot are skipped.

    Returns
    -------
    pictures : list of ndarray, uint8
    labels : ndarray of shape (n,), int
        0..9.

    Raises
    ------
    QueryError
        There is no such folder, it holds no pictures, or some of them cannot be used; all those are named.
    """
    files = _files(folder)
    pictures: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    faults = []
    for path, digits in files:
        read = _single if len(digits) == 1 else cut_row
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
    """Return each file of a folder, with the digits that it should show."""
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


def _single(query: Query) -> list[NDArray[np.uint8]]:
    """Open a picture of one digit, and check that preprocessing succeeds."""
    image = flatten(open_image(query))
    preprocess(image)
    return [np.asarray(image)]


def _check_row(boxes: NDArray[np.int64]) -> None:
    """Raise a `QueryError` if the boxes are not ten digits side by side."""
    count = len(boxes)
    heights = boxes[:, 3] - boxes[:, 1]
    across, down = (np.ptp(boxes[:, [side, side + 2]].mean(axis=1)) for side in (0, 1))
    fault = ""
    if 2 * count > ROW and down > across:
        fault = "they stand one above the other: turn the photograph, so that the row runs from left to right"
    elif count < ROW:
        fault = "some touch, or are too pale: write with wide gaps and a dark pen, in even light"
    elif count > ROW or heights.max() > TALLEST * np.median(heights):
        fault = "something else is there, a name or the table, or a digit is in pieces: show them alone"
    if fault:
        digits = "1 digit" if count == 1 else f"{count} digits"
        msg = f"The photograph shows {digits}, where {ROW} are to stand in a row, 0 to 9; {fault}."
        raise QueryError(msg)


def _surroundings(boxes: NDArray[np.int64], size: tuple[int, int]) -> NDArray[np.int64]:
    """Widen each box by its height on every side, but only half-way to another box and inside the picture."""
    found = []
    for number, (left, top, right, bottom) in enumerate(boxes.tolist()):
        margins = [bottom - top] * 4
        for other in np.delete(boxes, number, axis=0).tolist():
            gaps = (left - other[2], other[0] - right, top - other[3], other[1] - bottom)
            if max(gaps[2] - margins[2], gaps[3] - margins[3]) < 0:  # at the same height, or a little askew
                side = next((side for side, gap in enumerate(gaps) if gap >= 0), None)
                if side is not None:
                    margins[side] = min(margins[side], gaps[side] // 2)
        found.append((left - margins[0], top - margins[2], right + margins[1], bottom + margins[3]))
    return np.array(found).clip(0, [*size, *size])
