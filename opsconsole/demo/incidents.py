"""What goes wrong in the factory pack, where and when, and the alert by which the console must show it.

Times are naive site time (Europe/Berlin). `begins` and `ends` are those of the trouble itself; `shown_by` is the latest
site time at which the alert must be open. The README of the pack says the same to people.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")


class Incident(NamedTuple):
    """One planted incident. `priority` is the worst that its alert reaches; at `shown_by` it may still be a warning.

    `early` is the rule that announces it, by `early_by` at the latest or when the demo opens, before the KPI that it
    moves crosses its hard limit (`critical`) at `limit_at`; None: it never does.
    """

    id: str
    title: str
    source: str
    begins: dt.datetime
    ends: dt.datetime
    rule: str
    labels: dict[str, str]
    priority: Literal["critical", "warning", "low"]
    shown_by: dt.datetime
    cleared_by: dt.datetime
    early: str
    early_by: dt.datetime
    limit_at: dt.datetime | None

    def within(self, at: float) -> bool:
        """Whether the trouble is on at a moment (seconds since the epoch)."""
        return seconds(self.begins) <= at < seconds(self.ends)


def seconds(moment: dt.datetime) -> float:
    """Seconds since the epoch of a naive moment in the factory's zone."""
    return moment.replace(tzinfo=ZONE).timestamp()


def _at(hour: int, minute: int, second: int = 0) -> dt.datetime:
    return dt.datetime(2026, 6, 24, hour, minute, second)


DRIFT = Incident(
    id="weld_drift",
    title="Line 3 weld drifts slow, from 0 to +30 %, until its tip is changed",
    source="cycles",
    begins=_at(9, 0),
    ends=_at(16, 5),
    rule="slow_station",
    labels={"line": "3", "station": "weld"},
    priority="critical",
    shown_by=_at(12, 50),
    cleared_by=_at(17, 30),
    early="slow_soon",
    early_by=_at(12, 50),
    limit_at=_at(13, 31),
)
STOP = Incident(
    id="line_stop",
    title="Line 2 stands still: main drive tripped",
    source="cycles",
    begins=_at(13, 10),
    ends=_at(14, 20),
    rule="line_stopped",
    labels={"line": "2"},
    priority="critical",
    shown_by=_at(13, 35),
    cleared_by=_at(15, 0),
    early="line_stopped",
    early_by=_at(13, 21),
    limit_at=_at(13, 27),
)
BURST = Incident(
    id="scrap_burst",
    title="Line 1 press makes a burst of scrap",
    source="cycles",
    begins=_at(13, 50),
    ends=_at(14, 25),
    rule="scrap_station",
    labels={"line": "1", "station": "press"},
    priority="critical",
    shown_by=_at(14, 25),
    cleared_by=_at(15, 50),
    early="station_unusual",
    early_by=_at(14, 1),
    limit_at=_at(14, 10),
)
LATE = Incident(
    id="quality_late",
    title="The quality workbook of the early shift, due at 14:05, comes at 15:10",
    source="quality",
    begins=_at(14, 5),
    ends=_at(15, 10),
    rule="quality_late",
    labels={},
    priority="warning",
    shown_by=_at(14, 45),
    cleared_by=_at(15, 20),
    early="quality_late",
    early_by=_at(14, 35),
    limit_at=None,
)
SILENT = Incident(
    id="orders_silent",
    title="The order system falls silent; what it held back arrives at once afterwards",
    source="orders",
    begins=_at(15, 20),
    ends=_at(17, 10),
    rule="orders_silent",
    labels={},
    priority="warning",
    shown_by=_at(16, 5),
    cleared_by=_at(17, 20),
    early="orders_silent",
    early_by=_at(15, 51),
    limit_at=None,
)
INCIDENTS = (DRIFT, STOP, BURST, LATE, SILENT)
