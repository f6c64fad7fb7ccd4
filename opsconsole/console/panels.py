"""The panels a layout arranges: each draws itself into its rectangle, moves its cursor and knows what Enter opens."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.console import alert_lists, fmt, lists, signs
from opsconsole.console.address import Address
from opsconsole.console.alert_facts import AlertFacts
from opsconsole.console.context import Context
from opsconsole.console.detail import detail
from opsconsole.console.draw.heat import heat
from opsconsole.console.draw.tile import one_line, tile, window_word
from opsconsole.console.model import Model
from opsconsole.console.pane import AnyRow, Pane, Row
from opsconsole.console.place import Spot, per_line
from opsconsole.console.text import Line, beside, fit, inert, line_width, restyle, wrap
from opsconsole.engine.messages import KpiState
from opsconsole.site.model import Panel as PanelSpec


def heading(title: str, note: Line, cells: int, focused: bool) -> Line:
    """A rule with a title in it parts a panel from the one above; a heavy rule has the focus."""
    start: Line = [("━ " if focused else "─ ", "bold" if focused else "rule"), (title, "bold" if focused else "")]
    line = [*start, *([("  ", ""), *note] if note else []), (" ", "")]
    rest = cells - line_width(line)
    return fit([*line, (("━" if focused else "─") * max(0, rest), "bold" if focused else "rule")], cells)


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


class TilesPanel(Panel):
    """Neighbouring KPI tiles of a row, with one cursor over them."""

    kind = "kpi"

    def __init__(self, ctx: Context, specs: Sequence[PanelSpec]) -> None:
        super().__init__(ctx, specs[0])
        self.specs = list(specs)
        self.at = 0
        self._across = 1

    def tiles(self) -> int:
        return len(self.specs)

    def least(self) -> int:
        return 1

    def update(self) -> None:
        self.at = min(self.at, len(self.specs) - 1)

    def name(self) -> str:
        """The KPI under the cursor."""
        return self.specs[self.at].of

    def _state(self, spec: PanelSpec) -> KpiState:
        kpi = self.ctx.model.kpis.get(spec.of)
        if kpi is None:
            return KpiState(spec.of, spec.title or spec.of, "", "nodata", reason="not there any more")
        if spec.title and spec.title != kpi.title:
            from msgspec.structs import replace

            return replace(kpi, title=spec.title)
        return kpi

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        states = [self._state(spec) for spec in self.specs]
        if spot.tile == 1:
            self._across = max(1, spot.cells // 48)
            size = (spot.cells - 2 * (self._across - 1)) // self._across
            drawn = [[one_line(kpi, size, focused and at == self.at)] for at, kpi in enumerate(states)]
            return self._grid(drawn, size, 1, spot)
        self._across = per_line(len(states), spot.cells)
        gap = 1 if spot.cells < 100 else 2
        size = (spot.cells - gap * (self._across - 1)) // self._across
        drawn = [tile(kpi, size, spot.tile, focused and at == self.at) for at, kpi in enumerate(states)]
        return self._grid(drawn, size, spot.tile, spot)

    def _grid(self, drawn: list[list[Line]], size: int, lines: int, spot: Spot) -> list[Line]:
        rows = [drawn[at : at + self._across] for at in range(0, len(drawn), self._across)]
        shown = max(1, spot.lines // lines)
        here = self.at // self._across
        first = max(0, min(here - shown + 1, len(rows) - shown)) if here >= shown else 0
        out: list[Line] = []
        for row in rows[first : first + shown]:
            out += beside([(size, block) for block in row], 1 if spot.cells < 100 and lines > 1 else 2, lines)
        return out

    def move(self, dx: int, dy: int) -> bool:
        target = self.at + dx + dy * self._across
        if dx and target // self._across != self.at // self._across:
            return False
        if not 0 <= target < len(self.specs):
            return False
        self.at = target
        return True

    def open(self) -> Address | None:
        return Address("kpi", name=self.name())

    def inherit(self, old: Panel) -> None:
        if isinstance(old, TilesPanel):
            names = [spec.of for spec in self.specs]
            self.at = names.index(old.name()) if old.name() in names else 0


class AlertsPanel(Panel):
    """The open alerts, worst first."""

    kind = "alerts"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane(alert_lists.SHORT, empty="no open alerts", header=False, leads=True)
        self._rows = alert_lists.AlertRows(alert_lists.SHORT)
        self._facts = AlertFacts(ctx, lambda: ctx.model.site.as_of if ctx.model.site is not None else None)

    def least(self) -> int:
        return 3

    def wanted(self, _cells: int) -> int:
        return max(3, len(self.ctx.model.alerts) + 1)

    def update(self) -> None:
        assert self.pane is not None
        model, now = self.ctx.model, self.ctx.now()
        rows = self._rows.rows(model.alerts_in_order(), now, model.timezone)
        self.pane.empty = none_open(model, "no open alerts")
        self.pane.set_rows(keep_order(self.pane, rows))

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        alert = self.ctx.model.alerts.get(self.pane.cursor or "")
        below = spot.lines - self.wanted(spot.cells) - 1
        if alert is None or below < 5:
            lines = self.pane.draw(spot.cells, spot.lines - 1, focused)
        else:
            lines = self.pane.draw(spot.cells, spot.lines - 1 - below, focused)
            lines += detail(self.ctx, alert, spot.cells, below, self._facts.of(alert))
        return [heading(self.spec.title or "Alerts", self._note(), spot.cells, focused), *lines]

    def most(self, cells: int) -> int:
        return self.wanted(cells) + (14 if self.ctx.model.alerts else 0)

    def _note(self) -> Line:
        model = self.ctx.model
        counts = model.alert_counts
        if not counts.open:
            return []
        note: Line = [(f"{fmt.number(counts.open, 0)} open", "dim")]
        if counts.unacknowledged:
            note.append((f" · {fmt.number(counts.unacknowledged, 0)} unacknowledged", "bold"))
        if aside := counts.shelved + counts.suppressed + counts.out:
            note.append((f" · {fmt.number(aside, 0)} put aside", "dim"))
        if self.pane is not None and (more := self.pane.more()):
            note.append((f" · {more}", "dim"))
        if self.pane is not None and self.pane.marks:
            note.append((f" · {len(self.pane.marks)} marked", "bold"))
        return note

    def open(self) -> Address | None:
        assert self.pane is not None
        return Address("alert", name=self.pane.current.key) if self.pane.current else None


def keep_order(pane: Pane, rows: Sequence[AnyRow]) -> Sequence[AnyRow]:
    """While rows are marked, lists are not sorted anew: those already shown keep their places, new ones come last."""
    if not any(row.key in pane.marks for row in rows):
        return rows
    places = {row.key: position for position, row in enumerate(pane.all)}
    return sorted(rows, key=lambda row: places.get(row.key, len(places)))


class BreakdownPanel(Panel):
    """A KPI by a dimension, worst first."""

    kind = "breakdown"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane(lists.BREAKDOWN, empty="no data in this window yet", header=False)

    def update(self) -> None:
        assert self.pane is not None
        table = self.ctx.model.breakdowns.get((self.spec.of, self.spec.by))
        kpi = self.ctx.model.kpis.get(self.spec.of)
        self.pane.set_rows(lists.breakdown_rows(table, kpi) if table else [])

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        kpi = self.ctx.model.kpis.get(self.spec.of)
        title = self.spec.title or f"{kpi.title if kpi else self.spec.of} by {self.spec.by}"
        note: Line = [(kpi.window, "dim")] if kpi and kpi.window else []
        lines = self.pane.draw(spot.cells, spot.lines - 1, focused)
        if more := self.pane.more():
            note.append((f" · {more}", "dim"))
        return [heading(inert(title), note, spot.cells, focused), *lines]

    def open(self) -> Address | None:
        assert self.pane is not None
        if self.pane.current is None:
            return Address("kpi", name=self.spec.of, by=self.spec.by)
        member = lists.key_member(self.pane.current.key)
        return Address("rows", of="kpi", name=self.spec.of, where=((self.spec.by, member),))


class GridPanel(Panel):
    """A KPI by dimension and hour."""

    kind = "grid"

    def wanted(self, _cells: int) -> int:
        grid = self.ctx.model.grids.get((self.spec.of, self.spec.by))
        return len(grid.members) + 2 if grid else 3

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        kpi = self.ctx.model.kpis.get(self.spec.of)
        grid = self.ctx.model.grids.get((self.spec.of, self.spec.by))
        title = self.spec.title or f"{kpi.title if kpi else self.spec.of} by {self.spec.by} and time"
        unit: Line = [(inert(kpi.unit), "dim")] if kpi and kpi.unit else []
        body: list[Line] = [fit([("  no data in this window yet", "dim")], spot.cells)]
        if grid is not None and grid.members:
            body = heat(grid, kpi, self.ctx.model.timezone, spot.cells, spot.lines - 1)
        return [heading(inert(title), unit, spot.cells, focused), *body]

    def open(self) -> Address | None:
        return Address("kpi", name=self.spec.of, by=self.spec.by)


class SourcesPanel(Panel):
    """The sources: how fresh, how much."""

    kind = "sources"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane(lists.SOURCES, empty="no sources yet")

    def update(self) -> None:
        assert self.pane is not None
        model = self.ctx.model
        self.pane.set_rows(source_rows(self.ctx))
        self.pane.empty = "the first scan is under way" if model.site and not model.site.settled else "no sources yet"

    def least(self) -> int:
        return 1

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        if spot.lines < 3:
            return [self._strip(spot.cells, focused)]
        title = heading(self.spec.title or "Sources", [], spot.cells, focused)
        return [title, *self.pane.draw(spot.cells, spot.lines - 1, focused)]

    def wanted(self, _cells: int) -> int:
        return len(self.ctx.model.sources) + 2

    def _strip(self, cells: int, focused: bool) -> Line:
        """All sources on one line."""
        none = "" if self.ctx.model.sources or self.pane is None else f"  {self.pane.empty}"
        line: Line = [("▸" if focused else " ", "bold"), ("Sources", "bold" if focused else ""), (none, "dim")]
        for source in self.ctx.model.sources.values():
            late = "warning" if source.status in ("stale", "nodata") else "dim"
            sign = signs.SOURCE_SIGNS[source.status]
            line += [
                ("  ", ""),
                (sign, late),
                (f" {inert(source.title or source.name)}", late if late != "dim" else ""),
            ]
        return fit(line, cells)

    def open(self) -> Address | None:
        assert self.pane is not None
        return Address("source", name=self.pane.current.key) if self.pane.current else None


def source_rows(ctx: Context) -> list[Row]:
    """All sources as rows of a list."""
    now, wall, zone = ctx.now(), ctx.wall(), ctx.model.timezone
    return [lists.source_row(source, now, wall, zone) for source in ctx.model.sources.values()]


class TextPanel(Panel):
    """Words that the layout's author put there."""

    kind = "text"
    focusable = False

    def least(self) -> int:
        return 1

    def wanted(self, cells: int) -> int:
        return len(wrap(self.spec.text, max(10, cells - 2))) + bool(self.spec.title)

    def draw(self, spot: Spot, _focused: bool) -> list[Line]:
        head = [heading(inert(self.spec.title), [], spot.cells, False)] if self.spec.title else []
        body = [fit([(" " + inert(line), "")], spot.cells) for line in wrap(self.spec.text, max(10, spot.cells - 2))]
        return [*head, *(restyle(line, "dim") for line in body)][: spot.lines]


def none_open(model: Model, live: str) -> str:
    """What an empty list of alerts says: of a past moment no more than the journal knows."""
    return live if model.site is None or model.site.as_of is None else "no alert on record that was open then"


def window_note(kpi: KpiState, timezone: str) -> str:
    """The window a value covers: "shift · 06:00–10:52"."""
    stretch = fmt.span(kpi.start, kpi.end, timezone)
    return " · ".join(part for part in (window_word(kpi), stretch) if part)
