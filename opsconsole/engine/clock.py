"""Site time: what "now" is, by the wall clock, by the newest event, or replayed. HOUSE.md calls the three kinds."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from opsconsole.site.model import Clock

UTC = dt.UTC
# "Until further notice" is often 9999-12-31 in data; no calendar goes on from there.
_FIRST = dt.datetime(2, 1, 1, tzinfo=UTC).timestamp()
_LAST = dt.datetime(9998, 12, 31, tzinfo=UTC).timestamp()


class SiteClock:
    """Maps the wall clock (seconds since the epoch) to site time (aware, UTC)."""

    def __init__(self, clock: Clock, timezone: str, started: float) -> None:
        self.mode = clock.mode
        self.newest: float | None = None
        zone = ZoneInfo(timezone)
        start = clock.start
        since = clock.since
        self._since = started if since is None else _aware(since, zone).timestamp()
        self._start = self._since if start is None else _aware(start, zone).timestamp()
        self._speed = clock.speed if clock.mode == "replay" else 1.0

    @property
    def speed(self) -> float:
        """Site seconds per wall second; 0 for the clock `data`, which stands still between events."""
        return 0.0 if self.mode == "data" else self._speed

    def at(self, wall: float) -> float:
        """Site time in seconds since the epoch at a wall moment; before any event the clock `data` shows the wall's."""
        if self.mode == "data":
            return wall if self.newest is None else self.newest
        if self.mode == "replay":
            return self._start + (wall - self._since) * self._speed
        return wall

    def now(self, wall: float) -> dt.datetime:
        """Site time at a wall moment, clear of the ends of the calendar."""
        return dt.datetime.fromtimestamp(min(max(self.at(wall), _FIRST), _LAST), UTC)


def _aware(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
