"""The overview: the panels of a layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opsconsole.console import signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Pane
from opsconsole.console.panels import Panel
from opsconsole.console.panels.alerts import AlertsPanel
from opsconsole.console.panels.kinds import build
from opsconsole.console.panels.tiles import TilesPanel
from opsconsole.console.place import Block, Spot, panels_of, place
from opsconsole.console.text import Line, fit, inert
from opsconsole.console.views.base import View
from opsconsole.site.model import Layout

if TYPE_CHECKING:
    from opsconsole.console.layout_editing import Editing
    from opsconsole.site.layout_edit import At


class Overview(View):
    """A layout on screen. It is built anew when the engine sends other layouts; the focus stays with its panel."""

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.layout: Layout | None = None
        self.blocks: list[Block] = []
        self.panels: list[Panel] = []
        self.spots: list[Spot] = []
        self.at = 0
        self._pinned_lines = 0
        self._left: dict[str, Any] | None = None
        self.editing: Editing | None = None
        self._heard: Layout | None = None
        self._written: tuple[Layout, Layout | None] | None = None

    @property
    def stack(self) -> str:
        if self.editing is not None:
            return "edit"
        return "overview/alerts" if isinstance(self.panel, AlertsPanel) else "overview"

    @property
    def panel(self) -> Panel | None:
        """The panel that has the focus."""
        return self.panels[self.at] if self.at < len(self.panels) else None

    @property
    def pane(self) -> Pane | None:
        return self.panel.pane if self.panel else None

    def lists(self) -> dict[str, Pane]:
        return {f"{at} {each.kind}": each.pane for at, each in enumerate(self.panels) if each.pane is not None}

    def remember(self) -> dict[str, Any]:
        return {**super().remember(), "panel": self.at}

    def recall(self, state: dict[str, Any]) -> None:
        """The panels are built once the layout is known."""
        self._left = state

    def _come_back(self) -> None:
        kept, self._left = self._left, None
        if kept is not None:
            super().recall(kept)
            at = kept.get("panel")
            if isinstance(at, int) and 0 <= at < len(self.panels) and self.panels[at].focusable:
                self.at = at

    def label(self) -> str:
        title = self.layout.title or self.layout.name.capitalize() if self.layout else ""
        return inert(title) if title else "Overview"

    def update(self, topics: set[str]) -> None:
        if "site" in topics or "kpis" in topics or self.layout is None:
            self._rebuild()
        for panel in self.panels:
            panel.update()
        if self.editing is not None:
            self._heed_others()

    def _rebuild(self) -> None:
        wanted = self._wanted()
        if wanted == self.layout:
            return
        before, focused = self.panels, self.panel
        self.layout = wanted
        self.blocks = build(self.ctx, wanted)
        self.panels = [panel for panel in panels_of(self.blocks) if isinstance(panel, Panel)]
        focusable = [at for at, panel in enumerate(self.panels) if panel.focusable]
        # the alerts are what one acts on first
        alerts = [at for at in focusable if isinstance(self.panels[at], AlertsPanel)]
        self.at = next(iter([*alerts, *focusable]), 0)
        self._come_back()
        for at, panel in enumerate(self.panels):
            panel.update()
            old = next((old for old in before if old.spec == panel.spec and type(old) is type(panel)), None)
            if old is not None:
                panel.inherit(old)
            if old is not None and old is focused:
                self.at = at

    def _wanted(self) -> Layout:
        """The layout that is to be shown: what is edited, and what was saved until the engine has read its file."""
        if self.editing is not None:
            return self.editing.shown
        name = self.address.name
        found = self._known(name) if name else self.ctx.model.layouts()[0]
        if self._written is not None and found == self._written[1]:
            return self._written[0]
        self._written = None
        return found or self.ctx.model.layouts()[0]

    def _known(self, name: str) -> Layout | None:
        return next((layout for layout in self.ctx.model.layouts() if layout.name == name), None)

    def draw(self, cells: int, lines: int) -> list[Line]:
        if self.editing is not None:
            from opsconsole.console.layout_screen import edited

            self._pinned_lines = 0
            self.spots, body = edited(self.editing, self.blocks, self.panels, cells, lines)
            return body
        pinned = self._pinned(cells)
        self._pinned_lines = len(pinned)
        self.spots = place(self.blocks, cells, lines - len(pinned))
        self._keep_focus_in_sight()
        return [*pinned, *composed([(spot, self._draw(spot)) for spot in self.spots], cells, lines - len(pinned))]

    def _draw(self, spot: Spot) -> list[Line]:
        assert isinstance(spot.panel, Panel)
        return spot.panel.draw(spot, spot.panel is self.panel and not self.ctx.on_wall)

    def _keep_focus_in_sight(self) -> None:
        shown = [id(spot.panel) for spot in self.spots]
        if self.panel is not None and id(self.panel) not in shown:
            in_sight = (at for at, panel in enumerate(self.panels) if panel.focusable and id(panel) in shown)
            self.at = next(in_sight, self.at)

    def _pinned(self, cells: int) -> list[Line]:
        """Critical alerts stay in sight on a layout that has no alert list."""
        if any(isinstance(panel, AlertsPanel) for panel in self.panels):
            return []
        in_order = self.ctx.model.alerts_in_order()
        critical = [alert for alert in in_order if alert.priority == "critical" and not signs.put_aside(alert)]
        if not critical:
            return []
        more = (
            self.ctx.told(f"  and {len(critical) - 1} more critical ({{alerts}} alerts)") if len(critical) > 1 else ""
        )
        first = critical[0]
        text = f" {signs.alert_sign('critical')} {inert(first.text)}{more}"
        return [fit([(text, signs.alert_style(first))], cells)]

    # --- editing ---

    def edit(self, editing: Editing | None) -> None:
        """Begin an edit, or leave it and show the layout that is known."""
        chosen = self.editing.at if self.editing is not None else None
        self.editing = editing
        self._heard = self._known(editing.name) if editing is not None else None
        self.rebuild()
        if editing is None and chosen is not None and self.layout is not None:
            self._focus(self.layout, chosen)

    def _focus(self, layout: Layout, at: At) -> None:
        """The focus goes to the panel that was chosen in an edit, if it can have it."""
        from opsconsole.console.layout_screen import panel_of

        found = panel_of(layout, self.panels, at)
        self.at = next((number for number, panel in enumerate(self.panels) if panel is found), self.at)

    def saved(self, layout: Layout) -> None:
        """An edit is in its file: it is shown as it is until the engine has read that."""
        self._written = (layout, self._known(layout.name))
        self.edit(None)

    def rebuild(self) -> None:
        """Show what the edit has come to, with what is known of its panels."""
        self._rebuild()

    def _heed_others(self) -> None:
        """Tell of a change to the file that is edited."""
        assert self.editing is not None
        found = self._known(self.editing.name)
        if found is not None and found not in (self._heard, self.editing.file.layout):
            self._heard = found
            self.ctx.say("somebody else has changed this layout meanwhile: look at theirs before you save", "warning")

    def banner(self, cells: int) -> Line | None:
        if self.editing is None:
            return None
        from opsconsole.console.layout_screen import banner

        return banner(self.editing, cells)

    def chosen(self) -> At | None:
        """Where the panel with the focus is in the layout."""
        from opsconsole.console.layout_screen import place_of

        return place_of(self.layout, self.panels, self.panel) if self.layout is not None else None

    def chosen_lines(self) -> int:
        """How many lines the panel that is chosen has on the screen; 0 where it has no room."""
        from opsconsole.console.layout_screen import lines_of

        return lines_of(self.editing, self.panels, self.spots) if self.editing is not None else 0

    def offers(self, action: str) -> bool:
        return self.editing is not None or super().offers(action)

    # --- moving ---

    def focus_at(self, x: int, y: int) -> bool:
        if self.editing is not None:
            from opsconsole.console.layout_screen import pick_at

            pick_at(self.editing, self.panels, self.spots, x, y)
            return False
        y -= self._pinned_lines
        for at, panel in enumerate(self.panels):
            here = (spot for spot in self.spots if spot.panel is panel and panel.focusable)
            if any(spot.x <= x < spot.x + spot.cells and spot.y <= y < spot.y + spot.lines for spot in here):
                moved, self.at = self.at != at, at
                return moved or panel.pane is None
        return True

    def move(self, dx: int, dy: int) -> None:
        if self.panel is not None and not self.panel.move(dx, dy):
            self._beyond(dx, dy)

    def page(self, lines: int) -> None:
        if self.panel is not None:
            self.panel.move(0, lines)

    def _beyond(self, dx: int, dy: int) -> None:
        """From the edge of a panel on to its neighbour in that direction."""
        here = next((spot for spot in self.spots if spot.panel is self.panel), None)
        if here is None:
            return

        def beyond(spot: Spot) -> bool:
            if dy:
                return (spot.y - here.y) * dy > 0 and spot.x < here.x + here.cells and here.x < spot.x + spot.cells
            return spot.y < here.y + here.lines and here.y < spot.y + spot.lines and (spot.x - here.x) * dx > 0

        near = [spot for spot in self.spots if beyond(spot) and isinstance(spot.panel, Panel) and spot.panel.focusable]
        if near:
            nearest = min(near, key=lambda spot: (abs(spot.y - here.y), abs(spot.x - here.x)))
            self.at = next(at for at, panel in enumerate(self.panels) if panel is nearest.panel)

    def do_next_panel(self) -> None:
        self._step(1)

    def do_previous_panel(self) -> None:
        self._step(-1)

    def _step(self, by: int) -> None:
        shown = {id(spot.panel) for spot in self.spots}
        ring = [at for at, panel in enumerate(self.panels) if panel.focusable and id(panel) in shown]
        if ring:
            position = ring.index(self.at) if self.at in ring else 0
            self.at = ring[(position + by) % len(ring)]

    def reveal(self, key: str) -> Pane | None:
        """The focus goes to the alert list, where the layout has one in sight."""
        shown = {id(spot.panel) for spot in self.spots}
        for at, panel in enumerate(self.panels):
            if isinstance(panel, AlertsPanel) and id(panel) in shown:
                self.at = at
                folded = next((each.key for each in panel.folds.values() if key in each.ids and not each.open), "")
                panel.fold(folded, opened=True)
                return panel.pane
        return None

    def behind(self, key: str) -> list[str]:
        fold = self.panel.folds.get(key) if isinstance(self.panel, AlertsPanel) else None
        return list(fold.ids) if fold is not None else [key]

    def do_open(self) -> None:
        key = self.pane.cursor if self.pane is not None else None
        if not (isinstance(self.panel, AlertsPanel) and self.panel.fold(key or "")):
            super().do_open()

    def shows(self, key: str) -> bool:
        pane = self.pane
        if isinstance(self.panel, AlertsPanel) and any(key in fold.ids for fold in self.panel.folds.values()):
            return True
        return pane is not None and any(row.key == key for row in pane.rows)

    def do_next_layout(self) -> None:
        self._turn(1)

    def do_previous_layout(self) -> None:
        self._turn(-1)

    def _turn(self, by: int) -> None:
        names = [layout.name for layout in self.ctx.model.layouts()]
        if len(names) < 2 or self.layout is None:
            self.ctx.say("this site has one layout")
            return
        at = names.index(self.layout.name) if self.layout.name in names else 0
        self.ctx.go(Address("overview", name=names[(at + by) % len(names)]))

    def target(self) -> Address | None:
        return self.panel.open() if self.panel else None

    def copied(self) -> str:
        if isinstance(self.panel, TilesPanel):
            kpi = self.ctx.model.kpis.get(self.panel.name())
            return f"{kpi.title}\t{kpi.value}\t{kpi.unit}" if kpi else ""
        return super().copied()


def composed(drawn: list[tuple[Spot, list[Line]]], cells: int, lines: int) -> list[Line]:
    """A screen of what panels have drawn, each in its rectangle."""
    out: list[Line] = []
    for y in range(lines):
        line: Line = []
        x = 0
        for spot, block in sorted(drawn, key=lambda item: item[0].x):
            if spot.y <= y < spot.y + spot.lines:
                line += [(" " * (spot.x - x), "")] if spot.x > x else []
                line += fit(block[y - spot.y] if y - spot.y < len(block) else [], spot.cells)
                x = spot.x + spot.cells
        out.append(fit(line, cells))
    return out
