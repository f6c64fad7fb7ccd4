"""Pages of rows against a plain full read: any order, any direction, filters, missing values and ties."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.kpis.drill import Subject
from opsconsole.kpis.paging import copies, index, pages, posts
from opsconsole.kpis.paging.filters import filtered
from opsconsole.kpis.paging.index import StaleError
from opsconsole.kpis.paging.order import FILE, TIME, Key, Name, Order, from_time
from opsconsole.kpis.paging.rowset import RowSet, row_set
from opsconsole.kpis.paging.wanted import Filter, FilterBy, Narrowing, Sort

from .plant import NOON, bound, database

EPOCH = dt.datetime(1970, 1, 1)
BASE = NOON.replace(tzinfo=None)
Row = dict[str, Any]

lines = st.sampled_from([None, "A", "b", "O'Hara", "a%", ""])
numbers = st.one_of(st.none(), st.integers(-3, 3))
rows_of = st.lists(st.tuples(st.one_of(st.none(), st.integers(0, 6)), st.integers(1, 3), lines, numbers), max_size=24)


@pytest.fixture(scope="module")
def binding(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return bound(tmp_path_factory.mktemp("site"), "")


@pytest.fixture(scope="module")
def db() -> duckdb.DuckDBPyConnection:
    return database()


def filled(db: duckdb.DuckDBPyConnection, drawn: list[tuple[int | None, int, str | None, int | None]]) -> list[Row]:
    """The table with these rows (minutes before noon, file, line, qty), and they in Python."""
    db.execute("DELETE FROM cycles")
    at: dict[int, int] = {}
    made: list[Row] = []
    for minutes, file, line, qty in drawn:
        at[file] = at.get(file, 0) + 1
        time = BASE - dt.timedelta(minutes=minutes) if minutes is not None else None
        made.append({"_file": file, "_line": at[file], "_time": time, "ts": time, "line": line, "qty": qty})
    if made:
        names = ", ".join(made[0])
        db.executemany(f"INSERT INTO cycles ({names}) VALUES (?, ?, ?, ?, ?, ?)", [list(row.values()) for row in made])
    return made


def in_order(found: list[Row], order: Order, sort: list[Sort] | None = None) -> list[tuple[int, int]]:
    """Files and lines of rows in the order that is meant, by Python alone."""
    newest = sorted(found, key=lambda row: (row["_time"] is None, -_us(row), -row["_file"], -row["_line"]))
    if order is FILE:
        newest = sorted(found, key=lambda row: (row["_file"], row["_line"]))
    for each in reversed(sort or []):
        there = [row for row in newest if row[each.column] is not None]
        there.sort(key=lambda row: row[each.column], reverse=each.descending)
        newest = there + [row for row in newest if row[each.column] is None]
    return [(row["_file"], row["_line"]) for row in newest]


def _us(row: Row) -> int:
    return (row["_time"] - EPOCH) // dt.timedelta(microseconds=1) if row["_time"] is not None else 0


def places(found: pages.Found) -> list[tuple[int, int]]:
    return list(zip(found.files, found.lines, strict=True))


NARROWINGS: list[tuple[Narrowing, Any]] = [
    (Narrowing(), lambda row: True),
    (Narrowing(filters=(Filter("qty", "above", "0"),)), lambda row: row["qty"] is not None and row["qty"] > 0),
    (Narrowing(filters=(Filter("qty", "not", "1"),)), lambda row: row["qty"] != 1),
    (Narrowing(filters=(Filter("line", "has", "A"),)), lambda row: "a" in (row["line"] or "").lower()),
    (Narrowing(filters=(Filter("line", "lacks", "a%"),)), lambda row: "a%" not in (row["line"] or "").lower()),
    (Narrowing(filters=(Filter("line", "empty"),)), lambda row: row["line"] is None),
    (Narrowing(words="o'hara !2"), lambda row: "o'hara" in _text(row) and "2" not in _text(row)),
    (Narrowing(expression="qty > 0 OR line = 'b'"), lambda row: (row["qty"] or 0) > 0 or row["line"] == "b"),
    (
        Narrowing(start=(NOON - dt.timedelta(minutes=4)).timestamp(), end=NOON.timestamp()),
        lambda row: row["_time"] is not None and BASE - dt.timedelta(minutes=4) <= row["_time"] < BASE,
    ),
]


def _text(row: Row) -> str:
    shown = [row["ts"], row["line"], row["qty"]]
    return "\x1f".join(str(each) for each in shown if each is not None).lower()


@settings(max_examples=30, deadline=None)
@given(rows_of, st.sampled_from(NARROWINGS), st.sampled_from([TIME, FILE]), st.integers(1, 7), st.data())
def test_pages_are_what_a_full_read_gives(
    db: duckdb.DuckDBPyConnection, binding: Any, drawn: Any, narrowing: Any, order: Order, limit: int, data: Any
) -> None:
    made = filled(db, drawn)
    wanted, holds = narrowing
    rows = row_set(binding, Subject("cycles"), {}, wanted)
    expected = in_order([row for row in made if holds(row)], order)
    keys: list[Key] = []
    seen: list[tuple[int, int]] = []
    key, more = None, True
    while more:
        found, more = pages.read(db, rows, order, key, limit)
        seen += places(found)
        keys += found.keys
        key = found.keys[-1] if len(found) else key
    assert seen == expected
    key, more, back = None, True, []
    while more:
        found, more = pages.read(db, rows, order, key, limit, forward=False)
        back = places(found) + back
        key = found.keys[0] if len(found) else key
    assert back == expected
    assert pages.count(db, rows) == len(expected)

    marks = posts.planted(db, rows, order)
    assert marks.total == len(expected)
    for at, each in enumerate(keys):
        assert pages.count_before(db, rows, order, each) == at == posts.first_of(db, rows, order, marks, each)
        assert pages.any_beyond(db, rows, order, each, True) == (at + 1 < len(keys))
        assert pages.any_beyond(db, rows, order, each, False) == (at > 0)
    row = data.draw(st.integers(0, len(expected) + 2))
    near, skip, end = marks.near(row)
    start = pages.key_at(db, rows, order, near, skip, end=end)
    assert (start is None) == (row >= len(expected))
    found, _ = pages.read(db, rows, order, near, limit, skip=skip)
    assert places(found) == expected[row : row + limit]
    found, _ = pages.read(db, rows, order, None, limit, skip=row)
    assert places(found) == expected[row : row + limit]


@settings(max_examples=20, deadline=None)
@given(
    rows_of,
    st.lists(st.tuples(st.sampled_from(["qty", "line", "ts"]), st.booleans()), min_size=1, max_size=2),
    st.integers(1, 7),
    st.sampled_from(["time", "file"]),
    st.data(),
)
def test_an_index_pages_like_a_full_sort_and_notices_rows_that_change(
    db: duckdb.DuckDBPyConnection,
    binding: Any,
    tmp_path_factory: pytest.TempPathFactory,
    drawn: Any,
    by: list[tuple[str, bool]],
    limit: int,
    name: Name,
    data: Any,
) -> None:
    made = filled(db, drawn)
    rows = row_set(binding, Subject("cycles"), {}, Narrowing(filters=(Filter("qty", "filled"),)))
    sort = [Sort(name, down) for name, down in by]
    expected = in_order([row for row in made if row["qty"] is not None], TIME if name == "time" else FILE, sort)
    path = tmp_path_factory.getbasetemp() / "index"
    assert index.build(db, rows, sort, name, path, lambda _: None) == len(expected)
    for start in range(0, len(expected) + 1, limit):
        assert places(index.read(db, rows, sort, path, start, limit)) == expected[start : start + limit]
    top = pages.by_count(db, rows, pages.ordered(rows, sort, name), 0, limit)
    assert places(top) == expected[:limit]
    if not expected:
        return
    db.execute("INSERT INTO cycles (_file, _line, qty) VALUES (9, 1, 2), (9, 2, NULL)")
    assert places(index.read(db, rows, sort, path, 0, len(expected))) == expected  # new rows disturb nothing
    at = data.draw(st.integers(0, len(expected) - 1))
    file, line = expected[at]
    change = data.draw(
        st.sampled_from(["DELETE FROM cycles", "UPDATE cycles SET qty = NULL", "UPDATE cycles SET _line = 99"])
    )
    db.execute(f"{change} WHERE _file = {file} AND _line = {line}")
    with pytest.raises(StaleError):
        index.read(db, rows, sort, path, at, 1)


def test_posts_find_rows_where_times_lie_close_and_far_apart(
    db: duckdb.DuckDBPyConnection, binding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posts, "BUCKETS", 20)
    monkeypatch.setattr(posts, "HEAVY", 3)
    monkeypatch.setattr(posts, "_DEEPEST", 9)
    monkeypatch.setattr(posts, "_MOST", 20)
    times = [*range(30), *[1000] * 9, 10**9, None, None]
    db.execute("DELETE FROM cycles")
    for number, seconds in enumerate(times):
        db.execute(
            "INSERT INTO cycles (_file, _line, _time) VALUES (?, ?, make_timestamp(?))",
            [1 + number % 3, number, seconds * 10**6 if seconds is not None else None],
        )
    rows = row_set(binding, Subject("cycles"), {})
    for order in (TIME, FILE):
        marks = posts.planted(db, rows, order)
        whole, _ = pages.read(db, rows, order, None, 100)
        assert len(marks.starts) >= 3
        assert marks.total == len(whole) == 42
        for row, key in enumerate(whole.keys):
            assert posts.first_of(db, rows, order, marks, key) == row
            near, skip, end = marks.near(row)
            assert pages.key_at(db, rows, order, near, skip, end=end) == key
    marks = posts.planted(db, rows, TIME)
    db.execute("INSERT INTO cycles (_file, _line, _time) VALUES (4, 1, make_timestamp(12500000))")
    db.execute("INSERT INTO cycles (_file, _line, _time) VALUES (4, 2, make_timestamp(2000000000000000))")
    again = posts.moved(db, rows, marks, 12.5, 12.5)
    assert again is not None
    again = posts.moved(db, rows, again, 2e9, 2e9)
    assert again is not None
    whole, _ = pages.read(db, rows, TIME, None, 100)
    assert [posts.first_of(db, rows, TIME, again, key) for key in whole.keys] == list(range(44))
    assert posts.moved(db, rows, marks, None, None) is None


def test_a_moment_begins_with_the_newest_row_that_is_not_after_it(db: duckdb.DuckDBPyConnection, binding: Any) -> None:
    filled(db, [(minutes, 1, "A", 1) for minutes in (0, 1, 2, 2, 3)])
    rows = row_set(binding, Subject("cycles"), {})
    at = (NOON - dt.timedelta(minutes=1.5)).timestamp()
    assert pages.read(db, rows, TIME, from_time(at), 9)[0].lines == [4, 3, 5]
    assert pages.read(db, rows, TIME, from_time(at - 30), 2)[0].lines == [4, 3]


@pytest.mark.parametrize("key", [[1], [1, 2, "3"], ["x", 1, 1], [1.5, 1, 1], [True, 1, 1], [None, 1, "0) OR (1=1"]])
def test_a_made_up_place_is_refused(key: list[object]) -> None:
    with pytest.raises(ValueError, match="not where a page ended"):
        TIME.checked(key)


def test_a_copy_gives_the_values_that_duckdb_gives(tmp_path: Path) -> None:
    connection = duckdb.connect()
    query = (
        "SELECT i::HUGEINT AS a, i / 3 AS b, (i / 7)::DECIMAL(9, 3) AS c, 'x' || i AS d, DATE '2026-01-01' AS e,"
        " TIMESTAMP '2026-01-01' + to_seconds(i) AS f, i % 2 = 0 AS g, [i] AS h, CASE WHEN i > 3 THEN i END AS k,"
        " TIMESTAMPTZ '2026-01-01 00:00:00+00' AS l, TIME '10:00' AS m FROM range(9000) t(i) ORDER BY i"
    )
    connection.execute("SET TimeZone = 'UTC'")
    plain = connection.execute(query).fetchall()
    kinds = [str(each[1]) for each in connection.description or []]
    starts = copies.build(connection, query, [], tmp_path / "copy", lambda _: None)
    assert starts[-1] == 9000
    for row, limit in ((0, 5), (4090, 20), (8995, 20), (9000, 5)):
        got = copies.read(tmp_path / "copy", starts, kinds, row, limit)
        assert [tuple(map(str, each)) for each in got] == [tuple(map(str, each)) for each in plain[row : row + limit]]


@pytest.mark.parametrize(
    "hostile",
    ["'; DROP TABLE cycles; --", '" OR 1=1', "%' OR '1'='1", "\\", "$1", "?", "${env:HOME}", "{}", "\0", "a\nb"],
)
def test_what_is_typed_never_becomes_sql(db: duckdb.DuckDBPyConnection, binding: Any, hostile: str) -> None:
    filled(db, [(0, 1, "A", 1), (1, 1, hostile, 2)])
    for narrowing in (
        Narrowing(filters=(Filter("line", "is", hostile),)),
        Narrowing(filters=(Filter("line", "has", hostile),)),
        Narrowing(filters=(Filter("line", "from", hostile), Filter("line", "to", hostile))),
    ):
        rows = row_set(binding, Subject("cycles"), {}, narrowing)
        assert pages.read(db, rows, TIME, None, 9)[0].data[rows_at(rows, "qty")] == [2]
    rows = row_set(binding, Subject("cycles"), {}, Narrowing(words=hostile.split()[0] if hostile.split() else "A"))
    assert pages.count(db, rows) <= 2
    with pytest.raises(LookupError, match="no column"):
        row_set(binding, Subject("cycles"), {}, Narrowing(filters=(Filter(hostile, "is", "1"),)))
    with pytest.raises(LookupError, match="no column"):
        pages.ordered(rows, [Sort(hostile)])
    if hostile != "?":
        with pytest.raises(ValueError):
            row_set(binding, Subject("cycles"), {}, Narrowing(filters=(Filter("qty", "is", hostile),)))
        with pytest.raises(ValueError):
            row_set(binding, Subject("cycles"), {}, Narrowing(filters=(Filter("ts", "from", hostile),)))
    assert db.execute("SELECT count(*) FROM cycles").fetchall() == [(2,)]


@pytest.mark.parametrize(
    "expression",
    [
        *("(SELECT 1) = 1", "1; DROP TABLE cycles", "qty > 0 UNION SELECT 1", "read_csv('/etc/passwd')"),
        *("getenv('HOME') = ''", "qty = ?", "nope > 1", "sum(qty) > 1", "qty", "now() > ts"),
        *("list_sort(range(30000000))[1] = 1", "length(repeat(line, 1000000000)) > 1", "len([x FOR x IN [1]]) = 1"),
    ],
)
def test_an_expression_can_do_nothing_but_compare(binding: Any, expression: str) -> None:
    with pytest.raises(ValueError):
        row_set(binding, Subject("cycles"), {}, Narrowing(expression=expression))


@pytest.mark.parametrize(
    ("by", "value", "found"),
    [
        ("is", "0.1", [0.1]),
        ("not", "0.1", [0.3, None]),
        ("above", "0.1", [0.3]),
        ("to", "0.1", [0.1]),
        ("below", "1e300", [0.1, 0.3]),
        ("is", "1e300", []),
    ],
)
def test_a_short_float_is_the_number_that_it_shows(by: FilterBy, value: str, found: list[float | None]) -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT unnest([0.1, 0.3, NULL])::FLOAT AS x")
        where, values = filtered(Filter("x", by, value), "x", "FLOAT", "UTC", "UTC")
        rows = connection.execute(f"SELECT round(x, 3) FROM t WHERE {where} ORDER BY x", values).fetchall()
    assert [row[0] if row[0] is None else round(row[0], 3) for row in rows] == found


def rows_at(rows: RowSet, name: str) -> int:
    return list(rows.columns).index(name)
