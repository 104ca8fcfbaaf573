"""The lines to copy, pasted: into a shell with a service running, as the panel gives them."""

import json
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers import Server, plain, serving
from services import OWNER, Running, running

from digits_nb import ModelStore, recognize
from digits_nb.widgets import code_snippets

SAMPLES = Path(__file__).resolve().parents[2] / "notebooks" / "samples"
SEVEN = SAMPLES / "seven-dark-on-white.png"
NAME = "it's a $HOME of `mine`.png"  # a shell may make nothing of it


@pytest.fixture(scope="module")
def pictures() -> Iterator[Server]:
    with serving(plain(SEVEN.read_bytes())) as server:
        yield server


@pytest.fixture(scope="module")
def service(
    store: ModelStore, pictures: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    with running(store.path, tmp_path_factory.mktemp("service"), allow=pictures.pair) as service:
        yield service


def paste(line: str, service: Running, folder: Path) -> dict:
    """Do what a person does: fill in the key, the folder, and where their own service is."""
    line = line.replace(
        "http://127.0.0.1:8000/v1/algo/me/", f"http://127.0.0.1:{service.port}/v1/algo/{OWNER}/"
    )
    line = line.replace("Simple KEY", f"Simple {service.key}").replace("FOLDER/", "./")
    run = subprocess.run(["bash", "-c", line], cwd=folder, check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


QUERIES = {
    "a file": lambda folder, _: ({"path": folder / NAME}, ""),
    "an upload": lambda _, __: ({"bytes": SEVEN.read_bytes()}, NAME),
    "a URL": lambda _, url: ({"bytes": SEVEN.read_bytes()}, f"{url}?a=1&b='2'"),
    "base64": lambda _, __: ({"base64": b64encode(SEVEN.read_bytes()).decode()}, ""),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the notebook runs, and whoever pastes stands: with a picture."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / NAME).write_bytes(SEVEN.read_bytes())
    return tmp_path


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
def test_the_line_for_a_shell_asks_the_service_for_the_same(
    query: Callable[[Path, str], tuple[dict, str]],
    store: ModelStore,
    service: Running,
    pictures: Server,
    folder: Path,
) -> None:
    for version in (store.resolve("latest"), None):
        shell = code_snippets.for_query(*query(folder, pictures.url), version)["Shell"]
        assert paste(shell, service, folder)["result"] == 7


def test_the_line_for_a_shell_asks_the_service_for_a_grid(
    store: ModelStore, service: Running, tmp_path: Path
) -> None:
    grid = recognize({"path": SEVEN}, store.load("latest")).grid
    shell = code_snippets.for_grid(grid, store.resolve("latest"))["Shell"]
    assert paste(shell, service, tmp_path)["result"] == 7
