"""The service as people run it: a process of its own, asked over the loopback.

with running(store) as service:
    status, answer = service.post("digits_recognition", {"base64": "…"})
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

Json = Any  # what a service answers

PATIENCE_S = 60
OWNER = "ada"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        return json.loads(self.body)

    @property
    def result(self) -> Json:
        assert self.status in {200, 201}, self.body
        return self.json["result"]

    @property
    def error(self) -> tuple[int, str]:
        """Status and type of a refusal that is one in every respect."""
        error = self.json["error"]
        assert self.json == {"error": {"message": error["message"], "error_type": error["error_type"]}}
        assert re.fullmatch(r"[A-Z'].{20,300}[.]", error["message"]), error["message"]
        assert self.headers["Content-Type"] == "application/json"
        assert re.fullmatch("[0-9a-f]{16}", self.headers["X-Request-Id"])
        return self.status, error["error_type"]

    @property
    def message(self) -> str:
        return self.json["error"]["message"]


@dataclass
class Running:
    """A service that is up."""

    process: subprocess.Popen
    port: int
    key: str
    printed: str
    errors: Path
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        headers: dict[str, str] | None = None,
        timeout_s: float = PATIENCE_S,
    ) -> Answer:
        """Ask once, on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, path, body, self._headers(headers))
            return answer_of(connection.getresponse())
        finally:
            connection.close()

    def post(self, name: str, query: object, **more: Json) -> Answer:
        """Send a query as JSON."""
        headers = {"Content-Type": "application/json"} | more.pop("headers", {})
        body = query if isinstance(query, bytes) else json.dumps(query).encode()
        return self.ask("POST", f"/v1/algo/{OWNER}/{name}", body, headers=headers, **more)

    @contextmanager
    def deaf(self, path: str, times: int) -> Iterator[socket.socket]:
        """A caller who asks for something many times over on one connection, and reads nothing."""
        asked = f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {self.key}\r\n\r\n".encode()
        with socket.socket() as line:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.settimeout(PATIENCE_S)
            line.connect(("127.0.0.1", self.port))
            line.sendall(times * asked)
            before, so_far = -1, 0
            while so_far != before:  # until no more is sent that is not read
                time.sleep(0.5)
                before, so_far = so_far, sum(line.get("path") == path for line in self.log)
            yield line

    def _headers(self, more: dict[str, str] | None) -> dict[str, str]:
        headers = {"Authorization": f"Simple {self.key}"} | (more or {})
        return {name: value for name, value in headers.items() if value}

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of the log so far that are JSON."""
        return [json.loads(line) for line in self.errors.read_text().splitlines() if line.startswith("{")]

    def logged(self, request_id: str) -> dict[str, Any]:
        """The line of a request; it is written just after the answer is sent."""
        patience = time.monotonic() + PATIENCE_S
        while True:
            for line in self.log:
                if line.get("request_id") == request_id:
                    return line
            assert time.monotonic() < patience, request_id
            time.sleep(0.01)

    @property
    def workers(self) -> list[int]:
        """The processes that answer, or have answered."""
        return [line["worker"] for line in self.log if line.get("event") == "started"]


def received(line: socket.socket) -> bytes:
    """What still comes, until the other end hangs up in whichever way."""
    heard = bytearray()
    with suppress(ConnectionResetError):
        while data := line.recv(2**16):
            heard += data
    return bytes(heard)


def answer_of(response: HTTPResponse) -> Answer:
    return Answer(response.status, dict(response.getheaders()), response.read())


@contextmanager
def running(
    store: Path, folder: Path, *options: str, allow: str = "", keys: bool = False, first: str = ""
) -> Iterator[Running]:
    """Start a service for the models in `store`, and stop it; what it logs goes to `folder`.

    `first` is code that the process runs before anything else.
    """
    errors = folder / "log.jsonl"
    command = [sys.executable, "-m", "digits_nb", "serve", "--port", "0", "--owner", OWNER, "--store", store]
    environment = os.environ | {"DIGITS_NB_HOME": str(folder)} | ({"DIGITS_NB_ALLOW": allow} if allow else {})
    if first:
        (folder / "sitecustomize.py").write_text(first)
        environment["PYTHONPATH"] = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    with errors.open("wb") as log:
        process = subprocess.Popen(
            [*command, *options], stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )
    try:
        assert process.stdout is not None
        printed = process.stdout.readline()
        found = re.search(r"http://[\d.]+:(\d+)", printed)
        assert found, printed + errors.read_text()
        key = ""
        while not keys and not key:
            line = process.stdout.readline()
            assert line, errors.read_text()
            printed += line
            key = "".join(re.findall(r"shown this once: (\S+)", line))
        service = Running(process, int(found[1]), key, printed, errors)
        # the listening socket is there before the workers are: this waits for the first of them
        service.ask("GET", "/healthz")
        yield service
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE_S)
        if process.stdout is not None:
            process.stdout.close()
