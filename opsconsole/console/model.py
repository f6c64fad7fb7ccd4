"""The state of the site as the engine last told it: the only truth a screen reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from typing import TypeVar

from opsconsole.console import signs
from opsconsole.engine.messages import (
    AlertCounts,
    AlertState,
    Attention,
    Breakdown,
    ChangeMark,
    Changes,
    GoalState,
    Grid,
    KpiState,
    Maintenance,
    Notice,
    SavedView,
    SiteState,
    Snapshot,
    SourceState,
)
from opsconsole.site.model import Layout, LayoutRow, Panel, Priority

T = TypeVar("T")


EVERYTHING = {"site", "kpis", "alerts", "sources", "grids", "breakdowns", "goals"}
"""The topics of a model: what a screen that is entered takes from it."""


class Model:
    """Snapshots and changes go in; views read.

    `dimensions` are the columns that KPIs can be broken down by, as screens have learnt them.
    `lost_at` is the wall clock at which the engine was lost (None while it answers), `ended` why it ended on purpose.
    """

    def __init__(self) -> None:
        self.site: SiteState | None = None
        self.kpis: dict[str, KpiState] = {}
        self.grids: dict[tuple[str, str], Grid] = {}
        self.breakdowns: dict[tuple[str, str], Breakdown] = {}
        self.alerts: dict[str, AlertState] = {}
        self.sources: dict[str, SourceState] = {}
        self.notices: list[Notice] = []
        self.goals: list[GoalState] = []
        self.attention: list[Attention] = []
        self._counts = AlertCounts()
        self._in_order: list[AlertState] | None = None
        self.views: list[SavedView] = []
        self.maintenance: list[Maintenance] = []
        self.marked: list[ChangeMark] = []
        self.dimensions: dict[str, list[str]] = {}
        self.lost_at: float | None = None
        self.ended: str | None = None
        self.lost_why = ""

    def load(self, snapshot: Snapshot) -> set[str]:
        """Replace everything by a snapshot."""
        self.site = snapshot.site
        self.kpis = {kpi.name: kpi for kpi in snapshot.kpis}
        self._take_tables(snapshot.grids, snapshot.breakdowns)
        self.alerts = {alert.id: alert for alert in snapshot.alerts}
        self.sources = {source.name: source for source in snapshot.sources}
        self.notices = snapshot.notices
        self.goals, self.attention = snapshot.goals, snapshot.attention
        self._counts, self._in_order = snapshot.counts, None
        self.views = snapshot.views
        self.maintenance = snapshot.maintenance
        self.marked = snapshot.marked
        return {"site", "kpis", "grids", "breakdowns", "alerts", "sources", "notices", "goals", "data"}

    def apply(self, changes: Changes) -> set[str]:
        """Take what differs; returns which parts changed ("data": the tables moved on, or the site itself)."""
        topics: set[str] = set()
        if changes.site is not None:
            if self.site is None or self.site.data_version != changes.site.data_version:
                topics.add("data")
            self.site = changes.site
            topics.add("site")
        if changes.kpis or changes.kpi_order is not None:
            self.kpis.update((kpi.name, kpi) for kpi in changes.kpis)
            self.kpis = _ordered(self.kpis, changes.kpi_order)
            topics.add("kpis")
        if changes.grids is not None or changes.breakdowns is not None:
            self._take_tables(changes.grids, changes.breakdowns)
            topics |= {"grids", "breakdowns"}
        if changes.alerts or changes.alerts_gone:
            self.alerts.update((alert.id, alert) for alert in changes.alerts)
            for gone in changes.alerts_gone:
                self.alerts.pop(gone, None)
            self._in_order = None
            topics.add("alerts")
        if changes.counts is not None or changes.views is not None or changes.maintenance is not None:
            self._counts = self._counts if changes.counts is None else changes.counts
            self.views = self.views if changes.views is None else changes.views
            self.maintenance = self.maintenance if changes.maintenance is None else changes.maintenance
            topics.add("alerts")
        if changes.marked is not None:
            self.marked = changes.marked
            topics.add("marked")
        if changes.sources or changes.source_order is not None:
            self.sources.update((source.name, source) for source in changes.sources)
            self.sources = _ordered(self.sources, changes.source_order)
            topics.add("sources")
        if changes.notices is not None:
            self.notices = changes.notices
            topics.add("notices")
        if changes.goals is not None or changes.attention is not None:
            self.goals = self.goals if changes.goals is None else changes.goals
            self.attention = self.attention if changes.attention is None else changes.attention
            topics.add("goals")
        return topics

    def changed(self, kpi: str, where: Iterable[tuple[str, str | None]] = ()) -> list[float]:
        """When something was changed that should move a KPI among the rows of some members."""
        chosen = dict(where)
        return [
            each.at
            for each in self.marked
            if kpi in each.kpis and all(chosen.get(name, member) == member for name, member in each.where.items())
        ]

    def copy(self) -> Model:
        """The same as it is now, which stays so whatever comes."""
        other = Model()
        other.__dict__ |= {
            name: type(part)(part) if isinstance(part, (dict, list)) else part for name, part in self.__dict__.items()
        }
        return other

    def put_alert(self, key: str, alert: AlertState | None) -> None:
        """Have one alert so; None: it has gone."""
        self.alerts.pop(key, None)
        if alert is not None:
            self.alerts[key] = alert
        self._in_order = None

    def _take_tables(self, grids: list[Grid] | None, breakdowns: list[Breakdown] | None) -> None:
        if grids is not None:
            self.grids = {(grid.kpi, grid.by): grid for grid in grids}
        if breakdowns is not None:
            self.breakdowns = {(table.kpi, table.by): table for table in breakdowns}

    @property
    def timezone(self) -> str:
        """The site's zone, UTC until it is known."""
        return self.site.timezone if self.site else "UTC"

    def now(self, wall: float) -> float:
        """Site time, for the wall clock `wall`; it stands still while the engine is lost or the clock is its data's."""
        if self.site is None:
            return wall
        until = wall if self.lost_at is None else min(wall, self.lost_at)
        return self.site.at + max(0.0, until - self.site.wall) * self.site.speed

    def alerts_in_order(self) -> list[AlertState]:
        """By priority, then state (those nobody acknowledged first), then age (the newest first); not to be changed."""
        if self._in_order is None:
            self._in_order = sorted(self.alerts.values(), key=signs.urgency)
        return self._in_order

    @property
    def alert_counts(self) -> AlertCounts:
        """How many alerts there are in all, as the engine counts them; of a past moment those at hand."""
        if self._counts.open or not self.alerts:
            return self._counts
        return counted(self.alerts.values())

    @property
    def all_at_hand(self) -> bool:
        """Whether every open alert is here, and not only the most urgent."""
        return len(self.alerts) >= self.alert_counts.open

    def counts(self) -> dict[Priority, int]:
        """Open alerts by priority, worst first, without zeros."""
        found = self.alert_counts
        tally: dict[Priority, int] = {"critical": found.critical, "warning": found.warning, "low": found.low}
        return {priority: number for priority, number in tally.items() if number}

    def unacknowledged(self) -> int:
        """How many alerts nobody has acknowledged, those that went back to normal included."""
        return self.alert_counts.unacknowledged

    def layouts(self) -> list[Layout]:
        """The site's layouts; one of all KPIs, alerts and sources where it has none."""
        if self.site is not None and self.site.layouts:
            return self.site.layouts
        tiles = tuple(Panel("kpi", of=name) for name in self.kpis)
        rows = [LayoutRow((Panel("alerts", of="open"),)), LayoutRow((Panel("sources", of="all"),))]
        return [Layout("overview", ((LayoutRow(tiles, height=5), *rows) if tiles else tuple(rows)), title="Overview")]


def counted(alerts: Collection[AlertState]) -> AlertCounts:
    """Alerts at hand, counted as an engine counts all."""
    states = Counter(alert.state for alert in alerts)
    levels = Counter(alert.priority for alert in alerts if not signs.put_aside(alert))
    return AlertCounts(
        open=states.total(),
        critical=levels["critical"],
        warning=levels["warning"],
        low=levels["low"],
        unacknowledged=states["UNACK"] + states["RTNUN"],
        shelved=states["SHELVED"],
        suppressed=states["SUPPRESSED"],
        out=states["OOS"],
    )


def _ordered(members: dict[str, T], order: Iterable[str] | None) -> dict[str, T]:
    """`members` by `order`; those it does not name are gone."""
    return members if order is None else {name: members[name] for name in order if name in members}
