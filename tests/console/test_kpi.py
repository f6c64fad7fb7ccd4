"""The screen of one KPI: every part of it, small and wide, by the keys of a person."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console import kpi_lists
from opsconsole.console.draw import kpi as draw
from opsconsole.console.text import plain
from opsconsole.console.views.sql import fold
from opsconsole.engine.messages import (
    AskBreakdown,
    AskCompare,
    AskDimensions,
    AskKpi,
    AskMoved,
    AskPage,
    AskSql,
    Changes,
    Failure,
    KpiState,
    Ratio,
)
from opsconsole.engine.table_messages import TableOf
from tests.console import canned, cannedkpis
from tests.console.canned import NOW
from tests.console.harness import console

OEE = canned.kpis()[0]


async def test_a_number_says_of_what_it_is_made_and_over_which_window(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter")
        await person.sees("13 878 of 26 480 · sum(planned_s) of sum(busy_s)")
        assert "8 h · 02:52–10:52" in person.row("52.4 %  ↓ 6.2")
        assert "4 812 rows" in person.row("13 878 of 26 480")
        assert "critical: under 60 %" in person.text()


async def test_tab_goes_through_the_parts_of_a_small_screen(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter")
        await person.sees("▸by line")
        await person.press("tab")
        await person.sees("against 8 h before: -6.2 (58.6 → 52.4 %)")
        assert "-21.0 ████████████" in person.row("effectiveness")
        assert "+18.8 ──────" in person.row("quality")
        await person.press("tab")
        await person.sees("▸compared")
        assert "41.0 %      +11.4 better" in person.row("the same 8 h yesterday")
        assert "as usual" in person.row("typical of 18  48.2–79.0")
        assert "46.0 to 83.0 %" in person.row("18 of the last 20")
        await person.press("tab")
        await person.sees("▸over time")
        assert "all rows" not in person.text()
        await person.press("tab")
        await person.sees("M. Weber")
        await person.press("tab")
        await person.sees("▸by line")
        await person.press("shift+tab")
        await person.sees("▸card")
        assert person.app.history.current.address.show == "card"


async def test_a_wide_screen_has_all_of_it_side_by_side(tmp_path: Path) -> None:
    async with console(tmp_path, 160, 50) as person:
        await person.press("3", "enter")
        await person.sees("newest rows  12 304 rows")
        for text in ("━ by line", "─ what moved it", "─ compared", "─ card", "effectiveness", "best of 18", "owner"):
            assert text in person.text()
        await person.press("tab")
        await person.sees("━ what moved it")
        await person.press("j", "j", "j", "j", "j")
        await person.sees("-4.8 by its own value, -0.3 by its share of the whole")
        await person.press("k", "k")
        await person.sees("95 %: -7.1 to -4.7")
        await person.press("j")
        await person.sees("held back, too few to be blamed: 2 400 rows before and 9 now")
        await person.press("j")
        await person.press("tab", "tab")
        await person.sees("▸over time")


async def test_what_is_worse_has_colour_where_it_did_most_of_it(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter", "tab")
        await person.sees("effectiveness")
        assert "critical" in person.styles("-21.0")
        assert "critical" not in person.styles("-4.0")
        assert "critical" not in person.styles("+18.8")


async def test_another_comparison_explains_the_change_anew(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter", "m")
        await person.sees("against the same 8 h yesterday: -6.2")
        assert AskMoved("oee", against="day") in person.engine.asked
        await person.press("m")
        await person.sees("the same 8 h last Wed 17 Jun")
        assert str(person.app.history.current.address) == "kpi oee moved against last week"
        await person.press("m")
        await person.sees("there is no such period to compare with")
        await person.press("m")
        await person.sees("against 8 h before")


async def test_enter_narrows_by_a_member_until_there_are_rows(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter")
        await person.sees("line 3")
        await person.press("j", "enter")
        await person.sees("▸by station")
        assert AskKpi("oee", {"line": "line 3"}) in person.engine.asked
        assert AskCompare("oee", {"line": "line 3"}) in person.engine.asked
        await person.press("j", "enter")
        await person.sees("KPIs › OEE › line line 3 › station station 3")
        await person.sees("▸by product")
        await person.press("j", "enter")
        await person.sees("of 12 304 rows")
        assert "product product 3" in person.lines()[1]
        where = {"line": "line 3", "station": "station 3", "product": "product 3"}
        assert person.last(AskPage).of == TableOf(kpi="oee", where=where)
        await person.press("escape", "escape", "escape")
        assert person.app.history.trail() == ["KPIs", "OEE"]


async def test_who_moved_it_leads_on_to_a_member_or_a_component(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter", "tab")
        await person.sees("station     weld")
        await person.press("j", "j", "j", "enter")
        await person.sees("OEE › station weld")
        await person.press("escape", "g", "enter")
        assert person.app.history.trail() == ["KPIs", "OEE"]  # a component that is no KPI of its own leads nowhere


async def test_a_comparison_leads_to_that_moment(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter", "tab", "tab")
        await person.sees("▸compared")
        target = person.app.history.current.target
        assert target() is None  # the target is no moment
        await person.press("j", "j")
        address = target()
        assert address is not None
        assert str(address) == "kpi oee at 2026-06-23T10:52"


async def test_any_column_can_be_asked_for_by_name(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter")
        await person.until(lambda: person.app.model.dimensions.get("oee"), "the columns")
        assert AskDimensions("oee") in person.engine.asked
        await person.press("B")
        assert ":kpi oee by line" in person.lines()[-1]
        await person.type("'o")
        assert ":kpi oee by 'order no'" in person.lines()[-1]
        await person.press("tab", "enter")
        await person.sees("▸by order no")
        assert AskBreakdown("oee", "order no") in person.engine.asked


async def test_the_sql_is_shown_and_copied(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter", "i")
        await person.sees("SELECT 100 * sum(planned_s) / sum(busy_s) AS oee")
        assert AskSql("oee", "breakdown", "line") in person.engine.asked
        assert "KPIs › OEE › SQL" in person.lines()[1]
        assert "\x1b" not in person.text()
        copied: list[str] = []
        person.app.copy_out = copied.append  # type: ignore[method-assign]
        await person.press("y")
        assert copied == [cannedkpis.sql(AskSql("oee", "breakdown", "line")).sql]
        await person.press("escape", "tab", "i")
        await person.until(lambda: AskSql("oee") in person.engine.asked, "the SQL of the value")
        await person.press("escape", "d")
        await person.sees("of 12 304 rows")
        await person.press(":")
        await person.type("sql")
        await person.press("enter")
        await person.until(lambda: AskSql("oee", "rows") in person.engine.asked, "the SQL of the rows")
        await person.press("escape", "escape", "Y")
        assert copied[-1] == ":kpi oee moved"


async def test_sql_of_nothing_says_what_to_do(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press(":")
        await person.type("sql")
        await person.press("enter")
        assert "of which KPI? :sql NAME" in person.lines()[-1]


async def test_other_periods_are_not_asked_for_at_every_change(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "enter")
        await person.until(lambda: AskDimensions("oee") in person.engine.asked, "all parts")
        asked = len([ask for ask in person.engine.asked if isinstance(ask, AskCompare)])
        tables = len([ask for ask in person.engine.asked if isinstance(ask, AskBreakdown)])
        for value in (52.3, 52.2, 52.1):
            person.engine.change(Changes(kpis=[replace(OEE, value=value)]))
            await person.sees(f"{value} %")
        await person.until(
            lambda: len([ask for ask in person.engine.asked if isinstance(ask, AskBreakdown)]) == tables + 3, "tables"
        )
        assert len([ask for ask in person.engine.asked if isinstance(ask, AskCompare)]) == asked


async def test_an_engine_that_cannot_answer_says_why_in_its_part(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        answer = person.engine._answer
        person.engine._answer = lambda ask: (  # type: ignore[method-assign]
            Failure("`cycles` has no column `area`") if isinstance(ask, (AskBreakdown, AskMoved)) else answer(ask)
        )
        await person.press(":")
        await person.type("kpi oee by area")
        await person.press("enter")
        await person.sees("▸by area")
        await person.press("tab")
        await person.sees("`cycles` has no column `area`")


def head(kpi: KpiState, cells: int = 80) -> str:
    return "\n".join(plain(line).rstrip() for line in draw.head(kpi, "Europe/Berlin", cells))


def test_each_way_to_have_no_value_has_its_sign_and_its_words() -> None:
    missing = replace(OEE, value=None, change=None, previous=None, ratio=None)
    assert " ○ND –" in head(replace(missing, status="nodata", reason="no rows in the window"))
    assert "no data: no rows in the window" in head(replace(missing, status="nodata", reason="no rows in the window"))
    novalue = head(replace(missing, status="novalue", reason="no value from 12 rows"))
    assert "no value from 12 rows" in novalue
    assert "ND" not in novalue
    stale = head(replace(OEE, status="stale"))
    assert " ◌ST 52.4 %" in stale
    assert "stale: the data is late" in stale
    partial = head(replace(OEE, status="good", partial=True))
    assert "≈ 52.4 %" in partial
    assert "≈ partial: the rows begin within the window" in partial
    assert "its rows have no times" in head(replace(OEE, undated=True))
    good = head(replace(OEE, status="good"))
    assert len(good.splitlines()) == 2


def test_nothing_is_cut_off_however_narrow() -> None:
    long = replace(OEE, ratio=Ratio("sum(a_very_long_column_name) FILTER (state = 'down')", "sum(busy_s)", 1.0, 2.0))
    for cells in range(40, 200, 7):
        for line in draw.head(long, "Europe/Berlin", cells):
            assert len(plain(line)) == cells
        assert "1 of 2" in head(long, cells)
    assert "4 812 rows" in head(long, 80)


def test_parts_too_small_for_the_decimals_still_show() -> None:
    assert kpi_lists._fine(OEE, 0.04) == 2
    assert kpi_lists._fine(OEE, 0.4) == 1
    assert kpi_lists.signed(-0.04, 2) == "-0.04"
    assert kpi_lists.signed(0.0, 1) == "0.0"
    assert kpi_lists.signed(None, 1) == "–"


def test_what_does_not_add_up_shows_changes_and_says_so() -> None:
    queue = next(kpi for kpi in canned.kpis() if kpi.name == "queue")
    moved = cannedkpis.moved(AskMoved("queue"), NOW)
    rows = kpi_lists.moved_rows(moved, queue, {})
    assert [plain(row.cells[2]) for row in rows] == ["+7", "–"]
    assert kpi_lists.mover_note(moved, rows[0].key, queue).startswith("median(waiting) does not add up")


def test_long_sql_is_folded_not_cut() -> None:
    assert fold("  AND a = 1 AND b = 2", 20) == ["  AND a = 1 AND", "      b = 2"]
    assert fold("", 20) == [""]


@pytest.mark.parametrize(("cells", "lines"), [(40, 12), (60, 20), (100, 30), (110, 31), (200, 60)])
async def test_every_part_fits_every_size(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        await person.press("3", "enter")
        await person.until(lambda: AskDimensions("oee") in person.engine.asked, "all parts")
        for _ in range(5):
            assert {len(line) for line in person.lines()} == {cells}
            assert len(person.lines()) == lines
            assert "52.4 %" in person.text()
            await person.press("tab")
