"""What is typed to filter one column: `> 5`, `text`, `!text`, `empty`, `filled`, `2013-06-24..`."""

from __future__ import annotations

import datetime as dt
import math
import re

from opsconsole.console.grid.shape_words import SIGNS, WordsError, name_text
from opsconsole.engine.table_messages import ColumnFilter, FilterBy

EXAMPLES = "> 5 · a..b · text · !text · =exact · empty · filled · nothing: no filter here"
NUMERIC = ("INTEGER", "UINTEGER", "DOUBLE", "FLOAT", "REAL", "DECIMAL", "NUMERIC")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")


def numeric(kind: str) -> bool:
    """Whether a DuckDB type is of numbers."""
    base = kind.upper().partition("(")[0]
    return "[" not in kind and (base.endswith("INT") or base in NUMERIC)


def timed(kind: str) -> bool:
    """Whether a DuckDB type is of moments or days."""
    return kind.upper().startswith(("TIMESTAMP", "DATE"))


def conditions(column: str, kind: str, text: str) -> tuple[ColumnFilter, ...]:
    """The conditions that a text means for a column of a DuckDB type; none for an empty text. Raises WordsError."""
    text = text.strip()
    if not text:
        return ()
    if text in ("empty", "filled", "!empty", "!filled"):
        return (ColumnFilter(column, "empty" if text in ("empty", "!filled") else "filled"),)
    for sign, by in SIGNS.items():
        if text.startswith(sign):
            return _one(column, kind, by, text[len(sign) :].strip())
    if ".." in text and (numeric(kind) or timed(kind)):
        low, _, high = text.partition("..")
        found = (*(_one(column, kind, "from", low.strip()) if low.strip() else ()),)
        return (*found, *(_one(column, kind, "to", high.strip()) if high.strip() else ()))
    told = numeric(kind) or timed(kind) or kind.upper() == "BOOLEAN"
    if text.startswith("!"):
        return _one(column, kind, "not" if told else "lacks", text[1:].strip())
    return _one(column, kind, "is" if told else "has", text)


def _one(column: str, kind: str, by: FilterBy, value: str) -> tuple[ColumnFilter, ...]:
    if by in ("has", "lacks"):
        return (ColumnFilter(column, by, value),)
    if numeric(kind):
        try:
            fine = math.isfinite(float(value))
        except ValueError:
            fine = False
        if not fine:
            raise WordsError(f"{name_text(column)} has numbers: `{value}` is none, such as: > 5 or 3..7")
    elif timed(kind) and _DAY.match(value):
        return _day(column, by, value)
    return (ColumnFilter(column, by, value),)


def _day(column: str, by: FilterBy, value: str) -> tuple[ColumnFilter, ...]:
    """A day is all of it: up to a day is before the next one."""
    try:
        after = (dt.date.fromisoformat(value) + dt.timedelta(days=1)).isoformat()
    except (ValueError, OverflowError) as error:
        raise WordsError(f"there is no day {value}") from error
    if by == "is":
        return ColumnFilter(column, "from", value), ColumnFilter(column, "below", after)
    if by == "to":
        return (ColumnFilter(column, "below", after),)
    return (ColumnFilter(column, "from", after),) if by == "above" else (ColumnFilter(column, by, value),)
