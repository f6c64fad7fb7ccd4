"""The snapshot: figures, alerts and sources as one message for the screens, at one data version. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

import msgspec

from opsconsole.engine.clock import SiteClock
from opsconsole.engine.condition import Condition
from opsconsole.engine.derived import with_derived
from opsconsole.engine.goals import goals_of
from opsconsole.engine.messages import (
    AlertState,
    Breakdown,
    FileState,
    Grid,
    KpiState,
    Notice,
    Ratio,
    Revision,
    ShiftState,
    SiteState,
    Snapshot,
    SourceState,
)
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.measures import Measure, Measures, Split
from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.calendar import ShiftSpan
from opsconsole.site.card import card_of, sources_of
from opsconsole.site.figures import duration
from opsconsole.site.holiday import holiday_at
from opsconsole.site.layout_keys import IN_TIME, SPLIT
from opsconsole.site.model import Kpi, Site, Source, files_of, placed
from opsconsole.site.shifts import next_shift, shift_ends, shifts_worked
from opsconsole.tables.records import FileInfo, Totals

Freshness = Literal["fresh", "stale", "nodata", "off"]


def picture(
    *,
    binding: Binding,
    clock: SiteClock,
    wall: float,
    settled: bool,
    stays: bool,
    data_version: int,
    shift: ShiftSpan | None,
    measures: Measures,
    totals: Mapping[str, Totals],
    conditions: Mapping[str, Condition],
    revised: Mapping[str, Revision],
) -> Snapshot:
    """What every screen of the site may show now, but for its alerts and notices (see `opsconsole.engine.front`).

    `wall` is the wall clock in seconds since the epoch.
    """
    site = binding.site
    own = {
        name: source_state(source, fresh_within(site, source), totals.get(name), clock, wall, conditions.get(name))
        for name, source in files_of(site).items()
    }
    sources = with_derived(binding, own)
    stale = {source.name for source in sources if source.status == "stale"}
    state = SiteState(
        name=site.name,
        timezone=site.timezone,
        clock=clock.mode,
        speed=clock.speed,
        at=clock.at(wall),
        wall=wall,
        settled=settled,
        data_version=data_version,
        draft=site.draft,
        stays=stays,
        shift=shift_state(site, shift),
        next_shift=shift_state(site, next_shift(site, clock.now(wall))),
        holiday=holiday_at(site, clock.now(wall)),
        layouts=list(site.layouts),
        flows={flow.name: flow.title or flow.name for flow in site.flows.values()},
        ended=[end.timestamp() for end in shift_ends(site, clock.now(wall))],
        shifts=shift_states(site, clock.now(wall)),
        longest_shelf=msgspec.to_builtins(site.shelving),
        areas={area.name: area.title or area.name for area in site.areas.values()},
    )
    return compose(state, site, measures, sources, stale, revised=revised)


def compose(
    state: SiteState,
    site: Site,
    measures: Measures,
    sources: Sequence[SourceState],
    stale: Collection[str],
    alerts: Sequence[AlertState] = (),
    notices: Sequence[Notice] = (),
    revised: Mapping[str, Revision] | None = None,
) -> Snapshot:
    """One message of figures, alerts and sources, for now as for a past moment (`state.as_of`).

    `stale` are sources that no longer let a value pass for good or bad.
    """
    timeless = {name for name, source in {**site.sources, **BUILT_IN}.items() if source.time is None}
    undated = timeless if state.as_of is not None else set()
    kpis = []
    for name, kpi in site.kpis.items():
        below = set(sources_of(site.kpis, kpi))
        found = kpi_state(site, kpi, measures.kpis[name], not below.isdisjoint(stale))
        dated = below.isdisjoint(undated)
        kpis.append(msgspec.structs.replace(found, undated=not dated, revised=(revised or {}).get(name)))
    limits = {name: measure.limits for name, measure in measures.kpis.items()}
    # of a past moment only event time is known, and that is site time already
    wall, speed = (state.wall, state.speed) if state.as_of is None else (state.as_of, float(state.clock != "data"))
    goals, attention = goals_of(site, kpis, limits, sources, wall, speed)
    return Snapshot(
        site=state,
        kpis=kpis,
        grids=[msgspec.convert(grid, Grid, from_attributes=True) for grid in measures.grids],
        breakdowns=_breakdowns(site, measures),
        alerts=list(alerts),
        sources=list(sources),
        notices=list(notices),
        goals=goals,
        attention=attention,
    )


def shift_state(site: Site, shift: ShiftSpan | None) -> ShiftState | None:
    """A shift as screens get it."""
    if shift is None:
        return None
    start, end = shift.start.timestamp(), shift.end.timestamp()
    return ShiftState(shift.name, start, end, shift.team, holiday_at(site, shift.start))


def shift_states(site: Site, now: dt.datetime) -> list[ShiftState]:
    """The shift that runs and the last ones, for ranges: without the holidays, which nobody asks of them."""
    return [
        ShiftState(each.name, each.start.timestamp(), each.end.timestamp(), each.team)
        for each in shifts_worked(site, now)
    ]


def fresh_within(site: Site, source: Source) -> float | None:
    """After how many seconds of silence a source is stale: its own word, else that of the rule on its silence."""
    silences = [rule.silent for rule in site.rules.values() if rule.source == source.name and rule.silent is not None]
    return source.fresh_within if source.fresh_within is not None else min(silences, default=None)


def source_state(
    source: Source,
    due: float | None,
    totals: Totals | None,
    clock: SiteClock,
    wall: float,
    condition: Condition | None = None,
) -> SourceState:
    """How fresh a source is. With the clock `data` time stands still, so staleness is off.

    `due` is site time: in a replay at speed 60 it passes sixty times as fast on the wall.
    """
    status: Freshness = "nodata" if totals is None or totals.last_arrival is None else "fresh"
    note = ""
    if totals is not None and totals.last_arrival is not None:
        if clock.mode == "data":
            status = "off"
        elif due is not None:
            age = (wall - totals.last_arrival) * clock.speed
            if age > due:
                status = "stale"
                note = f"nothing for {duration(age)}, due within {duration(due)}"
    sums = totals or Totals()
    found = condition or Condition()
    return SourceState(
        name=source.name,
        title=source.title or source.name,
        status=status,
        files=sums.files,
        records=sums.rows + sums.rejected + sums.expired,
        rows=sums.rows,
        rejected=sums.rejected,
        expired=sums.expired,
        cells=sums.cells,
        quarantined=sums.quarantined,
        waiting=sums.waiting,
        failed=sums.failed,
        archived=sums.archived,
        bytes=sums.bytes,
        taken=sums.taken,
        latest=sums.latest,
        last_event=sums.last_event,
        last_arrival=sums.last_arrival,
        fresh_within=due,
        trouble=found.trouble,
        retry_at=found.retry_at,
        drift=found.drift,
        drifted=found.drifted,
        leaving=found.leaving,
        progress=found.progress,
        time=source.time,
        note=note or ("" if totals else f"no file matches {', '.join(source.files)} yet"),
    )


def file_state(found: FileInfo) -> FileState:
    """One file as the ledger has it."""
    return FileState(
        source=found.source,
        path=found.path,
        status=found.status,
        bytes=found.bytes,
        taken=found.taken,
        records=found.rows + found.rejected + found.expired,
        rows=found.rows,
        rejected=found.rejected,
        expired=found.expired,
        cells=found.cells,
        quarantined=found.quarantined,
        reason=found.reason,
        read_as=found.read_as,
        arrived=found.arrived,
        retry_at=found.retry_at,
    )


def kpi_state(site: Site, kpi: Kpi, found: Measure, stale: bool) -> KpiState:
    """A stale source leaves the value to be seen, but no longer lets it pass for good or bad."""
    status = "stale" if stale and found.value is not None else found.status
    return KpiState(
        name=kpi.name,
        title=kpi.title or kpi.name,
        source=kpi.source or next(iter(found.sources), ""),
        status=status,
        value=found.value,
        unit=kpi.unit,
        decimals=kpi.decimals,
        better=kpi.better,
        target=found.limits.target,
        warning=found.limits.warning,
        critical=found.limits.critical,
        window=str(kpi.window),
        start=found.start,
        end=found.end,
        previous=found.previous,
        previous_label=found.previous_label,
        change=found.change,
        trend=found.trend,
        trend_start=found.trend_start,
        trend_step=found.trend_step,
        rows=found.rows,
        partial=found.partial,
        reason=found.reason,
        leader=found.leader,
        ratio=Ratio(found.over, found.under, found.numerator, found.denominator) if found.under else None,
        by=list(kpi.by),
        **msgspec.structs.asdict(card_of(site, kpi)),
    )


def _breakdowns(site: Site, measures: Measures) -> list[Breakdown]:
    """The breakdowns that layouts show, each once; a grid needs none."""
    wanted = {
        (panel.of, panel.by): None
        for layout in site.layouts
        for _, panel in placed(layout)
        if panel.kind in SPLIT and panel.kind not in IN_TIME
    }
    found = []
    for name, by in wanted:
        measure = measures.kpis.get(name)
        split = _split(measure, by) if measure is not None else None
        if split is not None:
            found.append(msgspec.convert(split, Breakdown, from_attributes=True))
    return found


def _split(measure: Measure, by: str) -> Split | None:
    return measure.splits.get(by)
