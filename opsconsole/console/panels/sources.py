"""The sources: how fresh, how much."""

from __future__ import annotations

from opsconsole.console import lists, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.empty import no_sources
from opsconsole.console.pane import Pane, Row
from opsconsole.console.panels import Panel, heading
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, fit, inert, width
from opsconsole.site.model import Panel as PanelSpec


class SourcesPanel(Panel):
    """The sources: how fresh, how much."""

    kind = "sources"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.pane = Pane(lists.SOURCES)

    def update(self) -> None:
        assert self.pane is not None
        model = self.ctx.model
        self.pane.set_rows(source_rows(self.ctx))
        self.pane.empty = no_sources(model)

    def least(self) -> int:
        return 1

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        assert self.pane is not None
        if spot.lines < 3:
            return [self._strip(spot.cells, focused)]
        # drawn first: it tells what is out of sight
        lines = self.pane.draw(spot.cells, spot.lines - 1, focused)
        more = self.pane.more()
        note: Line = [(more, "dim")] if more else []
        return [heading(self.spec.title or "Sources", note, spot.cells, focused), *lines]

    def wanted(self, _cells: int) -> int:
        return len(self.ctx.model.sources) + 2

    def _strip(self, cells: int, focused: bool) -> Line:
        """All sources on one line."""
        none = "" if self.ctx.model.sources or self.pane is None else f"  {self.pane.empty}"
        # what the notice of an empty folder says at length needs no second half a sentence
        none = none if width(none) < cells - 9 else "  none yet"
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
