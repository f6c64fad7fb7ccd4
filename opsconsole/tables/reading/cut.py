"""Where records of delimited text begin: line ends outside quotes, found with numpy.

A line ends with LF, CRLF or a CR alone. A quote opens a field only at its start. It is closed by a quote before a
delimiter or a line end (blanks may stand between); another quote on the same line is text, and makes the record an odd
one. A field that went on over a line end and then meets such a quote, or that reaches over more than `SPAN` bytes, was
never closed: only the line it begins on is spoilt, and its record is a broken one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SPAN = 1 << 20
"""Bytes that a quoted field with line ends may have."""
_LF, _CR = 10, 13
_BLANKS = (32, 9)


class Grammar(Struct, frozen=True):
    """Single bytes that delimit, quote and escape; `quote` and `escape` may be empty."""

    delimiter: bytes
    quote: bytes = b'"'
    escape: bytes = b""


class Cut(Struct, frozen=True):
    """Complete records: `starts`, `ends` (without line end), `lines` (0-based) of each; `end` of all, `count` of lines.

    `odd` and `broken` are indexes of records with a quote inside a quoted field, and with one that is never closed.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    lines: NDArray[np.int64]
    end: int
    count: int
    odd: NDArray[np.int64]
    broken: NDArray[np.int64]


class _Quoted(Struct, frozen=True):
    opened: NDArray[np.int64]
    closed: NDArray[np.int64]
    odd: list[int]
    broken: list[int]
    dangling: int | None


def normal(data: bytes) -> bytes:
    """The same text with LF as the only line end (CRLF and a lone CR are line ends too)."""
    if b"\r" not in data:
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def simple(data: bytes, grammar: Grammar) -> bool:
    """Whether every LF ends a record and nothing else does: no quotes, no escapes, no lone CR."""
    if (grammar.quote and grammar.quote in data) or (grammar.escape and grammar.escape in data):
        return False
    return b"\r" not in data or data.count(b"\r") == data.count(b"\r\n")


def scan(data: bytes, grammar: Grammar, final: bool = False) -> Cut:
    """Cut text into its complete records; blank lines are no records.

    `final`: nothing will follow, so a quote that is open at the end was never closed. The text then ends with LF.
    """
    import numpy as np

    raw = np.frombuffer(data, np.uint8)
    stops = _line_ends(data, raw)
    free = np.ones(len(stops), np.bool_)
    if grammar.escape and grammar.escape in data:
        free &= ~_escaped(raw, stops, grammar.escape[0])
    quoted = None
    if grammar.quote and grammar.quote in data:
        quoted = _quoted(raw, stops, grammar, final)
        free &= ~_inside(stops, quoted.opened, quoted.closed)
        if quoted.dangling is not None:
            free &= stops < quoted.dangling
    index = np.flatnonzero(free).astype(np.int64)
    none = np.zeros(0, np.int64)
    if not len(index):
        return Cut(none, none, none, 0, 0, none, none)
    ends = stops[index]
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1])
    lines = np.concatenate([np.zeros(1, np.int64), index[:-1] + 1])
    end, count = int(ends[-1]) + 1, int(index[-1]) + 1
    if b"\r" in data:
        ends = ends - ((raw[ends] == _LF) & (ends > starts) & (raw[np.maximum(ends - 1, 0)] == _CR))
    filled = ends > starts
    starts, ends, lines = starts[filled], ends[filled], lines[filled]
    odd = _records_of(starts, quoted.odd if quoted else [], end)
    broken = _records_of(starts, quoted.broken if quoted else [], end)
    return Cut(starts, ends, lines, end, count, np.setdiff1d(odd, broken), broken)


def _records_of(starts: NDArray[np.int64], places: list[int], end: int) -> NDArray[np.int64]:
    import numpy as np

    inside = np.array([place for place in places if place < end], np.int64)
    return np.unique(np.searchsorted(starts, inside, "right") - 1).astype(np.int64)


