"""Where a line of a flow leads to: the cases of a variant, of a hand-off and of rework, the rows of what is flagged."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import pytest

from opsconsole.cli.show_flow import flow_json, flow_text
from opsconsole.engine.flow_messages import AskFlowCases, FlowCases
from opsconsole.engine.insight.flow import FlowDesk
from opsconsole.engine.messages import FlowState
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import subject_of_source
from opsconsole.kpis.paging.rowset import row_set
from opsconsole.kpis.paging.wanted import Narrowing
from opsconsole.site.parse import load_site

NOW = dt.datetime(2026, 8, 4, 18, tzinfo=dt.UTC)
SITE = """\
timezone: Europe/Berlin
sources: {steps: {files: a.csv, time: ended}, log: {files: b.csv, time: ts}, wide: {files: c.csv}}
flows:
  jobs:
    {source: steps, case: job, activity: step, start: begun, end: ended, resource: who, where: kind = 'job', done: pack}
  events: {source: log, case: job, activity: step, time: ts, lifecycle: life, closed: over}
  visits: {source: wide, case: job, stages: {came: t0, seen: t1, left: t2}}
"""
COLUMNS = {
    "steps": {
        "job": "VARCHAR", "step": "VARCHAR", "begun": "TIMESTAMP", "ended": "TIMESTAMP WITH TIME ZONE",
        "who": "VARCHAR", "kind": "VARCHAR",
    },
    "log": {
        "job": "VARCHAR", "step": "VARCHAR", "ts": "TIMESTAMP", "life": "VARCHAR", "over": "TIMESTAMP",
    },
    "wide": {"job": "BIGINT", "t0": "TIMESTAMP", "t1": "TIMESTAMP", "t2": "TIMESTAMP"},
}  # fmt: skip
META = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
# Berlin is two hours ahead: a step of an hour, as the wall clock has its beginning and its end says the offset
STEPS = [
    ("a", "cut", "2026-08-03 08:00", "2026-08-03 07:00+00", "ann", "job"),
    ("a", "weld", "2026-08-03 10:00", "2026-08-03 10:00+00", "bob", "job"),
    ("a", "weld", "2026-08-03 13:00", "2026-08-03 12:00+00", "bob", "job"),
    ("a", "pack", "2026-08-03 15:00", "2026-08-03 14:00+00", "cid", "job"),
    ("b", "cut", "2026-08-03 09:00", "2026-08-03 08:00+00", "ann", "job"),
    ("b", "weld", "2026-08-03 20:00", "2026-08-03 17:00+00", "bob", "job"),  # 20:00 there is 18:00 UTC
    ("c", "cut", "2026-08-04 09:00", "2026-08-05 08:00+00", "ann", "job"),
    ("d", None, "2026-08-03 09:00", "2026-08-03 08:00+00", "ann", "job"),
    (None, None, "2026-08-03 09:00", "2026-08-03 08:00+00", "ann", "test"),
    ("e", "cut", None, None, "ann", "job"),
]
LOG = [
    ("a", "cut", "2026-08-03 08:00", "start", None),
    ("a", "cut", "2026-08-03 09:00", "complete", None),
    ("a", "weld", "2026-08-03 10:00", "Paused", None),
    ("b", "cut", "2026-08-03 09:00", "complete", None),
    ("b", "cut", "2026-08-03 10:00", "start", None),
    ("c", "cut", "2026-08-03 10:00", "start", "2026-08-02 10:00"),
    ("c", "cut", "2026-08-03 11:00", "complete", "2026-08-02 10:00"),
]
WIDE = [
    (1, "2026-08-03 08:00", "2026-08-03 09:00", "2026-08-03 10:00"),
    (2, "2026-08-03 08:00", "2026-08-03 07:00", "2026-08-03 07:30"),
    (None, "2026-08-03 08:00", "2026-08-03 09:00", "2026-08-03 10:00"),
    (3, None, None, None),
]


@pytest.fixture(scope="module", name="tables")
def _tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    for name, rows in (("steps", STEPS), ("log", LOG), ("wide", WIDE)):
        columns = ", ".join(f"{column} {kind}" for column, kind in (COLUMNS[name] | META).items())
        connection.execute(f"CREATE TABLE {name} ({columns})")
        marks = ", ".join("?" * (len(COLUMNS[name]) + 1))
        connection.executemany(
            f"INSERT INTO {name} SELECT {', '.join(f'${at + 1}' for at in range(len(COLUMNS[name])))}, 1, "
            f"${len(COLUMNS[name]) + 1}, NULL",
            [(*row, line) for line, row in enumerate(rows)],
        )
        assert marks
    return connection


@pytest.fixture(name="binding")
def _binding(tmp_path: Path) -> Binding:
    (tmp_path / "site.yaml").write_text(SITE)
    found, problems = bind(load_site(tmp_path), {name: columns | META for name, columns in COLUMNS.items()})
    assert problems == []
    return found


def state(tables: duckdb.DuckDBPyConnection, binding: Binding, name: str) -> FlowState:
    return FlowDesk().answer(tables.cursor(), binding, name, NOW, 1, past=False)


@pytest.mark.parametrize(
    ("flow", "source", "wanted"),
    [
        ("jobs", "steps", {"no case": 1, "no time": 1, "in the future": 1, "ends before it starts": 1}),
        (
            "visits",
            "wide",
            {"no case": 1, "no time": 1, "before the stage in front of it": 1, "closed before it began": 1},
        ),
    ],
)
def test_what_is_flagged_leads_to_just_its_rows(
    tables: duckdb.DuckDBPyConnection, binding: Binding, flow: str, source: str, wanted: dict[str, int]
) -> None:
    faults = state(tables, binding, flow).faults
    assert {each.kind: each.n for each in faults} == wanted
    for each in faults:
        counted = tables.execute(f"SELECT count(*) FROM {source} WHERE {each.where}").fetchone()
        assert counted == (each.n,), each.where


def test_where_no_row_tells_it_is_the_rows_of_the_cases(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    faults = {each.kind: each for each in state(tables, binding, "events").faults}
    assert faults["other lifecycle"].n == 1
    assert set(faults) == {"other lifecycle", "ends before it starts", "closed before it began"}
    assert faults["closed before it began"].cases
    for kind, case in (("ends before it starts", "b"), ("closed before it began", "c")):
        found = tables.execute(f"SELECT DISTINCT job FROM log WHERE {faults[kind].where}").fetchall()
        assert found == [(case,)]
    counted = tables.execute(f"SELECT life FROM log WHERE {faults['other lifecycle'].where}").fetchall()
    assert counted == [("Paused",)]


def test_a_condition_can_be_typed_where_rows_are_filtered(binding: Binding, tables: duckdb.DuckDBPyConnection) -> None:
    """The moments of two columns are told in two ways here, so the condition has more than their names in it."""
    fault = next(each for each in state(tables, binding, "jobs").faults if each.kind == "ends before it starts")
    assert "kind = 'job'" in fault.where
    rows = row_set(binding, subject_of_source(binding, "steps"), {}, Narrowing(expression=fault.where))
    assert rows.source == "steps"


def behind(tables: duckdb.DuckDBPyConnection, binding: Binding, body: AskFlowCases) -> FlowCases:
    return FlowDesk().cases(tables.cursor(), binding, body, NOW, past=False)


def test_a_variant_leads_to_its_cases(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    found = state(tables, binding, "jobs")
    assert (found.ways, found.covering) == (3, 3)
    variant = next(each for each in found.variants if len(each.steps) == 4)
    cases = behind(tables, binding, AskFlowCases("jobs", variant=variant.key))
    assert (cases.steps, cases.n, cases.source, cases.column) == (["cut", "weld", "weld", "pack"], 1, "steps", "job")
    assert (cases.cases[0].case, cases.cases[0].lasted, cases.cases[0].steps) == ("a", 8 * 3600.0, 4)
    with pytest.raises(LookupError, match="no case of jobs takes that way any more"):
        behind(tables, binding, AskFlowCases("jobs", variant="00000000"))


def test_hand_offs_and_rework_lead_to_their_cases(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    found = state(tables, binding, "jobs")
    edge = next(each for each in found.handoffs if each.before == "bob")
    assert (found.hands, found.passes, edge.after, edge.between.n) == (True, 2, "cid", 1)
    passed = behind(tables, binding, AskFlowCases("jobs", before="bob", after="cid", hands=True))
    assert [(each.case, each.seconds) for each in passed.cases] == [("a", 3600.0)]
    again = behind(tables, binding, AskFlowCases("jobs", again="weld"))
    assert [(each.case, each.times, each.seconds) for each in again.cases] == [("a", 1, 3600.0)]
    weld = next(each for each in found.steps if each.name == "weld")
    assert (weld.again, weld.repeats, weld.loops, weld.redone) == (1, 1, 1, 3600.0)
    with pytest.raises(ValueError, match="say one of"):
        behind(tables, binding, AskFlowCases("jobs", again="weld", variant="00"))
    with pytest.raises(LookupError, match="there are jobs, events, visits"):
        behind(tables, binding, AskFlowCases("nowhere", again="weld"))


def test_an_open_case_that_cannot_be_timed_is_listed_all_the_same(
    tables: duckdb.DuckDBPyConnection, binding: Binding
) -> None:  # fmt: skip
    variant = next(each for each in state(tables, binding, "jobs").variants if each.steps == ["cut"])
    only = behind(tables, binding, AskFlowCases("jobs", variant=variant.key))
    assert [(each.case, each.begun, each.lasted) for each in only.cases] == [("c", None, None)]


def test_how_it_went_over_time(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    found = state(tables, binding, "jobs")
    course = found.course
    assert course is not None
    assert dt.datetime.fromtimestamp(course.start, dt.UTC) == dt.datetime(2026, 8, 3, 6, tzinfo=dt.UTC)
    assert (course.arrived[-1], course.left[-1], course.usual) == (2, 1, 1.0)
    text = flow_text(found, "Europe/Berlin")
    assert "3 variants; 3 of them cover 80 % of the cases" in text
    assert "hand-offs, 2 of 2, the longest in all" in text
    assert (
        f"over time, by {int(course.step // 60)} min: 1 in progress now; at most 1 in 95 % of the time so far" in text
    )
    assert '"kind": "ends before it starts"' in flow_json(found, "Europe/Berlin")


def test_a_brief_answer_is_without_lists(tables: duckdb.DuckDBPyConnection, binding: Binding) -> None:
    desk = FlowDesk()
    whole = desk.answer(tables.cursor(), binding, "jobs", NOW, 1, past=False)
    brief = desk.answer(tables.cursor(), binding, "jobs", NOW, 1, past=False, brief=True)
    assert brief.steps == whole.steps
    assert (brief.cases, brief.variants, brief.edges, brief.handoffs, brief.course) == ([], [], [], [], None)
