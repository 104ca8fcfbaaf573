"""Errands: what is run beside the page, so that it stays alive, and does no harm to a process that ends."""

import threading
from collections.abc import Callable


def run(work: Callable[..., object], *arguments: object) -> threading.Thread:
    """Run something in a thread of its own, which is returned.

    A process that ends waits for it: cut off inside OpenCV or onnxruntime, as a daemon thread is, it would
    abort the process. Whatever may take long has to ask `is_wanted` and give up.

    Parameters
    ----------
    work
        What is called; what it raises goes to `threading.excepthook`, unless the process is ending.
    *arguments
        What it is called with.
    """

    def go() -> None:
        try:
            work(*arguments)
        except Exception:
            # Python lets a library in no more once it ends, and there is nobody left to tell
            if is_wanted():
                raise

    thread = threading.Thread(target=go, name="digits_nb.errand")
    thread.start()
    return thread


def is_wanted() -> bool:
    """Whether the process is still there for what it runs, or else waits for nothing but that to end."""
    return threading.main_thread().is_alive()
