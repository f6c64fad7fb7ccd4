"""What is wanted of a table: which of its rows, in which order, or grouped how. The words are those of the wire."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

FilterBy = Literal["is", "not", "has", "lacks", "below", "above", "from", "to", "empty", "filled"]
AggregateKind = Literal["count", "sum", "mean", "median", "min", "max", "distinct", "p95"]


class Filter(Struct, frozen=True):
    """What the cells of a column must be; `value` is the text of a cell."""

    column: str
    by: FilterBy
    value: str = ""


class Sort(Struct, frozen=True):
    """A column that rows are sorted by; missing values come last in either direction."""

    column: str
    descending: bool = False


class Aggregate(Struct, frozen=True):
    """What is shown of a column of each group; `count` counts rows and needs no column."""

    kind: AggregateKind
    column: str = ""


class Grouping(Struct, frozen=True):
    """One row per members of `by`, with `aggregates`; the members of `pivot` side by side."""

    by: tuple[str, ...]
    aggregates: tuple[Aggregate, ...] = (Aggregate("count"),)
    pivot: str = ""


class Narrowing(Struct, frozen=True):
    """Which of the rows of a subject: event time (s since the epoch), words, filters of columns, an expression."""

    start: float | None = None
    end: float | None = None
    words: str = ""
    filters: tuple[Filter, ...] = ()
    expression: str = ""
