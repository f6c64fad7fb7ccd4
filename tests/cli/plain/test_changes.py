"""What the line mode says: summary and changes, as sentences."""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from opsconsole.cli.plain.changes import told
from opsconsole.cli.plain.picture import Numbers, Picture, changed, taken
from opsconsole.cli.plain.sentences import kpi_state, summary
from opsconsole.engine.messages import (
    AlertCounts,
    AlertState,
    Changes,
    KpiState,
    Notice,
    ShiftState,
    SiteState,
    Snapshot,
    SourceState,
)

NOW = dt.datetime(2026, 6, 24, 8, 41, tzinfo=dt.UTC).timestamp()
SHIFT = ShiftState("Early", NOW - 3600, NOW + 3600, team="B")
SITE = SiteState("North plant", "Europe/Berlin", "wall", 1.0, NOW, NOW, True, shift=SHIFT)
OEE = KpiState(
    "oee", "OEE", "cycles", "critical", 52.0, "%", 0, "higher", target=85, warning=70, critical=60, window="2 h"
)
WELD = AlertState("a", "oee", "Line 3 weld: OEE 52 %, under 60 %", "UNACK", "critical", NOW, 1)
LATE = AlertState(
    "b", "late", "Quality file is 47 min late", "ACK", "low", NOW - 90_000, 1, who="ben", note="called", note_by="ben"
)
CYCLES = SourceState("cycles", "Machine cycles", "fresh", rows=2649, last_event=NOW - 60)
QUIET = Picture(SITE, {"oee": replace(OEE, status="good", value=86.0)}, {}, {"cycles": CYCLES})
BAD = Picture(
    SITE, {"oee": OEE}, {"a": WELD, "b": LATE}, {"cycles": CYCLES}, counts=AlertCounts(2, 1, 0, 1, unacknowledged=1)
)


def test_the_summary_is_a_few_sentences() -> None:
    assert summary(BAD, NOW, Numbers()) == [
        "North plant. Wednesday 24 June 2026, 10:41 Europe/Berlin.",
        "Shift Early, 09:41 to 11:41, team B.",
        "Of 1 KPI, 1 is not good:",
        "OEE is critical: 52 %, under 60 %.",
        "2 alerts are open: 1 critical, 1 low, 1 not acknowledged.",
        "Alert 1. Critical: Line 3 weld: OEE 52 %, under 60 %. Since 10:41. Not acknowledged.",
        "Alert 2. Low: Quality file is 47 min late. Since Tue 23 Jun 09:41. Acknowledged by ben. ben: called.",
        "The one source is fresh.",
    ]
    assert summary(QUIET, NOW, Numbers())[2:] == [
        "No KPI of 1 is bad.",
        "No alert is open.",
        "The one source is fresh.",
    ]
    empty = summary(Picture(SITE), NOW, Numbers())
    assert empty[2:] == ["There are no KPIs.", "No alert is open.", "There are no sources: nothing is watched yet."]
    draft = replace(BAD, notices=[Notice("draft", "Draft made from 3 file families")])
    assert "Draft made from 3 file families." in summary(draft, NOW, Numbers())
    assert (
        kpi_state(replace(OEE, status="nodata", value=None, reason="no rows yet"))
        == "OEE is without data: no rows yet."
    )
    assert kpi_state(replace(OEE, status="nolimit")) == "OEE: 52 %."


