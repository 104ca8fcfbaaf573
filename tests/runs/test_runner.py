"""Runs: notebooks executed strictly in real kernels, and their results."""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from papermill.cli import papermill as papermill_command

from digits_nb.errors import BadParameter, DigitsError, NoDigit, NotebookError, RunFailed, UnknownParameter
from digits_nb.runs import read_result, run_notebook

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
NASTY = 'a "quoted" \'text\' """with\\n\nall\t\\ that\u2028 «breaks» # = {things}'


def test_a_run_leaves_the_notebook_and_its_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    output = Path("new folder", "{braces}.ipynb")
    given = {"text": NASTY, "seed": "-3", "share": "1", "validate": "yes"}
    expected = {
        "text": NASTY,
        "seed": -3,
        "share": 1.0,
        "validate": True,
        "folder": str(tmp_path),
        "digits": [1, 2],
    }
    environment = dict(os.environ)

    found = run_notebook(NOTEBOOKS / "leaves_findings.ipynb", output, given)

    assert found == expected
    assert read_result(output) == expected
    assert read_result(output.with_suffix(".json")) == expected
    assert {path.name for path in output.parent.iterdir()} == {
        "{braces}.ipynb",
        "{braces}.json",
        "further.txt",
    }
    assert os.environ == environment

    executed = nbformat.read(output, as_version=4)
    nbformat.validate(executed)
    assert executed.metadata.papermill.output_path == str(output)
    (shown,) = executed.cells[-1].outputs
    assert "text/plain" in shown.data

    progress = capfd.readouterr().err
    assert progress.splitlines()[-1].startswith("Executing: 5 of 5 cells")
    assert progress.replace("\n", "").isprintable()


LEAKS = """
from html import escape
from IPython.display import HTML, display
import json
from digits_nb.runs import leave_findings

print(text)
print([text], json.dumps({"at": text}))
display(HTML(f"<img src='{escape(text)}'>"))
leave_findings({"at": text, "again": {text: [text]}, "other": "https://example.org/?page=2"}, "leaks")
"""


