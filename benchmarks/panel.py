"""From pen up to the answer on the screen: ten digits drawn with a mouse into the panel of infer.ipynb.

    python benchmarks/panel.py [--rounds 1]

A real JupyterLab, a real kernel, a real Chromium (`tools/chromium.py` finds one). The clock is the page's
own: it starts when the mouse button goes up after a digit's last stroke, and stops when the frame is painted
that shows the answer.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from digits_nb import places
from digits_nb.recognition import default_model

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHECKOUT = Path(__file__).resolve().parent.parent
PATIENCE_S = 120

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
    const shown = document.querySelector(".dn-panel .dn-digit").closest(".dn-board");
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


@contextmanager
def panel() -> Iterator["Page"]:
    """infer.ipynb without a picture, run in a JupyterLab of its own: a page whose panel is there."""
    default_model()  # trained now if there is none
    tool = [sys.executable, str(CHECKOUT / "tools" / "chromium.py")]
    chromium = subprocess.run(tool, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        shutil.copytree(CHECKOUT / "notebooks", folder / "notebooks")
        shutil.copytree(places.models(), folder / "outputs" / "models")
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        environment = os.environ | {"DIGITS_NB_HOME": name, "JUPYTER_RUNTIME_DIR": str(folder / "runtime")}
        server = subprocess.Popen(
            [*command, f"--ServerApp.root_dir={name}", "--LabApp.extension_manager=readonly"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=[
                "--no-sandbox",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            ],
        )
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.set_default_timeout(PATIENCE_S * 1000)
            told = wait_for_server(server, folder / "runtime")
            page.goto(f"{told['url']}lab/tree/notebooks/infer.ipynb?token={told['token']}")
            page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
            for item in ("Run", "Run All Cells"):
                page.get_by_role("menuitem", name=item, exact=True).click()
            page.locator(".dn-panel canvas").scroll_into_view_if_needed()
            yield page
        finally:
            browser.close()
            server.terminate()
            server.wait(timeout=PATIENCE_S)


def wait_for_server(server: subprocess.Popen, runtime: Path) -> dict[str, str]:
    """Where the server is, once it says so."""
    until = time.monotonic() + PATIENCE_S
    while not (found := list(runtime.glob("jpserver-*.json"))):
        if server.poll() is not None or time.monotonic() > until:
            sys.exit("JupyterLab did not start: run python -m jupyterlab to see why.")
        time.sleep(0.1)
    return json.loads(found[0].read_bytes())


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
    rounds = parser.parse_args().rounds
    right, times = 0, []
    with panel() as page:
        page.locator(".dn-digit", has_text="?").wait_for()
        page.evaluate(WATCH)
        for digit in [*STROKES] * rounds:
            read, milliseconds = draw(page, digit)
            print(f"{digit} read as {read}, {milliseconds:.0f} ms")
            right += read == str(digit)
            times.append(milliseconds)
    print(f"{right} of {len(times)} right")
    print(f"pen up to answer: median {median(times):.0f} ms, slowest {max(times):.0f} ms")


if __name__ == "__main__":
    main()
