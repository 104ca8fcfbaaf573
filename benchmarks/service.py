"""The service against the recogniser in one's own process, and what its callers see on bad days.

python benchmarks/service.py [--seconds 5] [--soak 300] [--save]

The service, and a bare tornado handler that only decodes JSON, each run in a process of their own; the
callers are in this one, and each asks again as soon as it is answered.
"""

import argparse
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle, repeat
from pathlib import Path

import latency
import results
from callers import Callers, Heard, call, request

import digits_nb as dn
from digits_nb.recognition import default_model

Rows = dict[str, dict[str, float]]

CONNECTIONS = (1, 8, 64)
TURN_S = 0.5
PATH = "/v1/algo/me/digits_recognition"
SEVEN = 7

BARE = """
import asyncio, json
from tornado.web import Application, RequestHandler

class Bare(RequestHandler):
    def post(self):
        self.finish({"result": len(json.loads(self.request.body))})

async def main():
    server = Application([(".*", Bare)], log_function=lambda _: None).listen(0, "127.0.0.1")
    print("http://127.0.0.1:%d" % next(iter(server._sockets.values())).getsockname()[1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def main() -> None:
    """Print all three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5, help="for each figure (default: 5)")
    parser.add_argument("--soak", type=float, default=300, help="seconds of bad days (default: 300)")
    results.add_option(parser)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = _two_versions(Path(folder))
        rates = speed(store, given.seconds)
        days = {"slow URLs, bad pictures, new versions": soak(store, given.soak)}
        days["one of two workers killed"] = kill(store, given.seconds)
    if given.save:
        results.save("service", rates, default_model())
        results.save("bad-days", days, default_model())


def speed(store: dn.ModelStore, seconds: float) -> Rows:
    """One base64 PNG a request: the service, a bare handler, and the loop in this process."""
    rows: Rows = {}
    body = json.dumps({"base64": latency._sample()}).encode()  # noqa: SLF001 (the same picture)
    turns = max(1, round(seconds / TURN_S))
    with _serving(store) as (port, key, _), _program([sys.executable, "-c", BARE]) as (bare, _, _):
        for connections in CONNECTIONS:
            asked = {
                name: Callers(
                    at, connections, partial(repeat, ("", request(at, path, body, key=key))), _status
                )
                for name, at, path in (("service", port, PATH), ("bare tornado", bare, "/"))
            }
            count, taken = 0, 0.0
            # in turn, so that a busy moment of the machine is shared out
            for _ in range(turns):
                more, took = _loop(body, seconds / turns)
                count, taken = count + more, taken + took
                for callers in asked.values():
                    callers.ask(seconds / turns)
            for name, callers in asked.items():
                callers.hang_up()
                heard = callers.heard
                if heard.cut or set(heard.answers) != {"200"}:
                    sys.exit(f"{name} failed: {_told(heard)}")
                row = {"per_second": heard.rate, "of_loop": heard.rate * taken / count}
                row |= {f"p{q}_ms": heard.percentile_ms(q) for q in (50, 95, 99)}
                rows[f"{name}, {connections} at once"] = row
                print(f"{name:12} {connections:2} at once: {_row(row)}", flush=True)
            print(f"the loop in this process: {count / taken:.0f} a second", flush=True)
    return rows


