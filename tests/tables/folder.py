"""A watched folder with a real store and a real feed, and a comparison with a fresh read of the same files."""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from opsconsole.site.model import Source
from opsconsole.tables import touched
from opsconsole.tables.columns import schemas
from opsconsole.tables.feed import Feed
from opsconsole.tables.names import ident
from opsconsole.tables.records import FileInfo
from opsconsole.tables.store import Store

SETTLE = 0.15
Days = dict[tuple[str, tuple[str, ...], Any], tuple[int, int]]
"""(source, its columns, UTC date) -> rows, and a sum over them that tells of any change."""


class Folder:
    """`root/in` is watched, the database is `root/state/tables.duckdb`."""

    def __init__(
        self,
        root: Path,
        *sources: Source,
        timezone: str = "UTC",
        state: str = "state",
        disk: int | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.disk, self.now = disk, now
        self.state = state
        self.root = root
        self.place = root / "in"
        self.place.mkdir(parents=True, exist_ok=True)
        self.sources = {source.name: source for source in sources or (Source("t", ("in/*.csv",)),)}
        self.sources = {
            name: msgspec.structs.replace(source, settle=SETTLE) if source.settle == 10.0 else source
            for name, source in self.sources.items()
        }
        self.timezone = timezone
        self._seen: tuple[int, Days] = (0, {})
        self._read: tuple[object, dict[str, Counter[tuple[Any, ...]]]] | None = None
        self.store: Store
        self.feed: Feed
        self.open()

    def open(self) -> None:
        """Open the store and start the feed."""
        if not (self.root / self.state / "tables.duckdb").exists():
            self._seen = (0, {})
        self.store = Store.open(self.root / self.state / "tables.duckdb")
        self.feed = Feed(self.store, self.root, self.sources, self.timezone, lambda: None, self.disk, self.now)
        self.feed.start()

    def close(self) -> None:
        """Stop both."""
        self.feed.stop()
        self.store.close()

    def settle(self) -> None:
        """Scan everything and wait until it is dealt with."""
        self.feed.poke()
        assert self.feed.wait_settled(60), self.feed.problem or list(self.store.files())
        try:
            self._check_touched()
        except duckdb.IOException:  # the file is damaged: what becomes of that is not asked here
            self._seen = (0, {})

    def _check_touched(self) -> None:
        """Days whose rows are others than at the last settling have been touched since, so the ledger says."""
        with contextlib.closing(self.store.cursor()) as cursor:
            cursor.execute("BEGIN TRANSACTION READ ONLY")
            version, days = touched.version(cursor), _days(cursor)
            since, before = self._seen
            self._seen = version, days
            if version < since or self.store.rebuilt:
                return  # the database is a new one
            sources = {source: columns for source, columns, _ in days}
            earlier = {source: columns for source, columns, _ in before}
            for source, columns, day in {*before, *days}:
                key = (source, columns, day)
                if before.get(key) == days.get(key):
                    continue
                if sources.get(source, columns) != columns or earlier.get(source, columns) != columns:
                    continue  # a table that has other columns now cannot be compared so
                found = cursor.execute(
                    "SELECT count(*) FROM _ops.touched WHERE source = $1 AND version > $2 AND CASE WHEN $3 IS NULL"
                    " THEN first IS NULL OR isinf(last) ELSE $3 BETWEEN CAST(first AS DATE) AND CAST(last AS DATE) END",
                    [source, since, day],
                ).fetchone()
                assert found is not None
                assert found[0], (key, since, before.get(key), days.get(key))

    def write(self, name: str, content: str | bytes) -> Path:
        """Make or overwrite a file, as a plain writer does."""
        path = self.place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def append(self, name: str, content: str | bytes) -> Path:
        """Append to a file."""
        path = self.place / name
        with path.open("ab") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
        return path

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with contextlib.closing(self.store.cursor()) as cursor:
            return cursor.execute(sql).fetchall()

    def rows(self, source: str = "t", columns: str = "*") -> list[tuple[Any, ...]]:
        """Rows of a source by file and line, without the engine's own columns."""
        if source not in self.store.schemas():
            return []
        chosen = "* EXCLUDE (_file, _line, _time)" if columns == "*" else columns
        return self.query(
            f"SELECT {chosen} FROM (SELECT t.*, f.path AS _path FROM {ident(source)} t JOIN _ops.files f"
            " ON f.id = t._file) ORDER BY _path, _line".replace("EXCLUDE (", "EXCLUDE (_path, ")
        )

    def file(self, name: str) -> FileInfo:
        """The ledger's line for a file."""
        return next(file for file in self.store.files() if file.path == f"in/{name}")

    def contents(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """Per source every row (its filled fields, file and line), and every quarantined record."""
        result: dict[str, Counter[tuple[Any, ...]]] = {}
        for source, columns in self.store.schemas().items():
            # by their names as SQL sees them: whose spelling came first matters not
            names = sorted((name for name in columns if name != "_file"), key=str.lower)
            listed = ", ".join(f"CAST({ident(name)} AS VARCHAR)" for name in names)
            rows = self.query(
                f"SELECT _path, {listed} FROM {ident(source)} t"
                " LEFT JOIN (SELECT id AS _id, path AS _path FROM _ops.files) f ON f._id = t._file"
            )
            if rows:
                fields = ["", *(name.lower() for name in names)]
                result[source] = Counter(
                    tuple([(n, v) for n, v in zip(fields, row, strict=True) if v is not None]) for row in rows
                )
        aside, _ = self.store.quarantine(limit=1_000_000)
        result["quarantine"] = Counter((r.source, r.file, r.line, r.column, r.reason, r.raw) for r in aside)
        return result

    def _files(self) -> dict[Path, tuple[int, bytes]]:
        """The files in `place`, which has no links, with when they were written and what they hold."""
        found = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in self.place.rglob("*") if path.is_file()}
        return {path: (written, hashlib.sha256(data).digest()) for path, (written, data) in found.items()}

    def _fresh(self) -> dict[str, Counter[tuple[Any, ...]]]:
        """What a fresh read of the files gives."""
        fresh = Folder(self.root, *self.sources.values(), timezone=self.timezone, state="fresh")
        try:
            fresh.settle()
            return fresh.contents()
        finally:
            fresh.close()
            shutil.rmtree(self.root / "fresh")

    def check_fresh(self, patience: float = 0.0, *, remember: bool = False) -> None:
        """The table must be what a fresh read of the files gives, and the ledger's counts must add up.

        `patience`: seconds within which it must become so; a table is not made anew at every whim of its files.
        `remember`: what was read is kept for as long as each file in `place` is the same, its bytes and its time.
        """
        files = self._files() if remember else None
        if files is None or self._read is None or self._read[0] != files:
            self._read = files, self._fresh()
        expected = self._read[1]
        end = time.monotonic() + patience
        found = self.contents()
        while found != expected and time.monotonic() < end:
            self.settle()
            found = self.contents()
        assert found == expected
        totals = self.store.totals()
        for source in self.store.schemas():
            count = self.query(f"SELECT count(*) FROM {ident(source)}")[0][0]
            assert count == (totals[source].rows if source in totals else 0)


def _days(cursor: Any) -> Days:
    found: Days = {}
    for source, columns in schemas(cursor).items():
        listed = ", ".join(map(ident, sorted(columns)))
        query = f"SELECT CAST(_time AS DATE), count(*), sum(hash({listed})) FROM {ident(source)} GROUP BY 1"
        kinds = tuple(f"{name} {kind}" for name, kind in sorted(columns.items()))
        found |= {(source, kinds, day): (rows, check) for day, rows, check in cursor.execute(query).fetchall()}
    return found


@contextlib.contextmanager
def folder(root: Path, *sources: Source, timezone: str = "UTC") -> Iterator[Folder]:
    """A folder that is closed at the end."""
    made = Folder(root, *sources, timezone=timezone)
    try:
        yield made
    finally:
        made.close()
