"""Filters that people set, as SQL conditions with parameters: what they typed is never part of the SQL.

A value is held against a column by the column's type: numbers as numbers, moments as moments, everything else as
text. A moment that is typed to the minute or the day means all of it: `is 2013-06-24` is that day. A moment without a
zone of its own is by the clocks that the column shows, those of the site for a column that has a zone.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.kpis.bound import is_number
from opsconsole.kpis.paging.wanted import Filter
from opsconsole.site.names import did_you_mean, show
from opsconsole.tables.names import ident

Condition = tuple[str, list[Any]]
"""SQL with a `?` for each of the values beside it."""

_MOST_WORDS = 50
_LARGEST_FLOAT = 3.4e38
_COMPARED = {"below": "<", "above": ">", "from": ">=", "to": "<="}
_DAY, _MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)


def filtered(wanted: Filter, column: str, kind: str, zone: str, shown: str) -> Condition:
    """A filter on a column of DuckDB type `kind`.

    `zone`: the site's; `shown`: that of the column's moments where they are naive. Raises ValueError for a value that
    the column cannot be held against.
    """
    name = ident(column)
    if wanted.by in ("empty", "filled"):
        return f"{name} IS {'NOT ' if wanted.by == 'filled' else ''}NULL", []
    if wanted.by in ("has", "lacks"):
        text = f"contains(lower(CAST({name} AS VARCHAR)), lower(?))"
        return (text if wanted.by == "has" else f"NOT coalesce({text}, false)"), [wanted.value]
    if kind.startswith("TIMESTAMP"):
        return _moments(wanted, name, _stretch(wanted, ZoneInfo(zone if "ZONE" in kind else shown), "ZONE" in kind))
    if kind == "DATE":
        start, end = _stretch(wanted, ZoneInfo(zone), aware=False)
        if end - start != _DAY:
            raise ValueError(f"`{wanted.column}` holds days such as 2013-06-24, not `{wanted.value}`")
        return _moments(wanted, name, (start, end))
    if kind == "BOOLEAN":
        return _plain(wanted, name, _truth(wanted))
    if is_number(kind):
        value = _number(wanted, kind)
        # what a FLOAT shows as 0.1 is another number as a DOUBLE
        near = kind == "FLOAT" and abs(float(value)) <= _LARGEST_FLOAT
        return _plain(wanted, name, value, "CAST(? AS FLOAT)" if near else "?")
    return _plain(wanted, name if kind == "VARCHAR" else f"CAST({name} AS VARCHAR)", wanted.value)


def searched(words: str, columns: Sequence[str]) -> list[Condition]:
    """Words that must be in some cell of a row, `!words` that must be in none; case is ignored.

    Raises ValueError for too many.
    """
    found = words.split()
    if len(found) > _MOST_WORDS:
        raise ValueError(f"at most {_MOST_WORDS} words are sought at once")
    # the cells stand apart, so that no word is found across two of them
    text = f"lower(concat_ws(chr(31), {', '.join(f'CAST({ident(name)} AS VARCHAR)' for name in columns)}))"
    conditions: list[Condition] = []
    for word in found:
        without = word.startswith("!") and len(word) > 1
        sought = f"contains({text if columns else chr(39) * 2}, lower(?))"
        conditions.append((f"NOT {sought}" if without else sought, [word[1:] if without else word]))
    return conditions


def column_of(columns: Mapping[str, str], name: str, source: str) -> str:
    """A column by its name in any case. Raises LookupError."""
    if name in columns:
        return name
    for known in columns:
        if known.lower() == name.lower():
            return known
    raise LookupError(f"`{source}` has no column `{show(name)}`{did_you_mean(name, columns)}")


def _plain(wanted: Filter, name: str, value: Any, put: str = "?") -> Condition:
    """A column held against one value, which stands in the SQL as `put`."""
    if wanted.by == "is":
        return f"{name} = {put}", [value]
    if wanted.by == "not":
        return f"{name} IS DISTINCT FROM {put}", [value]
    return f"{name} {_COMPARED[wanted.by]} {put}", [value]


def _moments(wanted: Filter, name: str, stretch: tuple[Any, Any]) -> Condition:
    """A column held against a stretch [start, end) that a text means, or a single moment."""
    start, end = stretch
    if start == end:
        return _plain(wanted, name, start)
    inside = f"({name} >= ? AND {name} < ?)"
    if wanted.by == "is":
        return inside, [start, end]
    if wanted.by == "not":
        return f"NOT coalesce({inside}, false)", [start, end]
    return {
        "below": (f"{name} < ?", [start]),
        "from": (f"{name} >= ?", [start]),
        "to": (f"{name} < ?", [end]),
        "above": (f"{name} >= ?", [end]),
    }[wanted.by]


def _stretch(wanted: Filter, zone: ZoneInfo, aware: bool) -> tuple[dt.datetime, dt.datetime]:
    """The stretch that a text means, equal ends: a moment. Naive, by the clocks of `zone`, unless `aware`."""
    text = " ".join(wanted.value.split())
    try:
        start = dt.datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"`{wanted.column}` holds moments such as 2013-06-24 10:00, not `{wanted.value[:80]}`"
        ) from None
    length = _DAY if len(text) <= 10 else _MINUTE if text[10:].count(":") == 1 else dt.timedelta()
    if start.tzinfo is not None and text[10:].count(":") > 1:
        length = dt.timedelta()
    try:
        end = start + length
        if aware:
            return _zoned(start, zone), _zoned(end, zone)
        if start.tzinfo is not None:
            return start.astimezone(zone).replace(tzinfo=None), end.astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        raise ValueError(f"`{wanted.value}` is beyond the calendar") from None
    return start, end


def _zoned(moment: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(dt.UTC)


def _number(wanted: Filter, kind: str) -> int | float | Decimal:
    try:
        value = Decimal(wanted.value.strip())
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite():
        raise ValueError(f"`{wanted.column}` holds numbers, and `{wanted.value[:80]}` is none")
    if kind in ("DOUBLE", "FLOAT"):
        near = float(value)
        if not math.isfinite(near):
            raise ValueError(f"`{wanted.value[:80]}` is too large a number")
        return near
    digits = value.as_tuple()
    if len(digits.digits) > 38 or abs(int(digits.exponent)) > 38 or value.adjusted() > 37:
        return float(value)
    return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else value


def _truth(wanted: Filter) -> bool:
    found = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
        wanted.value.strip().lower()
    )
    if found is None:
        raise ValueError(f"`{wanted.column}` holds true and false, not `{wanted.value[:80]}`")
    return found
