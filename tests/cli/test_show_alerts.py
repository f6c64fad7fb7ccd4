"""The alerts of a snapshot for a person: how many, who has each, what puts it aside, and what is silent by plan."""

from __future__ import annotations

from opsconsole.cli.show import snapshot_text
from opsconsole.engine.messages import AlertCounts, AlertState, Maintenance, SiteState, Snapshot

NOW = 1_700_000_000.0
SITE = SiteState("s", "UTC", "wall", 1.0, NOW, NOW, settled=True, areas={"weld": "Welding"})


def alert(name: str, **given: object) -> AlertState:
    fields = {"text": name, "rule": "r", "state": "UNACK", "priority": "warning", "since": NOW - 60, "version": 1}
    return AlertState(id=name, **{**fields, **given})  # type: ignore[arg-type]


def text(*alerts: AlertState, **given: object) -> str:
    return snapshot_text(Snapshot(SITE, alerts=list(alerts), **given))  # type: ignore[arg-type]


def test_each_alert_says_who_has_it_and_what_puts_it_aside() -> None:
    shown = text(
        alert("hot", priority="critical", owner="bob", note="gun sticks", note_by="ana"),
        alert("late", state="ACK", who="ana"),
        alert("slow", state="SHELVED", put_by="ana", until=NOW + 600, reason="tip ordered"),
        alert("dark", state="OOS", put_by="eve", reason="sensor broken"),
        alert("cold", state="SUPPRESSED", suppressed=("maintenance:m1",), chatters=True),
        counts=AlertCounts(open=1_234, unacknowledged=1_000, shelved=1, flood_since=NOW - 300),
    )
    assert "Alerts: 1 234 open · 1 000 unacknowledged · 1 shelved · flood since 22:08" in shown
    assert "  ▲C UNACK  hot · since 22:12 · bob has it · “gun sticks” (ana)" in shown
    assert "  ◆W ACK    late · since 22:12 · acknowledged by ana" in shown
    assert "  ◆W SHELVED    slow · since 22:12 · shelved by ana until 22:23: tip ordered" in shown
    assert "  ◆W OOS    dark · since 22:12 · out of service by eve: sensor broken" in shown
    assert "  ◆W SUPPRESSED cold · since 22:12 · by maintenance:m1 · chatters" in shown
    assert "  … and 1 229 less urgent ones" in shown


def test_windows_of_maintenance_are_told() -> None:
    window = Maintenance("m1", "weld", {"line": "3"}, NOW - 60, NOW + 3_600, "oil change", "eve")
    later = Maintenance("m2", "paint", {}, NOW + 3_600, NOW + 90_000, "new filters", "eve")
    shown = text(alert("cold", state="SUPPRESSED", suppressed=("maintenance:m1",)), maintenance=[window, later])
    assert "  m1 Welding · line=3 until 23:13: oil change (eve), 1 alert suppressed" in shown
    assert "  m2 paint from 23:13 to 2023-11-15 23:13: new filters (eve)" in shown


def test_what_people_write_cannot_drive_the_terminal() -> None:
    shown = text(alert("x", note="\x1b]0;gotcha\x07", note_by="mallory"))
    assert "\x1b" not in shown
    assert "\x07" not in shown
