"""Read files that might do harm in a fresh process, and report the outcome, time and memory of each.

Run as a program, `python -W error trial.py STORE FOLDER`, it reads every file of a folder, and prints a line
of JSON for each: its name, the outcome, seconds of the processor, and MB above what the idle process had.
"""

import ctypes
import json
import resource
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import digits_nb


@dataclass
class Verdict:
    """The outcome for a file: an answer's digit, or the name of an error, with its message."""

    outcome: str
    message: str
    seconds: float
    megabytes: float


def try_all(files: dict[str, bytes], store: Path, folder: Path) -> tuple[dict[str, Verdict], str]:
    """Write the files, read them in one fresh process, and return the verdicts and its stderr."""
    names = {f"{number:03}": name for number, name in enumerate(files)}
    for number, name in names.items():
        (folder / number).write_bytes(files[name])
    command = [sys.executable, "-W", "error", __file__, str(store), str(folder)]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return {names[number]: Verdict(*verdict) for number, *verdict in lines}, run.stderr


def _read(file: Path, model: digits_nb.DigitModel) -> tuple[str, str]:
    try:
        return str(digits_nb.recognize({"path": file}, model).digit), ""
    except digits_nb.DigitsError as error:
        return type(error).__name__, str(error)


def _peak_mb() -> float:
    status, mark = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    with suppress(OSError):
        mark.write_text("5")
    return int(line.split()[1]) / 1e3


def _main(store: str, folder: str) -> None:
    model = digits_nb.ModelStore(store).load("latest")
    files = sorted(Path(folder).iterdir())
    for file in sorted(files, key=lambda file: file.stat().st_size)[:20]:
        _read(file, model)  # a format's first file loads its decoder, and that does not count
    for file in files:
        with suppress(AttributeError, OSError):  # memory that is free already does not count
            ctypes.CDLL(None).malloc_trim(0)
        _peak_mb()
        idle = _peak_mb()
        began = time.process_time()
        outcome, message = _read(file, model)
        seconds = time.process_time() - began
        print(json.dumps([file.name, outcome, message, seconds, _peak_mb() - idle]))  # noqa: T201


if __name__ == "__main__":
    _main(*sys.argv[1:])
