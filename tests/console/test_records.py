"""The log and procedures on the screen: what a person sees and does there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console.markdown import page, wrapped
from opsconsole.console.text import line_width, plain
from opsconsole.console.views.log import LogView
from opsconsole.engine.messages import AskJournal, AskProcedure, Changes, Command
from tests.console import canned, cannedrecords
from tests.console.harness import Session, console


@asynccontextmanager
async def plant(folder: Path, cells: int = 80, lines: int = 24) -> AsyncIterator[Session]:
    """A console on an engine with a procedure whose steps can be ticked."""
    async with console(folder, cells, lines) as person:
        person.engine.ticks = cannedrecords.Ticks(canned.NOW)
        yield person


SIZES = pytest.mark.parametrize(("cells", "lines"), [(80, 24), (160, 50)])


# --- the log -----------------------------------------------------------------------------------------------------


@SIZES
async def test_the_log_says_who_did_what_when_and_why(tmp_path: Path, cells: int, lines: int) -> None:
    async with console(tmp_path, cells, lines) as person:
        await person.press("7")
        await person.sees("Log  200 records loaded, there are older ones")
        first = person.row("▸ ")
        assert "10:51:00" in first
        for text in ("ana", "shelved", "kpi:oee|line=3"):
            assert text in first
        await person.sees("ana (uid 1001, claims ssh from 10.0.0.7): alert shelved · UNACK → SHELVED")
        await person.sees("a spare part is on its way")
        assert "\x1b" not in person.text()
        assert all(len(line) == cells for line in person.lines())


async def test_pages_come_as_the_cursor_goes_down(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("7")
        await person.sees("200 records loaded")
        await person.press("G")
        await person.sees("400 records loaded")
        await person.press("G")
        await person.sees(f"Log  {cannedrecords.MANY} records ━")
        asked = [ask.before for ask in person.engine.asked if isinstance(ask, AskJournal)]
        assert asked == [None, 251, 51]
        await person.press("G")
        assert "late|order=1 " in person.row("▸ ")


async def test_a_filter_is_asked_of_the_engine_over_all_there_is(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("7")
        await person.sees("200 records loaded")
        await person.press("/")
        await person.type("order=17")
        await person.press("enter")
        await person.sees("11 records · with order=17")
        await person.until(lambda: "late|order=17 " in person.text())
        assert person.app.history.current.address.name == "order=17"
        await person.press("escape")
        await person.sees("200 records loaded")
        await person.press("f")
        await person.sees("2 records · what people did")
        await person.press("escape", "1", "colon")
        await person.type("log spare !ben")
        await person.press("enter")
        await person.sees("1 record · with spare !ben")
        await person.press("slash")
        await person.type(" zzz")
        await person.press("enter")
        await person.sees("no record is like that")


async def test_enter_leads_to_what_a_record_is_about(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("7")
        await person.sees("200 records loaded")
        await person.press("enter")
        await person.sees("Log › Line 3 weld")
        await person.press("escape", "down", "enter")
        await person.sees("Log › Machine cycles")


async def test_new_records_come_by_themselves_at_the_top_and_are_told_of_further_down(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("7")
        await person.sees("200 records loaded")
        asked = len(person.engine.asked)
        person.engine.change(Changes(alerts=canned.alerts()[:1]))
        await person.until(lambda: len(person.engine.asked) > asked)
        await person.press("G")
        await person.sees("400 records loaded")
        person.engine.change(Changes(alerts=[canned.alerts()[1]]))
        await person.sees("newer ones: r")
        await person.press("r")
        await person.until(lambda: "newer ones" not in person.text())


async def test_the_log_of_a_past_moment_ends_there(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("colon")
        await person.type("log at 08:00")
        await person.press("enter")
        await person.sees("up to then")
        (asked,) = {ask.until for ask in person.engine.asked if isinstance(ask, AskJournal)}
        assert asked == canned.NOW - 52 * 60 - 2 * 3600
        assert "ana" not in person.text()
        await person.press("0")
        await person.until(lambda: "up to then" not in person.text())
        view = person.app.history.current
        assert isinstance(view, LogView)
        await person.until(lambda: str(cannedrecords.MANY) in view.events, "the newest record")
        assert "late|order=279" in person.row("▸ ")  # the cursor stays on the record it was on
        await person.press("g")
        await person.sees("ana")
        await person.press("colon")
        await person.type("at 08:30")
        await person.press("enter")
        await person.sees("up to then")
        await person.until(lambda: "ana" not in person.text())


# --- procedures --------------------------------------------------------------------------------------------------


@SIZES
async def test_a_page_is_readable_and_its_steps_can_be_ticked(tmp_path: Path, cells: int, lines: int) -> None:
    async with plant(tmp_path, cells, lines) as person:
        await person.press("2", "o")
        await person.sees("OEE is low  0 of 4 steps done · of KPI oee")
        text = person.text()
        for part in ("Look at the numbers first; call 4711", "[ ] 1. Which line? Open the KPI oee by line.",
                     "[ ] 4. Call maintenance", "When it goes on", "│ shift lead   4711"):  # fmt: skip
            assert part in text
        assert "\x1b" not in text
        assert "**" not in text
        assert all(len(line) == cells for line in person.lines())
        assert "1. Which line?" in person.row("▸ [ ]")
        await person.press("space")
        await person.sees("1 of 4 steps done")
        assert "ana 10:51" in person.row("[✓] 1.")
        assert "2. Availability" in person.row("▸ [ ]")
        await person.press("enter")
        await person.sees("2 of 4 steps done")
        await person.press("up", "up", "space")
        await person.sees("1 of 4 steps done")
        sent = [(ask.name, ask.step, ask.path, ask.targets[0].version) for ask in person.engine.asked if isinstance(ask, Command)]  # fmt: skip  # noqa: E501
        assert sent == [
            ("tick", 1, "procedures/oee.md", 4),
            ("tick", 2, "procedures/oee.md", 4),
            ("untick", 1, "procedures/oee.md", 4),
        ]


async def test_it_is_noted_once_that_the_page_was_opened(tmp_path: Path) -> None:
    async with plant(tmp_path) as person:
        await person.press("2")
        await person.press("o")
        await person.sees("0 of 4 steps done")
        await person.press("space")
        await person.sees("1 of 4 steps done")
        opened = [ask.opened for ask in person.engine.asked if isinstance(ask, AskProcedure)]
        assert opened.count(True) == 1


async def test_the_detail_of_an_alert_follows_its_ticks(tmp_path: Path) -> None:
    async with plant(tmp_path, 160, 50) as person:
        await person.press("2")
        await person.sees("0 of 4 steps done  (o)")
        assert person.engine.ticks is not None
        person.engine.ticks.by[2] = "ben"
        person.engine.change(Changes(alerts=[replace(canned.alerts()[0], ticked=1)]))
        await person.sees("1 of 4 steps done  (o)")


async def test_ticks_of_others_come_by_themselves_and_twice_is_told(tmp_path: Path) -> None:
    async with plant(tmp_path) as person:
        await person.press("2", "o")
        await person.sees("0 of 4 steps done")
        assert person.engine.ticks is not None
        person.engine.ticks.by[1] = "ben"
        await person.press("space")
        await person.sees("ben has ticked step 1 already")
        await person.sees("1 of 4 steps done")
        person.engine.ticks.by[3] = "ben"
        person.engine.change(Changes(alerts=canned.alerts()[:1]))
        await person.sees("2 of 4 steps done")
        person.engine.refuse = "it was raised anew since you saw it"
        await person.press("G", "space")
        await person.sees("not ticked: it was raised anew since you saw it")


async def test_a_page_that_is_not_there_is_one_line_and_an_alert_without_one_is_told(tmp_path: Path) -> None:
    async with plant(tmp_path) as person:
        await person.press("colon")
        await person.type("procedure silent:quality|")
        await person.press("enter")
        await person.sees("procedures/gone.md: there is no such file")
        await person.press("2", "down", "o")
        await person.sees("neither its rule nor its KPI, area or site names a procedure")
        await person.press("8", "colon")
        await person.type("procedure")
        await person.press("enter")
        await person.sees("of which alert?")


async def test_nothing_is_ticked_in_the_past(tmp_path: Path) -> None:
    async with plant(tmp_path) as person:
        await person.press("colon")
        await person.type("procedure kpi:oee|line=3 at 08:00")
        await person.press("enter")
        await person.sees("0 of 4 steps done")
        for key in ("space", "enter"):
            await person.press(key)
            await person.sees("press 0 for live")
        assert not [ask for ask in person.engine.asked if isinstance(ask, Command)]


async def test_a_long_page_scrolls_with_the_cursor_in_a_small_terminal(tmp_path: Path) -> None:
    async with plant(tmp_path, 40, 12) as person:
        await person.press("2", "o")
        await person.sees("1. Which line?")
        for number in (2, 3, 4):
            await person.press("down")
            assert f"{number}." in person.row("▸ [ ]")
        await person.press("down", "down", "down", "down")
        await person.sees("shift lead")
        await person.press("g")
        await person.sees("▸ [ ] 1.")


def test_a_page_in_any_width_loses_no_word() -> None:
    words = cannedrecords.PAGE.replace("\x1b", "\u241b").split()
    for cells in (20, 37, 78):
        lines = [each.line for each in page(cannedrecords.PAGE, {}, cells)]
        told = " ".join(plain(line) for line in lines)
        for word in words:
            bare = word.strip("*`#-[]")
            assert bare in told or len(bare) > cells // 2, word
        assert all(line_width(line) <= cells for line in lines if "│" not in plain(line))


def test_words_that_are_longer_than_a_line_are_cut() -> None:
    lines = wrapped([("a ", ""), ("b" * 25, "bold"), ("c d", "")], 10)
    assert [plain(line) for line in lines] == ["a", "b" * 10, "b" * 10, "b" * 5 + "c d"]
    assert wrapped([], 10) == []
    assert [plain(line) for line in wrapped([("日本語日本語", "")], 5)] == ["日本", "語日", "本語"]
