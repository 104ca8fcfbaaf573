"""`make course`: the lessons' notebooks, made from their sources in notebooks/course/source.

A source is Python in the percent format: `# %%` begins a cell of code, `# %% [markdown]` one of prose, with
its tags behind. From each come two notebooks: the lesson, without the cells tagged "solution", and in the
folder `solutions` the same without those tagged "exercise".
"""

import json
import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from digits_nb import paths

COURSE = paths.CHECKOUT / "notebooks" / "course"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
HEAD = re.compile(r"^# %%( \[markdown\])?(?: tags=(\[.*\]))?$", flags=re.MULTILINE)

Cell = nbformat.NotebookNode


def cells(source: str) -> list[Cell]:
    """The cells of a source, in order."""
    _, *parts = HEAD.split(source)
    found = []
    for prose, tags, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        metadata = {"tags": json.loads(tags)} if tags else {}
        content = text.strip("\n")
        if prose:
            found.append(
                new_markdown_cell(re.sub(r"^# ?", "", content, flags=re.MULTILINE), metadata=metadata)
            )
        else:
            found.append(new_code_cell(content, metadata=metadata))
    return found


def notebook(source: str, *, without: str, title: str = "") -> str:
    """A notebook as it stands in its file.

    Parameters
    ----------
    source
        In the percent format.
    without
        The tag of the cells that are left out.
    title
        What is put behind the heading; with it, links go one folder further up.
    """
    chosen = [cell for cell in cells(source) if without not in cell.metadata.get("tags", ())]
    for number, cell in enumerate(chosen):
        cell.id = str(number)
        if title and cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../", "](../../")
    if title:
        head, *rest = chosen[0].source.split("\n")
        chosen[0].source = "\n".join([f"{head}, {title}", *rest])
    return nbformat.writes(new_notebook(cells=chosen, metadata={"kernelspec": KERNEL})) + "\n"


def notebooks(course: Path = COURSE) -> dict[Path, str]:
    """What `make course` writes: each file and its content."""
    made = {}
    for path in sorted((course / "source").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        made[course / f"{path.stem}.ipynb"] = notebook(source, without="solution")
        solved = course / "solutions" / f"{path.stem}.ipynb"
        made[solved] = notebook(source, without="exercise", title="with solutions")
    return made


if __name__ == "__main__":
    for path, text in notebooks().items():
        paths.write_whole(path, text.encode())
        print(path.relative_to(paths.CHECKOUT))
