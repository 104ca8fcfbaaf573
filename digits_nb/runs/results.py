"""Findings of a notebook: shown in a marked output, and written to a file as JSON.

The strict runner names the executed notebook in the environment variable DIGITS_NB_RUN; the files of the run
are written beside it. Without that runner they are written to `outputs` under the root.
"""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from digits_nb import paths
from digits_nb.errors import NotebookError

RUN = "DIGITS_NB_RUN"


def leave_findings(findings: Mapping[str, Any], notebook: str, result: str = "") -> Path:
    """Show the findings of this notebook and write them to a file; call it in the notebook's last cell.

    Parameters
    ----------
    findings
        Name → value. NumPy scalars and arrays become numbers and lists, paths become texts.
    notebook
        Name of the notebook, without a suffix.
    result
        File to write, relative to the kernel's working directory. By default the executed notebook's name
        with `.json` under the strict runner, else `outputs/<notebook>.json` under the root.

    Returns
    -------
    Path
        File that was written.

    Raises
    ------
    NotebookError
        JSON cannot hold a finding, such as NaN, or the file cannot be written.
    """
    from IPython.display import display

    plain = _plain(findings, notebook)
    file = Path(result).expanduser() if result else _default_file(notebook)
    write_findings(file, plain)
    display(  # type: ignore[no-untyped-call]  # IPython's
        {"application/json": plain, "text/plain": summary(plain)},
        metadata={
            "application/json": {"expanded": True},
            "digits_nb": {"findings": True, "result": str(file.absolute())},
        },
        raw=True,
    )
    return file


def write_findings(file: Path, findings: Mapping[str, Any]) -> None:
    """Write findings that are plain JSON values to a file.

    Raises
    ------
    NotebookError
        The file cannot be written.
    """
    try:
        paths.write_whole(file, (json.dumps(findings, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        msg = (
            f"The findings cannot be written to {file} ({error.strerror}): give as result a file in a folder "
            "that has room and that you may write to."
        )
        raise NotebookError(msg) from error


def beside_run(name: str) -> Path:
    """Return the path of a further file of this run: beside the executed notebook, else in `outputs`."""
    run = os.environ.get(RUN)
    folder = Path(run).parent if run else paths.outputs()
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def findings_output(notebook: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the last output of an executed notebook that is marked as findings; None if there is none."""
    for cell in reversed(notebook["cells"]):
        output: dict[str, Any]
        for output in reversed(cell.get("outputs", [])):
            if output.get("metadata", {}).get("digits_nb", {}).get("findings"):
                return output
    return None


def summary(findings: Mapping[str, Any]) -> str:
    """Format the findings that are single values, one a line, aligned."""
    single = {name: value for name, value in findings.items() if not isinstance(value, dict | list)}
    width = max(map(len, single), default=0)
    return "\n".join(f"{name:<{width}}  {_text(value)}" for name, value in single.items())


def _default_file(notebook: str) -> Path:
    run = os.environ.get(RUN)
    return Path(run).with_suffix(".json") if run else paths.outputs() / f"{notebook}.json"


def _plain(value: object, name: str) -> Any:  # noqa: ANN401 - JSON's any
    """Convert a value to what JSON has; `name` is its place in the findings, for the message."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    match value:
        case Mapping():
            return {str(key): _plain(item, f"{name}.{key}") for key, item in value.items()}
        case list() | tuple():
            return [_plain(item, f"{name}[{place}]") for place, item in enumerate(value)]
        case os.PathLike():
            return os.fspath(value)
        case float() if not math.isfinite(value):
            msg = f"The finding {name} is {value}, which JSON does not have: leave a number or None."
            raise NotebookError(msg)
        case None | bool() | int() | float() | str():
            return value
    msg = f"The finding {name} is a {type(value).__name__}: leave numbers, texts, lists and dicts of them."
    raise NotebookError(msg)


def _text(value: object) -> str:
    """Format a single value on one line: four significant digits, yes, no, or a dash for None."""
    match value:
        case None:
            return "–"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}"
        case _:
            return " ".join(str(value).split())
