"""The log of a service: a JSON object a line, which never holds a key, a query or a picture."""

import json
import logging
import os
import traceback
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

_STANDARD_ERROR = 2


def note(level: str, **fields: object) -> None:
    """Write a line to standard error, in one piece, so that the lines of several workers do not mix."""
    time = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": time, "level": level, "worker": os.getpid(), **fields})
    with suppress(OSError):  # on a full disk, or where nobody reads it: callers are answered all the same
        os.write(_STANDARD_ERROR, f"{line}\n".encode())


def trace(error: BaseException) -> dict[str, object]:
    """Say where an unforeseen error came from; not its message, which may quote what was sent."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"exception": type(error).__name__, "where": where}


class _Notes(logging.Handler):
    """What tornado and asyncio log, as lines too."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        # tornado's messages about a request quote it
        message = record.getMessage() if error is None else record.msg.partition("%")[0].strip()
        note(record.levelname.lower(), logger=record.name, message=message, **(trace(error) if error else {}))


def catch_logs() -> None:
    """Let everything that is logged elsewhere in this process become lines of this log."""
    logging.basicConfig(level=logging.WARNING, handlers=[_Notes()], force=True)
