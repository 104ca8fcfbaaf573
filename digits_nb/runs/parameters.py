"""Parameters of a notebook: which ones it declares, and which values fit.

A parameters cell holds one declaration a line, `name: type = default  # help`, and nothing else. papermill
writes any name and any value into a cell after it, as code and unchecked. This module checks both: before a
kernel starts (`fit_parameters`), or inside the kernel when papermill itself started the run
(`check_parameters`).
"""

import ast
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from digits_nb.errors import BadParameter, NotebookError, UnknownParameter, require

if TYPE_CHECKING:
    from nbformat import NotebookNode

Value = str | int | float | bool

TYPES: dict[str, type[Value]] = {"str": str, "int": int, "float": float, "bool": bool}
WANTED = {"int": "a whole number", "float": "a number", "bool": "True or False"}
TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
SHOWN_LENGTH = 40
"""Longest text, in characters, that an error message repeats."""


class Parameter(NamedTuple):
    """One line of a parameters cell, `name: type = default  # help`, each part as written."""

    name: str
    type: str
    default: str
    help: str


def read_notebook(path: str | os.PathLike[str]) -> "NotebookNode":
    """Read a notebook file of format 4, the current one.

    Raises
    ------
    NotebookError
        The file does not exist, or is not a notebook of that format.
    MissingPackage
        The extra `notebook` is not installed.
    """
    require("notebook", "Running or reading a notebook", "nbformat", "papermill", "jupyter_client")
    import nbformat
    from nbformat.reader import NotJSONError

    path = Path(path)
    try:
        content: NotebookNode = nbformat.reader.reads(path.read_bytes())  # type: ignore[no-untyped-call]  # nbformat's
        nbformat.validate(content, version=4, relax_add_props=True)
    except OSError as error:
        msg = f"The file {path} cannot be read ({error.strerror}): give the path of a notebook."
        raise NotebookError(msg) from error
    except NotJSONError as error:
        msg = f"The file {path} is no notebook, because it is not JSON: give the path of an .ipynb file."
        raise NotebookError(msg) from error
    # nbformat raises these where another JSON file lacks what a notebook has
    except (
        AssertionError,
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
        nbformat.ValidationError,
    ) as error:
        msg = f"The file {path} is no notebook of format 4: save it in JupyterLab, or give another file."
        raise NotebookError(msg) from error
    return content


def declared_parameters(notebook: str | os.PathLike[str]) -> list[Parameter]:
    """List the parameters that a notebook declares, as papermill inspects them.

    Returns
    -------
    list of Parameter
        In the order of the cell; empty if the notebook has no parameters cell.

    Raises
    ------
    NotebookError
        The file is not a notebook for Python, or its parameters cell holds anything but lines
        `name: type = default  # help`, each name once and each type one of str, int, float, bool.
    """
    content = read_notebook(notebook)
    from papermill import inspect_notebook

    kernel = content.metadata.get("kernelspec", {})
    language = content.metadata.get("language_info", {}).get("name") or kernel.get("language")
    if not kernel.get("name") or language != "python":
        msg = (
            f"The file {notebook} names no Python kernel: its kernelspec needs name python3 and "
            "language python."
        )
        raise NotebookError(msg)
    cells = [cell for cell in content.cells if "parameters" in cell.metadata.get("tags", ())]
    try:
        declared = _declarations(cells[0].source) if cells else []
    except (SyntaxError, ValueError) as error:
        msg = f"The parameters cell of {notebook} is not one `name: type = default  # help` a line: {error}."
        raise NotebookError(msg) from error
    inspected = [Parameter(*found.values()) for found in inspect_notebook(content).values()]
    readable = [parameter[:3] for parameter in inspected]
    if dropped := [parameter.name for parameter in declared if parameter[:3] not in readable]:
        msg = (
            f"The parameters cell of {notebook} declares {', '.join(dropped)} in a line that the inspector "
            "of papermill cannot read: leave no second `=` or `#` in it."
        )
        raise NotebookError(msg)
    return inspected


def fit_parameters(declared: Iterable[Parameter], given: Mapping[str, str]) -> dict[str, Value]:
    """Convert texts to values of the declared types.

    Parameters
    ----------
    declared
        Parameters that the notebook declares.
    given
        Name → text. A text is parsed by the declared type (bool: true, yes, 1, false, no, 0); `@file` is
        replaced by the content of a UTF-8 file, and `@@x` by the text `@x`.

    Raises
    ------
    UnknownParameter
        A name is not declared.
    BadParameter
        A text does not parse by the declared type, or its file cannot be read.
    """
    types = {parameter.name: parameter.type for parameter in declared}
    _refuse_unknown(given, types)
    return {name: _parse(name, types[name], _expand(name, text)) for name, text in given.items()}


