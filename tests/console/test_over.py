"""Looking over a range of time: chosen by keys or typed, said on every screen, and what is asked for by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from opsconsole.console.address import Address, BadAddressError, parse
from opsconsole.engine.messages import (
    AskAlerts,
    AskBreakdown,
    AskCompare,
    AskJournal,
    AskKpi,
    AskMoved,
    AskPage,
    AskSql,
    Changes,
    Snapshot,
    TableOf,
)
from tests.console import canned, cannedtime
from tests.console.canned import HOUR, NOW, SHIFT
from tests.console.harness import Session, console

SIZES = pytest.mark.parametrize(("cells", "lines"), [(60, 20), (80, 24), (160, 50)])
NIGHT = (SHIFT - 8 * HOUR, SHIFT)


def plant() -> Snapshot:
    """A site whose shifts are known."""
    return canned.snapshot(site=replace(canned.site(), shifts=cannedtime.shifts(NOW)))


async def command(person: Session, line: str) -> None:
    """Type a command line."""
    await person.press(":")
    await person.type(line)
    await person.press("enter")


@SIZES
async def test_a_range_is_picked_by_arrows_and_read_back_at_once(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines, plant()) as person:
        body = person.lines()[3:-6]
        await person.press("3", "enter", "T")
        shown = person.lines()
        assert shown[-1].startswith("range this shift")
        assert "Wed 24 Jun 06:00 – 14:00, 8 h (4 h 52 min so far)" in shown[-2]
        assert {"reverse"} <= set(person.styles(" yesterday ").split())
        await person.press("right")
        assert "Tue 23 Jun 22:00 – Wed 24 Jun 06:00, 8 h" in person.lines()[-2]
        await person.press("left", "left")
        assert "each screen over its own windows" in person.lines()[-2]
        assert " all " in person.lines()[-3], "the one that is chosen is in sight, however narrow"
        await person.press("escape")
        assert "range" not in person.lines()[-1] or "T" in person.lines()[-1]
        assert "RANGE" not in person.text()
        await person.press("T", "right", "enter")
        await person.sees("8.0 %")
        assert any("RANGE Tue 23 Jun 22:00 – Wed 24 Jun 06:00, 8 h" in line for line in person.lines()[:2])
        assert "not judged: for 8 h" in person.text()
        assert {len(line) for line in person.lines()} == {cells}
        await person.press("backspace")
        await person.until(lambda: "52.4 %" in person.text())
        assert "RANGE" not in person.text()
        assert body


async def test_a_range_is_typed_and_what_is_none_is_said_while_one_types(tmp_path: Path) -> None:
    async with console(tmp_path, state=plant()) as person:
        await person.press("T")
        await person.type("yesterdy")
        assert "did you mean `yesterday`?" in person.lines()[-2]
        await person.press("enter")
        assert person.lines()[-1].startswith("range yesterdy"), "one goes on typing"
        await person.press("ctrl+u")
        await person.type("06:00..10:00")
        assert "Wed 24 Jun 06:00 – 10:00, 4 h" in person.lines()[-2]
        await person.press("enter")
        assert "range Wed 24 Jun 06:00 – 10:00, 4 h · not on this screen" in person.text(), "tiles have their windows"
        await person.press("T")
        assert person.lines()[-1].startswith("range 2026-06-24 06:00..10:00"), "as it is kept"
        await person.press("escape")
        await command(person, "range -8h..-9d")
        assert "ends before it begins" in person.lines()[-1]
        await command(person, "own-range")
        await command(person, "own-range")
        assert "no range is chosen" in person.lines()[-1]


async def test_all_that_is_asked_is_of_the_range_and_it_goes_along(tmp_path: Path) -> None:
    start, end = NIGHT
    async with console(tmp_path, 160, 50, plant()) as person:
        await command(person, "kpi oee during shift -1")
        await person.until(
            lambda: any(isinstance(ask, AskCompare) and ask.start == start for ask in person.engine.asked)
        )
        asked = person.engine.asked
        assert AskKpi("oee", start=start, end=end) in asked
        assert AskBreakdown("oee", "line", start=start, end=end) in asked
        assert AskMoved("oee", start=start, end=end) in asked
        await person.until(lambda: AskPage(TableOf(kpi="oee", start=start, end=end), limit=6) in asked)
        await person.press("down", "enter")
        await person.until(lambda: AskKpi("oee", {"line": "line 3"}, start=start, end=end) in asked)
        await person.press("d")
        await person.until(lambda: any(isinstance(ask, AskPage) for ask in asked), "its rows")
        of = person.last(AskPage).of
        assert (of.kpi, of.where, of.start, of.end) == ("oee", {"line": "line 3"}, start, end)
        assert "RANGE Tue 23 Jun 22:00" in person.lines()[0]
        await person.press("i") if person.app.stack == "kpi" else await command(person, "sql oee")
        await person.until(lambda: AskSql("oee", start=start, end=end) in asked)
        await command(person, "log")
        await person.until(lambda: person.last(AskJournal).since == start)
        assert person.last(AskJournal).until == end
        await person.press("2")
        await person.until(lambda: AskAlerts(start=start, end=end) in asked)
        await person.sees("open in this range, as they were last in it")
        await command(person, "rows source cycles during all")
        await person.until(lambda: person.last(AskPage).of.source == "cycles")
        assert person.last(AskPage).of.start is None
        assert "RANGE" not in person.text()


async def test_a_range_that_goes_on_goes_on_and_ends_at_the_moment_that_is_looked_at(tmp_path: Path) -> None:
    async with console(tmp_path, state=plant()) as person:
        await command(person, "kpi oee during -2h..")
        await person.until(lambda: person.last(AskKpi).start == NOW - 2 * HOUR)
        assert person.last(AskKpi).end == pytest.approx(NOW, abs=1e-5)
        assert person.last(AskKpi).end > NOW, "what happens just now is in it"  # type: ignore[operator]
        await person.press("escape")
        await command(person, "kpi oee during today at 03:40")
        await person.until(lambda: "AS OF Wed 24 Jun 03:40" in person.lines()[0])
        ask = person.last(AskKpi)
        assert (ask.at, ask.start, ask.end) == (
            NOW - 7.2 * HOUR,
            NOW - 10.0 * HOUR - 52 * 60,
            pytest.approx(NOW - 7.2 * HOUR, abs=1e-5),
        )
        assert "RANGE Wed 24 Jun, the whole day" in person.text(), "and the range is said beside the moment"


async def test_in_a_flood_both_are_said(tmp_path: Path) -> None:
    counts = replace(plant().counts, open=300, flood_since=NOW - 600, recent=40)
    async with console(tmp_path, state=replace(plant(), counts=counts)) as person:
        await command(person, "kpi oee during yesterday")
        await person.until(lambda: " RANGE Tue 23 Jun, the whole day" in person.lines()[1])
        assert " FLOOD" in person.lines()[0]
        person.engine.change(Changes(counts=replace(counts, flood_since=None)))
        await person.until(lambda: "RANGE Tue 23 Jun, the whole day" in person.lines()[0])


OVER = st.sampled_from(["", "yesterday", "shift -1", "-7d..-1d", "2013-06-24 06:00..14:00", "2013-06-24..2013-06-26"])


@settings(max_examples=60)
@given(
    st.sampled_from(
        [
            Address("kpi", name="oee", by="line", where=(("line", "3"),), show="time"),
            Address("kpi", name="at", where=(("x", None),), against="best"),
            Address("sql", name="oee", show="rows"),
            Address("rows", of="source", name="cycles", where=(("line", "a b"),)),
            Address("log", name="weld gun"),
            Address("alerts", name="weld", where=(("state", "unack"),)),
            Address("overview", name="stations"),
            Address("source", name="during"),
            Address("line", name="at", by="during", line=3),
        ]
    ),
    OVER,
    st.sampled_from(["", "2026-06-23T10:00"]),
)
def test_an_address_over_a_range_can_be_typed_again(address: Address, over: str, at: str) -> None:
    there = replace(address, over=over, at=at)
    assert parse(str(there)) == there


def test_during_needs_a_range() -> None:
    for line in ("kpi oee during", "rows source cycles during"):
        with pytest.raises(BadAddressError, match="during needs a range of time"):
            parse(line)
    assert parse("log during yesterday", stretch=lambda words: f"<{words}>").over == "<yesterday>"

    def refuse(_: str) -> str:
        raise ValueError("no such range")

    with pytest.raises(BadAddressError, match="no such range"):
        parse("kpi oee during soon", stretch=refuse)
