"""The flow on screen: steps and the bottleneck, cases at risk, stations; what to write where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console import address
from opsconsole.console.flow_lists import chain
from opsconsole.console.text import plain
from opsconsole.engine.flow_messages import AskFlow
from opsconsole.engine.messages import FlowState
from tests.console.cannedflows import flows, orders
from tests.console.harness import Session, console


async def opened(session: Session, *, none: bool = False) -> None:
    session.engine.answers["flows"] = {} if none else flows()
    await session.press("6")
    await session.sees("bottleneck" if not none else "this site has no flows")


async def test_the_bottleneck_is_said_before_anything_else(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        lines = session.lines()
        assert "6 Flow" in lines[1]
        assert "Orders" in lines[2]
        assert "120 cases · 4 open · 1 late already · 1 likely" in lines[2]
        assert "bottleneck  weld: 17 d of waiting in all (91 %), median 4 h 07, mean 10 h 18" in lines[3]
        assert "cut ─▶ press ══════▶ weld ─▶ paint" in lines[4]
        assert lines[5].split() == ["0", "1", "2", "1"]
        assert "▸ ▶ weld" in session.row("▶ weld  "), "the cursor begins there"
        assert "left out: 3 rows that end before they start" in session.text()
        assert "Little's law is 40 % off" in session.text()


async def test_open_cases_most_likely_late_first(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        assert session.row("K2-104").split()[:5] == ["▲C", "K2-104", "weld", "late", "1"]
        assert "▲C  K2-107       weld" in session.row("K2-107")
        assert "82 % (72–92)" in session.row("K2-107")
        assert "too few (64)" in session.row("K2-109")
        await session.press("tab", "down")
        await session.sees("K2-107: after cut for 3 h, longer than 95 of 100 (2 h); due in 2 h; late 82 %")
        await session.sees("by 64 cases that came here and were open so long")


async def test_enter_on_a_step_shows_the_cases_there_and_on_a_case_its_rows(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        await session.press("enter")
        await session.sees("At weld")
        assert "Flow › Orders › weld" in session.text()
        assert "K2-104" in session.text()
        assert "K2-108" not in session.text()
        await session.press("enter")
        await session.sees("orders order K2-104")
        await session.press("escape", "escape")
        await session.sees("Open cases")


async def test_stations_and_the_next_flow(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        await session.press("]")
        await session.sees("line 3 weld: sole 61 %, shifting 12 %")
        assert session.last(AskFlow).flow == "line"
        row = session.row("▶ 3  ").split()
        assert row[:5] == ["▸", "▶", "3", "weld", "███████▎"]
        assert row[5:] == ["73", "%", "61", "%", "12", "%", "90", "%", "◀"]
        await session.press("enter")
        await session.sees("cycles line 3 station weld")


async def test_steps_can_be_sorted_by_what_they_make_cases_wait(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        await session.press("O")
        names = [line[4:10].strip() for line in session.lines()[7:11]]
        assert names == ["weld", "press", "paint", "cut"]


async def test_where_there_is_none_it_says_what_to_write(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session, none=True)
        assert "permits: {source: events, case: case_id, activity: activity, time: ts," in session.text()


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 50)])
async def test_at_all_sizes_bottleneck_and_most_urgent_case_are_in_sight(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, *size) as session:
        await opened(session)
        assert "bottleneck  weld" in session.text()
        assert "▶ weld" in session.text()
        if size[1] < 24:
            await session.press("tab")
        assert "K2-104" in session.text()
        assert all(len(line) <= size[0] for line in session.lines())


async def test_a_flow_whose_source_has_no_table_yet_says_so(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        waits = FlowState(["orders"], "orders", "Orders", waits="waits for the first file of Orders")
        session.engine.answers["flows"] = {"orders": waits}
        await session.press("6")
        await session.sees("waits for the first file of Orders")


def test_the_chain_is_left_out_where_it_does_not_fit() -> None:
    state = orders()
    assert plain(chain(state, 80)[0]).startswith(" cut ─▶ press ══════▶ weld")
    assert chain(state, 20) == []
    assert chain(replace(state, steps=[]), 80) == []


@pytest.mark.parametrize(
    "line", ["flow", "flow orders", "flow orders 'step=weld 2'", "flow orders at 2026-06-24T10:00"]
)
def test_addresses(line: str) -> None:
    assert str(address.parse(line)) == line


@pytest.mark.parametrize("line", ["flow step=weld", "flow orders line=3", "flow a b"])
def test_no_addresses(line: str) -> None:
    with pytest.raises(address.BadAddressError):
        address.parse(line)
