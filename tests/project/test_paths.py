"""Places: files that are whole or not there, as readable as any other."""

import os
import stat
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from digits_nb.paths import write_whole


@pytest.fixture(params=[0o022, 0o077, 0o002], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


@pytest.mark.parametrize("mode", [0o666, 0o600, 0o444], ids=oct)
def test_a_file_has_its_mode_without_the_umask(mode: int, umask: int, tmp_path: Path) -> None:
    path = tmp_path / "sub" / "file"
    for data in (b"one", b"two"):
        assert write_whole(path, data, mode=mode) == path
        assert path.read_bytes() == data
        assert stat.S_IMODE(path.stat().st_mode) == mode & ~umask
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("path", ["folder", "."])
def test_what_cannot_be_written_leaves_nothing(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match=r"directory|busy"):
        write_whole(path, b"data")
    assert list(tmp_path.iterdir()) == [tmp_path / "folder"]


def test_threads_that_write_leave_the_umask_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    umask = os.umask

    def slow(mask: int) -> int:
        """Let the other threads come in between, as they seldom would."""
        before = umask(mask)
        time.sleep(0.01)
        return before

    before = umask(0o077)
    monkeypatch.setattr(os, "umask", slow)
    try:
        with ThreadPoolExecutor(8) as threads:
            files = list(threads.map(lambda number: write_whole(tmp_path / f"{number}", b""), range(16)))
    finally:
        after = umask(before)
    assert after == 0o077
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
