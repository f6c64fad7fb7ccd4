"""Rules of many kinds and rows for them, evaluated point by point and replayed: for the tests of both."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from hypothesis import strategies as st

from opsconsole.alerts.book import AlertBook
from opsconsole.engine.past_moves import BLIND, PastMoves
from opsconsole.engine.replay import Replay
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.due import Plan, merged, states_at, stretches_at
from opsconsole.kpis.observation import Evaluation
from opsconsole.kpis.single import observed, rows_that_meet
from tests.kpis.plant import UTC, bound

START = dt.datetime(2026, 3, 28, 21, 50, tzinfo=UTC)  # clocks go forward in the night that follows in Berlin
EVERY, LENGTH = 300, 9000
KPIS = {
    "mean": "{source: cycles, value: avg(qty), window: 20m, by: [line]}",
    "share": "{source: cycles, value: 100 * sum(scrap) / sum(qty), where: qty > 0, window: 15m, better: lower, "
    "warning: 40, critical: 80}",
    "many": "{source: cycles, value: count(*), where: qty > 2, window: 10m, by: [line]}",
    "kinds": "{source: cycles, value: count(DISTINCT station), window: 12m}",
    "today": "{source: cycles, value: sum(qty), window: day, by: [line]}",
    "middle": "{source: cycles, value: median(qty), window: 10m, better: target, target: 4, tolerance: 1, critical: 3}",
    "odd": '{source: cycles, value: "max(qty ORDER BY scrap) FILTER (scrap > 0) - min(qty)", window: 30m}',
}
RULES = {
    "rows": "{source: cycles, rows: scrap > 3, within: 10m, by: [line], %s}",
    "several": "{source: cycles, rows: qty > 4, within: 25m, at_least: 3, %s}",
    "mean": '{kpi: mean, when: "> 5", by: [line], %s}',
    "whole": '{kpi: mean, when: "outside 3..6", %s}',
    "share": "{kpi: share, %s}",
    "by_line": "{kpi: share, by: [line], %s}",
    "few": '{kpi: many, when: "< 1", by: [line], %s}',
    "none": '{kpi: many, when: "< 1", %s}',
    "kinds": '{kpi: kinds, when: ">= 3", %s}',
    "today": '{kpi: today, when: "> 12", by: [line], %s}',
    "middle": "{kpi: middle, %s}",
    "odd": '{kpi: odd, when: "> 2", %s}',
    "back": '{kpi: mean, when: "> 5", deadband: 2, by: [line], %s}',
    "moved": '{kpi: mean, when: "> 2", change: 10m, %s}',
    "recovered": "{source: cycles, rows: scrap > 3, within: 10m, recover: scrap = 0, by: [line], %s}",
}
COMBINED = {
    "both": '{combine: "rows and mean", by: [line], %s}',
    "either": '{combine: "1 of (both, several) and not kinds", %s}',
}
OCCURRENCES = {
    "single": "{source: cycles, rows: scrap > 3, every: row, by: [line]}",
    "tumbling": "{source: cycles, rows: scrap > 2, every: 10m, within: 10m, at_least: 2, by: [line]}",
    "daily": '{kpi: today, when: "> 12", every: 1d, by: [line]}',
    "stretch": '{kpi: mean, when: "> 4", every: 20m}',
}
DELAYS = st.sampled_from(
    ["", "for: 3m", "for: 10m, clear: 5m", "clear: 4m", "for: 15m, times: 2", "during: [Late, Early]", "every: 5m",
     "for: 4m, during: [Early]"]
)  # fmt: skip


class Row(NamedTuple):
    at: int
    line: str | None
    qty: int | None
    scrap: int
    station: int


ROWS = st.lists(
    st.builds(
        Row,
        st.integers(0, LENGTH) | st.integers(0, LENGTH // EVERY).map(lambda step: step * EVERY),
        st.sampled_from(["A", "B", None]),
        st.integers(0, 9) | st.none(),
        st.integers(0, 6),
        st.integers(1, 4),
    ),
    max_size=40,
)


def fill(connection: duckdb.DuckDBPyConnection, rows: list[Row]) -> None:
    for number, row in enumerate(sorted(rows, key=lambda row: row.at), 1):
        stamp = (START + dt.timedelta(seconds=row.at)).replace(tzinfo=None)
        connection.execute(
            "INSERT INTO cycles (ts, _time, _file, _line, line, qty, scrap, station) VALUES (?, ?, 1, ?, ?, ?, ?, ?)",
            [stamp, stamp, number, row.line, row.qty, row.scrap, row.station],
        )


def site(folder: Path, rules: dict[str, str], head: str = "") -> Binding:
    lines = "".join(f"  {name}: {text}\n" for name, text in rules.items())
    kpis = "".join(f"  {name}: {text}\n" for name, text in KPIS.items() if f"kpi: {name}," in lines)
    return bound(folder, f"{head}every: {EVERY}s\nkpis:\n{kpis}rules:\n{lines}".replace(", }", "}"))


Told = list[tuple[float, str, str, str]]


def point_by_point(cursor: Any, binding: Binding, first: float, last: float) -> Told:
    """All points, each evaluated, one after the other."""
    plan, book, told = Plan(binding), AlertBook(binding.site), list[tuple[float, str, str, str]]()
    seen: float | None = None
    for due in plan.points(first - 1, last, 100_000):
        parts = [states_at(cursor, plan, due, BLIND, past=True, blind=True), stretches_at(cursor, plan, due)]
        for names in plan.single.values():
            for name in names:
                rows = rows_that_meet(cursor, binding, binding.rules[name], first, due.at)
                rows = [row for row in rows if row.at is not None and (seen is None or row.at > seen)]
                parts.append(Evaluation(due.at, observed(binding.rules[name], rows, due.at), {}))
        seen = due.at if 0.0 in due.steps else seen
        told += tell(book.observe(merged(due.at, parts)))
    return sorted(told)


def replayed(cursor: Any, binding: Binding, first: float, last: float) -> tuple[Told, dict[str, str]]:
    plan, names = Plan(binding), list(binding.rules)
    past = PastMoves(cursor, plan, names, lambda done, doing: None)
    replay = Replay(binding, {name: past.grid(name) for name in names})
    told: Told = []
    for _, transitions in replay.run(past.of(first, last), last):
        told += tell(transitions)
    return sorted(told), {name: way.how for name, way in past.ways.items()}


def tell(transitions: list[Any]) -> Told:
    return [(each.at, each.alert.id, each.what, each.alert.facts.priority) for each in transitions]