def check_parameters() -> None:
    """Check inside a notebook what papermill wrote into it; call it in the first cell after the parameters.

    Plain papermill (`-p`) runs a notebook with any names and types. This function finds the parameters cell
    and papermill's cell after it in the kernel's history, and compares the two. In an interactive session it
    does nothing, in whatever order cells are run.

    Raises
    ------
    UnknownParameter
        papermill was given a name that the notebook does not declare. papermill's own PAPERMILL_* names pass.
    BadParameter
        papermill was given a value of another type than the declared one. An int for a float passes.
    """
    from IPython import get_ipython

    shell = get_ipython()
    # Only a headless front end, such as papermill's, sends cells that may not ask for input.
    if not hasattr(shell, "get_parent") or shell.get_parent().get("content", {}).get("allow_stdin", True):
        return
    for later, earlier in pairwise(reversed(shell.history_manager.input_hist_raw)):
        types = _declared_types(earlier)
        # papermill's cell begins with this comment. A parameters cell may too, but it declares types.
        if types is None or not later.startswith("# Parameters\n") or _declared_types(later):
            continue
        values = _injected(later)
        _refuse_unknown([name for name in values if not name.startswith("PAPERMILL_")], types)
        for name in filter(types.get, values):
            _refuse_mistyped(name, types[name], type(values[name]).__name__)
        return


def _declarations(code: str) -> list[Parameter]:
    """Parse a parameters cell, without the help; ValueError or SyntaxError if it holds anything else."""
    found: dict[str, Parameter] = {}
    for line in ast.parse(code).body:
        match line:
            case ast.AnnAssign(ast.Name(name), ast.Name(type_name), ast.expr() as default):
                if type_name not in TYPES:
                    msg = f"{name} is declared {type_name}, and a parameter is one of {', '.join(TYPES)}"
                    raise ValueError(msg)
                if name in found:
                    msg = f"{name} is declared twice"
                    raise ValueError(msg)
                found[name] = Parameter(name, type_name, ast.get_source_segment(code, default) or "", "")
            case _:
                msg = f"line {line.lineno} declares no parameter with a type and a default"
                raise ValueError(msg)
    return list(found.values())


def _declared_types(code: str) -> dict[str, str] | None:
    """Name → declared type; None for a cell that is not a parameters cell."""
    with suppress(SyntaxError, ValueError):
        return {parameter.name: parameter.type for parameter in _declarations(code)}
    return None


def _injected(code: str) -> dict[str, object]:
    """Name → value of papermill's cell, which has one `name = literal` a line unless a name held code."""
    try:
        return {line.targets[0].id: _literal(line.value) for line in ast.parse(code).body}  # type: ignore[attr-defined]  # the except below
    except (AttributeError, TypeError, ValueError) as error:
        msg = "The name of a parameter held code, and papermill ran it: give names and values only."
        raise UnknownParameter(msg) from error


def _literal(node: ast.expr) -> object:
    match node:
        case ast.Call(ast.Name("float"), [ast.Constant(str(number))]):  # how papermill writes inf and nan
            return float(number)
    return ast.literal_eval(node)


def _refuse_unknown(names: Iterable[str], declared: Iterable[str]) -> None:
    declared = list(declared)
    for name in names:
        if name not in declared:
            near = get_close_matches(name, declared, n=1)
            there_are = f"The notebook declares {', '.join(declared) or 'none'}; give only these."
            advice = f"Did you mean {near[0]!r}?" if near else there_are
            msg = f"Unknown parameter {_shown(name)}. {advice}"
            raise UnknownParameter(msg)


def _refuse_mistyped(name: str, declared: str, given: str) -> None:
    if given == declared or (declared, given) == ("float", "int"):
        return
    advice = (
        f"give it with -r {name} (raw) instead of -p" if declared == "str" else f"give {WANTED[declared]}"
    )
    msg = (
        f"The parameter {name} is declared {declared} and papermill made the value a {given}: {advice}, or "
        "run the notebook with python -m digits_nb run."
    )
    raise BadParameter(msg)


def _expand(name: str, text: str) -> str:
    """Replace `@file` by the file's content and `@@x` by `@x`; return any other text as it is."""
    if not text.startswith("@"):
        return text
    if text.startswith("@@"):
        return text[1:]
    try:
        return Path(text[1:]).read_bytes().decode("utf-8")
    except OSError as error:
        reason = (
            f"cannot be read ({error.strerror}): give the path of a file after @, or @@ for a text that "
            "begins with @."
        )
        cause: Exception = error
    except ValueError as error:
        reason = "is not UTF-8 text: save it as UTF-8."
        cause = error
    msg = f"The parameter {name} is to be read from {_shown(text[1:])}, which {reason}"
    raise BadParameter(msg) from cause


def _parse(name: str, type_name: str, text: str) -> Value:
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
        msg = (
            f"The parameter {name} is declared {type_name} and was given {_shown(text)}: "
            f"give {WANTED[type_name]}."
        )
        raise BadParameter(msg) from error


def _shown(text: str) -> str:
    """Quote a short text; of a longer one, which may be a picture or a secret, give only the length."""
    return repr(text) if len(text) <= SHOWN_LENGTH else f"a text of {len(text)} characters"
