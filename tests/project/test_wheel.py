"""The wheel and its base install: few packages, enough to read a picture with a model that is given."""

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from digits_nb import ModelStore

SAMPLE = Path(__file__).resolve().parents[2] / "notebooks" / "samples" / "seven-dark-on-white.png"
MOST_PACKAGES = 11
READ = """
import sys
import digits_nb as dn
model = dn.ModelStore(sys.argv[1]).load()
query = {"path": sys.argv[2]}
print(dn.recognize(query, model).digit, [answer.digit for answer in dn.recognize_many([query] * 2, model)])
"""


@pytest.fixture(scope="module")
def bare(
    clone: Path, tmp_path_factory: pytest.TempPathFactory, installers_environment: dict[str, str]
) -> Path:
    """The Python of an environment that holds the wheel's base install and nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    python = folder / "environment" / "bin" / "python"
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    for command in (
        [*wheel, "--wheel-dir", folder, clone],
        [sys.executable, "-m", "venv", folder / "environment"],
        [python, "-m", "pip", "install", "--quiet", "--find-links", folder, "digits_nb"],
    ):
        done = subprocess.run(
            [str(word) for word in command],
            check=False,
            cwd=folder,
            env=installers_environment | {"PIP_NO_COMPILE": "1"},  # most modules are never imported here
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
    return python


def run(python: Path, folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), *map(str, arguments)], check=False, cwd=folder, capture_output=True, text=True
    )


def test_the_base_install_pulls_in_few_packages(bare: Path, tmp_path: Path) -> None:
    listed = run(bare, tmp_path, "-m", "pip", "list", "--format", "freeze").stdout
    names = {line.partition("==")[0] for line in listed.split()} - {"pip", "setuptools"}
    assert "digits_nb" in names
    assert len(names) <= MOST_PACKAGES, sorted(names)


def test_the_base_install_reads_pictures_with_a_model_that_is_given(
    bare: Path, store: "ModelStore", tmp_path: Path
) -> None:
    done = run(bare, tmp_path, "-c", READ, store.path, SAMPLE)
    assert done.stdout.split("\n")[0] == "7 [7, 7]", done.stderr


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (["-c", "import digits_nb; digits_nb.train()"], "train"),
        (["-c", "import digits_nb; digits_nb.panel()"], "notebook"),
        (["-m", "digits_nb", "run", "infer.ipynb", "out.ipynb"], "notebook"),
        (["-m", "digits_nb", "train"], "train"),
        (["-m", "digits_nb", "serve"], "service"),
        (["-m", "digits_nb", "read", str(SAMPLE)], "train"),
    ],
    ids=["train", "panel", "a run", "the command train", "the service", "a first picture without a model"],
)
def test_what_an_extra_is_needed_for_names_it(
    arguments: list[str], extra: str, bare: Path, tmp_path: Path
) -> None:
    done = run(bare, tmp_path, *arguments)
    assert done.returncode == 1
    (line,) = re.findall(r"MissingPackage: .*", done.stderr)
    assert f"pip install 'digits_nb[{extra}]'" in line


def test_the_wheel_says_that_it_is_typed(bare: Path, tmp_path: Path) -> None:
    found = run(bare, tmp_path, "-c", "import digits_nb; print(digits_nb.__path__[0])").stdout.strip()
    assert Path(found, "py.typed").is_file()
