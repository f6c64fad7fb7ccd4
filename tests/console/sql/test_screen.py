"""The screen of SQL at the keyboard, on a real engine."""

from __future__ import annotations

import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from opsconsole.console.address import Address, parse
from opsconsole.console.engine_link import EngineLink
from opsconsole.console.program import Console
from opsconsole.console.sql.history import history_file
from opsconsole.engine.place import Place
from tests.console.harness import Session
from tests.engine_process import EngineProcess

SITE = """\
site: Small plant   # its name
timezone: UTC
sources:
  # what the machines write
  cycles: {title: Machine cycles, files: data/*.csv, time: ts, settle: 1s}
kpis:
  pieces: {source: cycles, value: sum(qty), window: all}   # all of them
"""
ROWS = "ts,line,qty\n" + "".join(f"2026-06-24 06:{n:02}:00,{n % 3},{n}\n" for n in range(60))
SLOW = "SELECT count(*) FROM " + ", ".join(f"cycles {name}" for name in "abcdefgh") + " WHERE sin(a.qty + h.qty) > 2"


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("plant")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        found = EngineProcess(folder / "plant")
        (found.folder / "data").mkdir(parents=True)
        (found.folder / "site.yaml").write_text(SITE)
        (found.folder / "data/a.csv").write_text(ROWS)
        found.start()
        yield found.place  # where it is goes by the environment of now
        found.end()


@pytest.fixture(autouse=True)
def _private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The statements of each test are its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "console"))


@asynccontextmanager
async def at(place: Place, cells: int = 80, lines: int = 24) -> AsyncIterator[Session]:
    app = Console(EngineLink(place, start=False))
    async with app.run_test(size=(cells, lines)) as pilot:
        session = Session(None, app, pilot)  # type: ignore[arg-type]  # the canned engine is asked nothing
        await session.until(lambda: app.model.sources.get("cycles") and app.model.sources["cycles"].rows == 60)
        yield session


async def paste(console: Session, text: str) -> None:
    console.app.post_message(events.Paste(text))
    await console.pilot.pause()


def rows(console: Session) -> list[list[str]]:
    """The cells of the result, row by row."""
    lines = console.lines()
    head = next(number for number, line in enumerate(lines) if " Result " in line)
    return [line.strip("▸ ").split() for line in lines[head + 2 : -3] if line.strip()]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 50)])
async def test_from_the_prompt_to_the_result_and_into_the_editor(plant: Place, size: tuple[int, int]) -> None:
    async with at(plant, *size) as console:
        await console.press(";")
        await console.sees("Enter runs it")
        await console.type("SELECT line, sum(qty) AS total FROM cy")
        await console.sees("Machine cycles")
        await console.press("tab")
        await console.type(" GROUP BY 1 ORDER BY 1")
        assert console.lines()[-1].rstrip().endswith("FROM cycles GROUP BY 1 ORDER BY 1")
        await console.press("enter")
        await console.sees("row 1 of 3 rows")
        await console.sees("3 rows in")
        assert rows(console) == [["0", "570"], ["1", "590"], ["2", "610"]]
        await console.press("down", "ctrl+e", "enter")
        await console.type("DESC")
        assert "2 DESC" in console.text()
        assert "edited since" in console.text()
        await console.press("ctrl+r")
        await console.until(lambda: rows(console)[:1] == [["2", "610"]])
        assert "row 1 of 3 rows" in console.text()
        # the same table as everywhere: sorted by this column
        await console.press("O")
        await console.until(lambda: rows(console)[0][0] == "sort" or "line↑" in console.text())
        await console.press("escape")
        assert console.app.history.current.address.view == "overview"


async def test_what_is_wrong_is_shown_at_its_place(plant: Place) -> None:
    async with at(plant) as console:
        await console.press(";", "ctrl+e")
        await paste(console, "SELECT line,\n  colour\nFROM cycles;")
        assert "3 FROM cycles;" in console.text()
        await console.press("enter")
        await console.sees("line 2, column 3: ")
        assert "colour" in console.row("line 2, column 3: ")
        assert "emphasis" in console.styles("2   colour")
        assert console.app.history.current.typing
        # the cursor is there: what is wrong is overwritten
        await console.press("ctrl+delete")
        await console.type("qty")
        await console.press("ctrl+r")
        await console.sees("60 rows in")
        assert "column 3" not in console.text()
        await console.press("ctrl+e")
        for _ in range(2):
            await console.press("ctrl+underscore")
        assert "colour" in console.text()
        await console.press("ctrl+y", "ctrl+home", "ctrl+x", "ctrl+end", "ctrl+v")
        assert console.app.history.current.editor.text.endswith(";SELECT line,\n")  # type: ignore[attr-defined]


