"""Long windows from sealed days equal the same from the rows, whatever came, went or changed in between."""

from __future__ import annotations

import datetime as dt
import functools
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from opsconsole.kpis import sealing as sealing_module
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.kpis.evaluate import evaluate
from opsconsole.kpis.measures import Measures
from opsconsole.kpis.sealed import Sealed
from opsconsole.kpis.sealing import Sealing
from opsconsole.site.parse import load_site
from opsconsole.tables import ledger, touched

OWN = {"_file": "INTEGER", "_line": "BIGINT", "_time": "TIMESTAMP"}
COLUMNS = {
    "ts": "TIMESTAMP",
    "line": "VARCHAR",
    'Odd "one': "BIGINT",
    "qty": "BIGINT",
    "cost": "DOUBLE",
    "text": "VARCHAR",
    **OWN,
}
SITE = """\
timezone: ZONE
sources: {rows: {files: r.csv, time: ts, dimensions: [line, 'Odd "one']}}
kpis:
  total: {source: rows, value: sum(qty), window: WINDOW}
  ratio: {source: rows, value: 100 * sum(qty) FILTER (text = 'x') / sum(cost), window: WINDOW}
  many: {source: rows, value: count(*), where: qty > 2, window: WINDOW}
  mean: {source: rows, value: 'round(avg(cost), 3) + coalesce(max(qty), 0)', window: WINDOW}
  last: {source: rows, value: 'arg_max(qty, _time)', window: WINDOW}
  kinds: {source: rows, value: count(DISTINCT text), window: WINDOW}
  middle: {source: rows, value: median(qty) + sum(qty), window: WINDOW}
  derived: {value: total / many}
"""


FEW = "".join(
    line for line in SITE.splitlines(True) if line.startswith(("timezone", "sources", "kpis", "  total", "  many"))
)
"""Two KPIs, of two scopes."""


@functools.cache
def binding(zone: str, window: str, site: str = SITE) -> Binding:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "site.yaml").write_text(site.replace("ZONE", zone).replace("WINDOW", window))
        bound, problems = bind(load_site(Path(folder)), {"rows": COLUMNS})
    assert not problems, problems
    return bound


WINDOWS = [
    (zone, window)
    for zone in ("Australia/Lord_Howe", "Europe/Berlin", "UTC")
    for window in ("30d", "4d", "all", "month", "week")
]
NOW = dt.datetime(2026, 4, 8, 9, 30, tzinfo=dt.UTC)  # after the clocks of Berlin and of Lord Howe were changed


class Table:
    """The rows of one source with their ledger, in a real database."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:")
        for setting in ("error_on_division_by_zero", "ieee_floating_point_ops", "preserve_insertion_order"):
            self.connection.execute(f"SET GLOBAL {setting} = false")
        self.connection.execute(ledger.SCHEMA)
        quoted = ", ".join('"' + name.replace('"', '""') + f'" {kind}' for name, kind in COLUMNS.items())
        self.connection.execute(f"CREATE TABLE rows ({quoted})")
        self.line = 0

    def put(self, rows: list[tuple[Any, ...]]) -> None:
        """A transaction that adds rows: minutes before now (None: no time), line, odd, qty, cost, text."""
        stamps = [
            None if each[0] is None else (NOW - dt.timedelta(minutes=each[0])).replace(tzinfo=None) for each in rows
        ]
        lines = list(range(self.line + 1, self.line + 1 + len(rows)))
        self.line += len(rows)
        cells = [[each[at] for each in rows] for at in range(1, 6)]
        # lists, a column each: rows one by one took most of the time of these tests
        lists = ", ".join(f"unnest(CAST(? AS {kind}[]))" for kind in COLUMNS.values())
        with self.connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(f"INSERT INTO rows SELECT {lists}", [stamps, *cells, [1] * len(rows), lines, stamps])
            self.touch(cursor, f"_line > {self.line - len(rows)}")
            cursor.execute("COMMIT")

    def drop(self, keep: int) -> None:
        """A transaction that takes rows away: all but each `keep`-th."""
        with self.connection.cursor() as cursor:
            cursor.execute("BEGIN")
            self.touch(cursor, f"_line % {keep} = 1")
            cursor.execute(f"DELETE FROM rows WHERE _line % {keep} = 1")
            cursor.execute("COMMIT")

    def touch(self, cursor: duckdb.DuckDBPyConnection, condition: str) -> None:
        touched.note(cursor, {"rows": touched.of(cursor, "rows", condition)})


@pytest.fixture(autouse=True, scope="module")
def _slices_grow() -> Iterator[None]:
    """How busy the machine is does not decide how many days are built at once: each slice is twice the one before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sealing_module, "_SLICE", 60.0)
        yield


