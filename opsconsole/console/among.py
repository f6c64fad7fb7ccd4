"""KPIs among the rows of some members, as last answered: asked anew in the background, not at every change."""

from __future__ import annotations

import time
from collections.abc import Mapping

from msgspec import Struct

from opsconsole.console.context import Context
from opsconsole.console.link import LinkError
from opsconsole.engine.messages import AskKpi, KpiAmong, KpiState

EVERY = 2.0
"""Seconds between two questions for the same part of a KPI, however fast data comes."""
KEPT = 50

_Key = tuple[str, tuple[tuple[str, str | None], ...], str]


class _Known(Struct, frozen=True):
    """What is known of one part: when it was asked for (monotonic s), at which data version, and the answer."""

    asked: float
    version: int
    kpi: KpiState | None


class Among:
    """The parts asked for last."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._known: dict[_Key, _Known] = {}

    def get(self, kpi: str, where: Mapping[str, str | None], at: str) -> KpiState | None:
        """A KPI among some members at the moment of an address; None where it is not known yet."""
        key: _Key = (kpi, tuple(where.items()), at)
        site = self._ctx.model.site
        version = site.data_version if site is not None else -1
        known = self._known.get(key, _Known(-EVERY, -1, None))
        if known.version != version and time.monotonic() - known.asked >= EVERY:
            self._keep(key, _Known(time.monotonic(), version, known.kpi))
            self._ctx.spawn(self._ask(key, AskKpi(kpi, dict(where), self._ctx.asked_at(at)), version))
        return known.kpi

    async def _ask(self, key: _Key, body: AskKpi, version: int) -> None:
        try:
            answer = await self._ctx.ask(body)
        except LinkError:
            return  # the banner says that the engine is gone
        if isinstance(answer, KpiAmong):
            self._keep(key, _Known(time.monotonic(), version, answer.kpi))

    def _keep(self, key: _Key, known: _Known) -> None:
        self._known = {**dict(list(self._known.items())[-KEPT:]), key: known}
