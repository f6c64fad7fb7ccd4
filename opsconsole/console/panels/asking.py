"""Panels that ask the engine for what they show, where the tables or the moment looked at have moved on."""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar

from opsconsole.console.context import Context
from opsconsole.console.link import LinkError
from opsconsole.console.panels import Panel
from opsconsole.engine.messages import Answer, Ask, Failure
from opsconsole.site.model import Panel as PanelSpec


class AskingPanel(Panel):
    """One question at a time. `every`: seconds between two at least, however fast rows come; `rest`: and so many times
    as long as the last answer took."""

    every: ClassVar[float] = 2.0
    rest: ClassVar[float] = 0.0

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.trouble = ""
        self._wanted: tuple[int, float | None] | None = None
        self._asked, self._took = -self.every, 0.0

    def question(self, at: float | None) -> Ask:
        """What is asked; `at` is the moment looked at, None: now."""
        raise NotImplementedError

    def take(self, answer: Answer) -> None:
        """Show what was answered."""
        raise NotImplementedError

    def update(self) -> None:
        site = self.ctx.model.site
        if site is None:
            return
        wanted, before = (site.data_version, site.as_of), self._wanted
        self._wanted = wanted
        if before is None or before[1] != wanted[1]:
            self._asked, self._took = -self.every, 0.0
        if before != wanted:
            self.ctx.spawn(self._load(wanted))

    def asked_as(self, old: AskingPanel) -> None:
        """Go on where another one was: what it was answered is shown."""
        self._wanted, self._asked, self._took = old._wanted, old._asked, old._took

    async def _load(self, wanted: tuple[int, float | None]) -> None:
        await asyncio.sleep(max(0.0, self._asked + max(self.every, self.rest * self._took) - time.monotonic()))
        if self._wanted != wanted:
            return  # what came later is asked for by itself
        self._asked = time.monotonic()
        try:
            answer = await self.ctx.ask(self.question(wanted[1]))
        except LinkError:
            self._wanted = None
            return
        self._took = time.monotonic() - self._asked
        self.trouble = answer.message if isinstance(answer, Failure) else ""
        self.take(answer)
