"""What insight costs: 50 KPIs × 12 groups, each with rules on its control chart, forecast and anomalies, and a flow.

`python -m tests.benchmarks insight`: the CPU of one look at everything, first from nothing, then minute by minute as
rows come. The first one tries all forecasts on their past, as each does once in a day of its points.
"""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import Any, cast

from opsconsole.engine.insight.studies import STUDIES
from opsconsole.engine.insight.study import Ground, Study
from opsconsole.engine.watch import AlertWatch
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.site.parse import load_site
from opsconsole.tables import touched
from opsconsole.tables.store import Store
from tests.benchmarks.common import verdict

END = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)
DAYS, LINES, KPIS = 30, 12, 50
ROWS = 260_000
COLUMNS = 10
MINUTES = 12
SCHEMA = {
    "ts": "TIMESTAMP", "line": "VARCHAR", **{f"c{at}": "DOUBLE" for at in range(COLUMNS)}, "_file": "INTEGER",
    "_line": "BIGINT", "_time": "TIMESTAMP",
}  # fmt: skip
STEPS = {"id": "VARCHAR", "step": "VARCHAR", "ts": "TIMESTAMP", "_file": "INTEGER", "_line": "BIGINT",
         "_time": "TIMESTAMP"}  # fmt: skip
VALUES = ("avg(c{0})", "100 * sum(c{0}) / sum(c{1})", "sum(c{0})", "count(*) FILTER (c{0} > 1)", "max(c{0})")


def rows_between(first: int, last: int, each: float) -> str:
    """SQL of the rows with these numbers, `each` seconds apart, up to `END`: days and hours matter to their values."""
    end = END.replace(tzinfo=None)
    values = ", ".join(
        f"1 + 0.3 * sin(i / {86_400 / each:.3f} * 6.2832 + {at}) + (hash(i * {at + 3}) % 1000) / 1000.0 AS c{at}"
        for at in range(COLUMNS)
    )
    return (
        f"SELECT t AS ts, 'L' || (hash(i) % {LINES}) AS line, {values}, 1::INTEGER AS _file, i AS _line, t AS _time "
        f"FROM (SELECT i, TIMESTAMP '{end}' + to_microseconds(CAST((i - {ROWS} + 1) * {each * 1e6} AS BIGINT)) AS t "
        f"FROM range({first}, {last}) AS r(i)) ORDER BY t"
    )


def table(folder: Path) -> Store:
    """A store with the rows of a shop floor and the steps of its orders."""
    store = Store.open(folder / "tables.duckdb")
    each = DAYS * 86_400 / ROWS
    with store.cursor() as cursor:
        cursor.execute(f"CREATE TABLE rows AS {rows_between(0, ROWS, each)}")
        end = f"TIMESTAMP '{END.replace(tzinfo=None)}'"
        cursor.execute(
            "CREATE TABLE steps AS SELECT 'o' || i // 4 AS id, ['open', 'cut', 'weld', 'ship'][i % 4 + 1] AS step, "
            f"t AS ts, 2::INTEGER AS _file, i AS _line, t AS _time FROM (SELECT i, {end} - to_seconds(CAST("
            "(20000 - i // 4 * 4) * 60 - i % 4 * (hash(i // 4) % 15000) AS BIGINT)) AS t FROM range(20000) AS r(i)) "
            f"WHERE t <= {end} ORDER BY t"
        )
        for name in ("rows", "steps"):
            touched.whole(cursor, name)
    return store


def site_of(folder: Path) -> Binding:
    """The site: each KPI by line, watched in three ways."""
    lines = ["site: Insight", "alert_from: all", "sources:", "  rows: {files: a.csv, time: ts, dimensions: [line]}"]
    lines += ["  steps: {files: b.csv, time: ts}", "flows:"]
    lines += ["  orders: {source: steps, case: id, activity: step, time: ts, done: ship, sla: 8h}", "kpis:"]
    rules = []
    for at in range(KPIS):
        value = VALUES[at % len(VALUES)].format(at % COLUMNS, (at + 1) % COLUMNS)
        lines.append(f"  k{at}: {{source: rows, value: '{value}', window: 1h, better: lower, critical: {2 + at * 50}}}")
        rules += [
            f"  control{at}: {{kpi: k{at}, control: default, by: line}}",
            f"  forecast{at}: {{kpi: k{at}, forecast: 'crosses critical within 2h, probability > 0.8', by: line}}",
            f"  anomaly{at}: {{kpi: k{at}, anomaly: 2 per week, by: line}}",
        ]
    lines += ["rules:", *rules, "  late: {flow: orders, late: probability > 0.8}"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.yaml").write_text("\n".join(lines) + "\n")
    binding, problems = bind(load_site(folder), {"rows": SCHEMA, "steps": STEPS})
    assert not problems, problems[:3]
    return binding


class _NoChanges:
    def marked(self) -> list[Any]:
        return []


def look(store: Store, binding: Binding, studies: dict[str, Study], now: dt.datetime) -> dict[str, float]:
    """CPU seconds of one look at all that rules want, by kind."""
    spent = {}
    for kind, study in studies.items():
        begun = time.process_time()
        for key, task in study.tasks(binding).items():
            with store.cursor() as cursor:
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                found = study.look(key, task, Ground(cursor, binding, now, cast("AlertWatch", _NoChanges())))
                assert all(each.seen and not each.error for each in found.values()), (kind, key)
        spent[kind] = time.process_time() - begun
    return spent


def insight(folder: Path, _: int) -> None:
    """Look at everything, then go on minute by minute."""
    store, binding = table(folder), site_of(folder / "site")
    studies = {kind: make() for kind, make in STUDIES.items()}
    first = look(store, binding, studies, END)
    print(f"| insight: the first look at {KPIS} KPIs × {LINES} groups | {_figures(first)} |", flush=True)
    each, done, later = DAYS * 86_400 / ROWS, ROWS, []
    for minute in range(1, MINUTES + 1):
        upto = ROWS + round(minute * 60 / each)
        with store.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"INSERT INTO rows {rows_between(done, upto, each)}")
            query = f"SELECT {touched.RANGE} FROM rows WHERE _line >= {done} GROUP BY {touched.DAY}"
            touched.note(cursor, {"rows": cursor.execute(query).fetchall()})
            cursor.execute("COMMIT")
        done = upto
        later.append(look(store, binding, studies, END + dt.timedelta(minutes=minute)))
    mean = {kind: sum(spent[kind] for spent in later) / len(later) for kind in studies}
    worst = max(later, key=lambda spent: sum(spent.values()))
    print(f"| insight: the costliest of {MINUTES} looks, a minute apart | {_figures(worst)} |", flush=True)
    verdict(
        "insight: CPU seconds of a look at everything, a minute after the last", sum(mean.values()), 1.0, _figures(mean)
    )


def _figures(spent: dict[str, float]) -> str:
    return f"{sum(spent.values()):.2f} s CPU ({', '.join(f'{kind} {each:.2f}' for kind, each in spent.items())})"


INSIGHT = {"insight": insight}