async def test_what_runs_can_be_ended_and_nothing_else_waits(plant: Place) -> None:
    async with at(plant) as console:
        await console.press(":")
        await console.type(f"query {SLOW}")
        await console.press("enter")
        await console.sees("running, ")
        await console.sees("Esc ends it")
        await console.press("escape")
        await console.sees("stopped, as you asked")
        assert console.app.history.current.typing
        await console.press("ctrl+r")
        await console.sees("running, ")
        await console.press("ctrl+c")
        await console.sees("stopped, as you asked")
        await console.press("ctrl+c")
        await console.sees("nothing runs")
        await console.press("escape")
        assert console.app.history.current.address.view == "overview"


async def test_statements_are_remembered_for_the_person_at_the_site(plant: Place) -> None:
    async with at(plant) as console:
        for number in (1, 2):
            await console.press(";")
            await console.type(f"SELECT {number} AS n")
            await console.press("enter")
            await console.until(lambda: " Result " in console.text() and rows(console) == [[str(number)]])  # noqa: B023
        file = history_file(plant)
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text() == '"SELECT 1 AS n"\n"SELECT 2 AS n"\n'
    async with at(plant) as console:
        await console.press(";", "ctrl+p", "ctrl+p")
        assert console.lines()[-1].rstrip() == "; SELECT 1 AS n"
        await console.press("ctrl+n")
        assert console.lines()[-1].rstrip() == "; SELECT 2 AS n"
        await console.press("ctrl+n")
        assert console.lines()[-1].rstrip() == ";"
        await console.press("ctrl+l")
        await console.sees("SELECT 1 AS n")
        await console.press("down", "enter", "enter")
        await console.until(lambda: " Result " in console.text() and rows(console) == [["1"]])


async def test_a_second_line_makes_the_editor_of_the_prompt(plant: Place) -> None:
    async with at(plant, 60, 20) as console:
        await console.press(";")
        await paste(console, "SELECT 1 AS a,\r\n  2 AS b\x1b[31m")
        await console.sees("2   2 AS b[31m")
        assert console.app.prompt is None
        assert "no result yet" not in console.text()
        await console.press("ctrl+e")
        await console.sees("no result yet")
        await console.press("escape")
        assert console.app.history.current.address.view == "overview"


async def test_the_sql_behind_a_number_goes_on_in_the_editor(plant: Place) -> None:
    async with at(plant) as console:
        await console.press("3", "enter")
        await console.sees("Pieces" if "Pieces" in console.text() else "pieces")
        await console.press("i")
        await console.sees("ctrl+e edits it")
        await console.until(lambda: "sum(" in console.text().lower(), "the SQL")
        await console.press("ctrl+e")
        await console.until(lambda: console.app.history.current.address.view == "query")
        assert "sum(" in console.text().lower()
        await console.press("ctrl+r")
        await console.sees("1 row in")


async def test_a_result_becomes_a_kpi_of_the_site(plant: Place) -> None:
    site = plant.site
    before = site.read_text()
    async with at(plant) as console:
        await console.press(";")
        await console.type("SELECT line, qty FROM cycles WHERE qty > 50")
        await console.press("enter")
        await console.sees("9 rows in")
        await console.press("ctrl+s")
        assert console.lines()[-1].startswith(":save-as kpi")
        await console.type("large_ones sum(nothing)")
        await console.press("enter")
        await console.sees("not saved: ")
        await console.press(":")
        await console.type("save-as kpi large_ones max(qty)")
        await console.press("enter")
        await console.sees("Write this into site.yaml? y yes, n no")
        await console.sees("value: max(qty)")
        await console.sees("SELECT line, qty FROM cycles WHERE qty > 50")
        await console.press("n")
        await console.sees("nothing is written")
        assert site.read_text() == before
        await console.press(":")
        await console.type("save-as kpi large_ones max(qty)")
        await console.press("enter")
        await console.sees("Write this into")
        await console.press("y")
        await console.sees("KPI saved: site.yaml, lines")
        text = site.read_text()
        kept = [line for line in text.splitlines() if "large_ones" not in line]
        assert all(line in kept for line in before.splitlines())
        await console.until(lambda: console.app.model.kpis.get("large_ones"), "the new KPI")
        await console.until(lambda: console.app.model.kpis["large_ones"].value == 59)


def test_an_address_of_sql_is_the_sql_as_it_was_typed() -> None:
    line = "query SELECT 'a  b', \"C\" FROM x WHERE at = 'at 3'"
    assert parse(line) == Address("query", name=line[6:])
    assert str(parse(line)) == line
    assert parse("query") == Address("query")
