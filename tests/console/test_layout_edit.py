"""A layout edited at the keyboard: seen at once, taken back, saved, and never over what another person wrote."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from opsconsole.console.layout_doing import LayoutDoing
from opsconsole.console.layout_frame import cut
from opsconsole.console.text import plain, width
from opsconsole.console.views.overview import Overview
from opsconsole.engine.messages import AskLayout, Command
from opsconsole.site.model import Layout, Panel, Stack
from tests.console.cannedlayouts import Shelf
from tests.console.harness import Session, console


def edited(session: Session) -> Layout:
    """The layout as it is edited."""
    view = session.app.history.current
    assert isinstance(view, Overview)
    assert view.editing is not None
    return view.editing.layout


def drawn(session: Session) -> str:
    """The layout that is on the screen: "oee scrap | alerts | [grid/sources]"."""
    view = session.app.history.current
    assert isinstance(view, Overview)
    assert view.layout is not None

    def name(panel: Panel) -> str:
        return panel.of if panel.kind == "kpi" else panel.kind

    return " | ".join(
        " ".join(
            f"[{'/'.join(map(name, place.panels))}]" if isinstance(place, Stack) else name(place)
            for place in row.panels
        )
        for row in view.layout.rows
    )


START = "oee scrap on_time output | alerts | grid | sources"


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
async def test_an_edit_step_by_step(tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(tmp_path, *size) as session:
        shelf = Shelf(session.engine)
        await session.press("L")
        await session.sees(" EDIT  overview  alerts · row 2/4 · height 5")
        assert "┏━ alerts ━" in session.text(), "a frame is around what has the focus"
        assert " w save  Esc leave  a add" in session.lines()[-1]
        await session.press("w")
        await session.sees("nothing has changed")
        await session.press("j")
        await session.sees("┏━ grid oee by line ━")
        await session.press("J")
        assert drawn(session) == "oee scrap on_time output | alerts | grid sources"
        assert "row 3/3, place 1/2 · width 1/2" in session.lines()[0]
        assert "not saved" in session.lines()[0]
        await session.press(">", "s", "J")
        assert drawn(session) == "oee scrap on_time output | alerts | [sources/grid]"
        await session.press("+", "+")
        heights = [panel.height for panel in edited(session).rows[2].panels[0].panels]  # type: ignore[union-attr]
        assert heights[0] is None
        assert heights[1] is not None
        assert heights[1] >= 4, "two more than it had"
        await session.press("=", "K", "L")
        assert drawn(session) == "oee scrap on_time output | alerts | sources grid"
        await session.press("n")
        assert drawn(session) == "oee scrap on_time output | alerts | sources | grid"
        await session.press("k", "k", "k", "h", "h", "h", "H")
        assert "it is the first of its row" in session.text()
        await session.press("l", "H")
        assert drawn(session).startswith("scrap oee on_time output | ")
        await session.press(*"uuuuuuuuuuuu")
        await session.sees("nothing to take back")
        assert drawn(session) == START
        assert "not saved" not in session.lines()[0]
        await session.press("z")
        assert drawn(session) == "oee scrap on_time output | alerts | grid sources"
        assert not [ask for ask in session.engine.asked if isinstance(ask, Command)]
        await session.press("w")
        await session.sees("layout saved: layouts/overview.yaml")
        assert drawn(session) == "oee scrap on_time output | alerts | grid sources"
        assert session.app.stack != "edit"
        assert shelf.written == 1
        assert session.last(Command).layout is not None


async def test_panels_are_added_in_words_titled_and_removed(tmp_path: Path) -> None:
    async with console(tmp_path, 100, 30) as session:
        Shelf(session.engine)
        await session.type(":edit-layout stations")
        await session.press("enter")
        await session.sees(" EDIT  stations")
        await session.press("a")
        await session.sees("bars KPI by COLUMN")
        await session.type("brs oee")
        await session.press("enter")
        await session.sees("there is no panel `brs`; did you mean `bars`?")
        await session.press("ctrl+u")
        await session.type("ba")
        await session.press("tab")
        await session.type(" on")
        await session.press("tab")
        await session.type(" by line")
        await session.press("enter")
        await session.sees("its figures come once the layout is saved")
        view = session.app.history.current
        assert isinstance(view, Overview)
        assert view.editing is not None
        assert (view.editing.panel.kind, view.editing.panel.of) == ("bars", "on_time")
        for words, why in (
            ("chart nothing", "no KPI `nothing`"),
            ("table nowhere", "no source `nowhere`"),
            ("alerts by line", "`by` has no meaning with `alerts`"),
            ("chart", "of which KPI? chart NAME"),
            ("chart oee most 0", "`most` is a number from 1 to 500"),
        ):
            await session.type(":add-panel " + words)
            await session.press("enter")
            await session.sees(why)
        await session.type(":add-panel chart oee title Over the day width 3")
        await session.press("enter")
        await session.sees("┏━ chart oee ━")
        assert view.editing.panel == Panel("chart", of="oee", title="Over the day", width=3)
        await session.press("t")
        await session.sees("Title of chart oee: Over the day")
        await session.press("ctrl+u")
        await session.type("By hour")
        await session.press("enter")
        assert view.editing.panel.title == "By hour"
        await session.press("x", "h", "x")
        assert "bars" not in drawn(session)
        await session.press("+", "escape")
        await session.sees("Leave without saving?")
        await session.press("n")
        assert session.app.stack == "edit"
        await session.press("?")
        await session.sees("While a layout is edited")
        await session.press("escape")
        await session.sees(" EDIT  stations")
        await session.press("escape", "y")
        assert session.app.stack.startswith("overview")
        assert drawn(session) == "scrap oee | breakdown breakdown | text"


async def test_two_who_edit_the_same_layout(tmp_path: Path) -> None:
    async with console(tmp_path) as session:
        shelf = Shelf(session.engine)
        await session.press("L")
        await session.sees(" EDIT  overview")
        await session.press("o")
        await session.sees("nobody has changed the file")
        mine = session.app.history.current
        assert isinstance(mine, Overview)
        assert mine.editing is not None
        theirs = shelf.look(AskLayout("overview")).layout
        shelf.put(replace(theirs, rows=theirs.rows[:3]))
        await session.sees("somebody else has changed this layout meanwhile")
        assert drawn(session) == START, "what is edited stays"
        await session.press("j", "x")
        assert drawn(session) == "oee scrap on_time output | alerts | sources"
        await session.press("w")
        await session.sees("overview.yaml:4 has changed meanwhile")
        assert "o shows it" in session.text()
        await session.press("o")
        await session.sees(" THE FILE NOW  overview")
        assert drawn(session) == "oee scrap on_time output | alerts | grid"
        await session.press("x")
        await session.sees("this is the file as it is now")
        assert drawn(session) == "oee scrap on_time output | alerts | grid"
        await session.press("o", "w")
        await session.sees("layout saved")
        assert drawn(session) == "oee scrap on_time output | alerts | sources"
        await session.press("L")
        await session.sees(" EDIT  overview")
        assert "sources · row 3/3" in session.lines()[0], "the panel that was chosen has the focus"
        await session.press("K")
        await session.type(":write night")
        await session.press("enter")
        await session.sees("layout saved: layouts/night.yaml")
        assert drawn(session) == "oee scrap on_time output | sources alerts"
        assert session.app.history.current.address.name == "night"


async def test_where_there_is_no_room_and_who_may(tmp_path: Path) -> None:
    async with console(tmp_path, 60, 16) as session:
        Shelf(session.engine)
        await session.press("L")
        await session.sees("only the essentials have room here")
        await session.press("escape")
        session.engine.shelf = None
        await session.press("L")
        await session.sees("not to be edited")
        await session.type(":write")
        await session.press("enter")
        await session.sees("no layout is edited here: L on the overview begins")
        offers = LayoutDoing(session.app).offers
        assert offers("brea") == ["breakdown"]
        assert offers("breakdown o") == ["breakdown oee", "breakdown on_time", "breakdown output"]
        assert offers("chart oee b") == ["chart oee by"]
        assert offers("chart oee by l") == ["chart oee by line"]
        assert "table cycles columns" in offers("table cycles ")
        assert offers("alerts b") == offers("text ab") == offers("nothing ") == []


def test_the_cells_of_a_line() -> None:
    line = [("ab", "x"), ("日本", "y"), ("cd", "")]
    for start in range(9):
        for stop in range(start, 9):
            found = cut(line, start, stop)
            assert width(plain(found)) == stop - start
    assert cut(line, 1, 4) == [("b", "x"), ("日", "y")]
    assert cut(line, 3, 5) == [("  ", "y")]