small = st.one_of(st.none(), st.integers(0, 6))
row = st.tuples(
    st.one_of(st.none(), st.integers(-60, 60 * 24 * 45)),
    st.sampled_from([None, "", "A", "B"]),
    st.sampled_from([None, 1, 2]),
    small,
    st.one_of(st.none(), st.integers(0, 40).map(lambda number: number / 8)),
    st.sampled_from([None, "x", "y"]),
)


def close(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, rel=1e-9, abs=1e-9)
    return bool(one == other)


def assert_same(found: Measures, wanted: Measures) -> None:
    for name, one in found.kpis.items():
        other = wanted.kpis[name]
        assert (one.rows, one.status, one.start, one.reason) == (other.rows, other.status, other.start, other.reason)
        assert close(one.value, other.value), name
        assert close(one.previous, other.previous), name
        assert all(map(close, one.trend, other.trend)), (name, one.trend, other.trend)
        for by, split in one.splits.items():
            ours = dict(zip(split.members, zip(split.values, split.previous, split.rows, strict=True), strict=True))
            split = other.splits[by]
            theirs = dict(zip(split.members, zip(split.values, split.previous, split.rows, strict=True), strict=True))
            assert ours.keys() == theirs.keys(), (name, by)
            assert all(close(a, b) for key in ours for a, b in zip(ours[key], theirs[key], strict=True)), (name, by)
    for heat, other_heat in zip(found.grids, wanted.grids, strict=True):
        assert (heat.members, heat.starts, heat.values) == (other_heat.members, other_heat.starts, other_heat.values)


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    st.sampled_from(WINDOWS),
    st.lists(row, min_size=1, max_size=60),
    st.lists(row, max_size=8),
    st.integers(2, 6),
    st.integers(0, 60 * 40),
)
def test_sealed_equals_raw(which: tuple[str, str], first: list[Any], late: list[Any], keep: int, later: int) -> None:
    bound, table, sealed = binding(*which), Table(), Sealed(0)
    # of two rows at one moment either may be the latest
    first = list({each[0]: each for each in first}.values())
    late = [each for each in {each[0]: each for each in late}.values() if each[0] not in {one[0] for one in first}]
    sealing = Sealing(sealed, table.connection.cursor)
    table.put(first)
    for change in (lambda: None, lambda: table.put(late), lambda: table.drop(keep), lambda: None):
        change()
        for now in (NOW, NOW + dt.timedelta(minutes=later)):
            raw = evaluate(table.connection, bound, now)
            assert_same(evaluate(table.connection, bound, now, sealed=sealed), raw)
            sealing.work(10.0)
            assert not sealing.due
            assert not sealed.bad
            assert_same(evaluate(table.connection, bound, now, sealed=sealed), raw)
    assert sealing.begin() == []


def filled() -> Table:
    table, chance = Table(), random.Random(1)
    table.put(
        [(minutes, "AB"[minutes % 2], 1, chance.randrange(9), 1.5, "x") for minutes in range(0, 60 * 24 * 45, 45)]
    )
    return table


def count_rows_scanned(table: Table) -> int:
    return int(table.connection.execute("SELECT count(*) FROM _ops.sealed").fetchall()[0][0])


def test_states_are_used_built_once_and_only_touched_days_again() -> None:
    table, sealed = filled(), Sealed(0)
    sealing, bound = Sealing(sealed, table.connection.cursor), binding("Europe/Berlin", "30d")
    evaluate(table.connection, bound, NOW, sealed=sealed)
    assert sealing.due
    sealing.work(10.0)
    built = count_rows_scanned(table)
    assert built > 100
    # what an answer rests on shows when the rows under the states are changed behind the ledger's back
    before = evaluate(table.connection, bound, NOW, sealed=sealed).kpis["total"].value
    table.connection.execute("UPDATE rows SET qty = qty + 1000 WHERE _time < '2026-04-01' AND _time > '2026-03-20'")
    assert evaluate(table.connection, bound, NOW, sealed=sealed).kpis["total"].value == before
    assert not sealing.due
    table.put([(60 * 24 * 10, "A", 1, 5, 1.0, "x")])
    evaluate(table.connection, bound, NOW, sealed=sealed)
    assert {len(missing.days) for missing in sealed.missing.values()} == {1}
    sealing.work(10.0)
    assert count_rows_scanned(table) == built


