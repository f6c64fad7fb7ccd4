"""Every type of DuckDB becomes something that MessagePack and JSON can carry."""

from __future__ import annotations

import json

import duckdb
import msgspec
import pytest

from opsconsole.kpis.cells import cell, columns_of


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("NULL", None),
        ("TRUE", True),
        ("42", 42),
        ("170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727"),
        ("18446744073709551615::UBIGINT", 18446744073709551615),
        ("1.25::DECIMAL(5,2)", 1.25),
        ("1234567890123.10::DECIMAL(18,2)", 1234567890123.1),
        ("123456789012345678.1234::DECIMAL(38,4)", "123456789012345678.1234"),
        ("[123456789012345678.1234::DECIMAL(38,4)]", "[123456789012345678.1234]"),
        ("'nan'::DOUBLE", None),
        ("'inf'::DOUBLE", None),
        ("'ä'", "ä"),
        ("'\\x00\\xFF'::BLOB", "00ff"),
        ("DATE '2026-06-24'", "2026-06-24"),
        ("TIMESTAMP '2026-06-24 05:30:00.5'", "2026-06-24 05:30:00.500000"),
        ("TIME '05:30:00'", "05:30:00"),
        ("INTERVAL 90 MINUTE", "1:30:00"),
        ("[1, NULL, 3]", "[1, NULL, 3]"),
        ("{'a': 1, 'b': [DATE '2026-01-01']}", "{a: 1, b: [2026-01-01]}"),
        ("MAP {'k': 1.5}", "{k: 1.5}"),
        ("uuid '00000000-0000-0000-0000-000000000001'", "00000000-0000-0000-0000-000000000001"),
        ("'a'::ENUM('a', 'b')", "a"),
        ("'101'::BIT", "101"),
    ],
)
def test_a_value_of_duckdb(sql: str, shown: object) -> None:
    value = cell(duckdb.connect().execute(f"SELECT {sql}").fetchall()[0][0])
    assert value == shown
    assert type(value) is type(shown)
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(value)) == value


def test_columns_are_there_without_rows() -> None:
    assert columns_of([], 2) == [[], []]
    assert columns_of([(1, "a"), (2, None)], 2) == [[1, 2], ["a", None]]
