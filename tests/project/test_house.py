"""The house: what is declared is what is used, installs and stays in step."""

import ast
import json
import os
import re
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pytest_socket import SocketConnectBlockedError

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

CHECKOUT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = PYPROJECT["project"]
BASE = [Requirement(text) for text in PROJECT["dependencies"]]
EXTRAS = {
    extra: [Requirement(text) for text in texts if not text.startswith("digits_nb[")]
    for extra, texts in PROJECT["optional-dependencies"].items()
}
USERS = ("train", "notebook", "service", "batch", "course", "heic")  # the others are for developers
RUNTIME = BASE + [requirement for extra in USERS for requirement in EXTRAS[extra]]
DECLARED = BASE + [requirement for requirements in EXTRAS.values() for requirement in requirements]
BACKEND = [Requirement(text) for text in PYPROJECT["build-system"]["requires"]]
LOCK = (CHECKOUT / "requirements.lock").read_text(encoding="utf-8")
ENVIRONMENT = yaml.safe_load((CHECKOUT / "environment.yml").read_text(encoding="utf-8"))
MAKEFILE = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

# Declared, and imported nowhere in the package: each with its reason.
NOT_IMPORTED = {
    "jupyterlab": "a program: make lab",
    "ipykernel": "the kernel that the notebooks name",
    "pillow-heif": "imported by its name, and only for HEIC",
}


