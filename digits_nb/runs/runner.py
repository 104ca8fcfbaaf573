"""Strict headless runs of notebooks.

papermill executes. This module adds: names and values are checked before a kernel starts, the executed
notebook is complete or absent, and a failure is a named error with one sentence.
"""

import asyncio
import errno
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from digits_nb import paths
from digits_nb.errors import DigitsError, NotebookError, RunFailed
from digits_nb.runs.parameters import Value, declared_parameters, fit_parameters, read_notebook
from digits_nb.runs.redaction import redactor
from digits_nb.runs.results import RUN, findings_output, write_findings

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager

SOCKET_PATH_BYTES = 103
"""Longest path of a Unix socket: 103 bytes on macOS, 107 on Linux."""


class Terminated(KeyboardInterrupt):
    """The process received SIGTERM, as `timeout` and Kubernetes send it."""

    exit_code = 128 + signal.SIGTERM


def heed_sigterm() -> None:
    """Make SIGTERM end a run of this process as Ctrl-C does: kernel killed, notebook so far kept."""

    def end(number: int, _: object) -> NoReturn:
        signal.signal(
            number, signal.SIG_IGN
        )  # `timeout` sends it twice, and cleaning up must not be disturbed
        raise Terminated

    signal.signal(signal.SIGTERM, end)


def run_notebook(
    notebook: str | os.PathLike[str],
    output: str | os.PathLike[str],
    parameters: Mapping[str, str] | None = None,
    *,
    progress: bool = True,
    keep_parameters: bool = False,
) -> dict[str, Any]:
    """Execute a notebook strictly, in the current working directory.

    Parameters
    ----------
    notebook
        Notebook to execute; it is not changed.
    output
        Executed notebook, an `.ipynb` file; missing folders are made. It appears when the run is over:
        complete, or as far as it came if the run failed or was interrupted. Findings that an earlier run left
        beside it are removed first.
    parameters
        Name → text, as `digits_nb.runs.parameters.fit_parameters` takes them.
    progress
        Show the progress on stderr.
    keep_parameters
        Keep the user names, passwords, query strings and fragments of URLs that are given. By default they
        are removed from the executed notebook and from the findings when the run is over.

    Returns
    -------
    dict
        Findings of the notebook; empty if it leaves none.

    Raises
    ------
    NotebookError
        `notebook` cannot be run, or `output` cannot be written. No kernel was started, unless the disk became
        full or something took the place of `output` during the run.
    UnknownParameter, BadParameter
        A name is not declared, or a text does not fit its type. No kernel was started.
    MissingPackage
        The extra `notebook` is not installed.
    DigitsError
        A cell raised it: the same class and message.
    RunFailed
        A cell raised any other error, or the kernel died. Like the error above it has a note (PEP 678) that
        names the cell and the place of the run so far.
    """
    notebook, output = Path(notebook), Path(output)
    values = fit_parameters(declared_parameters(notebook), parameters or {})
    from jupyter_client.kernelspec import NoSuchKernel
    from papermill.exceptions import PapermillExecutionError

    redact = redactor(() if keep_parameters else values.values())
    with _executed(notebook, output, redact) as partial:
        try:
            _execute(notebook, partial, output, values, progress)
        except (PapermillExecutionError, RuntimeError) as error:
            failure = _failure(error)
            failure.add_note(_where(partial, notebook, output))
            raise failure from error
        except NoSuchKernel as error:
            msg = (
                f"The notebook {notebook} asks for the kernel {error.name}, which is not installed: "
                "name python3 in it."
            )
            raise NotebookError(msg) from error
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
                raise
            raise _unwritable(output, error) from error
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(_where(partial, notebook, output))
            raise
    return _findings(read_notebook(output)) or {}


