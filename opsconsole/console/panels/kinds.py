"""Which panel draws what a layout asks for, and a layout's rows with their panels.

A kind's module is imported when a layout first has it: a start pays for what it shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import cast

from opsconsole.console.context import Context
from opsconsole.console.panels import Panel
from opsconsole.console.panels.tiles import TilesPanel
from opsconsole.console.place import Block, Item, Pile
from opsconsole.site.model import Layout, PanelKind, Stack
from opsconsole.site.model import Panel as PanelSpec

KINDS: dict[PanelKind, str] = {
    "number": "number.NumberPanel",
    "gauge": "gauge.GaugePanel",
    "chart": "chart.ChartPanel",
    "bars": "bars.BarsPanel",
    "pareto": "bars.ParetoPanel",
    "top": "top.TopPanel",
    "grid": "grid.GridPanel",
    "breakdown": "breakdown.BreakdownPanel",
    "table": "table.TablePanel",
    "alerts": "alerts.AlertsPanel",
    "goals": "goals.GoalsPanel",
    "attention": "goals.AttentionPanel",
    "sources": "sources.SourcesPanel",
    "flow": "flow.FlowPanel",
    "clock": "clock.ClockPanel",
    "shift": "shift.ShiftPanel",
    "text": "text.TextPanel",
}
"""The module and class of each kind, but for `kpi`: neighbouring tiles are one panel."""


def make(ctx: Context, spec: PanelSpec) -> Panel:
    """The panel of a kind."""
    module, name = KINDS[spec.kind].split(".")
    kind = getattr(import_module(f"opsconsole.console.panels.{module}"), name)
    return cast(Panel, kind(ctx, spec))


def build(ctx: Context, layout: Layout) -> list[Block]:
    """A layout's rows with their panels; neighbouring KPI tiles of a row or a stack become one panel."""
    blocks: list[Block] = []
    for row in layout.rows:
        items: list[tuple[Item, int]] = []
        run: list[PanelSpec] = []
        for place in (*row.panels, None):
            if isinstance(place, PanelSpec) and place.kind == "kpi":
                run.append(place)
                continue
            if run:
                items.append((TilesPanel(ctx, run), sum(max(1, each.width) for each in run)))
                run = []
            if isinstance(place, Stack):
                pile = _pile(ctx, place.panels)
                items += [(pile, place.width)] if pile.panels else []
            elif place is not None:
                items.append((make(ctx, place), place.width))
        if items:
            blocks.append(Block(tuple(items), row.height))
    return blocks


def _pile(ctx: Context, specs: Sequence[PanelSpec]) -> Pile:
    below: list[tuple[Panel, int | None]] = []
    for at, spec in enumerate(specs):
        if spec.kind != "kpi":
            below.append((make(ctx, spec), spec.height))
        elif at == 0 or specs[at - 1].kind != "kpi":
            end = next((other for other in range(at, len(specs)) if specs[other].kind != "kpi"), len(specs))
            run = specs[at:end]
            asked = [each.height for each in run if each.height is not None]
            below.append((TilesPanel(ctx, run), sum(asked) if asked else None))
    return Pile(tuple(below))
