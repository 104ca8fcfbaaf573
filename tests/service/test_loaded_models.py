"""The models that a service keeps loaded: the last ones used, under the names that they have now."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import digits_nb as dn
from digits_nb.service.loaded_models import HostedModels

if TYPE_CHECKING:
    from digits_nb import DigitModel


@pytest.fixture
def store(model: "DigitModel", tmp_path: Path) -> dn.ModelStore:
    """A store of four versions, which differ in their cards."""
    store = dn.ModelStore(tmp_path / "models")
    for number in range(4):
        store.save(dn.DigitModel(model.tensors, model.card | {"note": number}))
    return store


def test_what_was_not_used_for_longest_makes_room(store: dn.ModelStore) -> None:
    hosted = HostedModels(store, kept=2)
    one, two, three, _ = store.versions()
    for version in (one, two, one, three):
        assert hosted.load(version).version == version
    assert [hosted.loaded(version) is not None for version in (one, two, three)] == [True, False, True]
    assert hosted.load(one) is hosted.load(one)


def test_a_name_means_what_it_means_now(store: dn.ModelStore, model: "DigitModel") -> None:
    hosted = HostedModels(store)
    assert hosted.load().version == hosted.resolve("latest") == store.resolve()
    for version in store.versions():
        store.point(version)
        assert hosted.load().version == hosted.load(version[:8]).version == version
        assert hosted.is_latest(version)
    fresh = store.save(dn.DigitModel(model.tensors, model.card | {"note": "fresh"}))
    assert hosted.load().version == fresh
    assert [item["latest"] for item in hosted.listing()].count(True) == 1


def test_a_store_without_a_model_is_not_ready_until_it_has_one(model: "DigitModel", tmp_path: Path) -> None:
    store = dn.ModelStore(tmp_path / "empty")
    hosted = HostedModels(store)
    assert not hosted.ready()
    with pytest.raises(dn.ModelNotFound):
        hosted.load()
    version = store.save(model)
    assert hosted.ready()
    assert hosted.load().version == version
