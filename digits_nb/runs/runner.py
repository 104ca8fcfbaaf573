"""Strict headless runs of notebooks, and their results.

papermill executes; this makes it strict: names and values are checked before a kernel starts, the executed
notebook is whole or not there, and a failure is an error with a name and a sentence.

What a notebook itself needs for such a run is here by name too: `check_parameters` in its first cell after
the parameters, `leave_findings` in its last, `beside_run` for any further file.
"""

import errno
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from digits_nb import paths
from digits_nb.errors import DigitsError, NotebookError, RunFailed
from digits_nb.runs.parameters import declared_parameters, fit_parameters, read_notebook
from digits_nb.runs.results import RUN, findings_output

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager


class Terminated(KeyboardInterrupt):
    """Told to end by SIGTERM, as `timeout` and Kubernetes do it, not by somebody's Ctrl-C."""

    exit_code = 128 + signal.SIGTERM


def heed_sigterm() -> None:
    """Let SIGTERM end a run in this process as Ctrl-C does: kernel killed, notebook so far kept."""

    def end(number: int, _: object) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)  # `timeout` sends it twice, and the end must not be disturbed
        raise Terminated

    signal.signal(signal.SIGTERM, end)


def run_notebook(
    notebook: str | os.PathLike[str],
    output: str | os.PathLike[str],
    parameters: Mapping[str, str] | None = None,
    *,
    progress: bool = True,
) -> dict[str, Any]:
    """Execute a notebook strictly, in the current working directory.

    Parameters
    ----------
    notebook
        The notebook to execute; it is not changed.
    output
        The executed notebook, an `.ipynb` file; missing folders are made. It appears when the run is over:
        complete, or as far as it came if the run failed or was interrupted. Findings that an earlier run left
        beside it are removed first.
    parameters
        Name → text, as `digits_nb.runs.parameters.fit_parameters` takes them.
    progress
        Show on stderr how far the run is.

    Returns
    -------
    dict
        The notebook's findings; empty if it leaves none.

    Raises
    ------
    NotebookError
        `notebook` cannot be run, or `output` cannot be written. No kernel was started, unless there was no
        room for `output` or it was taken meanwhile.
    UnknownParameter, BadParameter
        A name is not declared, or a text does not fit its type. No kernel was started.
    DigitsError
        The error that a cell of the notebook raised: the same class and message.
    RunFailed
        A cell raised any other error, or the kernel died. Like the one above it carries a note (PEP 678) that
        says which cell it was and where the run so far is.
    """
    from jupyter_client.kernelspec import NoSuchKernel
    from papermill import execute_notebook
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    notebook, output = Path(notebook), Path(output)
    values = fit_parameters(declared_parameters(notebook), parameters or {})
    with _executed(notebook, output) as partial, _kernel(output) as kernel:
        try:
            execute_notebook(
                _literally(notebook.resolve()),
                _literally(partial),
                values,
                progress_bar=progress and _progress(),
                # Else the kernel warns, in every run, that what it sends is not encrypted.
                config=Config(KernelManager={"transport_encryption": "auto"}),
                kernel_manager_class=kernel,
            )
        except PapermillExecutionError as error:
            ours = {kind.__name__: kind for kind in (DigitsError, *DigitsError.__subclasses__())}
            kind = ours.get(error.ename)
            failure = kind(error.evalue) if kind else RunFailed(f"{error.ename}: {error.evalue}")
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
        except RuntimeError as error:
            failure = RunFailed(f"The kernel died, perhaps for want of memory ({error}): run it again.")
            failure.add_note(_where(partial, notebook, output))
            raise failure from error
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(_where(partial, notebook, output))
            raise
    marked = findings_output(read_notebook(output))
    return marked["data"]["application/json"] if marked else {}


