"""What the engine knows of one KPI, for its own chart: asked for where it is wanted, and as often as there is news."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw import layers as draw_layers
from opsconsole.console.draw.kpi import trend
from opsconsole.console.text import Line, fit, inert
from opsconsole.engine.messages import Answer, Ask, AskReport, KpiState, Report

KIND = "overlay"
FOLLOWED = 0.3
"""Wall seconds between two questions how far it is."""
HIGH, BESIDE = 10, 4
"""Lines that a chart has at least while more than its values is drawn on it, and those that are left for a list."""
_GAP = 2.0
"""Wall seconds between two questions for the same, at least: replayed site time may run fast."""
_EVERY = 60.0
"""Seconds of site time until what failed is tried again."""


class Layered:
    """What the engine knows of one KPI, as last answered. Asked for anew as often as there can be news of it."""

    def __init__(
        self, ctx: Context, ask: Callable[[Ask], Awaitable[Answer | None]], trouble: Callable[[], str]
    ) -> None:
        self._ctx = ctx
        self._ask = ask
        self._told = trouble
        self.trouble = ""
        self._result: dict[str, Any] | None = None
        self._key: object = None
        self._version: object = None
        self._asked = (0.0, 0.0)
        self._asking = False

    def chart(
        self, address: Address, kpi: KpiState, cells: int, lines: int, changed: Sequence[float] = ()
    ) -> list[Line]:
        """The KPI's trend, or its points with what the engine knows of them, where that is wanted and known."""
        zone, on = self._ctx.model.timezone, self._ctx.layers.on
        told = self.look(address.name, dict(address.where), self._ctx.asked_at(address.at), on)
        if told is not None:
            return draw_layers.own_chart(told, kpi, zone, cells, lines, changed)
        if not on:
            return trend(kpi, zone, cells, lines, changed)
        below = fit([(f" {inert(self.trouble or 'asking the engine …')}", "dim")], cells)
        return [*trend(kpi, zone, cells, lines - 1, changed), below]

    def high(self, lines: int, there: int) -> int:
        """How many lines the chart of a screen takes that would have `lines` of `there`."""
        return max(lines, min(HIGH, there - BESIDE)) if self._ctx.layers.on else lines

    def look(
        self, kpi: str, where: Mapping[str, str | None], at: float | None, on: tuple[str, ...]
    ) -> dict[str, Any] | None:
        """What is to be drawn of the layers `on`, as of a moment of site time (None: now).

        None: nothing, or it is not known (yet). What may be new is asked for.
        """
        if not on:
            return None
        key = (kpi, tuple(where.items()), at, on)
        if self._due(key) and not self._asking:
            self._asking = True
            options = {"kpi": kpi, "where": dict(where), "draw": list(on), "at": at}
            self._ctx.spawn(self._renew(AskReport(KIND, options), key))
        return self._result if self._key == key else None

    def forget(self) -> None:
        """Ask anew when it is drawn next."""
        self._version, self._asked = None, (0.0, 0.0)

    def _due(self, key: object) -> bool:
        if key != self._key:
            return True
        if self._news() == self._version:
            return False
        site, wall = self._asked
        every = self._result["every"] if self._result is not None else _EVERY
        return abs(self._ctx.now() - site) >= every and time.monotonic() - wall >= _GAP

    def _news(self) -> object:
        """What makes another answer possible: rows that came, changes that people marked."""
        model = self._ctx.model
        return (model.site.data_version if model.site is not None else 0, *(each.id for each in model.marked))

    async def _renew(self, body: AskReport, key: object) -> None:
        version, self._asked = self._news(), (self._ctx.now(), time.monotonic())
        try:
            answer = await self._ask(body)
            while isinstance(answer, Report) and answer.result is None and not answer.trouble:
                await asyncio.sleep(FOLLOWED)
                answer = await self._ask(AskReport(KIND, job=answer.job))
            told = answer if isinstance(answer, Report) else None
            # without an answer it is tried again, whether there is news or not
            self._key, self._version = key, version if told is not None else None
            self._result = told.result if told is not None else None
            self.trouble = told.trouble if told is not None else self._told()
        finally:
            self._asking = False  # where something else is wanted by now, the next drawing asks for it
