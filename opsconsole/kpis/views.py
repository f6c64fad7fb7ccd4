"""Derived sources: each a view over other sources, bound in the order in which they are made of each other.

A view gives its columns by name and, as every table does, `_file`, `_line` and `_time`: file and line where `t.*`
carries them from a row of a table (of several the first), else NULL; the time from the column that `time:` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import duckdb
from msgspec import Struct

from opsconsole.kpis.expression import detail
from opsconsole.kpis.lineage import plain_time
from opsconsole.kpis.select import Read, Select, Wrong, offset_of, parse, written
from opsconsole.kpis.zones import Zones, moment_sql
from opsconsole.site.builtin import HEALTH
from opsconsole.site.marks import Marks
from opsconsole.site.model import Problem, Source
from opsconsole.site.names import did_you_mean, show
from opsconsole.tables.names import ident

HIDDEN = ("_file", "_line", "_time")
_AGAIN = re.compile(r"_(file|line|time)_\d+", re.IGNORECASE)
_LACKS = re.compile(r'Table "(.+?)" does not have a column named "(.+?)"')
_MOST_READS = 1000
_OPEN = "SELECT * FROM (\n"


class View(Struct, frozen=True):
    """A derived source that can be read: `sql` is a whole SELECT that gives exactly `columns` (name -> DuckDB type).

    `reads`: the sources it names. `lines`: its rows know file and line. `follows`: the source whose rows' moments its
    own have as they are, where that can be told; it comes as far and is as late as that one.
    """

    name: str
    sql: str
    columns: dict[str, str]
    reads: tuple[str, ...]
    lines: bool
    follows: str = ""


class Views:
    """What the derived sources of a site are, over the tables there are.

    `views` in the order in which they can be made; `waiting`: derived sources that lack a table yet, and `broken`:
    those with an error, each with a sentence; `reads`: by derived source what it is made of, as far as that is known;
    `until`: by source whose rows last, SQL for the moment at which a row ends (naive UTC, NULL: it goes on).
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        zone: str,
        marks: Marks,
        connection: duckdb.DuckDBPyConnection,
        schemas: Mapping[str, Mapping[str, str]],
    ) -> None:
        """`sources`: all there are, the built-in ones too. `zone`: the site's.

        `connection`: a private database that holds the tables of `schemas`, empty; views are added to it.
        """
        self.views: dict[str, View] = {}
        self.waiting: dict[str, str] = {}
        self.broken: dict[str, str] = {}
        self.reads: dict[str, tuple[str, ...]] = {}
        self.until: dict[str, str] = {}
        self.problems: list[Problem] = []
        self._sources = dict(sources)
        self._zone = zone
        self._marks = marks
        self._connection = connection
        self._schemas = {name: dict(columns) for name, columns in schemas.items()}
        self._selects: dict[str, Select] = {}
        self._many: dict[str, int] = {}
        self._zones = Zones(connection)
        for name, columns in self._schemas.items():
            self._zones.table(name, columns, self._sources[name].timezone or zone)

    def run(self) -> None:
        """Bind them all."""
        derived = {name: source for name, source in self._sources.items() if source.sql is not None}
        known: dict[str, Iterable[str]] = {name: self._schemas.get(name, ()) for name in self._sources}
        for name, source in derived.items():
            try:
                self._selects[name] = parse(self._connection, source.sql or "", known)
            except Wrong as wrong:
                self._fault(name, wrong)
            else:
                self.reads[name] = tuple(read.source for read in self._selects[name].reads)
        for name in self._ordered():
            self._make(name, self._sources[name])
        for name, source in self._sources.items():
            if source.until is not None and name in self._schemas:
                self._lasts(name, source.until)

    def zones_of(self, source: str) -> Mapping[str, str]:
        """The zones of the moments without one in a source that can be read; "" where that cannot be told."""
        return self._zones.known(source)

    def _ordered(self) -> list[str]:
        """Every derived source after those it is made of; those made of themselves are left out, with a problem."""
        done: dict[str, bool] = {}
        order: list[str] = []

        def visit(name: str, path: tuple[str, ...]) -> None:
            for read in self._selects[name].reads if name in self._selects else ():
                if read.source in (*path, name):
                    self._circle(name, read, (*path, name))
                elif self._sources[read.source].sql is not None and read.source not in done:
                    visit(read.source, (*path, name))
            done[name] = True
            order.append(name)

        for name, source in self._sources.items():
            if source.sql is not None and name not in done:
                visit(name, ())
        return order

    def _circle(self, name: str, read: Read, path: tuple[str, ...]) -> None:
        way = path[path.index(read.source) :]
        message = f"`{read.source}` is made of itself: {' → '.join((*way, read.source))}"
        self._fault(name, Wrong(message, read.offset))
        for each in way:
            self.broken.setdefault(each, message)

    def _fault(self, name: str, wrong: Wrong) -> None:
        mark = self._marks.inside("sources", name, "sql", offset=wrong.offset)
        self.problems.append(Problem(mark, wrong.message))
        self.broken.setdefault(name, wrong.message)

    # --- one source ---------------------------------------------------------------------------------------------

    def _make(self, name: str, source: Source) -> None:
        select = self._selects.get(name)
        if select is None or name in self.broken:
            return
        for read in select.reads:
            if read.source in self.broken:
                self.broken[name] = f"is made of {read.source}, which has an error"
                return
        lacking = [self._lacking(read.source) for read in select.reads if read.source not in self._schemas]
        if lacking:
            self.waiting[name] = lacking[0]
            return
        try:
            view = self._bound(name, source, select)
        except Wrong as wrong:
            self._fault(name, wrong)
            return
        self.views[name] = view
        self._schemas[name] = view.columns

    def _lacking(self, name: str) -> str:
        """Why there is no table of a source yet."""
        source = self._sources[name]
        return self.waiting.get(name) or f"waits for the first file of {source.title or name}"

    def _bound(self, name: str, source: Source, select: Select) -> View:
        """The view of a SELECT that has passed. Raises Wrong."""
        self._many[name] = select.many * max(self._many.get(read.source, 1) for read in select.reads)
        if self._many[name] > _MOST_READS:
            raise Wrong(f"reads tables more than {_MOST_READS} times, with the sources it is made of")
        zones = self._zones.of(select, self._described(select))
        try:
            text = written(self._connection, select, {read.source: self._listed(read.source) for read in select.reads})
            found = _columns(self._connection, f"SELECT * FROM ({text}) LIMIT 0")
            sql, lines = self._outer(source, select, text, found, zones)
            columns = _columns(self._connection, f"CREATE TABLE main.{ident(name)} AS {sql} LIMIT 0", name)
        except duckdb.Error as error:
            raise Wrong(f"SQL: {detail(error).get('exception_message') or error}".splitlines()[0]) from error
        self._zones.view(name, columns, zones)
        follows, _ = plain_time(select, source.time or "", self._schemas, self._sources)
        return View(name, sql, columns, self.reads[name], lines, follows)

    def _listed(self, source: str) -> list[str]:
        """The columns of a source as its readers see them: its own, then the hidden ones that say something."""
        known = self.views.get(source)
        lines = known.lines if known is not None else source != HEALTH
        hidden = HIDDEN if lines else ("_time",)
        return [*(column for column in self._schemas[source] if column not in HIDDEN), *hidden]

    def _described(self, select: Select) -> dict[str, str]:
        """The columns that a SELECT gives as it was written, with their types. Raises Wrong with the place."""
        text = select.text.rstrip("; \t\r\n")
        query = f"{_OPEN}{text}\n) LIMIT 0"
        try:
            return _columns(self._connection, query)
        except duckdb.Error as error:
            raise self._told(query, select, error) from error

    def _told(self, query: str, select: Select, error: duckdb.Error) -> Wrong:
        """DuckDB's complaint in our words, with its place."""
        found = detail(error)
        at = offset_of(query, int(found["position"])) - len(_OPEN) if "position" in found else 0
        message = str(found.get("exception_message") or error).splitlines()[0]
        if found.get("error_subtype") == "COLUMN_NOT_FOUND":
            name = str(found.get("name", ""))
            columns = [column for read in select.reads for column in self._schemas[read.source]]
            message = f"no column `{show(name)}`{did_you_mean(name, [c for c in columns if c not in HIDDEN])}"
        elif (lacks := _LACKS.match(message)) is not None:
            columns = [column for read in select.reads for column in self._schemas[read.source]]
            hint = did_you_mean(lacks[2], [c for c in columns if c not in HIDDEN])
            message = f"`{show(lacks[1])}` has no column `{show(lacks[2])}`{hint}"
        elif "must appear in the GROUP BY clause" in message:
            message = f"{message.split(' must appear')[0]} must stand in GROUP BY or in an aggregate such as sum()"
        return Wrong(message.split(" You might need")[0], min(max(at, 0), len(select.text)))

    def _outer(
        self, source: Source, select: Select, text: str, found: Mapping[str, str], zones: Mapping[str, str]
    ) -> tuple[str, bool]:
        """The SELECT with one set of hidden columns around it, and whether its rows know file and line."""
        places = {name: f"c{index}" for index, name in enumerate(found)}
        hidden = {name.lower(): place for name, place in places.items() if name.lower() in HIDDEN}
        lines = "_file" in hidden and "_line" in hidden
        shown = [
            f"{place} AS {ident(name)}"
            for name, place in places.items()
            if name.lower() not in HIDDEN and not _AGAIN.fullmatch(name)
        ]
        shown.append(f"CAST({hidden['_file'] if lines else 'NULL'} AS INTEGER) AS _file")
        shown.append(f"CAST({hidden['_line'] if lines else 'NULL'} AS BIGINT) AS _line")
        shown.append(f"{self._time(source, select, found, zones, places)} AS _time")
        return f"SELECT {', '.join(shown)} FROM ({text}) AS q({', '.join(places.values())})", lines

    def _time(
        self,
        source: Source,
        select: Select,
        found: Mapping[str, str],
        zones: Mapping[str, str],
        places: Mapping[str, str],
    ) -> str:
        """SQL for the moment of a row; a problem where its column tells none."""
        nothing = "CAST(NULL AS TIMESTAMP)"
        column = _named(source.time, found)
        if column is None:
            return nothing  # none is named, or one that is not there: that is reported with the columns
        own = _named("_time", found)
        if own is not None and (column == own or plain_time(select, column, self._schemas, self._sources)[1]):
            return f"CAST({places[own]} AS TIMESTAMP)"
        return self._moment(source.name, "time", column, places[column], found[column], zones) or nothing

    def _moment(self, name: str, key: str, column: str, place: str, kind: str, zones: Mapping[str, str]) -> str | None:
        sql = moment_sql(place, kind, zones.get(column, self._zone))
        message = ""
        if sql is None:
            message = f"`{show(column)}` is {kind}, expected a time, a date or seconds since 1970"
        elif zones.get(column) == "":
            message = (
                f"`{show(column)}` may be in UTC or local time; say which: "
                f"… AT TIME ZONE 'UTC' or … AT TIME ZONE '{self._zone}'"
            )
        if message:
            self.problems.append(Problem(self._marks.at("sources", name, key), f"`{key}`: {message}"))
            return None
        return sql

    def _lasts(self, name: str, until: str) -> None:
        """What ends the rows of a source."""
        column = _named(until, self._schemas[name])
        if _named("_seconds", self._schemas[name]) is not None:
            message = "`until`: the source has a column `_seconds` of its own, which is the name of what a row fills"
            self.problems.append(Problem(self._marks.at("sources", name, "until"), message))
        elif column is not None:
            kind, zones = self._schemas[name][column], self._zones.known(name)
            sql = self._moment(name, "until", column, ident(column), kind, zones)
            if sql is not None:
                self.until[name] = sql


def _columns(connection: duckdb.DuckDBPyConnection, query: str, table: str = "") -> dict[str, str]:
    """The columns that a statement gives, or that the table has which it makes. Raises duckdb.Error."""
    described = connection.execute(query).description
    if table:
        described = connection.execute(f"SELECT * FROM main.{ident(table)}").description
    return {str(column[0]): str(column[1]) for column in described}


def _named(name: str | None, columns: Iterable[str]) -> str | None:
    """A column by its name in any case."""
    return next((column for column in columns if name is not None and column.lower() == name.lower()), None)
