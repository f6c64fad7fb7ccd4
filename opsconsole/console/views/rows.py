"""Rows behind a KPI or an alert, or of a whole source, by pages; the cursor stands on a cell."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import GUTTER, AnyRow, Column, Pane, Row
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, width
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AskRows, Rows
from opsconsole.site.builtin import BUILT_IN

PAGE = 200
WIDEST = 32
NUMERIC = ("INT", "DOUBLE", "FLOAT", "REAL", "DECIMAL", "NUMERIC")


class RowsView(View):
    """A table of rows. Pages are fetched as the cursor nears the end; what is loaded stays as it was loaded."""

    @property
    def stack(self) -> str:
        return "rows"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane((), empty="asking the engine …")
        self.column = 0
        self.total = 0
        self.source = ""
        self.note = ""
        self.newer = False
        self._types: list[str] = []
        self._decimals: list[int] = []
        self._origin: dict[str, tuple[str, int]] = {}
        self._values: dict[str, tuple[Any, ...]] = {}
        self.misfits = 0
        self._raw: dict[tuple[str, int], str] = {}
        self._next: list[Any] | None = None
        self._asking = False

    @property
    def pane(self) -> Pane:
        return self._pane

    def label(self) -> str:
        return self.crumbs()[-1]

    def crumbs(self) -> list[str]:
        chosen = [f"{inert(dim)} {inert(member or '(none)')}" for dim, member in self.address.where]
        if self.address.of == "kpi":
            kpi = self.ctx.model.kpis.get(self.address.name)
            return [inert(kpi.title or kpi.name) if kpi else inert(self.address.name), *chosen, "rows"]
        if self.address.of == "source":
            return [" ".join([inert(self.address.name), *chosen])]
        return [" ".join(chosen) or "rows"]

    def sql_address(self) -> Address | None:
        if self.address.of != "kpi":
            return None
        return Address("sql", name=self.address.name, where=self.address.where, show="rows")

    def update(self, topics: set[str]) -> None:
        if "data" not in topics or self._asking:
            return
        if self._pane.all:
            self.newer = True
        else:
            # nothing can move under the cursor of an empty table
            self.ctx.spawn(self.load())

    # --- loading ---

    async def load(self) -> None:
        """The first page anew; the cursor stays on its row where that is among it."""
        wanted = max(PAGE, min(len(self._pane.all), 5000))
        page = await self._page(None, wanted)
        if page is None:
            self._pane.empty = self.trouble
            return
        self.newer = False
        self._origin.clear()
        self._values.clear()
        self._raw.clear()
        self.misfits = 0
        self._start(page)
        self._take(page, [])

    async def _page(self, after: list[Any] | None, limit: int) -> Rows | None:
        of = {self.address.of: self.address.name}
        body = AskRows(
            kpi=of.get("kpi", ""),
            alert=of.get("alert", ""),
            source=of.get("source", ""),
            where=dict(self.address.where),
            after=after,
            limit=limit,
        )
        self._asking = True
        try:
            answer = await self.ask(body)
        finally:
            self._asking = False
        return answer if isinstance(answer, Rows) else None

    async def _more(self) -> None:
        page = await self._page(self._next, PAGE)
        if page is not None:
            self._take(page, self._pane.all)

    def _start(self, page: Rows) -> None:
        """Columns get their width from the first page and keep it, so that nothing moves as pages come."""
        self.source = page.source
        self._types = [*page.types, "VARCHAR", "BIGINT"]
        titles = [*page.columns, "file", "line"]
        columns: list[Column] = []
        self._decimals = []
        for title, kind, data in zip(titles, self._types, [*page.data, page.files, page.lines], strict=True):
            sample = list(itertools.islice(data, 500))
            self._decimals.append(max((decimals(value) for value in sample), default=0))
            texts = [width(inert(self._text(len(columns), value))) for value in sample]
            texts += [width(inert(misfit.raw)) for misfit in page.misfits if misfit.column == len(columns)]
            size = min(WIDEST, max([width(inert(title)), *texts, 3]))
            columns.append(
                Column(inert(title), size, "right" if any(name in kind.upper() for name in NUMERIC) else "left")
            )
        self._pane.columns = columns
        self._pane.empty = page.note or "no rows"
        self.column = min(self.column, len(columns) - 1)

    def _text(self, column: int, value: object) -> str:
        """A cell's text; numbers of a column share their decimals, so that they stand below each other."""
        places = self._decimals[column]
        if isinstance(value, float) and places > 0 and math.isfinite(value):
            return f"{value:.{places}f}"
        return fmt.value_text(value)

    def _take(self, page: Rows, before: Sequence[AnyRow]) -> None:
        self.total, self.note, self._next = page.total, page.note, page.next
        rows: list[AnyRow] = list(before)
        raw: dict[int, dict[int, str]] = {}
        for misfit in page.misfits:
            raw.setdefault(misfit.row, {})[misfit.column] = misfit.raw
            self.misfits += 1
        for number, values in enumerate(zip(*page.data, page.files, page.lines, strict=True)):
            file, line = values[-2], values[-1]
            key = f"{file}:{line}"
            while key in self._origin:
                key += "'"
            self._origin[key] = (file, line)
            self._values[key] = values
            own = raw.get(number, {})
            self._raw |= {(key, at): text for at, text in own.items()}
            texts = tuple(own[at] if at in own else self._text(at, value) for at, value in enumerate(values))
            styled = tuple([(inert(text), "warning" if at in own else "")] for at, text in enumerate(texts))
            rows.append(Row(key, styled, copy="\t".join(texts)))
        self._pane.set_rows(rows)

    def _reach(self) -> None:
        """Fetch the next page before the cursor gets there."""
        near = self._pane.index + self._pane.height >= len(self._pane.rows) - 20
        if near and self._next is not None and not self._asking:
            self._asking = True
            self.ctx.spawn(self._more())

    # --- moving ---

    def move(self, dx: int, dy: int) -> None:
        if dy:
            self._pane.move(dy)
            self._reach()
        if dx:
            self.column = max(0, min(self.column + dx, len(self._pane.columns) - 1))

    def do_bottom(self) -> None:
        super().do_bottom()
        self._reach()

    def target(self) -> Address | None:
        row = self._pane.current
        if row is None:
            return None
        file, line = self._origin[row.key]
        if self.source in BUILT_IN:
            # a row about a source: its files are behind it
            at = [column.title for column in self._pane.columns].index("source")
            return Address("source", name=str(self._values[row.key][at]))
        if not file:  # computed from rows of several lines: what it is made of is behind it
            return Address("source", name=self.source)
        return Address("line", name=self.source, by=file, line=line)

    def copied(self) -> str:
        row = self._pane.current
        if row is None:
            return ""
        raw = self._raw.get((row.key, self.column))
        return raw if raw is not None else self._text(self.column, self._values[row.key][self.column])

    # --- drawing ---

    def draw(self, cells: int, lines: int) -> list[Line]:
        return [heading("Rows", self._note(), cells, True), *self._table(cells, lines - 1)]

    def _note(self) -> Line:
        pane = self._pane
        note: Line = []
        if pane.all:
            shown = f"{fmt.number(len(pane.all), 0)} of {fmt.count(self.total, 'row')}"
            note.append((shown if len(pane.all) < self.total else fmt.count(self.total, "row"), ""))
        if pane.filter:
            note.append((f" · filter among these: {inert(pane.filter)}, {len(pane.rows)} match", "bold"))
        if self.misfits:
            cells = fmt.count(self.misfits, "cell")
            note.append((f" · {cells} did not fit: shown raw, missing in the table", "warning"))
        if self.newer:
            note.append((" · newer data: r", "bold"))
        if self.trouble or self.note:
            note.append((f" · {inert(self.trouble or self.note)}", "warning" if self.trouble else "dim"))
        return note

    def _table(self, cells: int, lines: int) -> list[Line]:
        """The columns from the pane's first on; it moves so that the cursor's column is among them."""
        pane = self._pane
        if not pane.columns:
            return pane.draw(cells, lines, True)
        pane.first = min(pane.first, self.column)
        while pane.first < self.column and self._span(pane.first, self.column) > cells - GUTTER:
            pane.first += 1
        drawn = pane.draw(cells, lines, True)
        size = pane.columns[self.column].width
        start = GUTTER + self._span(pane.first, self.column) - size - 1
        for at, style in ((0, "bold"), (pane.index - pane.top + 1, "cell")):
            if 0 <= at < len(drawn) and pane.rows:
                drawn[at] = _overlay(drawn[at], start, min(cells, start + size), style)
        return drawn

    def _span(self, first: int, last: int) -> int:
        return sum(column.width + 1 for column in self._pane.columns[first : last + 1])


def decimals(value: object) -> int:
    """How many decimals a number needs, at most six."""
    if not isinstance(value, float) or not math.isfinite(value):
        return 0
    text = f"{value:.6f}".rstrip("0")
    return len(text) - text.index(".") - 1


def _overlay(line: Line, start: int, stop: int, style: str) -> Line:
    """A line with `style` added between two cells."""
    out: Line = []
    x = 0
    for text, own in line:
        for char in text:
            size = width(char)
            inside = start <= x < stop
            styles = f"{own} {style}".strip() if inside else own
            if out and out[-1][1] == styles:
                out[-1] = (out[-1][0] + char, styles)
            else:
                out.append((char, styles))
            x += size
    return fit(out, x)
