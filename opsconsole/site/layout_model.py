"""The models of layouts: panels and piles of them, in rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

PanelKind = Literal[
    "kpi", "number", "gauge", "chart", "bars", "pareto", "top", "grid", "breakdown", "table", "alerts", "goals",
    "attention", "sources", "flow", "clock", "shift", "text",
]  # fmt: skip


class Panel(Struct, frozen=True, tag="panel"):
    """One rectangle of a layout. `of` names the KPI, the flow, or the source of a `table` with its `columns`; `by` the
    dimension.

    `width` is its weight beside the others of its row, `height` its lines in a stack (None: a share of what is left).
    `most` is how many members or rows it shows at most (None: as many as fit). `draw` is what a `chart` has besides.
    """

    kind: PanelKind
    of: str = ""
    by: str = ""
    title: str = ""
    text: str = ""
    width: int = 1
    height: int | None = None
    most: int | None = None
    columns: tuple[str, ...] = ()
    draw: tuple[str, ...] = ()


class Stack(Struct, frozen=True, tag="stack"):
    """Panels below each other in one place of a row: beside them a panel spans them all. `width` is as of a panel."""

    panels: tuple[Panel, ...]
    width: int = 1


class LayoutRow(Struct, frozen=True):
    """Panels side by side; `height` in lines, None: share what is left."""

    panels: tuple[Panel | Stack, ...]
    height: int | None = None


class Layout(Struct, frozen=True):
    """One screen of panels. `file` is the layout file it comes from, "" for one that the site has without a file."""

    name: str
    rows: tuple[LayoutRow, ...]
    title: str = ""
    file: str = ""


def placed(layout: Layout) -> Iterator[tuple[tuple[str | int, ...], Panel]]:
    """All panels of a layout from the top left, each with its path: ("rows", 0, "panels", 1, "stack", 0)."""
    for number, row in enumerate(layout.rows):
        for index, place in enumerate(row.panels):
            at = ("rows", number, "panels", index)
            if isinstance(place, Panel):
                yield at, place
                continue
            for below, panel in enumerate(place.panels):
                yield (*at, "stack", below), panel