def test_what_comes_and_changes_is_told_with_site_time_and_stable_numbers() -> None:
    numbers = Numbers()
    assert told(QUIET, BAD, NOW, numbers) == [
        "10:41 Critical: Line 3 weld: OEE 52 %, under 60 %. Not acknowledged. Alert 1.",
        "10:41 Low: Quality file is 47 min late. Acknowledged by ben. Alert 2.",
        "10:41 OEE is critical: 52 %, under 60 %.",
    ]
    acked = replace(BAD, alerts={"b": LATE, "a": replace(WELD, state="ACK", who="ana")})
    assert told(BAD, acked, NOW, numbers) == ["10:41 Alert 1, Line 3 weld: OEE 52 %, under 60 %: Acknowledged by ana."]
    assert told(BAD, acked, NOW, numbers, {"a"}) == []
    worse = replace(BAD, alerts={"a": WELD, "b": replace(LATE, priority="warning")})
    assert told(BAD, worse, NOW, numbers, {"b"})[0].startswith("10:41 Worse: Alert 2. Warning: Quality file")
    assert told(worse, BAD, NOW, numbers)[0].startswith("10:41 Better: Alert 2. Low: Quality file")
    noted = replace(BAD, alerts={"a": WELD, "b": replace(LATE, note="comes", note_by="eva", owner="eva", escalation=1)})
    assert told(BAD, noted, NOW, numbers) == [
        "10:41 eva on alert 2: comes.",
        "10:41 Alert 2 is with eva.",
        "10:41 Alert 2 is escalated, step 1.",
    ]
    back = replace(BAD, alerts={"b": LATE, "a": replace(WELD, state="RTNUN")})
    assert told(BAD, back, NOW, numbers)[0].endswith("Back to normal, but not acknowledged.")
    assert told(back, BAD, NOW, numbers)[0].endswith("again. Not acknowledged.")
    assert told(BAD, QUIET, NOW, numbers) == [
        "10:41 Alert 1 is closed: Line 3 weld: OEE 52 %, under 60 %.",
        "10:41 Alert 2 is closed: Quality file is 47 min late.",
        "10:41 OEE is good again: 86 %.",
    ]
    assert told(QUIET, BAD, NOW, numbers)[0].endswith("Alert 1.")
    assert (numbers.named(2), numbers.named(3)) == ("b", None)


def test_values_that_move_within_their_status_are_not_told() -> None:
    moved = replace(BAD, kpis={"oee": replace(OEE, value=51.0)}, alerts={"a": replace(WELD, text="x 51 %"), "b": LATE})
    assert told(BAD, moved, NOW, Numbers()) == []
    later = replace(BAD, site=replace(SITE, at=NOW + 60, data_version=7))
    assert told(BAD, later, NOW, Numbers()) == []


def test_shifts_sources_notices_and_floods() -> None:
    late = replace(SITE, shift=ShiftState("Late", NOW, NOW + 7200))
    assert told(QUIET, replace(QUIET, site=late), NOW, Numbers()) == ["10:41 Shift Late has begun, until 12:41."]
    stale = replace(QUIET, sources={"cycles": replace(CYCLES, status="stale")})
    assert told(QUIET, stale, NOW, Numbers()) == [
        "10:41 Source Machine cycles is late: the newest event is of 10:40. 2 649 rows."
    ]
    broken = replace(QUIET, notices=[Notice("site", "site.yaml:3:1 unknown key", "warning")])
    assert told(QUIET, broken, NOW, Numbers()) == ["10:41 site.yaml:3:1 unknown key."]
    assert told(broken, QUIET, NOW, Numbers()) == ["10:41 No more: site.yaml:3:1 unknown key."]
    again = replace(QUIET, notices=[Notice("site", "site.yaml:4:1 unknown key", "warning")])
    assert told(broken, again, NOW, Numbers()) == []
    many = {f"a{at}": replace(WELD, id=f"a{at}", since=NOW + at) for at in range(30)}
    flood = replace(QUIET, alerts=many, counts=AlertCounts(30, 30, flood_since=NOW, recent=30))
    said = told(QUIET, flood, NOW, Numbers())
    assert said[0] == "10:41 A flood of alerts has begun."
    assert said[-1] == "10:41 And 20 more new alerts, less urgent; `alerts all` tells them."
    assert len(said) == 12
    assert "The flood of alerts is over." in told(flood, QUIET, NOW, Numbers())[0]


def test_a_picture_follows_what_the_engine_sends() -> None:
    first = taken(Snapshot(SITE, kpis=[OEE], alerts=[WELD], sources=[CYCLES]))
    after = changed(first, Changes(alerts=[replace(LATE)], alerts_gone=["a"], kpi_order=["x", "oee"], source_order=[]))
    assert (list(after.alerts), list(after.kpis), list(after.sources)) == (["b"], ["oee"], [])
    assert after.now(NOW + 5) == NOW + 5
