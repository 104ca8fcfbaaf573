"""What the benchmarks measured: tables of figures that `benchmarks/*.py --save` left, as Markdown.

They stand in the checkout, and README and the notebooks take their figures from them.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from digits_nb import paths

Rows = Mapping[str, Mapping[str, Any]]


def read_table(name: str, folder: Path | None = None) -> dict[str, Any] | None:
    """A table of figures, and what it was measured with.

    Parameters
    ----------
    name
        Of the table, such as "wild" or "ladder".
    folder
        Where the tables are; by default in the checkout.

    Returns
    -------
    dict or None
        `rows` (row → column → figure), `model` (the version that was measured, or None), `graph` (the SHA-256
        of its graph), `cores` and `libraries`. None if there is no such table: a package that was installed
        without its checkout has none.
    """
    file = (folder or paths.results()) / f"{name}.json"
    return json.loads(file.read_bytes()) if file.is_file() else None


def rows(name: str) -> Rows:
    """The figures of a table, row → column → figure; none if there is no such table."""
    return (read_table(name) or {"rows": {}})["rows"]


def to_markdown(rows: Rows, corner: str = "", *, percent: bool = False) -> str:
    """Figures as a table in Markdown, a line for each row.

    Parameters
    ----------
    rows
        Row → column → figure. A column that a row lacks stays empty.
    corner
        What the rows are, written above their names.
    percent
        Whether every figure is a share of 0..1, to be written as a percentage.
    """
    if not rows:
        return "There are no figures here: the benchmarks make them, in a checkout, with `--save`."
    columns = list(dict.fromkeys(column for row in rows.values() for column in row))
    write = percent_of if percent else _written
    lines = [
        [corner, *(column.replace("_", " ") for column in columns)],
        ["---", *("---:" for _ in columns)],
        *([name, *(write(row.get(column)) for column in columns)] for name, row in rows.items()),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def percent_of(share: float) -> str:
    """A share of 0..1 as a percentage."""
    return f"{share:.1%}".replace("%", " %")


def _written(figure: Any) -> str:  # noqa: ANN401 - a cell of JSON
    """A figure as a person reads it: shares to a thousandth, what is larger to three significant digits."""
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
