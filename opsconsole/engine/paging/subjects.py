"""Which rows a client means, as the engine knows its site: behind a KPI or an alert, of a source, of a kept result."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from collections.abc import Iterator

import duckdb
import msgspec
from msgspec import Struct

from opsconsole.engine import kpi_queries
from opsconsole.engine.core import Core
from opsconsole.engine.past import TIMELESS, looked_at, timeless
from opsconsole.engine.results import Kept, Results
from opsconsole.engine.table_messages import TableOf
from opsconsole.engine.watch import AlertWatch
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import Subject, subject_of_kpi, subject_of_rule, subject_of_source, within_range
from opsconsole.kpis.due import occurs
from opsconsole.kpis.paging.rowset import RowSet, numbered_set, row_set
from opsconsole.kpis.paging.wanted import Grouping, Narrowing
from opsconsole.site.builtin import BUILT_IN
from opsconsole.tables import health
from opsconsole.tables.store import Store


class Scope(Struct, frozen=True):
    """The rows that are meant. `files_of`: the sources of files they depend on; `now` is the site time they go by.

    `kept`: the result they are of, else they are of the tables. `seen`: the version of the data that their columns are
    of, where these are members that the data has.
    """

    rows: RowSet
    now: dt.datetime
    files_of: tuple[str, ...] = ()
    note: str = ""
    time: str = ""
    kept: Kept | None = None
    lines: bool = True
    seen: int | None = None


class Subjects:
    """Makes row sets of what clients say."""

    def __init__(self, store: Store, core: Core, watch: AlertWatch, results: Results) -> None:
        self._store = store
        self._core = core
        self._watch = watch
        self._results = results
        self._open: set[duckdb.DuckDBPyConnection] = set()
        self._lock = threading.Lock()

    def scope(self, of: TableOf) -> Scope:
        """The rows that are meant, as rows (`group` is left to others).

        Raises LookupError for what is not there, ValueError for what does not fit, JournalError.
        """
        if sum(map(bool, (of.kpi, of.alert, of.source, of.result))) != 1:
            raise ValueError("say one of a KPI, an alert, a source and a result")
        narrowing = msgspec.convert(of, Narrowing, from_attributes=True)
        binding, (now, until) = self._core.binding, looked_at(self._core, of.at)
        if of.result:
            return self._of_result(of, narrowing, now, binding.site.timezone)
        subject, where, kpi = self.subject(binding, of, now, until)
        if of.start is not None and of.end is not None:
            narrowing = msgspec.structs.replace(narrowing, start=None, end=None)
            if not of.kpi:
                subject = within_range(subject, binding, *kpi_queries.between(of.start, of.end), now)
        rows = row_set(binding, subject, where, narrowing)
        source = binding.site.sources.get(rows.source) or BUILT_IN.get(rows.source)
        notes = (
            _part_of(binding, kpi),
            _without_lines(binding, rows.source),
            TIMELESS if until and timeless(binding.site, rows.source) else "",
            rows.note,
        )
        view = binding.views.get(rows.source)
        return Scope(
            rows=rows,
            now=now,
            files_of=() if rows.source in BUILT_IN else binding.files(rows.source),
            note=next((note for note in notes if note), ""),
            time=(source.time or "") if source is not None else "",
            lines=view is None or view.lines,
        )

    def subject(
        self, binding: Binding, of: TableOf, now: dt.datetime, until: dt.datetime | None
    ) -> tuple[Subject, dict[str, str | None], str]:
        """The subject of rows of the tables, the members that are meant, and the KPI it is about, if any."""
        where = dict(of.where)
        if of.kpi:
            # over a chosen range a KPI is another number, and these are the rows behind that
            chosen = kpi_queries.ranged(binding, of.kpi, *_range(of), now).binding
            return subject_of_kpi(chosen, of.kpi, now, until), where, of.kpi
        if not of.alert:
            return subject_of_source(binding, of.source, until), where, ""
        rule, labels = self._watch.subject(of.alert, of.at)
        start = self._core.rows_from
        # an alert of then was raised by rows that counted then, whatever has been set aside since
        start = start if until is None or start is None or start <= until else None
        bound = binding.rules.get(rule)
        if bound is not None and until is None and occurs(bound):
            now = self._happened(of.alert) or now
        kpi = bound.kpi.kpi.name if bound is not None and bound.kpi is not None else ""
        flow = binding.site.flows.get(bound.rule.flow or "") if bound is not None else None
        if flow is not None and flow.stages and bound is not None and bound.kind == "bottleneck":
            labels = {}  # a stage is a column: no row is of it alone
        return subject_of_rule(binding, rule, now, start, until), {**labels, **where}, kpi

    @contextlib.contextmanager
    def reading(self, scope: Scope, seconds: float | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor in a read-only transaction, so that all that is asked of it is of one state of the data.

        `seconds`: how long a query may take, None: as long as any other. Raises duckdb.Error.
        """
        cursor = self._store.cursor() if scope.kept is None else scope.kept.cursor()
        with self._lock:
            self._open.add(cursor)
        try:
            if scope.kept is None:
                health.at(cursor, scope.now.timestamp())
                if seconds is not None:
                    cursor.execute(f"SET max_execution_time = {round(seconds * 1000)}")
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            yield cursor
        finally:
            with self._lock:
                self._open.discard(cursor)
            cursor.close()

    def interrupt(self) -> None:
        """End what is read now. What comes between two queries goes on with the next: say it again."""
        with self._lock:
            for cursor in self._open:
                cursor.interrupt()

    def _of_result(self, of: TableOf, narrowing: Narrowing, now: dt.datetime, zone: str) -> Scope:
        kept = self._results.open(of.result)
        columns = dict(zip(kept.columns, kept.types, strict=True))
        rows = numbered_set(of.result, kept.table, columns, narrowing, zone)
        if of.where:
            raise LookupError("a result has no members to choose: filter its columns")
        return Scope(rows=rows, now=now, note=rows.note, kept=kept, lines=False)

    def _happened(self, alert: str) -> dt.datetime | None:
        """The last moment that an occurrence is about: what is behind it is what was then, not now."""
        found = self._watch.alert(alert)
        if found is None or found.facts.cleared is None:
            return None
        return dt.datetime.fromtimestamp(found.facts.cleared, dt.UTC) - dt.timedelta(microseconds=1)


def _range(of: TableOf) -> tuple[float | None, float | None]:
    """The range that is chosen, where it has both ends."""
    return (of.start, of.end) if of.start is not None and of.end is not None else (None, None)


def grouping_of(of: TableOf) -> Grouping | None:
    """How rows are grouped, in the words of the floor below."""
    return msgspec.convert(of.group, Grouping, from_attributes=True) if of.group is not None else None


def _part_of(binding: Binding, kpi: str) -> str:
    """Of a KPI over several sources: whose rows these are, and where the others are found."""
    bound = binding.kpis.get(kpi)
    if bound is None or not bound.compound:
        return ""
    others = [part.kpi.name for part in bound.components if part.source != bound.source]
    return f"rows of {bound.source} only; those of the other sources are behind {', '.join(dict.fromkeys(others))}"


def _without_lines(binding: Binding, source: str) -> str:
    """That rows of a derived source stand in no file, where that is so."""
    view = binding.views.get(source)
    if view is None or view.lines:
        return ""
    return f"computed from {', '.join(view.reads)}: a row stands in no single line of a file"
