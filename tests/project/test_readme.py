"""The README, done as written, in a fresh clone: every command and every block of Python."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from lab import server_info

from digits_nb import ModelStore
from digits_nb.models.file_format import MAX_FILE_BYTES
from digits_nb.service.app import MAX_TIMEOUT_S
from digits_nb.service.body import MAX_BODY_BYTES
from digits_nb.service.server import Settings

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
COMMANDS = [text.strip() for language, text in BLOCKS if language == "sh"]
PYTHON = "".join(text for language, text in BLOCKS if language == "python")
LAB = "make lab"
MINUTE_S = 60


@contextmanager
def started(
    command: list[str], folder: Path, environment: dict[str, str], log: Path
) -> Iterator[subprocess.Popen]:
    """A program and all that it starts, until the block ends; what they print goes to `log`."""
    with log.open("wb") as printed:
        program = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield program
    finally:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGTERM)
        program.wait(timeout=MINUTE_S)


class Reader:
    """Somebody who has just cloned the project and types what the README says."""

    def __init__(self, clone: Path, environment: dict[str, str], log: Path) -> None:
        self.clone, self.environment, self.log = clone, environment, log

    def types(self, *command: str) -> tuple[int, str]:
        """The exit code, and all that was printed."""
        with started(list(command), self.clone, self.environment, self.log) as program:
            code = program.wait(timeout=15 * MINUTE_S)
        return code, self.log.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reader(
    clone: Path, installers_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Reader:
    environment = installers_environment | {
        "PYTHON": sys.executable,
        "BROWSER": "true",  # JupyterLab opens one: this program does nothing
        # `make test` runs as it is written, lint and browser and all, but of the tests only these: the
        # session that this is a part of runs them all
        "PYTEST_ADDOPTS": "tests/project/test_house.py -k make",
    }
    del environment["DIGITS_NB_HOME"]  # the clone is the root
    return Reader(clone, environment, tmp_path_factory.mktemp("log") / "printed.txt")


@pytest.fixture(scope="module")
def first_run(reader: Reader) -> str:
    """What the very first `make run` prints."""
    code, printed = reader.types("make", "run")
    assert code == 0, printed
    return printed


def test_the_first_run_trains_and_ends_with_the_digit_and_where_things_are(
    first_run: str, reader: Reader, store: ModelStore
) -> None:
    assert "There is no model yet" in first_run
    *_, digit, version, model, notebooks = first_run.strip().splitlines()
    assert re.fullmatch(r"The digit is 7, with a confidence of \d{2,3}\.\d%\.", digit)
    name = version.removeprefix("Model version").strip()
    # with the same libraries, another environment gives the same model
    assert name == store.resolve("latest")
    assert (reader.clone / model.removeprefix("Model ").strip()).is_file()
    assert notebooks.split(maxsplit=1)[1] == "outputs/train.ipynb, outputs/infer.ipynb"
    assert all((reader.clone / path).is_file() for path in ("outputs/train.ipynb", "outputs/infer.ipynb"))
    assert all((reader.clone / ".venv/bin" / name).is_file() for name in ("python", "papermill"))


@pytest.mark.usefixtures("first_run")
@pytest.mark.parametrize(
    "command",
    [command for command in COMMANDS if command != LAB],
    ids=lambda command: command.splitlines()[0],
)
def test_command(command: str, reader: Reader) -> None:
    code, printed = reader.types("bash", "-euo", "pipefail", "-c", command)
    assert code == 0, printed
    if "curl" in command:
        answers = [
            r'{"status":"ready"}',
            r'{"result":7,"metadata":',
            r'{"result":6,"metadata":',
            r'"latest":true}}',
        ]
        assert re.search(".*".join(map(re.escape, answers)), printed, re.DOTALL), printed


def test_what_is_put_in_front_of_the_service_lets_through_what_it_takes() -> None:
    (front,) = [text for language, text in BLOCKS if language == "nginx"]
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", front)
    (seconds,) = re.findall(r"proxy_read_timeout (\d+)s;", front)
    (port,) = re.findall(r"proxy_pass http://127\.0\.0\.1:(\d+);", front)
    assert int(megabytes) * 2**20 >= max(MAX_BODY_BYTES, MAX_FILE_BYTES)
    assert int(seconds) > MAX_TIMEOUT_S
    assert int(port) == Settings().port


@pytest.mark.usefixtures("first_run")
def test_make_lab_serves_the_notebooks(reader: Reader, tmp_path: Path) -> None:
    assert LAB in COMMANDS
    environment = reader.environment | {"JUPYTER_RUNTIME_DIR": str(tmp_path)}
    with started(LAB.split(), reader.clone, environment, reader.log) as lab:
        until = time.monotonic() + MINUTE_S
        while not (server := server_info(tmp_path)):
            in_time = lab.poll() is None and time.monotonic() < until
            assert in_time, reader.log.read_text(encoding="utf-8")
            time.sleep(0.2)
        address = f"{server['url']}api/contents/notebooks/infer.ipynb?content=0&token={server['token']}"
        with urllib.request.urlopen(address, timeout=MINUTE_S) as answer:  # noqa: S310 - our own server
            assert json.load(answer)["type"] == "notebook"


@pytest.mark.usefixtures("first_run")
def test_every_block_of_python(reader: Reader) -> None:
    code, printed = reader.types(".venv/bin/python", "-c", PYTHON)
    assert code == 0, printed


@pytest.mark.usefixtures("first_run")
def test_make_run_takes_a_path_that_no_shell_would_leave_alone(reader: Reader, tmp_path: Path) -> None:
    picture = tmp_path / """@it's "my" $HOME & $(PATH) #1; picture.png"""
    picture.write_bytes((CHECKOUT / "notebooks/samples/three-light-on-dark.png").read_bytes())
    code, printed = reader.types("make", "run", f"IMAGE={picture}")
    assert code == 0, printed
    assert "\nThe digit is 3" in printed


@pytest.mark.usefixtures("first_run")
def test_make_run_fails_when_the_picture_shows_no_digit(reader: Reader) -> None:
    code, printed = reader.types("make", "run", "IMAGE=notebooks/samples/blank.png")
    assert code != 0
    assert "NoDigit" in printed
    assert "The digit" not in printed


def test_what_the_prose_names_is_there() -> None:
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    named = set(re.findall(r"`([\w./-]+\.(?:py|ipynb|md|yml|lock))`", prose))
    assert len(named) > 5
    places = (CHECKOUT, CHECKOUT / "notebooks")
    assert {name for name in named if not any((place / name).exists() for place in places)} == set()
