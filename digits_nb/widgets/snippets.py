"""The lines that ask for the same again: one of Python, one for a shell."""

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# where `python -m digits_nb serve` listens; KEY is what it prints
SERVICE = "http://127.0.0.1:8000/v1/algo/me/digits_recognition"
HEADER = "Authorization: Simple KEY"


def of_query(query: dict[str, Any], name: str, version: str | None) -> dict[str, str]:
    """The lines that read a picture again, by what they are for.

    Parameters
    ----------
    query
        As `digits_nb.recognize` takes it.
    name
        The URL or the name of the file that its `bytes` came from; a browser does not tell the folder, so
        it is called FOLDER in the lines.
    version
        Of the model that answered; None for one that is not in the default store: it is called `model`.

    Returns
    -------
    dict of str
        A line of Python and a line for a shell.
    """
    [(source, value)] = query.items()
    if source == "bytes":
        is_url = name.lower().startswith(("http://", "https://"))
        source, value = ("url", name) if is_url else ("path", _placed(name))
    elif source == "path":
        value = os.path.relpath(value)
    answers = f", model=digits_nb.ModelStore().load({version[:12]!r})" if version else ", model=model"
    python = f"digits_nb.recognize({{{source!r}: {value!r}}}{answers})"
    if source == "path":
        shell = _curl("application/octet-stream", f"@{value}", version)
    elif source == "url":
        shell = _curl("application/json", json.dumps({source: value}), version)
    else:  # too long for an argument of a command
        shell = f"{_curl('application/json', '@-', version)} <<'END'\n{json.dumps({source: value})}\nEND"
    return {"Python": python, "Shell": shell}


def of_grid(grid: "ArrayLike", version: str | None) -> dict[str, str]:
    """The lines that ask about an edited grid: (8, 8) or (64,) numbers, 0..16."""
    rows = np.round(grid, 1).reshape(8, 8).tolist()
    store = f"digits_nb.ModelStore().load({version[:12]!r})" if version else "model"
    shell = _curl("application/json", json.dumps({"grid": rows}), version)
    return {"Python": f"{store}.predict_proba([{rows}])", "Shell": shell}


def _placed(name: str) -> str:
    return name if len(Path(name).parts) > 1 else f"FOLDER/{name}"


def _curl(kind: str, data: str, version: str | None) -> str:
    address = f"{SERVICE}/{version[:12]}" if version else SERVICE
    words = ("curl", "-H", HEADER, "-H", f"Content-Type: {kind}", "--data-binary", data, address)
    return shlex.join(words)
