"""What goes wrong under open alerts, through a real engine: each is visible, and nothing is cleared by missing data."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from opsconsole.engine.messages import AlertState
from tests.engine_process import EngineProcess, Watcher, stamp

SITE = """\
site: Bad input
timezone: UTC
every: 1s
alert_from: all
sources:
  events: {files: data/*.csv, time: ts, settle: 1s, columns: {note: text}}
  other: {files: other/*.csv, time: ts, settle: 1s}
rules:
  wrong: {source: events, rows: bad = 1, within: 20d, by: line}
  heavy: {source: events, rows: "cast(note as integer) > 5", within: 20d, by: line}
  apart: {source: other, rows: bad = 1, within: 20d, by: line}
"""
HEADER = "ts,line,bad,note\n"
WRONG, HEAVY, APART = "wrong{line=A}", "heavy{line=A}", "apart{line=A}"


class Plant(EngineProcess):
    def write(self, name: str, *rows: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEADER + "".join(f"{stamp(-60)},{row}\n" for row in rows))

    def site(self, *edits: tuple[str, str]) -> None:
        text = SITE
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        (self.folder / "site.yaml").write_text(text)


@pytest.fixture
def plant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Plant]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = Plant(tmp_path / "plant")
    found.write("data/a.csv", "A,1,9")
    found.write("other/a.csv", "A,1,9")
    found.site()
    found.start()
    yield found
    found.end()


def following(plant: Plant, work: Callable[[Watcher], Awaitable[None]]) -> None:
    async def bounded() -> None:
        watcher = await Watcher.connect(plant.place)
        await until(watcher, lambda: {WRONG, HEAVY, APART} <= set(watcher.alerts))
        await work(watcher)
        await watcher.client.close()

    asyncio.run(asyncio.wait_for(bounded(), 90))


async def until(watcher: Watcher, condition: Callable[[], bool]) -> None:
    while not condition():
        await watcher.next()


def is_(alert: AlertState | None, **expected: object) -> bool:
    return alert is not None and all(getattr(alert, name) == value for name, value in expected.items())


def test_a_rule_whose_sql_fails_on_the_data_says_so_and_clears_nothing(plant: Plant) -> None:
    async def work(watcher: Watcher) -> None:
        alerts = watcher.alerts
        plant.write("data/b.csv", "B,0,many")
        await until(watcher, lambda: "error:heavy" in alerts)
        await until(watcher, lambda: is_(alerts.get(HEAVY), state="UNACK", quality="error"))
        assert is_(alerts[WRONG], state="UNACK", quality="good")
        assert "many" in alerts["error:heavy"].text
        plant.write("data/b.csv", "B,0,6")
        await until(watcher, lambda: is_(alerts.get(HEAVY), quality="good"))
        await until(watcher, lambda: is_(alerts.get("heavy{line=B}"), state="UNACK"))
        await until(watcher, lambda: is_(alerts.get("error:heavy"), state="RTNUN"))

    following(plant, work)


def test_a_folder_that_is_gone_clears_nothing_and_is_told(plant: Plant) -> None:
    async def work(watcher: Watcher) -> None:
        alerts = watcher.alerts
        (plant.folder / "other").rename(plant.folder / "gone")
        plant.write("data/b.csv", "B,1,0")  # the rest goes on
        await until(watcher, lambda: "wrong{line=B}" in alerts)
        await until(watcher, lambda: is_(alerts.get(APART), state="UNACK", quality="stale"))
        assert watcher.sources["other"].trouble == "folder other is not there"
        (plant.folder / "gone").rename(plant.folder / "other")
        await until(watcher, lambda: is_(alerts.get(APART), state="UNACK", quality="good"))
        plant.write("other/b.csv", "B,1,0")
        await until(watcher, lambda: "apart{line=B}" in alerts)
        assert watcher.seen[APART] == {"UNACK"}

    following(plant, work)


def test_a_rule_that_is_edited_or_removed_under_its_open_alert(plant: Plant) -> None:
    async def work(watcher: Watcher) -> None:
        alerts = watcher.alerts
        plant.site(
            ("rows: bad = 1, within: 20d, by: line}\n  heavy", "rows: bad = 2, within: 20d, by: line}\n  heavy"),
            ('  heavy: {source: events, rows: "cast(note as integer) > 5", within: 20d, by: line}\n', ""),
            ("  apart: {source: other, rows: bad = 1, within: 20d, by: line}\n", ""),
        )
        await until(watcher, lambda: HEAVY not in alerts and APART not in alerts)
        await until(watcher, lambda: is_(alerts.get(WRONG), state="RTNUN"))
        plant.site()
        await until(watcher, lambda: is_(alerts.get(HEAVY), state="UNACK") and is_(alerts.get(WRONG), state="UNACK"))

    following(plant, work)
    with contextlib.closing(sqlite3.connect(plant.place.journal)) as journal:
        closed = journal.execute("SELECT object, what, reason FROM journal WHERE what = 'closed' ORDER BY object")
        assert closed.fetchall() == [(APART, "closed", "rule removed"), (HEAVY, "closed", "rule removed")]
