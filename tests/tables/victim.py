"""The child of the fault harness: a real store and feed that kill their own process at a chosen point, or are killed.

And what a database says, in a form that two of them can be compared by.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from opsconsole.site.model import Read, Source
from opsconsole.tables.feed import Feed
from opsconsole.tables.names import ident
from opsconsole.tables.store import Store

SETTLE = 0.05
POINTS = ("begun", "before ledger", "before commit", "after commit")
"""Where the child kills itself: in a transaction that has begun, before its ledger entry, before and after COMMIT."""
Sabotage = Literal["", "ledger apart", "inode"]


def sources() -> dict[str, Source]:
    """The sources of the site. `wild` holds what the oracle cannot follow; the others pin what it takes for granted."""
    pinned: Any = {"id": "text", "name": "text", "qty": "integer"}
    plain = Read(encoding="utf-8", delimiter=",", header=1)
    return {
        "t": Source("t", ("in/t/**/*.csv", "in/t/**/*.csv.gz"), columns=pinned, read=plain, settle=SETTLE),
        "lines": Source("lines", ("in/lines/*.ndjson",), columns=pinned, settle=SETTLE),
        "docs": Source("docs", ("in/docs/*.json",), columns=pinned, settle=SETTLE),
        "frames": Source("frames", ("in/frames/*.parquet",), columns=pinned, settle=SETTLE),
        "wild": Source("wild", ("in/wild/*.csv",), settle=SETTLE),
    }


@dataclass
class Dump:
    """All that a database says. A row is its filled fields by name; orphans are rows whose file the ledger lacks."""

    rows: Counter[tuple[str, str, int, tuple[tuple[str, str], ...]]] = field(default_factory=Counter)
    aside: Counter[tuple[str, str, int, str, str, str]] = field(default_factory=Counter)
    files: dict[tuple[str, str], tuple[str, int, int, int]] = field(default_factory=dict)
    orphans: int = 0
    rebuilt: str = ""


def dump(store: Store) -> Dump:
    """Everything in the tables, the quarantine and the ledger."""
    result = Dump(rebuilt=store.rebuilt)
    with contextlib.closing(store.cursor()) as cursor:
        for source, columns in store.schemas().items():
            names = sorted(name for name in columns if name not in ("_file", "_line"))
            listed = ", ".join(f"CAST(t.{ident(name)} AS VARCHAR)" for name in names)
            rows = cursor.execute(
                f"SELECT f.path, t._line, {listed} FROM {ident(source)} t"
                " LEFT JOIN _ops.files f ON f.id = t._file AND f.source = ?",
                [source],
            ).fetchall()
            for path, line, *values in rows:
                result.orphans += path is None
                filled = tuple((n, v) for n, v in zip(names, values, strict=True) if v is not None)
                result.rows[source, path or "", line, filled] += 1
        asides = cursor.execute(
            'SELECT q.source, f.path, q.line, q."column", q.reason, q.raw FROM _ops.quarantine q'
            " LEFT JOIN _ops.files f ON f.id = q.file AND f.source = q.source"
        ).fetchall()
        result.orphans += sum(1 for row in asides if row[1] is None)
        result.aside = Counter(tuple(row) for row in asides)
    for file in store.files():
        result.files[file.source, file.path] = (file.status, file.rows, file.rejected, file.expired)
    return result


class Cursor:
    """A cursor that kills its process when a transaction reaches a point for the n-th time, or tears it apart."""

    point = ""
    left = 0

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, query: str, *args: Any) -> Any:
        """Pass on; BEGIN, COMMIT and the ledger's INSERT are the points."""
        verb = query.strip().upper()
        if "INTO _OPS.FILES" in verb:
            self._reached("before ledger")
        elif verb.startswith("COMMIT"):
            self._reached("before commit")
        done = self._real.execute(query, *args)
        if verb.startswith("BEGIN"):
            self._reached("begun")
        elif verb.startswith("COMMIT"):
            self._reached("after commit")
        return done

    @classmethod
    def _reached(cls, point: str) -> None:
        if point == cls.point:
            cls.left -= 1
            if not cls.left:
                os.kill(os.getpid(), signal.SIGKILL)


def _sabotage(how: Sabotage) -> None:
    """Break what exactly-once rests on, so that the harness has something to see."""
    from opsconsole.tables import fingerprint, ledger

    if how == "ledger apart":
        put = ledger.put

        def apart(cursor: Any, entries: Any) -> None:
            cursor.execute("COMMIT")
            cursor.execute("BEGIN")
            put(cursor, entries)

        ledger.put = apart
    elif how == "inode":
        fingerprint.of_bytes = lambda data: "same"
        fingerprint.of_file = lambda fd, end, full=False: "same"


def child(root: Path, point: str, count: int, how: Sabotage) -> None:
    """Serve the files, and answer on the pipe: `settle FILE` waits until they are dealt with and dumps all."""
    Cursor.point, Cursor.left = point, count
    _sabotage(how)
    plain = Store.cursor
    Store.cursor = lambda self: Cursor(plain(self))  # type: ignore[method-assign, assignment, return-value]
    store = Store.open(root / "state" / "tables.duckdb")
    feed = Feed(store, root, sources(), "UTC", lambda: None)
    feed.start()
    print("started", flush=True)
    try:
        for line in sys.stdin:
            feed.poke()
            if feed.wait_settled(60):
                Path(line.strip()).write_bytes(pickle.dumps(dump(store)))
                print("settled", flush=True)
            else:
                print(f"never settled: {feed.problem}", flush=True)
    finally:
        feed.stop()
        store.close()
