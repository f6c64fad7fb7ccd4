"""The newest rows of a source, as many as fit; Enter opens the table."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.link import LinkError
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import Panel, heading
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, inert, width
from opsconsole.engine.messages import AskPage, Failure, TableOf, TablePage
from opsconsole.site.model import Panel as PanelSpec

EVERY = 2.0
"""Seconds between two questions, however fast rows come."""
LIMIT = 100
WIDEST = 28


class TablePanel(Panel):
    """Rows by the columns that the layout names, else by those that fit."""

    kind = "table"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane((), empty="reading …")
        self._rows: TablePage | None = None
        self._wanted: tuple[int, float | None] | None = None
        self._asked = -EVERY
        self._trouble = ""

    def wanted(self, _cells: int) -> int:
        return 2 + min(self.spec.most or 8, 8)

    def most(self, _cells: int) -> int:
        return 2 + min(self.spec.most or 20, LIMIT)

    def update(self) -> None:
        """Ask for the rows where the tables have moved on; one question at a time."""
        site = self.ctx.model.site
        if site is None:
            return
        wanted, before = (site.data_version, site.as_of), self._wanted
        self._wanted = wanted
        if before is None or before[1] != wanted[1]:
            self._asked = -EVERY
        if before != wanted:
            self.ctx.spawn(self._load(wanted))

    async def _load(self, wanted: tuple[int, float | None]) -> None:
        await asyncio.sleep(max(0.0, self._asked + EVERY - time.monotonic()))
        if self._wanted != wanted:
            return  # what came later is asked for by itself
        self._asked = time.monotonic()
        try:
            answer = await self.ctx.ask(
                AskPage(TableOf(source=self.spec.of, at=wanted[1]), limit=min(self.spec.most or LIMIT, LIMIT))
            )
        except LinkError:
            self._wanted = None
            return
        self._trouble = answer.message if isinstance(answer, Failure) else ""
        if isinstance(answer, TablePage):
            self._take(answer)

    def _take(self, rows: TablePage) -> None:
        assert self.pane is not None
        self._rows = rows
        chosen = self.spec.columns or rows.columns
        places = {name.lower(): at for at, name in enumerate(rows.columns)}
        at = [places[name.lower()] for name in chosen if name.lower() in places]
        texts = [[inert(fmt.value_text(value)) for value in rows.data[column]] for column in at]
        self.pane.columns = [
            _column(rows.columns[column], own, rows.data[column], drop)
            for drop, (column, own) in enumerate(zip(at, texts, strict=True))
        ]
        self.pane.empty = "no rows yet"
        # a row that stands in no line of a file has no name but its place
        keys = [f"{file}:{line or -at}" for at, (file, line) in enumerate(zip(rows.files, rows.lines, strict=True))]
        self.pane.set_rows([Row(key, tuple(cell(own[at]) for own in texts)) for at, key in enumerate(keys)])

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        source = self.ctx.model.sources.get(self.spec.of)
        title = self.spec.title or (source.title if source is not None and source.title else self.spec.of)
        if self._trouble:
            self.pane.empty = inert(self._trouble)
        note: Line = []
        if self._rows is not None:
            lines = min(len(self.pane.rows), max(0, spot.lines - 2))
            of_all = f" of {fmt.count(self._rows.total, 'row')}" if self._rows.total is not None else ""
            note = [(f"newest {lines}{of_all} · {self.ctx.told('{open}')} all", "dim")]
        return [heading(inert(title), note, spot.cells, focused), *self.pane.draw(spot.cells, spot.lines - 1, focused)]

    def open(self) -> Address | None:
        return Address("rows", of="source", name=self.spec.of)

    def inherit(self, old: Panel) -> None:
        if isinstance(old, TablePanel):
            self.pane, self._rows, self._wanted, self._asked = old.pane, old._rows, old._wanted, old._asked


def _column(name: str, texts: Sequence[str], values: Sequence[object], drop: int) -> Column:
    """As wide as its widest cell; numbers at the right. Of those that do not fit the last goes first."""
    numeric = all(isinstance(value, int | float) or value is None for value in values)
    size = min(WIDEST, max([width(name), *(width(text) for text in texts)]))
    return Column(name, size, "right" if numeric else "left", drop=drop)
