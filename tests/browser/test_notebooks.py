"""The notebooks as a person meets them: JupyterLab and a browser."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from looking import THEMES, expect_figures, serious, use_theme
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import Shoot
    from lab import Lab
    from playwright.sync_api import Page

NOTEBOOKS = Path(__file__).resolve().parent.parent.parent / "notebooks"
SAMPLES = NOTEBOOKS / "samples"


def test_preprocess_shows_each_figure_once(page: "Page", lab: "Lab", shoot: "Shoot") -> None:
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


def test_preprocess_that_ran_elsewhere_shows_its_figures_too(
    page: "Page", lab: "Lab", shoot: "Shoot"
) -> None:
    run_elsewhere(lab, "preprocess.ipynb")
    lab.open(page, "preprocess.ipynb")
    expect_figures(page, lab, "preprocess.ipynb")
    shoot(page, "preprocess-ran")


def test_a_panel_that_ran_elsewhere_is_not_shown_as_if_it_were_alive(
    fresh_page: "Page", lab: "Lab", shoot: "Shoot"
) -> None:
    run_elsewhere(lab, "infer.ipynb")
    lab.open(fresh_page, "infer.ipynb")
    expect(fresh_page.get_by_text("It needs a kernel")).to_be_visible()
    expect(fresh_page.get_by_role("img", name=re.compile("^Probabilities: 7 "))).to_be_visible()
    expect(fresh_page.locator(".dn-panel")).to_be_hidden()
    shoot(fresh_page, "infer-still")


def test_infer_that_ran_elsewhere_shows_its_answer_too(page: "Page", lab: "Lab", shoot: "Shoot") -> None:
    run_elsewhere(lab, "infer.ipynb", "-p", "path", str(SAMPLES / "seven-dark-on-white.png"))
    lab.open(page, "infer.ipynb")
    answer = page.locator(".jp-OutputArea-output").filter(has_text="certain").first
    for name in ("The picture", "The 8×8 grid", "Probabilities: 7 "):
        picture = answer.get_by_role("img", name=re.compile(f"^{name}"))
        picture.scroll_into_view_if_needed()
        expect(picture).to_be_visible()
    shoot(page, "infer-ran")


def test_the_sliders_of_preprocess_are_moved_with_the_keyboard_in_either_theme(
    page: "Page", lab: "Lab", shoot: "Shoot"
) -> None:
    notebook = nbformat.read(lab.folder / "notebooks" / "preprocess.ipynb", 4)
    last = next(index for index, cell in enumerate(notebook.cells) if cell.source == "Explorer(image)")
    notebook.cells = notebook.cells[: last + 1]
    nbformat.write(notebook, lab.folder / "notebooks" / "explorer.ipynb")
    lab.open(page, "notebooks/explorer.ipynb")
    lab.run_all(page)
    panel = page.locator(".dn-explorer")
    panel.wait_for()
    grid = panel.get_by_role("img", name=re.compile("^Grid, 8×8"))
    first = grid.get_attribute("src")
    panel.get_by_label("Stroke width").focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(panel.get_by_text("6.9", exact=True)).to_be_visible()
    expect(grid).not_to_have_attribute("src", first)
    expect(panel.get_by_label("Stroke width")).to_be_focused()
    shoot(panel, "explorer")
    panel.get_by_role("button", name="Reset").press("Enter")
    expect(panel.get_by_role("button", name="Reset")).to_be_focused()
    expect(grid).to_have_attribute("src", first)
    panel.get_by_role("button", name="Sample six").click()
    expect(panel.get_by_role("img", name=re.compile("^In grey"))).not_to_have_attribute("src", first)
    for theme in reversed(THEMES):  # and the light one is left to the others
        use_theme(page, theme)
        panel.get_by_label("Base64").fill("no picture")
        panel.get_by_label("Base64").press("Enter")
        expect(panel.locator(".dn-error")).to_be_visible()
        assert serious(page) == []
        shoot(panel, f"explorer-{theme.rpartition(' ')[2].lower()}")
