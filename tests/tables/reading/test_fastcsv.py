"""What the fast path converts must be what the slow one gives, cell by cell; what it cannot, it leaves alone."""

from __future__ import annotations

import struct
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsconsole.tables import convert
from opsconsole.tables.reading import fastcsv
from opsconsole.tables.reading.guess import Kind, Style

KINDS: tuple[Kind, ...] = ("text", "integer", "number", "boolean", "date", "time", "zoned")

_digits = st.integers(-(10**20), 10**20).map(str)
_plain: dict[Kind, st.SearchStrategy[str]] = {
    "text": st.text("aé\"'x, ", max_size=6),
    "integer": st.integers(-(2**63), 2**63 - 1).map(str),
    "number": st.one_of(
        st.floats(allow_nan=False, allow_infinity=False).map(repr),
        st.decimals(-1000, 1000, places=2).map(str),
        st.integers(-1000, 1000).map(str),
    ),
    "boolean": st.sampled_from(["true", "False", "YES", "no", "1", "0", "Wahr", "t", "f"]),
    "date": st.dates().map(str),
    "time": st.datetimes().map(str) | st.datetimes().map(lambda d: d.isoformat()[:16]) | st.dates().map(str),
    "zoned": st.datetimes().map(lambda d: d.isoformat() + "Z") | st.datetimes().map(lambda d: f"{d}+02:00"),
}
_NASTY = (
    "", " ", "0", "-0", "00", "007", "-07", "+5", "5 ", " 5", "1.0", "1.", ".5", "-.5", "-", "+", ".", "e5", "1e5",
    "1E-5", "1e999", "-1e999", "1e-400", "1e-320", "nan", "NaN", "-nan", "inf", "-Infinity", "nan(1)", "0x1F",
    "1_000", "1,5",
    "1,234.5", "12%", "(5)", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "NA", "null", "n/a",
    "yes ", "maybe", "2024-01-05", "2024-1-5", "2024/01/05", "2024-02-30", "20240105", "0000-01-01", "0001-01-01",
    "9999-12-31", "2024-01-05T10", "2024-01-05 10:11", "2024-01-05T10:11:12", "2024-01-05 10:11:12.", "2024-01-05T1011",
    "2024-01-05 10:11:12.1234567", "2024-01-05 10:11:12,5", "2024-01-05 24:00:00", "2024-01-05 23:59:60", "１２",
    "2024-01-05 10:11:12Z", "2024-01-05 10:11:12.5Z", "2024-01-05 10:11:12+02", "2024-01-05 10:11:12+02:00",
    "2024-01-05T10:11:12-0330", "2024-01-05 10:11:12+99:00", "2024-01-05 10:11:12+24:00", "2024-01-05 10:11:12 UTC",
    "0000-01-01 00:00:00", "0001-01-01 00:00:00+02:00", "9999-12-31 23:59:59.999999-02:00", "-024-01-05", "é", "-999",
    "2024-01-05 10:11Z", "infinity", "epoch", "today", "1e", "0.0", "0e0", "00.5", "-00.5", "1e05", "1.5.2", "١٢",
)  # fmt: skip
_cells = st.one_of(st.sampled_from(_NASTY), _digits, *_plain.values())


def slow(cells: list[str | None], kind: Kind, words: tuple[str, ...] = ()) -> pa.ChunkedArray:
    """What the SQL of the slow path gives."""
    connection = _connection()
    connection.register("b", pa.table({"i": list(range(len(cells))), "c": pa.array(cells, pa.string())}))
    value = convert.typed("c", kind, Style(kind), "UTC", words)
    return connection.sql(f"SELECT {value} AS v FROM b ORDER BY i").to_arrow_table().column(0)


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def exact(values: pa.ChunkedArray) -> list[Any]:
    """Numbers by their bits, so that -0.0 is not 0.0; moments by their count, which may be of years beyond Python's."""
    if pa.types.is_temporal(values.type):
        values = values.cast(pa.int32() if pa.types.is_date(values.type) else pa.int64())
    return [struct.pack("d", value) if isinstance(value, float) else value for value in values.to_pylist()]


