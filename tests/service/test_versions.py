"""Versions over HTTP: given out as one file, taken in, refused, made the latest."""

import io
import json
import os
import signal
import socket
import threading
import zipfile
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from services import OWNER, Running, running

import digits_nb as dn

if TYPE_CHECKING:
    from digits_nb import DigitModel, ModelStore

DATA = f"/v1/data/{OWNER}/digits_recognition"
SEVEN = (Path(__file__).parents[2] / "notebooks/samples/seven-dark-on-white.png").read_bytes()
QUERY = {"base64": b64encode(SEVEN).decode()}
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def giver(store: "ModelStore", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that has a model."""
    with running(store.path, tmp_path_factory.mktemp("giver")) as service:
        yield service


@pytest.fixture
def taken(tmp_path: Path) -> "ModelStore":
    """The store of `taker`."""
    return dn.ModelStore(tmp_path / "models")


@pytest.fixture
def taker(taken: "ModelStore", tmp_path: Path) -> Iterator[Running]:
    """A service that has none."""
    with running(taken.path, tmp_path) as service:
        yield service


def zipped(files: dict[str, bytes], folder: str = "") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(folder + name, data)
    return file.getvalue()


def files_of(store: "ModelStore") -> tuple[str, Files]:
    version = store.resolve()
    return version, {file.name: file.read_bytes() for file in (store.path / version).iterdir()}


def another(model: "DigitModel", folder: Path, note: object = 2) -> tuple[str, bytes]:
    """A version that answers like `model`, and its zip."""
    store = dn.ModelStore(folder)
    version = store.save(type(model)(model.tensors, model.card | {"note": note}))
    return version, zipped(files_of(store)[1])


def test_one_service_is_given_the_model_of_another(
    giver: Running, taker: Running, store: "ModelStore", taken: "ModelStore"
) -> None:
    version = store.resolve()
    given = giver.ask("GET", f"{DATA}/latest")
    assert given.status == 200
    assert given.headers["Content-Type"] == "application/zip"
    assert given.headers["X-Model-Version"] == version
    with zipfile.ZipFile(io.BytesIO(given.body)) as archive:
        names = [f"{version}/{name}" for name in ("model.onnx", "card.json", "manifest.json")]
        assert archive.namelist() == names
    for name in (version, version[:8]):
        assert giver.ask("GET", f"{DATA}/{name}").body == given.body

    sent = taker.ask("PUT", DATA, given.body)
    assert (sent.status, sent.json) == (201, {"result": {"version": version, "latest": True}})
    assert files_of(taken) == files_of(store)
    assert taker.post("digits_recognition", QUERY).result == 7

    again = taker.ask("PUT", f"{DATA}/{version}", given.body)
    assert (again.status, again.json) == (200, sent.json)
    assert taken.versions() == [version]


def test_versions_are_listed_and_looked_for(giver: Running, store: "ModelStore") -> None:
    version = store.resolve()
    assert giver.ask("GET", DATA).json == {"results": [{"version": version, "latest": True}]}
    for path, status in (
        (DATA, 200),
        (f"{DATA}/{version}", 200),
        (f"{DATA}/latest", 200),
        (f"{DATA}/00000000", 404),
    ):
        got, head = giver.ask("GET", path), giver.ask("HEAD", path)
        assert (got.status, head.status, head.body) == (status, status, b"")
        assert head.headers["Content-Length"] == str(len(got.body))
    assert giver.ask("GET", f"/v1/data/bob/digits_recognition/{version}").error == (404, "NotFound")
    assert giver.ask("GET", f"/v1/data/{OWNER}/read_digits").error == (404, "NotFound")
    assert giver.ask("GET", DATA, headers={"Authorization": ""}).error == (401, "Unauthorized")


def test_a_new_version_is_published_and_rolled_back(
    taker: Running, taken: "ModelStore", model: "DigitModel", tmp_path: Path
) -> None:
    (first, one), (second, two) = (another(model, tmp_path / str(note), note) for note in (1, 2))
    assert taker.ask("PUT", DATA, one).status == 201
    assert taker.ask("PUT", f"{DATA}/{second}", two).result == {"version": second, "latest": False}
    assert answering(taker) == first
    assert answering(taker, second[:8]) == second
    for version in (second, first, second[:8]):
        pointed = taker.ask("PUT", f"{DATA}/latest", json.dumps({"version": version}).encode())
        assert pointed.result["version"] == answering(taker) == taken.resolve()
        assert taken.resolve().startswith(version)


def answering(service: Running, version: str = "latest") -> str:
    return service.post(f"digits_recognition/{version}", QUERY).json["metadata"]["model_version"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b'{"version": "latest"}', 400),
        (b'{"version": "0000"}', 400),
        (b'{"version": "../../etc"}', 400),
        (b'"00000000"', 400),
        (b'{"version": "00000000"}', 404),
        (bytes(2_000), 413),
    ],
    ids=["nothing", "the latest", "a short one", "a path", "a text", "one that is not there", "a long body"],
)
def test_what_cannot_be_the_latest_is_refused(
    body: bytes, status: int, giver: Running, store: "ModelStore"
) -> None:
    before = store.resolve()
    refused = giver.ask("PUT", f"{DATA}/latest", body)
    assert refused.error[0] == status
    assert store.resolve() == before


def without(name: str) -> Callable[[Files], Files]:
    return lambda files: {other: data for other, data in files.items() if other != name}


def changed(name: str, change: Callable[[bytes], bytes]) -> Callable[[Files], Files]:
    return lambda files: files | {name: change(files[name])}


BROKEN: dict[str, tuple[Callable[[Files], Files], str]] = {
    "only a foreign file": (lambda _: {"x": b""}, "lacks manifest.json"),
    "a missing model": (without("model.onnx"), "lacks model.onnx"),
    "a missing manifest": (without("manifest.json"), "lacks manifest.json"),
    "a foreign file": (lambda files: files | {"evil.py": b""}, "holds a foreign file, 'evil.py'"),
    "a file above": (lambda files: files | {"../evil.py": b""}, "holds a foreign file, '../evil.py'"),
    "an absolute file": (lambda files: files | {"/tmp/evil": b""}, "holds a foreign file"),  # noqa: S108
    "a file below": (lambda files: files | {"a/model.onnx": b""}, "holds a foreign file"),
    "several folders": (lambda files: files | {f"{'0' * 64}/card.json": b""}, "twice"),
    "another model": (changed("model.onnx", lambda data: data[:-1] + b"?"), "has another model.onnx than"),
    "another card": (changed("card.json", lambda data: data + b" "), "has another card.json than"),
    "another format": (
        changed("manifest.json", lambda data: data.replace(b'"format": 1', b'"format": 2')),
        "has the format 2, where this release reads 1",
    ),
    "a large card": (changed("card.json", lambda data: data + b" " * 2**21), "more than the 1,048,576 bytes"),
    "a bomb": (changed("model.onnx", lambda _: bytes(2**28)), "more than the 33,554,432 bytes"),
    "many files": (lambda files: files | {f"f{n}": b"" for n in range(100)}, "has 103 entries"),
    "a pickle": (
        lambda _: {"digits-classifier.joblib": b"cos\nsystem\n"},
        "holds a foreign file, 'digits-classifier.joblib'",
    ),
}


@pytest.mark.parametrize(("change", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_version_is_refused_with_the_reason(
    change: Callable[[Files], Files], reason: str, giver: Running, store: "ModelStore"
) -> None:
    before = sorted(store.path.rglob("*"))
    refused = giver.ask("PUT", DATA, zipped(change(files_of(store)[1])))
    assert refused.error[0] == 400
    assert refused.error[1] in {"TamperedModel", "ModelNotFound"}
    assert reason in refused.message
    assert str(store.path) not in refused.message
    assert sorted(store.path.rglob("*")) == before


def test_what_is_no_zip_is_refused(giver: Running, store: "ModelStore") -> None:
    version, files = files_of(store)
    whole = zipped(files)
    broken = bytearray(whole)
    broken[200:300] = bytes(100)
    for body in (b"", b"PK\x03\x04", whole[:-30], whole[100:], bytes(broken), b"PK\x05\x06" + bytes(18)):
        assert giver.ask("PUT", DATA, body).error == (400, "TamperedModel")
    assert giver.ask("PUT", f"{DATA}/{'0' * 64}", whole).error == (400, "TamperedModel")
    assert giver.ask("PUT", f"{DATA}/{'0' * 64}", zipped(files, f"{version}/")).error == (
        400,
        "TamperedModel",
    )
    assert giver.ask("PUT", f"{DATA}/{version[:8]}", whole).error == (400, "QueryError")
    assert giver.ask("PUT", DATA, bytes(36_000_000)).error == (413, "TooLarge")
    assert store.versions() == [version]


def test_a_worker_that_is_killed_while_versions_come_in_loses_and_mixes_up_none(
    taker: Running, taken: "ModelStore", model: "DigitModel", tmp_path: Path
) -> None:
    sent = dict(another(model, tmp_path / "other", note) for note in range(40))
    answered, killed = set(), 0
    for number, (version, data) in enumerate(sent.items()):
        with suppress(OSError, HTTPException):
            if taker.ask("PUT", f"{DATA}/{version}", data).status == 201:
                answered.add(version)
        if number in {5, 15, 25}:
            # while the next one is on its way, at another moment each time
            worker = taker.workers[-1]
            threading.Timer(0.004 * number / 5, os.kill, (worker, signal.SIGKILL)).start()
            killed += 1
    assert answered <= set(taken.versions()) <= set(sent)
    assert len(answered) >= len(sent) - killed
    for version in taken.versions():
        assert taken.load(version).version == version
        assert answering(taker, version) == version
    assert answering(taker) == taken.resolve()
    assert len(taker.workers) == 1 + killed


def test_a_connection_that_is_cut_leaves_nothing(
    taker: Running, taken: "ModelStore", model: "DigitModel", tmp_path: Path
) -> None:
    version, data = another(model, tmp_path / "other")
    for sent in (0, 1000, len(data) - 1):
        with socket.create_connection(("127.0.0.1", taker.port), timeout=30) as line:
            head = (
                f"PUT {DATA} HTTP/1.1\r\nHost: x\r\nAuthorization: {taker.key}\r\n"
                f"Content-Length: {len(data)}\r\n\r\n"
            )
            line.sendall(head.encode() + data[:sent])
    assert taker.ask("PUT", DATA, data).status == 201
    assert sorted(path.name for path in taken.path.iterdir()) == sorted([version, "latest"])
    assert [line["status"] for line in taker.log if line.get("method") == "PUT"].count(499) == 3
