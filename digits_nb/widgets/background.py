"""Run work in a non-daemon thread.

A daemon thread that is killed inside OpenCV at exit would abort the process.
"""

import threading
from collections.abc import Callable


def run(work: Callable[..., object], *arguments: object) -> threading.Thread:
    """Start a thread that calls a function, and return the thread.

    The interpreter waits for the thread before it exits. Work that may take long has to check
    `is_wanted` and stop early.

    Parameters
    ----------
    work
        The function. An exception that it raises goes to `threading.excepthook`, unless the process is
        ending.
    *arguments
        Its arguments.
    """

    def call() -> None:
        try:
            work(*arguments)
        except Exception:
            # imports fail while the interpreter shuts down, and nobody sees the result any more
            if is_wanted():
                raise

    thread = threading.Thread(target=call, name="digits_nb.background")
    thread.start()
    return thread


def is_wanted() -> bool:
    """Whether the main thread still runs; if not, the process only waits for its background threads."""
    return threading.main_thread().is_alive()
