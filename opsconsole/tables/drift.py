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

    def compare(
        self, entry: Entry, names: Sequence[str], added: Sequence[str], missing: Sequence[str], order: Sequence[str]
    ) -> None:
        """Note what a file's columns have more and less than the table's, which are `order`.

        A new column in the place of one that is missing is the same one under another name, as far as one can tell.
        """
        places = {name.lower(): place for place, name in enumerate(order)}
        renamed = {}
        for name in added:
            place = list(names).index(name)
            old = next((gone for gone in missing if places.get(gone.lower()) == place), None)
            if old is not None and len(names) == len(order):
                renamed[old] = name
        for name in added:
            if name not in renamed.values():
                self.note(entry, "added", name, "is new")
        for name in missing:
            if name in renamed:
                self.note(entry, "renamed", name, f"seems to be called {renamed[name]} now")
            else:
                self.note(entry, "missing", name, "is missing; it is empty in the rows of this file")
