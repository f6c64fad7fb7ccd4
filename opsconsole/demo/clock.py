"""The clock that the player shares with the engine: site time = `start` + (wall clock - `since`) * `speed`.

All moments are seconds since the epoch.
"""

from __future__ import annotations

from typing import NamedTuple


class ReplayClock(NamedTuple):
    """Maps wall time to site time and back."""

    start: float
    since: float
    speed: float

    def site(self, wall: float) -> float:
        """Site time at a wall moment."""
        return self.start + (wall - self.since) * self.speed

    def wall(self, site: float) -> float:
        """The wall moment at which it is that site time."""
        return self.since + (site - self.start) / self.speed
