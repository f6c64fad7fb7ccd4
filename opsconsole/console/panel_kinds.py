"""Which panel draws what a layout asks for, and a layout's rows with their panels."""

from __future__ import annotations

from opsconsole.console.context import Context
from opsconsole.console.goal_panels import AttentionPanel, GoalsPanel
from opsconsole.console.panels import (
    AlertsPanel,
    BreakdownPanel,
    GridPanel,
    Panel,
    SourcesPanel,
    TextPanel,
    TilesPanel,
)
from opsconsole.console.place import Block
from opsconsole.site.model import Layout, Stack
from opsconsole.site.model import Panel as PanelSpec

KINDS: dict[str, type[Panel]] = {
    kind.kind: kind
    for kind in (AlertsPanel, AttentionPanel, BreakdownPanel, GoalsPanel, GridPanel, SourcesPanel, TextPanel)
}


def build(ctx: Context, layout: Layout) -> list[Block]:
    """A layout's rows with their panels; neighbouring KPI tiles of a row become one panel."""
    blocks: list[Block] = []
    for row in layout.rows:
        panels: list[tuple[Panel, int]] = []
        run: list[PanelSpec] = []
        flat = [spec for place in row.panels for spec in (place.panels if isinstance(place, Stack) else (place,))]
        for spec in (*flat, None):
            if spec is not None and spec.kind == "kpi":
                run.append(spec)
                continue
            if run:
                panels.append((TilesPanel(ctx, run), sum(max(1, item.width) for item in run)))
                run = []
            if spec is not None:
                panels.append((KINDS[spec.kind](ctx, spec), spec.width))
        if panels:
            blocks.append(Block(tuple(panels), row.height))
    return blocks
