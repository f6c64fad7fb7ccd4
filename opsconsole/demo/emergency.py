"""The emergency pack: what emergency departments of the NHS in England reported, a file for each month.

The figures of a month are published on the second Thursday of the next one at 9:30, as NHS England does.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from opsconsole.demo.drops import Drop, Whole

ENGLAND = ZoneInfo("Europe/London")
_PUBLISHED = dt.time(9, 30)
_THURSDAY = 3
_NAME = "ae_attendances.parquet"


def emergency(seeds: Path) -> Iterator[Drop]:
    """A file for each month, in order of the moments at which they were published."""
    import pyarrow.parquet as pq  # heavy, and only the player needs it

    rows: dict[dt.date, list[str]] = {}
    table = pq.read_table(seeds / _NAME)
    head = ",".join(table.column_names) + "\n"
    for period, *cells in zip(*(table[name].to_pylist() for name in table.column_names), strict=True):
        rows.setdefault(period, []).append(",".join(map(str, (period, *cells))) + "\n")
    for period in sorted(rows):
        data = (head + "".join(rows[period])).encode()
        yield Whole(published(period), f"data/ae/{period:%Y-%m}.csv", partial(bytes, data))


def published(period: dt.date) -> float:
    """When the figures of the month that begins then come out, in seconds since the epoch."""
    first = (period + dt.timedelta(days=31)).replace(day=1)
    thursday = first + dt.timedelta(days=(_THURSDAY - first.weekday()) % 7 + 7)
    return dt.datetime.combine(thursday, _PUBLISHED, ENGLAND).timestamp()
