"""Layouts with every kind of panel, and what they show of the canned plant."""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.engine.messages import (
    AskLayout,
    Breakdown,
    Changes,
    Command,
    Done,
    LayoutFile,
    Mark,
    ShiftState,
    Snapshot,
)
from opsconsole.site.model import Layout, LayoutRow, Panel, Stack
from tests.console import canned
from tests.console.canned import NOW, SHIFT

HOUR = 3600.0

WALL = Layout(
    "wall",
    (
        LayoutRow(
            (
                Panel("chart", of="oee", width=2),
                Stack((Panel("number", of="oee"), Panel("gauge", of="scrap", height=4), Panel("shift"))),
            ),
            16,
        ),
        LayoutRow((Panel("alerts"), Stack((Panel("clock"), Panel("top", of="oee", by="line", most=3))))),
    ),
    "Wall",
)
CAUSES = Layout(
    "causes",
    (
        LayoutRow((Panel("bars", of="oee", by="line"), Panel("pareto", of="stops", by="reason", width=2))),
        LayoutRow((Panel("chart", of="oee", by="line", most=3), Panel("grid", of="oee", by="line"))),
        LayoutRow((Panel("table", of="cycles", columns=("ts", "station", "qty"), most=5),)),
        LayoutRow((Panel("text", text="Call 4711."), Panel("gauge", of="energy"), Panel("number", of="nowhere"))),
    ),
    "Causes",
)


def stops() -> Breakdown:
    """Minutes of standstill by reason: two reasons make most of it."""
    minutes = [310.0, 240.0, 41.0, 22.0, 9.0, 3.0]
    reasons = ["tool change", "no material", "jam", "cleaning", "meeting", None]
    return Breakdown(
        "stops",
        "reason",
        list(reasons),
        list(minutes),
        [280.0, 300.0, None, 22.0, 0.0, 3.0],
        [14, 9, 4, 3, 1, 1],
        ["critical", "warning", "good", "good", "good", "good"],
        total=6,
    )


def marks() -> list[Mark]:
    """Two notes of people about OEE, and an alert that came."""
    return [
        Mark(NOW - 2 * HOUR, "raised", "kpi:oee|line=3", "Line 3 weld", "critical"),
        Mark(NOW - 4 * HOUR, "commented", "kpi:oee|line=3", "Line 3 weld", "critical", "ana", "checked wire feed"),
        Mark(NOW - HOUR, "commented", "kpi:oee|line=3", "Line 3 weld", "critical", "ben", "ordered a tip\x1b[2J"),
    ]


def snapshot(*layouts: Layout, **changes: object) -> Snapshot:
    """The plant with these layouts; standstill is counted in minutes."""
    stopped = replace(canned.kpis()[5], name="stops", title="Standstill", unit="min", decimals=0, value=625.0, trend=[])
    site = canned.site(
        layouts=list(layouts) or [WALL, CAUSES],
        next_shift=ShiftState("Late", SHIFT + 8 * HOUR, SHIFT + 16 * HOUR, "B"),
        shift=ShiftState("Early", SHIFT, SHIFT + 8 * HOUR, "A"),
    )
    base = canned.snapshot(site=site)
    found = replace(base, kpis=[*base.kpis, stopped], breakdowns=[*base.breakdowns, stops()])
    return replace(found, **changes)


class Shelf:
    """The layout files of the plant: a digest counts how often one was written."""

    def __init__(self, engine: canned.CannedEngine) -> None:
        self.engine = engine
        self.written = 0
        engine.shelf = self

    def look(self, ask: AskLayout) -> LayoutFile:
        """A layout as it is."""
        assert self.engine.state.site is not None
        found = next(layout for layout in self.engine.state.site.layouts if layout.name == ask.name)
        return LayoutFile(found, str(self.written))

    def save(self, command: Command) -> Done:
        """Write one; what was written meanwhile is told."""
        assert command.layout is not None
        name = command.layout.name or command.layout.layout.name
        if command.digest != str(self.written):
            return Done(refused={name: f"{name}.yaml:4 has changed meanwhile, and nothing is written"})
        self.put(replace(command.layout.layout, name=name))
        return Done(applied=[name], said=f"layout saved: layouts/{name}.yaml")

    def put(self, layout: Layout) -> None:
        """A file is written, and the engine has read it."""
        self.written += 1
        state = self.engine.state
        assert state.site is not None
        others = {each.name: each for each in state.site.layouts} | {layout.name: layout}
        site = replace(state.site, layouts=list(others.values()))
        self.engine.state = replace(state, site=site)
        self.engine.change(Changes(site=site))
