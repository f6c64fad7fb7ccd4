"""An edit of a layout under way: how it is, the panel that is chosen, what was before, and what its file says."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.engine.messages import LayoutFile
from opsconsole.site import layout_edit
from opsconsole.site.layout_edit import At, Edited, Way
from opsconsole.site.layout_words import told
from opsconsole.site.model import Layout, Panel, Stack


class Editing:
    """Steps on a layout that can be taken back. `file` is what was read when it began, or looked at since."""

    def __init__(self, file: LayoutFile, at: At | None = None) -> None:
        self.file = file
        self.name = file.layout.name
        self.layout = file.layout
        self.other: Layout | None = None
        self._past: list[Edited] = []
        self._future: list[Edited] = []
        self.at = at if at in layout_edit.spots(file.layout) and at is not None else At(0, 0)
        self._settle()

    def _settle(self) -> None:
        known = layout_edit.spots(self.layout)
        if self.at not in known:
            self.at = min(known, key=lambda at: (abs(at.row - self.at.row), abs(at.place - self.at.place)))

    @property
    def shown(self) -> Layout:
        """What is on the screen: the edit, or while it is looked at what the file says."""
        return self.other if self.other is not None else self.layout

    @property
    def changed(self) -> bool:
        """Whether there is anything to save."""
        return self.layout.rows != self.file.layout.rows

    @property
    def panel(self) -> Panel:
        """The panel that is chosen."""
        return layout_edit.panel_at(self.layout, self.at)

    def do(self, step: Callable[[Layout, At], Edited]) -> None:
        """Take a step. Raises CannotEditError."""
        found, at = step(self.layout, self.at)
        if found != self.layout:
            self._past.append((self.layout, self.at))
            self._future.clear()
        self.layout, self.at = found, at

    def move(self, way: Way) -> None:
        """Move the panel. Raises CannotEditError."""
        self.do(lambda layout, at: layout_edit.move(layout, at, way))

    def pick(self, way: Way) -> bool:
        """Choose the neighbour; False at the edge."""
        there = layout_edit.neighbour(self.layout, self.at, way)
        self.at = there or self.at
        return there is not None

    def pick_next(self, by: int) -> None:
        """Choose the next panel in order, and after the last the first."""
        known = layout_edit.spots(self.layout)
        self.at = known[(known.index(self.at) + by) % len(known)]

    def undo(self) -> bool:
        """Take a step back; False where there is none."""
        return self._swap(self._past, self._future)

    def redo(self) -> bool:
        """Take a step again that was taken back; False where there is none."""
        return self._swap(self._future, self._past)

    def _swap(self, one: list[Edited], other: list[Edited]) -> bool:
        if not one:
            return False
        other.append((self.layout, self.at))
        self.layout, self.at = one.pop()
        return True

    def where(self) -> str:
        """Which panel is chosen, where it is and how large: "chart oee · row 2/4, place 1/2 · width 2/3 · height 7"."""
        row = self.layout.rows[self.at.row]
        place = row.panels[self.at.place]
        spot, height = f"row {self.at.row + 1}/{len(self.layout.rows)}", row.height
        if len(row.panels) > 1:
            spot += f", place {self.at.place + 1}/{len(row.panels)}"
        if isinstance(place, Stack):
            spot += f", stack {self.at.below + 1}/{len(place.panels)}"
            height = self.panel.height
        parts = [told(self.panel), spot]
        if len(row.panels) > 1:
            parts.append(f"width {place.width}/{sum(each.width for each in row.panels)}")
        parts.append(f"height {height}" if height is not None else "shared height")
        return " · ".join(parts)
