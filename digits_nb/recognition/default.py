"""The default model: the latest version of the default store."""

import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from digits_nb.errors import ModelNotFound
from digits_nb.models.store import ModelStore

if TYPE_CHECKING:
    from digits_nb.models.model import DigitModel


def load_model(version: str = "latest", store: str | os.PathLike[str] | None = None) -> "DigitModel":
    """Load the model that a notebook or a command names.

    Parameters
    ----------
    version
        "latest", a version, or a unique prefix of 8 or more of its digits.
    store
        Folder of the models; None or "" is the default store, where a missing latest is trained.

    Raises
    ------
    ModelNotFound
        There is no such version.
    """
    if store or version != "latest":
        return ModelStore(store or None).load(version)
    return default_model()


def default_model() -> "DigitModel":
    """Load the latest model of the default store; train, save and announce one if there is none."""
    store = ModelStore()
    try:
        version = store.resolve("latest")
    except ModelNotFound:
        if store.versions():
            raise
        from digits_nb.training import train

        missing = "no model that this release reads" if store.has_older() else "no model"
        print(f"There is {missing} in {store.path} yet: training one, which takes about a minute.")  # noqa: T201
        version = store.save(train())
        print(f"Saved model {version[:12]}.")  # noqa: T201
    return _load(store.path, version)


@lru_cache(maxsize=2)
def _load(path: Path, version: str) -> "DigitModel":
    """Load a version; it never changes, so it is read and checked once."""
    return ModelStore(path).load(version)
