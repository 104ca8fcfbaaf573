"""Models on disk: a folder of versions, which are named by their content and never change.

Nothing here unpickles anything: a version is a file of data that is checked byte by byte, and another file is
left alone.
"""

import os
import re
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from digits_nb.errors import DigitsError, ModelNotFound, TamperedModel
from digits_nb.models.file_format import MAX_FILE_BYTES, digest
from digits_nb.models.model import DigitModel
from digits_nb.paths import models, remove, sync, write_whole

SHORT = 8
"""The least digits that a prefix of a version may have, and how many a message shows."""

_LATEST = "latest"
_MAX_LATEST_BYTES = 4096

_SUFFIX = ".safetensors"
_VERSION = re.compile(r"([0-9a-f]{64})\.safetensors")
_OLDER = re.compile(r"[0-9a-f]{64}")

# A save takes milliseconds: what is unfinished for an hour was interrupted.
_UNFINISHED = re.compile(r"\.(latest|[0-9a-f]{64}\.safetensors)\..+")  # the names that write_whole gives
_STALE_S = 3600

_PICKLES = {".joblib", ".pkl", ".pickle"}
_NO_PICKLES = "which nothing here loads because loading one runs whatever code is in it"
_TRAIN = "train a model with `make run` or `python -m digits_nb train`"


class ModelStore:
    """A folder of models, one file a version.

    Savers and readers may be at work at the same time, and a save may be interrupted at any point: what
    has the name of a version is whole, and `latest` names such a one.

    Parameters
    ----------
    path
        The folder, made when something is saved; `outputs/models` under the root if it is not given.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        self.path = Path(path or models()).expanduser().absolute()

    def __repr__(self) -> str:
        return f"ModelStore({str(self.path)!r})"

    def file(self, version: str) -> Path:
        """Give the path of a version's file, from its 64 hex digits."""
        return self.path / f"{version}{_SUFFIX}"

    def versions(self) -> list[str]:
        """List the versions, the last one saved first.

        When a version was saved is not in it but read from its file, so the order is lost where a copy of
        the store does not keep the times of files.

        Raises
        ------
        ModelNotFound
            The store is a file, or cannot be read.
        """
        return [name.removesuffix(_SUFFIX) for name in self._names(_VERSION)]

    def has_older(self) -> bool:
        """Tell whether there are models of the format that a folder for each version had."""
        return any((self.path / name).is_dir() for name in self._names(_OLDER))

    def resolve(self, version: str = "latest") -> str:
        """Give the full name of a version, without reading the version itself.

        Parameters
        ----------
        version
            "latest", or the first 8 or more of a version's 64 hex digits.

        Raises
        ------
        ModelNotFound
            There is no such version, or more than one.
        """
        if version != "latest":
            _check_name(version)
        versions = self.versions()
        if not versions:
            self._raise_empty()
        if version == "latest":
            return self._latest(versions)
        found = [name for name in versions if name.startswith(version.lower())]
        if not found:
            msg = (
                f"The store {self.path} has no version {version}: name one of `versions()`, whose last saved "
                f"is {versions[0][:SHORT]}."
            )
            raise ModelNotFound(msg)
        if len(found) > 1:
            msg = f"{len(found)} versions of the store {self.path} begin with {version}: give more digits."
            raise ModelNotFound(msg)
        return found[0]

    def load(self, version: str = "latest") -> DigitModel:
        """Read a version, comparing its hash before any of it is parsed.

        Parameters
        ----------
        version
            "latest", a version, or a unique prefix of 8 or more of its digits.

        Raises
        ------
        ModelNotFound
            There is no such version, or none that this release reads.
        TamperedModel
            The file has other content than it is named by, or does what no model may.
        """
        version = self.resolve(version)
        try:
            data = _read_plain(self.file(version), MAX_FILE_BYTES)
        except OSError as error:
            self._raise_unreadable(error)
        return DigitModel.from_bytes(data, version=version, where=str(self.path))

    def save(self, model: DigitModel, *, latest: bool = True) -> str:
        """Keep a model under the version that it gives.

        A version that is there already is left as it is; a damaged one is replaced as a whole.

        Parameters
        ----------
        model
            What is kept.
        latest
            Whether `latest` names it from now on; where it names no version yet, it does in any case.

        Returns
        -------
        str
            The version, 64 hex digits; the model's own `version` is set to it.

        Raises
        ------
        DigitsError
            The card is not plain JSON, or the folder cannot be written to.
        """
        data = model.to_bytes()
        version = digest(data)
        path = self.file(version)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._sweep()
            if not self._is_whole(version):
                if path.is_dir() and not path.is_symlink():
                    remove(path)  # a file cannot take the name of a folder
                write_whole(path, data)
                sync(self.path)
            if latest or self._current() is None:
                self._point(version)
        except OSError as error:
            self._raise_unwritable(error)
        model.version = version
        return version

    def point(self, version: str) -> str:
        """Make a version of the store its latest, as a rollback does, and give its full name.

        It is loaded first, so that `latest` never names one that does not answer.

        Raises
        ------
        DigitsError
            As for `load`, or the folder cannot be written to.
        """
        version = str(self.load(version).version)
        try:
            self._point(version)
        except OSError as error:
            self._raise_unwritable(error)
        return version

    def _names(self, pattern: re.Pattern[str]) -> list[str]:
        """List the names of entries that match, the last one written first."""
        times: dict[str, int] = {}
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if pattern.fullmatch(entry.name):
                        # a saver may have removed a damaged one in between
                        with suppress(FileNotFoundError):
                            times[entry.name] = entry.stat(follow_symlinks=False).st_mtime_ns
        except FileNotFoundError:
            return []
        except OSError as error:
            self._raise_unreadable(error)
        return sorted(times, key=lambda name: (-times[name], name))

    def _latest(self, versions: list[str]) -> str:
        hint = f"name a version, such as {versions[0][:SHORT]}, or train and save again"
        try:
            named = _read_plain(self.path / _LATEST, _MAX_LATEST_BYTES).decode("ascii", "replace").strip()
        except FileNotFoundError as error:
            msg = f"The store {self.path} has versions but no file `latest`: {hint}."
            raise ModelNotFound(msg) from error
        except OSError as error:
            self._raise_unreadable(error)
        # another saver may have come since they were listed: a version is there before `latest` names it
        if named not in versions and named not in self.versions():
            msg = f"The file `latest` of the store {self.path} names no version that is there: {hint}."
            raise ModelNotFound(msg)
        return named

    def _point(self, version: str) -> None:
        if self._current() != version:
            write_whole(self.path / _LATEST, f"{version}\n".encode())

    def _current(self) -> str | None:
        """Give the version that `latest` names; None if it names none that is there."""
        try:
            return self.resolve()
        except DigitsError:
            return None

    def _is_whole(self, version: str) -> bool:
        try:
            return bool(self.load(version))
        except DigitsError:
            return False

    def _sweep(self) -> None:
        """Remove what interrupted saves left; what is young may be another saver's."""
        for name in self._names(_UNFINISHED):
            leftover = self.path / name
            with suppress(FileNotFoundError):
                if time.time() - leftover.lstat().st_mtime > _STALE_S:
                    remove(leftover)

    def _raise_empty(self) -> NoReturn:
        pickled = sorted(file.name for file in self.path.glob("*") if file.suffix in _PICKLES)
        if self.has_older():
            msg = (
                f"The store {self.path} has only models of an older format, which this release cannot read: "
                f"{_TRAIN}, which leaves them as they are."
            )
        elif pickled:
            msg = f"The store {self.path} holds no version but {pickled[0]}, {_NO_PICKLES}: {_TRAIN}."
        else:
            msg = f"The store {self.path} has no model yet: {_TRAIN}."
        raise ModelNotFound(msg)

    def _raise_unwritable(self, error: OSError) -> NoReturn:
        msg = (
            f"The model cannot be saved in {self.path} ({error.strerror}): name a folder that has room and "
            "that you may write to."
        )
        raise DigitsError(msg) from error

    def _raise_unreadable(self, error: OSError) -> NoReturn:
        if self.path.suffix in _PICKLES:
            msg = f"The store {self.path} is a pickled file, {_NO_PICKLES}: {_TRAIN}."
        else:
            msg = f"The store {self.path} cannot be read ({error.strerror}): name a folder that you may read."
        raise ModelNotFound(msg) from error


def _read_plain(path: Path, max_bytes: int) -> bytes:
    """Read a plain file, no link or device, of at most so many bytes.

    Raises
    ------
    TamperedModel
        It is something else, or larger.
    """
    if not stat.S_ISREG(path.lstat().st_mode):
        msg = f"The path {path} is no plain file, as every file of a store is: train and save a new model."
        raise TamperedModel(msg)
    with path.open("rb") as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        msg = f"The file {path} has more than the {max_bytes} bytes it may have: train and save a new model."
        raise TamperedModel(msg)
    return data


def _check_name(version: str) -> None:
    """Refuse what is no version and no prefix of one."""
    name = str(version)
    if re.fullmatch(r"[0-9a-fA-F]{8,64}", name):
        return
    if Path(name).suffix in _PICKLES:
        msg = f"The version {name!r:.80} is a pickled file, {_NO_PICKLES}: {_TRAIN}."
    elif re.search(r"[/\\.]", name):
        msg = f"The version {name!r:.80} is a path: give the folder as the store, and 8 or more digits here."
    elif re.fullmatch(r"[0-9a-fA-F]*", name):
        msg = f"The version {name!r:.80} has {len(name)} digits, where a version has 64: give 8 or more."
    else:
        msg = f'The version {name!r:.80} is not made of hex digits: give "latest", or 8 or more digits.'
    raise ModelNotFound(msg)
