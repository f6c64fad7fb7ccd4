"""Flows in the engine: read from tables, told to clients, and cases that will be late told to rules."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest
from msgspec.structs import replace

from opsconsole.cli.show_flow import flow_json, flow_text
from opsconsole.engine.flow_messages import Rehearsal, Worth
from opsconsole.engine.flow_words import came_of
from opsconsole.engine.insight.flow import FlowDesk, FlowStudy
from opsconsole.engine.insight.flow_read import log_of, rows_of
from opsconsole.engine.insight.flow_rehearse import Lessons
from opsconsole.engine.insight.studies import STUDIES
from opsconsole.engine.insight.study import Ground
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.site.parse import load_site
from tests.insight.flow.sim import office, serial_line

COLUMNS = {
    "id": "VARCHAR",
    "step": "VARCHAR",
    "ts": "TIMESTAMP",
    "_file": "INTEGER",
    "_line": "BIGINT",
    "_time": "TIMESTAMP",
}
ACTIVE = {
    "station": "VARCHAR",
    "begun": "DOUBLE",
    "ended": "DOUBLE",
    "_file": "INTEGER",
    "_line": "BIGINT",
    "_time": "TIMESTAMP",
}
SITE = """\
site: Office
sources: {events: {files: a.csv, time: ts}, active: {files: b.csv}}
flows:
  cases: {title: Cases, source: events, case: id, activity: step, time: ts, done: send, sla: 60h}
  line: {source: active, station: station, start: begun, end: ended, within: 1h}
rules:
  late: {flow: cases, late: probability > 0.8, priority: low}
"""
NOW = dt.datetime(2026, 8, 2, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module", name="tables")
def _tables() -> duckdb.DuckDBPyConnection:
    """A town hall of 900 cases; one event that lies behind the end of the world, and a line of three stations."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    frame = office(900).steps.select(id="case", step="activity", ts="start", _line="row")
    connection.register("frame", frame)
    connection.execute(
        "CREATE TABLE events AS SELECT id, step, ts, 1 AS _file, _line::BIGINT AS _line, ts AS _time FROM frame"
    )
    connection.execute("INSERT INTO events VALUES ('c00001', NULL, NULL, 1, 9999, NULL)")
    start = NOW.timestamp() - 3600
    rows = [(name, start + first, start + last) for name, first, last in serial_line([8.0, 12.0, 9.0], 290)]
    connection.execute(f"CREATE TABLE active ({', '.join(f'{name} {kind}' for name, kind in ACTIVE.items())})")
    connection.executemany("INSERT INTO active VALUES (?, ?, ?, 2, 0, NULL)", rows)
    return connection


@pytest.fixture(name="binding")
def _binding(tmp_path: Path) -> Binding:
    (tmp_path / "site.yaml").write_text(SITE)
    found, problems = bind(load_site(tmp_path), {"events": COLUMNS, "active": ACTIVE})
    assert problems == []
    return found


