"""A real browser in front of a real JupyterLab, both on this machine alone.

Screenshots are kept in `$DIGITS_NB_ARTEFACTS`, or else beside pytest's other temporary files.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from digits_nb import ModelStore

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 60

Shoot = Callable[["Page | Locator", str], None]


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, the token that it wants, the folder that it serves."""

    url: str
    token: str
    folder: Path

    def open(self, page: "Page", notebook: str) -> None:
        """Open the notebook, alone in a workspace of its own, and wait until its kernel is there."""
        page.goto(f"{self.url}lab/workspaces/{Path(notebook).stem}/tree/{notebook}?reset&token={self.token}")
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

    def run_all(self, page: "Page") -> None:
        """Run every cell of the open notebook; what comes of it is for the test to wait for."""
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium. No browser is a failure, not a reason to leave these tests out."""
    tool = subprocess.run(
        [sys.executable, str(CHECKOUT / "tools" / "chromium.py")], check=False, capture_output=True, text=True
    )
    assert tool.returncode == 0, tool.stderr
    return tool.stdout.strip()


@pytest.fixture(scope="session")
def lab(store: "ModelStore", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a copy of the notebooks, with a root of its own whose store holds the model."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(CHECKOUT / "notebooks", folder / "notebooks")
    shutil.copytree(store.path, folder / "outputs" / "models")
    runtime, config = folder / ".runtime", folder / ".config"
    # nothing that asks the world outside, nor a question about news in front of what a test looks at
    (config / "labconfig").mkdir(parents=True)
    page = {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}
    (config / "labconfig" / "page_config.json").write_text(json.dumps(page), encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.root_dir={folder}", "--LabApp.extension_manager=readonly"]
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
        while not (found := list(runtime.glob("jpserver-*.json"))):
            in_time = server.poll() is None and time.monotonic() < until
            assert in_time, log.read_text(encoding="utf-8")
            time.sleep(0.2)
        told = json.loads(found[0].read_bytes())
        yield Lab(told["url"], told["token"], folder)
    finally:
        server.terminate()
        server.wait(timeout=PATIENCE_S)


@pytest.fixture(scope="session")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Shoot:
    """Keeps a screenshot of a page, or of a part of it, under a name."""
    folder = Path(os.environ.get("DIGITS_NB_ARTEFACTS") or tmp_path_factory.mktemp("screenshots")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return lambda shown, name: shown.screenshot(path=folder / f"{name}.png") and None


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the browser's camera sees: a sheet with a seven, as motion JPEG."""
    film = tmp_path_factory.mktemp("film") / "seven.mjpeg"
    sheet = Image.new("RGB", (640, 480), "white")
    sheet.paste(Image.open(CHECKOUT / "notebooks/samples/seven-dark-on-white.png").convert("RGB"), (180, 100))
    sheet.save(film, format="JPEG")
    return film


@pytest.fixture(scope="module")
def browser(chromium: str, film: Path) -> Iterator["Browser"]:
    """The browser, a module long: while Playwright runs, nothing else in this thread can run asyncio."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",  # one is root in a container
                "--disable-quic",
                "--use-fake-ui-for-media-stream",  # yes to "may this page use the camera?"
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A fresh page as a person has it on a laptop."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context.new_page()
    context.close()
