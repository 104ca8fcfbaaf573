"""The panel as a person meets it: JupyterLab, a browser, a mouse, a keyboard, a camera.

One notebook and one kernel for all; each test gives the panel a picture of its own.
"""

import json
import re
from base64 import b64encode
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import nbformat
import pytest
from looking import THEMES, contrast, serious, use_theme
from panel import STROKES, measure
from playwright.sync_api import expect
from servers import plain, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Shoot
    from lab import Lab
    from playwright.sync_api import Browser, Locator, Page
    from servers import Server

SAMPLES = Path(__file__).resolve().parent.parent.parent / "notebooks" / "samples"
SLOW_MS = 180_000  # for a kernel on a busy machine; what is awaited comes far sooner
SEVEN = [(0.3, 0.2), (0.7, 0.2), (0.45, 0.85)]
ONE = [(3, 0), (3, 7)]  # cells of the grid, column and row
ENOUGH = 4.5  # contrast that most people can read, by WCAG


@pytest.fixture(scope="module")
def servers() -> "Iterator[dict[str, Server]]":
    """One server that answers, and one that begins a picture and never ends it."""
    picture = (SAMPLES / "zero-felt-tip.webp").read_bytes()
    over = Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "15000000")
        handler.end_headers()
        while not over.wait(0.1):
            handler.wfile.write(b"0" * 100_000)

    with serving(plain(picture)) as quick, serving(drip) as slow:
        yield {"quick": quick, "slow": slow}
        over.set()


@pytest.fixture(scope="module")
def page(browser: "Browser", lab: "Lab", servers: "dict[str, Server]") -> "Iterator[Page]":
    """infer.ipynb, run without a picture, on a kernel that may fetch from our servers."""
    # a company that allows its own picture server does so in the kernel's environment
    allowed = ",".join(server.pair for server in servers.values())
    notebook = nbformat.read(lab.folder / "notebooks" / "infer.ipynb", 4)
    notebook.cells.insert(
        0, nbformat.v4.new_code_cell(f"import os\n\nos.environ['DIGITS_NB_ALLOW'] = {allowed!r}")
    )
    nbformat.write(notebook, lab.folder / "notebooks" / "panel.ipynb")
    context = browser.new_context(
        viewport={"width": 1280, "height": 1200},
        device_scale_factor=2,  # screenshots as fine as the screens of today
        permissions=["clipboard-read", "clipboard-write"],
    )
    context.set_default_timeout(SLOW_MS)
    page = context.new_page()
    lab.open(page, "notebooks/panel.ipynb")
    lab.run_all(page)
    page.locator(".dn-panel").wait_for()
    # the notebook's last cell: from now on nothing moves by itself
    page.get_by_text("panel: True").or_(page.get_by_text('"panel"')).first.wait_for()
    page.locator(".dn-panel").scroll_into_view_if_needed()
    yield page
    context.close()


@pytest.fixture
def panel(page: "Page") -> "Locator":
    """The panel alone, without an answer: neither another part of the page nor an old answer may pass."""
    panel = page.locator(".dn-panel")
    panel.locator(".dn-tools").get_by_role("button", name="Clear").click()
    expect(panel.locator(".dn-digit")).to_have_text("?")
    return panel


def expect_digit(panel: "Locator", digit: int) -> None:
    expect(panel.locator(".dn-digit")).to_have_text(str(digit), timeout=SLOW_MS)
    expect(panel.get_by_role("img", name=f"A training digit: {digit}").first).to_be_visible(timeout=SLOW_MS)
    expect(panel.locator(".dn-error")).to_have_count(0)


def sample(panel: "Locator", word: str) -> "Locator":
    return panel.get_by_role("button", name=f"Sample {word}")


def drag(page: "Page", points: list[tuple[float, float]]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=8)
    page.mouse.up()


def draw(page: "Page", stroke: list[tuple[float, float]]) -> None:
    canvas = page.locator(".dn-panel canvas")
    canvas.hover()  # when it stands still
    box = canvas.bounding_box()
    drag(page, [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke])


