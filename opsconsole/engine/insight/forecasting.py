"""Rules on forecasts: which groups of a KPI are likely to cross a limit soon.

A group that is beyond the limit already is none of this rule: that is for a rule on the value. One that cannot be
forecast (too short a past, no new values) is not known, which clears nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from opsconsole.engine.insight.kept_points import KeptPoints
from opsconsole.engine.insight.outlook import Outlook, Outlooks
from opsconsole.engine.insight.study import Ground, Task
from opsconsole.insight.forecast import Crossing, Forecast
from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.cadence import rolling
from opsconsole.kpis.ruling.insights import Found, Seen
from opsconsole.kpis.ruling.texts import name_of, shown
from opsconsole.kpis.scan import Members
from opsconsole.kpis.status import worse_of
from opsconsole.site.calendar import zone
from opsconsole.site.figures import moment
from opsconsole.site.forecasting import Crosses, parse
from opsconsole.site.model import Kpi

_EVERY = 60.0


class ForecastStudy:
    """Looks at the KPIs that rules with `forecast` watch."""

    def __init__(self) -> None:
        self._outlooks = Outlooks()
        self._points = KeptPoints()
        self._seen: dict[str, dict[Members, tuple[Outlook, Seen, BoundRule]]] = {}

    def tasks(self, binding: Binding) -> Mapping[str, Task]:
        """One for each rule: a new point comes once in a step, what late rows change is seen within a minute."""
        rules = [rule for rule in binding.rules.values() if rule.kind == "forecast"]
        return {rule.rule.name: Task(_EVERY, (rule.rule.name,)) for rule in rules}

    def look(self, key: str, task: Task, ground: Ground) -> Mapping[str, Found]:
        """Which groups are likely to cross."""
        [name] = task.rules
        rule = ground.binding.rules[name]
        if rule.kpi is None or rule.rule.forecast is None:
            raise LookupError(f"`{key}` forecasts nothing")
        wanted = parse(rule.rule.forecast)
        found = self._outlooks.of(
            ground.cursor, ground.binding, rule.kpi, ground.now, ahead=wanted.within, by=rule.by,
            until=ground.until, read=ground.past.ahead.read if ground.past else self._points.on(ground.cursor),
        )  # fmt: skip
        before, kept = self._seen.get(name, {}), {}
        for each in found:
            known = before.get(each.members)
            same = known is not None and rule is known[2] and each.alike(known[0])
            kept[each.members] = (
                known if known is not None and same else (each, _seen(ground.binding, rule, each, wanted), rule)
            )
        self._seen[name] = kept
        seen = tuple(told for _, told, _ in kept.values())
        step = rolling(ground.binding, rule.kpi, ground.now, 2).step
        return {name: Found(ground.now.timestamp(), 2 * step, seen)}


def _seen(binding: Binding, rule: BoundRule, outlook: Outlook, wanted: Crosses) -> Seen:
    kpi = rule.kpi.kpi if rule.kpi is not None else Kpi("")
    if not isinstance(outlook.forecast, Forecast):
        return Seen(outlook.members, unknown=True, text=str(outlook.forecast))
    crossing = outlook.crosses(wanted.limit, wanted.within)
    if crossing is None or crossing.crossed or crossing.probability <= wanted.probability:
        return Seen(outlook.members, None, outlook.forecast.now)
    now = outlook.forecast.now
    tz = zone(binding.site)
    text = said(kpi, outlook, crossing, wanted.limit, tz)
    told = when(outlook, crossing, tz) or likely(outlook, crossing, tz), shown(kpi, crossing.limit)
    return Seen(outlook.members, rule.rule.priority, now, crossing.limit, text, *told, worse=worse_of(outlook.limits))


def said(kpi: Kpi, outlook: Outlook, crossing: Crossing, limit: str | float, tz: dt.tzinfo) -> str:
    """A crossing in one sentence: `OEE crosses critical 60 % at about 14:20 (80 %: 13:50–15:10), 86 % likely`."""
    named = f"{limit} {shown(kpi, crossing.limit)}" if isinstance(limit, str) else shown(kpi, crossing.limit)
    if crossing.crossed:
        return f"{name_of(kpi)} is {'under' if crossing.below else 'over'} {named} already"
    chances, about = likely(outlook, crossing, tz), when(outlook, crossing, tz)
    if not about:
        return f"{name_of(kpi)} {'under' if crossing.below else 'over'} {named} is {chances}"
    return f"{name_of(kpi)} crosses {named} at about {about}, {chances}"


def when(outlook: Outlook, crossing: Crossing, tz: dt.tzinfo) -> str:
    """The moment of a crossing with its interval: `14:20 (80 %: 13:50–15:10)`; nothing where it is not likely."""
    if outlook.moment(crossing.at) is None:
        return ""
    to = _clock(outlook, crossing.latest, tz) if outlook.moment(crossing.latest) is not None else "later"
    span = f"{100 * crossing.level:.0f} %: {_clock(outlook, crossing.soonest, tz)}–{to}"
    return f"{_clock(outlook, crossing.at, tz)} ({span})"


def likely(outlook: Outlook, crossing: Crossing, tz: dt.tzinfo) -> str:
    """How likely it is, and by when: `86 % likely by 14:40`."""
    return f"{chance(crossing.probability)} likely by {_clock(outlook, crossing.within, tz)}"


def chance(probability: float) -> str:
    """A probability as a person reads it; never quite none or certain."""
    percent = round(100 * probability)
    return "under 1 %" if percent < 1 else "over 99 %" if percent > 99 else f"{percent} %"


def _clock(outlook: Outlook, steps: float, tz: dt.tzinfo) -> str:
    return moment(outlook.moment(steps), tz, outlook.end)
