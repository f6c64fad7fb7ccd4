from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from opsconsole.insight.flow import Log, analyse, read_events, read_wide
from opsconsole.insight.flow.steps import durations

DAY = dt.datetime(2026, 6, 1)


def at(hour: float | None) -> dt.datetime | None:
    return None if hour is None else DAY + dt.timedelta(hours=hour)


def rows(log: Log, *columns: str) -> list[tuple[Any, ...]]:
    return log.steps.select(columns).rows()


def test_events_are_sorted_by_case_and_time_and_ties_keep_their_order() -> None:
    frame = pl.DataFrame({"id": [2, 1, 1, 1], "what": ["a", "c", "b", "a"], "when": [at(1), at(3), at(2), at(2)]})
    log = read_events(frame, case="id", activity="what", time="when")
    assert rows(log, "case", "activity", "row") == [("1", "b", 2), ("1", "a", 3), ("1", "c", 1), ("2", "a", 0)]
    assert log.steps["start"].equals(log.steps["end"].rename("start"))


def test_numbers_are_seconds_and_zoned_times_become_utc() -> None:
    zoned = pl.Series("when", [at(2)]).dt.replace_time_zone("Europe/Berlin")
    frame = pl.DataFrame({"id": ["x"], "what": ["a"], "secs": [86400.25]}).with_columns(zoned)
    assert read_events(frame, case="id", activity="what", time="secs").steps["start"][0] == dt.datetime(
        1970, 1, 2, 0, 0, 0, 250000
    )
    assert read_events(frame, case="id", activity="what", time="when").steps["start"][0] == at(0)


def test_starts_and_completions_find_each_other() -> None:
    frame = pl.DataFrame(
        [
            ("1", "weld", "start", at(1), "r"),
            ("1", "weld", "start", at(2), "r"),
            ("1", "weld", "complete", at(3), "r"),
            ("1", "weld", "COMPLETE", at(5), "s"),
            ("1", "ship", "complete", at(6), None),
            ("1", "weld", "suspend", at(2), "r"),
            ("2", "weld", "start", at(4), "r"),
        ],
        schema=["case", "activity", "life", "time", "who"],
        orient="row",
    )
    log = read_events(frame, case="case", activity="activity", time="time", lifecycle="life", resource="who")
    assert rows(log, "case", "activity", "start", "end", "resource") == [
        ("1", "weld", at(1), at(3), "r"),
        ("1", "weld", at(2), at(5), "s"),
        ("1", "ship", at(6), at(6), None),
        ("2", "weld", at(4), None, "r"),
    ]
    assert {fault.kind: (fault.n, fault.rows) for fault in log.faults} == {
        "other lifecycle": (1, (5,)),
        "never started": (1, (4,)),
    }


def test_rows_without_a_case_or_a_time_are_counted() -> None:
    frame = pl.DataFrame({"id": ["x", None, "x"], "what": ["a", "a", "b"], "when": [at(1), at(1), None]})
    log = read_events(frame, case="id", activity="what", time="when")
    assert log.steps.height == 1
    assert [(fault.kind, fault.n, fault.rows) for fault in log.faults] == [("no case", 1, (1,)), ("no time", 1, (2,))]


def test_wide_times_keep_the_order_declared_and_what_runs_backwards_is_flagged() -> None:
    frame = pl.DataFrame(
        {"id": ["x", "y", "z"], "in": [at(0), at(0), None], "seen": [at(2), at(3), None], "out": [at(5), at(1), None]}
    )
    log = read_wide(frame, case="id", stages={"arrived": "in", "seen": "seen", "left": "out"})
    assert [(fault.kind, fault.rows) for fault in log.faults] == [("no time", (2,))]
    timed = durations(log)
    assert timed.select("case", "activity", "waiting", "fault").rows() == [
        ("x", "arrived", None, None),
        ("x", "seen", 7200.0, None),
        ("x", "left", 10800.0, None),
        ("y", "arrived", None, None),
        ("y", "seen", 10800.0, None),
        ("y", "left", None, "before the stage in front of it"),
    ]
    found = analyse(log, now=at(9) or DAY)
    assert {fault.kind: fault.n for fault in found.faults} == {"no time": 1, "before the stage in front of it": 1}
    assert found.order == ("arrived", "seen", "left")


@pytest.mark.parametrize(
    ("columns", "wanted"),
    [
        ({}, "give the column of the time"),
        ({"time": "when", "start": "when", "end": "when"}, "give the column"),
        ({"time": "gone"}, "no column 'gone'"),
        ({"time": "what"}, "no times"),
        ({"start": "when", "end": "when", "lifecycle": "what"}, "lifecycle"),
    ],
)
def test_what_cannot_be_read_is_said(columns: dict[str, str], wanted: str) -> None:
    frame = pl.DataFrame({"id": ["x"], "what": ["a"], "when": [at(1)]})
    with pytest.raises(ValueError, match=wanted):
        read_events(frame, case="id", activity="what", **columns)