def test_a_flow_is_told_to_clients(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    state = FlowDesk().answer(tables.cursor(), binding, "", NOW, 1, past=False)
    assert (state.flows, state.flow, state.title, state.column) == (["cases", "line"], "cases", "Cases", "id")
    assert [step.name for step in state.steps] == ["open", "check", "decide", "send"]
    assert state.all > 700
    assert state.open == len(state.cases) > 3
    assert {fault.kind: fault.n for fault in state.faults}["no case"] == 1
    assert sum(step.waits for step in state.steps) == state.open
    late = [each.late for each in state.cases if each.late is not None]
    assert late == sorted(late, reverse=True)
    worst = max(state.steps, key=lambda step: step.waiting.sum)
    assert worst.name == "decide"
    assert state.rehearsal is not None
    assert state.rehearsal.n >= 30
    assert state.rehearsal.off < 0.2
    text = flow_text(state)
    assert "bottleneck: decide" in text
    assert "left out: 1 row without a case or a step" in text
    assert '"flow": "cases"' in flow_json(state, "UTC")


def test_a_past_moment_knows_nothing_of_what_came_later(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    then = NOW - dt.timedelta(days=20)
    now, before = (FlowDesk().answer(tables.cursor(), binding, "cases", at, 1, past=True) for at in (NOW, then))
    assert before.all < now.all
    assert not any(fault.kind == "in the future" for fault in before.faults)
    known = tables.execute(
        "SELECT count(DISTINCT id) FROM events WHERE ts <= ?", [then.replace(tzinfo=None)]
    ).fetchone()
    assert known == (before.all,)


def test_the_bottleneck_of_stations(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    state = FlowDesk().answer(tables.cursor(), binding, "line", NOW, 1, past=False)
    first = state.stations[0]
    assert (state.kind, first.name) == ("stations", "s1")
    assert first.sole + first.shifting > 0.7
    assert "bottleneck: s1: sole" in flow_text(state)


def test_what_was_found_is_kept_until_the_tables_change(
    tables: duckdb.DuckDBPyConnection, binding: Binding
) -> None:  # fmt: skip
    desk = FlowDesk()
    first = desk.answer(tables.cursor(), binding, "cases", NOW, 1, past=False)
    assert desk.answer(tables.cursor(), binding, "cases", NOW, 1, past=False) is first
    assert desk.answer(tables.cursor(), binding, "cases", NOW, 2, past=False) is not first


def test_rules_are_told_of_each_open_case(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    study = STUDIES["late"]()
    (key, task), *rest = study.tasks(binding).items()
    assert (key, task.rules, rest) == ("cases", ("late",), [])
    found = study.look(key, task, ground(tables, binding))["late"]
    state = FlowDesk().answer(tables.cursor(), binding, "cases", NOW, 1, past=False)
    raised = {seen.members[0] for seen in found.seen if seen.priority == "low"}
    assert raised == {each.case for each in state.cases if each.late is not None and each.late > 0.8}
    assert raised
    assert {seen.members[0] for seen in found.seen} == {each.case for each in state.cases}
    assert found.gone, "a case that has ended is well"
    one = next(seen for seen in found.seen if seen.priority is not None)
    assert "late" in one.text
    assert one.limited == "80 %"


def test_a_flow_that_cannot_be_read_says_why(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    stuck = replace(binding, flows={}, stuck={"cases": "waits for the first file of events"})
    state = FlowDesk().answer(tables.cursor(), stuck, "cases", NOW, 1, past=False)
    assert state.waits == "waits for the first file of events"
    with pytest.raises(LookupError, match="there are cases, line"):
        FlowDesk().answer(tables.cursor(), binding, "nowhere", NOW, 1, past=False)
    study = FlowStudy()
    task = study.tasks(binding)["cases"]
    with pytest.raises(LookupError, match="waits for the first file"):
        study.look("cases", task, ground(tables, stuck))


def test_a_site_without_flows(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    none = replace(binding, site=replace(binding.site, flows={}))
    state = FlowDesk().answer(tables.cursor(), none, "", NOW, 1, past=False)
    assert state.flows == []
    assert "this site has no flows" in flow_text(state)


def ground(tables: duckdb.DuckDBPyConnection, binding: Binding) -> Ground:
    """What a study looks at; the journal is not asked."""
    return Ground(tables.cursor(), binding, NOW, cast("Any", None))


def test_a_chance_that_was_clearly_off_lately_says_so() -> None:
    worth = Rehearsal(80, 60, 0.1, [Worth(0.6, 0.7, 40, 0.64, 0.41), Worth(0.7, 0.8, 40, 0.75, 0.73)])
    assert came_of(worth, 0.66) == "of cases said late with 64 % lately 41 % came late"
    assert came_of(worth, 0.75) == came_of(worth, 0.2) == came_of(None, 0.66) == ""


def test_what_chances_were_worth_is_learned_anew_when_more_is_known(
    tables: duckdb.DuckDBPyConnection, binding: Binding
) -> None:  # fmt: skip
    bound, lessons = binding.flows["cases"], Lessons()
    log = log_of(rows_of(tables.cursor(), bound)[0], bound.flow)
    first = lessons.of(log, bound, binding.site, NOW)
    assert first.correction is not None
    assert lessons.of(log, bound, binding.site, NOW + dt.timedelta(hours=5)) is first
    part = replace(log, steps=log.steps.filter(log.steps["start"] < dt.datetime(2026, 7, 1)))
    assert lessons.of(part, bound, binding.site, NOW) is not first
