"""The bell: for what has newly called people, and not more often than anyone can bear. The clock is a number."""

from __future__ import annotations

from typing import Any

import pytest

from opsconsole.console.bell import PAUSE, Bell, wanted
from opsconsole.engine.messages import AlertCounts, AlertState

XTERM = {"TERM": "xterm-256color"}


def alert(name: str, called: int = 1, **more: Any) -> AlertState:
    usual: dict[str, Any] = {"state": "UNACK", "priority": "warning", "since": 0.0, "version": called}
    return AlertState(id=name, rule=name, text=f"{name} is bad", called=called, **(usual | more))


class Desk:
    """A console's bell, and a clock."""

    def __init__(self, **how: Any) -> None:
        self.bell = Bell(environ=how.pop("environ", XTERM), **how)
        self.now = 100.0
        self.alerts: dict[str, AlertState] = {}

    def sees(self, *alerts: AlertState, counts: AlertCounts | None = None) -> str:
        """What the engine tells, and what rings at once."""
        self.alerts = {each.id: each for each in alerts}
        self.bell.heed(self.alerts, counts or AlertCounts(open=len(alerts)))
        return self.bell.ring(self.now, "Plant")

    def wait(self, seconds: float) -> str:
        self.now += seconds
        return self.bell.ring(self.now, "Plant")


def test_what_was_there_rings_nothing_and_what_comes_rings_once() -> None:
    desk = Desk()
    assert desk.sees(alert("a")) == ""
    assert desk.sees(alert("a"), alert("b")) == "\a\x1b]9;Plant: warning: b is bad\a"
    assert desk.wait(60.0) == ""
    assert desk.bell.due(desk.now) is None
    assert desk.sees(alert("a", version=7), alert("b", state="ACK", version=2)) == ""


def test_growing_worse_or_calling_again_rings_and_a_comment_or_an_unshelving_does_not() -> None:
    desk = Desk()
    desk.sees(alert("a"), alert("b", state="SHELVED"))
    assert desk.sees(alert("a", version=5), alert("b", version=9)) == ""
    assert "a is bad" in desk.sees(alert("a", called=6, priority="critical"), alert("b", version=9))


def test_low_priorities_never_ring() -> None:
    desk = Desk()
    desk.sees()
    assert desk.sees(alert("a", priority="low")) == ""


def test_it_rings_at_most_once_in_some_seconds_and_then_for_all_that_came() -> None:
    desk = Desk()
    desk.sees()
    a, b, c = alert("a"), alert("b"), alert("c", priority="critical")
    assert desk.sees(a).count("\a") == 2
    desk.now += 1.0
    assert desk.sees(a, b) == ""
    desk.now += 1.0
    assert desk.sees(a, b, c) == ""
    assert desk.bell.due(desk.now) == PAUSE - 2.0
    assert desk.wait(PAUSE - 2.1) == ""
    assert desk.wait(0.1) == "\a\x1b]9;Plant: critical: c is bad and 1 more\a"
    assert desk.wait(100.0) == ""


def test_what_somebody_has_acknowledged_meanwhile_rings_no_more() -> None:
    desk = Desk()
    desk.sees()
    desk.sees(alert("a"))
    assert desk.sees(alert("a"), alert("b")) == ""
    assert desk.sees(alert("a"), alert("b", state="ACK", version=2)) == ""
    assert desk.wait(PAUSE) == ""


def test_in_a_flood_it_rings_once_and_is_silent_until_it_is_over() -> None:
    desk = Desk()
    desk.sees()
    flood = AlertCounts(open=99, flood_since=1.0)
    seen = [alert("a0")]
    assert desk.sees(*seen, counts=AlertCounts(open=1, flood_since=1.0)) != ""
    for number in range(1, 20):
        desk.now += PAUSE
        seen.append(alert(f"a{number}", priority="critical"))
        assert desk.sees(*seen, counts=AlertCounts(open=len(seen), flood_since=flood.flood_since)) == ""
    desk.now += PAUSE
    assert desk.sees(*seen) == ""
    assert desk.sees(*seen, alert("b")) != ""


def test_of_a_list_that_is_cut_off_only_what_was_on_it_rings() -> None:
    desk = Desk()
    desk.sees(alert("a"), counts=AlertCounts(open=5000))
    assert desk.sees(alert("b"), counts=AlertCounts(open=5000)) == ""
    assert "b is bad" in desk.sees(alert("b", called=2), counts=AlertCounts(open=5000))


def test_after_an_engine_was_away_what_came_meanwhile_rings_and_what_was_there_does_not() -> None:
    desk = Desk()
    desk.sees(alert("a"))
    desk.sees()
    assert desk.sees(alert("a")) == ""
    assert "b is bad" in desk.sees(alert("a"), alert("b"))


def test_a_console_that_is_to_be_quiet_is() -> None:
    desk = Desk(quiet=True)
    desk.sees()
    assert desk.sees(alert("a")) == ""
    assert desk.bell.due(desk.now) is None
    assert wanted({})
    assert wanted({"OPSCONSOLE_QUIET": "0"})
    assert not wanted({"OPSCONSOLE_QUIET": "1"})


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"TERM": "tmux-256color", "TMUX": "/tmp/s,1,0"}, "\a\x1bPtmux;\x1b\x1b]9;Plant: warning: a is bad\a\x1b\\"),
        ({"TERM": "screen"}, "\a\x1bP\x1b]9;Plant: warning: a is bad\a\x1b\\"),
        ({"TERM": "linux"}, "\a"),
        ({"TERM": "vt220"}, "\a"),
    ],
)
def test_the_notice_reaches_the_terminal_through_tmux_and_screen(environ: dict[str, str], expected: str) -> None:
    desk = Desk(environ=environ)
    desk.sees()
    assert desk.sees(alert("a")) == expected


def test_text_from_files_reaches_no_terminal_as_it_is() -> None:
    desk = Desk()
    desk.sees()
    found = desk.sees(AlertState("a", "a", "x\x1b]52;c;aGk=\a\x9c\n" + "y" * 500, "UNACK", "warning", 0.0, 1, called=1))
    inside = found.removeprefix("\a\x1b]9;").removesuffix("\a")
    assert inside.isprintable()
    assert len(inside) <= 120


def test_a_notice_never_begins_as_the_sequence_of_a_bar_of_progress() -> None:
    desk = Desk()
    desk.sees()
    desk.bell.heed({"a": alert("a")}, AlertCounts(open=1))
    assert desk.bell.ring(desk.now, "4;1;50").startswith("\a\x1b]9;: warning")
