"""Looking through the chain of a journal: where it is broken first, and what does not fit there.

A chain shows what was changed, taken out, put in or exchanged after it was written. It cannot show that its end was
cut off, nor that all of it was written anew: that takes a hash that was kept elsewhere (`head`, and `verify` with it).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from msgspec import Struct

from opsconsole.journal.file import SELECT, reading
from opsconsole.journal.record import FIRST_HASH, Row, digest

EVERY = 50_000
"""After so many records it is told how far it is."""


class Head(Struct, frozen=True):
    """The last record of a chain."""

    seq: int
    hash: str
    utc: str


class Break(Struct, frozen=True):
    """The first record that is not as it was written, or does not follow the one before; `why` is one sentence.

    `seq` is its number; of one that is missing, what is said of `utc`, `actor`, `kind` and `object` is of the record
    that stands in its place.
    """

    seq: int
    why: str
    utc: str
    actor: str
    kind: str
    what: str
    object: str


class Audit(Struct, frozen=True):
    """What came of a look: `records` that hold, the first and last moment of these, and the break if there is one.

    `head` is the last record that holds. `kept`: whether the hash that was kept elsewhere is in the chain; None: none
    was given.
    """

    records: int
    first: str
    last: str
    head: Head | None
    broken: Break | None
    kept: bool | None = None


def head(path: Path) -> Head | None:
    """The last record, to be kept elsewhere; None of an empty journal. Raises JournalError."""
    with reading(path) as connection:
        row = connection.execute("SELECT seq, hash, utc FROM journal ORDER BY seq DESC LIMIT 1").fetchone()
    return Head(*row) if row else None


def verify(path: Path, kept: str = "", told: Callable[[int, int], Any] = lambda _done, _of: None) -> Audit:
    """Look through a journal, record by record, beside an engine that writes or without one.

    `kept`: the hash of a record that was noted elsewhere, or `NUMBER:HASH`; it has to be in the chain, in that place.
    `told` is called with how many records of how many have been looked at. Raises JournalError.
    """
    number, _, wanted = kept.rpartition(":")
    prev, expected, first, last, found = FIRST_HASH, 1, "", "", False
    broken: Break | None = None
    with reading(path) as connection:
        most = connection.execute("SELECT max(seq) FROM journal").fetchone()[0] or 0
        for row in _rows(connection):
            why = _wrong(row, expected, prev)
            if why:
                broken = Break(expected, why, row[1], row[3], row[6], row[7], row[8])
                break
            first, last, prev = first or row[1], row[1], row[-1]
            found = found or (row[-1] == wanted and number in ("", str(row[0])))
            if expected % EVERY == 0:
                told(expected, most)
            expected += 1
    end = Head(expected - 1, prev, last) if expected > 1 else None
    return Audit(expected - 1, first, last, end, broken, found if kept else None)


def _rows(connection: sqlite3.Connection) -> Iterator[Row]:
    """The rows in order. What is no UTF-8 any more is a change like any other, and ends them."""
    at = 0
    try:
        for row in connection.execute(f"{SELECT} ORDER BY seq"):
            yield row
            at = row[0]
    except sqlite3.OperationalError as error:
        if "UTF-8" not in str(error):
            raise
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        yield connection.execute(f"{SELECT} WHERE seq > ? ORDER BY seq", (at,)).fetchone()


def _wrong(row: Row, expected: int, prev: str) -> str:
    """What does not fit at this row, in words; nothing where all does."""
    number = row[0]
    if number != expected:
        gone = "it is" if number == expected + 1 else f"it and all up to {number - 1} are"
        return f"{gone} missing: after record {expected - 1} comes {number}"
    if digest(row[:-1]) != row[-1]:
        return "what it says is not what was written: a field was changed afterwards, or it was exchanged"
    if row[-2] != prev:
        if number == 1:
            return "it does not begin the chain: what came before it was taken away, or the beginning was forged"
        return f"it does not follow record {number - 1}: one of the two was written anew or put in"
    return ""
