"""How long sources have been silent, by when their rows arrived, and which are stale for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct

from opsconsole.kpis.binding import Binding


class SourceTotals(Protocol):
    """What is needed of a source's totals."""

    @property
    def rows(self) -> int:
        """Rows in its table."""

    @property
    def last_arrival(self) -> float | None:
        """When the engine last took a row from it: wall clock, seconds since the epoch."""


class Arrivals(Struct, frozen=True):
    """How long sources have been silent: their totals, and the wall clock that arrivals are measured by.

    `started` is when the engine began to watch, for sources that never had a row. `speed` is site seconds per wall
    second; 0 (clock `data`) turns silence off. `lost` are sources that are out of sight (a folder that is gone with all
    their rows), and why.
    """

    totals: Mapping[str, SourceTotals]
    wall: float
    started: float
    speed: float = 1.0
    lost: Mapping[str, str] = {}

    def silence(self, source: str) -> float:
        """Seconds of site time since a row of the source arrived."""
        totals = self.totals.get(source)
        last = totals.last_arrival if totals is not None else None
        return max(0.0, self.wall - (last if last is not None else self.started)) * self.speed


def stale_sources(binding: Binding, arrivals: Arrivals) -> set[str]:
    """The sources that are out of sight or have been silent for longer than `fresh_within`, and those made of such."""
    silent = set(arrivals.lost) | {
        source.name
        for source in binding.site.sources.values()
        if source.fresh_within is not None and arrivals.silence(source.name) > source.fresh_within
    }
    return silent | {name for name in binding.reads if silent & set(binding.files(name))}
