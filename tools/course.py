"""Make the notebooks of the lessons from their sources in notebooks/course/source (`make course`).

A source is a script in jupytext's percent format: `# %%` begins a code cell, `# %% [markdown]` a Markdown
cell, and tags may follow. Each source becomes two notebooks: the lesson, without the cells tagged "solution",
and one of the same name in the folder `solutions`, without the cells tagged "exercise".
"""

from pathlib import Path

import jupytext
import nbformat
from nbformat.v4 import new_notebook

from digits_nb import paths

COURSE = paths.CHECKOUT / "notebooks" / "course"
KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def notebook(source: str, *, without: str, title: str = "") -> str:
    """Return the content of a notebook file.

    Parameters
    ----------
    source
        A script in the percent format.
    without
        The tag of the cells that are left out.
    title
        Added to the first heading. A notebook with a title lies one folder deeper, and its links are changed
        accordingly.
    """
    chosen = [
        cell
        for cell in jupytext.reads(source, fmt="py:percent").cells
        if without not in cell.metadata.get("tags", ())
    ]
    for number, cell in enumerate(chosen):
        cell.id = str(number)  # jupytext's are random, and the files in git would change with every run
        cell.metadata.pop("lines_to_next_cell", None)  # only serves the conversion back to a script
        if title and cell.cell_type == "markdown":
            cell.source = cell.source.replace("](../", "](../../")
    if title:
        head, *rest = chosen[0].source.split("\n")
        chosen[0].source = "\n".join([f"{head}, {title}", *rest])
    return nbformat.writes(new_notebook(cells=chosen, metadata={"kernelspec": KERNEL})) + "\n"


def notebooks(course: Path = COURSE) -> dict[Path, str]:
    """Return the path and the content of each file that `make course` writes."""
    made = {}
    for path in sorted((course / "source").glob("*.py")):
        source = path.read_text(encoding="utf-8")
        made[course / path.with_suffix(".ipynb").name] = notebook(source, without="solution")
        solved = course / "solutions" / path.with_suffix(".ipynb").name
        made[solved] = notebook(source, without="exercise", title="with solutions")
    return made


if __name__ == "__main__":
    for path, text in notebooks().items():
        paths.write_whole(path, text.encode())
        print(path.relative_to(paths.CHECKOUT))
