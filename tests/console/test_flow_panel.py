"""A flow in a layout: its steps with load and bottleneck in as little room as there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console.panels.flow import FlowPanel
from opsconsole.console.place import Spot
from opsconsole.console.text import plain
from opsconsole.engine.messages import AskFlow, Changes, FlowState
from opsconsole.site.layout_words import WordsError, read_panel, yaml_panel
from opsconsole.site.model import Layout, LayoutRow, Panel
from tests.console import canned, cannedlayouts
from tests.console.cannedflows import flows, line, orders
from tests.console.harness import console

BOTH = Layout(
    "one", (LayoutRow((Panel("flow", of="orders"),), 8), LayoutRow((Panel("flow", of="line", title="Line 3"),), 6))
)


class Around:
    """What the panel knows of the program."""

    model = type("Known", (), {"site": canned.site(flows={"orders": "Orders", "line": "Line"})})()


def panel(state: FlowState | None, most: int | None = None) -> FlowPanel:
    found = FlowPanel(Around(), Panel("flow", of="orders" if state is None else state.flow, most=most))  # type: ignore[arg-type]
    if state is not None:
        found._take(state)
    return found


def drawn(state: FlowState | None, cells: int, lines: int, most: int | None = None) -> list[str]:
    shown = panel(state, most)
    out = [plain(each) for each in shown.draw(Spot(shown, 0, 0, cells, lines), False)]
    assert len(out) == lines
    assert all(len(each) == cells for each in out)
    return [each.rstrip() for each in out]


def test_in_little_room_it_is_the_chain_or_a_sentence() -> None:
    assert drawn(orders(), 80, 1) == [
        " Orders  weld: 17 d of waiting in all (91 %), median 4 h 07, mean 10 h 18".ljust(80).rstrip()
    ]
    assert drawn(orders(), 60, 3) == [
        "─ Orders  4 open · 1 late already · 1 likely ───────────────",
        " cut ─▶ press ══════▶ weld ─▶ paint",
        " 0      1             2       1",
    ]
    four = drawn(orders(), 60, 4)
    assert four[1].startswith(" ▶ weld: 17 d of waiting in all (91 %)")
    assert four[2].startswith(" cut ─▶ press")
    narrow = drawn(orders(), 30, 3)
    assert narrow[1].startswith(" ▶ weld: 17 d of waiting")
    assert narrow[2].startswith(" now weld: 67 % of the waitin…"), "the chain does not fit"


def test_with_more_room_it_is_the_steps_and_the_load_stays_longest() -> None:
    wide = drawn(orders(), 90, 8)
    assert wide[2].split()[:5] == ["step", "waiting", "in", "all", "median"]
    assert wide[5].split()[:3] == ["▶", "weld", "██████████"]
    narrow = drawn(orders(), 40, 8)
    assert narrow[2].split() == ["step", "in", "all", "there"]
    assert narrow[5].split() == ["▶", "weld", "17", "d", "2"]
    between = drawn(orders(), 50, 8)
    assert between[2].split() == ["step", "waiting", "in", "all", "there"], "the load before the age"
    assert [each.split()[0] for each in drawn(orders(), 60, 8, most=2)[3:5]] == ["press", "▶"], "in their order"


def test_the_bottleneck_is_in_sight_where_not_all_steps_are() -> None:
    assert any("▶ weld  " in each for each in drawn(orders(), 60, 5)[2:])


def test_stations_say_the_bottleneck_of_each_group() -> None:
    assert drawn(line(), 50, 2) == [
        "─ Line  the last 8 h ─────────────────────────────",
        " ▶ line 3 weld: sole 61 %, shifting 12 %",
    ]
    assert drawn(line(), 60, 7)[2].split()[:4] == ["▶", "3", "weld", "███████▎"]


@pytest.mark.parametrize("lines", [1, 2, 5])
def test_where_there_is_nothing_it_says_why(lines: int) -> None:
    assert "asking the engine" in " ".join(drawn(None, 60, lines))
    waits = FlowState(["orders"], "orders", "Orders", waits="waits for the first file of Orders")
    assert "waits for the first file of Orders" in " ".join(drawn(waits, 60, lines))
    none = replace(orders(), steps=[])
    assert "nothing has waited yet" in " ".join(drawn(none, 60, lines))
    assert "no station was active" in " ".join(drawn(replace(line(), stations=[]), 60, lines))


async def test_on_a_layout_enter_leads_to_the_cases_and_to_the_rows(tmp_path: Path) -> None:
    async with console(tmp_path, 80, 24, cannedlayouts.snapshot(cannedlayouts.WALL)) as at:
        at.engine.answers["flows"] = flows()
        site = replace(cannedlayouts.snapshot(BOTH).site, flows={"orders": "Orders", "line": "Line"})
        at.engine.change(Changes(site=site))
        await at.sees("▶ weld: 17 d of waiting")
        assert at.last(AskFlow).brief
        await at.press("enter")
        await at.sees("Flow › Orders › weld")
        await at.press("escape", "tab")
        await at.sees("━ Line 3")
        await at.press("enter")
        await at.sees("cycles line 3 station weld")


def test_it_is_added_by_its_words() -> None:
    found = read_panel("flow orders most 3")
    assert found == Panel("flow", of="orders", most=3)
    assert yaml_panel(found) == "{flow: orders, most: 3}"
    with pytest.raises(WordsError, match="of which flow"):
        read_panel("flow most 3")