def soak(store: dn.ModelStore, seconds: float) -> dict[str, float]:
    """64 callers with slow URLs and bad pictures among them, and a new latest version every second."""
    good = latency._sample()  # noqa: SLF001
    stop = threading.Event()
    with _slow_pictures() as slow, _serving(store, allow=slow) as (port, key, workers):
        asked = {
            "good": {"base64": good},
            "list": [{"base64": good}] * 3,
            "blank": {"base64": base64.b64encode(b"no picture").decode()},
            "half": {"base64": good[: len(good) // 2 // 4 * 4]},
        }
        data = {
            name: request(port, PATH, json.dumps(query).encode(), key=key) for name, query in asked.items()
        }
        url = request(port, PATH, json.dumps({"url": f"http://{slow}/"}).encode(), key=key)
        usual = [(name, data[name]) for name in ("good", "good", "list", "blank", "good", "half")]
        numbers = iter(range(10_000))

        def requests() -> Iterator[tuple[str, bytes]]:
            # every eighth caller asks for slow URLs alone
            return repeat(("slow", url)) if next(numbers) % 8 == 0 else cycle(usual)

        publisher = threading.Thread(target=_publish, args=(store, stop))
        publisher.start()
        call(port, 64, min(5.0, seconds / 4), requests, _judge)  # until the pools are full
        before = _memory(workers())
        heard = call(port, 64, seconds, requests, _judge)
        after = _memory(workers())
        stop.set()
        publisher.join()
    print(f"bad days, {seconds:g} s, 64 at once: {_told(heard)}")
    print(f"memory of the worker: {before:.0f} MB at the start, {after:.0f} MB at the end", flush=True)
    return {"seconds": seconds, **_counted(heard), "MB_at_the_start": before, "MB_at_the_end": after}


def kill(store: dn.ModelStore, seconds: float) -> dict[str, float]:
    """Kill one of two workers under load, and count what eight callers saw."""
    body = json.dumps({"base64": latency._sample()}).encode()  # noqa: SLF001
    with _serving(store, "--workers", "2") as (port, key, workers):
        data = request(port, PATH, body, key=key)
        while len(workers()) < 2:  # noqa: PLR2004 (as many as it is started with)
            time.sleep(0.1)
        killer = threading.Timer(seconds / 2, lambda: os.kill(workers()[0], signal.SIGKILL))
        killer.start()
        heard = call(port, 8, seconds, lambda: repeat(("good", data)), _judge)
        killer.join()
    print(f"kill -9 of one of two workers, {seconds:g} s, 8 at once: {_told(heard)}", flush=True)
    return {"seconds": seconds, **_counted(heard)}


def _row(row: dict[str, float]) -> str:
    waits = ", ".join(f"p{q} {row[f'p{q}_ms']:.2f} ms" for q in (50, 95, 99))
    return f"{row['per_second']:.0f} a second, {row['of_loop']:.2f} of the loop, {waits}"


def _counted(heard: Heard) -> dict[str, float]:
    right = heard.answers.get("right", 0)
    return {"right": right, "wrong": len(heard.waits_s) - right, "connections_cut": heard.cut}


def _told(heard: Heard) -> str:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(heard.answers.items()))
    return f"{kinds}; {heard.cut} connections cut; p50 {heard.percentile_ms(50):.1f} ms"


def _status(_: str, status: int, __: bytes) -> str:
    return str(status)


def _judge(name: str, status: int, body: bytes) -> str:
    """Say whether an answer is the right one for what was asked."""
    answer = json.loads(body)
    if name in {"good", "slow"}:
        right = status == 200 and answer["result"] == SEVEN  # noqa: PLR2004 (HTTP's)
    elif name == "list":
        right = status == 200 and [item.get("result") for item in answer] == [SEVEN] * 3  # noqa: PLR2004
    else:
        expected = {"blank": "UnsupportedImage", "half": "CorruptImage"}[name]
        right = status == 400 and answer["error"]["error_type"] == expected  # noqa: PLR2004
    return "right" if right else f"WRONG ({name}, status {status}, {body[:200]!r})"


def _loop(body: bytes, seconds: float) -> tuple[int, float]:
    """Answer in this process for so long; gives how often, in how many seconds."""
    query, model = json.loads(body), default_model()
    count, start = 0, time.perf_counter()
    while (taken := time.perf_counter() - start) < seconds:
        dn.recognize(query, model)
        count += 1
    return count, taken


def _two_versions(folder: Path) -> dn.ModelStore:
    """Make a store of the latest model and of the same with another card."""
    model = default_model()
    store = dn.ModelStore(folder / "models")
    store.save(dn.DigitModel(model.tensors, model.card | {"note": "for benchmarks/service.py"}))
    store.save(dn.DigitModel(model.tensors, model.card))
    return store


def _publish(store: dn.ModelStore, stop: threading.Event) -> None:
    for number in range(100_000):
        if stop.wait(1):
            break
        model = store.load()
        model.card["note"] = number
        old = [version for version in store.versions()[4:] if version != store.resolve()]
        store.save(model)
        for version in old:
            shutil.rmtree(store.path / version)


@contextmanager
def _slow_pictures() -> Iterator[str]:
    """Serve a picture that takes a second; gives host:port."""
    picture = base64.b64decode(latency._sample())  # noqa: SLF001

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(1)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(picture)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def _serving(store: dn.ModelStore, *options: str, allow: str = "") -> Iterator[tuple]:
    """Run the service for a store; gives its port, its key and a function for its workers."""
    command = [sys.executable, "-m", "digits_nb", "serve", "--port", "0", "--store", str(store.path)]
    keys = store.path.parent / "no-keys.json"
    with _program([*command, "--keys", str(keys), *options], DIGITS_NB_ALLOW=allow) as found:
        yield found


@contextmanager
def _program(command: list[str], **environment: str) -> Iterator[tuple]:
    """Run a program that prints its address, and perhaps a key."""
    with tempfile.NamedTemporaryFile() as log:
        program = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=os.environ | environment
        )
        try:
            printed = program.stdout.readline()
            port = int(re.search(r"127\.0\.0\.1:(\d+)", printed)[1])
            key = "" if "-c" in command else program.stdout.readline().split()[-1]

            def workers() -> list[int]:
                """Those that have started, the last ones alive."""
                # opened anew: the program writes where `log` itself would be reading
                lines = Path(log.name).read_text().splitlines()
                return [json.loads(line)["worker"] for line in lines if '"event": "started"' in line]

            call(port, 1, 0, lambda: repeat(("", request(port, "/healthz", b"", method="GET"))), _status)
            yield port, key, workers
        finally:
            program.terminate()
            program.wait()


def _memory(pids: list[int]) -> float:
    """Sum up what processes hold, in MB (Linux, or 0 elsewhere)."""
    found = 0
    for pid in pids:
        status = Path(f"/proc/{pid}/status")
        if status.exists():
            found += int(re.search(r"VmRSS:\s+(\d+)", status.read_text())[1])
    return found / 1000


if __name__ == "__main__":
    main()
