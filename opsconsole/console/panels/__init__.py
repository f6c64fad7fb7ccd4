"""The panels a layout arranges: each draws itself into its rectangle, moves its cursor and knows what Enter opens.

Here is what all share; each kind has a small file of its own, named in `opsconsole.console.panels.kinds`.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from opsconsole.console import fmt, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw.tile import change, window_word
from opsconsole.console.model import Model
from opsconsole.console.pane import AnyRow, Pane
from opsconsole.console.place import PANEL_WIDTH, Spot
from opsconsole.console.text import Line, fit, inert, line_width
from opsconsole.engine.messages import KpiState
from opsconsole.site.model import Panel as PanelSpec

LEGIBLE = 14
"""Of a part of a heading that is cut off, the fewest cells that are worth showing."""


def heading(title: str, note: Line, cells: int, focused: bool) -> Line:
    """A rule with a title in it parts a panel from the one above; a heavy rule has the focus."""
    start: Line = [("━ " if focused else "─ ", "bold" if focused else "rule"), (title, "bold" if focused else "")]
    line = [*start, *([("  ", ""), *whole(note, cells - line_width(start) - 3)] if note else []), (" ", "")]
    rest = cells - line_width(line)
    return fit([*line, (("━" if focused else "─") * max(0, rest), "bold" if focused else "rule")], cells)


def whole(note: Line, cells: int) -> Line:
    """A note without the parts at its end of which so little would be seen that it says nothing: "· 1 mo…"."""
    kept = list(note)
    while len(kept) > 1 and line_width(kept) > cells and cells - line_width(kept[:-1]) < LEGIBLE:
        kept.pop()
    return kept


class Panel:
    """What all panels share; `spec` is how the layout file asks for it."""

    kind = ""
    focusable = True

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        self.ctx = ctx
        self.spec = spec
        self.pane: Pane | None = None

    def tiles(self) -> int:
        """How many KPI tiles it holds."""
        return 0

    def breadth(self) -> int:
        """The fewest cells it is of use with beside another panel."""
        return PANEL_WIDTH

    def least(self) -> int:
        """The fewest lines it is of use with."""
        return 3

    def wanted(self, _cells: int) -> int:
        """How many lines would show all of it."""
        return len(self.pane.all) + 1 + self.pane.header if self.pane else self.least()

    def most(self, cells: int) -> int:
        """How many lines it can make use of."""
        return self.wanted(cells)

    def update(self) -> None:
        """Take from the model what is shown."""

    def kpi(self) -> KpiState:
        """The KPI it shows, under the title of the layout; one without data where it is not there any more."""
        return state_of(self.ctx.model, self.spec)

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        """The lines of its rectangle."""
        raise NotImplementedError

    def move(self, _dx: int, dy: int) -> bool:
        """Move its cursor; False where there is nothing more in that direction."""
        return self.pane.move(dy) if self.pane and dy else False

    def open(self) -> Address | None:
        """What Enter leads to."""
        return None

    def inherit(self, old: Panel) -> None:
        """Take over the cursor of the panel that stood here before the layout changed."""
        if self.pane is not None and old.pane is not None and old.pane.cursor is not None:
            self.pane.set_filter(old.pane.filter)
            self.pane.point(old.pane.cursor)


def state_of(model: Model, spec: PanelSpec) -> KpiState:
    """The KPI that a panel shows, under the title that the layout gives it."""
    kpi = model.kpis.get(spec.of)
    if kpi is None:
        return KpiState(spec.of, spec.title or spec.of, "", "nodata", reason="not there any more")
    return replace(kpi, title=spec.title) if spec.title and spec.title != kpi.title else kpi


def value_note(kpi: KpiState) -> Line:
    """Sign, value and change of a KPI, for a heading."""
    style = signs.style(kpi.status)
    arrow, arrow_style = change(kpi)
    partial = "≈ " if kpi.partial and kpi.value is not None else ""
    value = partial + fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)
    note: Line = [(f"{signs.sign(kpi.status)} ".lstrip(), style or "dim"), (value, f"bold {style}".strip())]
    return [*note, (f"  {arrow}", arrow_style)] if arrow else note


def keep_order(pane: Pane, rows: Sequence[AnyRow]) -> Sequence[AnyRow]:
    """While rows are marked, lists are not sorted anew: those already shown keep their places, new ones come last."""
    if not any(row.key in pane.marks for row in rows):
        return rows
    places = {row.key: position for position, row in enumerate(pane.all)}
    return sorted(rows, key=lambda row: places.get(row.key, len(places)))


def window_note(kpi: KpiState, timezone: str) -> str:
    """The window a value covers: "shift · 06:00–10:52"."""
    stretch = fmt.span(kpi.start, kpi.end, timezone)
    return " · ".join(part for part in (window_word(kpi), stretch) if part)