def cell(panel: "Locator", column: int, row: int) -> "Locator":
    return panel.get_by_role("gridcell").nth(8 * row + column)


def middle(locator: "Locator") -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


# Ways in


def test_base64_is_read_on_enter_and_not_kept(panel: "Locator") -> None:
    field = panel.get_by_label("Base64")
    field.fill(b64encode((SAMPLES / "three-light-on-dark.png").read_bytes()).decode())
    field.press("Enter")
    expect_digit(panel, 3)
    expect(field).to_have_value("")


def test_base64_longer_than_a_message_may_be_is_read(panel: "Locator") -> None:
    # Jupyter's server takes messages of 10 MB; a PNG may be followed by whatever
    picture = (SAMPLES / "three-light-on-dark.png").read_bytes() + bytes(9_000_000)
    field = panel.get_by_label("Base64")
    field.evaluate("(field, text) => { field.value = text; }", b64encode(picture).decode())
    field.press("Enter")
    expect_digit(panel, 3)
    expect(field).to_have_value("")


def test_a_text_longer_than_any_picture_is_refused_and_the_panel_lives_on(panel: "Locator") -> None:
    field = panel.get_by_label("Base64")
    field.evaluate("field => { field.value = 'A'.repeat(40e6 + 1); }")
    field.press("Enter")
    expect(panel.locator(".dn-error")).to_contain_text("more than the 20 MB that are read")
    field.fill("")
    sample(panel, "three").click()
    expect_digit(panel, 3)


def test_base64_in_the_field_for_urls_is_read_too_and_not_kept(panel: "Locator") -> None:
    field = panel.get_by_label("URL")
    field.fill(b64encode((SAMPLES / "five-transparent.png").read_bytes()).decode())
    field.press("Enter")
    expect_digit(panel, 5)
    expect(field).to_have_value("")


def test_a_url_is_read_by_the_button(panel: "Locator", servers: "dict[str, Server]") -> None:
    panel.get_by_label("URL").fill(servers["quick"].url)
    panel.get_by_role("button", name="Read", exact=True).click()
    expect_digit(panel, 0)
    expect(panel.get_by_label("URL")).to_have_value(servers["quick"].url)


def test_a_slow_url_says_that_it_is_loading_and_can_be_stopped(
    panel: "Locator", servers: "dict[str, Server]"
) -> None:
    field = panel.get_by_label("URL")
    field.fill(servers["slow"].url)
    field.press("Enter")
    loading = panel.get_by_text(re.compile(r"^Loading… \d\.\d MB$"))
    expect(loading).to_be_visible()
    expect(loading).to_have_attribute("aria-live", "off")  # read out once, and not with each part
    panel.get_by_role("button", name="Stop").press("Enter")
    expect(panel.get_by_text("Stopped.")).to_be_visible()
    expect(panel.get_by_text("Stopped.")).to_have_attribute("aria-live", "polite")
    expect(panel.get_by_role("button", name="Stop")).to_be_hidden()
    expect(field).to_be_focused()  # which the button would have lost, since it is hidden
    assert servers["slow"].hung_up.wait(10)


def test_an_upload_is_read_by_itself(page: "Page", panel: "Locator") -> None:
    with page.expect_file_chooser() as chooser:
        panel.get_by_role("button", name="Upload a picture").click()
    chooser.value.set_files(SAMPLES / "four-photo-on-its-side.jpg")
    expect_digit(panel, 4)
    expect(panel.get_by_label("URL")).to_have_value("")


def test_a_file_may_be_dropped_anywhere_on_the_panel(page: "Page", panel: "Locator") -> None:
    data = b64encode((SAMPLES / "six-marker.bmp").read_bytes()).decode()
    dropped = page.evaluate_handle(
        """data => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(atob(data), c => c.charCodeAt(0))], "six.bmp"));
            return transfer;
        }""",
        data,
    )
    target = panel.locator(".dn-columns")
    target.dispatch_event("dragover", {"dataTransfer": dropped})
    expect(panel).to_have_class(re.compile("dn-over"))
    target.dispatch_event("drop", {"dataTransfer": dropped})
    expect_digit(panel, 6)
    expect(panel).not_to_have_class(re.compile("dn-over"))
    expect(panel.locator("code").first).to_contain_text("six.bmp")


