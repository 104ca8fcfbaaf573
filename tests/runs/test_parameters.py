"""Parameters: what a notebook declares, what fits it, and what papermill wrote into it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import nbformat
import papermill
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jupyter_client.manager import KernelManager

from digits_nb.errors import BadParameter, NotebookError, UnknownParameter
from digits_nb.runs.parameters import Parameter, check_parameters, declared_parameters, fit_parameters

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
DECLARED = [
    Parameter("text", "str", '""', "any text"),
    Parameter("seed", "int", "0", "a whole number"),
    Parameter("share", "float", "0.5", "between 0 and 1"),
    Parameter("validate", "bool", "False", "true or false"),
    Parameter("result", "str", '""', "the file for the findings"),
]
CELL = 'text: str = ""\nseed: int = 0\nshare: float = 0.5\nvalidate: bool = False'


class Kernel(Protocol):
    def __call__(self, *cells: str, headless: bool = True) -> str | None: ...


def write_notebook(path: Path, parameters_cell: str, **metadata: dict[str, str]) -> Path:
    """A notebook with one cell, the parameters cell."""
    cell = nbformat.v4.new_code_cell(parameters_cell, metadata={"tags": ["parameters"]})
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": kernelspec} | metadata), path
    )
    return path


def test_a_notebook_declares_names_types_defaults_and_help() -> None:
    assert declared_parameters(NOTEBOOKS / "leaves_findings.ipynb") == DECLARED


def test_a_notebook_without_a_parameters_cell_declares_none() -> None:
    assert declared_parameters(NOTEBOOKS / "no_parameters.ipynb") == []


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        pytest.param('url: str = ""\nurl: str = ""', "url is declared twice", id="a name twice"),
        pytest.param("sizes: list = []", "sizes is declared list", id="a type that no text stands for"),
        pytest.param("size: int | None = None", "line 1", id="a union of types"),
        pytest.param("seed = 0", "line 1", id="no type"),
        pytest.param("seed: int", "line 1", id="no default"),
        pytest.param("seed: int = 0\nimport os", "line 2", id="something that is no declaration"),
        pytest.param("%matplotlib inline", "invalid syntax", id="a magic command"),
        pytest.param('url: str = "?a=1"', "no second `=`", id="a second equals sign, which papermill drops"),
    ],
)
def test_a_parameters_cell_is_refused_when_it_has(tmp_path: Path, cell: str, reason: str) -> None:
    notebook = write_notebook(tmp_path / "notebook.ipynb", cell)

    with pytest.raises(NotebookError, match=reason):
        declared_parameters(notebook)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "No such file", id="not there"),
        pytest.param(b"\xff\xfe", "not JSON", id="binary"),
        pytest.param(b"seed: 3", "not JSON", id="another text"),
        pytest.param(b"[]", "no notebook", id="a JSON list"),
        pytest.param(b'{"digit": 7}', "no notebook", id="a JSON object of something else"),
        pytest.param(b'{"nbformat": 3, "worksheets": []}', "format 4", id="of an old format"),
        pytest.param(
            b'{"nbformat": 4, "metadata": {}, "cells": [{}]}', "no notebook", id="with a broken cell"
        ),
        pytest.param(
            b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}',
            "Python",
            id="without a kernel",
        ),
    ],
)
def test_a_file_is_refused_when_it_is(tmp_path: Path, content: bytes | None, reason: str) -> None:
    file = tmp_path / "notebook.ipynb"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(NotebookError, match=reason):
        declared_parameters(file)


def test_a_notebook_in_another_language_is_refused(tmp_path: Path) -> None:
    kernelspec = {"name": "ir", "display_name": "R", "language": "R"}
    notebook = write_notebook(tmp_path / "notebook.ipynb", "seed: int = 0", kernelspec=kernelspec)

    with pytest.raises(NotebookError, match="Python"):
        declared_parameters(notebook)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        pytest.param("text", "12e4567", "12e4567", id="a text that looks like a number stays a text"),
        pytest.param("text", "True", "True", id="a text that looks like a truth stays a text"),
        pytest.param("text", "", "", id="an empty text is a text"),
        pytest.param("text", "@@home", "@home", id="two at signs stand for one"),
        pytest.param("seed", "-3", -3, id="a negative whole number"),
        pytest.param("share", "1e-3", 0.001, id="a number with an exponent"),
        pytest.param("share", "1", 1.0, id="a whole number for a float"),
        pytest.param("validate", "true", True, id="true"),
        pytest.param("validate", "Yes", True, id="yes"),
        pytest.param("validate", "1", True, id="1 is true"),
        pytest.param("validate", "False", False, id="false"),
        pytest.param("validate", "no", False, id="no"),
        pytest.param("validate", "0", False, id="0 is false"),
    ],
)
def test_a_text_stands_for_a_value_of_the_declared_type(name: str, text: str, value: object) -> None:
    fitted = fit_parameters(DECLARED, {name: text})

    assert fitted == {name: value}
    assert type(fitted[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("seed", "three", id="a word for an int"),
        pytest.param("seed", "3.0", id="a float for an int"),
        pytest.param("seed", "", id="nothing for an int"),
        pytest.param("share", "half", id="a word for a float"),
        pytest.param("validate", "maybe", id="a word for a bool"),
        pytest.param("validate", "2", id="a number for a bool"),
        pytest.param("text", "@no/such/file", id="a file that is not there"),
        pytest.param("text", "@.", id="a folder for a file"),
        pytest.param("text", "\udcff.png", id="a file name in bytes that are no text"),
    ],
)
def test_a_text_is_refused_when_it_is(name: str, text: str) -> None:
    with pytest.raises(BadParameter, match=f"^The parameter {name} .*: give "):
        fit_parameters(DECLARED, {name: text})


def test_a_refusal_does_not_repeat_a_long_text() -> None:
    with pytest.raises(BadParameter) as refusal:
        fit_parameters(DECLARED, {"seed": "iVBORw0KGgo" * 1000})

    assert "a text of 11000 characters" in str(refusal.value)
    assert "iVBOR" not in str(refusal.value)


def test_a_file_stands_for_its_whole_content(tmp_path: Path) -> None:
    file = tmp_path / "long.txt"
    file.write_bytes("Ziffer «7»\r\n@x\n".encode())

    assert fit_parameters(DECLARED, {"text": f"@{file}"}) == {"text": "Ziffer «7»\r\n@x\n"}


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "seven.png"
    file.write_bytes(b"\x89PNG\r\n")

    with pytest.raises(BadParameter, match="not UTF-8"):
        fit_parameters(DECLARED, {"text": f"@{file}"})


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        pytest.param("sed", "Did you mean 'seed'?", id="near a declared one"),
        pytest.param("colour", "text, seed, share, validate, result", id="far from any"),
        pytest.param("Seed", "Did you mean 'seed'?", id="in another case"),
        pytest.param("x = 1; import os; os.system('touch pwned') #", "a text of 44 characters", id="code"),
        pytest.param("seed\nimport os", "Unknown parameter", id="a declared one with code after it"),
        pytest.param("seed ", "Did you mean 'seed'?", id="a declared one with a space"),
        pytest.param("", "Unknown parameter", id="empty"),
        pytest.param("PAPERMILL_OUTPUT_PATH", "Unknown parameter", id="one of papermill's own"),
    ],
)
def test_a_name_is_refused_when_it_is(name: str, answer: str) -> None:
    with pytest.raises(UnknownParameter) as refusal:
        fit_parameters(DECLARED, {name: "1"})

    assert answer in str(refusal.value)


def test_no_name_is_known_where_none_is_declared() -> None:
    with pytest.raises(UnknownParameter, match="declares none"):
        fit_parameters([], {"seed": "1"})


@given(st.text(st.characters(codec="utf-8")) | st.text("\"'\\\n\r\t{}#=\0\x85\u2028é", max_size=20))
def test_every_text_arrives_as_that_very_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    notebook = write_notebook(tmp_path_factory.getbasetemp() / "notebook.ipynb", CELL)
    values = fit_parameters(
        declared_parameters(notebook), {"text": f"@@{text[1:]}" if text[:1] == "@" else text}
    )

    prepared = papermill.execute_notebook(notebook, None, values, prepare_only=True)

    (line,) = ast.parse(prepared.cells[1].source).body
    assert line.targets[0].id == "text"
    assert ast.literal_eval(line.value) == text


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel: a function that runs cells in it from scratch, and gives the error of the last one."""
    manager = KernelManager(transport="ipc", ip=str(tmp_path_factory.getbasetemp() / "kernel"))
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    scratch = "from digits_nb.runs import check_parameters; get_ipython().history_manager.reset()"

    def run(*cells: str, headless: bool = True) -> str | None:
        for code in (scratch, *cells, "check_parameters()"):
            reply = client.execute_interactive(code, allow_stdin=not headless, output_hook=lambda _: None)
        content = reply["content"]
        return None if content["status"] == "ok" else f"{content['ename']}: {content['evalue']}"

    yield run
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()
    manager.context.destroy()


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param([CELL], id="it was given nothing"),
        pytest.param(["1", CELL, "2"], id="it was given nothing, and other cells were run"),
        pytest.param([f"# Parameters\n{CELL}"], id="its own cell begins with papermill's comment"),
        pytest.param([CELL, '# Parameters\ntext = "a"\nseed = 1\nvalidate = True\n'], id="the types fit"),
        pytest.param([CELL, "# Parameters\nshare = 1\n"], id="an int stands for a float"),
        pytest.param([CELL, "# Parameters\nshare = float('nan')\n"], id="a number is not finite"),
        pytest.param(
            [CELL, '# Parameters\nPAPERMILL_OUTPUT_PATH = "a"\n'], id="papermill added names of its own"
        ),
    ],
)
def test_a_notebook_that_papermill_started_goes_on_when(kernel: Kernel, cells: list[str]) -> None:
    assert kernel(*cells) is None


