"""A bound site over a real DuckDB table, for the tests of this room."""

from __future__ import annotations

import datetime as dt
import functools
import itertools
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.drill import Subject
from opsconsole.kpis.expression import SETTINGS, Bench
from opsconsole.kpis.paging import pages
from opsconsole.kpis.paging.rowset import row_set
from opsconsole.kpis.safety import functions
from opsconsole.site.model import Problem
from opsconsole.site.parse import Loaded, load_site

UTC = dt.UTC
HEAD = """\
site: Plant
timezone: Europe/Berlin
calendar:
  shifts: [{name: Early, start: "06:00", end: "14:00"}, {name: Late, start: "14:00", end: "22:00"}]
sources:
  cycles: {files: cycles/*.csv, time: ts, dimensions: [line]}
  orders: {files: orders/*.csv, dimensions: []}
"""
COLUMNS = {
    "ts": "TIMESTAMP",
    "line": "VARCHAR",
    "station": "BIGINT",
    "Weird, name": "VARCHAR",
    "qty": "BIGINT",
    "scrap": "BIGINT",
    "cost": "DECIMAL(12,2)",
    "text": "VARCHAR",
    "_file": "INTEGER",
    "_line": "BIGINT",
    "_time": "TIMESTAMP",
}
ORDERS = {"id": "BIGINT", "_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
SCHEMAS = {"cycles": COLUMNS, "orders": ORDERS}
NOON = dt.datetime(2026, 6, 24, 12, 0, tzinfo=UTC)


class Shared(Bench):
    """A bench that is one database of a DuckDB that all tests of a process share: one of its own takes 20 ms more."""

    _instance = functools.cache(lambda: duckdb.connect(":memory:"))
    _numbers = itertools.count()

    def __init__(self) -> None:
        name = f"bench{next(Shared._numbers)}"
        self.connection = Shared._instance().cursor()
        self.connection.execute(f"ATTACH ':memory:' AS {name}")
        self.connection.execute(f"USE {name}")
        for setting in SETTINGS:
            self.connection.execute(setting)
        self.functions = functions(self.connection)


def load(folder: Path, text: str, layout: str = "") -> Loaded:
    """A site file of `HEAD` and a text, loaded."""
    (folder / "site.yaml").write_text(HEAD + text)
    if layout:
        (folder / "layouts").mkdir(exist_ok=True)
        (folder / "layouts" / "overview.yaml").write_text(layout)
    loaded = load_site(folder)
    assert loaded.site is not None, [str(problem) for problem in loaded.problems]
    return loaded


def problems_of(folder: Path, text: str, layout: str = "") -> list[Problem]:
    """What binding has to say of a site."""
    return bind(load(folder, text, layout), SCHEMAS, Shared())[1]


def bound(folder: Path, text: str, layout: str = "") -> Binding:
    """A site without any problem, bound."""
    binding, problems = bind(load(folder, text, layout), SCHEMAS, Shared())
    assert not problems, [str(problem) for problem in problems]
    return binding


def database() -> duckdb.DuckDBPyConnection:
    """Empty tables under the settings of the store."""
    return _tables(duckdb.connect(":memory:", config={"threads": "1"}))


_instance = functools.cache(lambda: duckdb.connect(":memory:", config={"threads": "1"}))
_numbers = itertools.count()


def quick_database() -> duckdb.DuckDBPyConnection:
    """The same in a DuckDB that all tests of a process share, which saves 25 ms of each.

    It is a cursor of that: one of its own has other settings, and does not find the tables.
    """
    name = f"plant{next(_numbers)}"
    connection = _instance().cursor()
    connection.execute(f"ATTACH ':memory:' AS {name}")
    connection.execute(f"USE {name}")
    return _tables(connection)


def _tables(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute("SET error_on_division_by_zero = false")
    connection.execute("SET ieee_floating_point_ops = false")
    for name, columns in SCHEMAS.items():
        listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        connection.execute(f"CREATE TABLE {name} ({listed})")
    return connection


def put(connection: duckdb.DuckDBPyConnection, when: dt.datetime | None, **values: Any) -> None:
    """One row of `cycles`."""
    number = connection.execute("SELECT count(*) FROM cycles").fetchall()[0][0] + 1
    stamp = when.astimezone(UTC).replace(tzinfo=None) if when is not None else None
    row = {"ts": stamp, "_time": stamp, "_file": 1, "_line": number, **values}
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join("?" for _ in row)
    connection.execute(f"INSERT INTO cycles ({names}) VALUES ({marks})", list(row.values()))


class Listed(NamedTuple):
    """All rows of a subject, newest first, with their file ids and lines."""

    columns: list[str]
    data: list[list[Any]]
    files: list[int]
    lines: list[int]
    total: int


def rows(cursor: duckdb.DuckDBPyConnection, binding: Binding, subject: Subject, where: dict[str, str | None]) -> Listed:
    """The rows of a subject, read as the pages of a table are."""
    wanted = row_set(binding, subject, where)
    found = pages.by_count(cursor, wanted, pages.ordered(wanted, ()), 0, 10_000)
    return Listed(list(wanted.columns), found.data, found.files, found.lines, pages.count(cursor, wanted))


def ago(hours: float = 0, minutes: float = 0) -> dt.datetime:
    """A moment before `NOON`."""
    return NOON - dt.timedelta(hours=hours, minutes=minutes)
