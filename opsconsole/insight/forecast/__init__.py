"""Forecasts of series of numbers with intervals that were tried on the series' own past. Plain arrays in and out.

    forecast(values, seasons, horizon, levels)     point, intervals, skill and coverage of one series; or NotEnough
    plan(values, seasons, horizon, levels)         the costly part alone, to be kept
    refresh(values, plans)                         the cheap part, for many series at once
    Forecast.crosses(limit, below=, within=)       when and how likely it crosses a limit

Small methods combined by a rolling-origin test, split conformal intervals (DOMAIN.md E). Nothing here is fitted to a
kind of series: the same constants serve all.
"""

from opsconsole.insight.forecast.crossing import Crossing, crossing
from opsconsole.insight.forecast.methods import Method
from opsconsole.insight.forecast.plan import Calendar, Coverage, NotEnough, Plan, plan
from opsconsole.insight.forecast.series import Forecast, forecast, refresh

__all__ = [
    "Calendar",
    "Coverage",
    "Crossing",
    "Forecast",
    "Method",
    "NotEnough",
    "Plan",
    "crossing",
    "forecast",
    "plan",
    "refresh",
]
