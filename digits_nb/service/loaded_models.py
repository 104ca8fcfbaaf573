"""The models that a service answers with: found in a store, kept loaded, looked up again when it changes."""

from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Any

from digits_nb.errors import DigitsError
from digits_nb.models.model import DigitModel
from digits_nb.models.store import ModelStore

KEPT = 4
"""Models kept loaded: the latest, the one before for a rollback, and two that somebody is pinned to."""


class HostedModels:
    """A store as a service sees it; safe to use from several threads.

    A version never changes, so one that was loaded stays valid, whatever happens to the store. What `latest`
    and the beginning of a version mean can change, and is looked up again whenever the store's folder or
    its file `latest` is another than before.

    Parameters
    ----------
    store
        Where the versions are, and where new ones appear.
    kept
        How many models are kept loaded, the last ones used.
    """

    def __init__(self, store: ModelStore, kept: int = KEPT) -> None:
        self.store = store
        self.kept = kept
        self._watched = (store.path, store.path / "latest")
        self._loaded: OrderedDict[str, DigitModel] = OrderedDict()
        self._meant: dict[str, str] = {}
        self._cards: dict[str, dict[str, Any]] = {}
        self._seen: object = None
        self._lock = Lock()
        self._loading = Lock()

    def resolve(self, name: str = "latest") -> str:
        """Give the full version that a name means now.

        Raises
        ------
        ModelNotFound
            There is no such version, or more than one.
        """
        seen = [_signature(path) for path in self._watched]
        with self._lock:
            if seen != self._seen:
                self._seen = seen
                self._meant = {}
            version = self._meant.get(name) or (name if name in self._loaded else None)
        if version is None:
            version = self.store.resolve(name)
            with self._lock:
                if seen == self._seen and len(self._meant) < 1000:  # noqa: PLR2004 (names are the callers')
                    self._meant[name] = version
        return version

    def load(self, name: str = "latest") -> DigitModel:
        """Give the model that a name means now.

        Raises
        ------
        ModelNotFound, TamperedModel
            As for `ModelStore.load`.
        """
        version = self.resolve(name)
        if model := self._find(version):
            return model
        with self._loading:  # one thread loads, the others find it
            if model := self._find(version):
                return model
            model = self.store.load(version)
            with self._lock:
                self._loaded[version] = model
                while len(self._loaded) > self.kept:
                    self._loaded.popitem(last=False)
        return model

    def loaded(self, name: str = "latest") -> DigitModel | None:
        """Give the model that a name means now, if it takes no loading."""
        return self._find(self.resolve(name))

    def is_latest(self, version: str) -> bool:
        """Whether `latest` means this version now."""
        with suppress(DigitsError):
            return self.resolve() == version
        return False

    def ready(self) -> bool:
        """Whether the latest model can answer."""
        with suppress(DigitsError):
            return bool(self.load())
        return False

    def listing(self) -> list[dict[str, Any]]:
        """Give each version with its card, the last one saved first; a damaged one has none."""
        return [
            {"version": version, "latest": self.is_latest(version), "card": self._card(version)}
            for version in self.store.versions()
        ]

    def _find(self, version: str) -> DigitModel | None:
        with self._lock:
            if model := self._loaded.get(version):
                self._loaded.move_to_end(version)
            return model

    def _card(self, version: str) -> dict[str, Any] | None:
        if version not in self._cards:
            try:
                self._cards[version] = self.store.load(version).card
            except DigitsError:
                return None
        return self._cards[version]


def _signature(path: Path) -> tuple[int, int] | None:
    """Tell whether a file was replaced, or names came and went in a folder."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns
