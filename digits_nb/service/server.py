"""The processes of a service: one that watches, and workers that answer on one port.

The watching process loads nothing heavy and starts no thread, so that it can fork at any time. It takes the
port, and every worker accepts from the same queue of connections: when a worker dies, the connections that it
had not accepted yet are the others'.
"""

import asyncio
import os
import re
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from digits_nb.errors import DigitsError
from digits_nb.paths import models, samples
from digits_nb.service.keys import KeyFile, default_keys, new_key

GRACE_S = 30.0
"""What is being answered when the service is stopped has this long."""

HEADERS_S = 0.2
"""And who has only just come in, to say what is asked."""

LOOK_S = 0.01
"""How often it is asked whether all of them have their answers."""

LEAST_LIFE_S = 1.0
MAX_SHORT_LIVES = 5
"""A worker that dies sooner is started again only after that time; so many in a row, and the service ends."""

IDLE_TIMEOUT_S = 75.0
"""A caller who keeps a connection so long without a request is hung up on."""

MAX_PORT = 2**16 - 1
BACKLOG = 1024
"""So many callers may stand at the door."""

_STOP = {signal.SIGTERM, signal.SIGINT}


@dataclass(frozen=True)
class Settings:
    """How a service is run.

    Attributes
    ----------
    host, port
        Where it listens; port 0 is any that is free.
    owner : str
        The name that stands in every address.
    store : Path, optional
        Folder of the models; `outputs/models` under the root if not given.
    keys : Path, optional
        File of the keys; `outputs/keys.json` under the root if not given.
    workers : int
        Processes that answer.
    queue : int
        Requests that each of them has in hand, at most.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    owner: str = "me"
    store: Path | None = None
    keys: Path | None = None
    workers: int = 1
    queue: int = 256


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C; what is being answered then is still answered.

    Raises
    ------
    DigitsError
        The owner is no name, the port cannot be had, or the file of keys cannot be read.
    """
    if not re.fullmatch(r"[\w.~-]{1,60}", settings.owner, re.ASCII):
        msg = f"The owner {settings.owner!r:.80} is no name: use up to 60 letters, digits, . _ ~ and -."
        raise DigitsError(msg)
    path = settings.keys or default_keys()
    # a file that is broken is told now; one that holds no key would let nobody in, as none at all would
    shown = "" if KeyFile(path).holders() else new_key()
    keys = KeyFile(path, shown)
    sockets = _listen(settings)
    _announce(settings, sockets[0], shown)
    _watch(settings.workers, lambda alive: asyncio.run(_answer(settings, keys, sockets, alive)), sockets)


def _listen(settings: Settings) -> list[socket.socket]:
    from tornado.netutil import bind_sockets

    try:
        # of a larger number, getaddrinfo would take the lower 16 bits
        port = settings.port if settings.port <= MAX_PORT else "no port"
        return bind_sockets(port, settings.host, backlog=BACKLOG)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such host"
        msg = (
            f"The service cannot listen at {settings.host} port {settings.port} ({reason}): name another "
            "with --host or --port."
        )
        raise DigitsError(msg) from error


def _announce(settings: Settings, listening: socket.socket, shown: str) -> None:
    host, port = listening.getsockname()[:2]
    host = f"[{host}]" if ":" in host else host
    address = f"http://{host}:{port}"
    store = settings.store or models()
    lines = [f"Serving the models in {store} at {address} for the owner {settings.owner}; Ctrl-C stops."]
    if not (store / "latest").exists():
        lines.append("There is no model there yet: train one with `python -m digits_nb train`, or send one.")
    if settings.host not in {"127.0.0.1", "::1", "localhost"}:
        lines.append("Others can reach it: let them come through something that speaks TLS, or keys leak.")
    if shown:
        lines += [
            f"The key, which is shown this once: {shown}",
            "Try it:",
            f"  curl -H 'Authorization: Simple {shown}' -H 'Content-Type: image/png' \\",
            f"    --data-binary @{samples() / 'seven-dark-on-white.png'} \\",
            f"    {address}/v1/algo/{settings.owner}/digits_recognition",
        ]
    print(*lines, sep="\n", flush=True)  # noqa: T201 (as Jupyter tells its address and its token)


def _watch(count: int, work: Callable[[int], None], sockets: list[socket.socket]) -> None:
    """Keep so many workers until a signal says stop; a second one ends them at once."""
    # a worker sees the end of this pipe when the watching process is gone, however it went
    alive, own = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP | {signal.SIGCHLD})
    born: dict[int, float] = {}
    for _ in range(count):
        born[_fork(work, alive, own)] = time.monotonic()
    stopping, short_lives = False, 0
    while born:
        number = signal.sigwait(_STOP | {signal.SIGCHLD})
        if number in _STOP:
            for pid in born:
                os.kill(pid, signal.SIGKILL if stopping else signal.SIGTERM)
            for listening in sockets:  # new callers are refused now, and need not wait for the old ones
                listening.close()
            stopping = True
            continue
        for pid in _gone():
            start = born.pop(pid, None)
            if start is None or stopping:  # whoever runs as a container's first process gets others' orphans
                continue
            lived = time.monotonic() - start
            short_lives = short_lives + 1 if lived < LEAST_LIFE_S else 0
            if short_lives == MAX_SHORT_LIVES:
                os.close(own)  # which stops the others
                msg = "The workers die as soon as they are started: see the lines above for the reason."
                raise DigitsError(msg)
            with suppress(OSError):  # the log may be full, or read by nobody
                print(f"Worker {pid} is gone: another takes its place.", file=sys.stderr, flush=True)  # noqa: T201
            time.sleep(max(0.0, LEAST_LIFE_S - lived))
            born[_fork(work, alive, own)] = time.monotonic()


def _gone() -> list[int]:
    """Give the children that have ended since this was asked."""
    found = []
    with suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            found.append(pid)
    return found


def _fork(work: Callable[[int], None], alive: int, own: int) -> int:
    sys.stdout.flush()
    if pid := os.fork():
        return pid
    # from here on this is the worker, which never returns to whoever called
    code = 1
    try:
        os.close(own)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOP | {signal.SIGCHLD})
        work(alive)
        code = 0
    except BaseException:  # noqa: BLE001 (a process ends here, and must say why)
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


async def _answer(settings: Settings, keys: KeyFile, sockets: list[socket.socket], alive: int) -> None:
    """Be a worker: answer until told to stop, then finish."""
    import cv2
    from tornado.httpserver import HTTPServer

    from digits_nb.models.store import ModelStore
    from digits_nb.service.accept_loop import Door
    from digits_nb.service.app import Service
    from digits_nb.service.handlers import MAX_DRAINED_BYTES
    from digits_nb.service.loaded_models import HostedModels
    from digits_nb.service.log import catch_logs, note

    catch_logs()
    cv2.setNumThreads(1)  # the desk's threads have the cores; OpenCV's own would compete with them
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in _STOP:
        loop.add_signal_handler(number, told.set)
    loop.add_reader(alive, told.set)
    service = Service(HostedModels(ModelStore(settings.store)), keys, settings.owner, settings.queue)
    service.models.ready()  # the first caller need not wait for the model
    server = HTTPServer(service, max_body_size=MAX_DRAINED_BYTES, idle_connection_timeout=IDLE_TIMEOUT_S)
    door = Door(sockets, service.tray.welcome, server.handle_stream)
    door.open()
    note("info", event="started")
    await told.wait()
    loop.remove_reader(alive)
    door.close()
    service.stopping = True
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE_S):
            await asyncio.sleep(HEADERS_S)
            while service.in_hand or door.telling():  # noqa: ASYNC110 (only now is it worth asking)
                await asyncio.sleep(LOOK_S)
    await server.close_all_connections()
    note("info", event="stopped")