def _line_ends(data: bytes, raw: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Places of LF and of CR without LF. A CR at the very end may be half a CRLF: it counts where only CR are used."""
    import numpy as np

    feeds = np.flatnonzero(raw == _LF).astype(np.int64)
    if b"\r" not in data:
        return feeds
    returns = np.flatnonzero(raw == _CR).astype(np.int64)
    last = len(raw) - 1
    lone = returns[(returns == last) | (raw[np.minimum(returns + 1, last)] != _LF)]
    if len(lone) and lone[-1] == last and (len(feeds) or len(lone) == 1):
        lone = lone[:-1]
    return np.sort(np.concatenate([feeds, lone])) if len(lone) else feeds


def _inside(places: NDArray[np.int64], opened: NDArray[np.int64], closed: NDArray[np.int64]) -> NDArray[np.bool_]:
    import numpy as np

    if not len(opened):
        return np.zeros(len(places), np.bool_)
    index = np.searchsorted(opened, places) - 1
    inside: NDArray[np.bool_] = np.logical_and(index >= 0, closed[np.maximum(index, 0)] > places)
    return inside


def _escaped(raw: NDArray[np.uint8], places: NDArray[np.int64], escape: int) -> NDArray[np.bool_]:
    """Which bytes stand after an odd number of escapes."""
    import numpy as np

    result: NDArray[np.bool_] = np.logical_and(places > 0, raw[np.maximum(places - 1, 0)] == escape)
    for number in np.flatnonzero(result).tolist():
        at = first = int(places[number]) - 1
        while at >= 0 and raw[at] == escape:
            at -= 1
        result[number] = (first - at) % 2 == 1
    return result


def _quoted(raw: NDArray[np.uint8], stops: NDArray[np.int64], grammar: Grammar, final: bool) -> _Quoted:
    """Spans of quoted fields; all at once where every quote stands where it should, else quote by quote."""
    import numpy as np

    places = np.flatnonzero(raw == grammar.quote[0]).astype(np.int64)
    if grammar.escape:
        places = places[~_escaped(raw, places, grammar.escape[0])]
    if not len(places):
        return _Quoted(places, places, [], [], None)
    delimiter = grammar.delimiter[0]
    before = np.where(places > 0, raw[np.maximum(places - 1, 0)], _LF)
    begins = (before == delimiter) | (before == _LF) | (before == _CR)
    opening, closing = places[::2], places[1::2]
    doubled = np.concatenate([[False], opening[1:] == closing[: len(opening) - 1] + 1])
    after = np.where(closing + 1 < len(raw), raw[np.minimum(closing + 1, len(raw) - 1)], _LF)
    closes = (after == delimiter) | (after == _LF) | (after == _CR) | (after == grammar.quote[0])
    if bool(np.all(begins[::2] | doubled) and np.all(closes)):
        real = np.flatnonzero(~doubled)
        whole = len(places) % 2 == 0
        bounds = np.append(real[1:], len(opening)) - 1  # the pair that closes each field
        if not whole:
            bounds = bounds[:-1]
        spans = closing[bounds] - opening[real[: len(bounds)]]
        if (not len(spans) or int(spans.max()) <= SPAN) and (whole or not final):
            dangling = None if whole else int(opening[real[-1]])
            if dangling is None or len(raw) - dangling <= SPAN:
                return _Quoted(opening[: len(closing)], closing, [], [], dangling)
    return _quoted_slowly(raw, stops, places, begins, grammar, final)


def _quoted_slowly(
    raw: NDArray[np.uint8],
    stops: NDArray[np.int64],
    places: NDArray[np.int64],
    begins: NDArray[np.bool_],
    grammar: Grammar,
    final: bool,
) -> _Quoted:
    import numpy as np

    at, starts, rows = places.tolist(), begins.tolist(), np.searchsorted(stops, places).tolist()
    size, delimiter = len(raw), grammar.delimiter[0]
    opened: list[int] = []
    closed: list[int] = []
    odd: list[int] = []
    broken: list[int] = []
    index, current = 0, -1
    loose = (-1, -1)

    def after_line() -> int:
        """The first quote after the line that the open field begins on."""
        return int(np.searchsorted(places, stops[rows[current]])) if rows[current] < len(stops) else len(at)

    while True:
        if index >= len(at):
            if current < 0:
                break
            # The field is open at the end: over too much text, or at the end of all, it was never closed.
            crossed = rows[current] < len(stops)
            if not final and not (crossed and size - at[current] > SPAN):
                return _Quoted(np.array(opened, np.int64), np.array(closed, np.int64), odd, broken, at[current])
            broken.append(at[current])
            index, current = after_line(), -1
            continue
        place = at[index]
        if current < 0:
            if starts[index]:
                current = index
            else:
                loose = _loose(raw, place, rows[index], loose, delimiter, odd)
        elif rows[index] > rows[current] and place - at[current] > SPAN:
            broken.append(at[current])
            index, current = after_line(), -1
            continue
        elif index + 1 < len(at) and at[index + 1] == place + 1:
            index += 1
        else:
            follows = place + 1
            while follows < size and raw[follows] in _BLANKS and raw[follows] != delimiter:
                follows += 1
            if follows >= size or raw[follows] in (delimiter, _LF, _CR):
                if follows > place + 1:
                    odd.append(at[current])
                opened.append(at[current])
                closed.append(place)
                current = -1
            elif rows[index] > rows[current]:
                broken.append(at[current])
                index, current = after_line(), -1
                continue
            else:
                odd.append(at[current])
        index += 1
    return _Quoted(np.array(opened, np.int64), np.array(closed, np.int64), odd, broken, None)


def _loose(
    raw: NDArray[np.uint8], place: int, row: int, before: tuple[int, int], delimiter: int, odd: list[int]
) -> tuple[int, int]:
    """A quote in a plain field. One in the middle of a word, and one at the end of a later field, are a quoted field
    whose delimiter is missing: the record is an odd one."""
    after = int(raw[place + 1]) if place + 1 < len(raw) else _LF
    around = (int(raw[place - 1]), after)
    if after in (delimiter, _LF, _CR):
        if before[1] == row and (raw[before[0] : place] == delimiter).any():
            odd.append(before[0])
        return before
    return (place, row) if not set(around) & {delimiter, _LF, _CR, *_BLANKS, int(raw[place])} else before
