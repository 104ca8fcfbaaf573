"""The lines that ask for the same again: one of Python, one for a shell."""

import json
import os
import shlex
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SERVICE = "http://127.0.0.1:8000/v1/algo/OWNER/digits_recognition"
HEADER = "Authorization: Simple KEY"


def of_query(query: dict[str, Any], name: str, version: str | None) -> dict[str, str]:
    """The lines that read a picture again, by what they are for.

    Parameters
    ----------
    query
        As `digits_nb.recognize` takes it.
    name
        The URL or the name of the file that its `bytes` came from.
    version
        Of the model that answered; None for one that is not in the default store: it is called `model`.

    Returns
    -------
    dict of str
        A line of Python and a line for a shell.
    """
    [(source, value)] = query.items()
    if source == "bytes":
        source, value = ("url", name) if name.startswith(("http://", "https://")) else ("path", name)
    elif source == "path":
        value = os.path.relpath(value)
    answers = f", model=digits_nb.ModelStore().load({version[:12]!r})" if version else ", model=model"
    python = f"digits_nb.recognize({{{source!r}: {value!r}}}{answers})"
    address = shlex.quote(f"{SERVICE}/{version[:12]}" if version else SERVICE)
    curl = f"curl -H {shlex.quote(HEADER)} -H 'Content-Type: {{}}' --data-binary {{}} {address}"
    if source == "path":
        shell = curl.format("application/octet-stream", shlex.quote(f"@{value}"))
    elif source == "url":
        shell = curl.format("application/json", shlex.quote(json.dumps({source: value})))
    else:  # too long for an argument of a command
        shell = f"{curl.format('application/json', '@-')} <<'END'\n{json.dumps({source: value})}\nEND"
    return {"Python": python, "Shell": shell}


def of_grid(grid: "ArrayLike", version: str | None) -> dict[str, str]:
    """The line that asks about an edited grid: 64 numbers, 0..16."""
    numbers = np.round(grid, 1).ravel().tolist()
    store = f"digits_nb.ModelStore().load({version[:12]!r})" if version else "model"
    return {"Python": f"{store}.predict_proba([{numbers}])"}
