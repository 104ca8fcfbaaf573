"""Two panels on one page, as in a notebook that compares two models."""

import re
from typing import TYPE_CHECKING

import nbformat
from looking import serious
from playwright.sync_api import expect

if TYPE_CHECKING:
    from lab import Lab
    from playwright.sync_api import Locator, Page

SLOW_MS = 180_000  # for a kernel on a busy machine; what is awaited comes far sooner
IDS = """elements => {
    const ids = elements.map(element => element.id);
    return ids.filter((id, index) => ids.indexOf(id) !== index);
}"""


def expect_digit(panel: "Locator", digit: str) -> None:
    expect(panel.locator(".dn-digit")).to_have_text(digit, timeout=SLOW_MS)


def test_each_panel_of_a_page_has_its_own_state_ids_and_labels(page: "Page", lab: "Lab") -> None:
    page.set_default_timeout(SLOW_MS)
    notebook = nbformat.read(lab.folder / "notebooks" / "infer.ipynb", 4)
    notebook.cells = [
        nbformat.v4.new_code_cell(source)
        for source in ("import digits_nb\n\none = digits_nb.panel()\none", "digits_nb.panel()", "one")
    ]
    nbformat.write(notebook, lab.folder / "notebooks" / "two.ipynb")
    lab.open(page, "notebooks/two.ipynb")
    lab.run_all(page)
    panels = page.locator(".dn-panel")
    expect(panels).to_have_count(3, timeout=SLOW_MS)
    one, other, one_again = (panels.nth(number) for number in range(3))
    for panel in (one, other, one_again):
        expect_digit(panel, "?")

    other.get_by_role("button", name="Sample three").click()
    expect_digit(other, "3")
    one.get_by_role("button", name="Sample seven").click()
    expect_digit(one, "7")
    expect_digit(one_again, "7")  # another view of the same
    expect_digit(other, "3")

    # a label leads to the field beside it, and what is wrong is said beside it
    for panel in (other, one):
        panel.locator("label", has_text="Base64").click()
        expect(panel.get_by_label("Base64")).to_be_focused()
    page.keyboard.type("no picture")
    page.keyboard.press("Enter")
    expect(one.locator(".dn-inputs .dn-error")).to_be_visible()
    expect(one.get_by_label("Base64")).to_have_accessible_description(re.compile("no base64 has"))
    expect(other.locator(".dn-error")).to_have_count(0)
    expect_digit(one, "?")
    expect_digit(other, "3")

    other.get_by_role("gridcell").first.press("9")
    expect(other.get_by_text("the grid as you edited it")).to_be_visible()
    expect(other.get_by_role("gridcell", name="row 1, column 1: 16")).to_be_visible()
    expect(one.get_by_role("gridcell", name=re.compile(": 0$"))).to_have_count(64)

    assert panels.locator("[id]").evaluate_all(IDS) == []
    assert serious(page) == []
