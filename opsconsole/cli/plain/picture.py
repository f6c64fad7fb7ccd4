"""What the engine has told, as the line mode knows it; and the numbers by which a person names alerts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from msgspec import Struct

from opsconsole.engine.messages import (
    AlertCounts,
    AlertState,
    Changes,
    KpiState,
    Notice,
    SiteState,
    Snapshot,
    SourceState,
)

T = TypeVar("T")
_PRIORITY = {"critical": 0, "warning": 1, "low": 2}
_ASIDE = ("SHELVED", "SUPPRESSED", "OOS")


class Picture(Struct, frozen=True):
    """The site at one moment; a change makes a new one."""

    site: SiteState
    kpis: dict[str, KpiState] = {}
    alerts: dict[str, AlertState] = {}
    sources: dict[str, SourceState] = {}
    notices: list[Notice] = []
    counts: AlertCounts = AlertCounts()

    def now(self, wall: float) -> float:
        """Site time at a moment of the wall clock, in seconds since the epoch."""
        return self.site.at + max(0.0, wall - self.site.wall) * self.site.speed

    def urgent(self) -> list[AlertState]:
        """The alerts that call somebody, the most urgent first."""
        open_ = [alert for alert in self.alerts.values() if alert.state not in _ASIDE]
        return sorted(open_, key=lambda one: (_PRIORITY[one.priority], one.state != "UNACK", -one.since, one.id))

    def aside(self) -> list[AlertState]:
        """Those that are shelved, suppressed or out of service."""
        return [alert for alert in self.alerts.values() if alert.state in _ASIDE]


def taken(snapshot: Snapshot) -> Picture:
    """The picture of a snapshot."""
    return Picture(
        snapshot.site,
        {kpi.name: kpi for kpi in snapshot.kpis},
        {alert.id: alert for alert in snapshot.alerts},
        {source.name: source for source in snapshot.sources},
        snapshot.notices,
        snapshot.counts,
    )


def changed(before: Picture, changes: Changes) -> Picture:
    """The picture after changes."""
    alerts = {**before.alerts, **{alert.id: alert for alert in changes.alerts}}
    return Picture(
        changes.site or before.site,
        _ordered({**before.kpis, **{kpi.name: kpi for kpi in changes.kpis}}, changes.kpi_order),
        {name: alert for name, alert in alerts.items() if name not in changes.alerts_gone},
        _ordered({**before.sources, **{each.name: each for each in changes.sources}}, changes.source_order),
        before.notices if changes.notices is None else changes.notices,
        before.counts if changes.counts is None else changes.counts,
    )


def _ordered(members: dict[str, T], order: Iterable[str] | None) -> dict[str, T]:
    return members if order is None else {name: members[name] for name in order if name in members}


class Numbers:
    """A number for each alert that was told of, from 1; it keeps it for as long as the line mode runs."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}

    def of(self, alert: str) -> int:
        """Its number; a new one gets the next."""
        return self._of.setdefault(alert, len(self._of) + 1)

    def named(self, number: int) -> str | None:
        """The alert of a number."""
        return next((alert for alert, each in self._of.items() if each == number), None)
