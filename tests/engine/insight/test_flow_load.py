"""Rules on the load of a flow: work in progress, steps that hold the waiting, stations that alone hold up others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest
from msgspec.structs import replace

from opsconsole.engine.insight.flow import FlowDesk
from opsconsole.engine.insight.marked import Unmarked
from opsconsole.engine.insight.read_ahead import ReadAhead
from opsconsole.engine.insight.studies import STUDIES
from opsconsole.engine.insight.study import Ground
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.ruling.insights import KINDS, Found
from opsconsole.site.parse import load_site

NOW = dt.datetime(2026, 8, 3, 20, tzinfo=dt.UTC)
META = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
EVENTS = {"id": "VARCHAR", "step": "VARCHAR", "begun": "TIMESTAMP", "ended": "TIMESTAMP"} | META
ACTIVE = {"line": "VARCHAR", "station": "VARCHAR", "begun": "DOUBLE", "ended": "DOUBLE"} | META
SITE = """\
sources: {{events: {{files: a.csv, time: begun}}, active: {{files: b.csv}}}}
flows:
  jobs: {{source: events, case: id, activity: step, start: begun, end: ended, done: pack}}
  lines: {{source: active, station: station, start: begun, end: ended, by: line, within: 2h}}
rules:
{rules}
"""


def bound(folder: Path, rules: Iterable[str]) -> Binding:
    (folder / "site.yaml").write_text(SITE.format(rules="\n".join(f"  {rule}" for rule in rules)))
    found, problems = bind(load_site(folder), {"events": EVENTS, "active": ACTIVE})
    assert problems == []
    return found


@pytest.fixture(name="tables")
def _tables() -> duckdb.DuckDBPyConnection:
    """Forty jobs that are done, one after the other; of the open ones five wait for weld, one for pack, one is cut."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, columns in (("events", EVENTS), ("active", ACTIVE)):
        connection.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in columns.items())})")
    for n in range(40):
        first = 30 + n * 0.3
        add(
            connection,
            f"old{n}",
            ("cut", first, first + 0.05),
            ("weld", first + 0.1, first + 0.15),
            ("pack", first + 0.2, first + 0.25),
        )
    for n in range(5):
        add(connection, f"new{n}", ("cut", 1 + n, n))
    add(connection, "six", ("cut", 3, 2), ("weld", 2, 1))
    add(connection, "seven", ("cut", 1, None))
    return connection


def add(connection: duckdb.DuckDBPyConnection, case: str, *steps: tuple[str, float, float | None]) -> None:
    """The steps of a job, in hours before now (the old ones: from the day before on)."""

    def moment(hours: float | None) -> dt.datetime | None:
        if hours is None:
            return None
        before = hours if hours < 24 else 54 - hours
        return (NOW - dt.timedelta(hours=before)).replace(tzinfo=None)

    for name, begun, ended in steps:
        connection.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, 1, 0, NULL)", [case, name, moment(begun), moment(ended)]
        )


def look(tables: duckdb.DuckDBPyConnection, binding: Binding, kind: str, now: dt.datetime = NOW) -> dict[str, Found]:
    study = STUDIES[kind]()
    found: dict[str, Found] = {}
    for key, task in study.tasks(binding).items():
        found |= study.look(key, task, Ground(tables.cursor(), binding, now, cast("Any", None)))
    return found


def test_each_kind_of_rule_has_a_study() -> None:
    assert set(STUDIES) == set(KINDS)


