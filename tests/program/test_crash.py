"""kill -9 at any moment: what was acknowledged stays, what began meanwhile is found, nothing is announced twice.

A real engine follows real files. People (clients on its socket) acknowledge, assign and shelve; it is killed with
commands under way, and while it is down more goes wrong. In the end the journal has all that people were told.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from opsconsole.engine.client import EngineGoneError
from opsconsole.engine.messages import Answer, Command, Done, Target
from opsconsole.journal.audit import verify
from tests.engine_process import EngineProcess, Watcher, stamp

SITE = """\
site: Crash
timezone: UTC
every: 1s
alert_from: all
sources:
  events: {files: data/*.csv, time: ts, settle: 1s}
rules:
  wrong: {source: events, rows: bad = 1, within: 20d, by: line, title: "{line} is wrong"}
"""
COMMANDS = {"ack": "acknowledged", "assign": "assigned", "shelve": "shelved", "comment": "commented"}
ROUNDS = 3


class Plant:
    """The files and what people were told. `told`: (what, alert) of each command whose Done arrived."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "data/a.csv"
        self.file.parent.mkdir(parents=True)
        (folder / "site.yaml").write_text(SITE)
        self.file.write_text("ts,line,bad\n")
        self.lines: list[str] = []
        self.told: list[tuple[str, str]] = []
        self.shown: dict[str, set[str]] = {}

    def goes_wrong(self) -> str:
        """One more line goes wrong; the id of its alert."""
        line = f"l{len(self.lines)}"
        with self.file.open("a") as file:
            file.write(f"{stamp()},{line},1\n")
        self.lines.append(f"wrong{{line={line}}}")
        return self.lines[-1]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EngineProcess]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    found = EngineProcess(tmp_path / "plant")
    yield found
    found.end()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_journal_has_what_people_were_told(engine: EngineProcess, seed: int) -> None:
    chance = random.Random(seed)
    plant = Plant(engine.folder)
    for _ in range(3):
        plant.goes_wrong()
    for _ in range(ROUNDS):
        engine.start()
        asyncio.run(asyncio.wait_for(work(engine, plant, chance), 120))
        plant.goes_wrong()  # nobody looks
        check(engine, plant)
    engine.start()
    asyncio.run(asyncio.wait_for(found_again(engine, plant), 120))
    engine.end()
    check(engine, plant)
    raised = Counter(object_ for what, object_ in records(engine) if what == "raised")
    assert raised == Counter(plant.lines)  # each once, also those that began while nobody looked


async def found_again(engine: EngineProcess, plant: Plant) -> Watcher:
    """Connect, and wait until all that is wrong is shown."""
    watcher = await Watcher.connect(engine.place)
    before = {alert: state for alert, state in acknowledged(plant).items() if alert in watcher.alerts}
    assert {alert: watcher.alerts[alert].beneath for alert in before} == before
    while not set(plant.lines) <= set(watcher.alerts):
        await watcher.next()
    return watcher


def acknowledged(plant: Plant) -> dict[str, str]:
    return {alert: "ACK" for what, alert in plant.told if what == "ack"}


async def work(engine: EngineProcess, plant: Plant, chance: random.Random) -> None:
    """People at work, until the engine is killed under them."""
    watcher = await found_again(engine, plant)
    doing = []
    for number in range(chance.randint(3, 8)):
        alerts = chance.sample(sorted(watcher.alerts), min(2, len(watcher.alerts)))
        name = chance.choice(sorted(COMMANDS))
        command = Command(
            name,
            [Target(alert, watcher.alerts[alert].version) for alert in alerts],
            text="because",
            to=f"person {number}",
            until=watcher.snapshot.site.at + 900 if name == "shelve" else None,
        )
        asked = asyncio.create_task(watcher.client.ask(command))
        if chance.random() < 0.7:
            note(plant, name, await asked)
        else:
            doing.append((name, asked))
        if chance.random() < 0.3:
            plant.goes_wrong()
    await asyncio.sleep(chance.random() * 0.02)  # somewhere within what is under way
    engine.kill()
    for name, asked in doing:
        with contextlib.suppress(EngineGoneError):
            note(plant, name, await asked)
    with contextlib.suppress(StopAsyncIteration):
        while True:  # what was pushed before the end
            await watcher.next()
    for alert, states in watcher.seen.items():
        plant.shown.setdefault(alert, set()).update(states)
    await watcher.client.close()


def note(plant: Plant, name: str, done: Answer) -> None:
    assert isinstance(done, Done)
    plant.told += [(name, alert) for alert in done.applied]


def records(engine: EngineProcess) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(engine.place.journal)) as connection:
        return connection.execute("SELECT what, object FROM journal WHERE kind = 'alert' ORDER BY seq").fetchall()


def check(engine: EngineProcess, plant: Plant) -> None:
    """All that people were told, and all that they were shown, is in the journal, and its chain holds."""
    written = Counter(records(engine))
    told = Counter((COMMANDS[name], alert) for name, alert in plant.told)
    assert not told - written
    for alert, states in plant.shown.items():
        for state, what in (("ACK", "acknowledged"), ("SHELVED", "shelved")):
            assert state not in states or written[what, alert], (alert, state)
    assert verify(engine.place.journal).broken is None
