"""What the canned engine says of ranges, courses over time and what happened in them."""

from __future__ import annotations

import math

from msgspec.structs import replace

from opsconsole.engine.messages import AskKpi, AskMarks, AskSeries, KpiState, Mark, Marks, Series, ShiftState, Status

HOUR = 3600.0
STEPS = (60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 21600.0, 86400.0, 7 * 86400.0)
REACH = 30 * 24 * HOUR
"""So far back there are rows."""


def over(kpi: KpiState, ask: AskKpi) -> KpiState:
    """A KPI over a range: as many per cent as it has hours."""
    if ask.start is None or ask.end is None:
        return kpi
    value = round((ask.end - ask.start) / HOUR, 1)
    return replace(kpi, value=value, window="range", start=ask.start, end=ask.end, judged="not judged: for 8 h")


def series(ask: AskSeries, now: float) -> Series:
    """A value that goes up by one each hour of the day, a gap at 04 UTC, and worse than its limit below 5."""
    end = min(ask.end, now)
    step = next((each for each in STEPS if math.ceil((end - ask.start) / each) + 1 <= ask.most), STEPS[-1])
    first = ask.start // step * step
    count = max(1, math.ceil((end - first) / step))
    edges = [first + at * step for at in range(count + 1)]
    values = [None if edge // HOUR % 24 == 4 else 60.0 + edge // HOUR % 24 for edge in edges[:-1]]
    statuses: list[Status] = [
        "nodata" if value is None else "critical" if value < 63 else "good" for value in values
    ]  # fmt: skip
    partial = [at for at in range(count) if edges[at] < ask.start or edges[at + 1] > end]
    rows = [0 if value is None else 90 for value in values]
    return Series(
        ask.kpi, edges, values, rows, statuses, step, partial, "", now - REACH, now, ask.where, ask.at
    )  # fmt: skip


def marks(ask: AskMarks, now: float) -> Marks:
    """An alert an hour and a half ago, and what was said of it ten minutes later."""
    found = [
        Mark(now - 1.5 * HOUR, "raised", "weld", "Line 3 weld: OEE under 60 %", "critical"),
        Mark(
            now - 1.5 * HOUR + 600, "commented", "weld", "Line 3 weld: OEE under 60 %", "critical", "ben", "gun\x1b[2J"
        ),
    ]
    return Marks([each for each in found if ask.since <= each.at <= ask.until])


def shifts(now: float) -> list[ShiftState]:
    """Early, which runs, and the two before it."""
    start = now - 52 * 60 - 4 * HOUR
    names = ("Early", "Night", "Late")
    return [ShiftState(name, start - at * 8 * HOUR, start - (at - 1) * 8 * HOUR) for at, name in enumerate(names)]
