"""The store gives whole versions or says why not, whatever happened to its files."""

import hashlib
import json
import os
import pickle
import resource
import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

from digits_nb import DigitModel, DigitsError, ModelNotFound, ModelStore, TamperedModel
from digits_nb.models.file_format import MAX_FILE_BYTES, digest, pack

HERE = Path(__file__).parents[1]


def fitted(rounds: int) -> DigitModel:
    digits = load_digits()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a few rounds are no convergence, and enough here
        estimator = MLPClassifier((8,), max_iter=rounds, random_state=0).fit(
            digits.data[:300], digits.target[:300]
        )
    return DigitModel.from_estimator(estimator, {"rounds": rounds})


@pytest.fixture(scope="module")
def first() -> DigitModel:
    return fitted(2)


@pytest.fixture(scope="module")
def second() -> DigitModel:
    return fitted(3)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "models")


@pytest.fixture(scope="module")
def kept(first: DigitModel, tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """A store with one version, for tests that leave it as it was."""
    store = ModelStore(tmp_path_factory.mktemp("kept"))
    store.save(first)
    return store


def everything(folder: Path) -> dict[str, tuple[int, int, int]]:
    """What would show that anything below the folder was written to."""
    return {
        str(path): (path.stat().st_ino, path.stat().st_mtime_ns, path.stat().st_size)
        for path in [folder, *folder.rglob("*")]
    }


def put(store: ModelStore, data: bytes) -> str:
    """Write a version by hand, and make it the latest."""
    version = digest(data)
    store.path.mkdir(parents=True, exist_ok=True)
    store.file(version).write_bytes(data)
    (store.path / "latest").write_text(version)
    return version


def names(store: ModelStore) -> list[str]:
    return sorted(path.name for path in store.path.iterdir())


def named(*versions: str) -> list[str]:
    """The names in a store of these versions."""
    return sorted([*(f"{version}.safetensors" for version in versions), "latest"])


# Saving and loading


def test_a_saved_model_is_loaded_again(store: ModelStore, first: DigitModel) -> None:
    grids = load_digits().images

    version = store.save(first)

    assert first.version == version
    for name in ("latest", version, version[:8], version[:20].upper()):
        loaded = store.load(name)
        assert (loaded.version, loaded.card, loaded.estimator) == (version, first.card, None)
        np.testing.assert_array_equal(loaded.predict_proba(grids), first.predict_proba(grids))
    assert store.load().version == version


def test_a_version_is_one_file_and_latest_names_it(store: ModelStore, first: DigitModel) -> None:
    version = store.save(first)

    assert store.file(version) == store.path / f"{version}.safetensors"
    assert names(store) == named(version)
    assert (store.path / "latest").read_text() == version + "\n"
    data = store.file(version).read_bytes()
    assert hashlib.sha256(data).hexdigest() == version
    assert data == first.to_bytes() == store.load(version[:8]).to_bytes()


def test_saving_again_changes_nothing(store: ModelStore, first: DigitModel) -> None:
    version = store.save(first)
    before = everything(store.path)

    assert store.save(first) == version
    assert store.save(store.load()) == version
    assert everything(store.path) == before


def test_the_same_model_has_the_same_version_in_another_process(
    kept: ModelStore, first: DigitModel, tmp_path: Path
) -> None:
    program = (
        "import pickle, sys; from digits_nb import DigitModel, ModelStore\n"
        "model = DigitModel.from_estimator(pickle.load(sys.stdin.buffer), {'rounds': 2})\n"
        "print(ModelStore(sys.argv[1]).save(model))"
    )

    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"},
        input=pickle.dumps(first.estimator),
        capture_output=True,
        check=True,
    )

    assert run.stdout.decode().split() == kept.versions()


def test_files_can_be_read_by_whoever_reads_other_files(store: ModelStore, first: DigitModel) -> None:
    version = store.save(first)

    umask = os.umask(0)
    os.umask(umask)
    assert store.file(version).stat().st_mode & 0o777 == 0o666 & ~umask


