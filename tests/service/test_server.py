"""The processes of a service: several on one port, stopped, killed, started wrongly."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from servers import in_turn, plain, serving
from services import OWNER, PATIENCE_S, Answer, answer_of, received, running

from digits_nb.service.keys import KeyFile

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

    from digits_nb import ModelStore

SEVEN = (Path(__file__).parents[2] / "notebooks/samples/seven-dark-on-white.png").read_bytes()
QUERY = {"base64": b64encode(SEVEN).decode()}


def wait_for(what: Callable[[], object]) -> None:
    patience = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < patience
        time.sleep(0.02)


def after(seconds: float) -> Callable[["BaseHTTPRequestHandler"], None]:
    return in_turn(lambda _: time.sleep(seconds), plain(SEVEN))


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_what_is_being_answered_is_answered_when_the_service_stops(
    how: signal.Signals, store: "ModelStore", tmp_path: Path
) -> None:
    heard: list[Answer] = []
    with (
        serving(after(1.5)) as pictures,
        running(store.path, tmp_path, "--workers", "2", allow=pictures.pair) as service,
    ):
        wait_for(lambda: len(service.workers) == 2)

        def ask() -> None:
            heard.append(service.post("digits_recognition", {"url": pictures.url}))

        callers = [threading.Thread(target=ask) for _ in range(6)]
        for caller in callers:
            caller.start()
        wait_for(lambda: len(pictures.seen) == 6)
        service.process.send_signal(how)
        wait_for(lambda: refused(service.port))
        for caller in callers:
            caller.join()
        assert [answer.result for answer in heard] == [7] * 6
        assert {answer.headers.get("Connection") for answer in heard} == {"close"}
        assert service.process.wait(timeout=PATIENCE_S) == 0
        assert [line["event"] for line in service.log if "event" in line] == ["started"] * 2 + ["stopped"] * 2


def test_callers_at_the_door_are_answered_when_the_service_stops(store: "ModelStore", tmp_path: Path) -> None:
    with running(store.path, tmp_path) as service:
        os.kill(service.workers[0], signal.SIGSTOP)
        lines = [HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S) for _ in range(5)]
        for line in lines:
            headers = {"Authorization": service.key, "Content-Type": "application/json"}
            line.request("POST", f"/v1/algo/{OWNER}/digits_recognition", json.dumps(QUERY), headers)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        os.kill(service.workers[0], signal.SIGCONT)
        assert [answer_of(line.getresponse()).result for line in lines] == [7] * 5
        assert service.process.wait(timeout=PATIENCE_S) == 0


def test_an_answer_that_is_on_its_way_arrives_whole_when_the_service_stops(
    store: "ModelStore", tmp_path: Path
) -> None:
    path = f"/v1/data/{OWNER}/digits_recognition/latest"
    with running(store.path, tmp_path) as service:
        size = len(service.ask("GET", path).body)
        with service.deaf(path, 100) as line:
            service.process.send_signal(signal.SIGTERM)
            wait_for(lambda: refused(service.port))
            time.sleep(0.5)
            heard = received(line)
        assert service.process.wait(timeout=PATIENCE_S) == 0
    _, *answers = heard.split(b"HTTP/1.1 200 OK\r\n")
    assert [len(answer.partition(b"\r\n\r\n")[2]) for answer in answers] == [size] * len(answers)
    assert 0 < len(answers) < 100


def test_a_worker_that_can_hold_no_more_connections_waits_for_room(
    store: "ModelStore", tmp_path: Path
) -> None:
    with running(store.path, tmp_path) as service:
        (worker,) = service.workers
        assert service.post("digits_recognition", QUERY).result == 7
        files = len(list(Path(f"/proc/{worker}/fd").iterdir()))
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (files + 3, files + 3))
        lines = [socket.create_connection(("127.0.0.1", service.port)) for _ in range(8)]
        wait_for(lambda: any(line.get("event") == "full" for line in service.log))
        time.sleep(1.5)
        assert sum(line.get("event") == "full" for line in service.log) <= 3, "one look a second"
        for line in lines:
            line.close()
        assert service.post("digits_recognition", QUERY).result == 7


def test_children_of_others_are_none_of_its_business(store: "ModelStore", tmp_path: Path) -> None:
    # as the first process of a container is given those that nobody else waits for
    first = "import os\nos.spawnlp(os.P_NOWAIT, 'true', 'true')\n"
    with running(store.path, tmp_path, first=first) as service:
        os.kill(service.workers[0], signal.SIGKILL)  # so that it is asked who has ended
        wait_for(lambda: len(service.workers) == 2)
        assert service.post("digits_recognition", QUERY).result == 7
        assert service.process.poll() is None


def test_a_log_that_cannot_be_written_harms_no_caller(store: "ModelStore", tmp_path: Path) -> None:
    first = "import os\nos.dup2(os.open('/dev/full', os.O_WRONLY), 2)\n"
    with running(store.path, tmp_path, first=first) as service:
        for _ in range(3):
            assert service.post("digits_recognition", QUERY).result == 7
        assert service.post("digits_recognition", {"path": "a"}).status == 400
        assert service.process.poll() is None


def test_a_service_that_stops_is_not_ready_and_hangs_up_after_the_answer(
    store: "ModelStore", tmp_path: Path
) -> None:
    over = threading.Event()
    with (
        serving(in_turn(lambda _: over.wait(PATIENCE_S), plain(SEVEN))) as pictures,
        running(store.path, tmp_path, allow=pictures.pair) as service,
    ):
        slow = threading.Thread(target=service.post, args=("digits_recognition", {"url": pictures.url}))
        kept = HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S)
        kept.request("GET", "/readyz")
        assert answer_of(kept.getresponse()).json == {"status": "ready"}
        slow.start()
        wait_for(lambda: pictures.seen)
        service.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refused(service.port))
        kept.request("GET", "/readyz")
        answer = answer_of(kept.getresponse())
        assert answer.error == (503, "NotReady")
        assert answer.headers["Connection"] == "close"
        over.set()
        slow.join()


def refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except OSError:  # taken up by nobody
        return False
    return False


def test_a_worker_that_is_killed_is_replaced_and_the_others_answer(
    store: "ModelStore", tmp_path: Path
) -> None:
    with running(store.path, tmp_path, "--workers", "2") as service:
        wait_for(lambda: len(service.workers) == 2)
        first = service.workers
        os.kill(first[0], signal.SIGKILL)
        for _ in range(20):
            # a connection that is made now is nobody's until somebody who is alive accepts it
            assert service.post("digits_recognition", QUERY).result == 7
        wait_for(lambda: len(service.workers) == 3)
        for _ in range(5):
            assert service.post("digits_recognition", QUERY).result == 7
        assert f"Worker {first[0]} is gone" in service.errors.read_text()


def test_workers_share_the_callers(store: "ModelStore", tmp_path: Path) -> None:
    with running(store.path, tmp_path, "--workers", "2") as service:
        wait_for(lambda: len(service.workers) == 2)
        lines = [HTTPConnection("127.0.0.1", service.port, timeout=PATIENCE_S) for _ in range(48)]
        for line in lines:
            headers = {"Authorization": service.key, "Content-Type": "application/json"}
            line.request("POST", f"/v1/algo/{OWNER}/digits_recognition", json.dumps(QUERY), headers)
        assert [answer_of(line.getresponse()).result for line in lines] == [7] * 48
        for line in lines:
            line.close()
        answering = [line["worker"] for line in service.log if line.get("method") == "POST"]
        assert set(answering) == set(service.workers)


def test_workers_end_with_the_process_that_watches_them(store: "ModelStore", tmp_path: Path) -> None:
    with running(store.path, tmp_path) as service:
        (worker,) = service.workers
        service.process.kill()
        service.process.wait()
        wait_for(lambda: any(line.get("event") == "stopped" for line in service.log))
        wait_for(lambda: refused(service.port))
        assert worker != service.process.pid


def test_a_service_is_healthy_at_once_and_ready_when_there_is_a_model(
    store: "ModelStore", tmp_path: Path
) -> None:
    empty = tmp_path / "models"
    with running(empty, tmp_path) as service:
        assert "There is no model there yet" in service.printed
        assert service.ask("GET", "/healthz", headers={"Authorization": ""}).json == {"status": "ok"}
        assert service.ask("GET", "/readyz", headers={"Authorization": ""}).error == (503, "NotReady")
        for name in ("digits_recognition", "digits_preprocess", "read_digits"):
            assert service.post(name, QUERY).error == (404, "ModelNotFound")
        file = store.file(store.resolve())
        empty.mkdir()
        (empty / file.name).write_bytes(file.read_bytes())
        (empty / "latest").write_text(file.stem)
        assert service.ask("GET", "/readyz", headers={"Authorization": ""}).json == {"status": "ready"}
        assert service.post("digits_recognition", QUERY).result == 7


@pytest.mark.parametrize(("host", "warned"), [(None, False), ("0.0.0.0", True)], ids=["usual", "told"])  # noqa: S104
def test_others_can_reach_it_only_if_it_is_told_so(
    host: str | None, warned: bool, store: "ModelStore", tmp_path: Path
) -> None:
    with running(store.path, tmp_path, *(["--host", host] if host else [])) as service:
        assert (
            "Others can reach it: let them come through something that speaks TLS" in service.printed
        ) == warned
        sockets = Path("/proc/net/tcp")
        if sockets.exists():  # Linux tells what is listened at, in hexadecimal
            rows = [row.split() for row in sockets.read_text().splitlines()[1:]]
            listening = [row[1] for row in rows if row[3] == "0A"]
            assert f"{'00000000' if warned else '0100007F'}:{service.port:04X}" in listening


def test_the_curl_line_that_is_printed_works(store: "ModelStore", tmp_path: Path) -> None:
    with running(store.path, tmp_path) as service:
        lines = [service.process.stdout.readline() for _ in range(4)]
        assert lines[0] == "Try it:\n"
        done = subprocess.run("".join(lines[1:]), shell=True, capture_output=True, text=True, check=True)  # noqa: S602
        assert json.loads(done.stdout)["result"] == 7


def told(folder: Path) -> str:
    """All that a service prints until it is stopped."""
    with running(folder / "models", folder, keys=True) as service:
        service.process.send_signal(signal.SIGTERM)
        return service.printed + service.process.stdout.read()


def test_a_key_is_shown_when_the_last_one_that_was_kept_is_removed(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "outputs" / "keys.json")
    keys.add("demo", frozenset({"ask"}))
    assert "shown this once" not in told(tmp_path)
    keys.remove("demo")
    assert "shown this once" in told(tmp_path)
    with running(tmp_path / "models", tmp_path) as service:
        assert service.post("digits_recognition", QUERY).error == (404, "ModelNotFound")


def serve(*options: str | Path) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "digits_nb", "serve", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--host", "nobody.invalid"], "The service cannot listen at nobody.invalid"),
        (["--port", "99999"], "port 99999 (Servname not supported for ai_socktype): name another"),
        (["--host", "192.0.2.1"], "The service cannot listen at 192.0.2.1"),
        (["--owner", "a/b"], "The owner 'a/b'"),
    ],
    ids=["a host of nobody", "no port", "another machine's host", "an owner with a slash"],
)
def test_a_service_that_cannot_start_says_why(options: list[str], message: str, tmp_path: Path) -> None:
    run = serve(*options, "--keys", tmp_path / "keys.json")
    assert (run.returncode, run.stdout) == (1, "")
    (line,) = run.stderr.splitlines()
    assert message in line


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        run = serve("--port", str(taken.getsockname()[1]), "--keys", tmp_path / "keys.json")
    assert run.returncode == 1
    assert "(Address already in use): name another" in run.stderr


@pytest.mark.parametrize(
    "options", [["--workers", "0"], ["--workers", "two"], ["--queue", "-1"]], ids=" ".join
)
def test_a_wrong_number_is_a_wrong_call(options: list[str]) -> None:
    run = serve(*options)
    assert run.returncode == 2
    assert "is not a number from 1 on" in run.stderr


def test_workers_that_die_at_once_end_the_service(tmp_path: Path) -> None:
    # a tornado that cannot be used, before the real one
    (tmp_path / "tornado").mkdir()
    (tmp_path / "tornado" / "__init__.py").touch()
    (tmp_path / "tornado" / "netutil.py").write_text(
        "import socket\ndef bind_sockets(*_, **__): return [socket.create_server(('127.0.0.1', 0))]\n"
    )
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    command = [sys.executable, "-m", "digits_nb", "serve", "--keys", tmp_path / "keys.json"]
    run = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=PATIENCE_S, env=environment
    )
    assert run.returncode == 1
    assert "No module named 'tornado.httpserver'" in run.stderr
    assert run.stderr.splitlines()[-1].startswith("DigitsError: The workers die as soon as they are started")


def test_the_watching_process_loads_nothing_heavy(store: "ModelStore", tmp_path: Path) -> None:
    with running(store.path, tmp_path) as service:
        assert service.post("digits_recognition", QUERY).result == 7
        maps = Path(f"/proc/{service.process.pid}/maps")
        if maps.exists():  # Linux tells what a process has mapped
            assert "safetensors" not in maps.read_text()
            assert "safetensors" in Path(f"/proc/{service.workers[0]}/maps").read_text()
        assert OWNER in service.printed