@pytest.mark.parametrize("last", ["", "raise ValueError(text)"], ids=["well", "badly"])
def test_the_secrets_of_a_url_are_not_kept_however_the_run_ends(tmp_path: Path, last: str) -> None:
    text = 'https://me:pass-word@pictures.example/?a=1&b=pass-word HTTP://pictures.example/?it\'s="pass-word"'
    kept = "https://pictures.example/ HTTP://pictures.example/"
    output = tmp_path / "executed.ipynb"
    notebook = nbformat.read(NOTEBOOKS / "leaves_findings.ipynb", as_version=4)
    cells = [cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", ())]
    notebook.cells = [*cells, *map(nbformat.v4.new_code_cell, (LEAKS, last))]
    nbformat.write(notebook, tmp_path / "leaks.ipynb")

    if last:
        with pytest.raises(RunFailed):
            run_notebook(tmp_path / "leaks.ipynb", output, {"text": text}, progress=False)
    else:
        found = run_notebook(tmp_path / "leaks.ipynb", output, {"text": text}, progress=False)
        assert found == {"at": kept, "again": {kept: [kept]}, "other": "https://example.org/?page=2"}
        assert read_result(output.with_suffix(".json")) == found

    for file in (output, output.with_suffix(".json")):
        assert "pass-word" not in file.read_text(encoding="utf-8")
    executed = nbformat.read(output, as_version=4)
    assert executed.metadata.papermill.parameters == {"text": kept}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_result_in_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    place = str(tmp_path / "file" / "folder" / "found.json")
    with pytest.raises(NotebookError, match=r"found\.json \(Not a directory\): give as result a file in"):
        run_notebook(
            NOTEBOOKS / "leaves_findings.ipynb", tmp_path / "a.ipynb", {"result": place}, progress=False
        )


def test_a_notebook_without_parameters_and_findings_is_run_and_a_file_beside_it_stays(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "executed.ipynb"
    output.with_suffix(".json").write_text("somebody's own", encoding="utf-8")

    assert run_notebook(NOTEBOOKS / "no_parameters.ipynb", output, progress=False) == {}

    assert nbformat.read(output, as_version=4).cells[0].outputs[0].data["text/plain"] == "42"
    assert capfd.readouterr().err == ""
    assert output.with_suffix(".json").read_text(encoding="utf-8") == "somebody's own"
    with pytest.raises(NotebookError, match="leaves no findings"):
        read_result(output)


def test_a_kernel_that_is_busy_after_its_last_cell_ends_without_a_word(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    run_notebook(NOTEBOOKS / "busy_at_its_end.ipynb", tmp_path / "executed.ipynb", progress=False)

    assert capfd.readouterr().err == ""


def test_an_error_of_ours_is_raised_as_it_was_in_the_cell(tmp_path: Path) -> None:
    output = tmp_path / "executed.ipynb"
    output.touch()
    output.with_suffix(".json").write_text('{"digit": 7}', encoding="utf-8")

    notebook = NOTEBOOKS / "fails_in_third_cell.ipynb"

    with pytest.raises(NoDigit) as failure:
        run_notebook(notebook, output)

    assert str(failure.value) == "The picture is blank: give one with a digit."
    assert failure.value.__notes__ == [f"(cell 3 of {notebook}; the run so far is in {output})"]
    assert [path.name for path in tmp_path.iterdir()] == ["executed.ipynb"], (
        "an earlier run's findings are gone"
    )
    with pytest.raises(RunFailed, match="NoDigit: The picture is blank"):
        read_result(output)


def test_any_other_error_is_a_failed_run(tmp_path: Path) -> None:
    output = tmp_path / "executed.ipynb"

    with pytest.raises(RunFailed, match=r"^ZeroDivisionError: The picture") as failure:
        run_notebook(NOTEBOOKS / "fails_in_third_cell.ipynb", output, {"error": "ZeroDivisionError"})

    # papermill's own cell does not count
    assert failure.value.__notes__[0].startswith("(cell 3 of ")
    assert "reached" in nbformat.read(output, as_version=4).cells[-1].source


def test_a_kernel_that_dies_is_a_failed_run(tmp_path: Path) -> None:
    output = tmp_path / "executed.ipynb"

    with pytest.raises(RunFailed, match="kernel died") as failure:
        run_notebook(NOTEBOOKS / "kernel_dies.ipynb", output)

    assert failure.value.__notes__[0].startswith("(cell 2 of ")
    with pytest.raises(RunFailed, match="stopped before its end"):
        read_result(output)


def written(path: Path, source: str, kernel: str = "python3") -> Path:
    """A notebook of one cell."""
    notebook = nbformat.read(NOTEBOOKS / "no_parameters.ipynb", as_version=4)
    notebook.cells = [nbformat.v4.new_code_cell(source)]
    notebook.metadata.kernelspec.name = kernel
    nbformat.write(notebook, path)
    return path


CONNECTION = """
from ipykernel.connect import get_connection_info
from digits_nb.runs import leave_findings

connection = get_connection_info(unpack=True)
encrypted = "curve_publickey" in connection
leave_findings({"transport": connection["transport"], "ip": connection["ip"], "encrypted": encrypted}, "at")
"""


def kernels_folders() -> list[Path]:
    """The folders of the sockets of headless kernels."""
    return list(Path(tempfile.gettempdir()).glob("kernel-*"))


def test_sixteen_runs_at_once_have_sockets_of_their_own(tmp_path: Path) -> None:
    notebook = written(tmp_path / "connection.ipynb", CONNECTION)
    # processes as a pipeline has them, but what they import is imported once
    code = """
import json, multiprocessing, sys
import papermill
from digits_nb.runs import run_notebook

with multiprocessing.get_context("fork").Pool(16) as processes:
    runs = [processes.apply_async(run_notebook, (sys.argv[1], f"{number}.ipynb")) for number in range(16)]
    print(json.dumps([run.get() for run in runs]))
"""
    command = [sys.executable, "-c", code, notebook]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert {(connection["transport"], connection["encrypted"]) for connection in found} == {("ipc", True)}
    assert len({connection["ip"] for connection in found}) == 16
    assert all(Path(connection["ip"]).is_absolute() for connection in found)
    assert kernels_folders() == []


def test_a_run_whose_sockets_would_have_too_long_a_path_takes_tcp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ("long" * 25)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("long" * 25)))

    found = run_notebook(written(tmp_path / "a.ipynb", CONNECTION), tmp_path / "b.ipynb", progress=False)

    assert (found["transport"], found["encrypted"]) == ("tcp", True)
    assert kernels_folders() == []


@pytest.fixture
def mortal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A kernel named `mortal` that dies at once as often as there are lines in the file that is given."""
    deaths = tmp_path / "deaths"
    start = f"""
import os, sys
deaths = open({str(deaths)!r}).readlines()
open({str(deaths)!r}, "w").writelines(deaths[1:])
if not deaths:
    os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", "-f", sys.argv[1]])
"""
    spec = {
        "argv": [sys.executable, "-c", start, "{connection_file}"],
        "display_name": "dies",
        "language": "python",
    }
    folder = tmp_path / "jupyter" / "kernels" / "mortal"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    return deaths


@pytest.mark.parametrize("deaths", [1, 2])
def test_a_kernel_that_dies_before_its_first_reply_is_started_once_more(
    deaths: int, mortal: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    mortal.write_text("once\n" * deaths, encoding="utf-8")
    notebook, output = written(tmp_path / "a.ipynb", "6 * 7", "mortal"), tmp_path / "b.ipynb"

    if deaths == 1:
        run_notebook(notebook, output, progress=False)
        assert nbformat.read(output, as_version=4).cells[0].outputs[0].data["text/plain"] == "42"
    else:
        with pytest.raises(RunFailed, match="kernel died") as failure:
            run_notebook(notebook, output, progress=False)
        assert failure.value.__notes__ == [f"({notebook} was not started)"]

    assert mortal.read_text(encoding="utf-8") == ""
    assert capfd.readouterr().err.count("starting another one") == 1
    assert kernels_folders() == []


@pytest.mark.parametrize("last", ["", "1 / 0"], ids=["well", "badly"])
def test_an_output_that_is_taken_meanwhile_is_refused_however_the_run_ends(last: str, tmp_path: Path) -> None:
    output = tmp_path / "executed.ipynb"
    notebook = written(tmp_path / "takes.ipynb", f"import os\nos.mkdir({str(output)!r})\n{last}")

    with pytest.raises(NotebookError, match=r"executed\.ipynb cannot be written \(Is a directory\): give"):
        run_notebook(notebook, output)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["executed.ipynb", "takes.ipynb"]


def test_a_run_that_there_is_no_room_for_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    notebook = written(tmp_path / "prints.ipynb", "print('no room ' * 20_000)")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        with pytest.raises(NotebookError, match=r"cannot be written \(File too large\): give"):
            run_notebook(notebook, tmp_path / "executed.ipynb")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list(tmp_path.iterdir()) == [notebook]


def test_a_kernel_that_is_not_installed_is_named(tmp_path: Path) -> None:
    notebook = nbformat.read(NOTEBOOKS / "no_parameters.ipynb", as_version=4)
    notebook.metadata.kernelspec.name = "python2.4"
    nbformat.write(notebook, tmp_path / "old.ipynb")

    with pytest.raises(NotebookError, match=r"python2\.4, which is not installed"):
        run_notebook(tmp_path / "old.ipynb", tmp_path / "executed.ipynb")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        pytest.param({"sed": "3"}, UnknownParameter, id="an unknown name"),
        pytest.param({"seed": "three"}, BadParameter, id="a mistyped value"),
        pytest.param({"text": "@no/such/file"}, BadParameter, id="a file that is not there"),
        pytest.param({"PAPERMILL_OUTPUT_PATH": "x"}, UnknownParameter, id="a name of papermill's"),
        pytest.param(
            {"x = 1; open('pwned', 'w') #": "1"}, UnknownParameter, id="a malicious name with a comment"
        ),
        pytest.param(
            {"seed = 0\nopen('pwned', 'w')\nseed": "1"}, UnknownParameter, id="a malicious name in lines"
        ),
    ],
)
def test_nothing_is_run_or_written_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], error: type[DigitsError]
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(error):
        run_notebook(NOTEBOOKS / "leaves_findings.ipynb", "outputs/executed.ipynb", given)

    assert list(tmp_path.iterdir()) == []


def test_a_notebook_that_declares_nothing_takes_no_parameters(tmp_path: Path) -> None:
    with pytest.raises(UnknownParameter, match="declares none"):
        run_notebook(NOTEBOOKS / "no_parameters.ipynb", tmp_path / "executed.ipynb", {"seed": "3"})


@pytest.mark.parametrize(
    "output",
    [
        pytest.param("given.ipynb", id="the notebook itself"),
        pytest.param("folder/../given.ipynb", id="the notebook itself by another path"),
        pytest.param("executed.json", id="no notebook by its name"),
        pytest.param("folder.ipynb", id="a folder"),
        pytest.param("given.ipynb/executed.ipynb", id="below a file"),
    ],
)
def test_an_output_is_refused_that_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    shutil.copy(NOTEBOOKS / "no_parameters.ipynb", tmp_path / "given.ipynb")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.ipynb").mkdir()
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))

    with pytest.raises(NotebookError, match=r": give (another|the) path"):
        run_notebook("given.ipynb", output)

    assert sorted(tmp_path.rglob("*")) == before
    assert Path("given.ipynb").read_bytes() == (NOTEBOOKS / "no_parameters.ipynb").read_bytes()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        pytest.param("infer.json", None, "cannot be read", id="not there"),
        pytest.param("infer.ipynb", None, "cannot be read", id="a notebook that is not there"),
        pytest.param("infer.json", "digit: 7", "not a JSON object", id="no JSON"),
        pytest.param("infer.json", "[7]", "not a JSON object", id="a list"),
        pytest.param("infer.ipynb", '{"digit": 7}', "no notebook", id="a notebook by its name only"),
        pytest.param("infer.ipynb", "leaves_findings.ipynb", "was not run", id="a notebook that was not run"),
    ],
)
def test_there_is_no_result_in_a_file_that_is(
    tmp_path: Path, name: str, content: str | None, reason: str
) -> None:
    file = tmp_path / name
    if content is not None and content.endswith(".ipynb"):
        shutil.copy(NOTEBOOKS / content, file)
    elif content is not None:
        file.write_text(content, encoding="utf-8")

    with pytest.raises(NotebookError, match=reason):
        read_result(file)


def papermill(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    notebook = str(NOTEBOOKS / "leaves_findings.ipynb")
    command = [sys.executable, "-m", "papermill", notebook, *arguments, "-p", "result", "found.json"]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


@pytest.mark.usefixtures("papermill_alone")
@pytest.mark.parametrize(
    ("arguments", "refusal"),
    [
        pytest.param(
            ["-p", "sed", "3"],
            "UnknownParameter: Unknown parameter 'sed'. Did you mean 'seed'?",
            id="an unknown name",
        ),
        pytest.param(
            ["-p", "text", "12e4567"], "give it with -r text (raw) instead of -p", id="a mistyped value"
        ),
    ],
)
def test_a_notebook_that_papermill_itself_started_fails_on(
    tmp_path: Path, arguments: list[str], refusal: str
) -> None:
    run = papermill(tmp_path, "executed.ipynb", *arguments)

    assert run.returncode == 1
    assert refusal in run.stderr.strip().splitlines()[-1]
    assert not (tmp_path / "found.json").exists()


@pytest.mark.usefixtures("papermill_alone")
def test_a_notebook_that_papermill_itself_started_runs_with_what_fits(tmp_path: Path) -> None:
    run = papermill(tmp_path, "executed.ipynb", "--inject-paths", "-r", "text", "12e4567", "-p", "seed", "3")

    assert run.returncode == 0, run.stderr
    found = json.loads((tmp_path / "found.json").read_bytes())
    assert (found["text"], found["seed"]) == ("12e4567", 3)
    assert read_result(tmp_path / "executed.ipynb") == found


def test_papermill_lists_the_parameters_with_type_default_and_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        papermill_command(["--help-notebook", str(NOTEBOOKS / "leaves_findings.ipynb")])

    assert " ".join(capsys.readouterr().out.split()).endswith(
        'text: str (default "") any text'
        " seed: int (default 0) a whole number"
        " share: float (default 0.5) between 0 and 1"
        " validate: bool (default False) true or false"
        ' result: str (default "") the file for the findings'
    )
