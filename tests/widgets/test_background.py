"""Errands: a process that ends while one is under way ends as it should."""

import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest
from servers import serving

SAMPLES = Path(__file__).resolve().parents[2] / "notebooks" / "samples"
PATIENCE_S = 120
PANEL = "import sys, time, digits_nb; panel = digits_nb.panel(); form = panel.inputs.form\n"
LOOK = "panel.result._handle_custom_msg({'ready': True}, [])\n"
READ = "form._handle_custom_msg({'kind': 'sample', 'name': 'seven-dark-on-white.png'}, [])\n"
ENDINGS = {
    "at once": PANEL + LOOK,
    "while the digits like a picture are first fitted": (
        f"{PANEL}import sklearn.datasets\nsklearn.datasets.load_digits()\n{LOOK}time.sleep(0.1)"
    ),
    "while a picture is read": PANEL + READ,
    "while the digits like one that was read are looked up": (
        f"{PANEL}import sklearn.datasets\n{READ}while panel.inputs.busy: time.sleep(0.001)\ntime.sleep(0.1)"
    ),
}


@pytest.mark.parametrize("program", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_process_that_ends_meanwhile_ends_without_a_word(program: str, home: Path) -> None:
    assert home.is_dir()
    ended = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=PATIENCE_S
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_process_that_ends_waits_for_no_download(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert home.is_dir()
    over = Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(bytes(100_000))
        while not over.wait(0.1):
            handler.wfile.write(b"0")

    program = (
        f"{PANEL}import digits_nb.widgets.inputs; digits_nb.widgets.inputs.TIMEOUT_S = 10 * {PATIENCE_S}\n"
        "message = {'kind': 'url', 'first': True, 'more': False}\n"
        "form._handle_custom_msg(message, [sys.argv[1].encode()])\n"
        "while ' MB' not in panel.inputs.message: time.sleep(0.01)"
    )
    with serving(drip) as server:
        monkeypatch.setenv("DIGITS_NB_ALLOW", server.pair)
        command = [sys.executable, "-c", program, server.url]
        ended = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_S)
        over.set()
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
