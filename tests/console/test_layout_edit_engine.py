"""A layout edited on screen with a real engine behind it: the file, the journal, and a second person."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsconsole.console.engine_link import EngineLink
from opsconsole.console.program import Console
from opsconsole.console.views.overview import Overview
from opsconsole.engine.client import Client
from opsconsole.engine.messages import AskJournal, AskLayout, Command, Done, JournalPage, LayoutDraft, LayoutFile
from opsconsole.engine.place import find_place
from opsconsole.site import layout_edit
from opsconsole.site.layout_edit import At
from tests.console.harness import Session
from tests.engine_process import EngineProcess

SITE = """\
site: Small plant
timezone: UTC
every: 1s
sources:
  cycles: {files: data/*.csv, time: ts, settle: 1s}
kpis:
  pieces: {title: Pieces, source: cycles, value: sum(qty), by: [line], window: all}
"""
LAYOUT = """\
# The first thing in the morning.
rows:
  - height: 5   # lines
    panels:
      - kpi: pieces  # all lines
  # what is wrong
  - [{alerts: open}]
"""


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "plant"
    (folder / "data").mkdir(parents=True)
    (folder / "layouts").mkdir()
    (folder / "site.yaml").write_text(SITE)
    (folder / "layouts/overview.yaml").write_text(LAYOUT)
    (folder / "data/a.csv").write_text("ts,line,qty\n2026-06-24 06:00:00,1,50\n2026-06-24 07:00:00,2,20\n")
    return folder


async def test_from_the_key_to_the_file_and_the_journal(plant: Path) -> None:
    engine = EngineProcess(plant)
    engine.start()
    try:
        app = Console(EngineLink(find_place(plant), start=False))
        async with app.run_test(size=(80, 24)) as pilot:
            person = Session(None, app, pilot)  # type: ignore[arg-type]
            person.patience = 60
            await person.until(lambda: app.model.site is not None and app.model.site.settled, "the end of the scan")
            await at_the_keyboard(person, plant)
    finally:
        engine.end()


async def at_the_keyboard(person: Session, plant: Path) -> None:
    file = plant / "layouts/overview.yaml"
    await person.press("L")
    await person.sees(" EDIT  overview  alerts · row 2/2")
    await person.type(":add-panel bars pieces by line")
    await person.press("enter")
    await person.sees("┏━ bars pieces by line ━")
    await person.press("w")
    await person.sees("layout saved: layouts/overview.yaml")
    written = LAYOUT.replace("[{alerts: open}]", "[{alerts: open}, {bars: pieces, by: line}]")
    assert file.read_text() == written
    view = person.app.history.current
    assert isinstance(view, Overview)
    await person.until(lambda: view.ctx.model.layouts()[0] == view.layout, "the engine to read its file")
    await person.until(lambda: ("pieces", "line") in person.app.model.breakdowns, "its figures")
    await person.until(lambda: "█" in person.text(), "a bar")

    await person.press("L")
    await person.sees(" EDIT  overview  bars pieces by line")
    other = await Client.connect(find_place(plant))
    theirs = await other.ask(AskLayout("overview"))
    assert isinstance(theirs, LayoutFile)
    higher = layout_edit.with_height(theirs.layout, At(0, 0), 7)
    done = await other.ask(Command("save-layout", layout=LayoutDraft(higher), digest=theirs.digest))
    assert isinstance(done, Done)
    assert done.applied == ["overview"]
    await person.press("H", "w")
    await person.sees("not saved: overview.yaml:3 has changed meanwhile · o shows it")
    assert file.read_text() == written.replace("height: 5", "height: 7")
    await person.press("o")
    await person.sees(" THE FILE NOW  overview")
    await person.press("o", "w")
    await person.sees("layout saved: layouts/overview.yaml")
    assert file.read_text() == LAYOUT.replace("[{alerts: open}]", "[{bars: pieces, by: line}, {alerts: open}]")

    page = await other.ask(AskJournal(kinds=("site",)))
    assert isinstance(page, JournalPage)
    saved = [event for event in page.events if event.what == "layout saved"]
    assert [(event.before, event.after) for event in saved][-1] == ("2 rows, 2 panels", "2 rows, 3 panels")
    assert len(saved) == 3
    await other.close()
