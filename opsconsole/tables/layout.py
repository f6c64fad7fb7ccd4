"""Delimiter, header line and column names of delimited text, from its first records."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from opsconsole.site.model import Read
from opsconsole.tables.guess import guess

DELIMITERS = (",", ";", "\t", "|")
_HEAD_RECORDS = 100


class Header(Struct, frozen=True):
    """`index` of the record with the names (-1: none), the raw names, and the width of the data."""

    index: int
    names: list[str | None]


def delimiter_of(text: str, read: Read) -> str:
    """The delimiter that cuts the head of a file most evenly into more than one field."""
    if read.delimiter:
        return {"\\t": "\t", "tab": "\t"}.get(read.delimiter, read.delimiter)
    best, best_score = ",", 0.0
    for candidate in DELIMITERS:
        widths = [len(row) for row in parse(text, candidate) if any(row)]
        counts = Counter(width for width in widths if width > 1)
        if not counts:
            continue
        width, hits = max(counts.items(), key=lambda item: (item[1], item[0]))
        score = hits / len(widths) + min(width, 20) / 1000
        if score > best_score + 1e-9:
            best, best_score = candidate, score
    return best


def parse(text: str, delimiter: str) -> list[list[str]]:
    """Records of a short text; tolerant of whatever it holds."""
    previous = csv.field_size_limit(1 << 30)
    try:
        rows = []
        lines = text.split("\n")
        for row in csv.reader((line + "\n" for line in lines), delimiter=delimiter):
            rows.append(row)
            if len(rows) >= _HEAD_RECORDS:
                break
        return rows
    except csv.Error:
        return [line.split(delimiter) for line in text.split("\n")[:_HEAD_RECORDS]]
    finally:
        csv.field_size_limit(previous)


def header_of(rows: Sequence[Sequence[str]]) -> Header:
    """Find the header among the first records: the first one as wide as most are, unless it looks like data.

    Title rows stand above it. Data rows that are one field wider than the header get a name of their own.
    """
    if not rows:
        return Header(-1, [])
    counts = Counter(len(row) for row in rows)
    width = max(counts.items(), key=lambda item: (item[1] if item[0] > 1 else 0, item[1], item[0]))[0]
    index = next(i for i, row in enumerate(rows) if len(row) == width)
    if index > 0 and len(rows[index - 1]) < width and _names_data(rows, index, width):
        index -= 1
    elif index > 0 and counts[width] == 1 and len(rows) > 2:
        index = 0
    body = [row for row in rows[index + 1 :] if len(row) == width]
    if _is_data(rows[index], body):
        return Header(-1, [None] * width)
    names: list[str | None] = list(rows[index])
    return Header(index, names + [None] * (width - len(names)))


def _names_data(rows: Sequence[Sequence[str]], index: int, width: int) -> bool:
    """Whether the record before the first wide one is its header, with the last name left out."""
    above = rows[index - 1]
    trailing = all(row[-1] == "" for row in rows[index:] if len(row) == width)
    return len(above) == width - 1 and len(above) > 1 and trailing


def _is_data(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first record has values of the same types as the records below, so that names are missing."""
    if not any(cell.strip() for cell in first):
        return False
    if not body:
        return all(guess([cell]).kind != "text" for cell in first if cell.strip()) and len(first) > 1
    typed = 0
    for position, cell in enumerate(first):
        below = guess([row[position] for row in body]).kind
        own = guess([cell]).kind
        if below == "text":
            continue
        if own == "text" or re.fullmatch(r"(19|20)\d\d", cell.strip()):
            return False
        typed += 1
    return typed > 0
