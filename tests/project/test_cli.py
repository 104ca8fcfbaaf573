"""The command line: real processes, their lines and their exit codes."""

import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

import digits_nb
from digits_nb.cli import main
from digits_nb.runs import read_result

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
SAMPLES = Path(__file__).parents[2] / "notebooks" / "samples"
COMMAND = [sys.executable, "-m", "digits_nb"]
RECOGNISER = {"numpy", "PIL", "cv2", "safetensors"}
HEAVY = RECOGNISER | {
    "sklearn",
    "papermill",
    "nbformat",
    "IPython",
    "matplotlib",
    "requests",
    "tornado",
}


def digits(
    *arguments: str | Path, folder: Path | None = None, given: bytes = b""
) -> subprocess.CompletedProcess:
    """What `python -m digits_nb` printed, and its exit code."""
    run = subprocess.run([*COMMAND, *arguments], cwd=folder, input=given, capture_output=True, check=False)
    return subprocess.CompletedProcess(run.args, run.returncode, run.stdout.decode(), run.stderr.decode())


@pytest.mark.parametrize("command", [[], ["read"], ["run"], ["train"], ["serve"], ["key"]], ids=" ".join)
def test_help_shows_examples_and_loads_nothing_heavy(command: list[str]) -> None:
    python = [sys.executable, "-X", "importtime", "-m", "digits_nb"]
    run = subprocess.run([*python, *command, "--help"], capture_output=True, text=True, check=True)

    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in run.stderr.splitlines()}
    assert f"python -m digits_nb {' '.join(command)}" in run.stdout.partition("For example:")[2]
    assert "digits_nb" in loaded
    assert not loaded & HEAVY


def test_the_version_is_the_one_of_the_package() -> None:
    assert digits("--version").stdout == f"digits_nb {digits_nb.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        pytest.param([], "COMMAND", id="no command"),
        pytest.param(["read"], "PICTURE", id="no picture"),
        pytest.param(["run"], "NOTEBOOK", id="no notebook"),
        pytest.param(["run", NOTEBOOKS / "no_parameters.ipynb"], "OUTPUT is missing", id="no output"),
        pytest.param(
            ["run", "a.ipynb", "b.ipynb", "-p", "seed"], "2 arguments", id="a parameter without a value"
        ),
        pytest.param(
            ["run", "a.ipynb", "b.ipynb", "-p", "seed", "1", "-p", "seed", "2"],
            "seed is given twice",
            id="a parameter twice",
        ),
    ],
)
def test_a_call_is_refused_with_its_usage_that_has(arguments: list[str | Path], advice: str) -> None:
    run = digits(*arguments)

    assert run.returncode == 2
    assert run.stderr.startswith("usage: python -m digits_nb")
    assert advice in run.stderr.splitlines()[-1]


