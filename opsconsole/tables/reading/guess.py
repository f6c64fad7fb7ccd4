"""What type a few values have: for headers and samples, where no file is being taken."""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.tables.reading.evidence import (
    Decimal,
    Kind,
    Order,
    Style,
    decimal_of,
    kind_of_counts,
    of_values,
    style_of,
)
from opsconsole.tables.reading.shapes import shape_of

__all__ = ["Kind", "Order", "Style", "guess", "kind"]


def guess(values: Iterable[str | None], decimal: Decimal | None = None, order: Order = "dmy") -> Style:
    """Judge a column from its different values. `decimal`: what the file uses; `order`: what to assume of dates."""
    found = of_values(dict.fromkeys(values))
    sign, unsure = decimal_of({"": found}, decimal, ",")
    return style_of(found, sign, order, bool(unsure))


def kind(values: Iterable[str | None]) -> Kind:
    """The kind alone that `guess` gives, which no sign or order changes. Cheap: every file's head is judged by it."""
    counts: dict[int, int] = {}
    for value in dict.fromkeys(values):
        text = value.strip() if value is not None else ""
        if text:
            shape = shape_of(text)
            counts[shape] = counts.get(shape, 0) + 1
    return kind_of_counts(tuple(counts.items())) or "text"
