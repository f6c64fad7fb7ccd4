"""A long random run over a table: what is acted on is what was drawn under the cursor, and what was drawn is right."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

from msgspec.structs import replace

from opsconsole.console.address import Address
from opsconsole.console.grid.grid import Grid
from opsconsole.console.grid.pages import MOST
from opsconsole.console.text import inert
from opsconsole.engine.messages import Changes
from opsconsole.engine.table_messages import SortBy
from tests.console import canned
from tests.console.cannedtable import CannedTable, Row
from tests.console.harness import Session, console

KEYS = (
    *("down", "up", "pagedown", "pageup", "ctrl+d", "ctrl+u") * 3,
    *("right", "left", "G", "g", "O", "=", "~", "escape", "space", "u", "v", "*", "r", "H"),
    *("copy", "open") * 6,
)
STEPS = 600


async def test_what_is_acted_on_is_what_was_drawn_under_the_cursor(tmp_path: Path) -> None:
    chance = random.Random(11)
    async with console(tmp_path, 100, 30) as person:
        table = person.engine.table = small(canned.table())
        app, copied = person.app, list[str]()
        app.copy_out = copied.append  # type: ignore[method-assign]
        await person.press(":")
        await person.type("rows source cycles columns order,line,station,qty,scrap,cycle_s freeze 1")
        await person.press("enter")
        await person.until(lambda: app.history.current.grid is not None and app.history.current.grid.pages)
        grid = app.history.current.grid
        assert grid is not None
        acted = waited = compared = 0
        for number in range(STEPS):
            if chance.random() < 0.08:
                arrives(person, number)
            if person.engine.gate is None and chance.random() < 0.15:
                person.engine.gate = asyncio.Event()
            elif person.engine.gate is not None and chance.random() < 0.4:
                person.engine.gate.set()
                person.engine.gate = None
            if chance.random() < 0.5:
                await asyncio.sleep(0)
            if chance.random() < 0.05:
                compared += await compare(person, grid, table)
            app.paint()
            seen = next((line for line in app.canvas.text()[3:-2] if line.startswith("▸")), "")
            key = chance.choice(KEYS)
            if key not in ("copy", "open"):
                await press(person, grid, key)
            elif seen[2:3] in ("…", ""):
                waited += 1
                assert grid.target() is None
            elif key == "copy":
                app.press("y", "y")
                assert inert(copied[-1]) in seen, f"{copied[-1]} was copied, seen was:\n{seen}"
                acted += 1
            else:
                target = grid.target()
                assert isinstance(target, Address)
                row = next(row for row in table.rows if row.file == target.by and row.line == target.line)
                assert f" {row.cells[3]} " in seen.replace("✓", " "), f"{row.cells[3]} is opened, seen was:\n{seen}"
                acted += 1
            assert grid.pages is not None
            assert grid.pages.held <= MOST
        compared += await compare(person, grid, table)
        assert acted > 60
        assert waited > 5
        assert compared > 10


async def press(person: Session, grid: Grid, key: str) -> None:
    """A key; one that would leave the screen, or hide all, is left out."""
    if key == "escape" and not (grid.shape.narrowed or grid.marks or grid.building()):
        return
    if key == "H" and len(grid.shown()) < 5:
        return
    if key in ("left", "right", "up", "down", "pagedown", "pageup", "ctrl+d", "ctrl+u"):
        person.app.press(key, None)
    elif key == "space":
        person.app.press("space", " ")
    else:
        person.app.press(key, key if len(key) == 1 else None)
    if grid.here is not None and grid.here.name == "order":
        # its column is what tells the rows apart: it is not hidden, and a filter for it leaves one row
        person.app.press("right", None)


async def compare(person: Session, grid: Grid, table: CannedTable) -> int:
    """Once nothing is on its way, what is in sight is what plain lists say of the rows of that version."""
    if person.engine.gate is not None:
        person.engine.gate.set()
        person.engine.gate = None
    person.app.paint()
    # what listens to the engine is always at work
    await person.until(lambda: len(person.app._work) == 1 and not grid._busy, "nothing is on its way")
    pages = grid.pages
    assert pages is not None
    if pages.version != table.version and pages.version not in table.past:
        return 0
    rows = table.meant(grid.shape.of(grid.base), grid.shape.sort, "time", pages.version or 0)
    assert pages.total == len(rows)
    found = [pages.row(number) for number in range(grid.top, min(grid.top + grid.height, grid.rows))]
    assert [row.values for row in found if row is not None] == [
        row.cells for row in rows[grid.top : min(grid.top + grid.height, len(rows))]
    ]
    lines = person.app.canvas.text()
    for row in rows[grid.top : min(grid.top + grid.height, len(rows))]:
        assert any(str(row.cells[3]) in line for line in lines), row
    assert not grid.shape.sort or isinstance(grid.shape.sort[0], SortBy)
    marked = {key for key in grid.marks.rows if not key.endswith("'")}
    assert marked <= {f"{row.file}:{row.line}" for row in table.rows}
    return 1


def small(table: CannedTable) -> CannedTable:
    """Three thousand of its rows, each with an order of its own that is as wide as the others."""
    rows = [
        replace(row, cells=(*row.cells[:3], f"K{10_000 + number}", *row.cells[4:]))
        for number, row in enumerate(table.rows[:3000])
    ]
    return CannedTable(table.source, table.columns, table.types, rows)


def arrives(person: Session, number: int) -> None:
    """Some rows come in; now and then the rows as they were cannot be had any more."""
    table = person.engine.table
    for part in range(3):
        cells = (f"2026-06-24 09:00:{part:02}", "line 9", "weld", f"N{number:03}-{part}", 4, part % 2, 30.0)
        table.add(Row(cells, "cycles/new.csv", 10 * number + part + 1))
    if number % 7 == 0:
        table.forget()
    count = len(table.rows)
    state = canned.sources()[0]
    person.app.hearing.take(
        Changes(sources=[replace(state, rows=count, records=count)], site=canned.site(data_version=number))
    )