def test_work_in_progress_against_a_number_and_its_own_past(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rules = [
        "many: {flow: jobs, wip: cases > 6, priority: critical}",
        "more: {flow: jobs, wip: cases > 7}",
        "unusual: {flow: jobs, wip: cases > P95}",
    ]
    binding = bound(tmp_path, rules)
    found = look(tables, binding, "wip")
    (many,), (more,), (unusual,) = (found[name].seen for name in ("many", "more", "unusual"))
    assert (many.members, many.priority, many.value, many.limit) == ((), "critical", 7, 6)
    assert many.text == "jobs: 7 cases in progress, limit 6"
    assert (more.priority, more.unknown) == (None, False)
    state = FlowDesk().answer(tables.cursor(), binding, "jobs", NOW, 1, past=False)
    assert state.open == 7
    assert state.course is not None
    assert (unusual.priority, unusual.limit) == ("warning", state.course.usual)
    assert unusual.text == f"jobs: 7 cases in progress, P95 so far {state.course.usual:g}"
    assert found["many"].gone


def test_too_little_is_known_of_the_past_for_a_percentile(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    tables.execute("DELETE FROM events WHERE id LIKE 'old%' AND id > 'old3'")
    binding = bound(tmp_path, ["unusual: {flow: jobs, wip: cases > P95}", "many: {flow: jobs, wip: cases > 6}"])
    found = look(tables, binding, "wip")
    assert found["unusual"].seen[0].unknown
    assert found["many"].seen[0].priority == "warning"
    tables.execute("DELETE FROM events")
    assert look(tables, binding, "wip")["many"].seen[0].unknown, "no row at all is not zero cases"


def test_what_is_written_ahead_is_not_known_yet(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    binding = bound(tmp_path, ["many: {flow: jobs, wip: cases > 6}"])
    then = look(tables, binding, "wip", NOW - dt.timedelta(hours=4.5))["many"].seen[0]
    assert (then.value, then.priority) == (1.0, None), "new4 alone had begun"


def test_the_step_that_holds_most_of_the_waiting(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rules = [
        "stuck: {flow: jobs, bottleneck: share > 80 %}",
        "few: {flow: jobs, bottleneck: share > 80 %, at_least: 6}",
        "all: {flow: jobs, bottleneck: share > 95 %}",
    ]
    binding = bound(tmp_path, rules)
    assert binding.rules["stuck"].by == ("step",)
    found = look(tables, binding, "bottleneck")
    seen = {each.members: each for each in found["stuck"].seen}
    assert set(seen) == {("weld",), ("pack",)}
    weld = seen["weld",]
    assert (weld.priority, weld.value) == ("warning", pytest.approx(10 / 11))
    assert weld.text == "jobs: weld holds 91 % of the waiting now: 5 cases, the oldest 4 h"
    assert (weld.shown, weld.limited) == ("91 %", "80 %")
    assert seen["pack",].priority is None
    assert {each.priority for each in (*found["few"].seen, *found["all"].seen)} == {None}
    state = FlowDesk().answer(tables.cursor(), binding, "jobs", NOW, 1, past=False)
    steps = {step.name: step for step in state.steps}
    total = sum(step.gathered for step in state.steps)
    assert steps["weld"].gathered / total == pytest.approx(weld.value), "the screen says the same"
    assert (steps["weld"].waits, steps["cut"].works) == (5, 1)


def cycles(
    tables: duckdb.DuckDBPyConnection, line: str, station: str, first: float, last: float, each: float, busy: float
) -> None:
    """Rows of a station: every `each` seconds one that is `busy` seconds long, written when it is over."""
    start = NOW.timestamp() + first * 60
    rows = []
    while start + busy <= NOW.timestamp() + last * 60:
        rows.append((line, station, start, start + busy))
        start += each
    tables.executemany("INSERT INTO active VALUES (?, ?, ?, ?, 2, 0, NULL)", rows)


def test_a_station_that_alone_holds_up_the_others(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    cycles(tables, "1", "press", -110, 0, 60, 60)
    cycles(tables, "1", "weld", -110, 0, 60, 40)
    cycles(tables, "2", "press", -110, -20, 60, 60)
    cycles(tables, "2", "weld", -30, 0, 60, 60)
    rules = [
        "long: {flow: lines, bottleneck: sole > 30m}",
        "short: {flow: lines, bottleneck: sole > 15m, priority: low}",
        "most: {flow: lines, bottleneck: sole > 60 %}",
    ]
    binding = bound(tmp_path, rules)
    assert binding.rules["long"].by == ("line", "station")
    found = look(tables, binding, "bottleneck")
    raised = {name: {each.members: each for each in one.seen if each.priority} for name, one in found.items()}
    assert set(raised["long"]) == {("1", "press")}
    assert raised["long"]["1", "press"].text == "line 1 press alone holds up the others, for 1 h 50 now"
    assert set(raised["short"]) == {("1", "press"), ("2", "weld")}
    assert raised["short"]["2", "weld"].value == pytest.approx(20 * 60, abs=1), "while both ran it shifted"
    assert set(raised["most"]) == {("1", "press"), ("2", "press")}
    assert raised["most"]["2", "press"].text == "line 2 press alone held up the others for 67 % of the last 2 h"
    assert not found["long"].gone, "a station without rows is not known to be well"


def test_a_cycle_that_is_not_over_is_not_known(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    """At a past moment the row of a long stop was not written yet."""
    cycles(tables, "1", "press", -110, -60, 60, 60)
    cycles(tables, "1", "weld", -110, 0, 60, 40)
    cycles(tables, "1", "press", -60, 0, 3600, 3600)
    binding = bound(tmp_path, ["long: {flow: lines, bottleneck: sole > 45m}"])
    (then,) = (
        each
        for each in look(tables, binding, "bottleneck", NOW - dt.timedelta(minutes=2))["long"].seen
        if each.members == ("1", "press")
    )
    assert then.priority is None
    assert look(tables, binding, "bottleneck")["long"].seen[0].priority == "warning"


def test_a_line_that_nobody_hears_of_is_not_known(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    cycles(tables, "1", "press", -110, -40, 60, 60)
    binding = bound(tmp_path, ["long: {flow: lines, bottleneck: sole > 30m}"])
    assert [each.unknown for each in look(tables, binding, "bottleneck")["long"].seen] == [True]
    later = look(tables, binding, "bottleneck", NOW + dt.timedelta(hours=3))["long"]
    assert (later.seen, later.gone) == ((), False)


def test_a_flow_that_cannot_be_read_says_why(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    binding = bound(tmp_path, ["many: {flow: jobs, wip: cases > 6}"])
    with pytest.raises(LookupError, match="waits for the first file"):
        look(tables, replace(binding, flows={}, stuck={"jobs": "waits for the first file of events"}), "wip")


def test_a_past_moment_of_stations_is_as_it_was_told_then(tables: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    cycles(tables, "1", "press", -110, 0, 60, 60)
    cycles(tables, "1", "weld", -110, -60, 60, 40)
    tables.execute("UPDATE active SET _time = make_timestamp((ended * 1e6)::BIGINT)")
    binding = bound(tmp_path, ["long: {flow: lines, bottleneck: sole > 30m}"])
    study = STUDIES["bottleneck"]()
    [(key, task)] = study.tasks(binding).items()
    moments = [NOW.timestamp() - 60.0 * at for at in (100, 70, 31, 10, 0)]
    past = ReadAhead(tables.cursor(), binding, moments)
    told = []
    for moment in moments:
        now = dt.datetime.fromtimestamp(moment, dt.UTC)
        found = study.look(key, task, Ground(tables.cursor(), binding, now, Unmarked(), past))
        told.append([(each.members, each.priority) for each in found["long"].seen])
        tables.execute("CREATE OR REPLACE TABLE whole AS FROM active")
        tables.execute("DELETE FROM active WHERE ended > ?", [moment])
        assert found == look(tables, binding, "bottleneck", now), "as with the rows that had come by then"
        tables.execute("DELETE FROM active")
        tables.execute("INSERT INTO active FROM whole")
    assert told[0] == [(("1", "press"), None), (("1", "weld"), None)]
    assert (("1", "press"), "warning") in told[-1]
