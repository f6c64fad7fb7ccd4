from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.console.actions import Registry
from opsconsole.console.address import Address, BadAddressError, parse
from opsconsole.console.model import Model
from opsconsole.console.words import complete, nearest, palette
from tests.console import canned

NAME = st.text(min_size=1, max_size=12).filter(lambda text: "\x00" not in text)
DIM = st.text("abcdef_ ä", min_size=1, max_size=8)
WHERE = st.lists(st.tuples(DIM, st.none() | st.text(max_size=8)), max_size=3).map(tuple)


AT = st.sampled_from(["", "2026-06-23", "2026-06-23T10:00", "2025-10-26T02:30+01:00"])


@given(
    NAME,
    st.sampled_from(["", "line", "by", "at"]),
    WHERE,
    AT,
    st.sampled_from(["", "time", "moved", "compared", "card"]),
    st.sampled_from(["", "before", "day", "week", "best"]),
)
def test_a_kpi_address_can_be_typed_again(
    name: str, by: str, where: tuple[tuple[str, str | None], ...], at: str, show: str, against: str
) -> None:
    address = Address("kpi", name=name, by=by, where=where, at=at, show=show, against=against)
    assert parse(str(address)) == address


@given(NAME, st.sampled_from(["", "line"]), WHERE, AT, st.sampled_from(["", "rows"]))
def test_an_sql_address_can_be_typed_again(
    name: str, by: str, where: tuple[tuple[str, str | None], ...], at: str, show: str
) -> None:
    address = Address("sql", name=name, by="" if show else by, where=where, at=at, show=show)
    assert parse(str(address)) == address


@given(st.sampled_from(["kpi", "alert", "source"]), NAME, WHERE, AT)
def test_a_rows_address_can_be_typed_again(
    of: str, name: str, where: tuple[tuple[str, str | None], ...], at: str
) -> None:
    address = Address("rows", of=of, name=name, where=where, at=at)
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (
            "kpi scrap_ratio by station where line=3 at yesterday",
            Address("kpi", "scrap_ratio", by="station", where=(("line", "3"),), at="<yesterday>"),
        ),
        ("kpi oee at shift -1 over time", Address("kpi", "oee", at="<shift -1>", show="time")),
        ("kpi oee at 2013-06-24 10:00 by line", Address("kpi", "oee", by="line", at="<2013-06-24 10:00>")),
        ("kpi oee at -2h", Address("kpi", "oee", at="<-2h>")),
        ("kpi oee against last week", Address("kpi", "oee", against="week")),
        ("sql oee where a=b at 03:40 rows", Address("sql", "oee", where=(("a", "b"),), at="<03:40>", show="rows")),
        ("kpi oee moved against best", Address("kpi", "oee", show="moved", against="best")),
        ("kpi oee against yesterday card", Address("kpi", "oee", against="day", show="card")),
        ("kpi oee where line=3 a:null rows at 03:40", Address("rows", "oee", "kpi", "", (("line", "3"), ("a", None)))),
        ("kpi oee where rows=1 rows", Address("rows", "oee", "kpi", "", (("rows", "1"),))),
        ("rows kpi oee line=3 at yesterday 10:00", Address("rows", "oee", "kpi", "", (("line", "3"),))),
    ],
)
def test_a_line_says_where_to_go(line: str, address: Address) -> None:
    parsed = parse(line, lambda text: f"<{text}>")
    assert parsed == (replace(address, at=parsed.at) if address.of else address)
    assert (parsed.at != "") == (" at " in line)


@given(NAME, NAME, st.integers(1, 10**9))
def test_a_line_address_can_be_typed_again(source: str, file: str, line: int) -> None:
    address = Address("line", name=source, by=file, line=line)
    assert parse(str(address)) == address


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "no such view"),
        ("kpi", "needs a name"),
        ("kpi oee by", "by needs a dimension"),
        ("kpi oee line", "expected one of by, where, over, .* not `line`"),
        ("kpi oee over", "expected `over time`, not `over`"),
        ("kpi oee over there", "expected `over time`, not `over there`"),
        ("kpi oee against", "expected `against before` or `against yesterday` or"),
        ("kpi oee against tomorrow", "not `against tomorrow`"),
        ("kpi oee at", "at needs a moment: `yesterday`"),
        ("kpi oee rows twice", "expected one of"),
        ("kpi oee moved over", "expected `over time`"),
        ("sql oee over time", "sql is of a value, a breakdown"),
        ("sql", "needs a name"),
        ("kpi oee card house", "expected `card`, not `card house`"),
        ("rows kpi oee at", "at needs a moment"),
        ("rows oee", "rows needs"),
        ("rows kpi oee line", "expected DIM=MEMBER"),
        ("line a b c", "line number"),
        ("alert", "one name"),
        ("alerts state=odd", "state= is one of open, unack"),
        ("kpis now", "no argument"),
        ("kpi 'oee", "quotation mark"),
    ],
)
def test_what_cannot_be_meant_says_why(line: str, why: str) -> None:
    with pytest.raises(BadAddressError, match=why):
        parse(line)


def model() -> Model:
    loaded = Model()
    loaded.load(canned.snapshot())
    return loaded


def test_completion_knows_the_names_of_the_site() -> None:
    registry = Registry()
    assert complete("kp", registry, model())[0] == "kpis"
    assert complete("kpi o", registry, model()) == ["kpi oee", "kpi on_time", "kpi output"]
    assert complete("kpi oee by s", registry, model()) == ["kpi oee by station"]
    assert complete("kpi oee b", registry, model()) == ["kpi oee by line", "kpi oee by station", "kpi oee by product"]
    assert complete("kpi oee by station w", registry, model()) == ["kpi oee by station where"]
    assert complete("kpi oee by station where l", registry, model()) == ["kpi oee by station where line="]
    assert complete("kpi oee where line=3 a", registry, model()) == [
        "kpi oee where line=3 at",
        "kpi oee where line=3 against",
    ]
    assert complete("kpi oee at y", registry, model()) == ["kpi oee at yesterday"]
    assert complete("kpi oee against l", registry, model()) == ["kpi oee against last week"]
    assert complete("kpi oee at yesterday o", registry, model()) == ["kpi oee at yesterday over time"]
    assert complete("sql oee r", registry, model()) == ["sql oee rows"]
    known = model()
    known.dimensions["oee"] = ["line", "order no"]
    assert complete("kpi oee by o", registry, known) == []
    assert complete("kpi oee by 'o", registry, known) == ["kpi oee by 'order no'"]
    assert complete("source m", registry, model()) == ["source maintenance", "source meters"]
    assert complete("alert 'late", registry, model()) == ["alert 'late|order=4711'"]


def test_the_palette_finds_by_words_and_by_letters() -> None:
    registry = Registry()
    assert palette("orders on", registry, model())[0][0] == "KPI: Orders on time"
    assert ("Acknowledge", "ack") in palette("acknw", registry, model())
    assert palette("zzzz", registry, model()) == []


def test_nearest_names_help() -> None:
    assert nearest("kpsi", ["kpis", "quit"]) == "; did you mean `kpis`?"
    assert nearest("xyzzy", ["kpis"]) == ""


def test_a_moment_that_is_none_says_why() -> None:
    def refuse(text: str) -> str:
        raise ValueError(f"`{text}` is no moment")

    with pytest.raises(BadAddressError, match="`tomorrow` is no moment"):
        parse("kpi oee at tomorrow", refuse)
