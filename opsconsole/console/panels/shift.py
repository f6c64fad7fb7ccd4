"""The shift: which, whose, how far it is, and what comes next."""

from __future__ import annotations

from opsconsole.console import fmt
from opsconsole.console.panels import Panel, heading
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, fit, inert
from opsconsole.engine.messages import ShiftState
from opsconsole.site.figures import duration


def team_note(shift: ShiftState) -> str:
    """ " · team A"; nothing where no rotation says who works."""
    many = "," in shift.team
    return f" · {'teams' if many else 'team'} {inert(shift.team)}" if shift.team else ""


class ShiftPanel(Panel):
    """Its progress as a bar that moves by whole percents, and how long it goes on."""

    kind = "shift"
    focusable = False

    def breadth(self) -> int:
        return 26

    def least(self) -> int:
        return 1

    def wanted(self, _cells: int) -> int:
        return 4

    def draw(self, spot: Spot, _focused: bool) -> list[Line]:
        model, cells, now = self.ctx.model, spot.cells, self.ctx.now()
        site = model.site
        shift = site.shift if site is not None else None
        title = heading(inert(self.spec.title) or "Shift", [], cells, False)
        lines: list[Line] = []
        if shift is None:
            lines.append([(" no shift runs now" if self._following() else " this site has no shifts", "dim")])
        else:
            hours = fmt.span(shift.start, shift.end, model.timezone)
            lines.append([(f" {inert(shift.name)}", "bold"), (f"{team_note(shift)} · {hours}", "")])
            lines.append(_bar(shift, now, cells))
        following = self._following()
        if following is not None:
            start = fmt.since(following.start, now, model.timezone)
            when = start if following.start - now < 86400 else f"{fmt.day_clock(following.start, model.timezone)}"
            lines.append([(f" next {inert(following.name)} {when}{team_note(following)}", "dim")])
        if spot.lines == 1:
            return [fit(_one_line(shift, now, cells) if shift is not None else lines[0], cells)]
        return [title, *(fit(line, cells) for line in lines)][: spot.lines]

    def _following(self) -> ShiftState | None:
        site = self.ctx.model.site
        return site.next_shift if site is not None else None


def _part(shift: ShiftState, now: float) -> float:
    return min(1.0, max(0.0, (now - shift.start) / max(1.0, shift.end - shift.start)))


def _bar(shift: ShiftState, now: float, cells: int) -> Line:
    """How far it is by whole percents, and for how long it goes on by whole minutes."""
    part = _part(shift, now)
    left = max(0, int((shift.end - now) // 60)) * 60
    tail = f" {round(100 * part):>3} %  {duration(left) if left else '0 min'} left"
    room = max(4, cells - 2 - len(tail))
    full = min(room, int(part * room))
    return [(" ", ""), ("━" * full, ""), ("─" * (room - full), "dim"), (tail, "")]


def _one_line(shift: ShiftState, now: float, cells: int) -> Line:
    name = f" {inert(shift.name)}{team_note(shift)}"
    return [(name, "bold"), *_bar(shift, now, max(24, cells - len(name)))]
