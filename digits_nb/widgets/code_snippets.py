"""Code snippets that repeat the current query: one in Python, one for a shell."""

import json
import os
import shlex
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

SERVICE = "http://127.0.0.1:8000/v1/algo/me/digits_recognition"
"""Where `python -m digits_nb serve` listens by default."""

HEADER = "Authorization: Simple KEY"
"""KEY is the key that `serve` prints."""

SHOWN_VERSION = 12
"""Digits of a version that are enough to find it."""


def for_query(query: dict[str, Any], name: str, version: str | None) -> dict[str, str]:
    """Write the lines that recognise a picture again.

    Parameters
    ----------
    query
        A query of `digits_nb.recognize`.
    name
        The URL or the file name that the `bytes` of a query came from. Browsers do not reveal the folder of
        a file, so the lines have FOLDER in its place.
    version
        Version of the model; None for a model that is not in the default store, which the lines call
        `model`.

    Returns
    -------
    dict of str
        The lines under "Python" and "Shell".
    """
    [(source, value)] = query.items()
    if source == "bytes":
        is_url = name.lower().startswith(("http://", "https://"))
        with_folder = name if len(Path(name).parts) > 1 else f"FOLDER/{name}"
        source, value = ("url", name) if is_url else ("path", with_folder)
    elif source == "path":
        value = os.path.relpath(value)
    python = f"digits_nb.recognize({{{source!r}: {value!r}}}, model={_load(version)})"
    if source == "path":
        shell = _curl("application/octet-stream", f"@{value}", version)
    elif source == "url":
        shell = _curl("application/json", json.dumps({source: value}), version)
    else:  # base64 is too long for an argument of a command
        shell = f"{_curl('application/json', '@-', version)} <<'END'\n{json.dumps({source: value})}\nEND"
    return {"Python": python, "Shell": shell}


def for_grid(grid: ArrayLike, version: str | None) -> dict[str, str]:
    """Write the lines that ask about a grid, (8, 8) or (64,) of 0..16; otherwise as `for_query`."""
    rows = np.round(np.asarray(grid, float), 1).reshape(8, 8).tolist()
    shell = _curl("application/json", json.dumps({"grid": rows}), version)
    return {"Python": f"{_load(version)}.predict_proba([{rows}])", "Shell": shell}


def _load(version: str | None) -> str:
    return f"digits_nb.ModelStore().load({version[:SHOWN_VERSION]!r})" if version else "model"


def _curl(content_type: str, data: str, version: str | None) -> str:
    url = f"{SERVICE}/{version[:SHOWN_VERSION]}" if version else SERVICE
    words = ("curl", "-H", HEADER, "-H", f"Content-Type: {content_type}", "--data-binary", data, url)
    return shlex.join(words)
