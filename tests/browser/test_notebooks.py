"""The notebooks as a person meets them: JupyterLab, a browser, a mouse and a keyboard.

Screenshots are kept in `$DIGITS_NB_ARTEFACTS`, or else beside pytest's other temporary files.
"""

import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect
from servers import plain, serving

if TYPE_CHECKING:
    from conftest import Lab
    from playwright.sync_api import Browser, Locator, Page

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
SAMPLES = NOTEBOOKS / "samples"
SLOW_MS = 60_000  # for a kernel on a busy machine; what is awaited comes far sooner

Shoot = Callable[["Page", str], None]


@pytest.fixture(scope="module")
def shoot(tmp_path_factory: pytest.TempPathFactory) -> Shoot:
    """Keeps a screenshot under a name."""
    folder = Path(os.environ.get("DIGITS_NB_ARTEFACTS") or tmp_path_factory.mktemp("screenshots")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return lambda page, name: page.screenshot(path=folder / f"{name}.png") and None


@pytest.fixture(scope="module")
def infer(browser: "Browser", lab: "Lab") -> "Iterator[Page]":
    """infer.ipynb, opened and run without a picture: one kernel for all who use the panel."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(SLOW_MS)
    page = context.new_page()
    lab.open(page, "notebooks/infer.ipynb")
    lab.run_all(page)
    page.get_by_role("button", name="Read", exact=True).wait_for()
    yield page
    context.close()


def panel(page: "Page") -> "Locator":
    """The panel alone: nothing else on the page may pass for an answer."""
    return page.locator(".jp-OutputArea-output").filter(
        has=page.get_by_role("button", name="Read", exact=True)
    )


def expect_digit(page: "Page", digit: int) -> None:
    chart = panel(page).get_by_role("img", name=re.compile(f"^Probabilities: {digit} "))
    expect(chart).to_be_visible(timeout=SLOW_MS)
    expect(panel(page).get_by_role("alert")).to_have_count(0)


def test_infer_reads_base64_on_enter(infer: "Page", shoot: Shoot) -> None:
    field = panel(infer).get_by_label("Base64")
    field.fill(b64encode((SAMPLES / "three-light-on-dark.png").read_bytes()).decode())
    field.press("Enter")
    expect_digit(infer, 3)
    shoot(infer, "infer-base64")


def test_infer_reads_an_upload_by_itself(infer: "Page", shoot: Shoot) -> None:
    with infer.expect_file_chooser() as chooser:
        panel(infer).get_by_role("button", name="Upload a picture").click()
    chooser.value.set_files(SAMPLES / "four-photo-on-its-side.jpg")
    expect_digit(infer, 4)
    expect(panel(infer).get_by_label("Base64")).to_have_value("")
    shoot(infer, "infer-upload")


def test_infer_says_in_a_sentence_why_a_url_is_refused(infer: "Page", shoot: Shoot) -> None:
    with serving(plain((SAMPLES / "seven-dark-on-white.png").read_bytes())) as server:
        panel(infer).get_by_label("URL").fill(server.url)
        panel(infer).get_by_role("button", name="Read", exact=True).click()
        expect(panel(infer).get_by_role("alert")).to_contain_text("public")
    assert not server.seen
    expect(panel(infer).get_by_role("img")).to_have_count(0)
    shoot(infer, "infer-error")


def test_infer_reads_a_url_of_a_server_that_is_allowed(page: "Page", lab: "Lab", shoot: Shoot) -> None:
    with serving(plain((SAMPLES / "zero-felt-tip.webp").read_bytes())) as server:
        # a company that allows its own picture server does so in the kernel's environment
        notebook = nbformat.read(lab.folder / "notebooks" / "infer.ipynb", 4)
        allow = f"import os\n\nos.environ['DIGITS_NB_ALLOW'] = {server.pair!r}"
        notebook.cells.insert(0, nbformat.v4.new_code_cell(allow))
        nbformat.write(notebook, lab.folder / "notebooks" / "allowed.ipynb")
        lab.open(page, "notebooks/allowed.ipynb")
        lab.run_all(page)
        field = panel(page).get_by_label("URL")
        field.fill(server.url)
        field.press("Enter")
        expect_digit(page, 0)
    shoot(page, "infer-url")


def expect_figures(page: "Page", lab: "Lab", notebook: str) -> None:
    """Each figure is there once, drawn, and told in words."""
    cells = nbformat.read(lab.folder / notebook, 4).cells
    wanted = sum(cell.cell_type == "code" and "plots." in cell.source for cell in cells)
    figures = page.locator(".jp-OutputArea-output img")
    expect(figures).to_have_count(wanted, timeout=SLOW_MS)
    for figure in figures.all():
        expect(figure).to_have_attribute("alt", re.compile(r"\w+.*: .+"))
        figure.scroll_into_view_if_needed()
        assert figure.evaluate("image => image.complete && image.naturalWidth > 100")


def test_preprocess_shows_each_figure_once(page: "Page", lab: "Lab", shoot: Shoot) -> None:
    lab.open(page, "notebooks/preprocess.ipynb")
    lab.run_all(page)
    expect_figures(page, lab, "notebooks/preprocess.ipynb")
    expect(page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')).to_have_count(0)
    shoot(page, "preprocess")


def run_elsewhere(lab: "Lab", name: str, *parameters: str) -> None:
    """Run a notebook in a pipeline, into the folder that JupyterLab serves.

    JupyterLab does not trust the outputs of a notebook that it did not run, and cleans their HTML. Another
    process runs it, because this one cannot have another event loop beside Playwright's.
    """
    command = [sys.executable, "-m", "digits_nb", "run", NOTEBOOKS / name, lab.folder / name, *parameters]
    environment = os.environ | {"DIGITS_NB_HOME": str(lab.folder)}
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=environment)


def test_preprocess_that_ran_elsewhere_shows_its_figures_too(page: "Page", lab: "Lab", shoot: Shoot) -> None:
    run_elsewhere(lab, "preprocess.ipynb")
    lab.open(page, "preprocess.ipynb")
    expect_figures(page, lab, "preprocess.ipynb")
    shoot(page, "preprocess-ran")


def test_infer_that_ran_elsewhere_shows_its_answer_too(page: "Page", lab: "Lab", shoot: Shoot) -> None:
    run_elsewhere(lab, "infer.ipynb", "-p", "path", str(SAMPLES / "seven-dark-on-white.png"))
    lab.open(page, "infer.ipynb")
    answer = page.locator(".jp-OutputArea-output").filter(has_text="certain").first
    for name in ("The picture", "The 8×8 grid", "Probabilities: 7 "):
        picture = answer.get_by_role("img", name=re.compile(f"^{name}"))
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
    shoot(page, "infer-ran")
