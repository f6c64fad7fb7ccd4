"""A KPI over two sources: its components and the members of a dimension that both have add up to its change."""

from __future__ import annotations

import datetime as dt
import math
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.kpis.behind import behind
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.compare import compare
from opsconsole.kpis.dimensions import dimensions
from opsconsole.kpis.drill import breakdown, measure_among
from opsconsole.kpis.moved import moved
from opsconsole.site.parse import load_site
from tests.kpis.plant import NOON

OWN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
SCHEMAS = {
    "made": {"line": "VARCHAR", "qty": "BIGINT", "good": "BIGINT", **OWN},
    "states": {"line": "VARCHAR", "up": "DOUBLE", "planned": "DOUBLE", "extra": "BIGINT", **OWN},
}
SITE = """\
site: Plant
sources:
  made: {files: m/*.csv, time: t}
  states: {files: s/*.csv, time: t}
kpis:
  quality: {source: made, value: sum(good) / sum(qty), better: higher}
  availability: {source: states, value: sum(up) / sum(planned), where: planned > 0, better: higher}
  stops: {source: states, value: count(*), better: lower}
  oee: {value: 100 * availability * quality, better: higher, target: 85, window: 1h, by: [line]}
  per_stop: {value: quality / (1 + stops), better: higher, window: 1h, by: [line]}
"""
LINE = st.sampled_from(["1", "2", None])
MADE = st.tuples(LINE, st.integers(1, 50), st.integers(0, 50), st.integers(1, 119))
STATE = st.tuples(LINE, st.integers(0, 60), st.integers(0, 60), st.integers(1, 119))


@cache
def site() -> Binding:
    with TemporaryDirectory() as folder:
        (Path(folder) / "site.yaml").write_text(SITE)
        loaded = load_site(Path(folder))
        assert loaded.site is not None, [str(problem) for problem in loaded.problems]
        schemas = {name: {**columns, "t": "TIMESTAMP"} for name, columns in SCHEMAS.items()}
        binding, problems = bind(loaded, schemas)
        assert not problems, [str(problem) for problem in problems]
        return binding


def filled(
    made: list[tuple[str | None, int, int, int]], states: list[tuple[str | None, int, int, int]]
) -> duckdb.DuckDBPyConnection:
    db = duckdb.connect(":memory:")
    for setting in ("error_on_division_by_zero = false", "ieee_floating_point_ops = false", "threads = 1"):
        db.execute(f"SET {setting}")
    for name, columns in SCHEMAS.items():
        db.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
    naive = NOON.replace(tzinfo=None)
    long_ago = naive - dt.timedelta(days=30)
    db.executemany(
        "INSERT INTO made (line, qty, good, _time, _file, _line) VALUES (?, ?, ?, ?, 1, 1)",
        [("1", 1, 1, long_ago), *((*row[:3], naive - dt.timedelta(minutes=row[3])) for row in made)],
    )
    db.executemany(
        "INSERT INTO states (line, up, planned, _time, _file, _line, extra) VALUES (?, ?, ?, ?, 1, 1, 1)",
        [("1", 1, 1, long_ago), *((*row[:3], naive - dt.timedelta(minutes=row[3])) for row in states)],
    )
    return db


@settings(max_examples=10, deadline=None)
@given(st.lists(MADE, min_size=2, max_size=15), st.lists(STATE, min_size=2, max_size=15))
def test_components_and_members_add_up(
    made: list[tuple[str | None, int, int, int]], states: list[tuple[str | None, int, int, int]]
) -> None:
    cursor = filled(made, states)
    found = moved(cursor, site(), "oee", {}, NOON)
    known = measure_among(cursor, site(), "oee", {}, NOON)
    if found.change is None:
        assert found.reason
        return
    assert found.value == pytest.approx(known.value)
    assert found.previous == pytest.approx(known.previous)
    assert found.additive
    assert sorted(mover.name or "" for mover in found.components) == ["availability", "quality"]
    for movers in (found.components, found.dimensions[0].movers):
        parts = [mover.contribution or 0.0 for mover in movers]
        size = max(1.0, *map(abs, parts))
        assert math.fsum(parts) == pytest.approx(found.change, abs=1e-9 * size)


def test_the_source_that_made_it_worse_is_named() -> None:
    made = [("1", 50, 49, 90), ("2", 50, 49, 90), ("1", 50, 49, 10), ("2", 50, 49, 10)]
    states = [("1", 60, 60, 90), ("2", 60, 60, 90), ("1", 60, 60, 10), ("2", 30, 60, 10)]
    cursor = filled(made, states)
    found = moved(cursor, site(), "oee", {}, NOON)
    assert [(mover.name, mover.verdict) for mover in found.components] == [
        ("availability", "worse"),
        ("quality", "same"),
    ]
    assert [(mover.name, mover.verdict) for mover in found.dimensions[0].movers] == [("2", "worse"), ("1", "same")]
    compared = compare(cursor, site(), "oee", {"line": "2"}, NOON)
    before = next(each for each in compared.comparisons if each.against == "before")
    assert (before.value, before.verdict) == (pytest.approx(98.0), "worse")
    assert [each.name for each in dimensions(cursor, site(), "oee", NOON)] == ["line"]


def test_the_sql_of_two_sources_gives_the_number_and_its_breakdown() -> None:
    made = [("1", 50, 49, 10), (None, 10, 5, 10)]
    states = [("1", 60, 60, 10), ("2", 30, 60, 10)]
    cursor = filled(made, states)
    for kpi in ("oee", "per_stop"):
        value = cursor.execute(behind(site(), kpi, "value", {}, NOON)).fetchall()
        assert value == [(pytest.approx(measure_among(cursor, site(), kpi, {}, NOON).value),)]
        split = breakdown(cursor, site(), kpi, "line", {}, NOON)
        found = dict(cursor.execute(behind(site(), kpi, "breakdown", {}, NOON, "line")).fetchall())
        assert found == pytest.approx(dict(zip(split.members, split.values, strict=True)))
        assert set(found) == {"1", "2", None}
