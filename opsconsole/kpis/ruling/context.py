"""What all rules of one evaluation have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from msgspec import Struct

from opsconsole.kpis.binding import Binding
from opsconsole.kpis.extent import Extents
from opsconsole.kpis.limits import LimitBook
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.sealed import Sealed


class Context(Struct, frozen=True):
    """An evaluation at `now` (aware, site time); `until` is that moment where it is a past one.

    Rows with an event time before `alert_from` raise nothing. `failing`: KPIs that are known to have no value, and why.
    """

    cursor: Cursor
    binding: Binding
    now: dt.datetime
    extents: Extents
    books: Mapping[str, LimitBook]
    failing: dict[str, str]
    alert_from: dt.datetime | None = None
    sealed: Sealed | None = None
    until: dt.datetime | None = None
