"""The condition of the sources beside their totals, and of the disk.

What holds files up, what changed in them, what is being read, which rows leave next.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

import msgspec
from duckdb import DuckDBPyConnection
from msgspec import Struct

from opsconsole.engine import telling
from opsconsole.engine.source_messages import Leaving, Progress
from opsconsole.site.model import Site
from opsconsole.tables import budget, health, records, retention
from opsconsole.tables.keyed import base_name
from opsconsole.tables.names import ident
from opsconsole.tables.store import Store


class Condition(Struct, frozen=True):
    """What is known of one source at one moment."""

    trouble: str = ""
    retry_at: float | None = None
    drift: int = 0
    drifted: str = ""
    noted: float = 0.0
    leaving: Leaving | None = None
    progress: Progress | None = None


class Conditions:
    """Asked for at every evaluation, looked up where the tables have moved on or a minute has passed.

    `disk`: what is to be said of the disk budget and of the room on its volume; looked up once a minute.
    """

    def __init__(self) -> None:
        self.disk = budget.Verdict()
        self._key: tuple[int, int] | None = None
        self._minute = -1
        self._troubles: dict[str, health.Trouble] = {}
        self._drifted: dict[str, tuple[int, records.Drift]] = {}
        self._leaving: dict[str, Leaving] = {}

    def look(
        self, store: Store, site: Site, wall: float, working: Iterable[records.Progress], folders: Mapping[str, str]
    ) -> dict[str, Condition]:
        """By source; those without anything to tell are absent. `folders`: what is wrong with those of a source.

        Raises duckdb.Error, and OSError where the place of the state is gone.
        """
        key = (store.data_version, int(wall // 60))
        if key != self._key:
            with contextlib.closing(store.cursor()) as cursor:
                self._troubles = health.troubles(cursor)
                self._drifted = health.drifted(cursor, wall - health.DRIFT_WITHIN)
                if key[1] != self._minute:
                    self._leaving = _leaving(cursor, store, site, wall)
                    self.disk = _disk(cursor, store, site)
                    self._minute = key[1]
            self._key = key
        progress = {each.source: msgspec.convert(each, Progress, from_attributes=True) for each in working}
        names = {*self._troubles, *self._drifted, *self._leaving, *progress, *folders}
        return {name: self._of(name, progress, folders.get(name, "")) for name in names}

    def _of(self, name: str, progress: Mapping[str, Progress], folder: str) -> Condition:
        trouble = self._troubles.get(name)
        many, latest = self._drifted.get(name, (0, None))
        return Condition(
            trouble=folder or (telling.trouble(trouble.path, trouble.reason, trouble.more) if trouble else ""),
            retry_at=trouble.retry_at if trouble and not folder else None,
            drift=many,
            drifted=telling.drifts(latest, many) if latest else "",
            noted=latest.noted if latest else 0.0,
            leaving=self._leaving.get(name),
            progress=progress.get(name),
        )


def _leaving(cursor: DuckDBPyConnection, store: Store, site: Site, wall: float) -> dict[str, Leaving]:
    """By source the rows that are too old at the next step of its retention; told before they go."""
    found = {}
    schemas = store.schemas() if any(source.retain is not None for source in site.sources.values()) else {}
    for name, source in site.sources.items():
        if source.retain is not None and name in schemas:
            zone = source.timezone or site.timezone
            leaving = retention.leaving(cursor, source, ident(name), zone, wall, list(schemas[name]))
            if leaving is not None and leaving.rows:
                found[name] = msgspec.convert(leaving, Leaving, from_attributes=True)
    return found


def _disk(cursor: DuckDBPyConnection, store: Store, site: Site) -> budget.Verdict:
    """What is to be said of the disk; who takes most of it is only looked up when there is a reason."""
    found = budget.usage(cursor, store.path)
    shares: dict[str, int] = {}
    if site.disk is not None and found.used >= budget.NOTICE * site.disk:
        shares = budget.shares(cursor, store.path, {name: _tables(name) for name in store.schemas()})
    return budget.judge(found, site.disk, shares, str(store.path.parent))


def _tables(source: str) -> list[str]:
    """The tables that hold rows of a source, as `duckdb_tables` names them."""
    return [source, base_name(source).partition(".")[2].strip('"')]
