"""What differs between two snapshots, so that consoles get changes and not the world. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import msgspec

from opsconsole.engine.messages import AlertState, Changes, SiteState, Snapshot

# A console computes its own clock from `at`, `wall` and `speed`; only a jump is news.
_CLOCK_SLACK = 0.5


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def changes_between(old: Snapshot, new: Snapshot) -> Changes | None:
    """The changes that turn `old` into `new`; None when a client would see no difference."""
    found = Changes(
        site=new.site if _site_moved(old.site, new.site) else None,
        kpis=_changed(old.kpis, new.kpis),
        kpi_order=_order(old.kpis, new.kpis),
        grids=new.grids if new.grids != old.grids else None,
        breakdowns=new.breakdowns if new.breakdowns != old.breakdowns else None,
        alerts=_alerts_changed(old.alerts, new.alerts),
        alerts_gone=sorted({alert.id for alert in old.alerts} - {alert.id for alert in new.alerts}),
        sources=_changed(old.sources, new.sources),
        source_order=_order(old.sources, new.sources),
        notices=new.notices if new.notices != old.notices else None,
        goals=new.goals if new.goals != old.goals else None,
        attention=new.attention if new.attention != old.attention else None,
        counts=new.counts if new.counts != old.counts else None,
        views=new.views if new.views != old.views else None,
        maintenance=new.maintenance if new.maintenance != old.maintenance else None,
        marked=new.marked if new.marked != old.marked else None,
    )
    return None if found == Changes() else found


def _site_moved(old: SiteState, new: SiteState) -> bool:
    if new.speed == 0:
        jumped = new.at != old.at
    else:
        jumped = abs((new.at - old.at) - (new.wall - old.wall) * new.speed) > _CLOCK_SLACK * max(1.0, new.speed)
    same = msgspec.structs.replace(old, at=new.at, wall=new.wall) == new
    return jumped or not same


def _changed(old: Sequence[_N], new: Sequence[_N]) -> list[_N]:
    before = {item.name: item for item in old}
    return [item for item in new if before.get(item.name) != item]


def _order(old: Sequence[_N], new: Sequence[_N]) -> list[str] | None:
    names = [item.name for item in new]
    return None if names == [item.name for item in old] else names


def _alerts_changed(old: Sequence[AlertState], new: Sequence[AlertState]) -> list[AlertState]:
    before = {item.id: item for item in old}
    return [item for item in new if before.get(item.id) != item]
