"""Steps through the past: a bucket of a trend, or a window, by the clocks of the site. Pure."""

from __future__ import annotations

import calendar
import datetime as dt
from typing import Literal

from msgspec import Struct

from opsconsole.console.address import Address
from opsconsole.console.model import Model
from opsconsole.engine.messages import KpiState, ShiftState
from opsconsole.site.model import placed

Unit = Literal["seconds", "days", "months"]
SMALL, LARGE = 300.0, 3600.0
"""Seconds of a step where no KPI says how long one is."""
_CIVIL: dict[str, tuple[int, Unit]] = {
    "day": (1, "days"),
    "week": (7, "days"),
    "month": (1, "months"),
    "quarter": (3, "months"),
    "year": (12, "months"),
}
_BUCKETS = 10


class Stride(Struct, frozen=True):
    """How far a step leads: seconds, or days or months by the clocks of the site."""

    many: float
    unit: Unit = "seconds"


def meant(address: Address, model: Model) -> KpiState | None:
    """The KPI whose buckets steps go by: the one that a screen is about, else the first of the layout."""
    name = address.name if address.view == "kpi" or address.of == "kpi" else ""
    if address.view == "alert" or address.of == "alert":
        alert = model.alerts.get(address.name)
        name = alert.kpi if alert is not None else ""
    if name in model.kpis:
        return model.kpis[name]
    layouts = model.layouts()
    layout = next((each for each in layouts if address.view == "overview" and each.name == address.name), layouts[0])
    tiles = (panel.of for _, panel in placed(layout) if panel.kind == "kpi" and panel.of in model.kpis)
    first = next(tiles, None) or next(iter(model.kpis), None)
    return model.kpis[first] if first is not None else None


def bucket(kpi: KpiState | None) -> Stride:
    """A bucket of a KPI's trend."""
    return Stride(kpi.trend_step if kpi is not None and kpi.trend_step > 0 else SMALL)


def window(kpi: KpiState | None, shift: ShiftState | None) -> Stride:
    """A KPI's window; of all rows ten buckets."""
    if kpi is None:
        return Stride(LARGE)
    if kpi.window in _CIVIL:
        many, unit = _CIVIL[kpi.window]
        return Stride(many, unit)
    if kpi.window == "shift" and shift is not None:
        return Stride(shift.end - shift.start)
    if kpi.window not in ("all", "shift") and kpi.start is not None and kpi.end is not None and kpi.end > kpi.start:
        return Stride(kpi.end - kpi.start)
    return Stride(8 * 3600.0) if kpi.window == "shift" else Stride(_BUCKETS * bucket(kpi).many)


def back_by(stride: Stride, count: int, moment: dt.datetime, zone: dt.tzinfo) -> dt.datetime:
    """The moment so many steps before (negative: after), UTC.

    A day or month keeps the time of day; a time that clocks skip is as if they had not moved.
    """
    if stride.unit == "seconds":
        return moment - dt.timedelta(seconds=stride.many * count)
    local = moment.astimezone(zone)
    if stride.unit == "days":
        there = local.replace(tzinfo=None, fold=0) - dt.timedelta(days=stride.many * count)
    else:
        months = local.year * 12 + local.month - 1 - int(stride.many) * count
        year, month = months // 12, months % 12 + 1
        day = min(local.day, calendar.monthrange(year, month)[1])
        there = local.replace(tzinfo=None, fold=0, year=year, month=month, day=day)
    return there.replace(tzinfo=zone).astimezone(dt.UTC)