def read_result(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the findings of a run from its executed notebook or from the JSON file that it left.

    Raises
    ------
    NotebookError
        The file does not exist or is neither of the two, or the notebook was not run or leaves no findings.
    MissingPackage
        The path is a notebook's, and the extra `notebook` is not installed.
    RunFailed
        The run of the executed notebook failed (the message names the error) or was interrupted.
    """
    path = Path(path)
    if path.suffix != ".ipynb":
        return _read_findings(path)
    content = read_notebook(path)
    cells = [cell for cell in content.cells if cell.cell_type == "code"]
    errors = [output for cell in cells for output in cell.outputs if output.output_type == "error"]
    if errors and errors[0].ename != "KeyboardInterrupt":
        msg = f"The run of {path} failed with {errors[0].ename}: {errors[0].evalue}"
        raise RunFailed(msg)
    if errors or content.metadata.get("papermill", {}).get("exception"):
        msg = f"The run of {path} was stopped before its end: run the notebook again."
        raise RunFailed(msg)
    found = _findings(content)
    if found is not None:
        return found
    if not any(cell.execution_count for cell in cells):
        msg = f"The notebook {path} was not run: give the executed one, OUTPUT of python -m digits_nb run."
        raise NotebookError(msg)
    msg = f"The notebook {path} leaves no findings: its last cell must call digits_nb.runs.leave_findings."
    raise NotebookError(msg)


def _findings(content: Mapping[str, Any]) -> dict[str, Any] | None:
    marked = findings_output(content)
    # nbformat makes every dict a NotebookNode, and findings are plain dicts
    found: dict[str, Any] | None = marked and json.loads(json.dumps(marked["data"]["application/json"]))
    return found


def _read_findings(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        msg = f"The file {path} cannot be read ({error.strerror}): run the notebook first."
        raise NotebookError(msg) from error
    except ValueError:
        content = None
    if not isinstance(content, dict):
        msg = f"The file {path} is not a JSON object: give an executed notebook or the JSON beside it."
        raise NotebookError(msg)
    return content


@contextmanager
def _executed(notebook: Path, output: Path, redact: Callable[[Any], Any]) -> Iterator[Path]:
    """Give a temporary notebook beside `output` to execute into; it becomes `output` however the run ends."""
    if output.suffix != ".ipynb" or output.is_dir():
        msg = f"The path {output} cannot be the executed notebook: give the path of an .ipynb file to write."
        raise NotebookError(msg)
    if output.resolve() == notebook.resolve():
        msg = f"The path {output} is the notebook to run, which stays as it is: give another path to write."
        raise NotebookError(msg)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.exists():  # else a JSON file of that name is not from an earlier run
            output.with_suffix(".json").unlink(missing_ok=True)
        handle, name = tempfile.mkstemp(".ipynb", f".{output.stem}.", output.parent.resolve())
        os.close(handle)
    except OSError as error:
        raise _unwritable(output, error) from error
    partial = Path(name)
    complete = False
    try:
        yield partial
        complete = True
    finally:
        try:
            if content := _so_far(partial):
                if (left := findings_output(content)) and redact(left["data"]) != left["data"]:
                    file = left["metadata"]["digits_nb"]["result"]
                    write_findings(Path(file), redact(left["data"]["application/json"]))
                content = redact(content)
                content["metadata"]["papermill"] |= {
                    "input_path": str(notebook),
                    "output_path": str(output),
                    "exception": not complete or None,
                }
                text = json.dumps(content, indent=1, ensure_ascii=False)
                paths.write_whole(output, f"{text}\n".encode())
        except OSError as error:
            raise _unwritable(output, error) from error
        finally:
            partial.unlink(missing_ok=True)


def _unwritable(output: Path, error: OSError) -> NotebookError:
    msg = f"The path {output} cannot be written ({error.strerror}): give another path to write."
    return NotebookError(msg)


def _execute(notebook: Path, partial: Path, output: Path, values: dict[str, Value], progress: bool) -> None:
    """Execute `notebook` into `partial`; once more, over TCP, if the kernel dies before its first reply.

    Two kernels that start at once can be given the same TCP port, and one dies: "Address already in use".
    Sockets in a temporary folder of their own cannot collide; the default ones, relative paths, can.
    """
    from papermill import execute_notebook
    from traitlets.config import Config

    with tempfile.TemporaryDirectory(prefix="kernel-") as folder:
        sockets = {"transport": "ipc", "ip": f"{folder}/ipc"}
        fits = len(os.fsencode(f"{folder}/ipc-5")) <= SOCKET_PATH_BYTES  # a kernel has five channels
        for retried, connection in enumerate((sockets if fits else {}, {})):
            # Without encryption the kernel warns, in every run, that its messages are not encrypted.
            config = Config(KernelManager={"transport_encryption": "auto", **connection})
            try:
                with _kernel_class(output) as kernel_class:
                    execute_notebook(
                        _literally(notebook.resolve()),
                        _literally(partial),
                        values,
                        progress_bar=progress and _progress(),
                        config=config,
                        kernel_manager_class=kernel_class,
                    )
            except RuntimeError as error:
                if retried or _started_cells(partial):
                    raise
                sys.stderr.write(f"The kernel gave no first reply ({error}): starting another one.\n")
            else:
                return


@contextmanager
def _kernel_class(output: Path) -> Iterator[type["AsyncKernelManager"]]:
    """Give a class of kernels that know where the files of the run belong; they end with the block."""
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync

    # The second variable silences a debugger that nobody uses here.
    environment = os.environ | {RUN: str(output.resolve()), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    started: list[AsyncKernelManager] = []

    class Kernel(AsyncKernelManager):
        async def start_kernel(self, **options: Any) -> None:  # type: ignore[override]  # noqa: ANN401 - as the base has it
            started.append(self)
            await super().start_kernel(env=environment, **options)

        async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:  # type: ignore[override]  # async, as the base is
            stopped_by = sys.exception()
            if isinstance(stopped_by, KeyboardInterrupt):
                now = True  # nobody waits for the end of the cell
                # nbclient's task still does. That the kernel died is its error, printed unless it is fetched.
                for task in asyncio.all_tasks() - {asyncio.current_task()}:
                    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            if now or stopped_by:
                await super().shutdown_kernel(now, restart)
                return
            # As the base does, but without its interrupt: past the last cell there is nothing to interrupt,
            # and a kernel that is still busy with a reply would report the interrupt as an error.
            await self.request_shutdown(restart)
            await self.finish_shutdown(restart=restart)
            await self.cleanup_resources(restart)

    try:
        yield Kernel
    finally:
        for kernel in started:
            # A start that was interrupted goes on beside this, and both want to set the future `ready`.
            with suppress(asyncio.InvalidStateError):
                if kernel.has_kernel:
                    run_sync(kernel.shutdown_kernel)(now=True)


def _failure(error: Exception) -> DigitsError:
    """Translate papermill's error: a `DigitsError` of a cell is itself again."""
    if isinstance(error, RuntimeError):
        return RunFailed(f"The kernel died, perhaps for want of memory ({error}): run it again.")
    name, message = error.ename, error.evalue  # type: ignore[attr-defined]  # papermill's error has no types
    kinds: list[type[DigitsError]] = [DigitsError, *DigitsError.__subclasses__()]
    ours = {kind.__name__: kind for kind in kinds}
    return ours[name](message) if name in ours else RunFailed(f"{name}: {message}")


def _literally(path: Path) -> str:
    """Escape the braces of a path, in which papermill would put parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _progress() -> bool | dict[str, Any]:
    """Choose papermill's bar on a terminal; elsewhere, as in a log, a line every two seconds."""
    if sys.stderr.isatty():
        return True
    form = "{desc}: {n_fmt} of {total_fmt} cells, {elapsed}"
    return {"file": _Lines(), "mininterval": 2.0, "bar_format": form}


class _Lines:
    """File for tqdm that writes each state of a bar as a line of its own."""

    def write(self, text: str) -> None:
        if text.strip():
            sys.stderr.write(f"{text.strip()}\n")

    def flush(self) -> None:
        sys.stderr.flush()


def _so_far(partial: Path) -> dict[str, Any] | None:
    """Read the notebook as papermill last saved it; None if it never did, or was stopped in the middle."""
    try:
        content: dict[str, Any] = json.loads(partial.read_bytes())
    except ValueError:
        return None
    return content


def _started_cells(partial: Path) -> list[int]:
    """Return the numbers of the cells that were started, from 1 on; papermill's own cells do not count."""
    added = {"injected-parameters", "papermill-error-cell-tag"}
    cells = [cell["metadata"] for cell in (_so_far(partial) or {"cells": []})["cells"]]
    own = [cell for cell in cells if added.isdisjoint(cell["tags"])]
    return [number for number, cell in enumerate(own, start=1) if cell["papermill"]["start_time"]]


def _where(partial: Path, notebook: Path, output: Path) -> str:
    """Write the note of an error: the last cell that was started, and where the run so far is."""
    if started := _started_cells(partial):
        return f"(cell {started[-1]} of {notebook}; the run so far is in {output})"
    return f"({notebook} was not started)"
