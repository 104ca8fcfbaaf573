"""A real browser in front of a real JupyterLab, both on this machine alone.

Screenshots are kept in `$DIGITS_NB_ARTEFACTS`, or else beside pytest's other temporary files.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab import BROWSER, PATIENCE_S, Lab, jupyterlab
from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    from digits_nb import ModelStore

CHECKOUT = Path(__file__).resolve().parent.parent.parent
Shoot = Callable[["Page | Locator", str], None]


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
    with jupyterlab(folder) as lab:
        yield lab


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
                *BROWSER,
                "--use-fake-ui-for-media-stream",  # yes to "may this page use the camera?"
                "--use-fake-device-for-media-stream",
                f"--use-file-for-fake-video-capture={film}",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def context(browser: "Browser") -> Iterator["BrowserContext"]:
    """A window as a person has it on a laptop, the same for all tests of a module."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_S * 1000)
    yield context
    context.close()


@pytest.fixture
def page(context: "BrowserContext", request: pytest.FixtureRequest) -> Iterator["Page"]:
    """The page of all tests of a module, which loads JupyterLab once; a new one after a test that failed."""
    page = context.pages[0] if context.pages else context.new_page()
    failed = request.session.testsfailed
    yield page
    if request.session.testsfailed > failed:
        page.close()


@pytest.fixture
def fresh_page(context: "BrowserContext") -> Iterator["Page"]:
    """A page that no other test has used: no style or script of a widget is left in it."""
    page = context.new_page()
    yield page
    page.close()
