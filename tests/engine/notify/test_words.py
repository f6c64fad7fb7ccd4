"""What messages say."""

from __future__ import annotations

import datetime as dt
from typing import Any

from opsconsole.engine.notify import routes, words
from opsconsole.engine.notify.known import Known
from opsconsole.engine.notify.plan import Message, Part
from opsconsole.site.model import Site
from opsconsole.site.notifying import Escalation, Notify, Quiet, Route

SITE = Site(name="North plant", timezone="Europe/Berlin")
NOW = dt.datetime(2026, 6, 24, 12, 30, tzinfo=dt.UTC)
SINCE = dt.datetime(2026, 6, 24, 12, 3, tzinfo=dt.UTC).timestamp()


def alert(name: str, **more: Any) -> Known:
    usual: dict[str, Any] = {"priority": "warning", "standing": "calls", "stamp": "1", "since": SINCE}
    return Known(id=name, rule=name, text=f"{name} stopped", **(usual | more))


def said(*parts: Part, step: str = "", summary: bool = False) -> tuple[str, list[str], str]:
    message = Message("oncall", step, parts, summary)
    return words.title(message, SITE), words.body(message, SITE, NOW).split("\n"), words.worst(message)


def test_one_alert() -> None:
    assert said(Part(fresh=(alert("Line 3", priority="critical"),))) == (
        "▲ Line 3 stopped · North plant",
        ["▲ critical, since 14:03: Line 3 stopped"],
        "critical",
    )


def test_several_of_one_incident_the_first_marked() -> None:
    fresh = (alert("Line 3", first_out=True), alert("Line 4", priority="critical"))
    title, body, worst = said(Part(fresh, (alert("Line 5"),), (alert("Line 6"),)))
    assert (title, worst) == ("▲ 2 alerts: Line 3 stopped · North plant", "critical")
    assert body == [
        "◆ warning, since 14:03: Line 3 stopped (first)",
        "▲ critical, since 14:03: Line 4 stopped",
        "1 alert of before still not acknowledged",
        "● back to normal: Line 6 stopped",
    ]


def test_told_anew_escalated_and_back_to_normal() -> None:
    yesterday = alert("Line 3", since=SINCE - 86400)
    title, body, _ = said(Part(still=(yesterday,)))
    assert title == "◆ still not acknowledged: Line 3 stopped · North plant"
    assert body == ["◆ warning, since 2026-06-23 14:03: Line 3 stopped"]
    assert said(Part(fresh=(alert("x"),)), step="step 2")[0] == "◆ escalated, step 2: x stopped · North plant"
    assert said(Part(over=(alert("x"),))) == (
        "● back to normal: x stopped · North plant", ["● back to normal: x stopped"], "resolved",
    )  # fmt: skip
    assert said(Part(over=(alert("x"), alert("y"))))[0] == "● back to normal: 2 alerts · North plant"


def test_a_flood_says_how_many_and_stays_short() -> None:
    parts = [Part(fresh=(alert(f"a{n}", priority="critical" if n < 3 else "low", first_out=True),)) for n in range(312)]
    title, body, worst = said(*parts, summary=True)
    assert (title, worst) == ("▲ 312 alerts in 312 groups: a0 stopped · North plant", "critical")
    assert len(body) == 13
    assert "(first)" not in body[0]
    assert body[-1] == "and 300 low more"


def test_text_from_files_stays_on_its_line_and_harmless() -> None:
    title, body, _ = said(Part(fresh=(alert("x\r\nBcc: all@example.org\x1b[2J" + "y" * 500),)))
    assert "\n" not in title + body[0]
    assert (title + body[0]).isprintable()
    assert len(title) < 250


def test_routes_and_steps_in_sentences() -> None:
    quiet = Quiet(dt.time(22), dt.time(6))
    site = Site(
        name="x",
        notify=Notify(
            routes=(
                Route(("oncall", "leads"), ("critical",), ("weld",), ("Night",), quiet, ("line",), resolved=False),
                Route(("board",), group_by=()),
            )
        ),
        escalation=(Escalation(900.0, ("leads",), ("critical",)), Escalation(3600.0)),
    )
    assert routes.routes(site) == [
        "critical alerts of weld to oncall, leads in Night, but not from 22:00 to 06:00: one message for each line "
        "after 30s, the next after 5m, again after 4h, nothing of what is back to normal",
        "all alerts to board: one message for all after 30s, the next after 5m, again after 4h",
    ]
    assert routes.steps(site) == [
        "critical alerts that nobody has acknowledged for 15m are told to leads",
        "all alerts that nobody has acknowledged for 1h are shown as escalated",
    ]
