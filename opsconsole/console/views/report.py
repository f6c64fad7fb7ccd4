"""A report that takes a while: how far it is, then what it says."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from opsconsole.console.lists import bar
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, clip, fit, inert
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AskReport, Report

EVERY = 0.3
"""Seconds between two questions how far it is."""
WIDEST_BAR = 40


class ReportView(View):
    """What a screen of a report has in common. It is asked for when the screen is entered, and again by `r`."""

    kind: ClassVar[str] = "scorecard"
    title: ClassVar[str] = "Report"
    _report: Report | None = None
    _running = 0
    result: dict[str, Any] | None = None

    def options(self) -> dict[str, Any]:
        """What it is asked with."""
        return {}

    def take(self, result: dict[str, Any]) -> None:
        """Take what the report says."""

    def body(self, cells: int, lines: int) -> list[Line]:
        """The lines of what it says."""
        raise NotImplementedError

    async def load(self) -> None:
        """Have it made; a later call takes the place of an earlier one, whose job is ended."""
        self._running += 1
        turn, last = self._running, self._report
        if last is not None and last.result is None and not last.trouble:
            await self.ask(AskReport(self.kind, job=last.job, cancel=True))
        ask = AskReport(self.kind, self.options())
        while turn == self._running:
            answer = await self.ask(ask)
            if not isinstance(answer, Report) or turn != self._running:
                return
            self._report = answer
            if answer.result is not None:
                self.result = answer.result
                self.take(answer.result)
            if answer.result is not None or answer.trouble:
                return
            ask = AskReport(self.kind, job=answer.job)
            self.ctx.spawn(_nothing())  # what is known by now is drawn
            await asyncio.sleep(EVERY)

    def draw(self, cells: int, lines: int) -> list[Line]:
        if self.result is not None:
            out = self.body(cells, lines)
        else:
            out = [heading(self.title, [], cells, True), fit([], cells), *self._progress(cells)]
        return [*out, *(fit([], cells) for _ in range(lines - len(out)))][:lines]

    def _progress(self, cells: int) -> list[Line]:
        report = self._report
        trouble = self.trouble or (report.trouble if report is not None else "")
        if trouble:
            return [fit([(f"  {inert(trouble)}", "warning")], cells)]
        if report is None:
            return [fit([("  asking the engine …", "dim")], cells)]
        room = min(WIDEST_BAR, cells - 12)
        full = bar(report.done, room)
        line: Line = [("  ", ""), (full.ljust(room, "─"), ""), (f" {report.done * 100:.0f} %", "")]
        return [fit(line, cells), fit([("  " + clip(inert(report.doing), cells - 2), "dim")], cells)]


async def _nothing() -> None:
    return
