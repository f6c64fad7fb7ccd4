"""The condition of the sources beside their totals: what holds files up, what changed in them, what is being read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec
from duckdb import DuckDBPyConnection
from msgspec import Struct

from opsconsole.engine import telling
from opsconsole.engine.source_messages import Progress
from opsconsole.tables import health, records


class Condition(Struct, frozen=True):
    """What is known of one source at one moment."""

    trouble: str = ""
    retry_at: float | None = None
    drift: int = 0
    drifted: str = ""
    noted: float = 0.0
    progress: Progress | None = None


class Conditions:
    """Asked for at every evaluation, looked up where the tables have moved on or a minute has passed."""

    def __init__(self) -> None:
        self._key: tuple[int, int] | None = None
        self._troubles: dict[str, health.Trouble] = {}
        self._drifted: dict[str, tuple[int, records.Drift]] = {}

    def look(
        self,
        cursor: DuckDBPyConnection,
        version: int,
        wall: float,
        working: Iterable[records.Progress],
        folders: Mapping[str, str],
    ) -> dict[str, Condition]:
        """By source; those without anything to tell are absent. `folders`: what is wrong with those of a source.

        Raises duckdb.Error.
        """
        key = (version, int(wall // 60))
        if key != self._key:
            self._troubles = health.troubles(cursor)
            self._drifted = health.drifted(cursor, wall - health.DRIFT_WITHIN)
            self._key = key
        progress = {each.source: msgspec.convert(each, Progress, from_attributes=True) for each in working}
        names = {*self._troubles, *self._drifted, *progress, *folders}
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
            progress=progress.get(name),
        )
