"""What is recorded, as plain values, and the chain that its records form.

The hash of a record is the SHA-256 of the JSON array of all its other columns as they are stored, that of the record
before among them, in UTF-8 without blanks: whoever has the file can work it out without this program.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import msgspec
from msgspec import Struct

FIRST_HASH = "0" * 64
COLUMNS = (
    *("seq", "utc", "site_time", "actor", "uid", "origin", "kind", "what", "object", "text", "before", "after"),
    *("reason", "data", "prev_hash", "hash"),
)
"""The columns of the table, in the order in which they are hashed; the hash itself is the last."""

Row = tuple[Any, ...]
_JSON = msgspec.json.Encoder(order="deterministic")


class Entry(Struct, frozen=True):
    """What is to be recorded. `site_time`: seconds since the epoch; `data`: JSON values (a figure that is none: null).

    `actor` is the login and `uid` its number, both as the kernel says; `origin` is where the person came from by SSH,
    as the client claims. The system has no uid. `what` happened to `object`, in one word; `text` says it in the words
    of the screen. `before` and `after` are states.
    """

    actor: str
    kind: str
    object: str
    data: dict[str, Any]
    site_time: float
    what: str = ""
    text: str = ""
    before: str = ""
    after: str = ""
    reason: str = ""
    uid: int | None = None
    origin: str = ""


class Record(Struct, frozen=True):
    """What is recorded; moments are ISO texts in UTC, `utc` by the wall clock."""

    seq: int
    utc: str
    site_time: str
    actor: str
    uid: int | None
    origin: str
    kind: str
    what: str
    object: str
    text: str
    before: str
    after: str
    reason: str
    data: dict[str, Any]
    prev_hash: str
    hash: str


def row_of(entry: Entry, seq: int, utc: str, prev: str) -> Row:
    """An entry as a row, chained to the record whose hash is `prev`."""
    site_time = iso(dt.datetime.fromtimestamp(entry.site_time, dt.UTC))
    fields = (
        *(seq, utc, site_time, entry.actor, entry.uid, entry.origin, entry.kind, entry.what, entry.object),
        *(entry.text, entry.before, entry.after, entry.reason),
    )
    try:
        row: Row = (*fields, _JSON.encode(entry.data).decode(), prev)
        return (*row, digest(row))
    except UnicodeEncodeError:  # the name of a file that is no UTF-8: what cannot be written is shown escaped
        row = (*(_written(field) for field in fields), _JSON.encode(_written(entry.data)).decode(), prev)
        return (*row, digest(row))


def record_of(row: Row) -> Record:
    """A row as it is told."""
    told = dict(zip(COLUMNS, row, strict=True))
    return Record(**{**told, "data": msgspec.json.decode(row[13])})


def digest(row: Row) -> str:
    """The hash of a row without its own: written so that no two rows read alike."""
    return hashlib.sha256(_JSON.encode(row)).hexdigest()


def iso(moment: dt.datetime) -> str:
    """A moment as it is stored: texts of one length, so that they sort as moments do."""
    return moment.isoformat(timespec="microseconds")


def _written(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_written(key): _written(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_written(each) for each in value]
    return value
