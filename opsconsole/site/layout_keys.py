"""The keys of a layout file, declared once as those of `opsconsole.site.keys`; which go with which kind of panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from opsconsole.site.kinds import Bad, Choice, Integer, Kind, Many, Reference, Schema, Text
from opsconsole.site.model import PanelKind
from opsconsole.site.names import nearest
from opsconsole.site.report import Report
from opsconsole.site.sections import Either, Key, Section
from opsconsole.site.source_keys import COLUMN
from opsconsole.site.tree import Mapping, Node

OF_KPI: tuple[PanelKind, ...] = ("kpi", "number", "gauge", "chart", "bars", "pareto", "top", "grid", "breakdown")
"""Panels that show a KPI."""
SPLIT: tuple[PanelKind, ...] = ("bars", "pareto", "top", "grid", "breakdown")
"""Panels that show a KPI by a dimension; a `chart` may."""
IN_TIME: tuple[PanelKind, ...] = ("grid", "chart")
"""Panels that, with a dimension, show it by time too."""
LISTS: tuple[PanelKind, ...] = (*SPLIT, "chart", "table", "attention", "flow")
"""Panels with members or rows that can be limited."""


LAYERS = ("limits", "forecast", "anomalies")
"""What the engine knows of a KPI that can be drawn on its chart."""


def _members(kinds: tuple[PanelKind, ...]) -> str:
    return ", ".join(f"`{kind}`" for kind in kinds)


PANEL = Section(
    "panel",
    "A rectangle of the screen: exactly one of the first eighteen keys says what it shows.",
    (
        Key("kpi", Reference(to="KPI"), "A tile: value, change, trend and bullet.", "", "scrap_ratio"),
        Key("number", Reference(to="KPI"), "A KPI's value in large digits, for a wall.", "", "oee"),
        Key("gauge", Reference(to="KPI"), "A bar with the target and the limits on it, and a scale.", "", "oee"),
        Key(
            "chart",
            Reference(to="KPI"),
            "A KPI over time with its target band, its limits and what people noted; with `by` a line each for the "
            "worst members.",
            "",
            "oee_hours",
        ),
        Key("bars", Reference(to="KPI"), "A bar for each member of a dimension, worst first.", "", "scrap_ratio"),
        Key(
            "pareto",
            Reference(to="KPI"),
            "Members by their share of the whole, the largest first, with the running total: the vital few are parted "
            "from the rest.",
            "",
            "downtime",
        ),
        Key("top", Reference(to="KPI"), "The worst members, each with its change.", "", "scrap_ratio"),
        Key("grid", Reference(to="KPI"), "A heat map: a KPI by a dimension and by time.", "", "scrap_ratio"),
        Key("breakdown", Reference(to="KPI"), "A KPI by a dimension, worst first, as a list.", "", "scrap_ratio"),
        Key("table", Reference(to="source"), "The newest rows of a source; Enter opens the table.", "", "stops"),
        Key("alerts", Choice(("open",)), "The list of open alerts.", "", "open"),
        Key("goals", Choice(("all",)), "The objectives and how far they are attained.", "", "all"),
        Key("attention", Choice(("all",)), "The KPIs that need attention, most urgent first.", "", "all"),
        Key("sources", Choice(("all",)), "The sources and how fresh they are.", "", "all"),
        Key(
            "flow",
            Reference(to="flow"),
            "The steps of a flow with their load, the bottleneck first seen; of stations the bottleneck of each group. "
            "Enter opens the cases, or the rows.",
            "",
            "orders",
        ),
        Key("clock", Choice(("site",)), "Site time, its zone and the day.", "", "site"),
        Key("shift", Choice(("now",)), "The shift, its team, how far it is and what comes next.", "", "now"),
        Key("text", Text(), "A text.", "", "Call 4711 when weld stops."),
        Key(
            "by", COLUMN, f"The dimension of {_members(SPLIT)} and `chart`.", "the KPI's first (`chart`: none)", "line"
        ),
        Key(
            "columns",
            Many(COLUMN, least=1, distinct=True),
            "With `table`: these columns, in this order.",
            "as many as fit",
            "[ts, line, reason]",
        ),
        Key("most", Integer(1, 500), f"How many members or rows of {_members(LISTS)}.", "as many as fit", "5"),
        Key(
            "draw",
            Many(Choice(LAYERS), one=True, distinct=True),
            "With `chart` and without `by`: what more is drawn: control limits with their signals, the forecast with "
            "its interval, anomalies.",
            "nothing",
            "[limits, forecast]",
        ),
        Key("title", Text(), "The heading.", "made from what it shows", "Weld"),
        Key("width", Integer(1, 100), "The share of the row it takes, beside the others.", "1", "2"),
        Key("height", Integer(1, 200), "In a `stack`: lines.", "what is left, shared", "6"),
    ),
)
PANEL_KINDS: tuple[PanelKind, ...] = (
    *OF_KPI, "table", "alerts", "goals", "attention", "sources", "flow", "clock", "shift", "text",
)  # fmt: skip

ONLY_WITH: dict[str, tuple[PanelKind, ...]] = {
    "by": (*SPLIT, "chart"),
    "most": LISTS,
    "columns": ("table",),
    "draw": ("chart",),
}
"""Keys that have a meaning with some kinds alone."""

STACK = Section(
    "stack",
    "Panels below each other in one place of a row; what stands beside them spans them all.",
    (
        Key("stack", Many(PANEL, least=1), "The panels, from the top.", required=True, example="[{gauge: oee}]"),
        Key("width", Integer(1, 100), "The share of the row it takes, beside the others.", "1", "2"),
    ),
)


@dataclass(frozen=True)
class Place(Kind):
    """One place of a row: a panel, or a stack of them."""

    panel: Section = PANEL
    stack: Section = STACK

    @property
    def noun(self) -> str:
        return "a panel or a `stack` of panels"

    @property
    def label(self) -> str:
        return f"{self.panel.label} or {self.stack.label}"

    @property
    def sections(self) -> tuple[Section, ...]:
        """What it can be."""
        return self.panel, self.stack

    def schema(self) -> Schema:
        return {"anyOf": [section.schema() for section in self.sections]}

    def read(self, node: Node, key: str, report: Report) -> dict[str, Any] | Bad:
        nothing: dict[str, Any] = {"stack": ()}  # what could not be read keeps its place, so that marks stay right
        if not isinstance(node, Mapping):
            self.wrong(node, key, report)
            return nothing
        known = [each.name for each in self.panel.keys]
        kinds = [name for name in node.entries if name in PANEL_KINDS]
        meant = not kinds and any(nearest(name, [*known, "stack"]) == "stack" for name in node.entries)
        if "stack" not in node.entries and not meant:
            return self.panel.read(node, key, report)
        values = self.stack.read(node, key, report)
        return nothing if isinstance(values, Bad) else nothing | values


ROW = Section(
    "row",
    "Panels side by side. A list of panels alone stands for `{panels: […]}`.",
    (
        Key(
            "panels",
            Many(Place(), least=1),
            "The panels, from the left; a `stack` is several below each other.",
            required=True,
            example="[{kpi: scrap_ratio}]",
        ),
        Key("height", Integer(1, 200), "Lines.", "what is left, shared", "5"),
    ),
)

LAYOUT = Section(
    "layout",
    "A file in the layouts folder: one screen.",
    (
        Key("title", Text(), "The heading of the screen.", "the file's name", "Overview"),
        Key(
            "rows",
            Many(Either(ROW, "panels"), least=1),
            "The rows, from the top.",
            required=True,
            example="[[{kpi: scrap_ratio}]]",
        ),
    ),
)

LAYOUT_SECTIONS = (LAYOUT, ROW, STACK, PANEL)
