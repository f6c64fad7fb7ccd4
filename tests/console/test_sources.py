"""Sources, how a file is read, and quarantine on the screen: what a person sees and does there."""

from __future__ import annotations

import csv
from pathlib import Path

from msgspec.structs import replace

from opsconsole.engine.messages import AskQuarantine, Changes, Command, SourceState
from tests.console import canned, cannedtable
from tests.console.harness import console


async def test_the_source_under_the_cursor_is_told_in_full(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("8")
        await person.sees("81 221 records = 81 220 rows + 1 rejected · 1 cell set aside")
        await person.sees("changed: new column `shift` from 2026-06-24.csv")
        await person.press("down", "down")
        await person.sees("waits: quality/new.xlsx: not a whole workbook yet, next try 10:54")


async def test_progress_comes_and_goes_by_itself(tmp_path: Path) -> None:
    async with console(tmp_path, 160, 50) as person:
        await person.press("8")
        await person.sees("5.6 MB")
        source = canned.sources()[0]
        person.engine.change(Changes(sources=[replace(source, progress=canned.READING)]))
        await person.sees("reading 62 % · 362 of 580 MB · 3 of 100 files · 6 200 000 rows · 410 000 rows/s · 9 s left")
        assert "62 % · 9 s left" in person.row("▸ ●")
        person.engine.change(Changes(sources=[source]))
        await person.until(lambda: "62 %" not in person.text())


async def test_how_a_file_is_read_and_its_yaml_to_copy(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("8", "enter")
        await person.sees("cycles/broken.csv")
        await person.press("i")
        await person.sees("cycles/broken.csv · source cycles")
        await person.sees("ts: the day is assumed to come first")
        assert "\x1b" not in person.text()
        assert person.app.history.current.copied() == canned.explained("", "").yaml
        await person.press("Q")
        await person.sees("Quarantine cycles file cycles/broken.csv")


async def test_quarantine_is_loaded_as_the_cursor_goes_down(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("8", "Q")
        await person.sees(f"200 of {canned.MANY} records loaded")
        await person.press("G")
        await person.sees(f"400 of {canned.MANY} records loaded")
        await person.press("G")
        await person.sees(f"{canned.MANY} records")
        await person.until(lambda: person.app.history.current.pane.index < canned.MANY)  # type: ignore[union-attr]
        asked = [ask for ask in person.engine.asked if isinstance(ask, AskQuarantine) and not ask.grouped]
        assert [ask.after for ask in asked] == [None, [200], [400]]
        await person.press("/")
        await person.type("fields")
        await person.sees("filter among these: fields, 1 match")


async def test_from_a_reason_to_its_records_to_the_raw_line_and_back(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("8", "Q")
        await person.sees("records loaded")
        await person.press("b")
        await person.sees("449 cycles")
        await person.press("enter")
        await person.sees("Quarantine cycles reason not a number column qty")
        await person.sees("2 records")
        await person.press("enter")
        await person.sees("did not fit: qty: 08:41;line 2;weld;K2;vier")
        await person.press("escape", "escape")
        await person.sees("450 records by reason")


async def test_export_writes_all_of_it_and_never_over_a_file(tmp_path: Path) -> None:
    target = tmp_path / "bad rows.csv"
    async with console(tmp_path) as person:
        await person.press("8", "Q")
        await person.sees("records loaded")
        await person.press("X")
        await person.sees(":export quarantine-cycles.csv")
        await person.press("escape", ":")
        await person.type(f"export {target}")
        await person.press("enter")
        await person.sees(f"{canned.MANY} records written to")
        rows = list(csv.reader(target.open(encoding="utf-8")))
        assert rows[0] == ["source", "file", "line", "column", "reason", "raw"]
        assert len(rows) == canned.MANY + 1
        assert rows[3][5] == "'=vier 2", "what a spreadsheet would run is guarded"
        await person.press(":")
        await person.type(f"export {target}")
        await person.press("enter")
        await person.sees("a file of that name is there already")
        assert len(list(csv.reader(target.open(encoding="utf-8")))) == canned.MANY + 1


async def test_files_are_read_anew_by_key_and_by_command(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        await person.press("8", "enter")
        await person.sees("cycles/broken.csv")
        await person.press("R")
        await person.sees("read files anew: cycles/broken.csv")
        await person.press("escape", "R")
        await person.sees("read files anew: what had trouble in cycles")
        await person.press(":")
        await person.type("retry orders a.csv 'b c.csv'")
        await person.press("enter")
        await person.sees("read files anew: a.csv, b c.csv")
        told = [(ask.source, ask.files) for ask in person.engine.asked if isinstance(ask, Command)]
        assert told == [("cycles", ["cycles/broken.csv"]), ("cycles", []), ("orders", ["a.csv", "b c.csv"])]


async def test_a_cell_that_did_not_fit_is_shown_raw_in_its_place(tmp_path: Path) -> None:
    async with console(tmp_path, 120, 30) as person:
        await person.press("5", "enter")
        await person.sees("vier␛[2J")
        await person.sees("1 cell did not fit: shown raw")
        assert "warning" in person.styles("vier␛[2J")
        for _ in range(5):
            await person.press("down")
        for _ in range(4):
            await person.press("right")
        assert person.app.history.current.copied() == "vier\x1b[2J"


async def test_a_row_about_a_source_leads_to_its_files(tmp_path: Path) -> None:
    async with console(tmp_path) as person:
        row = cannedtable.Row(("cycles", 2.5), "", 1)
        person.engine.table = cannedtable.CannedTable(
            "health", ["source", "rejected_share"], ["VARCHAR", "DOUBLE"], [row]
        )
        await person.press(":")
        await person.type("rows source health")
        await person.press("enter")
        await person.sees("2.5")
        await person.press("enter")
        await person.sees("Machine cycles")
        assert str(person.app.history.current.address) == "source cycles"


async def test_a_derived_source_leads_to_those_it_is_made_of(tmp_path: Path) -> None:
    made = SourceState(
        "busy", "Busy machines", "stale", time="begun", note="Orders: nothing for 2 h", made_of=["cycles", "orders"]
    )
    async with console(tmp_path) as person:
        names = [source.name for source in canned.sources()]
        person.engine.change(Changes(sources=[made], source_order=["busy", *names]))
        await person.press("8")
        await person.sees("Busy machines")
        await person.press("g", "g")
        await person.sees("made of cycles, orders: a view of their rows, without files of its own")
        await person.press("enter")
        await person.sees("Made of")
        await person.sees("Orders: nothing for 2 h")
        assert "Quarantine" not in person.text()
        await person.press("down", "enter")
        await person.until(lambda: person.app.history.current.address.name == "orders")
        note = "computed from cycles, orders: a row stands in no single line of a file"
        person.engine.table = cannedtable.CannedTable("busy", ["n"], ["BIGINT"], [cannedtable.Row((7,), "", 0)])
        person.engine.table.note = note
        await person.press(":")
        await person.type("rows source busy")
        await person.press("enter")
        await person.sees("computed from cycles, orders")
        await person.press("enter")
        await person.until(lambda: person.app.history.current.address.name == "busy", "the source, as there is no line")
        await person.sees("Made of")
