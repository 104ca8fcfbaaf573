"""Who may ask and who may write: a file of salted hashes of keys, each with a name and its rights.

The keys themselves are nowhere: one is shown when it is made, and never again.
"""

import fcntl
import hashlib
import hmac
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from digits_nb.errors import DigitsError
from digits_nb.paths import outputs, write_whole
from digits_nb.service.log import note

RIGHTS = ("ask", "write")
"""`ask` is for queries and for looking; `write` for new models and for which one is the latest."""

MAX_KEY = 200
"""Characters of a key that is looked at; ours have 46."""

_FORMAT = 1
_NAME = re.compile(r"[\w.@+-]{1,60}", re.ASCII)


@dataclass(frozen=True)
class Holder:
    """Whom a key was made for.

    Attributes
    ----------
    name : str
        As it stands in the log.
    rights : frozenset of str
        Some of `RIGHTS`.
    """

    name: str
    rights: frozenset[str]


class _Entry(NamedTuple):
    holder: Holder
    salt: bytes
    digest: bytes


def new_key() -> str:
    """Give a key that nobody can guess: 256 random bits, with a beginning that scanners for secrets find."""
    return f"dn_{secrets.token_urlsafe(32)}"


def default_keys() -> Path:
    """Give the file of keys that is used where none is named: `outputs/keys.json` under the root."""
    return outputs() / "keys.json"


class KeyFile:
    """The keys of a service, read again whenever their file is another than before.

    A file that went away, is broken or cannot be read lets nobody in, until it is put right. What is wrong
    with it is `fault`, and is told once in the log of the service.

    Parameters
    ----------
    path
        The file; it need not be there.
    shown
        A key that is in no file and may do everything, for a service whose file is not there or holds none.
    """

    def __init__(self, path: Path, shown: str = "") -> None:
        self.path = path
        self.fault = ""
        self._shown = [_entry(Holder("shown-at-start", frozenset(RIGHTS)), shown)] if shown else []
        self._entries: list[_Entry] = []
        self._seen: object = None
        self._lock = Lock()

    def holder(self, key: str) -> Holder | None:
        """Say whose key this is, in a time that tells nothing about the others.

        Parameters
        ----------
        key
            As the caller sent it.
        """
        self._reload()
        found = None
        for holder, salt, digest in self._entries + self._shown:  # to the end, wherever it is found
            if hmac.compare_digest(_digest(salt, key[:MAX_KEY]), digest):
                found = holder
        return found

    def holders(self) -> list[Holder]:
        """List whom the file's keys were made for.

        Raises
        ------
        DigitsError
            The file is not one of keys.
        """
        return [entry.holder for entry in _read(self.path)]

    def add(self, name: str, rights: frozenset[str]) -> str:
        """Make a key, keep its hash in the file, and give it.

        Raises
        ------
        DigitsError
            The name is taken, or no name; or the file is not one of keys, or cannot be written.
        """
        if not _NAME.fullmatch(name):
            msg = f"The name {name!r:.80} is none for a key: use up to 60 letters, digits, . _ @ + and -."
            raise DigitsError(msg)
        with _alone(self.path):
            entries = _read(self.path)
            if any(entry.holder.name == name for entry in entries):
                msg = f"There is a key for {name} already: remove it first, or use another name."
                raise DigitsError(msg)
            key = new_key()
            _write(self.path, [*entries, _entry(Holder(name, rights), key)])
        return key

    def remove(self, name: str) -> None:
        """Take a key's hash out of the file; a service that runs refuses the key from then on.

        Raises
        ------
        DigitsError
            There is none of this name; or the file is not one of keys, or cannot be written.
        """
        with _alone(self.path):
            entries = _read(self.path)
            left = [entry for entry in entries if entry.holder.name != name]
            if len(left) == len(entries):
                msg = f"There is no key for {name!r:.80}: `python -m digits_nb key` lists those there are."
                raise DigitsError(msg)
            _write(self.path, left)

    def _reload(self) -> None:
        try:
            status = self.path.stat()
            seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        except OSError as error:
            seen = error.errno
        with self._lock:
            # one that could not be read is tried again each time: to be put right, it need not change
            if seen == self._seen and not self.fault:
                return
            fault = ""
            try:
                self._entries = _read(self.path)
            except DigitsError as error:
                self._entries, fault = [], str(error)
                if fault != self.fault:
                    note("error", event="keys", error=fault)
            self._seen, self.fault = seen, fault


def _digest(salt: bytes, key: str) -> bytes:
    # One quick hash, not one that is made to be slow: those are for passwords, which can be guessed. Nobody
    # guesses 256 random bits, and every request pays for this once for each key in the file.
    return hashlib.blake2b(key.encode(errors="replace"), digest_size=32, salt=salt).digest()


def _entry(holder: Holder, key: str) -> _Entry:
    salt = secrets.token_bytes(hashlib.blake2b.SALT_SIZE)
    return _Entry(holder, salt, _digest(salt, key))


def _read(path: Path) -> list[_Entry]:
    try:
        # without O_NONBLOCK, opening a pipe would wait for a writer, perhaps for ever
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return _parse(**json.loads(file.read()))
        msg = f"The file of keys {path} is a pipe or a device: name a plain file with --keys."
        raise DigitsError(msg)
    except FileNotFoundError:
        return []
    except OSError as error:
        msg = f"The file of keys {path} cannot be read ({error.strerror}): name another with --keys."
        raise DigitsError(msg) from error
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        msg = f"The file {path} is none of keys: make one with `python -m digits_nb key NAME`."
        raise DigitsError(msg) from error


def _parse(format: int, keys: list[dict[str, Any]]) -> list[_Entry]:  # noqa: A002 (as it stands in the file)
    if format != _FORMAT:
        raise ValueError(format)
    return [_parse_one(**item) for item in keys]


def _parse_one(name: str, rights: list[str], salt: str, blake2b: str) -> _Entry:
    if not (_NAME.fullmatch(name) and set(rights) <= set(RIGHTS)):
        raise ValueError(name)
    entry = _Entry(Holder(name, frozenset(rights)), bytes.fromhex(salt), bytes.fromhex(blake2b))
    _digest(entry.salt, "")  # ValueError for a salt that is too long, now and not at the first request
    return entry


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let nobody else change the file meanwhile: of two who read, then write, the first changed nothing."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # the file itself is replaced, so another one is locked, which stays: to remove it would undo a lock
        lock = os.open(path.parent / f".{path.name}.lock", os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)
    except OSError as error:
        msg = f"The file of keys {path} cannot be written ({error.strerror}): name another with --keys."
        raise DigitsError(msg) from error


def _write(path: Path, entries: list[_Entry]) -> None:
    keys: list[dict[str, Any]] = [
        {"name": holder.name, "rights": sorted(holder.rights), "salt": salt.hex(), "blake2b": digest.hex()}
        for holder, salt, digest in entries
    ]
    write_whole(path, json.dumps({"format": _FORMAT, "keys": keys}, indent=2).encode() + b"\n", mode=0o600)
