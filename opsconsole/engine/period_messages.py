"""The part of the wire that is about periods that are over."""

from __future__ import annotations

from msgspec import Struct


class Revision(Struct, frozen=True):
    """The last whole period of a KPI, where rows that came late have changed its value.

    `was` is the value at `noted` (site time): when the period was over and its sources had had the time they have to
    deliver, or later where no engine ran then. `rows` is how many more rows there are now than then. `value` is None
    where there is none any more.
    """

    label: str
    start: float
    end: float
    was: float
    noted: float
    value: float | None = None
    rows: int = 0
