"""Values of DuckDB made fit for the wire and for JSON."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

_WIDEST = 2**63


def cell(value: Any) -> str | int | float | bool | None:
    """One value as text, number, boolean or None.

    Moments become ISO text, bytes hex, lists and structs text; NaN and infinity None; integers that MessagePack
    cannot carry (beyond 64 bits) text. Decimals become floats, or text where a float would lose digits.
    """
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return value if -_WIDEST <= value < 2 * _WIDEST else str(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return _decimal(value) if value.is_finite() else None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).hex()
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return _text(value)


def _decimal(value: Decimal) -> float | str:
    near = float(value)
    return near if Decimal(repr(near)) == value else f"{value:f}"


def _text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, (dt.timedelta, UUID)):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_text(key)}: {_text(part)}" for key, part in value.items()) + "}"
    if isinstance(value, (list, tuple, set)):
        return "[" + ", ".join(_text(part) for part in value) + "]"
    simple = cell(value) if isinstance(value, (int, float, Decimal, bytes, bytearray, memoryview)) else value
    return str(simple)


def columns_of(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows as columns of cells; `width` columns even without rows."""
    return [[cell(row[index]) for row in rows] for index in range(width)]
