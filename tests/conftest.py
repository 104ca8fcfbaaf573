"""What every test stands on: one trained model, places of its own, and a checkout left as it was.

Home, caches, temporary files and the root of digits_nb are moved into one folder below the system's
temporary folder before anything is imported, for this process and for every one that a test starts. The
folder goes when the session ends; `--basetemp` keeps what the tests made, for looking.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from digits_nb import DigitModel, ModelStore

CHECKOUT = Path(__file__).resolve().parent.parent
OWN = Path(tempfile.mkdtemp(prefix="digits_nb-")).resolve()

# Where a person's settings stand: programs that install something (pip, a browser) are given these back.
SETTINGS = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
PERSONAL = {name: os.environ[name] for name in SETTINGS if name in os.environ}
# Tests run in several processes, each with a folder of its own; the first one knows the person's settings.
PERSONAL = json.loads(os.environ.setdefault("DIGITS_NB_TESTS_PERSONAL", json.dumps(PERSONAL)))

PLACES = {
    "HOME": OWN / "home",
    "XDG_CACHE_HOME": OWN / "home" / ".cache",
    "XDG_CONFIG_HOME": OWN / "home" / ".config",
    "XDG_DATA_HOME": OWN / "home" / ".local" / "share",
    "IPYTHONDIR": OWN / "ipython",
    "JUPYTER_CONFIG_DIR": OWN / "jupyter" / "config",
    "JUPYTER_DATA_DIR": OWN / "jupyter" / "data",
    "JUPYTER_RUNTIME_DIR": OWN / "jupyter" / "runtime",
    "MPLCONFIGDIR": OWN / "matplotlib",
    "HYPOTHESIS_STORAGE_DIRECTORY": OWN / "hypothesis",
    "TMPDIR": OWN / "tmp",
    "DIGITS_NB_HOME": OWN / "root",
}
for _name, _place in PLACES.items():
    _place.mkdir(parents=True, exist_ok=True)
    os.environ[_name] = str(_place)
# What a person or the make that started this has set is not for the tests, nor for the make that they start.
for _name in ("DIGITS_NB_ALLOW", "DIGITS_NB_PROXY", "DIGITS_NB_RUN", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(_name, None)
os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
os.environ["GIT_OPTIONAL_LOCKS"] = "0"  # asking git changes nothing
# Downloads are worth keeping: beside the packages that they became, as the Makefile does.
os.environ.setdefault("PIP_CACHE_DIR", str(Path(sys.prefix) / "cache" / "pip"))
sys.dont_write_bytecode = True
SLOWEST = {"test_readme.py", "test_lessons.py", "test_notebooks.py", "test_panel.py", "test_benchmarks.py"}
tempfile.tempdir = None  # so that TMPDIR is read again


def pytest_configure() -> None:
    from hypothesis import settings

    # Two busy cores make any deadline a coin toss; CI draws the same examples every time.
    settings.register_profile("digits_nb", deadline=None, database=None, derandomize="CI" in os.environ)
    settings.load_profile("digits_nb")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take minutes, so that no core waits for one of them at the end."""
    items.sort(key=lambda item: item.path.name not in SLOWEST)


def pytest_sessionfinish() -> None:
    shutil.rmtree(OWN, ignore_errors=True)


def files_of_checkout() -> dict[str, tuple[int, int]]:
    """Each file's time and size, but for git's own and the environment's."""
    found = {}
    for folder, folders, files in os.walk(CHECKOUT):
        folders[:] = [name for name in folders if name not in {".git", ".venv"}]
        for name in files:
            path = Path(folder, name)
            status = path.lstat()
            found[str(path.relative_to(CHECKOUT))] = (status.st_mtime_ns, status.st_size)
    return found


@pytest.fixture(scope="session")
def files_of_project() -> list[str]:
    """What belongs to the project: what git knows or would add; without git, all but what is made."""
    # Whoever owns the checkout, and whatever repository it lies in: this one's own is asked.
    git = ["git", "-c", f"safe.directory={CHECKOUT}", "-C", str(CHECKOUT), "--git-dir=.git"]
    listing = [*git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        names = subprocess.run(listing, check=True, capture_output=True, text=True).stdout.split("\0")
    except (OSError, subprocess.CalledProcessError):
        made = {"outputs", "__pycache__"}
        return sorted(name for name in files_of_checkout() if made.isdisjoint(Path(name).parts))
    return sorted(name for name in names if name and (CHECKOUT / name).is_file())


@pytest.fixture(scope="session", autouse=True)
def checkout_left_as_it_was() -> Iterator[None]:
    before = files_of_checkout()
    yield
    after = files_of_checkout()
    changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
    if asked := os.environ.get("DIGITS_NB_ARTEFACTS"):  # screenshots, where somebody wants them
        changed = [path for path in changed if Path(asked).resolve() not in (CHECKOUT / path).parents]
    assert not changed, f"files of the checkout that changed while the tests ran: {changed}"


@pytest.fixture(scope="session")
def installers_environment() -> dict[str, str]:
    """The environment for pip, make and a browser's installer: a person's settings, our other places."""
    return {name: value for name, value in os.environ.items() if name not in SETTINGS} | PERSONAL


@pytest.fixture(scope="session")
def clone(files_of_project: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the project's files and nothing else, as a fresh clone is; its name has a space."""
    clone = tmp_path_factory.mktemp("fresh") / "a clone"
    for name in files_of_project:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, clone / name)
    return clone


def shared_by_processes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporary folder that every process that runs tests has."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold a lock on a file against other processes."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def papermill_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One test at a time runs plain papermill: two kernels that start at once may get the same TCP port."""
    with alone(shared_by_processes(tmp_path_factory) / "papermill.lock"):
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of `train.ipynb` as it is: made once, for every process that runs tests.

    Training takes a minute. To work on something else, name the folder of an earlier run in
    `$DIGITS_NB_TESTS_TRAINED`; it is made there if it is not there yet.
    """
    shared = shared_by_processes(tmp_path_factory)
    folder = Path(os.environ.get("DIGITS_NB_TESTS_TRAINED") or shared / "trained")
    with alone(shared / "trained.lock"):
        if not (folder / "train.json").exists():
            command = [sys.executable, "-m", "digits_nb", "run", CHECKOUT / "notebooks" / "train.ipynb"]
            command += [folder / "train.ipynb", "-p", "store", folder / "models"]
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def model(trained: Path) -> "DigitModel":
    """The model of `trained`, not yet in a store."""
    import joblib

    import digits_nb

    card = digits_nb.ModelStore(trained / "models").load().card
    return digits_nb.DigitModel.from_estimator(joblib.load(trained / "digits-classifier.joblib"), card)


@pytest.fixture(scope="session")
def store(model: "DigitModel", tmp_path_factory: pytest.TempPathFactory) -> "ModelStore":
    """A store that holds `model`. It is everybody's: look, and change only what you made yourself."""
    import digits_nb

    store = digits_nb.ModelStore(tmp_path_factory.mktemp("store") / "models")
    store.save(model)
    return store


@pytest.fixture
def saved(store: "ModelStore") -> "DigitModel":
    """`model` out of its store."""
    return store.load("latest")


@pytest.fixture
def home(store: "ModelStore", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root of the test's own whose default store holds `model`; `$DIGITS_NB_HOME` names it."""
    home = tmp_path / "home"
    shutil.copytree(store.path, home / "outputs" / "models")
    monkeypatch.setenv("DIGITS_NB_HOME", str(home))
    return home