def test_a_folder_that_is_dropped_is_a_sentence(page: "Page", panel: "Locator", tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    drop(page, panel.locator(".dn-columns"), folder)
    error = panel.locator(".dn-inputs .dn-error")
    expect(error).to_have_text(
        "A folder, or a file that is gone, cannot be read; give one picture as a file."
    )
    expect(panel).not_to_have_class(re.compile("dn-over"))
    drop(page, panel.locator(".dn-columns"), SAMPLES / "two-off-centre-small.jpg")
    expect_digit(panel, 2)


def test_several_files_at_once_are_a_sentence(page: "Page", panel: "Locator") -> None:
    drop(page, panel.locator(".dn-columns"), *sorted(SAMPLES.glob("s*.*")))
    error = panel.locator(".dn-inputs .dn-error")
    expect(error).to_have_text(
        "These are several files, and one picture is read at a time; give them one by one."
    )


def drop(page: "Page", target: "Locator", *paths: Path) -> None:
    """Drop something from this machine's files, as a file manager does."""
    target.scroll_into_view_if_needed()
    x, y = middle(target)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})
    devtools.detach()


def test_a_sample_is_read_at_a_click(panel: "Locator", shoot: "Shoot") -> None:
    sample(panel, "nine").click()
    expect_digit(panel, 9)
    shoot(panel, "panel-sample")


def test_a_drawing_is_read_at_every_pen_up_and_wiping_it_is_no_error(page: "Page", panel: "Locator") -> None:
    draw(page, SEVEN)
    expect_digit(panel, 7)
    said = panel.get_by_role("status").filter(has_text=re.compile(r"^It is a 7, .*\d% sure: "))
    expect(said).to_have_count(1)
    panel.locator(".dn-pad").get_by_role("button", name="Clear").click()
    expect(panel.locator(".dn-digit")).to_have_text("?")
    expect(panel.locator(".dn-error")).to_have_count(0)


def test_the_slider_has_the_name_of_the_tool_that_it_is_for(panel: "Locator") -> None:
    pad = panel.locator(".dn-pad")
    for tool, other in (("Eraser", "Marker"), ("Marker", "Eraser")):
        pad.get_by_role("button", name=tool).click()
        expect(pad.get_by_role("slider", name=f"{tool} thickness")).to_be_visible()
        expect(pad.get_by_role("slider", name=f"{other} thickness")).to_have_count(0)


def test_ten_digits_drawn_with_simple_strokes_are_read_right(page: "Page") -> None:
    # their times are for benchmarks/panel.py, and for a machine that does nothing else
    assert {digit: read for digit, read, _ in measure(page, STROKES)} == {
        digit: str(digit) for digit in range(10)
    }


def test_the_camera_is_on_while_it_is_wanted(page: "Page", panel: "Locator", shoot: "Shoot") -> None:
    panel.get_by_role("button", name="Use the camera").press("Enter")
    expect(panel.get_by_text("Preview ready")).to_be_visible()
    expect(panel.get_by_role("button", name="Draw instead")).to_be_focused()
    page.wait_for_function("document.querySelector('.dn-panel video').videoWidth > 0")
    panel.get_by_role("button", name="Capture", exact=True).click()
    expect_digit(panel, 7)
    shoot(panel, "panel-camera")
    page.evaluate("window.track = document.querySelector('.dn-panel video').srcObject.getTracks()[0]")
    panel.get_by_role("button", name="Draw instead").press("Enter")
    expect(panel.locator("canvas")).to_be_visible()
    expect(panel.get_by_role("button", name="Use the camera")).to_be_focused()
    page.wait_for_function("window.track.readyState === 'ended'")


# What comes out


