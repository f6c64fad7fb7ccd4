"""Times of day and durations of a workbook, which its reader gives as dates about the year 1900."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

_OLD = r"^(1899|190[0-9])-"
_DAY = 86_400_000
_ISO = re.compile(r"P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
Load = Callable[[int, str], tuple[Any, list[tuple[int, str]]]]
"""One column of the sheet by its position, in a type of the library; and rows with what did not fit, as it says it."""


def restored(column: pa.Array, position: int, load: Load) -> tuple[pa.Array, str]:
    """The column with times of day as 07:30:00 and durations in seconds; and what was done, in words.

    What is a date of those years stays one.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pc.any(pc.match_substring_regex(column, _OLD)).as_py():
        return column, ""
    _, misfits = load(position, "float")
    durations = {row for row, detail in misfits if "TimeDelta" in detail}
    spans = load(position, "duration")[0].cast(pa.int64()).to_pylist()
    values: list[str | None] = column.to_pylist()
    for row, span in enumerate(spans):
        if span is None:
            continue
        if row in durations:
            values[row] = f"{span / 1000:g}" if span % 1000 else str(span // 1000)
        elif 0 <= span < _DAY:
            values[row] = clock(span)
    return pa.array(values, pa.string()), "in seconds" if durations else ""


def clock(milliseconds: int) -> str:
    """A time of day as text."""
    seconds, rest = divmod(milliseconds, 1000)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{rest:03d}" if rest else text


def iso(detail: str) -> int | None:
    """Milliseconds of a time of an OpenDocument sheet, from what the reader says of it; None if it is none."""
    found = re.search(r'DurationIso\("([^"]*)"\)', detail)
    parts = _ISO.fullmatch(found[1]) if found else None
    if parts is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in parts.groups())
    return round(1000 * (((days * 24 + hours) * 60 + minutes) * 60 + seconds))