@pytest.mark.parametrize(
    ("injected", "refusal"),
    [
        pytest.param(
            "sed = 3",
            r"UnknownParameter: Unknown parameter 'sed'\. Did you mean 'seed'\?",
            id="a name that is not declared",
        ),
        pytest.param("x = 1; import os #= 2", "UnknownParameter: .* held code", id="a name with code in it"),
        pytest.param(
            "x = print(); seed = 2", "UnknownParameter: .* held code", id="a name with a call in it"
        ),
        pytest.param(
            "text = 12345678", "BadParameter: The parameter text .* int: .* -r text", id="an int for a text"
        ),
        pytest.param(
            "text = float('inf')", "BadParameter: The parameter text .* float: .* -r", id="a float for a text"
        ),
        pytest.param(
            "text = True", "BadParameter: The parameter text .* bool: .* -r text", id="a bool for a text"
        ),
        pytest.param(
            "text = None", "BadParameter: The parameter text .* NoneType: .* -r text", id="None for a text"
        ),
        pytest.param(
            'seed = "3"',
            "BadParameter: The parameter seed .* str: give a whole number",
            id="a text for an int",
        ),
        pytest.param(
            "seed = 3.0", "BadParameter: The parameter seed .* float: give a whole", id="a float for an int"
        ),
        pytest.param(
            "seed = True", "BadParameter: The parameter seed .* bool: give a whole", id="a bool for an int"
        ),
        pytest.param(
            "share = True",
            "BadParameter: The parameter share .* bool: give a number",
            id="a bool for a float",
        ),
        pytest.param(
            "validate = 1", "BadParameter: The parameter validate .* int: give True", id="an int for a bool"
        ),
        pytest.param('validate = "true"', "BadParameter: .* python -m digits_nb run", id="a text for a bool"),
    ],
)
def test_a_notebook_that_papermill_started_fails_on(kernel: Kernel, injected: str, refusal: str) -> None:
    assert re.match(refusal, kernel(CELL, f"# Parameters\n{injected}\n"))


def test_a_notebook_that_papermill_started_without_a_parameters_cell_fails(kernel: Kernel) -> None:
    assert re.match("UnknownParameter: .* declares none", kernel("# Parameters\nseed = 3\n"))


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param([CELL, "# Parameters\nseed = 3.0\n"], id="an executed notebook run again"),
        pytest.param([CELL, CELL, "1"], id="the parameters run twice"),
        pytest.param(["seed = 'seven'", CELL], id="cells out of order"),
        pytest.param(["1"], id="no parameters at all"),
    ],
)
def test_an_interactive_session_is_left_alone_with(kernel: Kernel, cells: list[str]) -> None:
    assert kernel(*cells, headless=False) is None


def test_outside_a_kernel_there_is_nothing_to_check() -> None:
    check_parameters()
