"""What is typed of a table and what is read of it are one language."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.console.address import Address, BadAddressError, parse
from opsconsole.console.grid.shape import Shape
from opsconsole.console.grid.shape_words import (
    KINDS,
    WordsError,
    filter_text,
    group_text,
    names_text,
    read_filter,
    read_group,
    read_names,
    read_sort,
    sort_text,
)
from opsconsole.console.grid.typed import conditions
from opsconsole.engine.table_messages import Aggregate, ColumnFilter, FilterBy, Grouping, SortBy

NAME = st.one_of(
    st.sampled_from(["line", "sum qty", "at", "by", "count", "-qty", 'a "b"', "sort", "x,y", "ä", "Δ t", "order"]),
    st.text(min_size=1, max_size=6).filter(lambda text: "\x00" not in text),
)
VALUE = st.one_of(st.sampled_from(["", " a", "at", "3", "sort x", "'", '"', "a\nb"]), st.text(max_size=6))
FILTER = st.builds(ColumnFilter, NAME, st.sampled_from(get_args(FilterBy)), VALUE).map(
    lambda one: ColumnFilter(one.column, one.by) if one.by in ("empty", "filled") else one
)
AGGREGATE = st.one_of(
    st.just(Aggregate("count")),
    st.builds(Aggregate, st.sampled_from([kind for kind in KINDS if kind != "count"]), NAME),
)
GROUP = st.builds(
    Grouping,
    st.lists(NAME, min_size=1, max_size=3, unique=True).map(tuple),
    st.lists(AGGREGATE, min_size=1, max_size=3).map(tuple),
    st.one_of(st.just(""), NAME),
)
SORT = st.lists(st.builds(SortBy, NAME, st.booleans()), max_size=3, unique_by=lambda each: each.column).map(tuple)
NAMES = st.lists(NAME, max_size=3, unique=True).map(tuple)
WORD = st.text("abc!ä", min_size=1, max_size=4)
SHAPE = st.builds(
    Shape,
    words=st.lists(WORD, max_size=2).map(" ".join),
    filters=st.lists(FILTER, max_size=3, unique_by=repr).map(tuple),
    expression=st.sampled_from(["", "scrap > 0 AND line IN ('1', '3')", "sort", "at"]),
    sort=SORT,
    order=st.sampled_from(["time", "file"]),
    columns=NAMES,
    hidden=NAMES,
    frozen=st.integers(0, 9),
    group=st.one_of(st.none(), GROUP),
)


@settings(max_examples=150)
@given(SHAPE, st.sampled_from(["", "2026-06-23"]))
def test_an_address_says_all_of_how_a_table_is_looked_at(shape: Shape, at: str) -> None:
    address = Address("rows", of="source", name="cycles", where=(("line", "3"), ("at", None)), at=at, table=shape)
    assert parse(str(address)) == address


@settings(max_examples=100)
@given(FILTER, GROUP, SORT, NAMES)
def test_parts_can_be_typed_again(
    one: ColumnFilter, group: Grouping, sort: tuple[SortBy, ...], names: tuple[str]
) -> None:
    assert read_filter(filter_text(one)) == one
    assert read_group(group_text(group)) == group
    assert read_sort(sort_text(sort)) == sort
    assert read_names(names_text(names)) == names


@pytest.mark.parametrize(
    ("line", "shape"),
    [
        (
            'where line=3 filter "qty > 3" sort -qty',
            Shape(filters=(ColumnFilter("qty", "above", "3"),), sort=(SortBy("qty", True),)),
        ),
        ("filter qty>=3 'order ~ K2' sort -qty line", Shape(
            filters=(ColumnFilter("qty", "from", "3"), ColumnFilter("order", "has", "K2")),
            sort=(SortBy("qty", True), SortBy("line")),
        )),
        ("filter qty > 3", Shape(filters=(ColumnFilter("qty", "above", "3"),))),
        ("filter 'qty empty' only 'scrap > 0'", Shape(filters=(ColumnFilter("qty", "empty"),), expression="scrap > 0")),
        ("group by line, station sum qty, mean cycle_s", Shape(
            group=Grouping(("line", "station"), (Aggregate("sum", "qty"), Aggregate("mean", "cycle_s")))
        )),
        ("group line pivot hour", Shape(group=Grouping(("line",), pivot="hour"))),
        ("columns a,b hide c freeze 2 order file", Shape(columns=("a", "b"), hidden=("c",), frozen=2, order="file")),
        ("words K2 !weld", Shape(words="K2 !weld")),
    ],
)  # fmt: skip
def test_a_table_is_typed_as_one_says_it(line: str, shape: Shape) -> None:
    assert parse(f"rows source cycles {line}").table == shape


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("filter qty", "no condition on a column, such as: qty > 3"),
        ("filter", "filter needs a word after it"),
        ("sort 'a\"b'", "quotation mark is missing its partner"),
        ("order odd", "order is time .* or file"),
        ("group by", "group by which column"),
        ("group by line sum", "sum of which column"),
        ("group by line sum qty station", "after the columns come count"),
        ("group by line pivot", "pivot needs a column"),
        ("freeze two", "freeze needs a number"),
    ],
)
def test_what_cannot_be_meant_says_why(line: str, why: str) -> None:
    with pytest.raises(BadAddressError, match=why):
        parse(f"rows source cycles {line}")


@pytest.mark.parametrize(
    ("kind", "text", "filters"),
    [
        ("BIGINT", "> 5", [("above", "5")]),
        ("BIGINT", "5", [("is", "5")]),
        ("DOUBLE", "!5.5", [("not", "5.5")]),
        ("DECIMAL(10,2)", "3..7", [("from", "3"), ("to", "7")]),
        ("BIGINT", "..7", [("to", "7")]),
        ("VARCHAR", "weld", [("has", "weld")]),
        ("VARCHAR", "!weld", [("lacks", "weld")]),
        ("VARCHAR", "=weld", [("is", "weld")]),
        ("VARCHAR", "!=weld", [("not", "weld")]),
        ("VARCHAR", "a..b", [("has", "a..b")]),
        ("VARCHAR", "empty", [("empty", "")]),
        ("BIGINT", "!empty", [("filled", "")]),
        ("BOOLEAN", "true", [("is", "true")]),
        ("TIMESTAMP", "2013-06-24..", [("from", "2013-06-24")]),
        ("TIMESTAMP WITH TIME ZONE", "2013-06-24", [("from", "2013-06-24"), ("below", "2013-06-25")]),
        ("DATE", "..2013-06-24", [("below", "2013-06-25")]),
        ("TIMESTAMP", "> 2013-06-24", [("from", "2013-06-25")]),
        ("TIMESTAMP", "< 2013-06-24 06:00", [("below", "2013-06-24 06:00")]),
        ("VARCHAR", "  ", []),
    ],
)
def test_a_column_is_filtered_by_what_is_typed(kind: str, text: str, filters: list[tuple[FilterBy, str]]) -> None:
    assert conditions("c", kind, text) == tuple(ColumnFilter("c", by, value) for by, value in filters)


def test_what_is_no_number_or_no_day_is_told() -> None:
    with pytest.raises(WordsError, match="c has numbers: `x` is none"):
        conditions("c", "BIGINT", "> x")
    with pytest.raises(WordsError, match="no day 2013-02-30"):
        conditions("c", "DATE", "2013-02-30")
