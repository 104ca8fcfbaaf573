"""Figures are read from where the benchmarks left them, and written as a person reads them."""

import json
from pathlib import Path

import pytest

from digits_nb import paths
from digits_nb.evaluation import benchmark_results


def test_a_table_is_read_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path))
    rows = {"p50": {"ours_ms": 0.5}}
    paths.write_whole(tmp_path / "benchmarks/results/latency.json", json.dumps({"rows": rows}).encode())

    assert benchmark_results.rows("latency") == rows
    assert benchmark_results.read_table("latency") == {"rows": rows}


def test_a_root_without_tables_has_those_of_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGITS_NB_HOME", str(tmp_path))
    assert benchmark_results.rows("ladder")


def test_where_nothing_was_measured_there_are_no_figures_and_the_table_says_so(tmp_path: Path) -> None:
    assert benchmark_results.read_table("ladder", tmp_path) is None
    assert benchmark_results.rows("no such table") == {}
    assert benchmark_results.to_markdown({}).startswith("There are no figures here")


@pytest.mark.parametrize(
    ("figure", "written"),
    [
        (0.95049, "0.950"),
        (1.0, "1.000"),
        (1.6666, "1.67"),
        (10.0, "10.0"),
        (151.7, "152"),
        (1797, "1,797"),
        (None, ""),
        ([0.936, 0.963], "0.936 to 0.963"),
        (["2 as 3", "5 as 6"], "2 as 3, 5 as 6"),
        ([], ""),
        ("–", "–"),
    ],
    ids=[
        "a share to a thousandth",
        "all of it too",
        "a ratio to three digits",
        "with its zeros",
        "no more digits than were measured",
        "a count in full",
        "nothing",
        "an interval",
        "several texts",
        "none at all",
        "a text",
    ],
)
def test_a_figure_is_written(figure: object, written: str) -> None:
    assert benchmark_results.to_markdown({"row": {"a_column": figure}}).splitlines() == [
        "|  | a column |",
        "| --- | ---: |",
        f"| row | {written} |",
    ]


def test_shares_are_written_as_percentages_where_that_is_asked_for() -> None:
    table = benchmark_results.to_markdown(
        {"cut": {"ours": 0.1048, "theirs": 1.0}}, "one change", percent=True
    )
    assert table.splitlines()[0] == "| one change | ours | theirs |"
    assert table.splitlines()[-1] == "| cut | 10.5 % | 100.0 % |"


def test_a_column_that_a_row_lacks_stays_empty() -> None:
    table = benchmark_results.to_markdown({"one": {"a": 1}, "two": {"b": 2}})
    assert table.splitlines()[-2:] == ["| one | 1 |  |", "| two |  | 2 |"]
