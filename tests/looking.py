"""What axe-core, which knows the rules of WCAG, sees in a page."""

from typing import TYPE_CHECKING

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page


def serious(page: "Page") -> list[str]:
    """What axe-core finds in the panel that keeps somebody out."""
    found = Axe().run(page, context=".dn-panel").response["violations"]
    return [
        f"{violation['id']}: {node['html'][:200]} {node['failureSummary']}"
        for violation in found
        if violation["impact"] in {"serious", "critical"}
        for node in violation["nodes"]
    ]
