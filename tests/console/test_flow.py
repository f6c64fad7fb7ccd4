"""The flow on screen: steps and the bottleneck, cases at risk, stations; what to write where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console import address
from opsconsole.console.flow_lists import chain
from opsconsole.console.text import plain
from opsconsole.engine.flow_messages import AskFlow, AskFlowCases
from opsconsole.engine.messages import AskPage, Failure, FlowState
from tests.console.cannedflows import behind, flows, line, orders
from tests.console.harness import Session, console


async def opened(session: Session, *, none: bool = False) -> None:
    session.engine.answers["flows"] = {} if none else flows()
    session.engine.answers["flow_cases"] = behind
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
        assert "now         weld: 67 % of the waiting now: 2 cases, the oldest 5 h" in lines[4]
        assert "cut ─▶ press ══════▶ weld ─▶ paint" in lines[5]
        assert lines[6].split() == ["0", "1", "2", "1"]
        assert "▸ ▶ weld" in session.row("▶ weld  "), "the cursor begins there"
        assert "left out: 3 rows that end before they start  (x shows the rows)" in session.text()
        assert "Little's law is 40 % off" in session.text()


async def test_open_cases_most_likely_late_first(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        assert session.row("K2-104").split()[:5] == ["▲C", "K2-104", "weld", "late", "1"]
        assert session.row("K2-107").split()[:3] == ["▲C", "K2-107", "weld"]
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
        names = [line[4:10].strip() for line in session.lines()[8:12]]
        assert names == ["weld", "press", "paint", "cut"]


async def test_the_age_of_a_case_is_said_against_its_stage(tmp_path: Path) -> None:
    async with console(tmp_path, 120, 30) as session:
        await opened(session)
        heads = next(line for line in session.lines() if "stage" in line).split()
        assert heads[4:10] == ["in", "there", "stage", "P50", "P85", "P95"]
        assert session.row("K2-107").split()[7:12] == ["3h", ">P95", "60m", "90m", "2h"]


async def test_variants_lead_to_their_cases_and_a_case_to_its_rows(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        await session.press("v")
        await session.sees("3 variants; 2 of them cover 80 % of the cases")
        row = session.row("▸ ████████")
        assert row.split()[:10] == ["▸", "████████", "75", "%", "90", "75", "%", "1", "d", "2"]
        await session.press("enter")
        await session.sees("Flow › Orders › variants › cut → press → weld ×2 → paint")
        assert session.last(AskFlowCases).variant == "aa"
        assert session.row("K2-090").split()[:7] == ["K2-090", "Sun", "10:52", "Tue", "10:52", "2", "d"]
        assert "open" in session.row("K2-104")
        await session.press("down", "enter")
        await session.sees("orders order K2-090")
        await session.press("escape", "escape", "escape")
        await session.sees("bottleneck")


async def test_a_variant_that_no_case_takes_any_more_says_so(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        session.engine.answers["flow_cases"] = lambda _: Failure("no case of Orders takes that way any more")
        await session.type(":flow orders variants variant=ff")
        await session.press("enter")
        await session.sees("no case of Orders takes that way any more")
        assert session.text().count("no case of Orders") == 1


async def test_hand_offs_moves_and_rework_lead_to_their_cases(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        await session.press("b")
        await session.sees("1 hand-off, by the time in between")
        assert session.row("ann  ").split()[:6] == ["▸", "ann", "→", "bob", "40", "12"]
        await session.press("enter")
        await session.sees("ann → bob  2 cases")
        asked = session.last(AskFlowCases)
        assert (asked.before, asked.after, asked.hands) == ("ann", "bob", True)
        assert "between" in session.text()
        await session.press("escape", "tab")
        await session.sees("15 times that a step was done again")
        assert session.row("weld  ").split()[:6] == ["▸", "weld", "12", "10", "%", "████████"]
        await session.press("enter")
        await session.sees("rework › weld")
        assert session.last(AskFlowCases).again == "weld"
        await session.press("m")
        await session.sees("1 move, by the time in between")
        await session.press("enter")
        await session.sees("press → weld  2 cases")
        assert session.last(AskFlowCases).hands is False


async def test_what_is_flagged_leads_to_its_rows(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await opened(session)
        await session.press("x")
        await session.sees("3 rows   that end before they start")
        await session.press("enter")
        await session.sees("flagged › orders")
        assert session.last(AskPage).of.expression == '"ended" < "started"'


@pytest.mark.parametrize(("size", "charts"), [((60, 20), 1), ((80, 24), 2), ((80, 36), 3), ((160, 50), 3)])
async def test_over_time_with_littles_law_in_words(tmp_path: Path, size: tuple[int, int], charts: int) -> None:
    async with console(tmp_path, *size) as session:
        await opened(session)
        await session.press("t")
        await session.sees("came and closed: 120 cases")
        text = session.text()
        assert "4 now · most 20 · P95 27" in text
        assert "mean 29 · most 45 · 30 came" in text
        assert "Little's law is 40 % off" in text
        assert text.count("└") == charts
        assert all(len(line) <= size[0] for line in session.lines())


async def test_a_crosshair_tells_of_a_stretch_and_enter_leads_to_that_moment(tmp_path: Path) -> None:
    async with console(tmp_path, 80, 36) as session:
        await opened(session)
        await session.press("t")
        await session.sees("came and closed: 120 cases")
        await session.press("left")
        await session.sees("120 came · 116 closed so far")
        await session.press("left", "left")
        await session.sees("21 Jun 10:52 – 22 Jun 10:52: 60 came · 45 closed so far")
        assert "in progress: 15 at its end" in session.text()
        assert "closed per day: 35 · 30 came" in session.text()
        assert "┊" in session.text()
        await session.press("right", "right", "right")
        await session.sees("came and closed: 120 cases")
        await session.press("right", "enter")
        await session.sees("Flow › Orders")
        await session.until(lambda: session.app.history.current.address.at != "", "the moment to be looked at")
        assert session.app.history.current.address.at == "2026-06-21T10:51:59.999999"


async def test_empty_lists_say_what_to_do(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        bare = replace(
            orders(), hands=False, handoffs=[], passes=0, faults=[], steps=[], variants=[], ways=0, course=None
        )
        session.engine.answers["flows"] = {"orders": bare, "line": line()}
        await session.press("6", "b")
        await session.sees("name the column under `resource:`")
        await session.press("x")
        await session.sees("nothing is flagged")
        await session.press("t")
        await session.sees("no case yet")
        await session.press("]")
        await session.sees("Line is of stations, and this is about cases; ] shows the next flow")


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
    "line",
    [
        "flow",
        "flow orders",
        "flow orders 'step=weld 2'",
        "flow orders at 2026-06-24T10:00",
        "flow orders variants",
        "flow orders variant=aa variants",
        "flow orders from=a 'to=b c' hand-offs",
        "flow orders over time",
        "flow orders again=weld rework at 2026-06-24T10:00",
        "flow orders flagged",
    ],
)
def test_addresses(line: str) -> None:
    assert str(address.parse(line)) == line


@pytest.mark.parametrize(
    "line",
    [
        "flow step=weld",
        "flow orders line=3",
        "flow a b",
        "flow orders step=weld variants",
        "flow orders to=b moves",
        "flow orders from=a flagged",
    ],
)
def test_no_addresses(line: str) -> None:
    with pytest.raises(address.BadAddressError):
        address.parse(line)
