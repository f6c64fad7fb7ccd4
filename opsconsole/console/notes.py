"""What people noted about a KPI, or changed so that it moves, at its moment: asked of the journal when a chart is first
shown, and again when a note has come, as an alert of the KPI tells, or a change.
"""

from __future__ import annotations

import asyncio
import time

from opsconsole.console.context import Context
from opsconsole.console.link import LinkError
from opsconsole.engine.messages import AskMarks, Mark, Marks

LIMIT = 500
"""So many of the latest events are looked through for notes; a chart has no room for more."""
STEP = 0.25
"""Part of the chart's stretch by which its start may move on before it is asked anew."""
AGAIN = 5.0
"""Seconds between two questions, however often notes come."""


NOTED = ("commented", "changed")


class Notes:
    """The notes of one KPI in the stretch that a chart shows."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._known: list[Mark] = []
        self._for: tuple[object, ...] | None = None
        self._since = self._until = 0.0
        self._asked = -AGAIN

    def of(self, kpi: str, start: float, end: float) -> list[Mark]:
        """Those known now, the earliest first; what may have changed is asked for in the background."""
        model = self._ctx.model
        changed = tuple(each.id for each in model.marked if kpi in each.kpis)
        spoken = changed, tuple((each.id, each.note, each.note_by) for each in model.alerts.values() if each.kpi == kpi)
        as_of = model.site.as_of if model.site is not None else None
        moved = not self._since <= start or end - self._until > STEP * (end - start)
        if (kpi, as_of, spoken) != self._for or moved:
            self._for, self._since, self._until = (kpi, as_of, spoken), start, end
            last = end + STEP * (end - start) if as_of is None else min(end, as_of)
            self._ctx.spawn(self._ask(AskMarks(since=start, until=last, kpi=kpi, limit=LIMIT)))
        return [note for note in self._known if start <= note.at <= end]

    async def _ask(self, body: AskMarks) -> None:
        wanted = self._for
        await asyncio.sleep(max(0.0, self._asked + AGAIN - time.monotonic()))
        if self._for != wanted:
            return  # what has come since is asked for by itself
        self._asked = time.monotonic()
        try:
            answer = await self._ctx.ask(body)
        except LinkError:
            self._for = None  # asked again when the engine is back
            return
        if isinstance(answer, Marks):
            self._known = [mark for mark in answer.marks if mark.what in NOTED and mark.said]
