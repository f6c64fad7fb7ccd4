"""Where records of delimited text begin: line ends outside quotes, found with numpy.

A quote opens a field only at its start (after a delimiter or a line end), as the CSV parser sees it; quotes inside
a plain field are text. A quoted field that is never closed spoils only the line it begins on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_QUOTE, _LF, _CR = 34, 10, 13


class Cut(Struct, frozen=True):
    """`starts` of the complete records, `end` of the last one, and starts of lines whose quote is never closed."""

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    end: int
    broken: list[int]


def normal(data: bytes) -> bytes:
    """The same text with LF as the only line end (CRLF and a lone CR are line ends too)."""
    if b"\r" not in data:
        return data
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def complete(data: bytes, delimiter: bytes) -> int:
    """Length of the part of `data` that ends with a line end outside quotes; a lone CR counts if there is no LF."""
    import numpy as np

    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw == _LF)
    if not len(ends):
        ends = np.flatnonzero(raw[:-1] == _CR)
    if not len(ends):
        return 0
    if b'"' not in data:
        return int(ends[-1]) + 1
    opened, closed, dangling = _quoted(raw, delimiter)
    if dangling is not None:
        ends = ends[ends < dangling]
    free = ends[~_inside(ends, opened, closed)]
    return int(free[-1]) + 1 if len(free) else 0


def records(data: bytes, delimiter: bytes) -> Cut:
    """Cut normalised text (`normal`) that ends with LF into records; blank lines are no records."""
    import numpy as np

    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw == _LF).astype(np.int64)
    broken: list[int] = []
    if b'"' in data:
        opened, closed, dangling = _quoted(raw, delimiter)
        while dangling is not None:
            line_end = int(ends[np.searchsorted(ends, dangling)])
            before = ends[: np.searchsorted(ends, dangling)]
            broken.append(int(before[-1]) + 1 if len(before) else 0)
            more_open, more_closed, dangling = _quoted(raw, delimiter, line_end + 1)
            opened, closed = np.concatenate([opened, more_open]), np.concatenate([closed, more_closed])
        ends = ends[~_inside(ends, opened, closed)]
    starts = np.concatenate([np.zeros(1, np.int64), ends[:-1] + 1]) if len(ends) else np.zeros(0, np.int64)
    filled = ends > starts
    return Cut(starts[filled], ends[filled], int(ends[-1]) + 1 if len(ends) else 0, broken)


def line_numbers(data: bytes, starts: NDArray[np.int64], before: int) -> NDArray[np.int64]:
    """1-based line numbers of record starts, with `before` lines in front of `data`."""
    import numpy as np

    lines = np.flatnonzero(np.frombuffer(data, np.uint8) == _LF)
    return np.searchsorted(lines, starts).astype(np.int64) + (before + 1)


def _inside(places: NDArray[np.int64], opened: NDArray[np.int64], closed: NDArray[np.int64]) -> NDArray[np.bool_]:
    import numpy as np

    if not len(opened):
        return np.zeros(len(places), np.bool_)
    index = np.searchsorted(opened, places) - 1
    return (index >= 0) & (closed[np.maximum(index, 0)] > places)


def _quoted(
    raw: NDArray[np.uint8], delimiter: bytes, start: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64], int | None]:
    """Opening and closing places of quoted fields from `start` on, and where one opens that is never closed."""
    import numpy as np

    places = np.flatnonzero(raw[start:] == _QUOTE).astype(np.int64) + start
    if not len(places):
        return places, places, None
    before = np.where(places > start, raw[np.maximum(places - 1, 0)], _LF)
    starts_field = (before == delimiter[0]) | (before == _LF) | (before == _CR)
    if len(places) % 2 == 0:
        opening, closing = places[::2], places[1::2]
        doubled = np.concatenate([[False], opening[1:] == closing[:-1] + 1])
        after = np.where(closing + 1 < len(raw), raw[np.minimum(closing + 1, len(raw) - 1)], _LF)
        ends_field = (after == delimiter[0]) | (after == _LF) | (after == _CR) | (after == _QUOTE)
        if bool(np.all(starts_field[::2] | doubled) and np.all(ends_field)):
            return opening, closing, None
    return _quoted_slowly(raw, places, starts_field, delimiter[0])


def _quoted_slowly(
    raw: NDArray[np.uint8], places: NDArray[np.int64], starts_field: NDArray[np.bool_], delimiter: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], int | None]:
    import numpy as np

    at = places.tolist()
    begins = starts_field.tolist()
    opened: list[int] = []
    closed: list[int] = []
    index, current = 0, -1
    while index < len(at):
        if current < 0:
            if begins[index]:
                current = at[index]
        elif index + 1 < len(at) and at[index + 1] == at[index] + 1:
            index += 1
        else:
            after = int(raw[at[index] + 1]) if at[index] + 1 < len(raw) else _LF
            if after not in (delimiter, _LF, _CR) and bool(np.any(raw[current : at[index]] == _LF)):
                break  # text goes on after a quote that closed lines later: the opening one was never closed
            opened.append(current)
            closed.append(at[index])
            current = -1
        index += 1
    return np.array(opened, np.int64), np.array(closed, np.int64), current if current >= 0 else None
