"""The newest rows of a source, as many as fit; Enter opens the table."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import Panel, heading
from opsconsole.console.panels.asking import AskingPanel
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, inert, width
from opsconsole.engine.messages import Answer, Ask, AskPage, TableOf, TablePage
from opsconsole.site.model import Panel as PanelSpec

LIMIT = 100
WIDEST = 28


class TablePanel(AskingPanel):
    """Rows by the columns that the layout names, else by those that fit."""

    kind = "table"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane((), empty="reading …")
        self._rows: TablePage | None = None

    def wanted(self, _cells: int) -> int:
        return 2 + min(self.spec.most or 8, 8)

    def most(self, _cells: int) -> int:
        return 2 + min(self.spec.most or 20, LIMIT)

    def question(self, at: float | None) -> Ask:
        return AskPage(TableOf(source=self.spec.of, at=at), limit=min(self.spec.most or LIMIT, LIMIT))

    def take(self, answer: Answer) -> None:
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
        if self.trouble:
            self.pane.empty = inert(self.trouble)
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
            self.pane, self._rows = old.pane, old._rows
            self.asked_as(old)


def _column(name: str, texts: Sequence[str], values: Sequence[object], drop: int) -> Column:
    """As wide as its widest cell; numbers at the right. Of those that do not fit the last goes first."""
    numeric = all(isinstance(value, int | float) or value is None for value in values)
    size = min(WIDEST, max([width(name), *(width(text) for text in texts)]))
    return Column(name, size, "right" if numeric else "left", drop=drop)
