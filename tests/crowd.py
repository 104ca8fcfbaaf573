"""How many threads are in a piece of code at the same time."""

import threading
import time
from types import TracebackType


class Crowd:
    """Count the threads inside `with crowd:`, and the most that were there together."""

    def __init__(self, seconds: float) -> None:
        """Keep each thread inside for so many seconds, so that they meet."""
        self.most = 0
        self._inside = 0
        self._seconds = seconds
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        """Enter, and stay for a while."""
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        time.sleep(self._seconds)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave."""
        with self._lock:
            self._inside -= 1
