"""Where things are: one root for every default path, and files that are whole or not there.

The root is `$DIGITS_NB_HOME`, else the checkout that the package is installed from, else the current
directory, so that a default means the same place wherever a command or a kernel was started.
"""

import os
import secrets
import shutil
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def root() -> Path:
    """The absolute folder that every default path stands under."""
    if home := os.environ.get("DIGITS_NB_HOME"):
        return Path(home).expanduser().resolve()
    if (CHECKOUT / "pyproject.toml").is_file():
        return CHECKOUT
    return Path.cwd()


def outputs() -> Path:
    """Executed notebooks, models and results: `outputs` under the root."""
    return root() / "outputs"


def models() -> Path:
    """The default store of models: `outputs/models` under the root."""
    return outputs() / "models"


def samples() -> Path:
    """The pictures made for this project: `notebooks/samples` under the root, or the checkout's."""
    here = root() / "notebooks" / "samples"
    return here if here.is_dir() else CHECKOUT / "notebooks" / "samples"


def results() -> Path:
    """What the benchmarks measured: `benchmarks/results` under the root, or the checkout's."""
    here = root() / "benchmarks" / "results"
    return here if here.is_dir() else CHECKOUT / "benchmarks" / "results"


def write_whole(path: str | os.PathLike[str], data: bytes, *, mode: int = 0o666) -> Path:
    """Write `data` to `path` under a temporary name, then rename: a reader sees all of it or none.

    Parameters
    ----------
    path
        The file to make or replace; missing parent folders are made.
    data
        Its whole content.
    mode
        Who may read and write it, of which the umask takes away.

    Returns
    -------
    Path
        `path`.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    # the system takes the umask away: who asks for the umask has to change it, for every thread
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
    """Let the names in a folder outlive a power cut, where a folder can be opened (not on Windows)."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder; one that is gone already is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