def check(cells: list[str | None], kind: Kind, words: tuple[str, ...] = ()) -> bool:
    """Whether the column was taken; if it was, it must be exact."""
    half = len(cells) // 2
    column = pa.chunked_array([pa.array(cells[:half], pa.string()), pa.array(cells[half:], pa.string())])
    values = fastcsv.column(column, kind, words)
    if values is None:
        return False
    assert exact(values) == exact(slow(cells, kind, words))
    return True


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(KINDS), st.lists(st.none() | _cells, max_size=6))
@example("number", ["1e-400"])
def test_fast_is_slow_for_whatever_lies_in_cells(kind: Kind, cells: list[str | None]) -> None:
    check(cells, kind)
    check(cells, kind, ("-999", "Null", "0", "É"))


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(KINDS))
def test_fast_is_slow_for_columns_of_one_kind(data: st.DataObject, kind: Kind) -> None:
    cells: list[str | None] = list(data.draw(st.lists(_plain[kind] | st.just(""), max_size=8)))
    if data.draw(st.booleans()):
        cells.append(data.draw(_cells))
    check(cells, kind)


@pytest.mark.parametrize("kind", KINDS)
def test_each_nasty_cell(kind: Kind) -> None:
    for cell in _NASTY:
        check([cell], kind)


TAKEN: list[tuple[Kind, list[str | None], bool]] = [
    ("integer", ["1", "-20", "0", ""], True),
    ("integer", ["1", "NA"], True),
    ("integer", ["1", "007"], False),
    ("integer", ["1", "1.0"], False),
    ("integer", ["1", "0x10"], False),
    ("integer", ["1", "9223372036854775808"], False),
    ("number", ["1", "-2.50", "0.5", "1e5", None], True),
    ("number", ["1", "nan(1)"], False),
    ("number", ["1", "1e999"], False),
    ("number", ["1", "007.5"], False),
    ("boolean", ["yes", "NO", ""], True),
    ("boolean", ["yes", "perhaps"], False),
    ("date", ["2024-01-05", ""], True),
    ("date", ["2024-01-05", "05.01.2024"], False),
    ("date", ["0000-01-01"], False),
    ("time", ["2024-01-05 10:11", "2024-01-05T10:11:12.123456", "2024-01-05"], True),
    ("time", ["2024-01-05 10:11:12Z"], False),
    ("time", ["2024-01-05 24:00:00"], False),
    ("zoned", ["2024-01-05T10:11:12Z", "2024-01-05 10:11:12.5+02:00"], True),
    ("zoned", ["2024-01-05T10:11:12Z", "2024-01-05T10:11:12"], False),
    ("text", ["007", "", "NA"], True),
]


@pytest.mark.parametrize(("kind", "cells", "taken"), TAKEN)
def test_plain_columns_are_taken_and_others_left(kind: Kind, cells: list[str | None], taken: bool) -> None:
    assert check(cells, kind) is taken


def test_columns_that_are_not_plain_stay_text() -> None:
    table = pa.table({"c0": ["1", "2"], "c1": ["1", "x"], "c2": ["", "y"], "c3": ["7", "8"]})
    result, kinds = fastcsv.typed(table, ["A", "b", "C", "d"], {"a": "integer", "b": "integer", "c": "text"})
    assert kinds == {"A": "integer", "C": "text"}
    assert result.to_pydict() == {"c0": [1, 2], "c1": ["1", "x"], "c2": [None, "y"], "c3": ["7", "8"]}
    assert result.column_names == table.column_names


def test_a_slice_is_read_from_where_it_begins() -> None:
    whole = pa.chunked_array([pa.array(["007", "5", "", "6"])])
    values = fastcsv.column(whole.slice(1), "integer")
    assert values is not None
    assert values.to_pylist() == [5, None, 6]
