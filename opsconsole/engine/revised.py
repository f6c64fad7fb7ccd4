"""What late rows did to the past: each KPI's last whole period as it was when it was over, against what it is now.

Late is what comes after the period was over and its sources had the time they have to deliver, `fresh_within` or
`GRACE`: rows on their way at the end of a shift are not late. What was noted is kept in a small file, for it cannot be
computed again. Whether a period has to be looked at again is told by what the tables say of touched days.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from opsconsole.engine.period_messages import Revision
from opsconsole.engine.picture import fresh_within
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.closed import Closed, closed_values
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.span import Stretch, moment
from opsconsole.site.model import Window
from opsconsole.site.periods import Period, last_whole
from opsconsole.tables.retention import cutoff

log = logging.getLogger(__name__)

GRACE = 300.0  # seconds of site time that a source without `fresh_within` has to deliver
_ALIKE = 1e-9  # sums of the same numbers in another order differ by less, as a part of the value


class _Noted(Struct, frozen=True):
    """A KPI's value over a period when it was noted at `at`; `meaning` tells whether it is still the same measure."""

    meaning: str
    label: str
    start: float
    end: float
    value: float
    rows: int
    at: float


class Revisions:
    """The notes of one site, kept at `path` where there is one. Used by the tick's thread alone.

    `found`: by KPI what has changed of its last whole period, as of the last look.
    """

    def __init__(self, path: Path | None) -> None:
        self.found: dict[str, Revision] = {}
        self._path = path
        self._noted = self._load()
        self._now: dict[str, tuple[object, Closed]] = {}

    def look(self, cursor: Cursor, binding: Binding, now: dt.datetime, wall: float | None) -> dict[str, Revision]:
        """By KPI what has changed of its last whole period at `now` (site time); notes the periods that are over.

        `wall` is the wall clock in seconds since the epoch, by which rows leave the tables; None as long as these have
        not settled: half of a first load would be noted as how things were. Raises duckdb.Error.
        """
        if wall is None:
            return self.found
        wanted: dict[Stretch, list[str]] = {}
        periods: dict[str, Period] = {}
        states: dict[str, object] = {}
        at = _Moment(cursor, binding, now, wall)
        for name, kpi in binding.kpis.items():
            period = at.period(kpi) if kpi.windowed else None
            if period is None:
                continue
            periods[name] = period
            stretch = Stretch(period.start, period.end, after_start=False, to_end=False)
            states[name] = (_meaning(kpi), stretch, *(at.touched(source, stretch) for source in kpi.sources))
            if name not in self._now or self._now[name][0] != states[name]:
                wanted.setdefault(stretch, []).append(name)
        for stretch, names in wanted.items():
            for name, closed in closed_values(cursor, binding, names, stretch).items():
                self._now[name] = (states[name], closed)
        self._note(binding, periods, now)
        found = {name: self._revision(name) for name in periods if name in self._noted}
        self.found = {name: revision for name, revision in found.items() if revision is not None}
        return self.found

    def _note(self, binding: Binding, periods: Mapping[str, Period], now: dt.datetime) -> None:
        """Note the periods that are newly over; one without a value once it has one."""
        new: dict[str, _Noted] = {}
        for name, period in periods.items():
            same = _meaning(binding.kpis[name]), period.start.timestamp(), period.end.timestamp()
            value, rows = self._now[name][1]
            known = self._noted.get(name)
            if known is not None and (known.meaning, known.start, known.end) == same:
                continue
            self._noted.pop(name, None)
            if value is not None:
                new[name] = _Noted(same[0], period.label, same[1], same[2], value, rows, now.timestamp())
        self._noted |= new
        if new:
            self._save()

    def _revision(self, name: str) -> Revision | None:
        noted, (value, rows) = self._noted[name], self._now[name][1]
        if value is not None and abs(value - noted.value) <= _ALIKE * max(abs(value), abs(noted.value)):
            return None
        return Revision(noted.label, noted.start, noted.end, noted.value, noted.at, value, rows - noted.rows)

    def _load(self) -> dict[str, _Noted]:
        if self._path is None:
            return {}
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, _Noted])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            log.warning("%s cannot be read, periods that are over are noted anew: %s", self._path, error)
            return {}

    def _save(self) -> None:
        if self._path is None:
            return
        whole = self._path.with_suffix(".new")
        try:
            whole.write_bytes(msgspec.json.encode(self._noted))
            os.replace(whole, self._path)
        except OSError as error:
            log.warning("%s cannot be written, what periods were is lost when the engine ends: %s", self._path, error)


class _Moment:
    """What is asked at one moment for several KPIs alike, each looked up once."""

    def __init__(self, cursor: Cursor, binding: Binding, now: dt.datetime, wall: float) -> None:
        self._cursor = cursor
        self._binding = binding
        self._now = now
        self._wall = wall
        self._periods: dict[tuple[Window, tuple[str, ...]], Period | None] = {}
        self._touched: dict[tuple[str, Stretch], tuple[int | None, ...]] = {}

    def period(self, kpi: BoundKpi) -> Period | None:
        """The last period of a KPI that is over, with the time that its sources had to deliver.

        None where rows of it leave the tables by their age: that is no news about the past.
        """
        key = kpi.kpi.window, kpi.sources
        if key not in self._periods:
            self._periods[key] = self._period(*key)
        return self._periods[key]

    def _period(self, window: Window, sources: tuple[str, ...]) -> Period | None:
        site = self._binding.site
        names = dict.fromkeys(name for source in sources for name in self._binding.files(source))
        files = [site.sources[name] for name in names if name in site.sources]
        due = [fresh_within(site, source) for source in files]
        grace = max((seconds if seconds is not None else GRACE for seconds in due), default=GRACE)
        period = last_whole(window, self._now - dt.timedelta(seconds=grace), site)
        kept_from = [cutoff(source, source.timezone or site.timezone, self._wall) for source in files]
        left = [cut for cut in kept_from if cut is not None and period and cut.replace(tzinfo=dt.UTC) > period.start]
        return None if left else period

    def touched(self, source: str, stretch: Stretch) -> tuple[int | None, ...]:
        """The last versions that touched the tables a source is made of, as far as the stretch depends on them."""
        key = source, stretch
        if key not in self._touched:
            # what is joined or lasts depends on rows of other times too
            anywhere = source in self._binding.reads or source in self._binding.until
            rows = "" if anywhere else f" AND first < {moment(stretch.end)} AND last >= {moment(stretch.start)}"
            query = f"SELECT max(version) FROM _ops.touched WHERE source = ?{rows}"
            names = self._binding.files(source)
            self._touched[key] = tuple(self._cursor.execute(query, [name]).fetchall()[0][0] for name in names)
        return self._touched[key]


def _meaning(kpi: BoundKpi) -> str:
    """What a KPI measures, in short: another text where its definition was edited."""
    leaves = [(leaf.source, leaf.value.text, leaf.where.text if leaf.where else "") for leaf in kpi.leaves]
    text = repr((leaves, kpi.formula, str(kpi.kpi.window)))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