def test_an_answer_has_bars_stages_and_digits_like_it(panel: "Locator") -> None:
    sample(panel, "five").click()
    expect_digit(panel, 5)
    expect(panel.locator(".dn-bars li")).to_have_count(10)
    expect(panel.locator(".dn-bars .dn-best")).to_contain_text("5")
    for name in ("In grey", "Ink", "Crop", "Upright", "Bitmap", "Grid"):
        expect(panel.get_by_role("img", name=re.compile(f"^{name}.*pixels"))).to_be_visible()
    expect(panel.get_by_text(re.compile("^Model [0-9a-f]{12}$"))).to_be_visible()


def test_the_lines_can_be_copied(page: "Page", panel: "Locator") -> None:
    sample(panel, "eight").click()
    expect_digit(panel, 8)
    panel.get_by_role("button", name="Copy the line: Python").click()
    expect(panel.get_by_role("button", name="Copied").or_(panel.get_by_text("Copied"))).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.match(
        r"digits_nb\.recognize\(\{'path': 'samples/eight-printed.tiff'\}, model=.*load\('[0-9a-f]{12}", copied
    )


def test_an_error_is_a_sentence_beside_its_input(panel: "Locator", shoot: "Shoot") -> None:
    sample(panel, "two").click()
    expect_digit(panel, 2)
    with serving(plain(b"never asked for")) as forbidden:
        field = panel.get_by_label("URL")
        field.fill(forbidden.url)
        field.press("Enter")
        error = panel.locator(".dn-inputs .dn-error")
        expect(error).to_contain_text("only public addresses are fetched")
    assert not forbidden.seen
    expect(field).to_have_attribute("aria-invalid", "true")
    assert error.get_attribute("id") == field.get_attribute("aria-describedby")
    expect(panel.locator(".dn-digit")).to_have_text("?")
    expect(panel.get_by_role("gridcell", name=re.compile(": 0$"))).to_have_count(64)
    shoot(panel, "panel-error")


# The grid


def test_the_grid_is_drawn_with_the_mouse_and_the_answer_follows(page: "Page", panel: "Locator") -> None:
    sample(panel, "eight").click()
    expect_digit(panel, 8)
    tools = panel.locator(".dn-tools")
    tools.get_by_role("button", name="Clear").click()
    expect(panel.locator(".dn-digit")).to_have_text("?")
    panel.get_by_role("grid").scroll_into_view_if_needed()
    line = [middle(cell(panel, *place)) for place in ONE]
    drag(page, line)
    expect(cell(panel, 3, 4)).to_have_text("8")
    drag(page, line)
    drag(page, [(x + 33, y) for x, y in line])
    expect(cell(panel, 3, 4)).to_have_text("16")
    expect_digit(panel, 1)
    tools.get_by_role("button", name="Lighten").click()
    cell(panel, 3, 4).click()
    expect(cell(panel, 3, 4)).to_have_text("8")
    cell(panel, 3, 4).click(modifiers=["Shift"])
    expect(cell(panel, 3, 4)).to_have_text("16")
    tools.get_by_role("button", name="Darken").click()
    cell(panel, 3, 4).click(button="right")
    expect(cell(panel, 3, 4)).to_have_text("8")
    tools.get_by_role("button", name="Reset").press("Enter")
    expect_digit(panel, 8)
    expect(tools.get_by_role("button", name="Reset")).to_be_disabled()
    expect(tools.get_by_role("button", name="Reset")).to_be_focused()


