"""Changes of what the files of a source hold: columns that come, go, or change name or type. Each is noted once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from opsconsole.tables.ledger import Entry

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DriftKind = Literal["added", "missing", "renamed", "type", "refused"]


class Log:
    """Writes to `_ops.drift` in the feed's transaction."""

    def __init__(self, cursor: DuckDBPyConnection) -> None:
        self._cursor = cursor
        self._known: set[tuple[str, str, str]] = set()
        self._last: dict[str, tuple[str, ...]] = {}

    def load(self) -> None:
        """Read what was noted already."""
        rows = self._cursor.execute('SELECT DISTINCT source, kind, "column" FROM _ops.drift').fetchall()
        self._known = {(row[0], row[1], row[2]) for row in rows}

    def note(self, entry: Entry, kind: DriftKind, column: str, detail: str) -> None:
        """Note a change at the time at which the file changed, unless it was noted before."""
        what = (entry.source, kind, column or entry.shown)
        if what in self._known:
            return
        self._known.add(what)
        self._cursor.execute(
            "INSERT INTO _ops.drift VALUES (?, ?, ?, ?, ?, ?)",
            [entry.source, entry.mtime_ns / 1e9, entry.shown, kind, what[2] if column else "", detail],
        )

    def compare(self, entry: Entry, names: Sequence[str], added: Sequence[str]) -> None:
        """Note what a file's columns have more than the table (`added`), and less than the file before it.

        A new column in the place of one that is missing is the same one under another name, as far as one can tell.
        """
        before = self._last.get(entry.source, ())
        self._last[entry.source] = tuple(names)
        there = {name.lower() for name in names}
        missing = {place: name for place, name in enumerate(before) if name.lower() not in there}
        for name in added:
            old = missing.pop(list(names).index(name), None)
            if old is None:
                self.note(entry, "added", name, "is new")
            else:
                self.note(entry, "renamed", old, f"seems to be called {name} now")
        for name in missing.values():
            self.note(entry, "missing", name, "is missing; it is empty in the rows of this file")
