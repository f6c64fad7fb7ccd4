from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.console.actions import Registry
from opsconsole.console.address import Address, BadAddressError, parse
from opsconsole.console.model import Model
from opsconsole.console.words import complete, nearest, palette
from tests.console import canned

NAME = st.text(min_size=1, max_size=12).filter(lambda text: "\x00" not in text)
DIM = st.text("abcdef_ ä", min_size=1, max_size=8)
WHERE = st.lists(st.tuples(DIM, st.none() | st.text(max_size=8)), max_size=3).map(tuple)


@given(NAME.filter(lambda name: name not in ("by", "where")), st.sampled_from(["", "line", "by"]), WHERE)
def test_a_kpi_address_can_be_typed_again(name: str, by: str, where: tuple[tuple[str, str | None], ...]) -> None:
    address = Address("kpi", name=name, by=by, where=where)
    assert parse(str(address)) == address


@given(st.sampled_from(["kpi", "alert", "source"]), NAME, WHERE)
def test_a_rows_address_can_be_typed_again(of: str, name: str, where: tuple[tuple[str, str | None], ...]) -> None:
    address = Address("rows", of=of, name=name, where=where)
    assert parse(str(address)) == address


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
        ("kpi oee line", "expected `by` or `where`"),
        ("rows oee", "rows needs"),
        ("rows kpi oee line", "expected DIM=MEMBER"),
        ("line a b c", "line number"),
        ("alert", "one name"),
        ("alerts now", "no argument"),
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
