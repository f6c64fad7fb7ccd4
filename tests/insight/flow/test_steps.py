from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from opsconsole.insight.flow import Hours, analyse, read_events
from opsconsole.insight.flow.paths import handoffs, rework, variants
from opsconsole.insight.flow.stages import cases
from opsconsole.insight.flow.steps import durations, edges, faults, ranked

DAY = dt.datetime(2026, 6, 1)
Row = tuple[str, str, float, float | None, str]


def log_of(rows: list[Row]):  # type: ignore[no-untyped-def]
    frame = pl.DataFrame(rows, schema=["case", "activity", "start", "end", "who"], orient="row").with_columns(
        (pl.lit(DAY) + pl.duration(minutes=pl.col(name) * 60)).alias(name) for name in ("start", "end")
    )
    return read_events(frame, case="case", activity="activity", start="start", end="end", resource="who")


def hours_of(frame: pl.DataFrame, name: str) -> list[float | None]:
    return [None if value is None else value / 3600 for value in frame[name]]


LOG: list[Row] = [
    ("1", "cut", 0, 2, "ana"),
    ("1", "weld", 1, 6, "ben"),  # begins while cut still runs
    ("1", "paint", 5, 6, "ben"),  # and ends with weld
    ("1", "cut", 10, 11, "ana"),
    ("2", "cut", 3, 1, "ana"),  # ends before it starts
    ("2", "weld", 4, 7, "ana"),
    ("2", "weld", 8, None, "ben"),
]


def test_waiting_service_sojourn_and_gap() -> None:
    timed = durations(log_of(LOG))
    assert hours_of(timed, "service") == [2, 5, 1, 1, None, 3, None]
    assert hours_of(timed, "waiting") == [None, 0, 0, 4, None, None, 1]
    assert hours_of(timed, "sojourn") == [None, 4, 0, 5, None, None, None]
    assert hours_of(timed, "gap") == [None, 0, 0, 4, None, None, 1]
    assert timed["overlaps"].to_list() == [False, True, True, False, False, False, False]
    assert [(each.kind, each.n, each.rows) for each in faults(timed)] == [("ends before it starts", 1, (4,))]


def test_what_is_impossible_is_in_no_mean() -> None:
    found = {row["activity"]: row for row in ranked(durations(log_of(LOG))).iter_rows(named=True)}
    assert found["cut"]["n"] == 3
    assert found["cut"]["impossible"] == 1
    assert found["cut"]["service_mean"] == 1.5 * 3600
    assert found["weld"]["overlaps"] == 1


def test_the_future_is_impossible() -> None:
    timed = durations(log_of(LOG), now=DAY + dt.timedelta(hours=9))
    assert timed["fault"].to_list() == [None, None, None, "in the future", "ends before it starts", None, None]


def test_by_the_working_calendar() -> None:
    start = (DAY - dt.datetime(1970, 1, 1)).total_seconds()
    shift = Hours(np.array([start, start + 7 * 3600]), np.array([start + 5 * 3600, start + 20 * 3600]))
    timed = durations(log_of(LOG), hours=shift)
    assert hours_of(timed, "service") == [2, 4, 0, 1, None, 1, None]
    assert hours_of(timed, "waiting") == [None, 0, 0, 3, None, None, 1]


def test_edges_variants_rework_and_handoffs() -> None:
    log = log_of(LOG)
    timed = durations(log)
    assert {(row["from"], row["to"]): (row["n"], row["sum"] / 3600) for row in edges(timed).iter_rows(named=True)} == {
        ("paint", "cut"): (1, 4),
        ("weld", "weld"): (1, 1),
        ("cut", "weld"): (2, 0),
        ("weld", "paint"): (1, 0),
    }
    found = variants(timed, cases(log))
    assert found.select("n", "share").rows() == [(1, 0.5), (1, 0.5)]
    assert found["activities"].to_list() == [["cut", "weld", "paint", "cut"], ["cut", "weld", "weld"]]
    assert rework(timed).select("activity", "cases", "again", "loops").rows() == [("cut", 1, 1, 0), ("weld", 1, 1, 1)]
    assert sorted(handoffs(timed).select("from", "to", "n").rows()) == [("ana", "ben", 2), ("ben", "ana", 1)]


def test_which_cases_are_open() -> None:
    log = log_of(LOG)
    assert cases(log).select("case", "open").rows() == [("1", False), ("2", True)]
    assert cases(log, done=["paint"]).select("case", "open").rows() == [("1", False), ("2", True)]
    assert cases(log, done=["ship"])["open"].all()
    assert cases(log)["duration"].to_list() == [11 * 3600, None]


def test_nothing_at_all() -> None:
    found = analyse(log_of([("1", "cut", 0, 1, "ana")]), now=DAY)
    assert found.little is None
    assert found.at_risk.is_empty()
    empty = log_of(LOG)
    found = analyse(type(empty)(empty.steps.clear()), now=DAY)
    assert found.ranked.is_empty()
    assert found.order == ()
