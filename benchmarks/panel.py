"""From pen up to the answer on the screen: ten digits drawn with a mouse into the panel of infer.ipynb.

    python benchmarks/panel.py [--rounds 1]

A real JupyterLab, a real kernel, a real Chromium (`tools/chromium.py` finds one). The clock is the page's
own: it starts when the mouse button goes up after a digit's last stroke, and stops when the frame is painted
that shows the answer.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import results
from playwright.sync_api import sync_playwright

from digits_nb import paths
from digits_nb.recognition import default_model

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "tools"))

from lab import BROWSER, PATIENCE_S, jupyterlab  # noqa: E402 (where it stands is only known now)

# Simple strokes, as one draws them with a mouse: each a line through points, in hundredths of the pad.
STROKES = {
    0: ["50,15 32,25 28,50 33,76 50,86 67,76 72,50 67,25 50,15"],
    1: ["40,30 52,15 52,86"],
    2: ["30,32 38,18 55,15 68,26 66,42 50,60 30,84 72,84"],
    3: ["32,22 50,14 66,24 64,40 48,48 66,56 70,72 52,86 30,78"],
    4: ["50,15 28,60 74,60", "60,38 60,87"],
    5: ["68,15 36,15 33,45 52,40 68,52 68,72 50,86 30,78"],
    6: ["62,15 42,32 32,60 38,80 52,86 67,77 66,60 52,52 35,62"],
    7: ["30,17 72,17 45,86"],
    8: ["50,48 34,34 38,19 50,14 63,20 65,34 50,48 32,65 36,81 50,87 66,80 68,64 50,48"],
    9: ["66,30 56,16 40,19 33,34 40,48 56,48 66,32 66,60 60,87"],
}

WATCH = """() => {
    const shown = document.querySelector(".dn-panel .dn-digit").closest(".dn-html");
    window.measured = [];
    let up = null;
    document.addEventListener("mouseup", () => (up = performance.now()), true);
    new MutationObserver(() => {
        const digit = shown.querySelector(".dn-digit").textContent;
        const began = up;
        if (began === null || digit === "?") return;
        up = null;
        const painted = () => window.measured.push([digit, performance.now() - began]);
        requestAnimationFrame(() => setTimeout(painted));
    }).observe(shown, { childList: true, subtree: true });
}"""


def measure(page: "Page", digits: Iterable[int]) -> Iterator[tuple[int, str, float]]:
    """Draw digits into the panel of a page: each with what it was read as, and its milliseconds."""
    page.locator(".dn-panel canvas").scroll_into_view_if_needed()
    page.evaluate(WATCH)
    for digit in digits:
        yield digit, *draw(page, digit)


@contextmanager
def panel() -> Iterator["Page"]:
    """infer.ipynb without a picture, run in a JupyterLab of its own: a page whose panel is there."""
    tool = [sys.executable, str(CHECKOUT / "tools" / "chromium.py")]
    chromium = subprocess.run(tool, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        shutil.copytree(CHECKOUT / "notebooks", folder / "notebooks")
        shutil.copytree(paths.models(), folder / "outputs" / "models")
        browser = playwright.chromium.launch(executable_path=chromium, args=BROWSER)
        with jupyterlab(folder) as lab:
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.set_default_timeout(PATIENCE_S * 1000)
            lab.open(page, "notebooks/infer.ipynb")
            lab.run_all(page)
            page.locator(".dn-digit", has_text="?").wait_for()
            yield page
            browser.close()


def draw(page: "Page", digit: int) -> tuple[str, float]:
    """Clear the pad and draw a digit: what it was read as, and the milliseconds from pen up to its answer."""
    page.get_by_role("button", name="Clear", exact=True).first.click()
    page.locator(".dn-digit", has_text="?").wait_for()
    pad = page.locator(".dn-panel canvas").bounding_box()
    *first, last = STROKES[digit]
    for stroke in [*first, last]:
        if stroke is last:
            page.wait_for_timeout(200)  # an earlier stroke is answered too
            page.evaluate("window.measured.length = 0")
        shares = [[int(part) / 100 for part in point.split(",")] for point in stroke.split()]
        points = [(pad["x"] + x * pad["width"], pad["y"] + y * pad["height"]) for x, y in shares]
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point, steps=5)
        page.mouse.up()
    page.wait_for_function("window.measured.length > 0")
    [[read, milliseconds]] = page.evaluate("window.measured")
    return read, milliseconds


def main() -> None:
    """Draw every digit `--rounds` times and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=1, help="how often each digit is drawn")
    results.add_option(parser)
    given = parser.parse_args()
    model = default_model()  # trained now if there is none
    right, times = 0, []
    with panel() as page:
        for digit, read, milliseconds in measure(page, [*STROKES] * given.rounds):
            print(f"{digit} read as {read}, {milliseconds:.0f} ms", flush=True)
            right += read == str(digit)
            times.append(milliseconds)
    print(f"{right} of {len(times)} right")
    print(f"pen up to answer: median {median(times):.0f} ms, slowest {max(times):.0f} ms")
    if given.save:
        row = {"right": right, "of": len(times), "median_ms": median(times), "slowest_ms": max(times)}
        results.save("panel", {"pen up to answer": row}, model)


if __name__ == "__main__":
    main()