def test_versions_are_listed_last_saved_first(
    store: ModelStore, first: DigitModel, second: DigitModel
) -> None:
    assert store.versions() == []
    versions = [store.save(first), store.save(second)]
    for age, version in enumerate(versions):
        os.utime(store.file(version), (age, age))

    assert store.versions() == versions[::-1]
    os.utime(store.file(versions[0]), (9, 9))
    assert store.versions() == versions


def test_what_is_saved_last_is_the_latest_though_it_was_there(
    store: ModelStore, first: DigitModel, second: DigitModel
) -> None:
    versions = [store.save(first), store.save(second)]
    assert store.load().version == versions[1]

    store.save(first)

    assert store.load().version == versions[0]


def test_other_things_in_the_folder_are_no_versions(store: ModelStore, first: DigitModel) -> None:
    version = store.save(first)
    for name in ("a" * 64, f"{'b' * 63}.safetensors", f"{'g' * 64}.safetensors", f"{'B' * 64}.safetensors"):
        (store.path / name).write_text("a file")
    for name in (f".{'c' * 64}.safetensors.0", f"{'d' * 64}.safetensors.bak", "notes"):
        (store.path / name).mkdir()

    assert store.versions() == [version]
    assert not store.has_older()


def test_a_path_is_relative_to_where_the_store_was_made(
    tmp_path: Path, first: DigitModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = ModelStore("models")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    store.save(first)

    assert (tmp_path / "models" / "latest").is_file()
    assert repr(store) == f"ModelStore({str(tmp_path / 'models')!r})"


@pytest.mark.parametrize("path", [None, ""])
def test_the_default_store_is_under_the_root(
    path: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path))

    assert ModelStore(path).path == tmp_path / "outputs" / "models"


def test_asking_for_names_does_not_wait_for_a_library(kept: ModelStore) -> None:
    program = (
        "import sys; from digits_nb import ModelStore\nModelStore(sys.argv[1]).resolve()\nprint(*sys.modules)"
    )

    run = subprocess.run([sys.executable, "-c", program, str(kept.path)], capture_output=True, check=True)

    assert {"safetensors", "sklearn"}.isdisjoint(run.stdout.decode().split())


# Damage


def watch(patch: pytest.MonkeyPatch) -> list[object]:
    """What is given to the parsers of headers, cards and tensors from now on."""
    seen: list[object] = []

    for home, name in ((json, "loads"), (safetensors.numpy, "load")):
        real = getattr(home, name)

        def watched(data: object, real: Callable[[object], object] = real) -> object:
            seen.append(data)
            return real(data)

        patch.setattr(home, name, watched)
    return seen


