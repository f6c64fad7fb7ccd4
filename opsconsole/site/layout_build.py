"""Layouts of checked values, and the overview of a site that has no layout files."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from opsconsole.site.figures import count
from opsconsole.site.layout_keys import OF_KPI, PANEL_KINDS, SPLIT
from opsconsole.site.model import Kpi, Layout, LayoutRow, Panel, PanelKind, Site, Stack

Values = dict[str, Any]
TILES_PER_ROW = 4
MOST_TILES = 7


def build_layout(name: str, values: Values, kpis: dict[str, Kpi], file: str = "") -> Layout:
    """One screen; `by` of a panel that splits a KPI is the KPI's first dimension where the file names none."""
    rows = tuple(
        LayoutRow(tuple(_place(place, kpis) for place in row["panels"]), row.get("height")) for row in values["rows"]
    )
    return Layout(name=name, rows=rows, title=values.get("title", name), file=file)


def _place(values: Values, kpis: dict[str, Kpi]) -> Panel | Stack:
    if "stack" in values:
        return Stack(tuple(_panel(panel, kpis) for panel in values["stack"]), values.get("width", 1))
    return _panel(values, kpis)


def _panel(values: Values, kpis: dict[str, Kpi]) -> Panel:
    kind: PanelKind = next(kind for kind in PANEL_KINDS if kind in values)
    common = {key: values[key] for key in ("by", "title", "width", "height", "most") if key in values}
    if kind == "text":
        return Panel(kind, text=values["text"], **common)
    if kind == "table":
        return Panel(kind, of=values["table"], columns=tuple(values.get("columns", ())), **common)
    if kind in SPLIT and "by" not in common:
        common["by"] = kpis[values[kind]].by[0] if kpis[values[kind]].by else ""
    of = values[kind] if kind in (*OF_KPI, "flow") else ""
    return Panel(kind, of=of, draw=tuple(values.get("draw", ())), **common)


def most_wanted(kpis: Collection[Kpi]) -> list[Kpi]:
    """The KPIs by priority, then by weight, then as they stand in the file."""
    return sorted(kpis, key=lambda kpi: (kpi.priority, -kpi.weight))


def default_layout(site: Site) -> Layout:
    """The overview of a site without layout files: tiles, alerts, a grid and the sources.

    A wall of more than about seven numbers is not taken in at a glance: the KPIs that matter most have tiles, and a
    line says how many more there are.
    """
    kpis = most_wanted(site.kpis.values())
    tiles = [Panel("kpi", of=kpi.name) for kpi in kpis[:MOST_TILES]]
    # Two even rows read better than a full one with a rest.
    per_row = len(tiles) if len(tiles) <= TILES_PER_ROW else -(-len(tiles) // 2)
    rows = [LayoutRow(tuple(tiles[at : at + per_row]), 5) for at in range(0, len(tiles), per_row or 1)]
    if len(kpis) > MOST_TILES:
        rows.append(LayoutRow((Panel("text", text=f"{count(len(kpis) - MOST_TILES, 'more KPI')}: press 3"),), 1))
    rows.append(LayoutRow((Panel("alerts"),)))
    spread = next((kpi for kpi in kpis if kpi.by), None)
    if spread is not None:
        kind: PanelKind = "breakdown" if spread.window.kind == "all" else "grid"
        rows.append(LayoutRow((Panel(kind, of=spread.name, by=spread.by[0]),)))
    rows.append(LayoutRow((Panel("sources"),)))
    return Layout(name="overview", rows=tuple(rows), title="Overview")


def with_layouts(site: Site, layouts: list[Layout]) -> Site:
    """The site with its screens, the overview first, or with the default one."""
    ordered = sorted(layouts, key=lambda layout: (layout.name != "overview", layout.name))
    return msgspec.structs.replace(site, layouts=tuple(ordered) or (default_layout(site),))
