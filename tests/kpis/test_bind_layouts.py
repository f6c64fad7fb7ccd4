"""Binding of layouts: what panels need of the tables, and what of it there is not."""

from __future__ import annotations

from pathlib import Path

from .plant import bound, problems_of

KPIS = """\
kpis:
  stops: {source: cycles, value: sum(scrap), window: 8h}
  ratio: {source: cycles, value: sum(scrap) / sum(qty), window: 8h}
  middle: {source: cycles, value: median(qty), window: 8h}
  bare: {source: orders, value: count(*)}
"""


def said(folder: Path, layout: str) -> list[str]:
    """What is said of a layout, by place."""
    found = problems_of(folder, KPIS, layout)
    return [str(problem).removeprefix("layouts/overview.yaml:") for problem in found]


def test_dimensions_and_columns_that_are_not_there(tmp_path: Path) -> None:
    layout = """\
rows:
  - [{bars: stops, by: lne}, {top: bare}, {chart: stops, by: staton}, {table: cycles, columns: [ts, qyt]}]
  - [{chart: bare}, {stack: [{pareto: stops, by: nope}, {table: health, columns: [nope]}]}]
"""
    found = said(tmp_path, layout)
    assert [line.split(" ")[0] for line in found] == ["2:24", "2:30", "2:62", "2:101", "3:50", "3:83"]
    assert "did you mean `line`?" in found[0]
    assert "the KPI `bare` has no `by`" in found[1]
    assert "did you mean `station`?" in found[2]
    assert "did you mean `qty`?" in found[3]


def test_a_pareto_chart_of_what_does_not_add_up_is_pointed_out(tmp_path: Path) -> None:
    found = said(tmp_path, "rows: [[{pareto: stops}, {pareto: ratio}, {bars: ratio}, {pareto: middle}]]\n")
    assert found == [
        "1:35 warning: `pareto`: the values of `ratio` do not add up to a whole, as sums do; use `bars`",
        "1:67 warning: `pareto`: the values of `middle` do not add up to a whole, as sums do; use `bars`",
    ]


def test_what_panels_ask_of_the_one_scan(tmp_path: Path) -> None:
    layout = "rows: [[{stack: [{chart: stops, by: station}, {grid: ratio}]}, {top: ratio, by: text}, {chart: bare}]]\n"
    binding = bound(tmp_path, KPIS, layout)
    assert binding.grids == (("stops", "station"), ("ratio", "line"))
    assert binding.kpis["stops"].by == ("line", "station")
    assert binding.kpis["ratio"].by == ("line", "text")
