"""What a reader gets and gives: a stretch of a file in, columns with their line numbers and rejects out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from opsconsole.site.model import Format, Read
from opsconsole.tables.reading.evidence import Decimal, Evidence, Found, Kind, Order, Style, decimal_of, style_of
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Tail = Literal["none", "waiting", "taken", "held"]
"""Bytes after the last complete record: none; waiting for the file to be quiet; taken as a record; held back as a
broken record that more bytes may complete."""


class NotReadyError(Exception):
    """The file cannot be read as it lies there: half-written, or broken. The message is the reason."""


class RereadError(Exception):
    """What was decided from the head of the file does not hold for its new bytes: read it from the start."""


class Seen(Struct, frozen=True, omit_defaults=True):
    """What was found out about a text file on the way, so that its next bytes are taken as a fresh read takes them.

    `sure`: the encoding is given by the site or by a byte order mark. `utf8` and `other`: records with valid characters
    beyond ASCII, and with bytes that are not UTF-8. `typed` and `dense`: columns of numbers or dates, and other columns
    that are always filled, in the first records; None before there are any. `places`: which of the names the columns
    are since the header changed. `labels`: words for totals that have proved to be data.
    `gap`: the last record stands above a blank line. `foreign`: line of the header of another table, that goes on.
    """

    sure: bool = False
    utf8: int = 0
    other: int = 0
    typed: list[int] = []
    dense: list[int] | None = None
    places: list[int] | None = None
    labels: list[str] = []
    gap: bool = False
    foreign: int = 0


class Dialect(Struct, frozen=True, omit_defaults=True):
    """What was decided about a file when it was first read, and is kept for its appended bytes.

    `whole`: any change means reading it all again. `header` is the 1-based line of the column names, 0 for none.
    `quote` and `escape` are one character, or empty where there is none. `note` is what a person should know.
    `decimal` is the decimal sign, `orders` says by column whether dates have the day or the month first.
    """

    format: Format
    names: list[str] = []
    decimal: Decimal = "."
    orders: dict[str, Order] = {}
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    header: int = 0
    whole: bool = False
    note: str = ""
    seen: Seen = Seen()


@dataclass(frozen=True)
class Wish:
    """What the site says about reading: the source's options, what to assume of 03/04/2024, and the table's types.

    `kinds`, by lower-case name, are what text may be parsed as at once where that is exact; empty: leave it text.
    """

    read: Read
    order: Order = "dmy"
    kinds: Mapping[str, Kind] = field(default_factory=dict)


@dataclass(frozen=True)
class Stretch:
    """Bytes of a file from `start` on, with `lines` complete lines before them.

    `last`: they reach the end of the file as it was. `quiet`: nobody has written for the settle time, so an
    unterminated last record is taken too.
    """

    data: bytes
    start: int = 0
    lines: int = 0
    last: bool = True
    quiet: bool = True


@dataclass
class Piece:
    """Records of one stretch. `data` has one column per name of `names`: text, or typed where `kinds` says so.

    `parsed`: those types are not the file's own, but text that was parsed as `Wish.kinds` asked for.
    `evidence` is what the values show about types, `read_as` how the file was read, in words.
    """

    dialect: Dialect
    names: list[str]
    data: pa.Table
    lines: NDArray[np.int64]
    end: int
    next_line: int
    tail: Tail = "none"
    rejects: list[Reject] = field(default_factory=list)
    read_as: str = ""
    more: bool = False
    kinds: dict[str, Kind] = field(default_factory=dict)
    parsed: bool = False
    evidence: Evidence = field(default_factory=dict)


def told(dialect: Dialect, styles: Mapping[str, Style]) -> list[str]:
    """What of a file's reading a person should know: signs and orders that were decided, and assumptions."""
    notes = []
    numbers = [(name, style) for name, style in styles.items() if style.kind in ("integer", "number")]
    if dialect.decimal == "," and numbers:
        notes.append("decimal comma")
    for name, style in styles.items():
        if style.order:
            order = "D/M/Y" if style.order == "dmy" else "M/D/Y"
            notes.append(f"{name} {order}" + ("" if style.sure else " assumed"))
        elif not style.sure and not style.empty:
            notes.append(
                f"{name}: decimal comma assumed" if dialect.decimal == "," else f"{name}: comma taken as thousands"
            )
    return notes


def styles_of(piece: Piece, wish: Wish) -> tuple[Decimal, dict[str, Style]]:
    """Decimal sign of a file and how it writes each column, judged from this piece alone."""
    decimal, unsure = decimal_of(piece.evidence, wish.read.decimal, piece.dialect.delimiter)
    assumed = wish.read.dates or wish.order
    styles = {}
    for name in piece.names:
        found = piece.evidence.get(name.lower(), Found())
        styles[name] = style_of(found, decimal, assumed, name.lower() in unsure)
    return decimal, styles
