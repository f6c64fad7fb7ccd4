"""What a reader gets and gives: a stretch of a file in, columns with their line numbers and rejects out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from opsconsole.site.model import Format, Read
from opsconsole.tables.guess import Order, Style, guess
from opsconsole.tables.records import Reject

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Tail = Literal["none", "waiting", "taken", "held"]
"""Bytes after the last complete record: none; waiting for the file to be quiet; taken as a record; held back as a
broken record that more bytes may complete."""

SAMPLE_CELLS = 6_000


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
    """

    format: Format
    names: list[str] = []
    styles: dict[str, Style] = {}
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
    """What the site says about reading: the source's options, and what to assume of 03/04/2024."""

    read: Read
    order: Order = "dmy"


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
    """Records of one stretch. `data` has one column per name of `names`, text or (Parquet) typed."""

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
    typed: bool = False


def judge(names: list[str], columns: list[pa.ChunkedArray], known: dict[str, Style], wish: Wish) -> dict[str, Style]:
    """Styles of columns: those known already and sure stay, others are judged from a spread sample of the values.

    Raises RereadError when new values prove an earlier assumption wrong.
    """
    decimal = wish.read.decimal
    words = {word.lower() for word in wish.read.null}
    samples = {
        name: [v for v in sample(column, len(names)) if v is None or v.strip().lower() not in words]
        for name, column in zip(names, columns, strict=True)
        if name not in known or not known[name].sure
    }
    first = {name: guess(values, decimal, wish.order) for name, values in samples.items()}
    for name, column in zip(names, columns, strict=True):
        if name in first and first[name].empty and len(column) > len(samples[name]):
            samples[name] = [v for v in sample(column, len(names), sparse=True) if v and v.strip().lower() not in words]
            first[name] = guess(samples[name], decimal, wish.order)
    if decimal is None and any(style.decimal == "," and style.sure for style in (*first.values(), *known.values())):
        decimal = ","
        first = {name: guess(values, decimal, wish.order) for name, values in samples.items()}
    result = dict(known)
    for name, column in zip(names, columns, strict=True):
        if name not in first:
            continue
        style = first[name]
        if style.order and not style.sure:
            style = _prove(column, style)
        before = known.get(name)
        if before is not None and not before.empty and style.sure and not style.empty and style != before:
            raise RereadError(name)
        if before is None or (before.empty and not style.empty):
            result[name] = style
    return result


def sample(column: pa.ChunkedArray, width: int, sparse: bool = False) -> list[str | None]:
    """Values spread over a column: all of a short one, its head and an even spread of a long one.

    `sparse`: of the filled cells only.
    """
    import pyarrow.compute as pc

    size = max(100, SAMPLE_CELLS // max(width, 1))
    length = len(column)
    if length <= size:
        values: list[str | None] = column.to_pylist()
        return values
    if sparse:
        column = column.filter(pc.fill_null(pc.not_equal(column, ""), False))
        length = len(column)
        if length <= size:
            return list(column.to_pylist())
    step = length // (size // 2)
    spread = list(range(size // 2, length, step))[: size // 2]
    result: list[str | None] = column.slice(0, size // 2).to_pylist() + column.take(spread).to_pylist()
    return result


def _prove(column: pa.ChunkedArray, style: Style) -> Style:
    """Look for a day above 12 in all values of a column whose sample left day and month open."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.extract_regex(column, r"^\s*(?P<a>\d{1,2})[./-](?P<b>\d{1,2})[./-]")
    highest = []
    for index in range(2):
        digits = pc.struct_field(parts, [index])
        highest.append(pc.max(pc.cast(digits, pa.int32())).as_py() or 0)
    if highest[0] > 12 >= highest[1]:
        return msgspec.structs.replace(style, order="dmy", sure=True)
    if highest[1] > 12 >= highest[0]:
        return msgspec.structs.replace(style, order="mdy", sure=True)
    return style


def describe(styles: dict[str, Style]) -> list[str]:
    """What of the styles a person should know: signs and orders that were decided, and assumptions."""
    notes = []
    commas = [name for name, style in styles.items() if style.decimal == ","]
    if commas:
        notes.append("decimal comma")
    for name, style in styles.items():
        if style.order:
            order = "D/M/Y" if style.order == "dmy" else "M/D/Y"
            notes.append(f"{name} {order}" + ("" if style.sure else " assumed"))
        elif not style.sure and not style.empty:
            notes.append(
                f"{name}: comma taken as thousands" if style.decimal == "." else f"{name}: decimal comma assumed"
            )
    return notes
