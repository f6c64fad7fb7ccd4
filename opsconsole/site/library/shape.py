"""What an entry of the KPI library is made of. Plain values."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from opsconsole.site.model import Audience, Better, Timing

Cell = float | int | bool | None


class Element(Struct, frozen=True):
    """A symbol of the formulas: a time, a quantity, or a condition on a row.

    `unit` says in which unit it has to be. With a `default` (SQL) nobody has to say what it is.
    """

    symbol: str
    title: str
    unit: str
    kind: Literal["number", "condition", "any"] = "number"
    default: str = ""


class Vector(Struct, frozen=True):
    """Rows of elements (`given`: their symbols), in the order of their time, and the value that follows from them.

    `worked` is how a person reckons it.
    """

    given: str
    rows: tuple[tuple[Cell, ...], ...]
    expected: float | None
    worked: str


class Entry(Struct, frozen=True, kw_only=True):
    """A KPI of the library. `value` is SQL with elements in braces, `formula` the same as people write it.

    `source` says where the formula is from. `timing`: how it may be looked at, the most immediate first.
    """

    id: str
    title: str
    description: str
    formula: str
    value: str
    elements: tuple[str, ...]
    source: str
    vectors: tuple[Vector, ...]
    unit: str = "%"
    decimals: int | None = 1
    range: tuple[float, ...] = (0.0, 100.0)
    better: Better = "higher"
    scope: str = "work unit"
    timing: tuple[Timing, ...] = ()
    audience: tuple[Audience, ...] = ()
    notes: str = ""
