"""Looking for records: the newest first, by words, kind, object, person and time, in pages by number.

A scan from the newest record on ends as soon as a page is full; that of one kind, object or stretch of time goes by
the index. Both read by a connection of their own, so that whoever writes is not in the way.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from opsconsole.journal.file import SELECT, reading
from opsconsole.journal.record import Record, Row, iso, record_of

SOUGHT = ("object", "actor", "text", "reason", "what", "kind", "origin")
"""The columns that words are sought in."""

FEW = 5_000
"""So many records of some kinds, or of an object, are found by the index and sorted; of more the newest are scanned."""


class Wanted(Struct, frozen=True):
    """Which records. `words`: all of them, in any of the columns `SOUGHT`, capitals or not; `!word`: without.

    `people`: only what people did. `since` and `until` are site time in seconds since the epoch, both included.
    `before`: with a smaller number only.
    """

    words: str = ""
    kinds: tuple[str, ...] = ()
    object: str = ""
    actor: str = ""
    people: bool = False
    since: float | None = None
    until: float | None = None
    before: int | None = None
    limit: int = 200


def search(path: Path, wanted: Wanted) -> tuple[list[Record], bool]:
    """The newest records that are wanted, and whether there are older ones. From any thread. Raises JournalError."""
    with reading(path) as connection:
        where, values = _where(connection, wanted)
        rows = connection.execute(
            f"{SELECT}{where} ORDER BY seq DESC LIMIT {max(1, wanted.limit) + 1}", values
        ).fetchall()
    return [record_of(row) for row in rows[: wanted.limit]], len(rows) > wanted.limit


def _where(connection: sqlite3.Connection, wanted: Wanted) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []

    def add(condition: str, *given: Any) -> None:
        conditions.append(condition)
        values.extend(given)

    kinds = wanted.kinds or (tuple(_kinds(connection)) if wanted.object else ())
    if kinds:
        among = f"kind IN ({', '.join('?' * len(kinds))})" + (" AND object = ?" if wanted.object else "")
        given = [*kinds, *([wanted.object] if wanted.object else [])]
        count = f"SELECT count(*) FROM (SELECT 1 FROM journal WHERE {among} LIMIT {FEW})"
        few = connection.execute(count, given).fetchone()[0] < FEW
        add(f"seq IN (SELECT seq FROM journal WHERE {among})" if few else among.replace("kind", "+kind", 1), *given)
    if wanted.before is not None:
        add("seq < ?", wanted.before)
    for moment, sign, end in ((wanted.since, ">=", "min"), (wanted.until, "<=", "max")):
        if moment is None:
            continue
        text = iso(dt.datetime.fromtimestamp(moment, dt.UTC))
        # site time may have jumped back: the numbers that such a record can have are narrowed, then each is looked at
        (edge,) = connection.execute(f"SELECT {end}(seq) FROM journal WHERE site_time {sign} ?", (text,)).fetchone()
        add(f"seq {sign} ?", edge)  # none: no record is meant
        add(f"+site_time {sign} ?", text)
    if wanted.people:
        add("uid IS NOT NULL")
    if wanted.actor:
        add("actor = ?", wanted.actor)
    for word in wanted.words.split():
        without = len(word) > 1 and word[0] == "!"
        condition, given = _has(connection, word[1:] if without else word)
        add(f"NOT {condition}" if without else condition, *given)
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), values


def _has(connection: sqlite3.Connection, word: str) -> tuple[str, list[str]]:
    """The condition that a word is there. SQLite takes only the letters of ASCII for the same in capitals."""
    if word.isascii():
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        each = [f"{column} LIKE ? ESCAPE '\\'" for column in SOUGHT]
        return f"({' OR '.join(each)})", [f"%{escaped}%"] * len(SOUGHT)
    connection.create_function("folded", 1, str.casefold, deterministic=True)
    whole = " || ' ' || ".join(SOUGHT)
    return f"instr(folded({whole}), ?) > 0", [word.casefold()]


def _kinds(connection: sqlite3.Connection) -> list[str]:
    """The kinds there are, each by one step in the index."""
    found: list[str] = []
    last = ""
    while row := connection.execute("SELECT min(kind) FROM journal WHERE kind > ?", (last,)).fetchone():
        if row[0] is None:
            break
        last = row[0]
        found.append(last)
    return found


def changes(path: Path, what: Sequence[str], since: float, until: float) -> Iterator[tuple[str, str, str]]:
    """The changes of alerts of some kinds in a stretch of site time, as (alert, what, site time), the oldest first.

    Raises JournalError.
    """
    first, last = (iso(dt.datetime.fromtimestamp(moment, dt.UTC)) for moment in (since, until))
    with reading(path) as connection:
        yield from connection.execute(
            "SELECT object, what, site_time FROM journal WHERE +kind = 'alert' AND site_time BETWEEN ? AND ? "
            f"AND what IN ({', '.join('?' * len(what))}) ORDER BY seq",
            (first, last, *what),
        )


def rows_after(
    path: Path, last: tuple[int, str] | None, columns: Sequence[str], chunk: int
) -> Iterator[tuple[list[Row], bool]]:
    """The rows behind the record with a number and hash, in chunks, the oldest first, each with whether it begins anew.

    They begin anew, with the first of all, where none is given or the journal has another record there. `columns` are
    names, or expressions of SQLite; the last is to be the hash. Raises JournalError.
    """
    with reading(path) as connection:
        known = connection.execute("SELECT seq, hash FROM journal WHERE seq = ?", (last[0] if last else 0,)).fetchone()
        anew = last is None or known != last
        rows = connection.execute(
            f"SELECT {', '.join(columns)} FROM journal WHERE seq > ? ORDER BY seq",
            (0 if anew or not last else last[0],),
        )
        while True:
            some = rows.fetchmany(chunk)
            if some or anew:
                yield some, anew
            anew = False
            if len(some) < chunk:
                return
