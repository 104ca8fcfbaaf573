"""How a page looks: its figures, its theme, its contrast, and to axe-core, which knows the rules of WCAG."""

import re
from typing import TYPE_CHECKING

import nbformat
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

if TYPE_CHECKING:
    from lab import Lab
    from playwright.sync_api import Page

SLOW_MS = 180_000
"""For a kernel on a busy machine; what is awaited comes far sooner."""

THEMES = ("JupyterLab Light", "JupyterLab Dark")


def expect_figures(page: "Page", lab: "Lab", notebook: str) -> None:
    """Each figure is there once, drawn, and told in words."""
    cells = nbformat.read(lab.folder / notebook, 4).cells
    wanted = sum(cell.cell_type == "code" and "plots." in cell.source for cell in cells)
    figures = page.locator(".jp-OutputArea-output img:not(.dn-panel img)")
    expect(figures).to_have_count(wanted, timeout=SLOW_MS)
    for figure in figures.all():
        expect(figure).to_have_attribute("alt", re.compile(r"\w+.*: .+"))
        figure.scroll_into_view_if_needed()
        assert figure.evaluate("image => image.complete && image.naturalWidth > 100")


def use_theme(page: "Page", name: str) -> None:
    """Choose one of JupyterLab's themes, as a person does."""
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Theme", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text(name, exact=True).click()
    is_light = str("Light" in name).lower()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", is_light)
    expect(page.locator("#jupyterlab-splash")).to_have_count(0)  # which lies over all while a theme comes


def contrast(ink: str, ground: str, opacity: float = 1) -> float:
    """How far an ink stands out from its ground, 1 to 21, as WCAG defines it; the ground is opaque."""
    *ink_levels, alpha = _levels(ink)
    *levels, _ = _levels(ground)
    alpha *= opacity
    laid = [alpha * above + (1 - alpha) * below for above, below in zip(ink_levels, levels, strict=True)]
    darker, lighter = sorted(map(_luminance, (laid, levels)))
    return (lighter + 0.05) / (darker + 0.05)


def _levels(colour: str) -> list[float]:
    """Red, green, blue and alpha, 0..1, of `rgb(0, 0, 0)`, `rgba(0, 0, 0, 0.5)` or `color(srgb 0 0 0)`."""
    numbers = [float(number) for number in re.findall(r"[\d.]+", colour)]
    scale = 1 if colour.startswith("color") else 255
    return [number / scale for number in numbers[:3]] + (numbers[3:] or [1])


def _luminance(levels: list[float]) -> float:
    red, green, blue = (
        level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4 for level in levels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def serious(page: "Page") -> list[str]:
    """What axe-core finds in the panel that keeps somebody out."""
    # JupyterLab's body has no height, and axe-core takes all that is inside such a box for hidden
    page.evaluate("document.body.style.height = '100vh'")
    options = {"resultTypes": ["violations", "passes"]}
    found = Axe().run(page, context=".dn-panel", options=options).response
    page.evaluate("document.body.style.height = ''")
    texts = [rule["nodes"] for rule in found["passes"] if rule["id"] == "color-contrast"]
    assert [node for nodes in texts for node in nodes if _is_measured(node)], "axe-core sees no text"
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]


def _is_measured(node: dict) -> bool:
    return any("contrastRatio" in (check["data"] or ()) for check in node["any"])
