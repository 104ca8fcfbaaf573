"""The lessons as a student takes them: in JupyterLab, each exercise once wrong and once right."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from looking import SLOW_MS, expect_figures
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import Shoot
    from lab import Lab
    from playwright.sync_api import Locator, Page

COURSE = Path(__file__).resolve().parent.parent.parent / "notebooks" / "course"
LESSONS = sorted(COURSE.glob("*.ipynb"))


def checked(path: Path) -> dict[str, str]:
    """The cell of each exercise of a notebook."""
    cells = [cell.source for cell in nbformat.read(path, 4).cells]
    return {found[1]: cell for cell in cells if (found := re.search(r'course\.check\("(.*?)"', cell))}


def write(page: "Page", cell: "Locator", source: str) -> None:
    """Put something else into a cell, by keyboard."""
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(source)


def wrong(blank: str) -> str:
    """The cell of an exercise with an answer that is none."""
    return re.sub(r": \.\.\.$", ": return 0", blank, flags=re.MULTILINE).replace("= ...", "= 0")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_a_student_takes_a_lesson(lesson: Path, page: "Page", lab: "Lab", shoot: "Shoot") -> None:
    blanks, solved = checked(lesson), checked(lesson.parent / "solutions" / lesson.name)
    assert blanks.keys() == solved.keys()
    lab.open(page, f"notebooks/course/{lesson.name}")
    code = page.locator(".jp-CodeCell")
    cells = {exercise: code.filter(has_text=f'course.check("{exercise}"') for exercise in blanks}
    solved_cell = code.filter(has_text="course.solved(")

    lab.run_all(page)
    expect(solved_cell.get_by_role("status")).to_contain_text("Nothing is solved", timeout=SLOW_MS)
    expect_figures(page, lab, f"notebooks/course/{lesson.name}")
    expect(page.locator('[data-mime-type="application/vnd.jupyter.stderr"]')).to_have_count(0)
    for exercise, cell in cells.items():
        verdict = cell.get_by_role("status")
        expect(verdict).to_contain_text(re.compile(rf"✗ {re.escape(exercise)}: not yet\. .{{20,}}"))
        hint = verdict.inner_text()
        assert "Error" not in hint
        write(page, cell, wrong(blanks[exercise]))
        page.keyboard.press("Control+Enter")
        expect(verdict).not_to_have_text(hint, timeout=SLOW_MS)
        expect(verdict).to_contain_text(f"✗ {exercise}: not yet.")
        write(page, cell, solved[exercise])

    lab.run_all(page)
    listed = f"Solved since this kernel was started: {', '.join(blanks)}."
    expect(solved_cell.get_by_role("status")).to_have_text(listed, timeout=SLOW_MS)
    for exercise, cell in cells.items():
        expect(cell.get_by_role("status")).to_have_text(f"✓ {exercise}: right.")
    shoot(page, f"lesson-{lesson.stem[0]}")
