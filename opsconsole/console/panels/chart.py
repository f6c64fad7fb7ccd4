"""A KPI over time: its target band and limits, what people noted at their moments, and a crosshair."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from opsconsole.console import fmt, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw import layers
from opsconsole.console.draw.charts import Chart, chart_of
from opsconsole.console.draw.heat import member_text
from opsconsole.console.draw.line_chart import CHANGE, NOTE, STROKES, Curve, Noted, line_chart
from opsconsole.console.draw.tile import one_line
from opsconsole.console.layered import Layered
from opsconsole.console.link import LinkError
from opsconsole.console.notes import Notes
from opsconsole.console.panels import Panel, heading, value_note, window_note
from opsconsole.console.place import Spot
from opsconsole.console.text import Line, fit, inert, line_width
from opsconsole.engine.messages import Answer, Ask, Failure, KpiState, Mark
from opsconsole.site.model import Panel as PanelSpec

LEAST = 6
WORST = 3
"""So many members have a line where the layout does not say."""


class ChartPanel(Panel):
    """An area for the KPI itself, or a line for each of the worst members of a dimension."""

    kind = "chart"

    def __init__(self, ctx: Context, spec: PanelSpec) -> None:
        super().__init__(ctx, spec)
        self.at: int | None = None
        self._notes = Notes(ctx)
        self._trouble = ""
        self._layered = Layered(ctx, self._ask, lambda: self._trouble)

    def least(self) -> int:
        return LEAST

    def wanted(self, _cells: int) -> int:
        return 10

    def most(self, cells: int) -> int:
        return 24 if cells >= 40 else 12

    def _chart(self) -> tuple[Chart, list[Curve]]:
        """What is drawn: the KPI's trend, or the members of its grid in the grid's buckets."""
        kpi, zone = self.kpi(), self.ctx.model.timezone
        of = chart_of(kpi, zone)
        grid = self.ctx.model.grids.get((self.spec.of, self.spec.by)) if self.spec.by else None
        if not self.spec.by:
            return of, []
        if grid is None or not grid.starts:
            return replace(of, values=[]), []
        curves = [
            Curve(member_text(member), values, signs.style(statuses[-1]) if statuses else "")
            for member, values, statuses in zip(grid.members, grid.values, grid.statuses, strict=True)
        ]
        shown = curves[: min(self.spec.most or WORST, len(STROKES))]
        return replace(of, values=[None] * len(grid.starts), start=grid.starts[0], step=grid.step), shown

    def draw(self, spot: Spot, focused: bool) -> list[Line]:
        kpi = self.kpi()
        if spot.lines < LEAST:
            return [one_line(kpi, spot.cells, focused)]
        if self.spec.draw and (known := self._known()) is not None:
            return self._layers(known, kpi, spot, focused)
        of, curves = self._chart()
        length = of.step * len(of.values)
        notes = self._notes.of(self.spec.of, of.start, of.start + length) if of.start is not None and length else []
        at = min(self.at, len(of.values) - 1) if focused and self.at is not None and of.values else None
        told = self._told(of, notes, at)
        high = spot.lines - 1 - bool(told)
        drawn = line_chart(
            of, spot.cells, high, curves=curves, notes=[Noted(note.at, _sign(note)) for note in notes], at=at
        )
        default = f"{kpi.title or kpi.name} by {self.spec.by}" if self.spec.by else kpi.title or kpi.name
        title = heading(inert(self.spec.title or default), self._head(kpi, of, curves, at), spot.cells, focused)
        drawn += [fit([], spot.cells) for _ in range(high - len(drawn))]
        return [title, *drawn, *([fit(told, spot.cells)] if told else [])]

    def _known(self) -> dict[str, Any] | None:
        """What the engine knows of the KPI, as of the moment that the layout is at."""
        site = self.ctx.model.site
        at = site.as_of if site is not None and site.as_of is not None else self.ctx.asked_at("")
        return self._layered.look(self.spec.of, {}, at, self.spec.draw)

    def _layers(self, told: dict[str, Any], kpi: KpiState, spot: Spot, focused: bool) -> list[Line]:
        """Its points with what is drawn on them; without a crosshair."""
        zone = self.ctx.model.timezone
        note: Line = [*value_note(kpi), (f" · {window_note(kpi, zone)}", "dim")]
        title = heading(inert(self.spec.title or kpi.title or kpi.name), note, spot.cells, focused)
        changed = self.ctx.model.changed(self.spec.of)
        return [title, *layers.own_chart(told, kpi, zone, spot.cells, spot.lines - 1, changed)]

    async def _ask(self, body: Ask) -> Answer | None:
        try:
            answer = await self.ctx.ask(body)
        except LinkError as error:
            self._trouble = str(error)
            return None
        self._trouble = answer.message if isinstance(answer, Failure) else ""
        return answer

    def _head(self, kpi: KpiState, of: Chart, curves: list[Curve], at: int | None) -> Line:
        """The value now; under the crosshair those of its bucket."""
        zone = self.ctx.model.timezone
        if at is None or of.start is None:
            return [*value_note(kpi), (f" · {window_note(kpi, zone)}", "dim")]
        start = of.start + at * of.step
        when = fmt.span(start, start + of.step, zone) if of.step < 86400 else fmt.since(start, self.ctx.now(), zone)
        line: Line = [(f"{when}  ", "bold")]
        for name, values in [(curve.name, curve.values) for curve in curves] or [("", of.values)]:
            value = values[at] if at < len(values) else None
            status = of.status(value) if value is not None else "nodata"
            sign = signs.GLYPHS[status] if status != "good" and (of.limits or value is None) else ""
            words = " ".join(part for part in (name, sign, fmt.quantity(value, inert(kpi.unit), kpi.decimals)) if part)
            line.append((("  " if line_width(line) > len(when) + 2 else "") + words, signs.style(status)))
        return line

    def _told(self, of: Chart, notes: list[Mark], at: int | None) -> Line:
        """The note nearest to the crosshair, else the latest; nothing where there is none."""
        if not notes or of.start is None:
            return []
        moment = of.start + (at + 0.5) * of.step if at is not None else notes[-1].at
        near = min(notes, key=lambda note: abs(note.at - moment))
        when = fmt.since(near.at, self.ctx.now(), self.ctx.model.timezone)
        more = f"  ({len(notes)} notes)" if len(notes) > 1 else ""
        return [(f" {_sign(near)} {when} {inert(near.actor)}: ", "bold"), (inert(near.said), ""), (more, "dim")]

    def move(self, dx: int, _dy: int) -> bool:
        """The crosshair; beyond the ends of the chart is the next panel."""
        count = len(self._chart()[0].values)
        if not dx or not count or self.spec.draw:
            return False
        target = (count if dx < 0 else -1) + dx if self.at is None else min(self.at, count - 1) + dx
        if not 0 <= target < count:
            self.at = None
            return False
        self.at = target
        return True

    def open(self) -> Address | None:
        return Address("kpi", name=self.spec.of, by=self.spec.by)

    def inherit(self, old: Panel) -> None:
        if isinstance(old, ChartPanel):
            self.at, self._notes = old.at, old._notes
            if (old.spec.of, old.spec.draw) == (self.spec.of, self.spec.draw):
                self._layered = old._layered


def _sign(note: Mark) -> str:
    return CHANGE if note.what == "changed" else NOTE
