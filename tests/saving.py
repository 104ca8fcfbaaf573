"""A program for the tests of the store: saves that are killed at every line, and saves that race.

    python saving.py killed MODELS FOLDER
    python saving.py racing MODELS FOLDER

MODELS is a pickled list of two models, made by the test that starts this. Every save and every look is a
process of its own, forked here so that hundreds of them take seconds. A line of the output begins with the
number of what was done; the program fails where a store is not whole.
"""

import multiprocessing
import os
import pickle
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from digits_nb import DigitModel, ModelNotFound, ModelStore, paths
from digits_nb.models import store

FORK = multiprocessing.get_context("fork")
WRITERS = {store.__file__, paths.__file__}
RACES = 30
LOOKS = 20


def in_a_process(action: Callable[..., object], *arguments: object) -> int:
    """Run something to its end: the exit code, or minus the signal that killed it."""
    process = FORK.Process(target=action, args=arguments)
    process.start()
    process.join()
    return process.exitcode


def latest(path: Path) -> str | None:
    """The version of the latest model, loaded and asked; None for a store without one."""
    try:
        model = ModelStore(path).load()
    except ModelNotFound:
        return None
    model.predict_proba([[0] * 64])
    return model.version


def damage(path: Path) -> None:
    path.write_bytes(b"damaged")


def save_until(line: int, path: Path, model: DigitModel) -> None:
    """Save, and be killed before the n-th line of what writes."""
    left = line

    def trace(frame: FrameType, event: str, _: object) -> Callable[..., object] | None:
        nonlocal left
        if frame.f_code.co_filename not in WRITERS and not frame.f_code.co_name.startswith("write_"):
            return None
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
    ModelStore(path).save(model)


def look_and_save(path: Path, allowed: set[str | None], model: DigitModel) -> None:
    """See that the store is whole, and that a later save works and cleans up."""
    assert latest(path) in allowed, "the store is neither what it was nor what it was to be"
    for leftover in path.glob(".*"):
        os.utime(leftover, (0, 0), follow_symlinks=False)
    assert ModelStore(path).save(model) == latest(path) == model.version
    assert not list(path.glob(".*")), "leftovers stay after a later save"


def killed(old: DigitModel, new: DigitModel, folder: Path) -> None:
    """Kill a save at each of its lines in turn: what is left is the store before it or after it."""
    full, other, nothing = (ModelStore(folder / name) for name in ("full", "other", "nothing"))
    full.save(new)
    for each in (full, other):
        each.save(old)
    damage(full.file(new.version))
    for start, before in ((other, old.version), (nothing, None), (full, old.version)):
        path = folder / "store"
        kills = 0
        while True:
            shutil.rmtree(path, ignore_errors=True)
            if start.path.exists():
                shutil.copytree(start.path, path)
            code = in_a_process(save_until, kills, path, new)
            assert code in {0, -signal.SIGKILL}
            assert in_a_process(look_and_save, path, {before, new.version}, new) == 0, f"after {kills} lines"
            if code == 0:
                break
            kills += 1
        sys.stdout.write(f"{kills} kills of a save to the store {start.path.name}\n")


def save_both(path: Path, models: list[DigitModel], gate: "multiprocessing.synchronize.Barrier") -> None:
    gate.wait()
    for model in models:
        assert ModelStore(path).save(model) == model.version


def look_often(path: Path, models: list[DigitModel], gate: "multiprocessing.synchronize.Barrier") -> None:
    gate.wait()
    found = [latest(path) for _ in range(LOOKS)]
    loaded = [version for version in found if version]
    assert set(loaded) <= {model.version for model in models}
    assert found[len(found) - len(loaded) :] == loaded, "a store that had a model lost it"


def racing(old: DigitModel, new: DigitModel, folder: Path) -> None:
    """Let two processes save at once, to nothing while a third one loads, or over a damaged version."""
    for model in (old, new):
        ModelStore(folder / "once").save(model)
    for race in range(RACES):
        store = ModelStore(folder / f"store{race}")
        actions = [save_both, save_both, look_often]
        if race % 2:
            store.save(old)
            damage(store.file(old.version))
            actions.pop()
        gate = FORK.Barrier(len(actions))
        processes = [FORK.Process(target=action, args=(store.path, [old, new], gate)) for action in actions]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * len(actions), f"in race {race}"
        for model in (old, new):
            store.load(model.version)
        assert latest(store.path) == new.version
        assert sorted(path.name for path in store.path.iterdir()) == sorted(
            [store.file(old.version).name, store.file(new.version).name, "latest"]
        )
    sys.stdout.write(f"{RACES} races\n")


if __name__ == "__main__":
    task, models, folder = sys.argv[1:]
    first, second = pickle.loads(Path(models).read_bytes())  # noqa: S301  # the test that started this wrote it
    {"killed": killed, "racing": racing}[task](first, second, Path(folder))
