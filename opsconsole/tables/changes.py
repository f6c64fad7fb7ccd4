"""What one transaction changes in all keyed sources that it meets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from opsconsole.tables import touched
from opsconsole.tables.keyed import Change, Keyed, rebuild

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class Changes:
    """The changes of one transaction to all keyed sources; `definition` gives that of a source, None: it has no key."""

    def __init__(self, cursor: DuckDBPyConnection, definition: Callable[[str], Keyed | None]) -> None:
        self._cursor = cursor
        self._definition = definition
        self._begun: dict[str, Change] = {}
        self._moving: dict[str, list[int]] = {}

    def leaving(self, source: str, condition: str) -> None:
        """Rows of a source that meet a condition are about to be deleted from its base table. Raises duckdb.Error."""
        change = self._change(source)
        if change is not None:
            change.leaving(condition)

    def entering(self, entries: Iterable[tuple[str, int]]) -> None:
        """Ledger entries (source, id) are about to change. Raises duckdb.Error."""
        for source, number in entries:
            self._moving.setdefault(source, []).append(number)
        for source, ids in self._moving.items():
            change = self._change(source)
            if change is not None:
                change.moving(ids)

    def decide(self, added: Mapping[str, Mapping[int, int]]) -> dict[str, list[touched.Range]]:
        """Rows and ledger are as they shall be. `added`: source -> file -> first new line. Raises duckdb.Error.

        Gives the times of rows that left the visible tables, or are back in them; the new rows are not among them.
        """
        for source in {*self._begun, *added}:
            change, now = self._change(source), self._definition(source)
            if change is None or now is None:
                continue
            if change.keyed.key_columns != now.key_columns or change.keyed.latest_value != now.latest_value:
                rebuild(self._cursor, now)  # a column of the key was in no file until now
            else:
                change.decide(added.get(source, {}))
        return {source: change.touched for source, change in self._begun.items()}

    def _change(self, source: str) -> Change | None:
        if source not in self._begun:
            definition = self._definition(source)
            if definition is None or not definition.columns:
                return None
            self._begun[source] = Change(self._cursor, definition)
        return self._begun[source]
