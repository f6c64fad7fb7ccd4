"""Small files and short batches go cheaper ways: they must end where the others end."""

from __future__ import annotations

from pathlib import Path

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.tables import ledger
from opsconsole.tables.ledger import Entry
from opsconsole.tables.reading import aside, cut, parse
from opsconsole.tables.reading.guess import guess, kind
from tests.tables.folder import folder

CELLS = ["", "1", "007", "1,234", "1.5", "2024-01-01", "2024-01-01 10:00Z", "13.02.2024", "yes", "NA", "Total", "a b"]
TOKENS = ["a,", ",", '"', "é", " ", "7,8\n", "b,\r\n", ",c\n", "\r", "\n", "\x00", "\ufeff"]
TEXT = st.lists(st.sampled_from(TOKENS), max_size=12).map("".join)


@given(st.lists(st.sampled_from(CELLS), max_size=60))
@settings(deadline=None, database=None)
def test_the_kind_alone_is_that_of_the_guess(values: list[str]) -> None:
    assert kind(values) == guess(values).kind


@given(TEXT, st.sampled_from([2, 2, 2, 1, 3]), st.sampled_from([0, 0, 0, 1, -1]))
@settings(max_examples=500, deadline=None, database=None)
def test_few_records_are_parsed_as_pyarrow_parses_many(text: str, width: int, more: int) -> None:
    data, grammar = text.encode(), cut.Grammar(b",")
    count = max(text.count("\n") + more, 0)
    quoted = b'"' in data
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parse, "_FEW", -1)
        many = parse.parse_all(data, width, grammar, count, quoted)
    few = parse.parse_all(data, width, grammar, count, quoted)
    assert (few is None) == (many is None)
    if few is not None and many is not None:
        assert few.table.equals(many.table)
        assert few.ragged == many.ragged


@given(st.lists(st.lists(st.sampled_from([*CELLS, "Note: x", "when", "*1"]), min_size=2, max_size=2), max_size=20))
@settings(deadline=None, database=None)
def test_few_rows_are_suspected_as_many_are(rows: list[list[str]]) -> None:
    table = parse.parse_all(b"".join(b";".join(c.encode() for c in r) + b"\n" for r in [["x", "y"], *rows]), 2,
                            cut.Grammar(b";"), len(rows) + 1, False)  # fmt: skip
    assert table is not None
    few = aside._suspects(table.table, ["when", "a b"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(aside, "_FEW", -1)
        many = aside._suspects(table.table, ["when", "a b"])
    assert (few.names, sorted(few.notes), few.totals) == (many.names, sorted(many.notes), many.totals)


@pytest.mark.parametrize("count", [1, ledger._FEW, ledger._FEW + 1, 250])
def test_entries_come_back_however_many_are_put(count: int) -> None:
    entries = [
        Entry(number, "cycles", f"/data/{number}\udcff.csv", f"{number}", ino=2**64 - 1 - number, racy=number % 2 == 0,
              retry_at=1.5 if number % 3 else None)
        for number in range(count)
    ]  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute(ledger.SCHEMA)
        ledger.put(connection, entries)
        entries[0] = msgspec.structs.replace(entries[0], rows=7)
        ledger.put(connection, entries)
        assert ledger.load(connection) == entries


def test_half_a_character_is_refused_by_the_database_however_many_rows_there_are() -> None:
    entries = [Entry(number, "cycles", "/x", "x", reason="\ud800" if number == 30 else "") for number in range(50)]
    with duckdb.connect() as connection:
        connection.execute(ledger.SCHEMA)
        for some in (entries[30:31], entries):
            with pytest.raises(duckdb.Error):
                ledger.put(connection, some)


def test_many_small_files_with_rows_set_aside_are_taken_whole(tmp_path: Path) -> None:
    with folder(tmp_path) as watched:
        for number in range(60):
            watched.write(f"{number:02}.csv", f"ts,qty\n2024-01-01 00:{number:02}:00,{number}\n1,2,3\n")
        watched.settle()
        assert watched.query("SELECT count(*), count(DISTINCT _file), sum(qty) FROM t") == [(60, 60, 1770)]
        assert watched.query("SELECT count(*), count(DISTINCT file) FROM _ops.quarantine") == [(60, 60)]