def test_run_ends_with_the_findings_and_where_they_are(tmp_path: Path) -> None:
    terminal, end = pty.openpty()
    termios.tcsetwinsize(end, (24, 80))
    command = [*COMMAND, "run", NOTEBOOKS / "leaves_findings.ipynb", "out/run.ipynb", "-p", "text", "12e4567"]
    run = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=end, text=True, check=False)
    os.close(end)
    bar = os.read(terminal, 100_000).decode()
    os.close(terminal)

    assert run.returncode == 0
    assert run.stdout.splitlines() == [
        "text      12e4567",
        "seed      0",
        "share     0.5",
        "validate  no",
        f"folder    {tmp_path}",
        f"executed notebook  {tmp_path / 'out' / 'run.ipynb'}",
        f"result file        {tmp_path / 'out' / 'run.json'}",
    ]
    assert "100%|" in bar, "on a terminal, papermill's bar"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory of a command that runs in this process, which keeps its handler of SIGTERM."""
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)
    yield tmp_path
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.usefixtures("folder")
def test_a_failed_run_says_which_cell_and_why_in_its_last_line(capfd: pytest.CaptureFixture[str]) -> None:
    notebook = NOTEBOOKS / "fails_in_third_cell.ipynb"

    assert main(["run", str(notebook), "run.ipynb", "-p", "error", "KeyError"]) == 1

    *before, last = capfd.readouterr().err.splitlines()
    assert last == (
        "RunFailed: KeyError: 'The picture is blank: give one with a digit.' "
        f"(cell 3 of {notebook}; the run so far is in run.ipynb)"
    )
    assert "Traceback (most recent call last)" in "\n".join(before), (
        "the cell's own, for an error that is not ours"
    )


def test_a_refused_run_is_one_line(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(NOTEBOOKS / "leaves_findings.ipynb"), "run.ipynb", "-p", "sed", "3"]) == 1

    out, err = capfd.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("UnknownParameter: Unknown parameter 'sed'. Did you mean 'seed'?")
    assert list(folder.iterdir()) == []


def sockets_of_kernels() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob("kernel-*"))


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"]
)
def test_a_run_that_is_interrupted_kills_its_kernel_and_keeps_the_notebook(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    command = [*COMMAND, "run", NOTEBOOKS / "sleeps.ipynb", "run.ipynb"]
    run = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    kernel = tmp_path / "kernel.pid"
    patience = time.monotonic() + 60
    while not (kernel.exists() and kernel.read_text()):
        assert time.monotonic() < patience
        time.sleep(0.05)
    assert sockets_of_kernels(), "a kernel that runs has some"

    run.send_signal(number)
    while number == signal.SIGTERM and run.poll() is None:  # again and again, where `timeout` sends it twice
        time.sleep(0.001)
        run.send_signal(number)
    _, printed = run.communicate(timeout=60)

    assert run.returncode == code
    where = f"(cell 2 of {NOTEBOOKS / 'sleeps.ipynb'}; the run so far is in run.ipynb)"
    assert printed.splitlines()[-1] == f"Interrupted {where}"
    assert "Traceback" not in printed
    assert {path.name for path in tmp_path.iterdir()} == {"kernel.pid", "run.ipynb"}
    with pytest.raises(digits_nb.DigitsError, match="stopped before its end"):
        read_result(tmp_path / "run.ipynb")
    with pytest.raises(ProcessLookupError):
        os.kill(int(kernel.read_text()), 0)
    assert not sockets_of_kernels()


@pytest.mark.parametrize("output", ["/dev/full", "the reader is gone"])
def test_an_output_that_cannot_be_written_is_no_traceback(output: str) -> None:
    command = [*COMMAND, "run", NOTEBOOKS / "leaves_findings.ipynb", "--parameters"]
    if output == "/dev/full":
        with Path(output).open("wb") as full:
            run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        sentence = "OSError: The output cannot be written (No space left on device): make room for it.\n"
    else:
        ours, theirs = os.pipe()
        os.close(ours)
        run = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, text=True, check=False)
        os.close(theirs)
        sentence = ""
    assert (run.returncode, run.stderr) == (1, sentence)


def test_run_keeps_no_secret_of_a_url_unless_it_is_told_to(tmp_path: Path) -> None:
    url = "http://me:pass@127.0.0.1:9/seven.png?token=secret"
    for number, options in enumerate(([], ["--keep-parameters"])):
        output = tmp_path / f"{number}.ipynb"
        run = digits("run", NOTEBOOKS / "leaves_findings.ipynb", output, "-p", "text", url, *options)
        assert run.returncode == 0, run.stderr
        kept = output.read_text(encoding="utf-8") + output.with_suffix(".json").read_text(encoding="utf-8")
        for word in ("me:pass", "token=secret"):
            assert (word in kept) == (word in run.stdout) == bool(options)


def test_run_lists_what_a_notebook_declares(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(NOTEBOOKS / "leaves_findings.ipynb"), "--parameters"]) == 0

    assert capfd.readouterr().out.splitlines()[1:3] == [
        "seed: int = 0  # a whole number",
        "share: float = 0.5  # between 0 and 1",
    ]


def test_read_prints_a_line_a_picture_and_goes_on_after_a_bad_one(home: Path) -> None:
    run = digits(
        "read", "seven-dark-on-white.png", "blank.png", "no-such.png", "six-marker.bmp", folder=SAMPLES
    )

    assert run.returncode == 1
    assert run.stderr == ""
    seven, blank, missing, six = run.stdout.splitlines()
    assert seven.split()[:2] == ["seven-dark-on-white.png", "7"]
    assert seven.endswith("certain")
    assert "%" in seven
    assert blank.split()[:2] == ["blank.png", "NoDigit:"]
    assert missing.split()[:2] == ["no-such.png", "QueryError:"]
    assert six.split()[:2] == ["six-marker.bmp", "6"]
    assert seven.index("7") == blank.index("NoDigit"), "aligned"
    assert [path.name for path in home.iterdir()] == ["outputs"]


def test_read_takes_standard_input_and_prints_json(home: Path, store: digits_nb.ModelStore) -> None:
    (home / "outputs").rename(home / "not the default store")
    picture = (SAMPLES / "seven-dark-on-white.png").read_bytes()

    run = digits("read", "--json", "--store", store.path, "-", SAMPLES / "blank.png", given=picture)

    assert run.returncode == 1
    seven, blank = map(json.loads, run.stdout.splitlines())
    assert (seven["picture"], seven["digit"], seven["model_version"]) == ("-", 7, store.resolve("latest"))
    assert seven["confidence"] == max(seven["probabilities"])
    assert blank["error"] == "NoDigit"


@pytest.fixture
def server() -> Iterator[str]:
    """The address of the samples on a server of the test's own, `host:port`."""
    handler = partial(SimpleHTTPRequestHandler, directory=SAMPLES)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.usefixtures("home")
def test_read_takes_a_url_by_the_rules_of_queries(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://{server}/seven-dark-on-white.png"

    refused = digits("read", url)
    monkeypatch.setenv("DIGITS_NB_ALLOW", server)
    allowed = digits("read", url)

    assert (refused.returncode, refused.stdout.split()[1]) == (1, "ForbiddenAddress:")
    assert (allowed.returncode, allowed.stdout.split()[1]) == (0, "7")


@pytest.mark.usefixtures("home")
def test_read_takes_the_beginning_of_a_version(store: digits_nb.ModelStore) -> None:
    version = store.resolve("latest")

    found = digits("read", "--model", version[:8], SAMPLES / "seven-dark-on-white.png")
    missing = digits("read", "--model", "0" * 64, SAMPLES / "seven-dark-on-white.png")

    assert (found.returncode, found.stdout.split()[1]) == (0, "7")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr.startswith("ModelNotFound: ")


def test_train_saves_the_model_and_says_its_version_and_accuracy(
    tmp_path: Path,
    model: digits_nb.DigitModel,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = []
    # Training takes about a minute, and what it gives is tested in tests/training: here, it has been done.
    monkeypatch.setattr("digits_nb.training.train", lambda **options: asked.append(options) or model)

    assert main(["train", "--store", str(tmp_path / "models"), "--seed", "3", "--validate"]) == 0

    assert asked == [{"seed": 3, "validate": True, "learner": "networks"}]
    (version,) = digits_nb.ModelStore(tmp_path / "models").versions()
    printed = dict(line.split("  ", maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert printed["model version"].strip() == version
    assert printed["saved in"].strip() == str(tmp_path / "models" / f"{version}.safetensors")
    assert float(printed["accuracy, hold-out"]) == pytest.approx(model.card["holdout"]["accuracy"], abs=1e-4)
