"""What the panels of a KPI's members share: bars, Pareto, the worst of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from opsconsole.console import fmt, lists
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw.heat import member_text
from opsconsole.console.draw.tile import change
from opsconsole.console.pane import AnyRow, Column, LateRow, Pane, Row
from opsconsole.console.panels import Panel, heading, value_note
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, inert, width
from opsconsole.engine.messages import Breakdown, KpiState, Status
from opsconsole.site.model import Panel as PanelSpec

NAME = 20
"""Cells that names of members have at most."""
FIGURE = 16
"""Cells that values with their units have at most."""
PART = "~"
"""The key of a row that is no member."""


class Members(Panel):
    """What the panels of a KPI's members share: the breakdown, its heading, and where Enter leads."""

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane((), empty="no data in this window yet", header=False)
        self._names = 8
        self.figures = 8

    def table(self) -> Breakdown | None:
        """The breakdown as the engine sent it last."""
        return self.ctx.model.breakdowns.get((self.spec.of, self.spec.by))

    def limit(self) -> int | None:
        """How many members are shown at most."""
        return self.spec.most

    def columns(self, names: int) -> Sequence[Column]:
        """The columns, of which that of the bar grows; `names` are the cells of the longest name."""
        raise NotImplementedError

    def rows(self, table: Breakdown, _bar_cells: int, /) -> list[AnyRow]:
        """A row for each member that is shown."""
        raise NotImplementedError

    def note(self, table: Breakdown | None) -> Line:
        """What the heading says beside the title."""
        return value_note(self.kpi()) if table is not None else []

    def update(self) -> None:
        table = self.table()
        known = table.members[: self.limit()] if table is not None else ()
        self._names = min(NAME, max((width(member_text(member)) for member in known), default=8))
        kpi = self.kpi()
        texts = (
            [fmt.quantity(each, inert(kpi.unit), kpi.decimals) for each in table.values[: len(known)]] if table else []
        )
        self.figures = min(FIGURE, max([8, *(width(text) for text in texts)]))
        assert self.pane is not None
        self.pane.columns = list(self.columns(self._names))
        self.pane.set_rows(self.rows(table, self._size(80)) if table is not None else [])

    def _size(self, cells: int) -> int:
        """The cells of the bars' column."""
        assert self.pane is not None
        return max((size for _, column, size in self.pane.fitted(cells) if column.grow), default=0)

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        table, kpi = self.table(), self.kpi()
        if table is not None:
            self.pane.set_rows(self.rows(table, self._size(spot.cells)))
        title = inert(self.spec.title or f"{kpi.title} by {self.spec.by}")
        lines = self.pane.draw(spot.cells, spot.lines - 1, focused)
        note = self.note(table)
        shown = f"{self.pane.more()}" if self.pane.more() else self._left_out(table)
        if shown:
            note = [*note, (f" · {shown}" if note else shown, "dim")]
        return [heading(title, note, spot.cells, focused), *lines]

    def _left_out(self, table: Breakdown | None) -> str:
        """Of how many members the layout shows the first."""
        most = self.limit()
        return f"{most} of {fmt.number(table.total, 0)}" if table is not None and most and most < table.total else ""

    def open(self) -> Address | None:
        assert self.pane is not None
        if self.pane.current is None or self.pane.current.key == PART:
            return Address("kpi", name=self.spec.of, by=self.spec.by)
        member = lists.key_member(self.pane.current.key)
        return Address("rows", of="kpi", name=self.spec.of, where=((self.spec.by, member),))


def delta(kpi: KpiState, value: float | None, before: float | None, status: Status) -> tuple[str, str]:
    """The change of a member against the period before, as of the KPI itself."""
    if value is None or before is None:
        return "", ""
    return change(replace(kpi, change=value - before, status=status))


def late(member: str | None, make: Callable[[], Row]) -> LateRow:
    """A member's row, made when it comes in sight."""
    return LateRow(lists.member_key(member), make, lambda: member_text(member).casefold())
