"""Tables of any size on the screen: what a person presses, sees and is told."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from textual import events

from opsconsole.console.grid.grid import Grid
from opsconsole.console.grid.pages import MOST, SIZE
from opsconsole.engine.messages import Changes
from opsconsole.engine.table_messages import Aggregate, AskColumn, AskIndex, AskPage, ColumnFilter, Grouping, SortBy
from tests.console import canned
from tests.console.cannedtable import Row
from tests.console.harness import Session, console

CYCLES = "12 304 rows"


def grid_of(person: Session) -> Grid:
    grid = person.app.history.current.grid
    assert grid is not None
    return grid


async def opened(person: Session, line: str = "rows source cycles") -> Grid:
    await run(person, line)
    await person.until(lambda: person.app.history.current.grid is not None and grid_of(person).pages, "a first page")
    return grid_of(person)


async def run(person: Session, line: str) -> None:
    await person.press(":")
    # at once: each key would be painted
    person.app.on_paste(events.Paste(line))
    await person.press("enter")


async def typed(person: Session, key: str, text: str) -> None:
    await person.press(key)
    await person.type(text)
    await person.press("enter")


def came(number: int) -> Row:
    return Row(
        (f"2026-06-24 09:{number:02}:00", "line 9", "weld", f"new-{number}", 4, 0, 30.0), "cycles/new.csv", number
    )


def arrives(person: Session, *rows: Row) -> None:
    """Rows come in, and the engine tells so."""
    person.engine.table.add(*rows)
    state = canned.sources()[0]
    count = len(person.engine.table.rows)
    version = person.engine.table.version
    person.engine.change(
        Changes(site=canned.site(data_version=7 + version), sources=[replace(state, rows=count, records=count)])
    )


async def settled(person: Session) -> None:
    """Nothing is on its way any more."""
    grid = grid_of(person)
    await person.until(lambda: grid.current is not None or not grid.rows, "the row under the cursor")


@pytest.mark.parametrize(("cells", "lines"), [(60, 20), (80, 24), (160, 50), (40, 12)])
async def test_a_table_fills_any_terminal_exactly(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        grid = await opened(person, "rows source cycles filter 'qty = 4' sort -cycle_s freeze 1")
        paths = [(), ("D",), ("escape", "i"), ("escape", "C"), ("escape", "G"), ("right",) * 8, ("P",)]
        for keys in paths:
            await person.press(*keys)
            await person.until(lambda: grid.aside is None or "asking" not in person.text())
            screen = person.lines()
            assert len(screen) == lines, keys
            assert {len(line) for line in screen} == {cells}, keys
        assert "row 12 303 of 12 303" in person.text()


async def test_only_pages_around_the_cursor_are_held_and_a_cold_part_has_placeholders(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person)
        await person.sees(f"row 1 of {CYCLES}")
        person.engine.gate = asyncio.Event()
        await person.press("G")
        assert f"row 12 304 of {CYCLES}" in person.text()
        assert "▸ …" in person.text()
        assert "2026-06-24" not in "\n".join(person.lines()[3:-3]), "no row that was drawn before stands there"
        await person.press("y", "=", "space", "enter", "Y")
        assert "this row is on its way: press again" in person.text()
        assert not grid.shape.filters
        assert not grid.marks
        person.engine.gate.set()
        await person.sees("▸ 2026-06-24 02:01:54")
        person.engine.gate = None
        for _ in range(35):
            for _ in range(10):
                person.app.press("pageup", None)
            await person.until(lambda: grid.current is not None, "the row")
            assert grid.pages is not None
            assert grid.pages.held <= MOST
        await person.press("g")
        await person.sees("▸ 2026-06-24 08:52:00")
        rows = [ask.row for ask in person.engine.asked if isinstance(ask, AskPage)]
        assert {row % SIZE for row in rows if row is not None} == {0}


async def test_held_keys_over_a_cold_part_ask_for_where_they_end(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person)
        person.engine.gate = asyncio.Event()
        before = len(person.engine.asked)
        for _ in range(300):
            person.app.press("pagedown", None)
        shown = person.lines()[4:-3]
        assert all("…" in line for line in shown), "placeholders, whatever was there before"
        person.engine.gate.set()
        await settled(person)
        asked = [ask.row for ask in person.engine.asked[before:] if isinstance(ask, AskPage)]
        assert len(asked) <= 4, "the page that was asked for first, those in sight, and the one behind"
        assert grid.current is not None
        number = grid.index
        assert grid.current.values == person.engine.table.rows[number].cells


async def test_sorting_filtering_and_what_takes_them_off_again(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person)
        await person.press(*["right"] * 6, "O")
        await person.sees("cycle_s↑")
        assert person.last(AskPage).sort == (SortBy("cycle_s"),)
        await person.press("O")
        await person.sees("cycle_s↓")
        assert str(person.app.history.current.address) == "rows source cycles sort -cycle_s"
        await person.press("O")
        await person.until(lambda: "cycle_s↓" not in person.text())
        await person.press("left", "=")
        await person.sees(f"row 1 of 6 152 of {CYCLES}")
        assert grid.shape.filters == (ColumnFilter("scrap", "is", "0"),)
        assert "filter scrap = 0" in person.text()
        assert "scrap&" in person.text()
        await person.press(*["left"] * 3, "~")
        await person.sees(f"row 1 of 4 101 of {CYCLES}")
        assert "station != press" in person.text()
        await typed(person, "&", "!press")
        await typed(person, "|", "scrap < 1")
        await typed(person, "/", "k2 !k2-9002")
        await person.until(lambda: person.last(AskPage).of.words == "k2 !k2-9002")
        await person.until(lambda: grid.pages is not None and grid.pages.of.words)
        assert person.last(AskPage).of.expression == "scrap < 1"
        address = str(person.app.history.current.address)
        assert address == (
            "rows source cycles words 'k2 !k2-9002' filter 'scrap = 0' 'station != press' 'station !~ press' "
            "only 'scrap < 1'"
        )
        for left in (4, 3, 2, 1, 0):
            await person.press("escape")
            shape = grid.shape
            assert bool(shape.words) + bool(shape.expression) + len(shape.filters) == left
        await person.sees(f"row 1 of {CYCLES}")
        await person.press("escape")
        assert person.app.history.current.address.view != "rows"
        await run(person, address)
        await person.until(lambda: person.last(AskPage).of.words == "k2 !k2-9002")
        assert grid_of(person).shape.narrowed


async def test_what_cannot_be_filtered_for_is_told_and_the_table_stays(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person)
        await person.press(*["right"] * 4)
        await typed(person, "&", "> x")
        assert "qty has numbers: `x` is none" in person.text()
        await person.press("escape")
        person.engine.table.refuses = "there is no column `nix` in cycles"
        await typed(person, "|", "nix > 1")
        await person.sees("there is no column `nix` in cycles")
        assert grid.shape.expression == ""
        assert str(person.app.history.current.address) == "rows source cycles"
        await run(person, "sort nothing")
        assert "no column `nothing`" in person.text()
        await typed(person, "&", "> 99")
        await person.sees("no row of 12 304 rows is like this: Esc takes the last filter off")
        await person.press("y")
        assert "nothing to copy" in person.text()


async def test_an_index_is_built_with_progress_and_can_be_given_up(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        person.engine.table.slow = 4
        grid = await opened(person, "rows source cycles sort cycle_s")
        await person.sees("ordering all rows, 0%; Esc gives it up")
        await person.press("G")
        assert f"row 12 304 of {CYCLES}" in person.text()
        assert "▸ …" in person.text(), "only the first page is there"
        await person.sees("ordering all rows, 50%")
        await person.until(lambda: "ordering" not in "\n".join(person.lines()[:-1]))
        await person.press("G")
        await person.sees(f"row 12 304 of {CYCLES}")
        await settled(person)
        row = grid.current
        assert row is not None
        assert row.values == person.engine.table.meant(person.last(AskPage).of, (SortBy("cycle_s"),))[-1].cells
        person.engine.table.slow = 10**6
        await run(person, "sort -cycle_s")
        await person.sees("ordering all rows, 0%; Esc gives it up")
        await person.press("escape")
        await person.sees("ordering them was given up; r does it again")
        await person.press("G")
        assert f"row 200 of {CYCLES}" in person.text()
        await person.press("j")
        assert "only the first 200 rows of this order are there" in person.lines()[-1]
        assert any(ask.cancel for ask in person.engine.asked if isinstance(ask, AskIndex))
        assert grid.rows == SIZE
        assert grid.shape.sort == (SortBy("cycle_s", True),)


async def test_a_live_table_keeps_the_cursor_on_its_row_and_follows_only_from_the_first(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person)
        await person.sees(f"row 1 of {CYCLES}")
        arrives(person, came(1))
        await person.sees("▸ 2026-06-24 09:01:00")
        await person.sees("row 1 of 12 305 rows")
        await person.press("down", "down")
        was = grid.key
        arrives(person, came(3), came(2))
        await person.sees("newer data: r")
        assert "▸ 2026-06-24 08:51:58" in person.text()
        await person.press("r")
        await person.sees("row 5 of 12 307 rows")
        assert "▸ 2026-06-24 08:51:58" in person.text()
        assert grid.key == was
        await person.press(*["pagedown"] * 40)
        await settled(person)
        was, line = grid.key, next(line for line in person.lines() if line.startswith("▸"))
        arrives(person, *(came(number) for number in range(59, 3, -1)))
        await person.press("r")
        await person.sees("of 12 363 rows")
        await person.until(lambda: grid.key == was)
        assert line in person.lines()
        await person.press("g", "space", "g")
        arrives(person, came(0))
        await person.sees("newer data: r")  # with a mark the rows stay
        arrives(person)
        person.engine.table.forget()
        await person.press("u", "G")
        await settled(person)
        assert grid.current is not None
        assert grid.current.values == person.engine.table.rows[grid.index].cells, "all pages are of one version again"


async def test_what_came_in_while_another_screen_was_looked_at_is_told_on_the_way_back(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person)
        await person.press("down", "8")
        arrives(person, came(1))
        await person.until(lambda: person.app.model.sources["cycles"].rows == 12_305)
        await person.press("escape")
        assert "newer data: r" in person.text()
        assert grid.index == 1
        await person.press("up", "8", "escape")
        await person.sees("▸ 2026-06-24 09:01:00")


async def test_what_comes_in_elsewhere_is_not_news_here(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await opened(person)
        await person.press("down")
        asked = len(person.engine.asked)
        person.engine.change(
            Changes(site=canned.site(data_version=8), sources=[replace(canned.sources()[1], rows=612, records=612)])
        )
        await person.until(lambda: person.app.model.sources["orders"].rows == 612)
        assert "newer data" not in person.text()
        assert len(person.engine.asked) == asked


async def test_columns_are_hidden_chosen_moved_and_frozen(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person)
        await person.press("right", "H")
        assert "hidden: line (C shows them again)" in person.lines()[-1]
        assert "hidden 1 column" in person.text()
        assert grid.here is not None
        assert grid.here.name == "station"
        await person.press(")")
        head = next(line for line in person.lines() if "  ts " in line)
        assert head.index("order") < head.index("station")
        await person.press("(", "f")
        assert person.app.history.current.address.table.frozen == 2
        for _ in range(7):
            await person.press("right")
        head = next(line for line in person.lines() if "ts " in line and "station" in line)
        assert head.index("station") < head.index("│") < head.index("line of file")
        assert "order" not in head
        await person.press("C", "g", "space", "space")
        await person.press("enter")
        await person.until(lambda: "ts " not in person.lines()[4])
        assert "ts" not in [each.name for each in grid.shown()]
        assert "line" in grid.columns.by_name
        await run(person, "columns qty,ts")
        await person.until(lambda: [each.name for each in grid.shown()] == ["qty", "ts"])
        assert "columns qty,ts" in str(person.app.history.current.address)
        await run(person, "columns all")
        assert len(grid.shown()) == 9
        await run(person, "columns nix")
        assert "no column `nix`" in person.lines()[-1]


async def test_groups_lead_to_their_rows_and_back(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person, "rows source cycles filter 'scrap = 1'")
        await run(person, "group by line, station sum qty, count")
        await person.sees("group 1 of 4 groups")
        assert grid.shape.group == Grouping(("line", "station"), (Aggregate("sum", "qty"), Aggregate("count")))
        await person.press("down", "enter")
        await person.until(lambda: grid_of(person) is not grid)
        inside = grid_of(person)
        await person.sees("row 1 of")
        assert inside.shape.filters[0] == ColumnFilter("scrap", "is", "1")
        assert {each.column for each in inside.shape.filters} == {"scrap", "line", "station"}
        await person.press("escape")
        assert grid_of(person) is grid
        assert grid.index == 1
        await person.press("b")
        assert "Group by one more" in person.text()
        await person.press("G", "enter")
        await person.until(lambda: grid.shape.group is not None and len(grid.shape.group.by) == 3)
        await person.press("escape")
        await person.until(lambda: grid.shape.group is None)
        await person.sees("row 1 of 6 152 of")
        await person.press("right", "P", "enter")
        await person.until(lambda: grid.shape.group is not None and grid.shape.group.pivot == "line")
        await person.sees("line 4")
        await person.press("P")
        await person.until(lambda: grid.shape.group is not None and not grid.shape.group.pivot)


async def test_values_facts_and_marks(tmp_path: Path) -> None:
    async with console(tmp_path, 120, 30) as person:
        grid = await opened(person)
        await person.press("right", "right", "D")
        await person.sees("2 values")
        assert "8 202  67 %" in person.row("▸ weld")
        await person.press("~")
        await person.sees(f"row 1 of 4 102 of {CYCLES}")
        await person.press("escape", "left", "D")
        await person.sees("4 values")
        await person.press("space", "space", "enter")
        await person.until(lambda: grid.shape.expression == "line IN ('line 1', 'line 2')")
        await person.press("escape", *["right"] * 5, "i")
        await person.sees("distinct")
        assert person.last(AskColumn).column == "cycle_s"
        assert "lowest     31.2" in person.text()
        assert "█" in person.text()
        await person.press("left")
        await person.sees("━ scrap")
        await person.press("escape")
        assert grid.aside is None
        await person.press("g", "space", "v", "down", "down", "v", "down")
        assert "4 marked" in person.text()
        assert [row.number for row in grid.marks.rows.values()] == [0, 1, 2, 3]
        await person.press("u", "*")
        assert "100 marked that have this scrap, among the 200 rows at hand; = finds all of them" in person.text()
        await person.press("escape")
        assert not grid.marks


async def test_a_range_of_marks_over_a_cold_part_is_completed(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person)
        await person.press("v")
        await typed(person, "J", "3000")
        await person.sees("3 000 marked")
        assert sorted(row.number for row in grid.marks.rows.values()) == list(range(3000))
        assert grid.pages is not None
        assert grid.pages.held <= MOST
        await person.press("Y")
        await person.sees("KB are more than terminals take (74 KB); X writes a file")
        await person.press("v")
        assert "marked" in person.lines()[2]


async def test_rows_are_copied_as_they_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    async with console(tmp_path) as person:
        await opened(person, "rows source cycles columns order,qty,ts")
        sent: list[str] = []
        assert person.app._driver is not None
        monkeypatch.setattr(person.app._driver, "write", sent.append)
        await person.press("down", "down", "down", "space", "j", "space", "Y")
        assert "copied: 2 rows × 3 columns, with a header" in person.text()
        await run(person, "copy-address")
        marked = ("\x1b[31m[bold]K2[/bold]\t4\t2026-06-24 08:51:54", "K2-9005\tvier\x1b[2J\t2026-06-24 08:51:50")
        texts = [base64.b64decode(text[7:-1]).decode() for text in sent if text.startswith("\x1b]52")]
        assert texts == ["\n".join(("order\tqty\tts", *marked)), ":rows source cycles columns order,qty,ts"]


async def test_jumping_to_a_row_and_to_a_time(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person)
        await typed(person, "J", "12 000")
        await person.sees(f"row 12 000 of {CYCLES}")
        await typed(person, "J", "99999")
        assert "there are rows 1 to 12304" in person.text()
        await person.press("escape")
        await typed(person, "J", "2026-06-24 09:52")
        await person.sees("▸ 2026-06-24 07:52:00")
        await run(person, "jump 7")
        assert grid.index == 6


async def test_a_view_is_come_back_to_as_it_was_and_can_be_kept(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        grid = await opened(person, "rows source cycles filter 'scrap = 1'")
        await typed(person, "J", "900")
        await person.press("right", "space", "up")
        await settled(person)
        key, kept = grid.key, json.loads(json.dumps(person.app.history.current.remember()))
        await person.press("8", "escape")
        assert grid_of(person) is grid
        assert grid.key == key
        await person.press("1")
        await run(person, "rows source cycles filter 'scrap = 1'")
        fresh = grid_of(person)
        assert fresh is not grid
        person.app.history.current.recall(kept)
        await person.until(lambda: fresh.key == key, "the row it was on")
        assert fresh.index == 899
        assert len(fresh.marks) == 1
        assert fresh.here is not None
        assert fresh.here.name == "line"
        again: dict[str, Any] = person.app.history.current.remember()
        assert {**again, "top": 0} == {**kept, "top": 0}


async def test_why_there_are_no_rows_is_told_by_whose_they_would_be(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        person.engine.table.rows = []
        for line, said in (
            ("rows kpi oee", "no rows are behind it: its window has none"),
            ("rows kpi oee during 2026-06-24 06:00..07:00", "no rows in this range of time: T chooses another"),
            ("rows source cycles during 2026-06-24 06:00..07:00", "no rows in this range of time: T chooses another"),
            ("own-range", "no rows yet: they appear here as files are taken (8 shows the sources)"),
        ):
            await run(person, line)
            await person.sees(said)


async def test_rows_that_are_counted_late_and_empty_tables_say_so(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        person.engine.table.counted_after = 3
        await opened(person)
        await person.sees("row 1 of 200 or more, counting …")
        await person.sees(f"row 1 of {CYCLES}")
        person.engine.table.rows = []
        await run(person, "rows source empty")
        await person.sees("no rows yet: they appear here as files are taken (8 shows the sources)")
        await person.press("down", "G", "space", "*", "O", "D", "b", "y", "enter")
        await person.engine.stop()
        await person.sees("ENGINE LOST")
        await person.press("r")
        await person.sees("the engine is not there")
