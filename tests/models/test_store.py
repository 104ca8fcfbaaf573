"""The store gives whole versions or says why not, whatever happened to its files."""

import hashlib
import json
import os
import pickle
import resource
import shutil
import subprocess
import sys
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

import digits_nb
from digits_nb import DigitModel, DigitsError, ModelNotFound, ModelStore, TamperedModel
from digits_nb.models.version import pack

FILES = ["model.onnx", "card.json", "manifest.json"]
HERE = Path(__file__).parents[1]


def fitted(rounds: int) -> DigitModel:
    digits = load_digits()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a few rounds are no convergence, and enough here
        estimator = LogisticRegression(max_iter=rounds).fit(digits.data[:300], digits.target[:300])
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


def put(store: ModelStore, version: str, files: dict[str, bytes]) -> str:
    """Write a version by hand, and make it the latest."""
    folder = store.path / version
    folder.mkdir(parents=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (store.path / "latest").write_text(version)
    return version


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


def test_a_version_is_three_files_and_latest_names_it(store: ModelStore, first: DigitModel) -> None:
    version = store.save(first)

    folder = store.path / version
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    assert sorted(path.name for path in store.path.iterdir()) == sorted([version, "latest"])
    assert (store.path / "latest").read_text() == version + "\n"
    assert hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest() == version
    assert (folder / "model.onnx").read_bytes() == first.onnx
    assert json.loads((folder / "card.json").read_text(encoding="utf-8")) == first.card


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
    assert (store.path / version).stat().st_mode & 0o777 == 0o777 & ~umask
    for name in FILES:
        assert (store.path / version / name).stat().st_mode & 0o777 == 0o666 & ~umask


def test_versions_are_listed_last_saved_first(
    store: ModelStore, first: DigitModel, second: DigitModel
) -> None:
    assert store.versions() == []
    versions = [store.save(first), store.save(second)]
    for age, version in enumerate(versions):
        os.utime(store.path / version, (age, age))

    assert store.versions() == versions[::-1]
    os.utime(store.path / versions[0], (9, 9))
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
    (store.path / ("a" * 64)).write_text("a file")
    for name in ("b" * 63, "g" * 64, "B" * 64, ".saving-1", "notes"):
        (store.path / name).mkdir()

    assert store.versions() == [version]


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


def test_asking_for_names_does_not_wait_for_a_runtime(kept: ModelStore) -> None:
    program = (
        "import sys; from digits_nb import ModelStore\nModelStore(sys.argv[1]).resolve()\nprint(*sys.modules)"
    )

    run = subprocess.run([sys.executable, "-c", program, str(kept.path)], capture_output=True, check=True)

    assert {"onnxruntime", "onnx", "sklearn"}.isdisjoint(run.stdout.decode().split())


# Damage


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What was given to the parsers of cards, manifests and graphs since the test began."""
    seen: list[bytes] = []

    def watch(home: object, name: str) -> None:
        real = getattr(home, name)

        def watched(data: bytes, *rest: object, **options: object) -> object:
            seen.append(data)
            return real(data, *rest, **options)

        monkeypatch.setattr(home, name, watched)

    watch(json, "loads")
    watch(digits_nb.models.model, "check_graph")
    watch(onnxruntime, "InferenceSession")
    return seen


def test_a_whole_version_is_parsed(kept: ModelStore, first: DigitModel, parsed: list[bytes]) -> None:
    """What the tests of damage look for is there when nothing is damaged."""
    kept.load()

    folder = kept.path / kept.resolve()
    assert parsed == [*((folder / name).read_bytes() for name in FILES[:0:-1]), first.onnx, first.onnx]


@pytest.mark.parametrize("name", FILES)
@given(position=st.integers(0, 2**32), bit=st.integers(0, 7))
@example(position=0, bit=0)
@example(position=-1, bit=7)
def test_a_flipped_bit_in_any_file_is_found_and_the_file_not_parsed(
    kept: ModelStore, name: str, position: int, bit: int
) -> None:
    path = kept.path / kept.resolve() / name
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[position % len(whole)] ^= 1 << bit
    path.write_bytes(damaged)
    try:
        with pytest.MonkeyPatch.context() as patch:
            parsed: list[object] = []
            real = json.loads
            patch.setattr(json, "loads", lambda data: parsed.append(data) or real(data))
            patch.setattr(digits_nb.models.model, "check_graph", parsed.append)
            patch.setattr(onnxruntime, "InferenceSession", parsed.append)
            with pytest.raises(TamperedModel, match=f"another {name} than"):
                kept.load()
        manifest = (path.parent / "manifest.json").read_bytes()
        assert parsed == ([] if name == "manifest.json" else [manifest])
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


def fold(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGE = {
    "is cut short": (cut, "another"),
    "is one byte longer": (lengthen, "another"),
    "is empty": (empty, "another"),
    "is huge": (swell, "more than the"),
    "is a link": (link, "is no plain file"),
    "is a folder": (fold, "is no plain file"),
    "is a pipe": (pipe, "is no plain file"),
    "is missing": (Path.unlink, "lacks"),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(("damage", "words"), DAMAGE.values(), ids=DAMAGE)
def test_a_file_that_is_not_as_it_was_is_refused_and_replaced_by_a_save(
    store: ModelStore, first: DigitModel, name: str, damage: Callable[[Path], None], words: str
) -> None:
    version = store.save(first)
    damage(store.path / version / name)

    with pytest.raises(TamperedModel) as refusal:
        store.load()
    assert words in str(refusal.value)
    assert name in str(refusal.value)

    assert store.save(first) == version
    assert store.load().version == version
    assert sorted(path.name for path in store.path.iterdir() if path.name not in FILES) == sorted(
        [version, "latest"]
    )


def test_a_huge_file_is_not_read_to_its_end(store: ModelStore, first: DigitModel) -> None:
    swell(store.path / store.save(first) / "card.json")

    tracemalloc.start()
    with pytest.raises(TamperedModel):
        store.load()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 100 * 2**20


def test_a_foreign_file_in_a_version_is_refused(store: ModelStore, first: DigitModel) -> None:
    version = store.save(first)
    (store.path / version / "model.onnx.data").write_bytes(b"weights")

    with pytest.raises(TamperedModel, match=r"holds a foreign file, 'model.onnx.data'"):
        store.load()


def test_a_version_under_the_name_of_another_is_refused(
    store: ModelStore, first: DigitModel, second: DigitModel
) -> None:
    versions = [store.save(first), store.save(second)]
    shutil.rmtree(store.path / versions[0])
    (store.path / versions[1]).rename(store.path / versions[0])

    with pytest.raises(TamperedModel, match=r"another manifest\.json than the one that it is named by"):
        store.load(versions[0])


def test_something_else_under_the_name_of_a_version_makes_room(store: ModelStore, first: DigitModel) -> None:
    version = pack(first.onnx, first.card)[0]
    store.path.mkdir()
    (store.path / version).write_text("a file")

    assert store.save(first) == version
    assert store.load().version == version
    shutil.rmtree(store.path / version)
    (store.path / version).mkdir()
    assert store.save(first) == version
    assert store.load().version == version


def external(graph: onnx.GraphProto) -> None:
    tensor = graph.initializer.add(name="secret", data_type=onnx.TensorProto.FLOAT, dims=[1])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../secret")


def custom(graph: onnx.GraphProto) -> None:
    graph.node.add(op_type="Run", domain="com.example", input=["grid"], output=["x"])


def looping(graph: onnx.GraphProto) -> None:
    node = graph.node.add(op_type="Loop", input=["", ""], output=["x"])
    node.attribute.add(name="body", type=onnx.AttributeProto.GRAPH).g.SetInParent()


def wide(graph: onnx.GraphProto) -> None:
    graph.input[0].type.tensor_type.shape.dim[1].dim_value = 65


def narrow(graph: onnx.GraphProto) -> None:
    graph.output[1].type.tensor_type.shape.dim[1].dim_value = 9


HOSTILE = {
    "external data": (external, "external data"),
    "an operator of a custom domain": (custom, "'Run' of the domain 'com.example'"),
    "a loop": (looping, "'Loop'"),
    "another input": (wide, "other inputs"),
    "other outputs": (narrow, "other outputs"),
}


@pytest.mark.parametrize(("change", "words"), HOSTILE.values(), ids=HOSTILE)
def test_right_hashes_do_not_let_a_hostile_graph_run(
    store: ModelStore,
    first: DigitModel,
    change: Callable[[onnx.GraphProto], None],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = onnx.load_model_from_string(first.onnx)
    change(model.graph)
    put(store, *pack(model.SerializeToString(), first.card))
    sessions: list[object] = []
    monkeypatch.setattr(onnxruntime, "InferenceSession", sessions.append)

    with pytest.raises(TamperedModel) as refusal:
        store.load()
    assert words in str(refusal.value)
    assert sessions == []


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
        (store.path / ("abcdef01" + end * 56)).mkdir(parents=True)

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

    assert sorted(path.name for path in store.path.iterdir()) == sorted([version, "latest"])
    assert store.load().version == version


# Savers that are interrupted, and savers at the same time


def test_leftovers_of_an_hour_ago_are_removed_and_young_ones_are_not(
    store: ModelStore, first: DigitModel
) -> None:
    store.path.mkdir()
    old, young = store.path / ".saving-old", store.path / ".saving-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "model.onnx").write_bytes(b"half")
    (store.path / ".latest.old").write_bytes(b"half")
    (store.path / ".gitkeep").touch()
    for path in (old, store.path / ".latest.old", store.path / ".gitkeep"):
        os.utime(path, (0, 0))

    store.save(first)

    assert sorted(path.name for path in store.path.glob(".*")) == [".gitkeep", ".saving-young"]


def test_a_save_that_slept_until_it_was_swept_away_says_so(
    store: ModelStore, first: DigitModel, second: DigitModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = store.save(first)
    monkeypatch.setattr(digits_nb.models.store, "sync", shutil.rmtree)  # as another saver does, an hour later

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
    second = store.save(DigitModel(model.onnx, model.card | {"note": 2}), latest=False)
    assert store.resolve() == first
    assert set(store.versions()) == {first, second}


def test_the_latest_is_moved_forth_and_back(model: DigitModel, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    first = store.save(model)
    second = store.save(DigitModel(model.onnx, model.card | {"note": 2}))
    assert store.point(first[:8]) == store.resolve() == first
    assert store.point(second) == store.resolve() == second


def test_the_latest_is_never_a_version_that_does_not_load(model: DigitModel, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    first = store.save(model)
    second = store.save(DigitModel(model.onnx, model.card | {"note": 2}), latest=False)
    (tmp_path / second / "card.json").write_text("{}")
    with pytest.raises(TamperedModel):
        store.point(second)
    with pytest.raises(ModelNotFound):
        store.point("0" * 64)
    assert store.resolve() == first


def test_a_version_whose_card_no_query_can_be_judged_by_is_not_loaded(
    store: ModelStore, first: DigitModel
) -> None:
    usable = store.save(first)
    card = {"calibration": {"digit_from": "x"}}
    useless = put(store, *pack(first.onnx, card))  # as a store may have kept it
    store.point(usable)

    for use in (store.load, store.point):
        with pytest.raises(TamperedModel, match="numbers as `digit_from`"):
            use(useless)
    assert store.resolve() == usable


def test_the_latest_is_found_while_another_saves_it(model: DigitModel, tmp_path: Path) -> None:
    first, second = ModelStore(tmp_path).save(model), DigitModel(model.onnx, model.card | {"note": 2})

    class Watched(ModelStore):
        def versions(self) -> list[str]:
            found = super().versions()
            ModelStore(tmp_path).save(second)
            return found

    assert Watched(tmp_path).resolve() == ModelStore(tmp_path).resolve() != first
