"""What a KPI's screen has asked the engine for: each part as last answered, and when it is to be asked for again."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from opsconsole.console.address import Address
from opsconsole.engine.messages import (
    Answer,
    Ask,
    AskBreakdown,
    AskCompare,
    AskDimensions,
    AskKpi,
    AskMoved,
    AskPage,
    Breakdown,
    Compared,
    Dimensions,
    KpiAmong,
    KpiState,
    Moved,
    TableOf,
    TablePage,
)

EVERY = 2.0
"""Seconds between two questions about other periods, however fast data comes: they change slowly."""
LATEST = 6
"""So many of the newest rows are shown below a wide screen."""

_T = TypeVar("_T")


class Answers:
    """The parts of one KPI's screen; None where there is no answer (yet), with the reason in `trouble`."""

    def __init__(self, ask: Callable[[Ask], Awaitable[Answer | None]], trouble: Callable[[], str]) -> None:
        self._ask = ask
        self._told = trouble
        self.among: KpiState | None = None
        self.table: Breakdown | None = None
        self.moved: Moved | None = None
        self.compared: Compared | None = None
        self.dimensions: Dimensions | None = None
        self.rows: TablePage | None = None
        self.trouble: dict[str, str] = {}
        self.late = False
        self._asked = -EVERY

    async def breakdown(self, address: Address, by: str) -> None:
        """The value of chosen members, and the breakdown by a dimension."""
        where = dict(address.where)
        if where or address.over:
            found = await self._part("among", AskKpi(address.name, where), KpiAmong)
            self.among = found.kpi if found is not None else self.among
        if by:
            self.table = await self._part("by", AskBreakdown(address.name, by, where), Breakdown)

    async def others(self, address: Address, *, rows: bool) -> None:
        """What moved it, what it is compared with and the latest rows."""
        self._asked, self.late = time.monotonic(), False
        where, against = dict(address.where), address.against or None
        moved = AskMoved(address.name, where=where, against=against)  # type: ignore[arg-type]  # parsed as one of them
        self.moved = await self._part("moved", moved, Moved)
        self.compared = await self._part("compared", AskCompare(address.name, where), Compared)
        if rows:
            page = AskPage(TableOf(kpi=address.name, where=where), limit=LATEST)
            self.rows = await self._part("rows", page, TablePage)
        if self.dimensions is None:
            self.dimensions = await self._part("dimensions", AskDimensions(address.name), Dimensions)

    def forget(self) -> None:
        """Nothing is known any more: another moment or range is looked at."""
        self.among = self.table = self.moved = self.compared = self.rows = None
        self.trouble = {}

    def due(self) -> bool:
        """Whether other periods may be asked for again; if not yet, they are `late`."""
        self.late = time.monotonic() - self._asked < EVERY
        return not self.late

    async def _part(self, name: str, body: Ask, kind: type[_T]) -> _T | None:
        answer = await self._ask(body)
        self.trouble[name] = self._told()
        return answer if isinstance(answer, kind) else None

    def names(self) -> Iterator[str]:
        """The columns it can be broken down by, as far as they are known."""
        for each in self.dimensions.dimensions if self.dimensions is not None else ():
            yield each.name