def read_result(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The findings of a run, from its executed notebook or from the JSON file that it left.

    Raises
    ------
    NotebookError
        There is no such file, it is neither of the two, or the notebook was not run or leaves no findings.
    RunFailed
        The executed notebook is of a run that failed (named by its error) or was interrupted.
    """
    path = Path(path)
    if path.suffix != ".ipynb":
        return _read_findings(path)
    content = read_notebook(path)
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    errors = [output for cell in cells for output in cell["outputs"] if output.get("output_type") == "error"]
    if errors and errors[0]["ename"] != "KeyboardInterrupt":
        msg = f"The run of {path} failed with {errors[0]['ename']}: {errors[0]['evalue']}"
        raise RunFailed(msg)
    if errors or content["metadata"].get("papermill", {}).get("exception"):
        msg = f"The run of {path} was stopped before its end: run the notebook again."
        raise RunFailed(msg)
    if marked := findings_output(content):
        return marked["data"]["application/json"]
    if not any(cell.get("execution_count") for cell in cells):
        msg = f"The notebook {path} was not run: give the executed one, OUTPUT of python -m digits_nb run."
        raise NotebookError(msg)
    msg = f"The notebook {path} leaves no findings: its last cell must call digits_nb.runs.leave_findings."
    raise NotebookError(msg)


def _read_findings(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        msg = f"The file {path} cannot be read ({error.strerror}): run the notebook first."
        raise NotebookError(msg) from error
    except ValueError as error:
        msg = f"The file {path} is not JSON: give an executed notebook or the JSON beside it."
        raise NotebookError(msg) from error
    if not isinstance(content, dict):
        msg = f"The file {path} is no JSON object: give an executed notebook or the JSON beside it."
        raise NotebookError(msg)
    return content


@contextmanager
def _executed(notebook: Path, output: Path) -> Iterator[Path]:
    """A temporary notebook beside `output` to execute into; it becomes `output` however the run ends."""
    if output.suffix != ".ipynb" or output.is_dir():
        msg = f"The path {output} cannot be the executed notebook: give the path of an .ipynb file to write."
        raise NotebookError(msg)
    if output.resolve() == notebook.resolve():
        msg = f"The path {output} is the notebook to run, which stays as it is: give another path to write."
        raise NotebookError(msg)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        if output.exists():  # else a file of that name is somebody else's
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
                told = content["metadata"]["papermill"]
                told |= {
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


@contextmanager
def _kernel(output: Path) -> Iterator[type["AsyncKernelManager"]]:
    """The class of a kernel that is told where the files of the run belong, and that does not outlive it."""
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync

    # The second silences a debugger that nobody uses here.
    environment = os.environ | {RUN: str(output.resolve()), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    started: list[AsyncKernelManager] = []

    class Kernel(AsyncKernelManager):
        async def start_kernel(self, **options: Any) -> None:  # noqa: ANN401 - as the base has it
            started.append(self)
            await super().start_kernel(env=environment, **options)

        async def shutdown_kernel(self, now: bool = False, restart: bool = False) -> None:
            stopped_by = sys.exception()
            if now or stopped_by:
                # Who presses Ctrl-C does not wait for the end of a cell.
                await super().shutdown_kernel(now or isinstance(stopped_by, KeyboardInterrupt), restart)
                return
            # As the base does, without the interrupt that it sends first: past the last cell there is nothing
            # to interrupt, and a kernel that is still busy with an answer would tell it as an error.
            await self.request_shutdown(restart)
            await self.finish_shutdown(restart=restart)
            await self.cleanup_resources(restart)

    try:
        yield Kernel
    finally:
        for kernel in started:
            if kernel.has_kernel:
                run_sync(kernel.shutdown_kernel)(now=True)


def _literally(path: Path) -> str:
    """The path for papermill, to which braces in a path are places for parameters."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _progress() -> bool | dict[str, Any]:
    """The bar of papermill on a terminal; elsewhere, as in a log, a line from time to time."""
    if sys.stderr.isatty():
        return True
    form = "{desc}: {n_fmt} of {total_fmt} cells, {elapsed}"
    return {"file": _Lines(), "mininterval": 2.0, "bar_format": form}


class _Lines:
    """A file for tqdm that turns a bar drawn over and over into lines."""

    def write(self, text: str) -> None:
        if text.strip():
            sys.stderr.write(f"{text.strip()}\n")

    def flush(self) -> None:
        sys.stderr.flush()


def _so_far(partial: Path) -> dict[str, Any] | None:
    """The notebook as papermill last saved it; None if it never did, or was stopped while it did."""
    try:
        return json.loads(partial.read_bytes())
    except ValueError:
        return None


def _where(partial: Path, notebook: Path, output: Path) -> str:
    """The note of an error: the last cell that was started, from 1 as in `notebook`, and the run so far."""
    content = _so_far(partial)
    if content is None:
        return f"({notebook} was not started)"
    added = {"injected-parameters", "papermill-error-cell-tag"}
    cells = [cell["metadata"] for cell in content["cells"] if added.isdisjoint(cell["metadata"]["tags"])]
    started = [place for place, told in enumerate(cells, start=1) if told["papermill"]["start_time"]]
    return f"(cell {started[-1] if started else 1} of {notebook}; the run so far is in {output})"
