"""What the editor offers while SQL is typed. `|` is the cursor."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.console.sql.complete import complete, named_tables, quoted
from opsconsole.console.sql.tokens import ended, tokens
from opsconsole.engine.messages import Schema
from opsconsole.engine.table_messages import SchemaTable

SCHEMA = Schema(
    [
        SchemaTable(
            "flights",
            "Flights",
            ["carrier", "dep_delay", "Tail Number", "order", "_time"],
            ["VARCHAR", "DOUBLE", "VARCHAR", "BIGINT", "TIMESTAMP"],
        ),
        SchemaTable("weather", "", ["origin", "temp", "dep_point"], ["VARCHAR", "DOUBLE", "DOUBLE"]),
        SchemaTable("Air Lines", "", ["carrier", "name"], ["VARCHAR", "VARCHAR"]),
    ],
    ["date_trunc", "sum", "avg", "strftime"],
)


def offers(text: str, asked: bool = False) -> list[str]:
    at = text.index("|")
    return [offer.text for offer in complete(text.replace("|", "", 1), at, SCHEMA, asked).found]


def test_tables_come_after_from_and_join() -> None:
    assert offers("SELECT * FROM |") == ["flights", "weather", '"Air Lines"']
    assert offers("SELECT * FROM we|") == ["weather"]
    assert offers("SELECT * FROM air|") == ['"Air Lines"']
    assert offers('SELECT * FROM "air|') == ['"Air Lines"']
    assert offers("SELECT * FROM flights f JOIN |") == ["flights", "weather", '"Air Lines"']
    assert offers("SELECT * FROM flights, w|") == ["weather"]
    assert offers("WITH late AS (SELECT 1) SELECT * FROM |")[-1] == "late"
    assert offers("SELECT * FROM flights|") == []


def test_columns_of_the_tables_that_are_read_come_first() -> None:
    assert offers("SELECT dep| FROM flights")[:3] == ["dep_delay", "dep_point"]
    assert offers("SELECT dep| FROM weather")[:2] == ["dep_point", "dep_delay"]
    found = complete("SELECT  FROM flights", 7, SCHEMA, asked=True)
    assert [offer.text for offer in found.found[:5]] == [
        "carrier", "dep_delay", '"Tail Number"', '"order"', "_time",
    ]  # fmt: skip
    assert found.found[1].about == "double"
    assert offers("SELECT | FROM flights") == []
    assert offers("SELECT tail| FROM flights") == ['"Tail Number"']
    assert offers("SELECT number| FROM flights") == ['"Tail Number"']  # within a name too


def test_after_a_dot_only_the_columns_of_that_table() -> None:
    assert offers("SELECT w.| FROM flights f, weather AS w") == ["origin", "temp", "dep_point"]
    assert offers("SELECT f.d| FROM flights f, weather AS w") == ["dep_delay", "order"][:1]
    assert offers('SELECT "Air Lines".n| FROM "Air Lines"') == ["name"]
    assert offers("SELECT flights.ca|") == ["carrier"]
    assert offers("SELECT nobody.|") == []


def test_functions_and_keywords() -> None:
    assert offers("SELECT str| FROM flights") == ["strftime("]
    assert offers("SELECT carrier FROM flights wh|") == ["when", "where"]
    assert offers("SELECT carrier FROM flights WH|") == ["WHEN", "WHERE"]
    assert "date_trunc(" in offers("SELECT da|")


@pytest.mark.parametrize("text", ["SELECT 'fli|", "SELECT 1 -- fli|", "SELECT 12|", "SELECT /* fl|", "SELECT 'a' |"])
def test_nothing_is_offered_where_nothing_can_be_named(text: str) -> None:
    assert offers(text) == []


def test_a_word_that_is_whole_offers_nothing_more() -> None:
    assert offers("SELECT strftime| FROM flights") == ["strftime("]
    assert offers("SELECT carrier| FROM flights") == []


def test_which_tables_a_statement_reads() -> None:
    text = """WITH x AS (SELECT a FROM t1, t2 b) SELECT x.a, (SELECT max(q) FROM "T 3") FROM x LEFT JOIN t4 AS d
              ON x.a = d.a, t5 WHERE f(a, b) IN (SELECT z FROM t6) -- FROM t7"""
    assert list(named_tables(tokens(text))) == [
        ("t1", "t1"), ("t2", "b"), ("t 3", "t 3"), ("x", "x"), ("t4", "d"), ("t5", "t5"), ("t6", "t6"),
    ]  # fmt: skip


def test_names_are_quoted_where_they_must_be() -> None:
    assert [quoted(name) for name in ("a_1", "Order", "select", 'a"b', "1a")] == [
        "a_1", '"Order"', '"select"', '"a""b"', '"1a"',
    ]  # fmt: skip


def test_the_end_of_a_statement() -> None:
    assert ended("SELECT 1;")
    assert ended("SELECT 1 ; -- done\n ")
    assert not ended("SELECT ';")
    assert not ended("SELECT 1 -- ;")
    assert not ended("")


@settings(max_examples=60, deadline=None)
@given(st.text("aF$'\"-/*;,.()\n 1é:|", max_size=40), st.integers(0, 40))
def test_any_text_has_tokens_and_can_be_asked_about(text: str, at: int) -> None:
    assert "".join(token.text for token in tokens(text)) == text
    found = complete(text, min(at, len(text)), SCHEMA, asked=True)
    assert 0 <= found.start <= min(at, len(text))
