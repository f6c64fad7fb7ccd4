"""Themes on a running console."""

from __future__ import annotations

import sys
from pathlib import Path

from opsconsole.console.config import Config
from opsconsole.console.engine_link import EngineLink
from opsconsole.console.ground import Terminal as Known
from opsconsole.console.program import Console
from tests.console.canned import NOW, CannedEngine
from tests.console.harness import Session, console
from tests.console.test_terminal import folder
from tests.terminal import Terminal
from tests.waiting import until

__all__ = ["folder"]

CONFIGURED = (
    "import sys; from pathlib import Path; from opsconsole.console.app import run; "
    "from opsconsole.console.config import Config; from opsconsole.engine.place import Place; "
    "folder = Path(sys.argv[1]); config = Config(theme='dark', colours='truecolor'); "
    "sys.exit(run(Place(site=folder / 'site.yaml', state=folder), config=config))"
)


def colours(person: Session) -> set[str]:
    """The colours that the screen's cells have."""
    strips = [person.app.canvas.render_line(y) for y in range(person.app.size.height)]
    inks = [segment.style.color for strip in strips for segment in strip if segment.style is not None]
    return {ink.name for ink in inks if ink is not None}


async def test_another_theme_is_worn_at_once_and_told(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        assert {"red", "yellow"} <= colours(person)
        before = person.lines()[:-2]
        await person.press(":")
        await person.type("theme mo")
        assert "mono" in person.lines()[-1]
        await person.press("tab", "enter")
        assert not colours(person)
        assert "theme mono, until you leave; `theme: mono` in config.yaml keeps it" in person.text()
        assert person.lines()[:-2] == before
        for line, said in (
            ("theme light", "theme light, until you leave"),
            ("theme", "theme light; there are auto, dark, light, contrast, colour-blind, mono"),
            ("theme dakr", "no theme `dakr`; did you mean `dark`?"),
        ):
            await person.press(":")
            await person.type(line)
            await person.press("enter")
            assert said in person.text()
        assert "magenta" in colours(person)  # sixteen colours have no yellow for a light ground
        person.app.looking.ground(False)
        assert person.app.looking.theme == "light"


async def test_what_the_terminal_tells_changes_auto_alone_and_no_color_stays(tmp_path: Path) -> None:
    async with CannedEngine(tmp_path) as engine:
        app = Console(EngineLink(engine.place, start=False), wall=lambda: NOW, terminal=Known("256"))
        async with app.run_test(size=(80, 24)) as pilot:
            person = Session(engine, app, pilot)
            await person.sees("▲C Line 3 weld")
            assert "red" in colours(person)
            app.looking.ground(True)
            assert "color(124)" in colours(person)
            assert "red" not in colours(person)
            app.looking.do_theme("")
            await person.sees("theme auto (light, as the terminal)")
        app = Console(
            EngineLink(engine.place, start=False),
            wall=lambda: NOW,
            config=Config(theme="contrast"),
            terminal=Known("256"),
        )
        async with app.run_test(size=(80, 24)) as pilot:
            person = Session(engine, app, pilot)
            await person.sees("▲C Line 3 weld")
            # every cell has the theme's own ground, the empty ones too
            for y in range(24):
                strip = app.canvas.render_line(y)
                assert strip.cell_length == 80
                assert all(part.style and part.style.bgcolor for part in strip if part.text), y
        app = Console(EngineLink(engine.place, start=False), wall=lambda: NOW, terminal=Known("mono"))
        async with app.run_test(size=(80, 24)) as pilot:
            person = Session(engine, app, pilot)
            await person.sees("▲C Line 3 weld")
            app.looking.do_theme("dark")
            await person.sees("NO_COLOR is set: no theme has colours")
            assert not colours(person)


def test_a_theme_and_colours_of_the_persons_settings_are_used_and_nothing_is_asked(folder: Path) -> None:
    with Terminal([sys.executable, "-c", CONFIGURED, str(folder)]) as terminal:
        terminal.shows("52.4 %", "? help")
        until(lambda: b"38;2;255;111;102" in terminal.raw)
        assert b"\x1b]11" not in terminal.raw
