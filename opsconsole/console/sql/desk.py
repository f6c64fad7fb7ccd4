"""What all screens and prompts of SQL of a console share: what completion knows, and the statements run before."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from opsconsole.console.context import Context
from opsconsole.console.link import LinkError
from opsconsole.console.sql.history import Statements, history_file
from opsconsole.engine.messages import AskSchema, Schema
from opsconsole.engine.place import Place

_FRESH = 30.0
"""Seconds after which is asked again what there is."""


def desk_of(ctx: Context, place: Place) -> SqlDesk:
    """The desk of a person at a site."""
    return SqlDesk(ctx, history_file(place))


class SqlDesk:
    """`file` is where the statements are kept, None: nowhere."""

    def __init__(self, ctx: Context, file: Path | None) -> None:
        self.ctx = ctx
        self.statements = Statements(file)
        self.cut_text = ""
        self._schema: Schema | None = None
        self._asked: float | None = None
        self._numbers = itertools.count(1)

    def schema(self) -> Schema | None:
        """What can be named, as last answered; asks anew in the background. None: not known yet."""
        now = time.monotonic()
        if self._asked is None or now - self._asked > _FRESH:
            self._asked = now
            self.ctx.spawn(self._ask())
        return self._schema

    async def _ask(self) -> None:
        try:
            answer = await self.ctx.ask(AskSchema())
        except LinkError:
            self._asked = None  # without an engine there is nothing to complete; it is asked again
            return
        if isinstance(answer, Schema):
            self._schema = answer

    def name(self) -> str:
        """A name for what is run next."""
        return f"run-{next(self._numbers)}"
