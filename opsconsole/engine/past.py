"""How things were: the snapshot of a past moment, by the rows known now and the journal as it stood.

A value is what is known now of the rows with an event time up to the moment, rows that came late among them. Whether a
source had delivered, how far it reached back and whether it had gone silent is judged by event time: when rows came in
is not kept for each of them. Sources without times are shown as they are now, and marked. Alerts are those of the
journal; before its first one there is no knowing what there was.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import time

import msgspec

from opsconsole.engine import notices
from opsconsole.engine.clock import SiteClock
from opsconsole.engine.core import Core
from opsconsole.engine.derived import derived_at, stale_with_derived
from opsconsole.engine.marks import SHOWN as MARKED
from opsconsole.engine.messages import Notice, SiteState, Snapshot, SourceState
from opsconsole.engine.picture import compose, fresh_within, shift_state, shift_states
from opsconsole.engine.watch import SHOWN, AlertWatch, as_counts, as_state
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.extent import Extent, Extents
from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.calendar import shift_at, zone
from opsconsole.site.figures import duration
from opsconsole.site.figures import moment as said
from opsconsole.site.holiday import holiday_at
from opsconsole.site.model import Site, Source, files_of
from opsconsole.site.shifts import next_shift, shift_ends
from opsconsole.tables import health
from opsconsole.tables.records import Totals
from opsconsole.tables.store import Store

TIMELESS = "its rows have no times: all of them, as now"


def timeless(site: Site, source: str) -> bool:
    """Whether a source has no column of times, so that its rows are of no moment."""
    known = site.sources.get(source) or BUILT_IN.get(source)
    return known is not None and known.time is None


def looked_at(core: Core, at: float | None) -> tuple[dt.datetime, dt.datetime | None]:
    """The moment that an ask is about, and the same once more where it is a past one.

    `at` is site time in seconds since the epoch, None for now. Raises ValueError for what is not yet.
    """
    now = core.now()
    if at is None:
        return now, None
    if at > now.timestamp():
        local = now.astimezone(zone(core.site))
        raise ValueError(f"that moment is not yet: it is {local:%Y-%m-%d %H:%M} at the site")
    moment = dt.datetime.fromtimestamp(at, dt.UTC)
    return moment, moment


def snapshot_at(core: Core, store: Store, watch: AlertWatch, at: float) -> Snapshot:
    """All a screen needs as of a past site moment (seconds since the epoch).

    Raises ValueError for what is not yet, JournalError when the journal cannot be read, duckdb.Error when the tables
    cannot.
    """
    moment, _ = looked_at(core, at)
    binding, wall, clock = core.binding, time.time(), core.clock
    site, totals, version = binding.site, store.totals(), store.data_version
    with contextlib.closing(store.cursor()) as cursor:
        health.at(cursor, at)
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        measures = evaluate(cursor, binding, moment, until=moment)
        extents = Extents(cursor, binding, moment)
        held = {name: extents.of(name) for name in site.sources if name in binding.schemas}
    files = files_of(site)
    silent = {name: silence(source, site, held.get(name), clock, at) for name, source in files.items()}
    state = SiteState(
        name=site.name,
        timezone=site.timezone,
        clock=clock.mode,
        speed=0.0,
        at=at,
        wall=wall,
        settled=core.settled,
        data_version=version,
        draft=site.draft,
        shift=shift_state(site, shift_at(site, moment)),
        next_shift=shift_state(site, next_shift(site, moment)),
        holiday=holiday_at(site, moment),
        layouts=list(site.layouts),
        flows={flow.name: flow.title or flow.name for flow in site.flows.values()},
        stays=core.stays,
        ended=[end.timestamp() for end in shift_ends(site, moment)],
        as_of=at,
        shifts=shift_states(site, moment),
    )
    told = [*notices.draft(site), *notices.broken(core.problems), *unrecorded(watch.recorded_since(), at, site)]
    own = {
        name: source_at(source, site, held.get(name), totals.get(name), silent[name]) for name, source in files.items()
    }
    sources = [
        own[name] if name in own else derived_at(source, binding, own, held.get(name))
        for name, source in site.sources.items()
    ]
    stale = stale_with_derived(binding, {name for name, why in silent.items() if why})
    book = watch.book_at(site, at)
    alerts = [as_state(alert) for alert in book.open(SHOWN)]
    found = compose(state, site, measures, sources, stale, alerts, told)
    marked = [each for each in watch.marked() if each.at <= at][-MARKED:]
    return msgspec.structs.replace(found, counts=as_counts(book), marked=marked)


def silence(source: Source, site: Site, extent: Extent | None, clock: SiteClock, at: float) -> str:
    """What a person must know of a source that had been silent for too long, by event time; else nothing."""
    due = fresh_within(site, source)
    if clock.mode == "data" or due is None or extent is None or extent.last is None:
        return ""
    age = at - extent.last.timestamp()
    return f"no row for {duration(age)} then, due within {duration(due)}" if age > due else ""


def source_at(source: Source, site: Site, extent: Extent | None, totals: Totals | None, silent: str) -> SourceState:
    """A source as of a past moment: rows and newest event up to then; when they came in is not known."""
    held, sums = extent or Extent(), totals or Totals()
    timed = source.time is not None
    note = silent if timed else TIMELESS
    return SourceState(
        name=source.name,
        title=source.title or source.name,
        status="asof" if held.rows else "nodata",
        files=sums.files,
        records=sums.rows + sums.rejected + sums.expired,
        rows=held.rows,
        rejected=sums.rejected,
        expired=sums.expired,
        cells=sums.cells,
        quarantined=sums.quarantined,
        waiting=sums.waiting,
        failed=sums.failed,
        archived=sums.archived,
        bytes=sums.bytes,
        taken=sums.taken,
        last_event=held.last.timestamp() if held.last is not None else None,
        fresh_within=fresh_within(site, source),
        time=source.time,
        note=note if held.rows else "no rows up to then",
    )


def unrecorded(since: float | None, at: float, site: Site) -> list[Notice]:
    """That the journal does not reach back to a moment: no alerts are then no knowledge, not good news."""
    if since is not None and since <= at:
        return []
    known = "No alert is on record" + (f" before {said(since, zone(site))}" if since is not None else " yet")
    return [Notice("journal", f"{known}; what was then is not known.")]
