"""A JupyterLab of its own on a folder, and a browser in front of it: for tests and benchmarks."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

PATIENCE_S = 180

BROWSER = (
    "--no-sandbox",  # one is root in a container
    "--disable-quic",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
"""Arguments for a Chromium that meets nothing but this machine."""

REPLACE_DOCUMENTS = """async path => {
    const app = window.jupyterapp;
    for (const document of [...app.shell.widgets("main")]) {
        if (document.context) {
            document.context.model.dirty = false;
            await document.context.sessionContext.shutdown();
        }
        document.dispose();
    }
    const opened = await app.commands.execute("docmanager:open", { path });
    await opened.context.sessionContext.ready;
}"""
"""JavaScript that shuts all kernels down, closes all documents without a question, and opens another one."""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, the token that it wants, the folder that it serves."""

    url: str
    token: str
    folder: Path

    def open(self, page: "Page", notebook: str) -> None:
        """Open a notebook as the only document, on a fresh kernel, and wait until the kernel is idle.

        A page that shows this JupyterLab already is not loaded again, which would take 6 s of CPU time
        instead of 2 s. Documents that are open are closed unsaved.
        """
        if page.url.startswith(self.url):
            page.evaluate(REPLACE_DOCUMENTS, notebook)
        else:
            workspace = f"{self.url}lab/workspaces/{Path(notebook).stem}"
            page.goto(f"{workspace}/tree/{notebook}?reset&token={self.token}")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

    def run_all(self, page: "Page") -> None:
        """Run every cell of the open notebook; what comes of it is for the caller to wait for."""
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def server_info(runtime: Path) -> dict[str, Any] | None:
    """Give what a Jupyter server tells of itself in its runtime folder; None until it is all there."""
    for path in runtime.glob("jpserver-*.json"):
        with suppress(ValueError):  # the file is empty for a moment before it is written
            return json.loads(path.read_bytes())
    return None


@contextmanager
def jupyterlab(folder: Path) -> Iterator[Lab]:
    """Serve a folder, which is the root of digits_nb for its kernels."""
    runtime, config = folder / ".runtime", folder / ".config"
    # nothing that asks the world outside, nor a question about news in front of what is looked at
    (config / "labconfig").mkdir(parents=True)
    page = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (config / "labconfig" / "page_config.json").write_text(json.dumps(page), encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.root_dir={folder}", "--LabApp.extension_manager=readonly"]
    command += ["--LabApp.expose_app_in_browser=True"]  # for REPLACE_DOCUMENTS
    # it binds its port some time after it has found it free, and another one may find the same meanwhile
    command += ["--ServerApp.port=0"]
    environment = os.environ | {
        "DIGITS_NB_HOME": str(folder),
        "JUPYTER_CONFIG_DIR": str(config),
        "JUPYTER_RUNTIME_DIR": str(runtime),
    }
    log = folder / ".log"
    with log.open("wb") as printed:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=printed, stderr=printed
        )
    try:
        until = time.monotonic() + PATIENCE_S
        while not (found := server_info(runtime)):
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError(log.read_text(encoding="utf-8"))
            time.sleep(0.2)
        yield Lab(found["url"], found["token"], folder)
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_S)
