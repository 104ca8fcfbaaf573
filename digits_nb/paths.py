"""Default paths under one root, and atomic writing of files.

The root is `$DIGITS_NB_HOME`, else the checkout that the package is installed from, else the current
directory. A default path is therefore the same wherever a command or a kernel was started.
"""

import os
import secrets
import shutil
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def root() -> Path:
    """Return the absolute folder of every default path."""
    if home := os.environ.get("DIGITS_NB_HOME"):
        return Path(home).expanduser().resolve()
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT
    return Path.cwd()


def outputs() -> Path:
    """Return the folder of executed notebooks, models and results: `outputs` under the root."""
    return root() / "outputs"


def models() -> Path:
    """Return the folder of the default store of models: `outputs/models` under the root."""
    return outputs() / "models"


def samples() -> Path:
    """Return the folder of the sample pictures: `notebooks/samples` under the root, else of the checkout."""
    here = root() / "notebooks" / "samples"
    return here if here.is_dir() else CHECKOUT / "notebooks" / "samples"


def results() -> Path:
    """Return the folder of measured figures: `benchmarks/results` under the root, else of the checkout."""
    here = root() / "benchmarks" / "results"
    return here if here.is_dir() else CHECKOUT / "benchmarks" / "results"


def write_whole(path: str | os.PathLike[str], data: bytes, *, mode: int = 0o666) -> Path:
    """Write a file under a temporary name, then rename it: a reader sees all of it or none.

    Parameters
    ----------
    path
        File to make or replace; missing parent folders are made.
    data
        Whole content of the file.
    mode
        Permissions of the file, from which the umask is taken away.

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OSError
        The file cannot be written. Nothing is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    # os.open applies the umask itself. Reading the umask would mean changing it, for every thread.
    handle = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return path


def sync(folder: Path) -> None:
    """Write the names in a folder to the disk, where a folder can be opened (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder; do nothing if it does not exist."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