def test_a_fast_stroke_over_the_grid_skips_no_cell(page: "Page", panel: "Locator") -> None:
    grid = panel.get_by_role("grid")
    grid.scroll_into_view_if_needed()
    # as few places as a browser tells of when the hand is fast
    stroke(page, [middle(cell(panel, 2, 0)), middle(cell(panel, 2, 7))])
    stroke(page, [middle(cell(panel, 3, 0)), middle(cell(panel, 7, 4))])
    left, top = middle(cell(panel, 0, 7))
    stroke(page, [(left, top), (left + 8 * 33, top + 99), (left + 7 * 33, top)])  # out of it, and in again
    inked = {
        (index % 8, index // 8): int(text) for index, text in enumerate(grid_texts(panel)) if text != "0"
    }
    assert {place for place in inked if place[0] == 2} == {(2, row) for row in range(8)}
    assert {(3 + step, step) for step in range(5)} <= inked.keys()
    assert {(0, 7), (7, 7)} <= inked.keys()
    assert inked.keys().isdisjoint({(3, 7), (4, 7), (5, 7)})
    assert set(inked.values()) == {8}  # each cell once


def stroke(page: "Page", points: list[tuple[float, float]]) -> None:
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()


def grid_texts(panel: "Locator") -> list[str]:
    return panel.get_by_role("gridcell").all_inner_texts()


def test_the_grid_is_edited_with_the_keyboard_alone(page: "Page", panel: "Locator") -> None:
    sample(panel, "six").click()
    expect_digit(panel, 6)
    grid = panel.get_by_role("grid", name=re.compile("Arrows move"))
    assert grid.get_by_role("row").count() == 8
    expect(grid.locator('[tabindex="0"]')).to_have_count(1)
    grid.locator('[tabindex="0"]').focus()
    for key in ("Control+Home", "Home", *8 * ["ArrowUp"], "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    here = cell(panel, 2, 1)
    expect(here).to_be_focused()
    for keys, value in (
        (["9"], 16),
        (["-"], 15),
        (["+", "+", "+"], 16),
        (["5"], 9),
        (["Delete"], 0),
        (["Enter"], 16),
        (["0", "0"], 0),  # which JupyterLab would take for "restart the kernel"
    ):
        for key in keys:
            page.keyboard.press(key)
        expect(here).to_have_text(str(value))
        expect(here).to_have_accessible_name(f"row 2, column 3: {value}")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(here).to_be_focused()
    assert here.evaluate("cell => getComputedStyle(cell).outlineStyle") == "solid"
    expect(panel.get_by_text("the grid as you edited it")).to_be_visible()


def test_every_number_of_the_grid_stands_out_from_its_cell(page: "Page", panel: "Locator") -> None:
    here = cell(panel, 0, 0)
    here.click()
    page.keyboard.press("Delete")
    for value in range(17):
        expect(here).to_have_text(str(value))
        ink, ground = (
            here.evaluate(f"cell => getComputedStyle(cell).{name}") for name in ("color", "backgroundColor")
        )
        assert contrast(ink, ground) >= ENOUGH, value
        page.keyboard.press("+")


def test_a_correction_is_kept_and_saved_when_asked(panel: "Locator", lab: "Lab") -> None:
    sample(panel, "seven").click()
    expect_digit(panel, 7)
    panel.get_by_label("It is really a").select_option("1")
    expect(panel.get_by_text("Noted as a 1")).to_be_visible()
    file = lab.folder / "outputs" / "corrections.json"
    assert not file.exists()
    panel.get_by_role("button", name="Save corrections").press("Enter")
    expect(panel.get_by_text("Saved to outputs/corrections.json")).to_be_visible()
    [kept] = json.loads(file.read_bytes())
    assert kept["digit"] == 1
    assert len(kept["grid"]) == 8
    expect(panel.get_by_role("button", name="Save corrections")).to_be_hidden()
    expect(panel.get_by_label("It is really a")).to_be_focused()  # where it was noted
    sample(panel, "eight").click()
    expect_digit(panel, 8)
    expect(panel.get_by_label("It is really a").locator("option:checked")).to_have_text("–")


def test_the_panel_as_the_readme_shows_it(page: "Page", panel: "Locator", shoot: "Shoot") -> None:
    draw(page, SEVEN)
    expect_digit(panel, 7)
    page.mouse.move(0, 0)
    shoot(panel, "panel")


# For everybody


def test_everything_is_reached_with_the_tab_key(page: "Page", panel: "Locator") -> None:
    sample(panel, "seven").click()
    expect_digit(panel, 7)
    panel.get_by_label("URL").focus()
    reached = []
    for _ in range(35):
        reached.append(
            page.evaluate(
                "(e => e.closest('.dn-panel') && `${e.getAttribute('aria-label') ?? e.title ?? ''} "
                "${e.innerText} ${e.labels?.[0]?.innerText ?? ''}`)(document.activeElement)"
            )
        )
        page.keyboard.press("Tab")
    told = "\n".join(filter(None, reached))
    ways = (
        "URL",
        "Base64",
        "Read",
        "Upload",
        "Sample zero",
        "Sample nine",
        "Marker",
        "Eraser",
        "Use the camera",
    )
    tools = ("It is really a", ", column ", "Darken", "Lighten", "Clear", "Copy the line: Shell")
    assert [name for name in ways + tools if name not in told] == []


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious(page: "Page", panel: "Locator", theme: str, shoot: "Shoot") -> None:
    use_theme(page, theme)
    draw(page, SEVEN)
    expect_digit(panel, 7)
    expect(panel.get_by_label("Base64")).to_be_visible()
    panel.get_by_label("It is really a").select_option("7")
    expect(panel.get_by_text("Noted as a 7")).to_be_visible()
    assert serious(page) == []
    expect_readable_hints(panel)
    shoot(panel, f"panel-{theme.rpartition(' ')[2].lower()}")
    panel.get_by_label("Base64").fill("no picture")
    panel.get_by_label("Base64").press("Enter")
    expect(panel.locator(".dn-error")).to_be_visible()
    expect(panel.get_by_label("Base64")).to_have_value("no picture")  # to be mended
    panel.get_by_role("button", name="Use the camera").click()
    expect(panel.get_by_text("Preview ready")).to_be_visible()
    expect(panel.locator(".dn-error")).to_be_visible()
    assert serious(page) == []
    panel.get_by_role("button", name="Draw instead").click()
    expect(panel.locator("canvas")).to_be_visible()


def expect_readable_hints(panel: "Locator") -> None:
    """Axe does not look at what stands in an empty field."""
    for name in ("URL", "Base64"):
        ink, opacity, ground = panel.get_by_label(name).evaluate(
            """field => {
                const { color, opacity } = getComputedStyle(field, "::placeholder");
                return [color, Number(opacity), getComputedStyle(field).backgroundColor];
            }"""
        )
        assert contrast(ink, ground, opacity) >= ENOUGH


def test_a_saved_notebook_holds_no_pixel_of_a_picture(page: "Page", panel: "Locator", lab: "Lab") -> None:
    # even when JupyterLab is told to save what widgets hold
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.locator(".lm-Menu-itemLabel").get_by_text("Save Widget State Automatically", exact=True).click()
    field = panel.get_by_label("Base64")
    field.fill(b64encode((SAMPLES / "three-light-on-dark.png").read_bytes()).decode())
    field.press("Enter")
    expect_digit(panel, 3)
    cell(panel, 0, 0).click()
    page.keyboard.press("3")
    expect(panel.get_by_text("the grid as you edited it").or_(panel.get_by_role("alert"))).to_be_visible()
    draw(page, SEVEN)
    expect_digit(panel, 7)
    page.keyboard.press("Control+s")
    file = lab.folder / "notebooks" / "panel.ipynb"
    page.wait_for_function(
        "!document.querySelector('.jp-mod-current .jp-DirtyIndicator, .lm-mod-current.jp-mod-dirty')"
    )
    saved = nbformat.read(file, 4)
    states = saved.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()
    [thumbnails] = [state["state"]["samples"] for state in states if "samples" in state["state"]]
    assert len(thumbnails) == 10  # the state is there, and with it the pictures that are ours
    assert not any({"grid", "original"} & state["state"].keys() for state in states)
    text = json.dumps(saved)
    for thumbnail in thumbnails:
        text = text.replace(thumbnail["src"], "")
    still = [
        output for cell in saved.cells for output in cell.get("outputs", ()) if "dn-fallback" in str(output)
    ]
    text = text.replace(json.dumps(still[0]["data"]["text/html"])[1:-1], "")
    assert re.findall(r"(?:iVBORw0KGgo|/9j/|R0lGOD|UklGR)\w{20}", text) == []
