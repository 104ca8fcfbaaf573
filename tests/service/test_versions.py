"""Versions over HTTP: given out as one file, taken in, refused, made the latest."""

import json
import os
import signal
import socket
import struct
import subprocess
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import save
from services import OWNER, Running, running

import digits_nb as dn

if TYPE_CHECKING:
    from digits_nb import DigitModel, ModelStore

DATA = f"/v1/data/{OWNER}/digits_recognition"
SEVEN = (Path(__file__).parents[2] / "notebooks/samples/seven-dark-on-white.png").read_bytes()
QUERY = {"base64": b64encode(SEVEN).decode()}


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


def file_of(store: "ModelStore") -> tuple[str, bytes]:
    version = store.resolve()
    return version, (store.path / f"{version}.safetensors").read_bytes()


def another(model: "DigitModel", folder: Path, note: object = 2) -> tuple[str, bytes]:
    """A version that answers like `model`, and its file."""
    store = dn.ModelStore(folder)
    store.save(type(model)(model.tensors, model.card | {"note": note}))
    return file_of(store)


def test_one_service_is_given_the_model_of_another(
    giver: Running, taker: Running, store: "ModelStore", taken: "ModelStore"
) -> None:
    version = store.resolve()
    given = giver.ask("GET", f"{DATA}/latest")
    assert given.status == 200
    assert given.headers["Content-Type"] == "application/octet-stream"
    assert given.headers["X-Model-Version"] == version
    assert given.body == file_of(store)[1]
    for name in (version, version[:8]):
        assert giver.ask("GET", f"{DATA}/{name}").body == given.body

    sent = taker.ask("PUT", DATA, given.body)
    assert (sent.status, sent.json) == (201, {"result": {"version": version, "latest": True}})
    assert file_of(taken) == file_of(store)
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


def header_of(data: bytes) -> bytes:
    return data[8 : 8 + struct.unpack_from("<Q", data)[0]]


def with_tensors(data: bytes, **tensors: np.ndarray) -> bytes:
    """The file of a model with other tensors, and the card that it has."""
    return save(tensors, metadata=json.loads(header_of(data))["__metadata__"])


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (lambda _: b"", "is no safetensors file"),
    "a pickle": (lambda _: b"cos\nsystem\n", "is no safetensors file"),
    "a zip": (lambda _: b"PK\x05\x06" + bytes(18), "is no safetensors file"),
    "an end in the middle": (lambda data: data[:-30], "is no safetensors file"),
    "a missing beginning": (lambda data: data[100:], "is no safetensors file"),
    "something behind its end": (lambda data: data + b"?", "is no safetensors file"),
    "a header longer than the file": (
        lambda data: struct.pack("<Q", 2**62) + data[8:],
        "is no safetensors file",
    ),
    "no card": (lambda _: save({"gamma": np.zeros(1)}), "is no safetensors file with a card"),
    "another form of the same": (
        lambda data: (
            struct.pack("<Q", len(header_of(data)) + 8)
            + header_of(data)
            + b" " * 8
            + data[8 + len(header_of(data)) :]
        ),
        "is in another form than digits_nb writes",
    ),
    "a foreign tensor": (lambda data: with_tensors(data, hook=np.zeros(1, np.float32)), "tensors are 'hook'"),
    "a card of an unknown kind": (
        lambda _: save({"gamma": np.zeros(1)}, metadata={"card": '{"kind": "onnx"}'}),
        "names the kind 'onnx'",
    ),
}


@pytest.mark.parametrize(("change", "reason"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_version_is_refused_with_the_reason(
    change: Callable[[bytes], bytes], reason: str, giver: Running, store: "ModelStore"
) -> None:
    before = sorted(store.path.rglob("*"))
    refused = giver.ask("PUT", DATA, change(file_of(store)[1]))
    assert refused.error == (400, "TamperedModel")
    assert reason in refused.message
    assert str(store.path) not in refused.message
    assert sorted(store.path.rglob("*")) == before


def test_a_version_is_taken_under_its_own_full_name_only(giver: Running, store: "ModelStore") -> None:
    version, data = file_of(store)
    flipped = data[:-1] + bytes([data[-1] ^ 1])
    assert giver.ask("PUT", f"{DATA}/{version}", flipped).error == (400, "TamperedModel")
    assert giver.ask("PUT", f"{DATA}/{'0' * 64}", data).error == (400, "TamperedModel")
    assert giver.ask("PUT", f"{DATA}/{version[:8]}", data).error == (400, "QueryError")
    assert giver.ask("PUT", DATA, bytes(36_000_000)).error == (413, "TooLarge")
    assert store.versions() == [version]


def test_the_svc_of_the_demo_is_trained_stored_pinned_served_and_asked_by_curl(tmp_path: Path) -> None:
    trained = dn.train(learner="svc", progress=False)
    kept = dn.ModelStore(tmp_path / "models")
    version = kept.save(trained)
    grids = np.random.default_rng(0).integers(0, 17, (50, 8, 8))
    expected = trained.estimator.predict_proba(grids.reshape(-1, 64))
    np.testing.assert_allclose(kept.load(version[:8]).predict_proba(grids), expected, rtol=0, atol=1e-14)

    with running(kept.path, tmp_path) as service:
        url = f"http://127.0.0.1:{service.port}/v1/algo/{OWNER}/digits_recognition/{version}"
        command = ["curl", "--silent", "--max-time", "30", "-X", "POST", "-d", json.dumps(QUERY), url]
        command += ["-H", "Content-Type: application/json", "-H", f"Authorization: {service.key}"]
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    asked = dn.recognize({"bytes": SEVEN}, trained)
    assert (answer["result"], answer["metadata"]["model_version"]) == (asked.digit, version)
    assert answer["metadata"]["confidence"] == pytest.approx(asked.confidence)


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


def test_a_full_disk_is_said_and_leaves_nothing(store: "ModelStore", tmp_path: Path) -> None:
    first = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))\n"
    with running(tmp_path / "models", tmp_path, first=first) as service:
        _, data = file_of(store)
        answer = service.ask("PUT", DATA, data)
        assert answer.error == (507, "InsufficientStorage")
        assert answer.message == "There is no room here for what was sent; tell whoever runs this."
        assert str(tmp_path) not in answer.body.decode()
        assert "cannot be saved" in service.logged(answer.headers["X-Request-Id"])["error"]
    assert not list((tmp_path / "models").glob("*"))


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
    assert sorted(path.name for path in taken.path.iterdir()) == sorted([f"{version}.safetensors", "latest"])
    assert [line["status"] for line in taker.log if line.get("method") == "PUT"].count(499) == 3
