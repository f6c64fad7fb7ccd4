"""Tables are written to files as the person: in parts, with progress, and nothing is replaced unasked."""

from __future__ import annotations

import json
import os
from pathlib import Path

from opsconsole.engine.table_messages import AskExport, AskExported, ColumnFilter, SortBy
from tests.console.grid.test_table import opened, run
from tests.console.harness import console


async def test_what_is_seen_or_everything_is_written(tmp_path: Path) -> None:
    async with console(tmp_path, 120, 30) as person:
        await opened(person, "rows source cycles filter 'scrap = 1' sort -order columns order,scrap")
        seen = tmp_path / "seen.json"
        await run(person, f"export {seen} seen")
        await person.sees("6 152 rows (")
        told = json.loads(seen.read_bytes())
        rows = person.engine.table.meant(person.last(AskExport).of, (SortBy("order", True),))
        assert told == [{"order": row.cells[3], "scrap": 1} for row in rows]
        assert person.last(AskExport).of.filters == (ColumnFilter("scrap", "is", "1"),)
        assert person.last(AskExported).drop
        whole = tmp_path / "all of it.csv"
        await person.press("X")
        assert "write: s what is seen · e everything" in person.lines()[-1]
        assert "seen: 6 152 rows, 2 columns · everything: 12 304 rows, 7 columns" in person.text()
        await person.press("e", "ctrl+u")
        await person.type(str(whole))
        await person.press("enter")
        await person.sees("12 304 rows, without the filters (")
        assert len(json.loads(whole.read_bytes())) == 12_304
        assert person.last(AskExport).columns == ()
        assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]


async def test_nothing_is_replaced_unasked_and_what_cannot_be_written_says_why(tmp_path: Path) -> None:
    async with console(tmp_path, 120, 30) as person:
        await opened(person)
        target = tmp_path / "there.csv"
        target.write_text("mine")
        await run(person, f"export {target}")
        await person.sees("is there already: replace it?  y / n")
        await person.press("n")
        assert target.read_text() == "mine"
        await run(person, f"export {target}")
        await person.sees("replace it?")
        await person.press("y")
        await person.sees("written to")
        assert len(json.loads(target.read_bytes())) == 12_304
        for path, why in (
            (tmp_path / "x.doc", "its ending says how it is written: .csv .json .parquet .xlsx .md"),
            (tmp_path / "no/x.csv", "there is no folder"),
            (tmp_path / "x.parquet", "not written: the disk under the state folder is full"),
        ):
            await run(person, f"export {path}")
            await person.sees(why)
        locked = tmp_path / "locked"
        locked.mkdir()
        if os.access(locked, os.W_OK) and os.geteuid() != 0:
            locked.chmod(0o500)
            await run(person, f"export {locked / 'x.csv'}")
            await person.sees("not written: ")


async def test_an_export_tells_how_far_it_is_and_can_be_given_up(tmp_path: Path) -> None:
    async with console(tmp_path, 120, 30) as person:
        person.engine.table.exporting = 10**6
        await opened(person)
        target = tmp_path / "long.csv"
        await run(person, f"export {target}")
        await person.sees("long.csv: 0% made (X gives it up)")
        await person.press("j", "X")
        assert "long.csv is being written: give it up?  y / n" in person.text()
        await person.press("y")
        await person.sees("not written: it was given up")
        assert not target.exists()
        assert person.last(AskExported).drop
        await person.until(lambda: "long.csv: " not in person.text())


async def test_a_file_that_comes_meanwhile_stays(tmp_path: Path) -> None:
    async with console(tmp_path, 120, 30) as person:
        person.engine.table.exporting = 2
        await opened(person)
        target = tmp_path / "both.json"
        await run(person, f"export {target}")
        await person.sees("both.json: ")
        target.write_text("another's")
        await person.sees("a file of that name has come meanwhile")
        assert target.read_text() == "another's"
        assert not [path for path in tmp_path.iterdir() if path.name.endswith(".part")]
