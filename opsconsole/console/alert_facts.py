"""What the engine tells of one alert beyond the list: its history, the rows behind it, its procedure; asked when the
cursor has rested on it, and kept by id, version and the number of steps ticked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from msgspec import Struct

from opsconsole.console.context import Context
from opsconsole.console.link import LinkError
from opsconsole.engine.messages import (
    AlertDetail,
    AlertState,
    Answer,
    Ask,
    AskAlert,
    AskPage,
    AskProcedure,
    Failure,
    Procedure,
    TableOf,
    TablePage,
)

REST = 0.15
"""Seconds that the cursor rests on an alert before anything is asked of it."""
LATEST = 1.0
"""Seconds after which an alert is shown even if nothing more is known of it yet."""
EVIDENCE = 12
KEPT = 100


Seen = tuple[int, int]
"""Of an alert: its version, and how many steps of its procedure are ticked."""


class Facts(Struct, frozen=True):
    """What is known of an alert; `trouble` is why its rows cannot be shown."""

    detail: AlertDetail | None = None
    rows: TablePage | None = None
    procedure: Procedure | None = None
    trouble: str = ""


class AlertFacts:
    """The facts of alerts of one screen. `rest`: seconds to wait before asking; `then`: the past that is looked at."""

    def __init__(self, ctx: Context, then: Callable[[], float | None], rest: float = REST) -> None:
        self._ctx = ctx
        self._then = then
        self._rest = rest
        self._kept: dict[str, tuple[Seen, float | None, Facts]] = {}
        self._wanted: tuple[str, Seen, float | None] | None = None
        self._beside: AlertState | None = None
        self._coming = ""

    def beside(self, alert: AlertState) -> tuple[AlertState, Facts]:
        """The alert to be shown beside a list whose cursor is on `alert`, and what is known of it.

        It follows the cursor once that rests, with all there is to know: a key in the list sends what changed there.
        """
        facts = self.of(alert)
        if self._beside is None or self._beside.id == alert.id:
            self._beside, self._coming = alert, ""
            return alert, facts
        if self._coming != alert.id:
            self._coming = alert.id
            self._ctx.spawn(self._come(alert))
        return self._beside, self._as_shown(self._beside)

    def _as_shown(self, alert: AlertState) -> Facts:
        """What was known of an alert when it was shown."""
        known = self._kept.get(alert.id)
        return known[2] if known is not None and self._near(known[1], self._moment(alert)) else Facts()

    async def _come(self, alert: AlertState) -> None:
        await asyncio.sleep(self._rest)
        if self._coming == alert.id and not self._known(alert):
            await asyncio.sleep(LATEST - self._rest)
        self._arrive(alert)

    def _arrive(self, alert: AlertState) -> None:
        if self._coming == alert.id:
            self._beside, self._coming = alert, ""

    def _moment(self, alert: AlertState) -> float | None:
        """What the facts are to be of: while the picture stands still, of when that began."""
        return self._ctx.alert_at(alert.id, self._then())

    def _near(self, known: float | None, wanted: float | None) -> bool:
        """Whether facts of one moment may stand for those of another until they are there: as a pause begins."""
        return known == wanted or (known is None and self._then() is None)

    def _known(self, alert: AlertState) -> bool:
        known = self._kept.get(alert.id)
        return known is not None and known[:2] == (_seen(alert), self._moment(alert))

    def of(self, alert: AlertState) -> Facts:
        """What is known of an alert now; what is not is asked for, and shown once it is there."""
        wanted = (alert.id, _seen(alert), self._moment(alert))
        known = self._kept.get(alert.id)
        if known is not None and (alert.id, known[0], known[1]) == wanted:
            self._wanted = wanted
            return known[2]
        if wanted != self._wanted:
            self._wanted = wanted
            self._ctx.spawn(self._load(alert, wanted))
        # facts of a moment ago are better than none; those of another moment are not
        return known[2] if known is not None and self._near(known[1], wanted[2]) else Facts()

    def renew(self) -> None:
        """Ask anew for what is shown next; until that is there what was known is shown."""
        self._kept = {key: ((-1, 0), at, facts) for key, (_, at, facts) in self._kept.items()}
        self._wanted = None

    async def _load(self, alert: AlertState, wanted: tuple[str, Seen, float | None]) -> None:
        await asyncio.sleep(self._rest)
        if self._wanted != wanted:
            return
        at = wanted[2]
        detail = await self._ask(AskAlert(alert.id, at=at))
        if self._wanted != wanted:
            return
        rows = await self._ask(AskPage(TableOf(alert=alert.id, at=at), limit=EVIDENCE))
        procedure = await self._ask(AskProcedure(alert=alert.id, at=at)) if alert.procedure else None
        trouble = rows.message if isinstance(rows, Failure) else ""
        facts = Facts(
            detail if isinstance(detail, AlertDetail) else None,
            rows if isinstance(rows, TablePage) else None,
            procedure if isinstance(procedure, Procedure) else None,
            trouble,
        )
        self._kept.pop(alert.id, None)
        self._kept[alert.id] = (wanted[1], at, facts)
        while len(self._kept) > KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._arrive(alert)

    async def _ask(self, body: Ask) -> Answer | None:
        try:
            return await self._ctx.ask(body)
        except LinkError:
            return None


def _seen(alert: AlertState) -> Seen:
    return alert.version, alert.ticked
