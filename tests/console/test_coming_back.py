"""Where one was: forward as well as back, a console that is opened again, one that may only look, a wall."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from opsconsole.console.address import Address, parse
from opsconsole.console.config import Config, Start
from opsconsole.console.engine_link import EngineLink
from opsconsole.console.history import Left
from opsconsole.console.memory import Memory
from opsconsole.console.program import Console
from opsconsole.console.wall import HOLD, Wall
from opsconsole.engine.messages import Command
from tests.console.canned import LAYOUTS, NOW, CannedEngine
from tests.console.harness import Session, console


def test_what_is_kept_is_for_its_owner_and_comes_back_as_it_was(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "a/b/plant.json", "/plant")
    assert memory.load() == ([], [])
    stack = [Left(Address("overview")), Left(parse("kpi oee by line"), {"lists": {"": {"cursor": "x"}}})]
    memory.save(stack, [Left(Address("log"))], "Tue 24 Jun 03:40")
    assert stat.S_IMODE(memory.file.stat().st_mode) == 0o600
    assert [path.name for path in memory.file.parent.iterdir()] == ["plant.json"], "nothing is left beside it"
    again = Memory(memory.file, "/plant")
    assert again.load() == (stack, [Left(Address("log"))])
    assert again.said == "live: you had left it at Tue 24 Jun 03:40"
    assert Memory(memory.file, "/elsewhere").load() == ([], [])


@pytest.mark.parametrize("broken", [b"", b"{", b"[1]", b'{"version":9,"site":"/p","stack":[]}', b"\xff" * 50])
def test_a_broken_file_is_begun_anew_with_a_word(tmp_path: Path, broken: bytes) -> None:
    (tmp_path / "p.json").write_bytes(broken)
    memory = Memory(tmp_path / "p.json", "/p")
    assert memory.load() == ([], [])
    assert memory.said.startswith("where you were cannot be read and is begun anew")


async def test_back_and_forward_find_everything_as_it_was(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("3", "O", "down", "space", "8", "/")
        await person.type("e !energy")
        await person.press("enter", "down", "<")
        assert person.app.history.current.address.view == "kpis"
        await person.press("<", "<")
        assert "this is the first screen" in person.text()
        await person.press(">", ">")
        assert "4 of 5, filter: e !energy" in person.text()
        await person.press(">")
        assert "you came back from no screen" in person.text()
        await person.press("<", "2", ">")
        assert "you came back from no screen" in person.text(), "another way was taken"


async def open_again(folder: Path, file: Path, cells: int, lines: int, keys: tuple[str, ...]) -> tuple[str, list[str]]:
    """Open a console where one was, press keys, and leave; the address it was at, and what it showed at the end."""
    async with CannedEngine(folder) as engine:
        app = Console(EngineLink(engine.place, start=False), wall=lambda: NOW, memory=Memory(file, "/p"))
        async with app.run_test(size=(cells, lines)) as pilot:
            person = Session(engine, app, pilot)
            await person.until(lambda: app.model.site is not None, "a snapshot")
            await pilot.pause()
            at = str(app.history.current.address)
            await person.press(*keys)
            await pilot.pause()
            shown = person.lines()
    return at, shown


@pytest.mark.parametrize(("cells", "lines"), [(60, 20), (80, 24), (160, 50)])
async def test_a_console_opened_again_is_where_it_was(tmp_path: Path, cells: int, lines: int) -> None:
    file = tmp_path / "where.json"
    at, before = await open_again(tmp_path, file, cells, lines, ("3", "O", "2", "down", "space", "down"))
    assert at == "overview"
    at, after = await open_again(tmp_path, file, cells, lines, ())
    assert at == "alerts"
    # what stands beside the list comes when the cursor has rested
    lists = [[line.partition("│")[0] for line in each if "▸" in line or "✓" in line] for each in (before, after)]
    assert lists[0] == lists[1]
    at, kpis = await open_again(tmp_path, file, cells, lines, ("<",))
    assert any("as in the site file" in line for line in kpis)
    at, _ = await open_again(tmp_path, file, cells, lines, (">",))
    assert at == "kpis"


async def test_who_may_only_look_is_told_so_and_gives_no_command(tmp_path: Path) -> None:
    async with CannedEngine(tmp_path) as engine:
        app = Console(EngineLink(engine.place, start=False, read_only=True), wall=lambda: NOW)
        async with app.run_test(size=(100, 24)) as pilot:
            person = Session(engine, app, pilot)
            await person.until(lambda: app.model.site is not None, "a snapshot")
            app.link.role = "viewer"  # type: ignore[misc]
            await person.press("a")
            assert "acknowledge: this console is read-only" in person.text()
            await person.press("j")
            assert person.lines()[1].rstrip().endswith(" ro")
            assert not any(isinstance(ask, Command) for ask in engine.asked)


async def test_keys_of_ones_own_are_what_works_and_what_the_screen_says(tmp_path: Path) -> None:
    async with CannedEngine(tmp_path) as engine:
        config = Config(keys={"quit": ("f9",), "filter": ("f8",), "alerts": ("f7",), "kpis": ()})
        app = Console(EngineLink(engine.place, start=False), wall=lambda: NOW, config=config)
        async with app.run_test(size=(100, 24)) as pilot:
            person = Session(engine, app, pilot)
            await person.until(lambda: app.model.site is not None, "a snapshot")
            await pilot.pause()
            assert "f9 quit" in person.lines()[-1]
            await person.press("escape")
            assert "this is the first view; f9 leaves" in person.text()
            await person.press("3")
            assert app.history.current.address.view == "overview", "the old key means nothing"
            await person.press("f7", "n")
            assert "filter with f8 first" in person.text()


def test_a_wall_turns_and_a_critical_alert_holds_it_for_a_while() -> None:
    wall = Wall(10.0)
    assert wall.see(LAYOUTS, (), 0.0) == "overview"
    assert wall.see(LAYOUTS, (), 9.9) == "overview"
    assert wall.see(LAYOUTS, (), 10.0) == "stations"
    assert wall.see(LAYOUTS, ("a",), 11.0) == "overview", "it has the alerts"
    assert wall.see(LAYOUTS, ("a",), 11.0 + HOLD - 1) == "overview"
    assert wall.see(LAYOUTS, ("a",), 11.0 + HOLD) == "stations", "one that nobody minds does not hide the rest"
    assert wall.see(LAYOUTS, (), 12.0 + HOLD) == "stations"
    assert wall.turn(LAYOUTS, 1, 200.0) == "overview"
    assert wall.see(LAYOUTS[:1], (), 999.0) == "overview"
    assert wall.see([], (), 999.0) == ""


async def test_a_wall_shows_which_layout_it_is_and_has_no_cursor(tmp_path: Path) -> None:
    async with CannedEngine(tmp_path) as engine:
        link = EngineLink(engine.place, start=False, read_only=True, patient=True)
        app = Console(link, wall=lambda: NOW, start=Start(wall=True))
        async with app.run_test(size=(160, 50)) as pilot:
            person = Session(engine, app, pilot)
            await person.until(lambda: app.model.site is not None, "a snapshot")
            await pilot.pause()
            assert "1 of 2" in person.lines()[1]
            assert "held: a critical alert is unacknowledged" in person.lines()[1]
            assert "▸" not in person.text()
            await person.press("right")
            assert "2 of 2" in person.lines()[1]
            assert "▲C Line 3 weld" in person.text(), "it stays pinned"
            await person.press("left")
            assert "1 of 2" in person.lines()[1]
