"""Keys: made and listed on the command line, recognised by the service that runs."""

import hmac
import json
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from services import OWNER, Running, running

import digits_nb as dn
from digits_nb.service.keys import KeyFile, new_key

if TYPE_CHECKING:
    from digits_nb import ModelStore

ONE = {"grid": [[0, 0, 0, 6, 16, 4, 0, 0]] * 8}
ASK, BOTH = frozenset({"ask"}), frozenset({"ask", "write"})


def key(*arguments: str | Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "digits_nb", "key", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_key_is_shown_once_and_kept_as_a_salted_hash(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    anna, bert = (KeyFile(path).add(name, ASK) for name in ("anna", "bert"))
    text = path.read_text()
    assert anna not in text
    assert bert not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len({entry["salt"] for entry in json.loads(text)["keys"]}) == 2
    keys = KeyFile(path)
    assert [keys.holder(given).name for given in (anna, bert)] == ["anna", "bert"]
    assert len({new_key() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    "given",
    ["", "dn_", "anna", "*", "\0", "é" * 50, "x" * 10_000, "\udcff"],
    ids=lambda given: repr(given)[:12],
)
def test_what_is_no_key_is_nobodys(given: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    anna = KeyFile(path).add("anna", ASK)
    keys = KeyFile(path)
    assert keys.holder(given) is None
    assert keys.holder(anna[:-1]) is None
    assert keys.holder(anna + " ") is None


@pytest.mark.parametrize("whose", ["the first", "the last", "nobody's"])
def test_a_key_is_compared_with_all_of_them_whichever_it_is(
    whose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "keys.json"
    made = [KeyFile(path).add(f"caller-{number}", ASK) for number in range(5)]
    keys, compared = KeyFile(path), []
    in_constant_time = hmac.compare_digest

    def counted(one: bytes, other: bytes) -> bool:
        compared.append(other)
        return in_constant_time(one, other)

    monkeypatch.setattr(hmac, "compare_digest", counted)
    holder = keys.holder({"the first": made[0], "the last": made[-1], "nobody's": new_key()}[whose])
    assert (holder is None) == (whose == "nobody's")
    assert len(set(compared)) == 5


def test_the_command_makes_lists_and_removes_keys(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "keys.json"
    made = key("anna", "--keys", path).stdout.strip()
    writer = key("publisher", "--write", "--keys", path).stdout.strip()
    assert key("--keys", path).stdout.splitlines() == ["anna  ask", "publisher  ask, write"]
    keys = KeyFile(path)
    assert keys.holder(made).rights == ASK
    assert keys.holder(writer).rights == BOTH
    assert key("anna", "--remove", "--keys", path).returncode == 0
    assert keys.holder(made) is None
    assert keys.holder(writer) is not None


def test_keys_that_are_made_and_removed_at_once_are_all_made_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    names = [f"caller-{number}" for number in range(12)]
    for name in names:
        KeyFile(path).add(name, ASK)

    def change(name: str) -> None:
        KeyFile(path).remove(name)
        KeyFile(path).add(f"new-{name}", ASK)

    with ThreadPoolExecutor(6) as people:
        list(people.map(change, names))
    left = [holder.name for holder in KeyFile(path).holders()]
    assert sorted(left) == sorted(f"new-{name}" for name in names)


def test_a_key_is_made_when_another_process_has_made_its_own(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    KeyFile(path).add("anna", ASK)
    slow = (
        "import sys, time; from pathlib import Path; from digits_nb.service import keys\n"
        "def write(path, data, mode): print('read', flush=True); time.sleep(1); path.write_bytes(data)\n"
        "keys.write_whole = write\n"
        "keys.KeyFile(Path(sys.argv[1])).add('bert', frozenset())\n"
    )
    with subprocess.Popen([sys.executable, "-c", slow, path], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        KeyFile(path).add("carla", ASK)
    assert [holder.name for holder in KeyFile(path).holders()] == ["anna", "bert", "carla"]


def test_the_default_file_stands_under_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path))
    assert key("anna").returncode == 0
    assert (tmp_path / "outputs" / "keys.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["anna"], "There is a key for anna already: remove it first", id="a name that is taken"),
        pytest.param(["an na"], "The name 'an na' is none for a key", id="a name with a blank"),
        pytest.param(["bert", "--remove"], "There is no key for 'bert'", id="a name that is not there"),
    ],
)
def test_the_command_refuses(arguments: list[str], message: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    KeyFile(path).add("anna", ASK)
    before = path.read_bytes()
    run = key(*arguments, "--keys", path)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith(f"DigitsError: {message}")
    assert path.read_bytes() == before


def test_removing_needs_a_name(tmp_path: Path) -> None:
    run = key("--remove", "--keys", tmp_path / "keys.json")
    assert run.returncode == 2
    assert "NAME is missing" in run.stderr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"format": 2, "keys": []}',
        '{"format": 1, "keys": [{"name": "anna"}]}',
        '{"format": 1, "keys": [{"name": "a", "rights": ["all"], "salt": "", "blake2b": ""}]}',
        '{"format": 1, "keys": [{"name": "a", "rights": ["ask"], "salt": "?", "blake2b": ""}]}',
        '{"format": 1, "keys": [{"name": "a", "rights": ["ask"], "salt": "00", "blake2b": ""}], "x": 1}',
        f'{{"format": 1, "keys": [{{"name": "a", "rights": [], "salt": "{"00" * 17}", "blake2b": ""}}]}}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:60],
)
def test_a_broken_file_lets_nobody_in_and_is_told_at_the_start(text: str, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    anna = KeyFile(path).add("anna", ASK)
    keys = KeyFile(path)
    assert keys.holder(anna)
    path.write_text(text)
    assert keys.holder(anna) is None
    assert "is none of keys" in keys.fault
    with pytest.raises(dn.DigitsError, match="is none of keys: make one with"):
        keys.holders()
    command = [sys.executable, "-m", "digits_nb", "serve", "--port", "0", "--keys", path]
    if text == "{}":
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (run.returncode, run.stdout) == (1, "")
        assert run.stderr.startswith("DigitsError: The file ")


def test_a_pipe_or_a_device_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "keys.json"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        command = [sys.executable, "-m", "digits_nb", "key", "--keys", path]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert run.returncode == 1
        sentence = f"The file of keys {path} is a pipe or a device: name a plain file with --keys."
        assert run.stderr == f"DigitsError: {sentence}\n"

    pipe.unlink()
    anna = KeyFile(pipe).add("anna", ASK)
    keys = KeyFile(pipe)
    assert keys.holder(anna)
    pipe.unlink()
    os.mkfifo(pipe)
    assert keys.holder(anna) is None
    assert "is a pipe or a device" in keys.fault


def test_a_file_that_cannot_be_read_or_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(dn.DigitsError, match="cannot be read"):
        KeyFile(tmp_path).holders()
    (tmp_path / "file").touch()
    with pytest.raises(dn.DigitsError, match=r"cannot be (read|written)"):
        KeyFile(tmp_path / "file" / "keys.json").add("anna", ASK)


@contextmanager
def no_file_can_be_opened() -> Iterator[None]:
    """What befalls a busy process, whoever owns it: it has as many files open as it may have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_file_that_could_not_be_read_is_told_once_and_read_when_it_can_be(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "keys.json"
    anna = KeyFile(path).add("anna", ASK)
    keys = KeyFile(path)
    with no_file_can_be_opened():
        assert keys.holder(anna) is None
        assert keys.holder(anna) is None
    assert keys.fault.startswith(f"The file of keys {path} cannot be read (Too many open files)")
    (line,) = map(json.loads, capfd.readouterr().err.splitlines())
    assert (line["level"], line["event"], line["error"]) == ("error", "keys", keys.fault)
    assert keys.holder(anna).name == "anna"  # the file is the same as before
    assert keys.fault == ""

    good = path.read_bytes()
    for text, told in (("{}", 1), ("[]", 0), (good.decode(), 0), ("{}", 1)):
        path.write_text(text)
        keys.holder(anna)
        assert capfd.readouterr().err.count("is none of keys") == told
    assert anna not in keys.fault


def ask(service: Running, key: str) -> int:
    return service.post("digits_recognition", ONE, headers={"Authorization": f"Bearer {key}"}).status


def test_a_running_service_takes_up_new_keys_and_drops_removed_ones(
    store: "ModelStore", tmp_path: Path
) -> None:
    path = tmp_path / "keys.json"
    anna = KeyFile(path).add("anna", ASK)
    with running(store.path, tmp_path, "--keys", str(path), keys=True) as service:
        assert "shown this once" not in service.printed
        assert ask(service, anna) == 200
        writer = KeyFile(path).add("publisher", BOTH)
        assert ask(service, writer) == 200
        latest = f"/v1/data/{OWNER}/digits_recognition/latest"
        body = json.dumps({"version": store.resolve()}).encode()
        for key, status in ((anna, 403), (writer, 200)):
            put = service.ask("PUT", latest, body, headers={"Authorization": f"Simple {key}"})
            assert put.status == status
            if status == 403:
                assert put.error == (403, "Forbidden")
        KeyFile(path).remove("anna")
        assert ask(service, anna) == 401
        assert ask(service, writer) == 200
        os.rename(path, tmp_path / "away.json")  # noqa: PTH104 (the same inode, under another name)
        assert ask(service, writer) == 401
        os.rename(tmp_path / "away.json", path)  # noqa: PTH104
        assert ask(service, writer) == 200
        assert {line["key"] for line in service.log if "key" in line} == {"anna", "publisher"}