def test_states_that_do_not_hold_are_found_at_the_start_and_dropped() -> None:
    table, sealed = filled(), Sealed(0)
    sealing, bound = Sealing(sealed, table.connection.cursor), binding("UTC", "30d")
    evaluate(table.connection, bound, NOW, sealed=sealed)
    sealing.work(10.0)
    table.connection.execute("UPDATE rows SET qty = qty + 1000")
    again = Sealed(0)
    second = Sealing(again, table.connection.cursor)
    evaluate(table.connection, bound, NOW, sealed=again)
    assert second.begin() == ["rows"]
    assert count_rows_scanned(table) == 0
    assert_same(evaluate(table.connection, bound, NOW, sealed=again), evaluate(table.connection, bound, NOW))


def test_what_no_kpi_uses_any_more_is_dropped() -> None:
    table, sealed = filled(), Sealed(0)
    sealing = Sealing(sealed, table.connection.cursor)
    evaluate(table.connection, binding("UTC", "30d"), NOW, sealed=sealed)
    sealing.work(10.0)
    sealing.forget()
    evaluate(table.connection, binding("UTC", "4d"), NOW, sealed=sealed)
    assert sealing.begin() == []
    tables = "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'sealed:%'"
    assert table.connection.execute(tables).fetchall()[0][0] == len(sealed.used)


def test_a_row_that_comes_while_a_day_is_built_makes_it_count_no_more() -> None:
    table, sealed = filled(), Sealed(0)
    bound = binding("UTC", "30d")
    evaluate(table.connection, bound, NOW, sealed=sealed)

    class Racing:
        """A cursor during whose transaction another one commits a row of a day that is being built."""

        def __init__(self) -> None:
            self.cursor = table.connection.cursor()

        def execute(self, query: str, *rest: Any) -> Any:
            if query.startswith('INSERT INTO _ops."sealed:'):
                table.put([(60 * 24 * 3, "A", 1, 777, 1.0, "x")])
            return self.cursor.execute(query, *rest)

        def close(self) -> None:
            self.cursor.close()

    Sealing(sealed, Racing).work(10.0)  # type: ignore[arg-type]  # what it needs of a connection
    assert_same(evaluate(table.connection, bound, NOW, sealed=sealed), evaluate(table.connection, bound, NOW))


def test_hours_that_no_window_begins_or_ends_in_any_more_are_let_go() -> None:
    now = NOW - dt.timedelta(hours=54)
    table, sealed = filled(), Sealed(0, lambda: now.timestamp())
    sealing, bound = Sealing(sealed, table.connection.cursor), binding("UTC", "30d", FEW)
    hours = "SELECT count(DISTINCT first) FROM _ops.sealed WHERE last - first = INTERVAL 1 HOUR"
    many = []
    while now <= NOW:
        evaluate(table.connection, bound, now, sealed=sealed)
        sealing.work(10.0)
        many.append(table.connection.execute(hours).fetchall()[0][0])
        assert_same(evaluate(table.connection, bound, now, sealed=sealed), evaluate(table.connection, bound, now))
        now += dt.timedelta(hours=6)
    assert many[1] > many[0] > 24
    assert max(many) < 120, "with nothing let go they were 129 by the end"
    assert many[-1] < many[6]


@pytest.mark.parametrize("year", [1, 9999])
@pytest.mark.parametrize("window", ["30d", "all"])
def test_a_stray_stamp_at_the_end_of_the_calendar_stops_nothing(year: int, window: str) -> None:
    table, sealed = filled(), Sealed(0)
    table.connection.execute(f"INSERT INTO rows (_time, qty) VALUES (TIMESTAMP '{year:04}-01-01 00:00:00', 5)")
    bound = binding("Europe/Berlin", window)
    assert_same(evaluate(table.connection, bound, NOW, sealed=sealed), evaluate(table.connection, bound, NOW))


def test_a_source_of_few_rows_and_a_day_of_very_many_groups_are_answered_from_the_rows() -> None:
    table = filled()
    few = Sealed()
    evaluate(table.connection, binding("UTC", "30d"), NOW, sealed=few)
    assert not few.missing
    table.connection.execute(
        "INSERT INTO rows (_time, line, qty) "
        "SELECT TIMESTAMP '2026-04-01 05:00:00', 'l' || i, 1 FROM range(150000) AS r(i)"
    )
    many = Sealed(0)
    sealing = Sealing(many, table.connection.cursor)
    evaluate(table.connection, binding("UTC", "30d"), NOW, sealed=many)
    sealing.work(30.0)
    assert many.bad
    assert_same(
        evaluate(table.connection, binding("UTC", "30d"), NOW, sealed=many),
        evaluate(table.connection, binding("UTC", "30d"), NOW),
    )
