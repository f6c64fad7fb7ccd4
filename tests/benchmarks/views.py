"""What derived sources cost: KPIs over joins and over states that last, against the same over a plain table."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.evaluate import evaluate
from opsconsole.site.parse import load_site
from opsconsole.tables import health
from opsconsole.tables.derived import sync
from tests.benchmarks.common import spread

OWN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
SCHEMAS = {
    "events": {"ts": "TIMESTAMP", "machine": "BIGINT", "state": "VARCHAR", "qty": "BIGINT", **OWN},
    "weather": {"at_hour": "TIMESTAMP", "machine": "BIGINT", "temp": "DOUBLE", **OWN},
}
SITE = """\
timezone: UTC
sources:
  events: {files: e, time: ts}
  weather: {files: w, time: at_hour}
  joined:
    sql: >
      SELECT e.*, w.temp FROM events e
      LEFT JOIN weather w ON e.machine = w.machine AND date_trunc('hour', e.ts) = w.at_hour
    time: ts
  asof:
    sql: SELECT e.*, w.temp FROM events e ASOF LEFT JOIN weather w ON e.machine = w.machine AND e._time >= w._time
    time: ts
  stays:
    sql: SELECT *, lead(_time) OVER (PARTITION BY machine ORDER BY _time) AS ended FROM events
    time: ts
    until: ended
  stays_30d:
    sql: >
      SELECT *, lead(_time) OVER (PARTITION BY machine ORDER BY _time) AS ended
      FROM events WHERE _time > site_now() - INTERVAL 30 DAY
    time: ts
    until: ended
kpis:
"""
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
MACHINES, DAYS = 50, 365


def filled(root: Path, rows: int) -> duckdb.DuckDBPyConnection:
    """A year of events, and the weather of every hour at every machine."""
    path = root / f"views-{rows}.duckdb"
    made = path.exists()
    db = duckdb.connect(str(path))
    for setting in ("TimeZone = 'UTC'", "error_on_division_by_zero = false", "ieee_floating_point_ops = false"):
        db.execute(f"SET {setting}")
    if not made:
        step = DAYS * 86_400_000_000 // rows
        db.execute(
            f"CREATE TABLE events AS SELECT ts, i % {MACHINES} AS machine, i % 7 AS qty, "
            "CASE hash(i) % 4 WHEN 0 THEN 'down' ELSE 'up' END AS state, 1::INTEGER AS _file, i AS _line, ts AS _time "
            f"FROM (SELECT range AS i, TIMESTAMP '2025-01-01' + to_microseconds(range * {step}) AS ts "
            f"FROM range({rows}))"
        )
        db.execute(
            "CREATE TABLE weather AS SELECT at_hour, machine, 20.0 AS temp, 2::INTEGER AS _file, 1::BIGINT AS _line, "
            "at_hour AS _time FROM (SELECT TIMESTAMP '2025-01-01' + to_hours(range) AS at_hour "
            f"FROM range({DAYS * 24})), (SELECT range AS machine FROM range({MACHINES}))"
        )
    health.at(db, NOW.timestamp())
    return db


def bound(root: Path, kpi: str) -> Binding:
    (root / "site.yaml").write_text(SITE + f"  k: {kpi}\n")
    binding, problems = bind(load_site(root), SCHEMAS)
    assert not problems, [str(problem) for problem in problems]
    return binding


def views(root: Path, rows: int, runs: int = 15) -> None:
    """A KPI of a day by 50 machines, with its trend, over each kind of source; ratios to the plain table."""
    db = filled(root, rows)
    share = "\"100 * sum(_seconds) FILTER (state = 'down') / sum(_seconds)\""
    cases = {
        "a table": bound(root, "{source: events, value: avg(qty), window: 24h, by: [machine]}"),
        "LEFT JOIN": bound(root, "{source: joined, value: avg(temp), window: 24h, by: [machine]}"),
        "ASOF JOIN": bound(root, "{source: asof, value: avg(temp), window: 24h, by: [machine]}"),
        "states of all events": bound(root, f"{{source: stays, value: {share}, window: 24h, by: [machine]}}"),
        "states of 30 days": bound(root, f"{{source: stays_30d, value: {share}, window: 24h, by: [machine]}}"),
    }
    sync(db, {name: view.sql for name, view in next(iter(cases.values())).views.items()})
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(runs):
        for name, binding in cases.items():
            begun = time.perf_counter()
            assert evaluate(db, binding, NOW).kpis["k"].value is not None
            times[name].append(time.perf_counter() - begun)
    for name, taken in times.items():
        ratio = statistics.median(each / base for each, base in zip(taken, times["a table"], strict=True))
        print(f"| a KPI of a day over {rows:,} events: {name} | {spread(taken)} | {ratio:.1f}x |", flush=True)
    begun = time.perf_counter()
    for _ in range(runs):
        sync(db, {name: view.sql for name, view in binding.views.items()})
    print(f"| finding that all views are there | {(time.perf_counter() - begun) / runs * 1000:.1f} ms | |")
    db.close()


VIEWS: dict[str, Callable[[Path, int], None]] = {"views": views}
"""By name: what is measured below a folder with so many rows."""