def test_a_whole_version_is_parsed(kept: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests of damage look for is there when nothing is damaged."""
    parsed = watch(monkeypatch)

    kept.load()

    data = kept.file(kept.resolve()).read_bytes()
    assert data in parsed
    assert any(isinstance(part, bytes) and part != data and part in data for part in parsed)


@given(position=st.integers(0, 2**32), bit=st.integers(0, 7))
@example(position=0, bit=0)
@example(position=-1, bit=7)
def test_a_flipped_bit_is_found_and_nothing_parsed(kept: ModelStore, position: int, bit: int) -> None:
    path = kept.file(kept.resolve())
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[position % len(whole)] ^= 1 << bit
    path.write_bytes(damaged)
    try:
        with pytest.MonkeyPatch.context() as patch:
            parsed = watch(patch)
            with pytest.raises(TamperedModel, match="has other content than it is named by"):
                kept.load()
        assert parsed == []
    finally:
        path.write_bytes(whole)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthen(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def empty(path: Path) -> None:
    path.write_bytes(b"")


def swell(path: Path) -> None:
    os.truncate(path, 2**30)


def link(path: Path) -> None:
    path.rename(path.parent.parent / path.name)
    path.symlink_to(path.parent.parent / path.name)


def link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere")


def link_to_folder(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent.parent)


def fold(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGE = {
    "is cut short": (cut, "has other content"),
    "is one byte longer": (lengthen, "has other content"),
    "is empty": (empty, "has other content"),
    "is huge": (swell, "more than the"),
    "is a link": (link, "is no plain file"),
    "is a link to nothing": (link_to_nothing, "is no plain file"),
    "is a link to a folder": (link_to_folder, "is no plain file"),
    "is a folder": (fold, "is no plain file"),
    "is a pipe": (pipe, "is no plain file"),
}


@pytest.mark.parametrize(("damage", "words"), DAMAGE.values(), ids=DAMAGE)
def test_a_file_that_is_not_as_it_was_is_refused_and_replaced_by_a_save(
    store: ModelStore, first: DigitModel, damage: Callable[[Path], None], words: str
) -> None:
    version = store.save(first)
    damage(store.file(version))

    with pytest.raises(TamperedModel) as refusal:
        store.load()
    assert words in str(refusal.value)
    assert version[:8] in str(refusal.value)

    assert store.save(first) == version
    assert store.load().version == version
    assert names(store) == named(version)


def test_a_file_that_is_missing_is_not_found_and_saved_again(store: ModelStore, first: DigitModel) -> None:
    version = store.save(first)
    store.file(version).unlink()

    for name in ("latest", version):
        with pytest.raises(ModelNotFound, match="has no model yet"):
            store.load(name)
    assert store.save(first) == version
    assert store.load().version == version


def test_a_huge_file_is_not_read_to_its_end(store: ModelStore, first: DigitModel) -> None:
    swell(store.file(store.save(first)))

    tracemalloc.start()
    with pytest.raises(TamperedModel):
        store.load()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 3 * MAX_FILE_BYTES


def test_a_version_under_the_name_of_another_is_refused(
    store: ModelStore, first: DigitModel, second: DigitModel
) -> None:
    versions = [store.save(first), store.save(second)]
    store.file(versions[1]).replace(store.file(versions[0]))

    with pytest.raises(TamperedModel, match=r"has other content than it is named by"):
        store.load(versions[0])
    store.save(first)
    assert store.load(versions[0]).version == versions[0]


def test_something_else_under_the_name_of_a_version_makes_room(store: ModelStore, first: DigitModel) -> None:
    version = digest(first.to_bytes())
    store.file(version).mkdir(parents=True)
    (store.file(version) / "notes").write_text("in a folder")

    assert store.save(first) == version
    assert store.load().version == version


HOSTILE: dict[str, tuple[dict[str, np.ndarray], str]] = {
    "a foreign tensor": ({"hook": np.zeros(1, np.float32)}, "tensors are 'hook"),
    "other columns": ({"weights_1": np.zeros((1, 65, 8), np.float32)}, "shape (1, 65, 8)"),
    "another type": ({"weights_1": np.zeros((1, 64, 8))}, "type float64"),
    "bytes as numbers": ({"weights_1": np.zeros((1, 64, 8), np.uint8)}, "type uint8"),
    "numbers that are none": ({"intercepts_2": np.full((1, 10), np.nan, np.float32)}, "not finite"),
}


@pytest.mark.parametrize(("change", "words"), HOSTILE.values(), ids=HOSTILE)
def test_the_right_hash_does_not_let_hostile_tensors_in(
    store: ModelStore, first: DigitModel, change: dict[str, np.ndarray], words: str
) -> None:
    put(store, pack(first.tensors | change, first.card))

    with pytest.raises(TamperedModel) as refusal:
        store.load()
    assert words in str(refusal.value)


def test_a_card_of_another_kind_is_refused(store: ModelStore, first: DigitModel) -> None:
    put(store, pack(first.tensors, first.card | {"kind": "svc"}))

    with pytest.raises(TamperedModel, match="which its kind does not allow"):
        store.load()


# Names


UNNAMED = {
    "a prefix that is too short": ("abcdef0", "'abcdef0' has 7 digits, where a version has 64"),
    "no digits": ("", "'' has 0 digits"),
    "too many digits": ("a" * 65, "has 65 digits, where a version has 64"),
    "a word": ("newest-one", "'newest-one' is not made of hex digits: give \"latest\""),
    "a path": ("outputs/models/abcdef01", "is a path: give the folder as the store"),
    "a path upwards": ("../abcdef01", "is a path"),
    "a path of Windows": ("C:\\models\\abcdef01", "is a path"),
    "a joblib file": ("digits-classifier.joblib", "is a pickled file, which nothing here loads because"),
    "no text": (None, "'None' is not made of hex digits"),
    "a version that is not there": ("0" * 64, "has no version 0000"),
    "a prefix of nothing": (
        "00000000",
        "has no version 00000000: name one of `versions()`, whose last saved",
    ),
}


@pytest.mark.parametrize(("version", "words"), UNNAMED.values(), ids=UNNAMED)
@pytest.mark.parametrize("ask", [ModelStore.load, ModelStore.resolve])
def test_what_names_no_version_is_not_found(
    kept: ModelStore, ask: Callable[[ModelStore, str], object], version: str, words: str
) -> None:
    with pytest.raises(ModelNotFound) as refusal:
        ask(kept, version)
    assert words in str(refusal.value)


def test_a_prefix_of_two_versions_asks_for_more_digits(store: ModelStore) -> None:
    for end in ("0", "1"):
        store.path.mkdir(exist_ok=True)
        store.file("abcdef01" + end * 56).write_bytes(b"")

    with pytest.raises(ModelNotFound, match=r"2 versions of the store .* begin with abcdef01: give more"):
        store.resolve("abcdef01")
    assert store.resolve("ABCDEF011") == "abcdef01" + "1" * 56


@pytest.mark.parametrize("named", ["f" * 64, "", "nonsense", "../" + "f" * 61, "\0" * 64])
def test_a_latest_that_names_nothing_says_what_there_is(
    store: ModelStore, first: DigitModel, named: str
) -> None:
    version = store.save(first)
    (store.path / "latest").write_text(named)

    with pytest.raises(ModelNotFound, match=f"`latest` .* names no version .* such as {version[:8]}"):
        store.load()
    assert store.load(version).version == version
    store.save(first)
    assert store.load().version == version


def test_a_store_without_latest_says_what_there_is(store: ModelStore, first: DigitModel) -> None:
    version = store.save(first)
    (store.path / "latest").unlink()

    with pytest.raises(ModelNotFound, match=f"has versions but no file `latest`: .* such as {version[:8]}"):
        store.load()


@pytest.mark.parametrize("damage", [swell, link, pipe])
def test_a_latest_that_is_no_plain_file_is_refused_and_replaced_by_a_save(
    store: ModelStore, first: DigitModel, damage: Callable[[Path], None]
) -> None:
    version = store.save(first)
    damage(store.path / "latest")

    with pytest.raises(TamperedModel, match="latest"):
        store.load()
    store.save(first)
    assert store.load().version == version


def test_a_folder_called_latest_is_named_by_a_save(store: ModelStore, first: DigitModel) -> None:
    (store.path / "latest").mkdir(parents=True)

    with pytest.raises(DigitsError, match=r"cannot be saved in .* \(Is a directory\)"):
        store.save(first)


# Places


def nothing(_: Path) -> None:
    pass


def a_joblib(path: Path) -> None:
    path.mkdir()
    (path / "digits-classifier.joblib").write_bytes(pickle.dumps("of the ancestor"))


def a_pickle(path: Path) -> None:
    path.mkdir()
    (path / "svc.pkl").write_bytes(b"")


EMPTY = {
    "no folder": (nothing, "has no model yet: train a model with `make run` or `python -m digits_nb train`"),
    "an empty folder": (Path.mkdir, "has no model yet"),
    "the ancestor's joblib": (
        a_joblib,
        "holds no version but digits-classifier.joblib, which nothing here loads because loading one runs",
    ),
    "a pickle": (a_pickle, "holds no version but svc.pkl, which nothing here loads"),
}


@pytest.mark.parametrize(("make", "words"), EMPTY.values(), ids=EMPTY)
@pytest.mark.parametrize("version", ["latest", "abcdef01"])
def test_a_store_without_models_says_how_to_make_one(
    store: ModelStore, make: Callable[[Path], None], words: str, version: str
) -> None:
    make(store.path)

    assert store.versions() == []
    with pytest.raises(ModelNotFound) as refusal:
        store.load(version)
    assert words in str(refusal.value)


def test_a_joblib_given_as_store_is_not_loaded(tmp_path: Path) -> None:
    path = tmp_path / "digits-classifier.joblib"
    path.write_bytes(pickle.dumps("of the ancestor"))

    with pytest.raises(ModelNotFound, match="is a pickled file, which nothing here loads because"):
        ModelStore(path).load()


def test_a_file_given_as_store_is_neither_read_nor_written(tmp_path: Path, first: DigitModel) -> None:
    path = tmp_path / "models"
    path.write_text("notes")

    with pytest.raises(ModelNotFound, match=r"cannot be read \(Not a directory\): name a folder"):
        ModelStore(path).load()
    with pytest.raises(DigitsError, match=r"cannot be saved in .* \(File exists\): name a folder"):
        ModelStore(path).save(first)
    with pytest.raises(DigitsError, match=r"cannot be saved in .* \(Not a directory\): name a folder"):
        ModelStore(path / "below").save(first)
    assert path.read_text() == "notes"


@contextmanager
def as_somebody() -> Iterator[None]:
    """Be nobody special for a while: root may read and write anything."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_folder_without_rights_is_named(store: ModelStore, first: DigitModel, second: DigitModel) -> None:
    store.save(first)
    before = everything(store.path)
    store.path.chmod(0o500)
    try:
        with as_somebody(), pytest.raises(DigitsError, match=r"cannot be saved in .* \(Permission denied\)"):
            store.save(second)
        store.path.chmod(0)
        with as_somebody(), pytest.raises(ModelNotFound, match=r"cannot be read \(Permission denied\)"):
            store.load()
    finally:
        store.path.chmod(0o700)
    assert everything(store.path) == before


def test_a_disk_without_room_leaves_the_store_as_it_was(
    store: ModelStore, first: DigitModel, second: DigitModel
) -> None:
    version = store.save(first)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(DigitsError, match=r"cannot be saved in .* \(File too large\): name a folder"):
            store.save(second)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert names(store) == named(version)
    assert store.load().version == version


# Stores of an earlier format, with a folder a version


def old_version(store: ModelStore, name: str = "0123abcd" * 8) -> str:
    """What an earlier release left: a folder of three files, which `latest` names."""
    (store.path / name).mkdir(parents=True)
    for file in ("manifest.json", "card.json", "model.onnx"):
        (store.path / name / file).write_text("{}")
    (store.path / "latest").write_text(f"{name}\n")
    return name


@pytest.mark.parametrize("name", ["latest", "0123abcd", "0123abcd" * 8])
def test_an_older_store_says_what_to_do(store: ModelStore, name: str) -> None:
    old_version(store)

    assert store.versions() == []
    assert store.has_older()
    with pytest.raises(ModelNotFound) as refusal:
        store.load(name)
    assert "only models of an older format, which this release cannot read" in str(refusal.value)
    assert "train a model with `make run` or `python -m digits_nb train`" in str(refusal.value)


@pytest.mark.parametrize("latest", [True, False])
def test_a_new_version_stands_beside_the_older_ones(
    store: ModelStore, first: DigitModel, second: DigitModel, latest: bool
) -> None:
    old = old_version(store)
    before = everything(store.path / old)

    version = store.save(first, latest=latest)

    assert store.versions() == [version]
    assert store.load().version == version, "`latest` named none that can be read"
    assert everything(store.path / old) == before
    with pytest.raises(ModelNotFound, match=f"has no version {old[:8]}.*{version[:8]}"):
        store.load(old[:8])
    store.save(second, latest=False)
    assert store.load().version == version


# Savers that are interrupted, and savers at the same time


def test_leftovers_of_an_hour_ago_are_removed_and_young_ones_are_not(
    store: ModelStore, first: DigitModel
) -> None:
    store.path.mkdir()
    old, young = (store.path / f".{letter * 64}.safetensors.0123abcd" for letter in "ab")
    for path in (old, young, store.path / ".latest.old"):
        path.write_bytes(b"half")
    (store.path / ".gitkeep").touch()
    for path in (old, store.path / ".latest.old", store.path / ".gitkeep"):
        os.utime(path, (0, 0))

    store.save(first)

    assert sorted(path.name for path in store.path.glob(".*")) == [young.name, ".gitkeep"]


def test_a_save_that_slept_until_it_was_swept_away_says_so(
    store: ModelStore, first: DigitModel, second: DigitModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = store.save(first)

    def swept(_: int) -> None:  # as another saver does, an hour later
        for path in store.path.glob(".*"):
            path.unlink()

    monkeypatch.setattr(os, "fsync", swept)

    with pytest.raises(DigitsError, match=r"cannot be saved in .* \(No such file or directory\)"):
        store.save(second)
    assert store.load().version == version


@pytest.mark.parametrize("task", ["killed", "racing"])
def test_a_store_stays_whole_whenever_savers_are(
    task: str, first: DigitModel, second: DigitModel, tmp_path: Path
) -> None:
    models = tmp_path / "models.pickle"
    models.write_bytes(pickle.dumps([first, second]))

    run = subprocess.run(
        [sys.executable, str(HERE / "saving.py"), task, str(models), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    counts = [int(line.split()[0]) for line in run.stdout.splitlines()]
    assert len(counts) == {"killed": 3, "racing": 1}[task]
    assert min(counts) >= 30


# Publishing


def test_a_version_can_be_kept_without_becoming_the_latest(model: DigitModel, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    first = store.save(model, latest=False)
    assert store.resolve() == first, "where there is no other"
    second = store.save(DigitModel(model.tensors, model.card | {"note": 2}), latest=False)
    assert store.resolve() == first
    assert set(store.versions()) == {first, second}


def test_the_latest_is_moved_forth_and_back(model: DigitModel, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    first = store.save(model)
    second = store.save(DigitModel(model.tensors, model.card | {"note": 2}))
    assert store.point(first[:8]) == store.resolve() == first
    assert store.point(second) == store.resolve() == second


def test_the_latest_is_never_a_version_that_does_not_load(model: DigitModel, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    first = store.save(model)
    second = store.save(DigitModel(model.tensors, model.card | {"note": 2}), latest=False)
    store.file(second).write_text("{}")
    with pytest.raises(TamperedModel):
        store.point(second)
    with pytest.raises(ModelNotFound):
        store.point("0" * 64)
    assert store.resolve() == first


def test_a_version_whose_card_no_query_can_be_judged_by_is_not_loaded(
    store: ModelStore, first: DigitModel
) -> None:
    usable = store.save(first)
    card = first.card | {"calibration": {"digit_from": "x"}}
    useless = put(store, pack(first.tensors, card))  # as a store may have kept it
    store.point(usable)

    for use in (store.load, store.point):
        with pytest.raises(TamperedModel, match="numbers as `digit_from`"):
            use(useless)
    assert store.resolve() == usable


def test_the_latest_is_found_while_another_saves_it(model: DigitModel, tmp_path: Path) -> None:
    first, second = ModelStore(tmp_path).save(model), DigitModel(model.tensors, model.card | {"note": 2})

    class Watched(ModelStore):
        def versions(self) -> list[str]:
            found = super().versions()
            ModelStore(tmp_path).save(second)
            return found

    assert Watched(tmp_path).resolve() == ModelStore(tmp_path).resolve() != first
