"""A real engine in a process of its own, for tests and benchmarks that talk to it, and kill it."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from opsconsole.engine.client import Client
from opsconsole.engine.messages import AlertState, Changes, Snapshot, Subscribe
from opsconsole.engine.place import Place, find_place
from tests.waiting import line_of


class EngineProcess:
    """`start` waits until it listens; `kill` is kill -9."""

    def __init__(self, folder: Path, env: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.env = {**os.environ, **(env or {})}
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> Place:
        return find_place(self.folder)

    def start(self, **options: Any) -> None:
        reading, writing = os.pipe()
        command = [sys.executable, "-m", "opsconsole.engine", "serve", str(self.folder), "--ready-fd", str(writing)]
        self.process = subprocess.Popen(
            command, env=self.env, pass_fds=(writing,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
        )
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as said:
            try:
                answer = line_of(said, what="that it is ready")
            except AssertionError as error:
                raise AssertionError(f"{error}; its log: {self.said()}") from None
        assert answer == "ready\n", f"{answer!r}; its log: {self.said()}"

    def said(self) -> str:
        """The end of its log."""
        log = self.place.log
        return log.read_text(errors="replace")[-3000:] if log.exists() else "there is none"

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


class Watcher:
    """A client that follows what the engine pushes: `alerts` as they are now, in `seen` all states they ever had."""

    def __init__(self, client: Client, snapshot: Snapshot) -> None:
        self.client = client
        self.alerts = {alert.id: alert for alert in snapshot.alerts}
        self.snapshot = snapshot
        self.counts = snapshot.counts
        self.notices = snapshot.notices
        self.sources = {source.name: source for source in snapshot.sources}
        self.seen: dict[str, set[str]] = {}
        self._note(snapshot.alerts)
        self._events = client.events()

    @classmethod
    async def connect(cls, place: Place, *, settled: bool = True) -> Watcher:
        client = await Client.connect(place)
        snapshot = await client.ask(Subscribe(settled=settled))
        assert isinstance(snapshot, Snapshot)
        return cls(client, snapshot)

    async def next(self) -> Changes:
        """What the engine pushes next."""
        event = await anext(self._events)
        assert isinstance(event, Changes)
        self.alerts.update((alert.id, alert) for alert in event.alerts)
        self._note(event.alerts)
        self.counts = event.counts or self.counts
        self.sources.update((source.name, source) for source in event.sources)
        self.notices = event.notices if event.notices is not None else self.notices
        for gone in event.alerts_gone:
            self.alerts.pop(gone, None)
        return event

    def _note(self, alerts: list[AlertState]) -> None:
        for alert in alerts:
            self.seen.setdefault(alert.id, set()).add(alert.state)


def stamp(later: float = 0.0) -> str:
    """So many seconds from now, as rows carry it (UTC)."""
    return (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=later)).strftime("%Y-%m-%d %H:%M:%S.%f")
