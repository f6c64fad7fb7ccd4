"""The values of KPIs over periods that are over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.extent import Extents
from opsconsole.kpis.gather import Frame, Wanted, gather
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.span import Span, Stretch


class Closed(NamedTuple):
    """A KPI over a whole period: its value, None where there is none, and how many rows it is of."""

    value: float | None
    rows: int


def closed_values(cursor: Cursor, binding: Binding, names: Sequence[str], stretch: Stretch) -> dict[str, Closed]:
    """KPIs that are bound, over one past stretch, with as few scans as they have sources and filters.

    One whose expression fails on the data, or whose rows do not reach back to the stretch, has no value.
    """
    extents = Extents(cursor, binding)
    wanted = [Wanted(binding.kpis[name]) for name in names]
    found: dict[str, Closed] = {}
    for name, pick in gather(cursor, binding, wanted, Frame(Span(stretch)), extents).items():
        if isinstance(pick, str) or not pick.extent.reaches_back(stretch):
            found[name] = Closed(None, 0)
            continue
        row = pick.found.now.get((), {}).get(())
        found[name] = Closed(row.values[pick.value], row.rows) if row is not None else Closed(pick.empty, 0)
    return found
