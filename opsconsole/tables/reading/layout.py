"""Header rows and column names of a table, from its first records."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from opsconsole.tables.reading.guess import kind
from opsconsole.tables.reading.shapes import NULL_WORDS

_UNIT = re.compile(r"[\[(].*[\])]|%|°[CF]?|[a-zA-Zµ³²/°%€$]{1,5}")
_STAMPED = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d|\d\d[./]\d\d[./]\d{4} \d\d:\d\d")
_MOST_HEADERS = 3


class Header(Struct, frozen=True):
    """`index` of the (last) record with the names (-1: none), the raw names, and how many records the header has.

    `short`: it has one name less than the records have fields, and it was taken that the last one is missing.
    """

    index: int
    names: list[str | None]
    rows: int = 1
    short: bool = False


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
    index = _below_titles(rows, index, width)
    body = [row for row in rows[index + 1 :] if len(row) == width]
    if is_data(rows[index], body):
        return Header(-1, [None] * width)
    names: list[str | None] = list(rows[index])
    return Header(index, names + [None] * (width - len(names)), short=len(names) < width)


def headers_of(rows: Sequence[Sequence[str]]) -> Header:
    """The same, but a header may have up to three records: groups above names, units below them, or itself again."""
    found = header_of(rows)
    if found.index < 0:
        return found
    width = len(found.names)
    count = 1
    while count < _MOST_HEADERS and _goes_on(rows, found.index, found.index + count, width):
        count += 1
    if count == 1:
        return found
    heads = [list(rows[found.index + number]) for number in range(count)]
    for upper, lower in itertools.pairwise(heads):
        for place in range(1, width):  # a group's name stands once, over the first of its columns
            if not upper[place].strip() and lower[place].strip() and _grouped(upper):
                upper[place] = upper[place - 1]
    names = [" ".join(dict.fromkeys(" ".join(row[place].split()) for row in heads)).strip() for place in range(width)]
    return Header(found.index + count - 1, list(names), count)


def _grouped(row: Sequence[str]) -> bool:
    return sum(bool(cell.strip()) for cell in row) < len(row)


def _names_data(rows: Sequence[Sequence[str]], index: int, width: int) -> bool:
    """Whether the record before the first wide one is its header, with the last name left out."""
    above = rows[index - 1]
    trailing = all(row[-1] == "" for row in rows[index:] if len(row) == width)
    return len(above) == width - 1 and len(above) > 1 and trailing


def _below_titles(rows: Sequence[Sequence[str]], index: int, width: int) -> int:
    """Past records that are as wide as the table but hold hardly anything: titles padded with delimiters."""
    if width < 2:
        return index
    at = index
    while at < len(rows) - 1 and len(rows[at]) == width and _filled(rows[at]) <= max(1, width // 4):
        at += 1
    if at == index or len(rows[at]) != width or _filled(rows[at]) < 2:
        return index
    body = [row for row in rows[at + 1 :] if len(row) == width]
    blank = any(not _filled(row) for row in rows[index:at])
    return at if blank or not is_data(rows[at], body) else index


def _filled(row: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in row)


def _goes_on(rows: Sequence[Sequence[str]], first: int, index: int, width: int) -> bool:
    """Whether a record below a header belongs to it."""
    if index >= len(rows) or len(rows[index]) != width or len(rows[first]) != width:
        return False
    row = rows[index]
    if [cell.strip() for cell in row] == [cell.strip() for cell in rows[first]]:
        return True
    body = [other for other in rows[index + 1 :] if len(other) == width]
    if not body or not _filled(row):
        return False
    if any(cell.strip() and not is_word(cell) for cell in row):
        return False
    words = [place for place in range(width) if row[place].strip()]
    typed = [place for place in range(width) if kind([other[place] for other in body]) not in ("text", "boolean")]
    named = [place for place in typed if place in words]
    if not named:
        return False
    if all(not row[place].strip() or _UNIT.fullmatch(row[place].strip()) for place in range(width)):
        return any(re.search(r"[\[(%°/]", row[place]) for place in named)
    rest = [place for place in range(width) if place not in typed]
    seen = any(row[place] and row[place] in {other[place] for other in body} for place in rest)
    every = len(named) == len(typed) and len(typed) > 1
    return not seen and (every or (_grouped(rows[first]) and len(named) * 2 > len(typed)))


def is_word(cell: str) -> bool:
    """Whether a cell says something that is neither a number, nor a time, nor "not available"."""
    text = cell.strip()
    if not text or text.lower() in NULL_WORDS:
        return False
    return kind([text]) == "text" and not re.fullmatch(r"[+-]?[\d.,:/ -]+", text)


def is_data(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the first record has values of the same types as the records below, so that names are missing."""
    if not any(cell.strip() for cell in first):
        return False
    if not body:
        return all(kind([cell]) != "text" for cell in first if cell.strip()) and len(first) > 1
    typed = 0
    for position, cell in enumerate(first):
        below = kind([row[position] for row in body])
        own = kind([cell])
        if below == "text":
            typed += _STAMPED.match(cell.strip()) is not None  # a line of a log, not the name of a column
            continue
        if own == "text" or re.fullmatch(r"(19|20)\d\d", cell.strip()):
            return False
        typed += 1
    return typed > 0


def another(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a record is a header again that was changed: it repeats most of the names, two at least."""
    texts = [" ".join(cell.split()) for cell in cells]
    hits = len(set(texts) & set(names))
    return hits >= 2 and hits * 2 > min(len(texts), len(names)) and all(texts) and len(set(texts)) == len(texts)
