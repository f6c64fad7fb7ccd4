"""The keys of a flow, the way of cases through an operation, and what has to fit within one."""

from __future__ import annotations

from opsconsole.site.kinds import Flag, Many, MapOf, Reference, Text
from opsconsole.site.known import Values, reference
from opsconsole.site.marks import Keys, Marks
from opsconsole.site.report import Report
from opsconsole.site.sections import Key, Section
from opsconsole.site.source_keys import COLUMN
from opsconsole.site.timekinds import Duration

FLOW = Section(
    "flow",
    "The way of cases through their steps, from a table of events: a row for each event (`case`, `activity`, `time`), "
    "for each step (`case`, `activity`, `start`, `end`), or for each case with the time of every stage (`case`, "
    "`stages`). Or stations that work at once (`station`, `start`, `end`), of which one holds up the others.",
    (
        Key("source", Reference(to="source"), "The table.", required=True, example="permits"),
        Key("title", Text(), "What the screen calls it.", "the name", "Permits"),
        Key("where", Text("an SQL condition"), "Only rows that meet this.", "all rows", "kind = 'permit'"),
        Key("case", COLUMN, "The column that says which case it is.", "", "case_id"),
        Key("activity", COLUMN, "The column of the step.", "", "activity"),
        Key("time", COLUMN, "The column of the moment, where a row is an event.", "", "ts"),
        Key("start", COLUMN, "The column of the beginning, where a row is a step.", "", "started"),
        Key("end", COLUMN, "With `start`: the column of the end; no value: it goes on.", "", "ended"),
        Key(
            "lifecycle",
            COLUMN,
            "With `time`: the column that says `start` or `complete`; the n-th of a step in a case belong together.",
            "none",
            "transition",
        ),
        Key(
            "stages",
            MapOf(COLUMN, keys="stage"),
            "In place of `activity` and `time`: for each stage, in their order, the column of the time it was reached. "
            "A case is closed once it has reached the last.",
            "",
            "{arrived: t0, seen: t1, left: t2}",
        ),
        Key(
            "station",
            COLUMN,
            "In place of `case`: the column of the station; a row is a time it was active.",
            "",
            "station",
        ),
        Key("resource", COLUMN, "Who did the step.", "none", "worker"),
        Key("by", COLUMN, "Cases: the column of their class. Stations: one bottleneck for each value.", "none", "line"),
        Key(
            "done",
            Many(Text(), one=True),
            "The activities that close a case once they have ended.",
            "all its steps",
            "[Closed]",
        ),
        Key("closed", COLUMN, "The column of the moment a case was closed.", "by `done`", "closed_at"),
        Key("due", COLUMN, "The column of the moment a case is due.", "by `sla`", "due_at"),
        Key("sla", Duration(1), "How long a case may take.", "no limit", "5d"),
        Key("working", Flag(), "Count the working time of the calendar alone.", "false", "true"),
        Key("within", Duration(60), "Stations: the time looked back on.", "8h", "2h"),
    ),
)

_CASES = ("activity", "time", "lifecycle", "stages", "resource", "done", "closed", "due", "sla", "working")
_WITH_STAGES = ("activity", "time", "start", "end", "lifecycle", "done", "closed")


def check_flows(values: Values, sources: Values | None, marks: Marks, report: Report) -> None:
    """Each flow is of one of the kinds there are, and has what belongs to it."""
    for name, flow in values.get("flows", {}).items():
        at: Keys = ("flows", name)
        if "source" in flow:
            reference((*at, "source"), flow["source"], "source", sources, marks, report)
        has = {key: marks.has(*at, key) for key in (*_CASES, "case", "station", "start", "end", "within")}
        if has["station"]:
            for key in ("case", *_CASES):
                if has[key]:
                    report.error(marks.key(*at, key), f"`{key}`: is of cases, and this flow is of stations")
            for key in ("start", "end"):
                if not has[key]:
                    report.missing(marks.at(*at), f"`{name}`: a flow of stations needs `{key}`")
            continue
        if not has["case"]:
            report.missing(marks.at(*at), f"`{name}`: a flow needs `case`, or `station`")
        if has["within"]:
            report.error(marks.key(*at, "within"), "`within`: is of stations, and this flow is of cases")
        if has["stages"]:
            for key in _WITH_STAGES:
                if has[key]:
                    report.error(marks.key(*at, key), f"`{key}`: has no meaning with `stages`")
            if "stages" in flow and len(flow["stages"]) < 2:
                report.error(marks.at(*at, "stages"), "`stages`: at least two, in their order")
            continue
        _check_times(name, has, at, marks, report)


def _check_times(name: str, has: dict[str, bool], at: Keys, marks: Marks, report: Report) -> None:
    if not has["activity"]:
        report.missing(marks.at(*at), f"`{name}`: a flow of cases needs `activity`, or `stages`")
    if has["time"] and (has["start"] or has["end"]):
        report.error(marks.key(*at, "time"), "`time`: a row is an event with `time`, or a step with `start` and `end`")
    elif not has["time"] and not (has["start"] and has["end"]):
        report.missing(marks.at(*at), f"`{name}`: a flow of cases needs `time`, or `start` and `end`")
    if has["lifecycle"] and not has["time"]:
        report.error(marks.key(*at, "lifecycle"), "`lifecycle`: goes with `time`")
    if has["done"] and has["closed"]:
        report.error(marks.key(*at, "done"), "`done`: a flow has this or `closed`, not both")
