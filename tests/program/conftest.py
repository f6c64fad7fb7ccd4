from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from opsconsole.engine.client import Client, EngineGoneError
from opsconsole.engine.messages import AskStatus, EngineStatus
from opsconsole.engine.place import Place, find_place
from opsconsole.engine.reach import stop_engine
from tests.engine_process import EngineProcess
from tests.terminal import Terminal
from tests.waiting import until

PROGRAM = (sys.executable, "-m", "opsconsole")

SITE = """\
site: Small plant
timezone: UTC
every: 1s
sources:
  cycles:
    files: data/*.csv
    time: ts
    settle: 1s
    dimensions: [line]
kpis:
  pieces:
    title: Pieces
    source: cycles
    value: sum(qty)
    unit: pcs
    better: higher
    window: all
    by: [line]
  scrap:
    title: Scrap ratio
    source: cycles
    value: 100 * sum(scrap) / sum(qty)
    unit: "%"
    better: lower
    window: all
    target: 2
    warning: 3
    critical: 20
    by: [line]
"""
HEADER = "ts,line,qty,scrap\n"
ROWS = "2026-06-24 06:00:00,1,50,1\n2026-06-24 06:01:00,2,50,4\n"


class SiteFolder:
    """A site on disk, and the program on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env: dict[str, str] = {}
        (folder / "data").mkdir(parents=True)
        (folder / "site.yaml").write_text(SITE)
        (folder / "data/a.csv").write_text(HEADER + ROWS)
        os.utime(folder / "data/a.csv", (time.time() - 60,) * 2)  # it has settled; nobody waits for it

    def append(self, text: str, name: str = "a.csv") -> None:
        with (self.folder / "data" / name).open("a") as file:
            file.write(text)

    def run(
        self, *words: str, timeout: float = 60, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """A headless command: `run("snapshot", "--json")`."""
        command, *rest = words
        return subprocess.run(
            [*PROGRAM, command, str(self.folder), *rest],
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **self.env, **(env or {})},
        )

    def json(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def terminal(self, *, columns: int = 80, rows: int = 24, env: Mapping[str, str] | None = None) -> Terminal:
        return Terminal([*PROGRAM, str(self.folder)], columns=columns, rows=rows, env={**self.env, **(env or {})})

    def engine_pid(self) -> int:
        """The pid of the running engine; waits for one that answers."""

        async def pid() -> int:
            try:
                client = await Client.connect(self.place)
            except (EngineGoneError, OSError):
                return 0
            try:
                status = await client.ask(AskStatus())
            except EngineGoneError:
                return 0
            finally:
                await client.close()
            assert isinstance(status, EngineStatus)
            return status.pid

        return until(lambda: asyncio.run(pid()), what="an engine that answers", every=0.05)

    @contextlib.contextmanager
    def engine(self) -> Iterator[None]:
        """An engine that stays, for several commands: each would start one of its own."""
        engine = EngineProcess(self.folder, self.env)
        try:
            engine.start()
            yield
        finally:
            engine.end()

    @property
    def place(self) -> Place:
        """Where the program looks for the engine of this site."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.env.items():
                patch.setenv(name, value)
            return find_place(self.folder)

    def stop(self) -> None:
        """What `opsconsole stop` does, without a Python started for it."""
        asyncio.run(asyncio.wait_for(stop_engine(self.place), 60))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SiteFolder]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    folder = SiteFolder(tmp_path / "plant")
    yield folder
    if (folder.folder / "site.yaml").exists():
        folder.stop()
        assert not folder.place.socket.exists()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SiteFolder]:
    """A site with an engine that stays, for all tests of a file that only ask."""
    base = tmp_path_factory.mktemp("running")
    folder = SiteFolder(base / "plant")
    folder.env = {"XDG_STATE_HOME": str(base / "state")}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SSH_CONNECTION", raising=False)
        patch.delenv("NO_COLOR", raising=False)
        with folder.engine():
            yield folder
