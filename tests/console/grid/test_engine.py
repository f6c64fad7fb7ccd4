"""A console on a real engine with a table of some size: what a person sees is what is in the files."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from pathlib import Path

import pytest
from textual import events

from opsconsole.console.engine_link import EngineLink
from opsconsole.console.program import Console
from opsconsole.engine.place import find_place
from tests.console.harness import Session
from tests.engine_process import EngineProcess

ROWS = 100_000
SITE = """\
site: Small plant
timezone: Europe/Berlin
every: 1s
sources:
  cycles:
    files: data/*.csv
    time: ts
    settle: 1s
    dimensions: [line]
"""
START = dt.datetime(2026, 6, 1)


def told(number: int) -> list[str]:
    """A row of the file: what it has follows from its number."""
    stamp = START + dt.timedelta(seconds=20 * number)
    qty = "" if number % 1000 == 7 else str(number * 7919 % 1013)
    return [stamp.isoformat(" "), f"{number % 4 + 1}", f"o-{number:06}", qty, f"{number % 97 / 8:.3f}"]


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "plant"
    (folder / "data").mkdir(parents=True)
    (folder / "site.yaml").write_text(SITE)
    with (folder / "data/a.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["ts", "line", "order", "qty", "cycle_s"])
        out.writerows(told(number) for number in range(ROWS))
    return folder


async def test_a_hundred_thousand_rows_at_the_keyboard(plant: Path) -> None:
    engine = EngineProcess(plant)
    engine.start()
    try:
        app = Console(EngineLink(find_place(plant), start=False))
        async with app.run_test(size=(100, 30)) as pilot:
            person = Session(None, app, pilot)  # type: ignore[arg-type]
            person.patience = 60
            await person.until(lambda: app.model.site is not None and app.model.site.settled, "the end of the scan")
            await at_the_keyboard(person, plant)
    finally:
        engine.end()


async def line(person: Session, text: str) -> None:
    await person.press(":")
    # at once: each key would be painted
    person.app.on_paste(events.Paste(text))
    await person.press("enter")


async def at_the_keyboard(person: Session, plant: Path) -> None:
    rows = [told(number) for number in range(ROWS)]
    await line(person, "rows source cycles")
    await person.sees("row 1 of 100 000 rows")
    await person.sees(f"▸ {rows[-1][0]}")
    await person.press("G")
    await person.sees(f"▸ {rows[0][0]}")
    await line(person, "jump 50000")
    await person.sees(f"▸ {rows[50_000][0]}")
    await line(person, "jump 2026-06-10 06:00")
    await person.sees("▸ 2026-06-10 06:00:00")
    # from here up and down over pages that are asked for by their neighbours
    grid = person.app.history.current.grid
    assert grid is not None
    at = grid.index
    for keys, moved in ((["pagedown"] * 30, 30), (["pageup"] * 60, -30)):
        for key in keys:
            person.app.press(key, None)
        await person.until(lambda: grid.current is not None, "the row")
        assert grid.index == at + moved * grid.height
        assert grid.current is not None
        assert grid.current.values[2] == rows[ROWS - 1 - grid.index][2]
    # sorted by a column, with the missing values last
    await line(person, "sort -qty order")
    wanted = sorted(rows, key=lambda row: (row[3] == "", -int(row[3] or 0), row[2]))
    await person.sees(wanted[0][2])
    await person.press("G")
    await person.until(lambda: grid.current is not None and grid.current.values[2] == wanted[-1][2], "the last row")
    await line(person, "jump 77777")
    await person.until(lambda: grid.current is not None and grid.current.values[2] == wanted[77_776][2], "that row")
    # filtered by what is under the cursor, by a prompt, by a condition
    await line(person, "sort off")
    await person.until(lambda: not grid.pages or not grid.pages.sort)
    await person.press("g", "right", "=")
    await person.sees("row 1 of 25 000 of 100 000 rows")
    await person.press("right", "right", "&")
    await person.type("900..")
    await person.press("enter")
    few = [row for row in rows if row[1] == rows[-1][1] and row[3] and int(row[3]) >= 900]
    shown = f"{len(few):,}".replace(",", " ")
    await person.sees(f"row 1 of {shown} of 100 000 rows")
    await person.press("|")
    await person.type("qty % 2 = 0 AND nix > 3")
    await person.press("enter")
    await person.sees("nix")
    await person.until(lambda: not grid.shape.expression, "what is refused is taken off again")
    # groups, and what is in one
    await line(person, "group by line sum qty, count")
    sums: dict[str, list[int]] = defaultdict(list)
    for row in few:
        sums[row[1]].append(int(row[3]))
    ((member, values),) = sums.items()
    await person.until(lambda: str(sum(values)) in person.text() and str(len(values)) in person.text(), "the sums")
    await person.press("enter")
    await person.sees(f"row 1 of {shown} of 100 000 rows")
    assert f"line = {member}" in person.text()
    # written as it is seen
    target = plant / "out.csv"
    await line(person, f"export {target} seen")
    await person.sees("written to")
    written = list(csv.DictReader(target.open(encoding="utf-8")))
    assert [row["order"] for row in written] == [row[2] for row in reversed(few)]
    # to the line of the file, and back
    await person.press("enter")
    await person.sees(few[-1][2])
    await person.press("escape")
    # what comes in
    await line(person, "rows source cycles")
    await person.sees("row 1 of 100 000 rows")
    await person.press("down", "down")
    stays = person.app.history.current.grid
    assert stays is not None
    key = stays.key
    with (plant / "data/a.csv").open("a", newline="") as file:
        csv.writer(file).writerows(told(number) for number in range(ROWS, ROWS + 50))
    await person.sees("newer data: r")
    assert stays.key == key
    await person.press("r")
    await person.sees("row 53 of 100 050 rows")
    assert stays.key == key
