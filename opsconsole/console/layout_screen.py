"""The screen of an edit: the layout as it will be, a frame around the panel that is chosen, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.console.layout_editing import Editing
from opsconsole.console.layout_frame import Rectangle, framed, owners, rectangle
from opsconsole.console.panels import Panel, heading
from opsconsole.console.panels.tiles import TilesPanel
from opsconsole.console.place import ESSENTIAL_HEIGHT, ESSENTIAL_WIDTH, Block, Spot, essential, place
from opsconsole.console.text import Line, clip, fit, inert, line_width, wrap
from opsconsole.site import layout_edit
from opsconsole.site.layout_edit import At
from opsconsole.site.layout_keys import IN_TIME, SPLIT
from opsconsole.site.layout_words import told
from opsconsole.site.model import Layout, placed

LATER = "its figures come once the layout is saved"


def banner(editing: Editing, cells: int) -> Line:
    """The first line: that a layout is edited, which panel is chosen, and whether there is something to save."""
    if editing.other is not None:
        return fit([(" THE FILE NOW ", "bold reverse"), (f" {inert(editing.name)}", "bold")], cells)
    head: Line = [(" EDIT ", "bold reverse"), (f" {inert(editing.name)}", "bold"), ("  ", "")]
    tail: Line = [(" not saved ", "bold")] if editing.changed else []
    room = cells - line_width(head) - line_width(tail)
    return [*head, *fit([(clip(inert(editing.where()), room - 1), "")], room), *tail]


def edited(
    editing: Editing, blocks: Sequence[Block], panels: Sequence[Panel], cells: int, lines: int
) -> tuple[list[Spot], list[Line]]:
    """Where the panels are, and the body of the screen."""
    from opsconsole.console.views.overview import composed

    said = _short_of_room(editing, cells, lines)
    room = lines - len(said)
    for at, panel, number in owners(panels, layout_edit.spots(editing.shown)):
        if at == editing.at and isinstance(panel, TilesPanel):
            panel.at = number
    spots = place(blocks, cells, room)
    body = composed([(spot, _drawn(editing, spot)) for spot in spots], cells, room)
    if editing.other is None:
        found = _rectangle(editing, panels, spots)
        if found is not None:
            framed(body, found, inert(told(editing.panel)))
        elif not said:
            text = f" {inert(told(editing.panel))} has no room on this screen; it is the panel that keys change now"
            body[-1] = fit([(text, "reverse")], cells)
    return spots, [*body, *said]


def _short_of_room(editing: Editing, cells: int, lines: int) -> list[Line]:
    if not essential(cells, lines):
        return []
    needs = f"{ESSENTIAL_WIDTH}x{ESSENTIAL_HEIGHT + 5}"
    text = (
        f" only the essentials have room here: an edit is seen from {needs} on ({inert(told(editing.panel))} is chosen)"
    )
    return [fit([(text, "warning")], cells)]


def _drawn(editing: Editing, spot: Spot) -> list[Line]:
    panel = spot.panel
    assert isinstance(panel, Panel)
    if not _waits(editing, panel):
        return panel.draw(spot, False)
    title = inert(panel.spec.title or told(panel.spec))
    said = wrap(LATER, spot.cells - 4)
    return [heading(title, [], spot.cells, False), *(fit([("  " + part, "dim")], spot.cells) for part in said)]


def _waits(editing: Editing, panel: Panel) -> bool:
    """Whether the engine sends what a panel shows only once a file asks for it."""
    spec, model = panel.spec, panel.ctx.model
    if spec.kind not in SPLIT or any(
        spec.of == known.of and spec.by == known.by for _, known in placed(editing.file.layout)
    ):
        return False
    tables = model.grids if spec.kind in IN_TIME else model.breakdowns
    return (spec.of, spec.by) not in tables


def _rectangle(editing: Editing, panels: Sequence[Panel], spots: Sequence[Spot]) -> Rectangle | None:
    return next((found for at, found in _rectangles(editing, panels, spots) if at == editing.at), None)


def _rectangles(editing: Editing, panels: Sequence[Panel], spots: Sequence[Spot]) -> list[tuple[At, Rectangle]]:
    shown = {id(spot.panel): spot for spot in spots}
    return [
        (at, found)
        for at, panel, number in owners(panels, layout_edit.spots(editing.shown))
        if id(panel) in shown and (found := rectangle(shown[id(panel)], number)) is not None
    ]


def place_of(layout: Layout, panels: Sequence[Panel], panel: Panel | None) -> At | None:
    """Where a panel on screen is in the layout; of tiles the one under the cursor."""
    number = panel.at if isinstance(panel, TilesPanel) else 0
    found = owners(panels, layout_edit.spots(layout))
    return next((at for at, each, which in found if each is panel and which == number), None)


def panel_of(layout: Layout, panels: Sequence[Panel], at: At) -> Panel | None:
    """The panel on screen of a place in the layout, if it can have the focus; of tiles the cursor goes to that one."""
    for place_, panel, number in owners(panels, layout_edit.spots(layout)):
        if place_ == at and panel.focusable:
            if isinstance(panel, TilesPanel):
                panel.at = number
            return panel
    return None


def lines_of(editing: Editing, panels: Sequence[Panel], spots: Sequence[Spot]) -> int:
    """The lines of the panel that is chosen, in a row those of the row; 0 where it is not shown."""
    rows = [found for at, found in _rectangles(editing, panels, spots) if at == editing.at]
    here = next((panel for at, panel, _ in owners(panels, layout_edit.spots(editing.shown)) if at == editing.at), None)
    spot = next((spot for spot in spots if spot.panel is here), None)
    return spot.lines if rows and spot is not None else 0


def pick_at(editing: Editing, panels: Sequence[Panel], spots: Sequence[Spot], x: int, y: int) -> None:
    """Choose the panel at a cell of the body."""
    for at, (left, top, cells, lines) in _rectangles(editing, panels, spots):
        if editing.other is None and left <= x < left + cells and top <= y < top + lines:
            editing.at = at
