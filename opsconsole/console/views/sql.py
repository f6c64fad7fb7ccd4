"""The SQL behind a number, as `opsconsole query` takes it; `y` copies all of it."""

from __future__ import annotations

from typing import Literal

from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, inert, wrap
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AskSql, Sql


class SqlView(View):
    """One statement, line by line."""

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.sql = ""
        self._cells = 0
        self._pane = Pane((Column("", 20, grow=True),), empty="asking the engine …", header=False)

    @property
    def stack(self) -> str:
        return "sql"

    @property
    def pane(self) -> Pane:
        return self._pane

    def label(self) -> str:
        return "SQL"

    def crumbs(self) -> list[str]:
        kpi = self.ctx.model.kpis.get(self.address.name)
        title = inert(kpi.title or kpi.name) if kpi else inert(self.address.name)
        chosen = [f"{inert(dim)} {inert(member or '(none)')}" for dim, member in self.address.where]
        return [title, *chosen, *(["rows"] if self.address.show == "rows" else []), "SQL"]

    async def load(self) -> None:
        what: Literal["value", "breakdown", "rows"] = "breakdown" if self.address.by else "value"
        if self.address.show == "rows":
            what = "rows"
        answer = await self.ask(AskSql(self.address.name, what, self.address.by, dict(self.address.where)))
        if isinstance(answer, Sql):
            self.sql, self._cells = answer.sql, 0
        else:
            self._pane.empty = inert(self.trouble)

    def draw(self, cells: int, lines: int) -> list[Line]:
        if self.sql and cells != self._cells:
            self._cells = cells
            folded = [piece for line in self.sql.split("\n") for piece in fold(line, cells - 4)]
            self._pane.set_rows([Row(str(at), (cell(inert(line)),)) for at, line in enumerate(folded)])
        note: Line = [(self.ctx.told("{copy} copies all of it; {edit-sql} edits it"), "dim")]
        return [heading("SQL", note, cells, True), *self._pane.draw(cells, lines - 1, True)]

    def copied(self) -> str:
        return self.sql


def fold(line: str, cells: int) -> list[str]:
    """A line of SQL in pieces that fit; what goes on is indented below its beginning."""
    indent = line[: len(line) - len(line.lstrip())]
    first, *rest = wrap(line.strip(), max(8, cells - len(indent) - 4)) or [""]
    return [indent + first, *(f"{indent}    {piece}" for piece in rest)]
