"""What a notebook's `parameters` cell declares, and which values fit it.

A parameters cell is one declaration a line, `name: type = default  # help`, and nothing else. papermill
writes whatever name and value it is given into a cell after it, as code and unchecked. Here both are checked:
before a kernel starts (`fit_parameters`) or, if papermill itself started the run, in it (`check_parameters`).
"""

import ast
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

from digits_nb.errors import BadParameter, NotebookError, UnknownParameter

TYPES = {"str": str, "int": int, "float": float, "bool": bool}
SHOWN_LENGTH = 40
TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class Parameter:
    """A line of a parameters cell: `name: type = default  # help`, each as it is written there."""

    name: str
    type: str
    default: str
    help: str


def read_notebook(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The content of a notebook file of format 4, the one of today.

    Raises
    ------
    NotebookError
        There is no such file, or it is no notebook of that format.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        msg = f"The file {path} cannot be read ({error.strerror}): give the path of a notebook."
        raise NotebookError(msg) from error
    except ValueError as error:
        msg = f"The file {path} is no notebook, because it is not JSON: give the path of an .ipynb file."
        raise NotebookError(msg) from error
    match content:
        case {"nbformat": 4, "metadata": dict(), "cells": [*cells]} if all(map(_is_cell, cells)):
            return content
    msg = f"The file {path} is no notebook of format 4: save it in JupyterLab, or give another file."
    raise NotebookError(msg)


def declared_parameters(notebook: str | os.PathLike[str]) -> list[Parameter]:
    """The parameters that a notebook declares, in order; none if it has no parameters cell.

    The help is as papermill's inspector finds it: the list is the one of `papermill --help-notebook`.

    Raises
    ------
    NotebookError
        The file is no notebook for Python, or its parameters cell is not one `name: type = default  # help` a
        line, each name once and each type one of str, int, float, bool.
    """
    import nbformat
    import papermill

    content = read_notebook(notebook)
    metadata = content["metadata"]
    kernel = metadata.get("kernelspec", {})
    language = metadata.get("language_info", {}).get("name") or kernel.get("language")
    if not kernel.get("name") or language != "python":
        msg = (
            f"The file {notebook} names no Python kernel: its kernelspec needs name python3 and "
            "language python."
        )
        raise NotebookError(msg)
    cells = [cell for cell in content["cells"] if "parameters" in cell["metadata"].get("tags", ())]
    if not cells:
        return []
    code = "".join(cells[0]["source"])
    try:
        declarations = _declarations(code)
    except (SyntaxError, ValueError) as error:
        msg = f"The parameters cell of {notebook} is not one `name: type = default  # help` a line: {error}."
        raise NotebookError(msg) from error
    inspected = papermill.inspect_notebook(nbformat.from_dict(content))
    if dropped := [name for name in declarations if name not in inspected]:
        msg = (
            f"The parameters cell of {notebook} declares {_listed(dropped)} in a line that the inspector of "
            "papermill cannot read: leave no second `=` or `#` in it."
        )
        raise NotebookError(msg)
    return [
        Parameter(name, line.annotation.id, ast.get_source_segment(code, line.value), inspected[name]["help"])
        for name, line in declarations.items()
    ]


def fit_parameters(
    declared: Iterable[Parameter], given: Mapping[str, str]
) -> dict[str, str | int | float | bool]:
    """The values that texts stand for by the declared types.

    Parameters
    ----------
    declared
        What the notebook declares.
    given
        Name → text. A text is parsed by the declared type (bool: true, yes, 1, false, no, 0); `@file` stands
        for the content of a file, UTF-8, and `@@x` for the text `@x`.

    Raises
    ------
    UnknownParameter
        A name is not declared.
    BadParameter
        A text does not parse by the type, or its file cannot be read.
    """
    types = {parameter.name: parameter.type for parameter in declared}
    _refuse_unknown(given, types)
    return {name: _parse(name, types[name], _expand(name, text)) for name, text in given.items()}


def check_parameters() -> None:
    """Check, from inside a notebook, what papermill wrote into it; for the first cell after the parameters.

    A notebook that plain papermill started, with `-p`, is run whatever the names and the types were. This
    looks the parameters cell and papermill's cell after it up in the kernel's history and compares them. In
    an interactive session it does nothing, whatever the order in which cells are run.

    Raises
    ------
    UnknownParameter
        papermill was given a name that the notebook does not declare; its own PAPERMILL_* names pass.
    BadParameter
        papermill was given a value of another type than the declared one (an int for a float passes).
    """
    from IPython import get_ipython

    shell = get_ipython()
    # Only a front end with nobody before it, such as papermill's, sends cells that may not ask for input.
    if not hasattr(shell, "get_parent") or shell.get_parent().get("content", {}).get("allow_stdin", True):
        return
    for later, earlier in pairwise(reversed(shell.history_manager.input_hist_raw)):
        types = _types(earlier)
        # papermill's cell begins with this comment; the notebook's own may too, but that one declares.
        if types is None or not later.startswith("# Parameters\n") or _types(later):
            continue
        values = _injected(later)
        _refuse_unknown([name for name in values if not name.startswith("PAPERMILL_")], types)
        for name, type_name in types.items():
            if name in values:
                _refuse_mistyped(name, type_name, values[name])
        return


def _is_cell(cell: object) -> bool:
    match cell:
        case {"cell_type": "code", "source": str() | list(), "metadata": dict(), "outputs": list()}:
            return True
        case {"cell_type": "markdown" | "raw", "source": str() | list(), "metadata": dict()}:
            return True
    return False


def _declarations(code: str) -> dict[str, ast.AnnAssign]:
    """Name → line of a parameters cell; ValueError or SyntaxError if the cell holds anything else."""
    found: dict[str, ast.AnnAssign] = {}
    for line in ast.parse(code).body:
        match line:
            case ast.AnnAssign(ast.Name(name), ast.Name(type_name), ast.expr()):
                if type_name not in TYPES:
                    msg = f"{name} is declared {type_name}, and a parameter is one of {_listed(TYPES)}"
                    raise ValueError(msg)
                if name in found:
                    msg = f"{name} is declared twice"
                    raise ValueError(msg)
                found[name] = line
            case _:
                msg = f"line {line.lineno} declares no parameter with a type and a default"
                raise ValueError(msg)
    return found


def _types(code: str) -> dict[str, str] | None:
    """Name → declared type, or None for a cell that is no parameters cell."""
    try:
        return {name: line.annotation.id for name, line in _declarations(code).items()}
    except (SyntaxError, ValueError):
        return None


def _injected(code: str) -> dict[str, object]:
    """Name → value in the cell that papermill wrote: `name = literal` a line, unless a name held code."""
    try:
        return {line.targets[0].id: _literal(line.value) for line in ast.parse(code).body}
    except (AttributeError, TypeError, ValueError) as error:
        msg = "The name of a parameter held code, and papermill ran it: give names and values only."
        raise UnknownParameter(msg) from error


def _literal(node: ast.expr) -> object:
    match node:
        case ast.Call(ast.Name("float"), [ast.Constant(number)]):  # as papermill writes inf and nan
            return float(number)
    return ast.literal_eval(node)


def _refuse_unknown(names: Iterable[str], declared: Iterable[str]) -> None:
    declared = list(declared)
    for name in names:
        if name not in declared:
            near = get_close_matches(name, declared, n=1)
            there_are = _listed(declared) or "none"
            advice = f"perhaps {near[0]} is meant" if near else "give only what it declares"
            msg = (
                f"The name given ({_shown(name)}) is no parameter, as the notebook declares {there_are}: "
                f"{advice}."
            )
            raise UnknownParameter(msg)


def _refuse_mistyped(name: str, type_name: str, value: object) -> None:
    fitting = (int, float) if type_name == "float" else TYPES[type_name]
    # bool is an int to Python; to a person it is not.
    if isinstance(value, fitting) and isinstance(value, bool) == (type_name == "bool"):
        return
    advice = {
        "str": f"give it with -r {name} (raw) instead of -p",
        "int": "give a whole number",
        "float": "give a number",
        "bool": "give True or False",
    }[type_name]
    msg = (
        f"The parameter {name} is declared {type_name} and papermill made the value a "
        f"{type(value).__name__}: {advice}, or run the notebook with python -m digits_nb run."
    )
    raise BadParameter(msg)


def _expand(name: str, text: str) -> str:
    """The text, or what it points to: `@file` is the file's content, `@@x` is `@x`."""
    if not text.startswith("@"):
        return text
    if text.startswith("@@"):
        return text[1:]
    try:
        return Path(text[1:]).read_bytes().decode("utf-8")
    except OSError as error:
        msg = (
            f"The parameter {name} is to be read from {_shown(text[1:])}, which cannot be read "
            f"({error.strerror}): give the path of a file after @, or @@ for a text that begins with @."
        )
        raise BadParameter(msg) from error
    except ValueError as error:
        msg = (
            f"The parameter {name} is to be read from {_shown(text[1:])}, which is not UTF-8 text: "
            "save it as UTF-8."
        )
        raise BadParameter(msg) from error


def _parse(name: str, type_name: str, text: str) -> str | int | float | bool:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        msg = (
            f"The parameter {name} was given bytes that are not UTF-8, which no notebook can hold: "
            "give UTF-8 text."
        )
        raise BadParameter(msg) from error
    try:
        return TRUTHS[text.strip().lower()] if type_name == "bool" else TYPES[type_name](text)
    except (KeyError, ValueError) as error:
        wanted = {"int": "a whole number", "float": "a number", "bool": "true or false"}[type_name]
        msg = f"The parameter {name} is declared {type_name} and was given {_shown(text)}: give {wanted}."
        raise BadParameter(msg) from error


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _shown(text: str) -> str:
    """A short text as it is; of a longer one, which may be a picture or hold a secret, only its length."""
    return repr(text) if len(text) <= SHOWN_LENGTH else f"a text of {len(text)} characters"
