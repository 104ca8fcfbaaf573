"""The pictures of a class: photographs of rows of digits, and single digits in folders that say which.

Ten digits in a row are one photograph to take, and ten labelled pictures once the row is cut up.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from digits_nb.errors import DigitsError, QueryError
from digits_nb.evaluation import labelled_pictures
from digits_nb.normalise import preprocess
from digits_nb.pages import find_digits
from digits_nb.pictures import flatten
from digits_nb.query import open_image
from digits_nb.readings import cut_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from digits_nb.query import Query

T = TypeVar("T")

ROW = 10
"""Digits of a row: 0, 1, 2 and so on to 9, from left to right."""


def cut_row(query: "Query") -> "list[NDArray[np.uint8]]":
    """The ten digits of a photographed row, 0 first.

    Parameters
    ----------
    query
        Whatever `open_image` takes.

    Returns
    -------
    list of ndarray of shape (H, W) or (H, W, 3), uint8
        Each digit with some of the paper around it.

    Raises
    ------
    QueryError
        There are more or fewer than ten digits in the picture.
    DigitsError
        The picture cannot be had or read, or shows no digits.
    """
    row = open_image(query)
    found = find_digits(row)
    if len(found) != ROW:
        msg = (
            f"The row shows {len(found)} digits, but must show {ROW}, 0 to 9: write them farther apart and "
            "photograph nothing else."
        )
        raise QueryError(msg)
    return [cut_out(row, stages.box) for stages in found]


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
        There is no such folder, it holds no pictures, or one of them, which is named, cannot be used.
    """
    folder = Path(folder).expanduser()
    pictures: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    for path in sorted(path for path in folder.glob("[!.]*") if path.is_file()):
        pictures += _named(path, cut_row)
        labels += range(ROW)
    if not pictures or any((folder / str(digit)).is_dir() for digit in range(10)):
        paths, digits = labelled_pictures(folder)
        pictures += [_named(path, _single) for path in paths]
        labels += digits.tolist()
    return pictures, np.array(labels)


def _single(query: "Query") -> "NDArray[np.uint8]":
    """A picture of one digit, which is one that every step can take."""
    image = flatten(open_image(query))
    preprocess(image, small=True)
    return np.asarray(image)


def _named(path: Path, read: "Callable[[Query], T]") -> "T":
    """What is read in a file; an error says which file it is."""
    try:
        return read({"path": path})
    except DigitsError as error:
        msg = f"{path.parent.name}/{path.name} cannot be used. {error}"
        raise QueryError(msg) from error
