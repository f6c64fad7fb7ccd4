"""Where a past moment lies in its shift, or in its day: a bar with the alerts that came."""

from __future__ import annotations

from opsconsole.console import fmt, signs
from opsconsole.console.host import Program
from opsconsole.console.link import LinkError
from opsconsole.console.text import Line, fit, inert, width
from opsconsole.engine.messages import AskMarks, Mark, Marks
from opsconsole.site.localtime import DAY, day_start

KEPT = 40
CAME = ("raised", "occurred", "worsened")

Stretch = tuple[float, float]


class Scrubber:
    """The bar below AS OF; which alerts came is asked once for each shift or day."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._marks: dict[Stretch, list[Mark]] = {}

    def line(self, cells: int) -> Line:
        """The bar, with the moment that is shown and the one that one is on the way to."""
        travel = self._program.travel
        shown = travel.seconds(travel.at)
        moment = travel.seconds(travel.target) if travel.target is not None else shown
        if shown is None or moment is None:
            return []
        name, span = self._span(moment)
        zone = travel.live.timezone
        start, end = span
        before = f" {name} {fmt.hour_minute(start, zone)} "
        closing = fmt.hour_minute(end, zone)
        after = f" {'24:00' if closing == '00:00' else closing} "
        room = cells - width(before) - width(after) - 2
        if room < 10:
            return []
        line = [("─", "dim")] * room
        ended = _place(travel.live_now(), span, room)
        for at in range(room if ended is None and travel.live_now() >= end else ended or 0):
            line[at] = ("━", "dim")
        for mark in self._came(span):
            place = _place(mark.at, span, room)
            if place is not None and line[place][0] != signs.PRIORITY["critical"][0]:
                line[place] = (signs.PRIORITY[mark.priority][0], mark.priority)
        for place, style in ((_place(shown, span, room), "reverse"), (_place(moment, span, room), "bold reverse")):
            if place is not None:
                line[place] = (line[place][0] if line[place][0] not in "─━" else "┃", style)
        return fit([(before, ""), ("├", "dim"), *line, ("┤", "dim"), (after, "")], cells)

    def _span(self, moment: float) -> tuple[str, Stretch]:
        """The shift that a moment lies in, as far as shifts are known, else the day."""
        travel = self._program.travel
        for site in (travel.model.site, travel.live.site):
            for shift in [*([site.shift] if site is not None and site.shift is not None else []),
                          *(site.shifts if site is not None else [])]:  # fmt: skip
                if shift.start <= moment < shift.end:
                    return inert(shift.name), (shift.start, shift.end)
        local = fmt.local(moment, travel.live.timezone)
        zone = fmt.zone(travel.live.timezone)
        span = (day_start(local.date(), zone).timestamp(), day_start(local.date() + DAY, zone).timestamp())
        return f"{local:%a} {local.day} {local:%b}", span

    def _came(self, span: Stretch) -> list[Mark]:
        """The alerts that came in a stretch; they are asked for where that has not been done."""
        if span not in self._marks:
            self._marks = {**dict(list(self._marks.items())[-KEPT:]), span: []}
            self._program.spawn(self._ask(span))
        return self._marks[span]

    async def _ask(self, span: Stretch) -> None:
        try:
            answer = await self._program.ask(AskMarks(*span))
        except LinkError:
            self._marks.pop(span, None)  # asked again with the next picture; the banner says that the engine is gone
            return
        if isinstance(answer, Marks):
            self._marks[span] = [mark for mark in answer.marks if mark.what in CAME]


def _place(moment: float, span: Stretch, room: int) -> int | None:
    """The cell of a moment on a bar; None beside it."""
    start, end = span
    return min(room - 1, int((moment - start) / (end - start) * room)) if start <= moment <= end else None
