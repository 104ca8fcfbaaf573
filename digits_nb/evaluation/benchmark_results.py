"""Benchmark results: the tables of `benchmarks/*.py --save`, read and written as Markdown.

The tables are in the checkout. README and the notebooks take their figures from them.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from digits_nb import paths

Rows = Mapping[str, Mapping[str, Any]]


def read_table(name: str, folder: Path | None = None) -> dict[str, Any] | None:
    """Read a table of figures, and what it was measured with.

    Parameters
    ----------
    name
        Name of the table, such as "wild" or "ladder".
    folder
        Folder of the tables; by default in the checkout.

    Returns
    -------
    dict or None
        `rows` (row → column → figure), `model` (the version that was measured, or None), `weights` (their
        SHA-256), `cores` and `libraries`. None if there is no such table: a package that was installed
        without its checkout has none.
    """
    file = (folder or paths.results()) / f"{name}.json"
    return json.loads(file.read_bytes()) if file.is_file() else None


def rows(name: str) -> Rows:
    """Read the figures of a table: row → column → figure. Without such a table there are none."""
    table = read_table(name)
    return table["rows"] if table else {}


def to_markdown(rows: Rows, corner: str = "", *, percent: bool = False) -> str:
    """Write figures as a table in Markdown, a line for each row.

    Parameters
    ----------
    rows
        Row → column → figure. A cell stays empty where a row lacks the column.
    corner
        Heading of the column of row names.
    percent
        Whether every figure is a share, 0..1, and is written as a percentage.
    """
    if not rows:
        return "There are no figures here: the benchmarks make them, in a checkout, with `--save`."
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    write: Callable[[Any], str] = percent_of if percent else _written
    lines = [
        [corner, *(column.replace("_", " ") for column in columns)],
        ["---", *("---:" for _ in columns)],
        *([name, *(write(row.get(column)) for column in columns)] for name, row in rows.items()),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent_of(share: float) -> str:
    """Write a share, 0..1, as a percentage."""
    return f"{share:.1%}".replace("%", " %")


def _written(figure: Any) -> str:  # noqa: ANN401 - a cell of JSON
    """Write a figure for a reader: up to 1 with three decimals, larger ones with three significant digits."""
    match figure:
        case None:
            return ""
        case float() if abs(figure) < 100:  # noqa: PLR2004 (three digits before the point need none after it)
            return f"{figure:.3f}" if abs(figure) <= 1 else f"{figure:#.3g}"
        case int() | float():
            return f"{figure:,.0f}"
        case [int() | float() as low, int() | float() as high]:
            return f"{_written(low)} to {_written(high)}"
        case list():
            return ", ".join(map(_written, figure))
    return str(figure)
