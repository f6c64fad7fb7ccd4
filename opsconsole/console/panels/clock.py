"""Site time, large where there is room: on a wall it is what everyone looks for."""

from __future__ import annotations

from opsconsole.console import fmt
from opsconsole.console.draw.digits import large
from opsconsole.console.panels import Panel, heading
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, fit, inert

WORDS = {"data": "the newest data", "replay": "a replay", "wall": ""}


class ClockPanel(Panel):
    """Hours and minutes, the day and the zone. It changes once a minute."""

    kind = "clock"
    focusable = False

    def breadth(self) -> int:
        return 22

    def least(self) -> int:
        return 1

    def wanted(self, _cells: int) -> int:
        return 5

    def most(self, cells: int) -> int:
        return 7 if cells >= 44 else 5

    def draw(self, spot: Spot, _focused: bool) -> list[Line]:
        site, zone = self.ctx.model.site, self.ctx.model.timezone
        stamp = fmt.local(self.ctx.now(), zone)
        clock, day = f"{stamp:%H:%M}", f"{stamp:%a} {stamp.day} {stamp:%b %Y}"
        if spot.lines == 1:
            return [fit([(f" {clock} ", "bold"), (f"{day} · {zone}", "dim")], spot.cells)]
        what = WORDS[site.clock] if site is not None else ""
        holiday = f" · {inert(site.holiday)}" if site is not None and site.holiday else ""
        title = heading(inert(self.spec.title) or "Site time", [(what, "dim")] if what else [], spot.cells, False)
        below: Line = [(f" {day}", ""), (f" · {zone}{holiday}", "dim")]
        digits = large(clock, spot.cells - 2, spot.lines - 2)
        if not digits:
            below = [(f" {clock} ", "bold"), *below]
        lines: list[Line] = [[(f" {line}", "")] for line in digits]
        return [title, *(fit(line, spot.cells) for line in [*lines, below])][: spot.lines]
