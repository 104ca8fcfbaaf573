"""Errors: the tree of their names, and the sentence that says which extra is missing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import digits_nb
from digits_nb import errors

EXTRAS = {
    "train": ["sklearn", "scipy", "joblib", "tqdm", "matplotlib"],
    "notebook": [
        "papermill",
        "nbformat",
        "jupyter_client",
        "IPython",
        "ipywidgets",
        "traitlets",
        "anywidget",
        "wigglystuff",
    ],
    "service": ["tornado"],
}
BARE = """
import contextlib, importlib, io, json, sys

missing, uses = json.load(sys.stdin)
sys.modules.update(dict.fromkeys(missing))  # for the import system, None is a module that is not there
import digits_nb as dn
from digits_nb.cli import main


def command(*arguments):
    stderr = io.StringIO()
    with contextlib.redirect_stderr(stderr):
        assert main(list(arguments)) == 1
    return stderr.getvalue().strip()


def refusal(use):
    try:
        return eval(use)
    except dn.MissingPackage as error:
        return f"MissingPackage: {error}"


print(json.dumps([refusal(use) for use in uses]))
"""
TRAINING = "Training a model needs {}, which is not installed: run pip install 'digits_nb[train]'."
RUNNING = (
    "Running or reading a notebook needs {}, which is not installed: run pip install 'digits_nb[notebook]'."
)
PANEL = "The panel needs {}, which is not installed: run pip install 'digits_nb[notebook]'."
FIGURES = "Drawing figures needs {}, which is not installed: run pip install 'digits_nb[train]'."
SERVICE = "The HTTP service needs {}, which is not installed: run pip install 'digits_nb[service]'."
USES = {
    "dn.train": TRAINING,
    "importlib.import_module('digits_nb.recognition').default_model()": TRAINING,
    "dn.panel": PANEL,
    "dn.read_result('run.ipynb')": RUNNING,
    "importlib.import_module('digits_nb.plots')": FIGURES,
    "command('train')": TRAINING,
    "command('run', 'a.ipynb', 'b.ipynb')": RUNNING,
    "command('serve')": SERVICE,
}


def refused(missing: list[str], uses: list[str], folder: Path) -> list[str]:
    """What each use gives, in a Python of its own where modules are missing."""
    run = subprocess.run(
        [sys.executable, "-c", BARE],
        input=json.dumps([missing, uses]),
        env=os.environ | {"DIGITS_NB_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_the_tree_in_the_docstring_names_every_error_and_so_does_the_package() -> None:
    kinds = {kind.__name__ for kind in errors.DigitsError.__subclasses__()}
    assert set(re.findall(r"^    (\w+)", errors.__doc__ or "", flags=re.MULTILINE)) == kinds
    assert kinds | {"DigitsError"} <= set(digits_nb.__all__)


@pytest.fixture(scope="module")
def without_extras(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each use gives where no package of any extra is installed."""
    missing = [module for modules in EXTRAS.values() for module in modules]
    return dict(zip(USES, refused(missing, list(USES), tmp_path_factory.mktemp("empty")), strict=True))


@pytest.mark.parametrize("use", USES)
def test_one_sentence_says_what_to_install_for(use: str, without_extras: dict[str, str]) -> None:
    extra = re.findall(r"\[(\w+)\]", USES[use])[0]
    assert without_extras[use] in {f"MissingPackage: {USES[use].format(module)}" for module in EXTRAS[extra]}


@pytest.mark.parametrize(("use", "module"), [("dn.train", "joblib"), ("dn.panel", "wigglystuff")])
def test_one_missing_package_of_an_extra_is_named(use: str, module: str, tmp_path: Path) -> None:
    assert refused([module], [use], tmp_path) == [f"MissingPackage: {USES[use].format(module)}"]
