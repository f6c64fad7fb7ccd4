"""The orders in which a table can be paged by the keys of its rows, forward and backward, from any row on.

An order consists of legs, one after the other, because rows without a time come after all others: the newest first,
then those without a time; or as they stand in their files. A row's key is what it is ordered by: time (microseconds
since the epoch, None), file and line; or file and line; or its number in a kept result.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from msgspec import Struct

from opsconsole.kpis.paging.filters import Condition
from opsconsole.kpis.paging.rowset import RowSet
from opsconsole.kpis.span import moment

Name = Literal["time", "file"]
Key = list[int | None]

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class By(Struct, frozen=True):
    """A column that a leg is ordered by."""

    sql: str
    descending: bool = False
    time: bool = False


class Leg(Struct, frozen=True):
    """A part of an order. `lead`: keys of this leg begin with so many None."""

    condition: str
    by: tuple[By, ...]
    lead: int = 0

    def ordered(self, forward: bool) -> str:
        """ORDER BY, without the words."""
        return ", ".join(f"{each.sql} {'DESC' if each.descending == forward else 'ASC'}" for each in self.by)

    def beyond(self, key: Key, forward: bool, including: bool) -> str:
        """The condition that a row of this leg comes after (or before) one of it, or is it."""
        return _beyond(self.by, key[self.lead :], forward, including)


class Order(Struct, frozen=True):
    """Legs, and the expressions that give a row's key."""

    name: str
    legs: tuple[Leg, ...]
    keys: tuple[str, ...]

    def leg_of(self, key: Key) -> int:
        """Which leg a key is in."""
        return next(place for place, leg in enumerate(self.legs) if leg.lead == (1 if key[0] is None else 0))

    def checked(self, key: list[Any]) -> Key:
        """A key as a client gave it. Raises ValueError for one that no page gave."""
        whole = all(type(part) is int for part in key[1:]) and len(key) == len(self.keys)
        if not whole or not (type(key[0]) is int or (key[0] is None and len(self.legs) > 1)):
            raise ValueError("this is not where a page ended")
        return key


_PLACE = ("coalesce(_file, 0)", "coalesce(_line, 0)")
TIME = Order(
    "time",
    (
        Leg("_time IS NOT NULL", (By("_time", True, True), By("_file", True), By("_line", True))),
        Leg("_time IS NULL", (By("_file", True), By("_line", True)), lead=1),
    ),
    ("epoch_us(_time)", *_PLACE),
)
FILE = Order("file", (Leg("true", (By("_file"), By("_line"))),), _PLACE)
NUMBER = Order("number", (Leg("true", (By("_row"),)),), ("_row",))


def order_of(rows: RowSet, name: Name) -> Order:
    """The order of a row set that is paged by keys; a kept result has but one."""
    if rows.place == "numbers":
        return NUMBER
    return TIME if name == "time" else FILE


def from_time(at: float) -> Key:
    """The key just before all rows that are not after a moment (s since the epoch), in the order of time."""
    return [round(at * 1e6) + 1, -1, -1]


def legs_from(order: Order, key: Key | None, forward: bool, including: bool = False) -> list[tuple[Leg, Condition]]:
    """The legs that lie after (or before) a key, the nearest first, each with its whole condition."""
    found: list[tuple[Leg, Condition]] = []
    at = (0 if forward else len(order.legs) - 1) if key is None else order.leg_of(key)
    ahead = range(at, len(order.legs)) if forward else range(at, -1, -1)
    for place in ahead:
        leg = order.legs[place]
        condition = leg.condition
        if key is not None and place == at:
            condition = f"{condition} AND {leg.beyond(key, forward, including)}"
        found.append((leg, (condition, [])))
    return found


def _beyond(by: tuple[By, ...], key: Key, forward: bool, including: bool) -> str:
    """Lexicographic comparison, so written that the first column alone bounds what is read."""
    first, value = by[0], _literal(by[0], key[0])
    sign = "<" if first.descending == forward else ">"
    if len(by) == 1:
        return f"{first.sql} {sign}{'=' if including else ''} {value}"
    deeper = _beyond(by[1:], key[1:], forward, including)
    return f"({first.sql} {sign}= {value} AND ({first.sql} {sign} {value} OR {deeper}))"


def _literal(by: By, value: int | None) -> str:
    if not isinstance(value, int):
        raise ValueError("this is not where a page ended")
    if not by.time:
        return str(value)
    try:
        return moment(_EPOCH + dt.timedelta(microseconds=value))
    except OverflowError:
        raise ValueError("this is not where a page ended") from None
