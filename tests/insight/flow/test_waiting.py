"""The waiting that goes on, by the step that is waited for."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from opsconsole.insight.flow import read_events, read_wide
from opsconsole.insight.flow.waiting import waiting_now

DAY = dt.datetime(2026, 8, 3)


def at(hour: float) -> dt.datetime:
    return DAY + dt.timedelta(hours=hour)


def test_who_waits_for_what_and_how_long_together() -> None:
    ways = enumerate(("cut", "weld", "pack"))
    closed = [(f"old{n}", step, at(n + nth / 4), at(n + nth / 4 + 0.1)) for nth, step in ways for n in range(3)]
    told = [
        ("a", "cut", at(8), at(9)),  # waits for weld since 9
        ("b", "cut", at(8), at(10)),  # since 10
        ("c", "cut", at(8), at(9)), ("c", "weld", at(10), at(11)),  # waits for pack since 11
        ("d", "cut", at(8), at(9)), ("d", "weld", at(10), None),  # is being welded
        ("e", "weld", at(9), at(8)),  # impossible: it is nowhere
    ]  # fmt: skip
    frame = pl.DataFrame([*closed, *told], schema=["case", "step", "start", "end"], orient="row")
    log = read_events(frame, case="case", activity="step", start="start", end="end")
    found = waiting_now(log, at(12), done=["pack"])
    hour = 3600.0
    assert found.rows() == [
        ("weld", 2, 5 * hour, 3 * hour, pytest.approx(5 / 6)),
        ("pack", 1, hour, hour, pytest.approx(1 / 6)),
    ]
    assert waiting_now(log, at(7), done=["pack"]).is_empty(), "nothing of what came later"


def test_stages_are_waited_for_in_their_order() -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "t0": [at(1), at(2)], "t1": [None, at(3)], "t2": [None, None]})
    frame = frame.with_columns(pl.col("t2").cast(pl.Datetime("us")))
    log = read_wide(frame, case="id", stages={"in": "t0", "seen": "t1", "out": "t2"})
    assert waiting_now(log, at(4)).select("step", "cases").rows() == [("seen", 1), ("out", 1)]
