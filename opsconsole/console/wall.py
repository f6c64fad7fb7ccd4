"""A console for a screen on a wall: it shows the layouts in turn, and nobody has to touch it.

A critical alert that has just called turns it to a layout that shows alerts and holds it there until somebody has
acknowledged it, but not for ever: one that nobody minds must not hide the rest. It stays pinned on every layout.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from opsconsole.console.text import Line, fit, inert, spread
from opsconsole.site.model import Layout, placed

HOLD = 120.0
"""Seconds for which a critical alert holds the wall at most."""
AWAY = 60.0
"""Seconds without a key after which another screen is left for the layouts again."""


class Wall:
    """Which layout is shown, and until when. `now` is any clock in seconds that never jumps."""

    def __init__(self, rotate: float) -> None:
        self.rotate = rotate
        self.name = ""
        self._until = 0.0
        self._held: dict[str, float] = {}

    def see(self, layouts: Sequence[Layout], calling: Collection[str], now: float) -> str:
        """The layout to show now. `calling`: the critical alerts that nobody has acknowledged."""
        names = [layout.name for layout in layouts]
        new = [alert for alert in calling if alert not in self._held]
        self._held = {alert: self._held.get(alert, now + HOLD) for alert in calling}
        if new:
            alerts = [layout.name for layout in layouts if any(panel.kind == "alerts" for _, panel in placed(layout))]
            if alerts and self.name not in alerts:
                return self._show(alerts[0], now)
        if self.name not in names:
            return self._show(names[0] if names else "", now)
        if now >= self._until and not self.holds(now):
            return self._show(names[(names.index(self.name) + 1) % len(names)], now)
        return self.name

    def holds(self, now: float) -> bool:
        """Whether an alert holds the layout that is shown."""
        return any(until > now for until in self._held.values())

    def turn(self, layouts: Sequence[Layout], by: int, now: float) -> str:
        """The layout so many further on, by hand; it is shown as long as any."""
        names = [layout.name for layout in layouts]
        if not names:
            return ""
        at = names.index(self.name) if self.name in names else 0
        return self._show(names[(at + by) % len(names)], now)

    def due(self, now: float) -> float:
        """Seconds until it may have to be turned."""
        ends = [until for until in (self._until, *self._held.values()) if until > now]
        return max(0.05, min([*ends, now + self.rotate]) - now)

    def _show(self, name: str, now: float) -> str:
        self.name = name
        self._until = now + self.rotate
        return name


def wall_line(layouts: Sequence[Layout], name: str, held: bool, cells: int) -> Line:
    """The second line: which layout it is, of how many."""
    names = [layout.name for layout in layouts]
    at = names.index(name) if name in names else 0
    title = next((layout.title or layout.name.capitalize() for layout in layouts if layout.name == name), "")
    why: Line = [("  held: a critical alert is unacknowledged", "critical")] if held and len(names) > 1 else []
    dots = "".join("●" if each == at else "○" for each in range(len(names))) if 1 < len(names) <= 12 else ""
    of = f"{dots}  {at + 1} of {len(names)} " if len(names) > 1 else ""
    start: Line = [(f" {inert(title)}", "bold"), *why]
    return spread(start, [(of, "dim")], cells) if cells > 40 else fit(start, cells)
