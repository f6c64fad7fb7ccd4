"""Whatever an author writes is either a sound expression or a fault with a place; nothing else can come of it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsconsole.kpis.expression import Bound, Checker, Fault, ident, number

from .plant import SCHEMAS, database

CHECKER = Checker(SCHEMAS)
EMPTY = database()
PIECES = """
sum( | count(*) | qty | scrap | "Weird, name" | text | ) | ( | + | / | * | ' | " | -- | /* | */ | ; | select
from cycles
where | 1 | 0.5 | 'x' | ::INTEGER | , | filter (where qty > 1) | over () | $$ | drop table cycles | insert into cycles
copy cycles to '/tmp/x' | attach ':memory:' as a | pragma | set threads=1 | read_text('/etc/passwd') | unnest([1]) | é
$1
? | case when qty > 1 then 1 end | {'a': 1} | [1] | lambda x: x
"""
pieces = st.sampled_from([piece.strip() for line in PIECES.split("\n") for piece in line.split("|") if piece] + ["\n"])


@settings(max_examples=250, deadline=None)
@given(st.one_of(st.lists(pieces, max_size=7).map(" ".join), st.text(max_size=30)))
@example("")
@example("\x00")
@example("sum(qty\x00)")
@example("sum(qty) --")
@example("\ud800")
@example("(" * 3000)
@example("-" * 3000 + "1")
@example("sum(" + "qty + " * 3000 + "1)")
def test_any_text_is_bound_or_refused_with_a_place_in_it(text: str) -> None:
    before = CHECKER.connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall()
    for outcome in (CHECKER.value("cycles", text), CHECKER.condition("cycles", text)):
        if isinstance(outcome, Fault):
            assert outcome.message
            assert "\n" not in outcome.message
            assert 0 <= outcome.offset <= len(text)
        else:
            assert isinstance(outcome, Bound)
            run = EMPTY.execute(f"SELECT 1, (\n{text}\n) FROM cycles").fetchall()  # it stays within its brackets
            assert all(len(row) == 2 for row in run)
    assert CHECKER.connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == before


@pytest.mark.parametrize("name", ["plain", "with space", 'with "quotes"', "é", "select", "a;b", "--"])
def test_any_name_can_be_quoted(name: str) -> None:
    db = database()
    db.execute(f"CREATE TABLE {ident(name)} ({ident(name)} INTEGER)")
    assert db.execute(f"SELECT {ident(name)} FROM {ident(name)}").description[0][0] == name


def test_numbers() -> None:
    assert [number(value) for value in (None, True, 3, 2.5, float("nan"), float("inf"), -0.0)] == [
        None, 1.0, 3.0, 2.5, None, None, 0.0,
    ]  # fmt: skip
