"""KPIs over other KPIs: bound, computed at every level, and refused with a place where they make no sense."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from opsconsole.kpis.drill import breakdown, measure_among, subject_of_kpi
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.rules import Arrivals, evaluate_rules

from .plant import HEAD, NOON, ago, bound, database, problems_of, put, rows

LINES = HEAD.count("\n")
OEE = """\
kpis:
  oee: availability * quality / 100
  availability: {source: cycles, value: 100 * sum(qty) / sum(cost), window: 8h, by: [line, station]}
  quality: {source: cycles, value: 100 * (1 - sum(scrap) / sum(qty)), window: 8h, where: station = 1, by: [line]}
"""


def filled() -> duckdb.DuckDBPyConnection:
    db = database()
    put(db, ago(1), line="A", station=1, qty=90, scrap=9, cost=100)
    put(db, ago(2), line="A", station=2, qty=50, scrap=1, cost=100)
    put(db, ago(3), line="B", station=1, qty=60, scrap=0, cost=100)
    put(db, ago(20), line="A", station=1, qty=1, scrap=0, cost=1)
    return db


def test_over_one_source_it_stays_a_ratio_of_sums_at_every_level(tmp_path: Path) -> None:
    binding = bound(tmp_path, OEE)
    oee = binding.kpis["oee"]
    assert (oee.compound, oee.source, oee.kpi.by) == (False, "cycles", ("line",))
    db = filled()
    found = evaluate(db, binding, NOON).kpis["oee"]
    assert found.value == pytest.approx(100 * (200 / 300) * (1 - 9 / 150))
    split = breakdown(db, binding, "oee", "line", {}, NOON)
    assert dict(zip(split.members, split.values, strict=True)) == {
        "A": pytest.approx(100 * (140 / 200) * 0.9),
        "B": pytest.approx(60),
    }
    assert measure_among(db, binding, "oee", {"line": "B"}, NOON).value == pytest.approx(60)
    # a component's filter is not that of the whole: availability takes all rows
    assert rows(db, binding, subject_of_kpi(binding, "oee", NOON), {}).total == 3


COST = """\
kpis:
  per_order: {value: CASE WHEN n > 0 THEN made / n END, window: all}
  made: {source: cycles, value: sum(qty), window: 8h}
  n: {source: orders, value: count(*)}
rules:
  few: {kpi: per_order, when: '< 1000'}
"""


def test_over_several_sources_it_is_computed_of_the_components_values(tmp_path: Path) -> None:
    binding = bound(tmp_path, COST)
    kpi = binding.kpis["per_order"]
    assert (kpi.compound, kpi.sources, kpi.timed) == (True, ("orders", "cycles"), False)
    db = filled()
    assert evaluate(db, binding, NOON).kpis["per_order"].value is None  # no order at all is no value
    db.execute("INSERT INTO orders VALUES (1, 1, 1, NULL), (2, 1, 2, NULL)")
    found = evaluate(db, binding, NOON).kpis["per_order"]
    # a source without times makes the whole one of all rows
    assert (found.value, found.rows, found.sources) == (pytest.approx(201 / 2), 4, ("orders", "cycles"))
    observed = evaluate_rules(db, binding, NOON, Arrivals({}, 0.0, 0.0)).observations
    assert [(one.rule, one.priority, one.value) for one in observed] == [("few", "warning", pytest.approx(100.5))]


def test_derived_of_derived_and_in_any_case(tmp_path: Path) -> None:
    text = OEE + "  twice: 2 * OEE\n  half: {value: twice / 4, window: 1h}\n"
    found = evaluate(filled(), bound(tmp_path, text), NOON).kpis
    oee = found["oee"].value
    assert oee is not None
    assert found["twice"].value == pytest.approx(2 * oee)
    assert found["half"].value is None  # over the window of its own there is no row: (now - 1 h, now]
    assert found["half"].start == ago(1).timestamp()


@pytest.mark.parametrize(
    ("kpis", "line", "under", "says"),
    [
        ("  a: b + 1\n  b: a * 2\n", 2, "b", "made of itself: a → b → a"),
        ("  a: a + 1\n", 2, "a + 1", "made of itself: a → a"),
        ("  a: 2 * nn\n  nn2: {source: orders, value: count(*)}\n", 2, "nn", "unknown KPI `nn`, did you mean `nn2`?"),
        ("  a: sum(n)\n  n: {source: orders, value: count(*)}\n", 2, "sum", "sum() is an aggregate"),
        ("  a: 1 + 1\n", 2, "1", "names no KPI"),
        ("  a: n || 'x'\n  n: {source: orders, value: count(*)}\n", 2, "n ", "gives VARCHAR, expected a number"),
        ("  a: n * random()\n  n: {source: orders, value: count(*)}\n", 2, "random", "random() depends on"),
        ("  a:\n    value: |\n      n\n      + m\n  n: {source: orders, value: count(*)}\n", 5, "m", "unknown KPI `m`"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, kpis: str, line: int, under: str, says: str) -> None:
    problems = problems_of(tmp_path, "kpis:\n" + kpis)
    assert says in problems[0].message
    assert problems[0].mark.line == LINES + line
    text = ("kpis:\n" + kpis).splitlines()[line - 1]
    start = text.index(":") + 1 if ": " in text else 0
    assert problems[0].mark.column == text.index(under, start) + 1


def test_a_component_with_an_error_breaks_what_is_made_of_it_and_nothing_else(tmp_path: Path) -> None:
    text = "kpis:\n  a: n / bad\n  bad: {source: orders, value: sum(nope)}\n  n: {source: orders, value: count(*)}\n"
    problems = problems_of(tmp_path, text)
    assert len(problems) == 1
    assert "no column `nope`" in problems[0].message
