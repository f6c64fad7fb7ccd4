"""Turning a wall (`wall`) within the program: by the clock, by alerts, by hand, and back from where somebody went."""

from __future__ import annotations

import time
from collections.abc import Callable

from textual.timer import Timer

from opsconsole.console.address import Address
from opsconsole.console.host import Program
from opsconsole.console.text import Line
from opsconsole.console.wall import AWAY, Wall, wall_line


class Turning:
    """A program that hangs on a wall. `later` calls back after so many seconds."""

    def __init__(self, program: Program, rotate: float, later: Callable[..., Timer]) -> None:
        self._program = program
        self._wall = Wall(rotate)
        self._later = later
        self._timer: Timer | None = None
        self._touched = -AWAY

    @property
    def on_layout(self) -> bool:
        """Whether a layout is shown, and not a screen that somebody went to."""
        return self._program.history.current.address.view == "overview"

    def touched(self) -> None:
        """Somebody has pressed a key."""
        self._touched = time.monotonic()

    def heed(self) -> None:
        """Turn if it is time, or if an alert wants it; and look again when it may be."""
        if self._timer is not None:
            self._timer.stop()
        now, live = time.monotonic(), self._program.travel.live
        if live.site is not None:
            away = self._touched + AWAY - now
            if self.on_layout or away <= 0:
                calling = {
                    alert.id
                    for alert in live.alerts.values()
                    if alert.priority == "critical" and alert.state == "UNACK"
                }
                self._show(self._wall.see(live.layouts(), calling, now))
            self._timer = self._later(self._wall.due(now) if self.on_layout else max(0.05, away), self.heed)

    def by_hand(self, by: int) -> None:
        """The next layout, or the one before."""
        self._show(self._wall.turn(self._program.travel.live.layouts(), by, time.monotonic()))
        self.heed()

    def _show(self, name: str) -> None:
        address = Address("overview", name=name)
        if self._program.history.current.address != address:
            self._program.go_home(address)

    def line(self, cells: int) -> Line:
        """What stands in place of the tabs."""
        held = self._wall.holds(time.monotonic())
        return wall_line(self._program.travel.live.layouts(), self._wall.name, held, cells)
