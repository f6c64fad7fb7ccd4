"""The goals on screen: the tree of objectives, what needs attention, the KPIs in its order, and a quiet screen."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from opsconsole.console import goal_lists
from opsconsole.console.text import plain
from opsconsole.engine.messages import Changes, GoalKpi, GoalState, KpiState
from opsconsole.site.model import Layout, LayoutRow, Panel
from tests.console.canned import kpis, site, snapshot
from tests.console.cannedgoals import attention, goals
from tests.console.harness import console


async def test_objectives_with_their_kpis_and_what_needs_attention(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await session.press("4")
        lines = session.lines()
        assert "4 Goals" in lines[1]
        assert session.row("Throughput   ").split() == [
            "▸",
            "▲C",
            "Throughput",
            "██▋─────",
            "≈",
            "32",
            "%",
            "M.",
            "Weber",
        ]
        assert "52.4 % ↓    ≥ 85 ────────      0 %" in next(line for line in lines if "    OEE" in line)
        assert "○ND" in next(line for line in lines if "Energy per piece" in line)
        assert "0 of 2 attained" in session.text()
        # the first objective is explained, what it does without is named
        assert "32 % = OEE 0 % × 50 % + Output 96 % × 25 %" in session.text()
        assert "without Energy per piece" in session.text()
        assert "What needs attention first" in session.text()


async def test_enter_opens_the_kpi_and_of_an_objective_the_most_urgent(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await session.press("4", "enter")
        await session.sees("Goals › OEE")
        await session.press("escape", "j", "j", "enter")
        await session.sees("Goals › Output")


async def test_tab_goes_to_what_needs_attention_and_its_order_is_explained(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await session.press("4", "tab", "j")
        said = " ".join(session.text().split())
        assert "3.2 % = impact 12.0 % (priority 3: 60 % × 40 % × 50 % of Deliver what was promised) × gap 43 %" in said
        assert "data 62 % (fresh 62 % × whole 100 % × clean 100 %)" in said
        await session.press("j", "j")
        said = " ".join(session.text().split())
        assert "how large the gap is cannot be told" in said
        await session.press("k", "k", "enter")
        await session.sees("› Orders on time")


async def test_wide_screens_that_are_low_show_both_side_by_side_and_small_ones_one_of_them(tmp_path: Path) -> None:
    async with console(tmp_path, 160, 50) as session:  # with room for all of both, below each other and with the why
        await session.press("4")
        assert "attention" not in session.row("━ Goals")
        assert "data due within 30 min is late, priority 3" in session.text()
    async with console(tmp_path, 160, 24) as session:
        await session.press("4")
        both = session.row("━ Goals")
        assert "─ What needs attention first" in both
        assert "progress" in session.text()
        await session.press("right")
        assert "━ What needs attention first" in session.row("─ Goals")
    async with console(tmp_path, 40, 12) as session:
        await session.press("4")
        assert "attention" not in session.text()
        await session.press("tab")
        assert "What needs attention first" in session.text()
        assert "of 2 attained" not in session.text()


async def test_left_and_right_and_the_ends_of_a_list_lead_to_the_other_panel(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await session.press("4", "G", "j")
        assert "━ What needs attention" in session.text()
        await session.press("k")
        assert "━ Goals" in session.text()


async def test_all_well_is_quiet(tmp_path: Path) -> None:
    good = [KpiState("oee", "OEE", "cycles", "good", 86.0, "%", 1, "higher", 85, 77, 60, owner="M. Weber")]
    well = [GoalState("t", "Throughput", "good", 1.04, 1.0, 1.0, [GoalKpi("oee", 1.0, 1.04, None, 60.0)])]
    async with console(tmp_path, state=snapshot(kpis=good, goals=well, attention=[], alerts=[])) as session:
        await session.press("4")
        assert "1 of 1 attained" in session.text()
        assert "every target that is known is attained" in session.text()
        for text in ("Throughput  ", "  OEE"):
            assert not set(session.styles(text).split()) & {"critical", "warning", "reverse"}


async def test_a_change_reaches_the_screen_and_the_cursor_stays_with_its_row(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        await session.press("4", "j")
        better = [replace(goals()[0], score=0.9), *goals()[1:]]
        session.engine.change(Changes(goals=better[::-1], attention=attention()[1:]))
        await session.sees("≈ 90 %")
        assert session.row("▸").split()[1:3] == ["▲C", "OEE"]
        assert len([line for line in session.lines() if "OEE" in line]) == 1


async def test_a_layout_may_hold_both_panels(tmp_path: Path) -> None:
    rows = (LayoutRow((Panel("goals", width=2, title="Where we stand"), Panel("attention"))),)
    state = snapshot(site=site(layouts=[Layout("overview", rows, "Overview")]))
    async with console(tmp_path, 160, 30, state) as session:
        assert "What needs attention first" in session.row("Where we stand")
        assert "≈ 32 %" in session.text()
        await session.press("tab", "enter")
        await session.sees("Overview › OEE")


async def test_no_objectives_say_how_to_name_one(tmp_path: Path) -> None:
    async with console(tmp_path, state=snapshot(goals=[goals()[-1]], attention=[])) as session:
        await session.press("4")
        await session.sees("name one under `objective:`")


async def test_kpis_are_listed_by_attention_or_as_in_the_site(tmp_path: Path) -> None:
    gaps = [replace(kpi, missing=["no owner", "no target"]) if kpi.name == "queue" else kpi for kpi in kpis()]
    async with console(tmp_path, state=snapshot(kpis=gaps)) as session:
        await session.press("3")

        def order() -> list[str]:
            titles = {kpi.title: kpi.name for kpi in kpis()}
            rows = session.lines()[4:10]
            return [next(name for title, name in titles.items() if title[:12] in row) for row in rows]

        assert order() == ["oee", "on_time", "output", "energy", "scrap", "queue"]
        assert "owner" not in session.row("Queue"), "what has no room is left out, not cut"
        assert "what needs attention first" in session.text()
        await session.press("O")
        assert order() == ["oee", "scrap", "on_time", "output", "energy", "queue"]
        assert "as in the site file" in session.text()
    async with console(tmp_path, 160, 50, snapshot(kpis=gaps)) as session:
        await session.press("3")
        assert "owner, target" in session.row("Queue")


def test_attainment_is_explained_for_each_direction() -> None:
    up = KpiState("k", "K", "s", "good", 70, better="higher", target=85, critical=60)
    said = goal_lists.explain_kpi(GoalKpi("k", 1.0, 0.4, 0.25, 60.0, 65.0), up)
    assert said == "attained 40 %: 0 % at 60, 100 % at 85; 25 % of the way from 65"
    near = KpiState("k", "K", "s", "good", 23, better="target", target=20, warning=2, tolerance=1)
    assert goal_lists.explain_kpi(GoalKpi("k", 1.0, 0.5, floor=5.0), near) == (
        "attained 50 %: 100 % within 1 of 20, 0 % 5 away from it"
    )
    none = KpiState("k", "K", "s", "good", 1, better="lower", target=0)
    assert goal_lists.explain_kpi(GoalKpi("k", 1.0, 0.0), none) == "attained 0 %: met or not, at 0"
    assert goal_lists.explain_kpi(GoalKpi("k", 1.0, reason="no target"), none) == "not counted: no target"


def test_a_bar_is_as_long_as_the_way_and_no_longer() -> None:
    for part in (0.0, 0.01, 0.5, 0.99, 1.0, 1.2):
        assert len(plain(goal_lists.score_bar(part, "good"))) == goal_lists.BAR
    assert plain(goal_lists.score_bar(None, "nodata")) == ""
