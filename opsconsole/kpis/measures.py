"""What an evaluation finds: the figures of every KPI at one moment. Plain values."""

from __future__ import annotations

from msgspec import Struct

from opsconsole.kpis.limits import Limits
from opsconsole.kpis.status import Status


class Split(Struct, frozen=True):
    """A KPI by one dimension, worst first.

    At most 500 members, those with the most rows; `total` is how many there are.
    """

    kpi: str
    by: str
    members: list[str | None]
    values: list[float | None]
    previous: list[float | None]
    rows: list[int]
    statuses: list[Status]
    total: int


class Heat(Struct, frozen=True):
    """A KPI by a dimension and by time: `values[member][bucket]`, buckets of `step` seconds from each of `starts`."""

    kpi: str
    by: str
    members: list[str | None]
    starts: list[float]
    step: float
    values: list[list[float | None]]
    statuses: list[list[Status]]


class Measure(Struct, frozen=True):
    """A KPI's figures. Moments are seconds since the epoch; None for `start` and `end`: all rows.

    `partial`: the source's rows begin only within the window. `reason` says why there is no value. `limits` are those
    that the value was judged by. `numerator` and `denominator` are there for a ratio of sums, `over` and `under` are
    their SQL.
    `sources`: whose rows it is made of.
    """

    name: str
    status: Status
    value: float | None = None
    start: float | None = None
    end: float | None = None
    previous: float | None = None
    previous_label: str = ""
    change: float | None = None
    trend: list[float | None] = []
    trend_start: float | None = None
    trend_step: float = 0.0
    rows: int = 0
    partial: bool = False
    reason: str = ""
    leader: str = ""
    splits: dict[str, Split] = {}
    limits: Limits = Limits()
    numerator: float | None = None
    denominator: float | None = None
    over: str = ""
    under: str = ""
    sources: tuple[str, ...] = ()


class Measures(Struct, frozen=True):
    """All KPIs of a site at `at` (seconds since the epoch, site time), in the site's order, and the layouts' grids."""

    at: float
    kpis: dict[str, Measure]
    grids: list[Heat] = []
