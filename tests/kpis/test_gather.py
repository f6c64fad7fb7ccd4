"""KPIs that are gathered together leave each other alone, and what is missing in one source is no zero in another's."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from msgspec.structs import replace

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.rules import Arrivals, evaluate_rules
from opsconsole.site.parse import load_site

NOW = dt.datetime(2026, 6, 24, 12, 0, tzinfo=dt.UTC)
HIDDEN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
SCHEMAS = {
    "made": {"ts": "TIMESTAMP", "line": "VARCHAR", "qty": "BIGINT", "plan": "BIGINT", **HIDDEN},
    "claims": {"ts": "TIMESTAMP", "line": "VARCHAR", **HIDDEN},
    "prices": {"line": "VARCHAR", "eur": "DOUBLE", **HIDDEN},
}
SITE = """\
timezone: UTC
sources:
  made: {files: m.csv, time: ts, dimensions: [line]}
  claims: {files: c.csv, time: ts, dimensions: [line]}
  prices: {files: p.csv, dimensions: [line]}
kpis:
  out: {source: made, value: sum(qty), better: higher, target: sum(plan), warning: 0.9 * sum(plan)}
  piled: {source: made, value: sum(qty), cumulative: true}
  claimed: {source: claims, value: count(*)}
  rate: {value: claimed / out, by: line}
  piled_rate: {value: claimed / piled}
"""


def binding(folder: Path, more: str = "") -> Binding:
    (folder / "site.yaml").write_text(SITE + more)
    bound, problems = bind(load_site(folder), SCHEMAS)
    assert not problems, [str(problem) for problem in problems]
    return bound


@pytest.fixture
def db() -> duckdb.DuckDBPyConnection:
    """Ten pieces an hour on line A for two days, where twelve are planned; claims only of the last three hours."""
    connection = duckdb.connect(":memory:")
    for setting in ("error_on_division_by_zero", "ieee_floating_point_ops"):
        connection.execute(f"SET {setting} = false")
    for name, columns in SCHEMAS.items():
        connection.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
    for hours in range(48):
        when = (NOW - dt.timedelta(hours=hours, minutes=30)).replace(tzinfo=None)
        connection.execute("INSERT INTO made VALUES (?, 'A', 10, 12, 1, ?, ?)", [when, hours, when])
        if hours in (0, 2):
            connection.execute("INSERT INTO claims VALUES (?, 'A', 1, ?, ?)", [when, hours, when])
    return connection


def test_a_component_keeps_its_own_limits_and_its_own_trend(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    bound = binding(tmp_path, "rules:\n  low: {kpi: out}\n  often: {kpi: rate, when: '> 1'}\n")
    found = evaluate(db, bound, NOW).kpis
    assert (found["out"].value, found["out"].limits.target, found["out"].status) == (240, 288, "warning")
    assert evaluate_rules(db, bound, NOW, Arrivals({}, 0, 0)).observations[0].priority == "warning"
    # the same expression adds up in one KPI and does not in the other
    assert found["out"].trend == [10] * 24
    assert found["piled"].trend == [10 * hours for hours in range(1, 25)]
    assert found["piled_rate"].trend[-1] == found["rate"].trend[-1] == 1 / 10


def test_before_the_first_row_of_one_source_a_ratio_over_two_is_not_zero(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "layouts").mkdir()
    (tmp_path / "layouts/a.yaml").write_text("rows: [[{grid: rate, by: line}]]\n")
    measures = evaluate(db, binding(tmp_path), NOW)
    known = [0.1, 0, 0.1]  # from the first claim on
    assert measures.kpis["rate"].trend == [*[None] * 21, *known]
    assert measures.grids[0].values == [[*[None] * 21, *known]]


def test_of_two_sources_the_silent_one_is_named(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    bound = binding(tmp_path, "rules: {often: {kpi: rate, when: '> 1'}}\n")
    sources = {**bound.site.sources, "made": replace(bound.site.sources["made"], fresh_within=60.0)}
    bound = replace(bound, site=replace(bound.site, sources=sources))
    found = evaluate_rules(db, bound, NOW, Arrivals({}, 1000.0, 0.0)).verdicts["often"]
    assert (found.quality, found.reason) == ("stale", "made has gone silent")


def test_a_formula_over_two_sources_that_fails_is_the_only_one_lost(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    bound = binding(tmp_path, "  root: {value: sqrt(claimed - out)}\nrules:\n  bad: {kpi: root, when: '> 1'}\n")
    db.execute("BEGIN TRANSACTION READ ONLY")
    found = evaluate(db, bound, NOW).kpis
    assert found["root"].status == "nodata"
    assert "square root" in found["root"].reason
    assert (found["out"].value, found["rate"].value) == (240, 2 / 240)
    assert evaluate_rules(db, bound, NOW, Arrivals({}, 0, 0)).verdicts["bad"].quality == "error"


def test_a_part_without_times_has_no_window(tmp_path: Path) -> None:
    more = "  price: {source: prices, value: avg(eur)}\n  each: price * 2\n  cost: {value: out * each, window: day}\n"
    (tmp_path / "site.yaml").write_text(SITE + more + "  ever: {value: out * each, window: all}\n")
    bound, problems = bind(load_site(tmp_path), SCHEMAS)
    assert [str(problem) for problem in problems] == [
        "site.yaml:14:23 `price` is about all rows, as `prices` has no time column: this KPI needs `window: all`, or "
        "one source that joins them by `sql`"
    ]
    assert bound.kpis.keys() == {"out", "piled", "claimed", "rate", "piled_rate", "price", "each", "ever"}
