"""Building the states of days that answers over long windows want, a little at a time, and keeping no others.

Each slice is one transaction of its own: it reads the version of the ledger that it sees, and what it writes says so.
Rows that come in the meantime are of a later version, and make the days they touch count no more.
"""

from __future__ import annotations

import contextlib
import logging
import math
import random
import time
from collections.abc import Callable, Sequence

import duckdb

from opsconsole.kpis.days import Day
from opsconsole.kpis.expression import ident
from opsconsole.kpis.lasting import free
from opsconsole.kpis.sealed import HOUR, Missing, Scope, Sealed
from opsconsole.kpis.span import bucket_sql, moment
from opsconsole.tables import touched
from opsconsole.tables.names import literal

_SLICE = 0.1
"""Seconds that one slice should take."""
_FIRST_SLICE = 2
_MOST_DAYS = 60
_SAMPLES = 3
_NEAR = 1e-9
_REST = 60.0
"""Seconds to wait after the disk or the memory was full."""
_MOST_GROUPS = 5_000
"""Groups of a day, of all splits."""

log = logging.getLogger(__name__)


class _TooManyError(Exception):
    """A day has so many groups that their states would be no less than the rows."""


class Sealing:
    """Builds what `sealed` misses. `cursor` gives a connection of its own to the tables; it is closed after use."""

    def __init__(self, sealed: Sealed, cursor: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._sealed = sealed
        self._cursor = cursor
        self._days = float(_FIRST_SLICE)
        self._begun = False
        self._rest_until = 0.0

    @property
    def due(self) -> bool:
        """Whether days are missing."""
        if time.monotonic() < self._rest_until:
            return False
        return any(missing.days for missing in self._sealed.missing.values())

    def work(self, seconds: float) -> None:
        """Build for about so many seconds, the latest days first. Never raises for the data: what fails is let be."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.due:
            missing = next(each for each in self._sealed.missing.values() if each.days)
            size = max(1, min(_MOST_DAYS, int(self._days)))
            days = _latest(missing.days, size)
            began = time.monotonic()
            try:
                with contextlib.closing(self._cursor()) as cursor:
                    _build(cursor, missing, days)
                    _drop_hours(cursor, missing, self._sealed.wanted(missing.scope.name))
            except (duckdb.IOException, duckdb.TransactionException, duckdb.OutOfMemoryException) as error:
                log.warning("days of %s are not sealed now: %s", missing.scope.source, str(error).splitlines()[0])
                self._rest_until = time.monotonic() + _REST
                return
            except (duckdb.Error, _TooManyError) as error:
                log.warning("days of %s are not sealed: %s", missing.scope.source, str(error).splitlines()[0])
                self._sealed.bad.add(missing.scope.name)
                del self._sealed.missing[missing.scope.name]
                continue
            missing.days -= set(days)
            took = max(time.monotonic() - began, 1e-4)
            self._days = min(max(1.0, len(days) * _SLICE / took), 2 * max(1.0, self._days))
        for name in [name for name, missing in self._sealed.missing.items() if not missing.days]:
            del self._sealed.missing[name]

    def forget(self) -> None:
        """The site has changed: what is used is found out anew, and then the rest is dropped."""
        for each in (self._sealed.used, self._sealed.missing, self._sealed.bad, self._sealed.hours):
            each.clear()
        self._begun = False

    def begin(self) -> list[str]:
        """After the first answers: drop what no KPI uses, and hold some of what was kept to its rows.

        Returns the sources whose states did not hold; these are dropped as well. Does nothing a second time.
        """
        if self._begun:
            return []
        self._begun = True
        try:
            with contextlib.closing(self._cursor()) as cursor:
                for (name,) in cursor.execute("SELECT DISTINCT scope FROM _ops.sealed").fetchall():
                    if name not in self._sealed.used:
                        _drop(cursor, name)
                return sorted({scope.source for scope in self._sealed.used.values() if not _sound(cursor, scope)})
        except duckdb.Error:
            log.exception("the sealed days could not be looked through")
            return []


def _sound(cursor: duckdb.DuckDBPyConnection, scope: Scope) -> bool:
    """Whether some sealed days come to what their rows do; if not, all are dropped. Raises duckdb.Error."""
    if all(_holds(cursor, scope, day) for day in _some(cursor, scope)):
        return True
    log.error("sealed days of %s differ from their rows and are built anew", scope.source)
    _drop(cursor, scope.name)
    return False


def _latest(days: set[Day], size: int) -> list[Day]:
    """At most `size` days, or hours, that follow each other, up to the latest."""
    latest = max(days)
    ordered = sorted((day for day in days if day.hourly == latest.hourly), reverse=True)
    found = ordered[:1]
    for day in ordered[1:size]:
        if day.last != found[-1].first:
            break
        found.append(day)
    return found[::-1]


def _build(cursor: duckdb.DuckDBPyConnection, missing: Missing, days: Sequence[Day]) -> None:
    """Build days that follow each other, in one transaction."""
    scope, first, last = missing.scope, days[0].first, days[-1].last
    states = _states(scope, missing.splits, days)
    heads = ", ".join(
        ["split", "hourly", "first", "start", "members", "n", *(f"s{at}" for at in range(len(scope.aggregates)))]
    )
    splits = ", ".join(literal(split) for split in missing.splits)
    inside = f"split IN ({splits}) AND first >= {moment(first)} AND first < {moment(last)}"
    hourly = str(days[0].hourly).lower()
    cursor.execute("BEGIN")
    try:
        version = touched.version(cursor)
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {scope.table} AS SELECT * FROM ({states}) AS q({heads}) LIMIT 0")
        cursor.execute(f"DELETE FROM {scope.table} WHERE hourly = {hourly} AND {inside}")
        cursor.execute(
            f"DELETE FROM _ops.sealed WHERE scope = {literal(scope.name)} AND {inside} "
            f"AND (last - first = INTERVAL 1 HOUR) = {hourly}"
        )
        cursor.execute(f"INSERT INTO {scope.table} {states}")
        (groups,) = cursor.execute(
            f"SELECT count(*) FROM {scope.table} WHERE hourly = {hourly} AND {inside}"
        ).fetchall()[0]
        if groups > _MOST_GROUPS * len(days):
            raise _TooManyError(f"{groups} groups in {len(days)} days")
        rows = ", ".join(
            f"({literal(scope.name)}, {literal(split)}, {moment(day.first)}, {moment(day.last)}, {version})"
            for split in missing.splits
            for day in days
        )
        cursor.execute(f"INSERT INTO _ops.sealed VALUES {rows}")
        cursor.execute("COMMIT")
    except (duckdb.Error, _TooManyError):
        with contextlib.suppress(duckdb.TransactionException):  # the commit itself failed: there is none any more
            cursor.execute("ROLLBACK")
        raise


def _drop_hours(cursor: duckdb.DuckDBPyConnection, missing: Missing, wanted: set[Day]) -> None:
    """Let go of hours that no window has begun or ended in lately, once they are many. Raises duckdb.Error."""
    scope = missing.scope
    hours = f"scope = {literal(scope.name)} AND last - first = INTERVAL 1 HOUR"
    (many,) = cursor.execute(f"SELECT count(DISTINCT first) FROM _ops.sealed WHERE {hours}").fetchall()[0]
    if not wanted or many <= 2 * len(wanted) + 48:
        return
    kept = ", ".join(moment(hour.first) for hour in wanted)
    cursor.execute("BEGIN")
    cursor.execute(f"DELETE FROM {scope.table} WHERE hourly AND first NOT IN ({kept})")
    cursor.execute(f"DELETE FROM _ops.sealed WHERE {hours} AND first NOT IN ({kept})")
    cursor.execute("COMMIT")


def _states(scope: Scope, splits: dict[str, tuple[str, ...]], days: Sequence[Day]) -> str:
    """The rows of the table of states for days that follow each other."""
    edges = [*(day.first for day in days), days[-1].last]
    where = f" AND (\n{scope.where}\n)" if scope.where is not None else ""
    taken = {name.casefold() for name, _ in scope.columns}
    day, hour = (free(name, taken) for name in ("_day", "_hour"))
    dimensions = list(dict.fromkeys(column for columns in splits.values() for column in columns))
    grouped = [*([hour] if HOUR in splits else []), *(ident(name) for name in dimensions)]
    sets, of_split, members = [], "", ""
    for split, columns in splits.items():
        own = [hour] if split == HOUR else [ident(name) for name in columns]
        mask = sum(1 << (len(grouped) - 1 - at) for at, name in enumerate(grouped) if name not in own)
        sets.append(f"({', '.join([day, *own])})")
        of_split += f" WHEN {mask} THEN {literal(split)}"
        listed = ", ".join(f"CAST({ident(name)} AS VARCHAR)" for name in columns)
        members += f" WHEN {mask} THEN {f'[{listed}]' if columns else '[]::VARCHAR[]'}"
    firsts = f"list_extract([{', '.join(moment(each.first) for each in days)}], CAST({day} AS INTEGER) + 1)"
    states = ", ".join(f"{aggregate} EXPORT_STATE" for aggregate in scope.aggregates)
    told = f"GROUPING({', '.join(grouped)})" if grouped else "0"
    start = f"greatest({firsts}, {hour})" if HOUR in splits else firsts
    base = (
        f"SELECT *, {bucket_sql(edges)} AS {day}, date_trunc('hour', _time) AS {hour} FROM {ident(scope.source)} "
        f"WHERE _time >= {moment(edges[0])} AND _time < {moment(edges[-1])}{where}"
    )
    return (
        f"SELECT CASE {told}{of_split} END, {str(days[0].hourly).lower()}, {firsts}, {start}, "
        f"CASE {told}{members} END, count(*), {states} FROM ({base}) AS {ident(scope.source)} "
        f"GROUP BY GROUPING SETS ({', '.join(sets)})"
    )


def _drop(cursor: duckdb.DuckDBPyConnection, name: str) -> None:
    cursor.execute("BEGIN")
    cursor.execute(f"DELETE FROM _ops.sealed WHERE scope = {literal(name)}")
    cursor.execute(f'DROP TABLE IF EXISTS _ops."sealed:{name}"')
    cursor.execute("COMMIT")


def _some(cursor: duckdb.DuckDBPyConnection, scope: Scope) -> list[tuple[str, str]]:
    """Some days that still hold, as first and last moment in SQL's words."""
    rows = cursor.execute(
        """SELECT DISTINCT CAST(first AS VARCHAR), CAST(last AS VARCHAR) FROM _ops.sealed AS s
           WHERE scope = $1 AND split = '[]' AND NOT EXISTS (
               SELECT 1 FROM _ops.touched AS t
               WHERE t.source = $2 AND t.version > s.built AND t.last >= s.first AND t.first < s.last)""",
        [scope.name, scope.source],
    ).fetchall()
    return random.sample(rows, min(_SAMPLES, len(rows)))


def _holds(cursor: duckdb.DuckDBPyConnection, scope: Scope, day: tuple[str, str]) -> bool:
    """Whether a day's states come to what its rows do now."""
    first, last = (f"TIMESTAMP {literal(each)}" for each in day)
    where = f" AND (\n{scope.where}\n)" if scope.where is not None else ""
    finals = ", ".join(f"finalize(combine_aggr(s{at}))" for at in range(len(scope.aggregates)))
    kept = cursor.execute(
        f"SELECT {finals} FROM {scope.table} WHERE split = '[]' AND first = {first} "
        f"AND hourly = ({last} - {first} = INTERVAL 1 HOUR)"
    ).fetchall()[0]
    rows = cursor.execute(
        f"SELECT {', '.join(scope.aggregates)} FROM {ident(scope.source)} "
        f"WHERE _time >= {first} AND _time < {last}{where}"
    ).fetchall()[0]
    exact = [not aggregate.startswith("approx_") for aggregate in scope.aggregates]
    return all(_near(one, other) for one, other, held in zip(kept, rows, exact, strict=True) if held)


def _near(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_NEAR, abs_tol=_NEAR) or (math.isnan(one) and math.isnan(other))
    return one == other
