"""What type a few values have: for headers and samples, where no file is being taken."""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.tables.evidence import Decimal, Kind, Order, Style, decimal_of, of_values, style_of

__all__ = ["Kind", "Order", "Style", "guess"]


def guess(values: Iterable[str | None], decimal: Decimal | None = None, order: Order = "dmy") -> Style:
    """Judge a column from its different values. `decimal`: what the file uses; `order`: what to assume of dates."""
    found = of_values(dict.fromkeys(values))
    sign, unsure = decimal_of({"": found}, decimal, ",")
    return style_of(found, sign, order, bool(unsure))