def name_of(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


# Imports


def sources(*folders: str) -> Iterator[str]:
    """The Python of every module and every code cell in the folders."""
    for folder in folders:
        for path in sorted((CHECKOUT / folder).rglob("*.py")):
            yield path.read_text(encoding="utf-8")
        for path in notebooks(folder):
            for cell in json.loads(path.read_bytes())["cells"]:
                if cell["cell_type"] == "code":
                    yield re.sub(r"^\s*[%!].*$", "", "".join(cell["source"]), flags=re.MULTILINE)


def notebooks(folder: str = "notebooks") -> list[Path]:
    paths = sorted((CHECKOUT / folder).rglob("*.ipynb"))
    return [path for path in paths if ".ipynb_checkpoints" not in path.parts]


def imported(*folders: str) -> set[str]:
    """The distributions that the folders' Python imports from."""
    found = set()
    for source in sources(*folders):
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(str(node.module).partition(".")[0])
    ours = {path.stem for folder in folders for path in (CHECKOUT / folder).rglob("*.py")}
    homes = packages_distributions()
    foreign = found - set(sys.stdlib_module_names) - ours - {"digits_nb"}
    return {canonicalize_name(homes.get(name, [name])[0]) for name in foreign}


def test_the_package_imports_what_is_declared_and_declares_what_is_imported() -> None:
    declared = {name_of(requirement) for requirement in RUNTIME}
    assert imported("digits_nb", "notebooks") == declared - NOT_IMPORTED.keys()


def test_tests_and_tools_import_what_is_declared() -> None:
    declared = {name_of(requirement) for requirement in DECLARED}
    assert imported("tests", "tools", "benchmarks") <= declared


def loaded(code: str, *arguments: str) -> set[str]:
    """The top-level modules outside the standard library that the code loads in a fresh Python."""
    whole = f"import sys; before = set(sys.modules)\n{code}\nprint(*(set(sys.modules) - before))"
    printed = subprocess.run(
        [sys.executable, "-c", whole, *arguments], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    return {name.partition(".")[0] for name in printed[-1].split()} - set(sys.stdlib_module_names)


def test_importing_digits_nb_loads_nothing_else() -> None:
    assert loaded("import digits_nb") == {"digits_nb"}


def test_answering_a_query_loads_neither_scikit_learn_nor_jupyter_nor_a_web_client(home: Path) -> None:
    assert home.is_dir()
    found = loaded(
        "import digits_nb; digits_nb.recognize({'path': sys.argv[1]})",
        str(CHECKOUT / "notebooks/samples/seven-dark-on-white.png"),
    )
    assert {"digits_nb", "numpy", "PIL", "cv2", "safetensors"} <= found
    heavy = {"sklearn", "scipy", "joblib", "matplotlib", "requests", "papermill", "nbformat", "tornado"}
    assert not found & (heavy | {"IPython", "ipywidgets", "jupyterlab", "tqdm", "pandas"})


# Dependencies


def test_conda_users_get_all_extras() -> None:
    *conda, pip = ENVIRONMENT["dependencies"]
    assert conda == [f"python {PROJECT['requires-python']}", "pip"]
    assert pip == {"pip": ["-e .[all]"]}
    assert PROJECT["optional-dependencies"]["all"] == [f"digits_nb[{','.join(USERS)}]"]


def test_the_environments_pip_section_installs_and_reads_a_digit(
    clone: Path, home: Path, tmp_path: Path, installers_environment: dict[str, str]
) -> None:
    # conda writes the section to a file beside environment.yml, and gives that to pip there
    (tmp_path / "requirements.txt").write_text(
        "\n".join(ENVIRONMENT["dependencies"][-1]["pip"]), encoding="utf-8"
    )
    python = tmp_path / "environment" / "bin" / "python"
    for command in (
        [sys.executable, "-m", "venv", str(tmp_path / "environment")],
        [str(python), "-m", "pip", "install", "--quiet", "--requirement", str(tmp_path / "requirements.txt")],
        [str(python), "-m", "digits_nb", "read", "notebooks/samples/seven-dark-on-white.png"],
    ):
        done = subprocess.run(
            command,
            check=False,
            cwd=clone,
            # most modules are never imported here
            env=installers_environment | {"DIGITS_NB_HOME": str(home), "PIP_NO_COMPILE": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, done.stdout
    assert re.search(r"\b7\b", done.stdout.splitlines()[-1])


def pins() -> list[tuple[Requirement, int]]:
    """Each pinned requirement, and how many hashes it has."""
    entries = re.findall(
        r"^(\S.*==.*?) \\\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)*)", LOCK, flags=re.MULTILINE
    )
    return [(Requirement(text), hashes.count("--hash=")) for text, hashes in entries]


def test_every_pin_of_the_lock_has_its_hashes() -> None:
    entries = [line for line in LOCK.splitlines() if re.match(r"[^\s#]", line)]
    assert len(pins()) == len(entries) > 50
    assert [str(requirement) for requirement, hashes in pins() if not hashes] == []
    assert all(str(requirement.specifier).startswith("==") for requirement, _ in pins())


def test_the_lock_names_no_address_and_no_index() -> None:
    assert re.findall(r"(?i)https?:|://|--(?:index|extra|find|trusted)\S*|\w+\.(?:org|com|io)\b", LOCK) == []


@pytest.mark.parametrize("system", ["linux", "darwin"])
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_pins_every_dependency_once_and_within_its_bounds(python: str, system: str) -> None:
    environment = default_environment() | {
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": system,
        "platform_system": system.title(),
        "os_name": "posix",
    }
    pinned: dict[str, list[SpecifierSet]] = {}
    for requirement, _ in pins():
        if not requirement.marker or requirement.marker.evaluate(environment):
            pinned.setdefault(name_of(requirement), []).append(requirement.specifier)
    assert [name for name, specifiers in pinned.items() if len(specifiers) != 1] == []
    for requirement in DECLARED + BACKEND:
        (specifier,) = pinned[name_of(requirement)]
        assert requirement.specifier.contains(str(specifier).removeprefix("==")), requirement.name


def test_every_dependency_stands_with_its_reason() -> None:
    text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    for requirement in DECLARED:
        assert re.search(rf'^ +"{re.escape(requirement.name)} [^"]*", +# \w', text, flags=re.MULTILINE), (
            requirement
        )


# Releases


def test_one_version_everywhere() -> None:
    import digits_nb

    changes = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\S+)", changes, flags=re.MULTILINE)
    assert newest
    assert digits_nb.__version__ == PROJECT["version"] == newest[1]


def test_ci_runs_make_test_on_the_oldest_and_the_newest_python() -> None:
    workflow = yaml.safe_load((CHECKOUT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["test"]
    assert job["strategy"]["matrix"]["python"] == [PYTHONS[0], PYTHONS[-1]]
    assert {"run": ".ci/run"} in job["steps"]
    assert "\nexec make test" in (CHECKOUT / ".ci/run").read_text(encoding="utf-8")
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"
    named = [text.rpartition(" ")[2] for text in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", text)]
    assert tuple(named) == PYTHONS


def test_ci_pins_its_actions_by_commit_and_audits_what_is_locked() -> None:
    text = (CHECKOUT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
    assert all(re.search(r"@[0-9a-f]{40}  # v\d", line) for line in text.splitlines() if "uses:" in line)
    assert "pip_audit --requirement requirements.lock --require-hashes" in text


# make


def test_make_says_what_can_be_made() -> None:
    targets = ["help", "run", "test", "lab", "lint", "lock", "bench", "figures", "course", "clean"]
    assert re.findall(r"^\.PHONY: (\w+)$", MAKEFILE, flags=re.MULTILINE) == targets
    for command in (["make"], ["make", "help"]):
        printed = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
        assert re.findall(r"^  (\w+) +\w.*$", printed, flags=re.MULTILINE) == targets


def test_what_make_starts_leaves_its_bytecode_in_the_environment(clone: Path) -> None:
    show = "show:\n\t@echo $$PYTHONPYCACHEPREFIX\n"
    command = ["make", "-f", "Makefile", "-f", "-", "show"]
    printed = subprocess.run(
        command, cwd=clone, input=show, check=True, capture_output=True, text=True
    ).stdout
    assert Path(printed.strip()) == clone / ".venv/cache/pycache"


def test_make_refuses_an_older_python_in_a_sentence(clone: Path, tmp_path: Path) -> None:
    old = tmp_path / "python2"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "run", f"PYTHON={old}", "READY=.venv-of-old/ready"],
        check=False,
        cwd=clone,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert f"digits_nb needs Python 3.11 or newer, and {old} is older or missing" in done.stderr
    assert not (clone / ".venv-of-old").exists()


def test_make_test_fails_in_a_sentence_where_no_browser_can_be_had(tmp_path: Path) -> None:
    nowhere = tmp_path / "chromium"
    done = subprocess.run(
        ["make", "--old-file=lint", "test"],
        check=False,
        cwd=CHECKOUT,
        env=os.environ | {"CHROMIUM": str(nowhere), "PYTEST_ADDOPTS": "--version"},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert f"$CHROMIUM names '{nowhere}', which does not start: name another" in done.stderr
    assert not re.search(r"pytest \d", done.stdout + done.stderr)


def test_lint_and_hooks_strip_the_same_from_notebooks() -> None:
    hooks = yaml.safe_load((CHECKOUT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = hooks["repos"]
    assert repository["repo"] == "local"
    assert all(hook["entry"].startswith(".venv/bin/") for hook in repository["hooks"])
    keys = '--extra-keys "metadata.papermill cell.metadata.papermill"'
    assert keys in MAKEFILE
    assert keys in repository["hooks"][-1]["entry"]


# What is in git


@pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.name)
def test_a_notebook_is_kept_without_outputs_and_names_the_kernel_that_all_have(path: Path) -> None:
    notebook = json.loads(path.read_bytes())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code
    assert not any(cell["outputs"] or cell["execution_count"] for cell in code)
    assert "papermill" not in notebook["metadata"]
    kernel = notebook["metadata"]["kernelspec"]
    assert (kernel["name"], kernel["language"]) == ("python3", "python")


def test_there_are_notebooks() -> None:
    assert {path.stem for path in notebooks()} >= {"train", "preprocess", "infer"}


def test_no_file_names_a_place_on_somebodys_machine(files_of_project: list[str]) -> None:
    place = re.compile(rb"(?<![\w.:/-])(/(home|Users|root)/\w|[A-Z]:\\(Users)\b)")
    found = [name for name in files_of_project if place.search((CHECKOUT / name).read_bytes())]
    assert found == []


# The tests themselves


def test_a_test_reaches_nothing_but_the_loopback() -> None:
    # this machine by another name, so that a guard that does not work lets nothing out
    with socket.socket() as here, pytest.raises((SocketConnectBlockedError, UserWarning)):
        here.connect(("0.0.0.0", 9))  # noqa: S104


def test_home_is_not_the_persons() -> None:
    assert Path.home().parent.name.startswith("digits_nb-")
