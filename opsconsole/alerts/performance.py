"""The figures of alarm performance of one operator position, after ISA-18.2 and EEMUA 191. Pure.

What is counted is alarms: what was announced to the operator. Each figure says how it is worked out; the targets are in
`opsconsole.alerts.scorecard`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from opsconsole.alerts.chatter import Chatters, fleeting
from opsconsole.alerts.facts import Disposition
from opsconsole.alerts.flood import Episode, episodes
from opsconsole.alerts.history import Aside, History, Occurrence
from opsconsole.site.model import Chatter, Priority, Shelving

BIN = 600.0
HOUR = 3600.0
DAY = 86400.0
STALE = 24 * HOUR
TOP = 10
OUT_WITHOUT_END = 24 * HOUR
_QUARTER = 900.0  # the clocks of all zones are set at full quarters of an hour


class Peak(Struct, frozen=True):
    """The mean of a rate, and its highest value with the moment at which that stretch began."""

    mean: float
    peak: int = 0
    at: float | None = None


class Offender(Struct, frozen=True):
    """How much of something is due to an alert or a rule; `share` in %."""

    name: str
    rule: str
    count: int
    share: float


class Suppression(Struct, frozen=True):
    """An alert that was put aside outside the procedure: by whom, when, and what is wrong with it."""

    alert: str
    rule: str
    by: str
    at: float
    why: str


class OfRule(Struct, frozen=True):
    """A rule: its alarms and their share (%), what its alerts did, and what people found them to be.

    `active`: the median time an occurrence was active, seconds. `false_rate` in % of those `judged` to be true,
    expected or false ("undetermined" is no judgement); None: none were.
    """

    rule: str
    alarms: int
    share: float
    occurrences: int = 0
    active: float | None = None
    chattering: int = 0
    fleeting: int = 0
    dispositions: dict[Disposition, int] = {}
    judged: int = 0
    false_rate: float | None = None


class Figures(Struct, frozen=True):
    """All figures of a position over a period; shares in %, durations in seconds, moments in site time.

    `bins` are all 10-minute periods, the empty ones too; `bins_over` those with more than 10 alarms. `stale`: the most
    alerts on any day that had been active for over 24 hours. `unanswered`: it wanted to be acknowledged, is
    over, and nobody has done so; what is acknowledged answers all its earlier calls.
    """

    alarms: int
    per_day: Peak
    per_hour: Peak
    per_ten_minutes: Peak
    bins: int
    bins_over: int
    bins_over_share: float
    floods: list[Episode]
    flood_share: float
    different: int
    top_share: float
    top: list[Offender]
    chattering: list[Offender]
    fleeting: list[Offender]
    fleeting_count: int
    stale: int
    stale_on: str
    stale_alerts: list[Offender]
    standing: float
    standing_peak: int
    priorities: dict[Priority, float]
    suppressions: list[Suppression]
    answered: int
    answer_median: float | None
    answer_p90: float | None
    unanswered: int
    rules: list[OfRule]


def figures(
    history: History,
    start: float,
    end: float,
    zone: dt.tzinfo,
    *,
    chatter: Chatter,
    every: Mapping[str, float],
    shelving: Shelving,
) -> Figures:
    """The figures of a closed record. `zone`: whose days count; `every`: by rule the seconds between evaluations."""
    alarms = [each for each in history.alarms if start <= each.at <= end]
    times = [each.at for each in alarms]
    bins = max(1, math.ceil(end / BIN) - math.floor(start / BIN))
    over = Counter(math.floor(at / BIN) for at in times)
    floods = episodes([each.at for each in history.alarms], start, end)
    by_alert = Counter((each.alert, each.rule) for each in alarms)
    stale, stale_on, stale_alerts = _stale(history, start, end, zone)
    standing, standing_peak = _standing(history, start, end)
    waits = sorted(seconds for _, seconds in history.acknowledged)
    lived = [each for each in history.occurrences if each.ended is None or each.ended >= start]
    short = [each for each in lived if each.ended is not None and fleeting(each.began, each.ended, each.acked)]
    chattering = _chattering(lived, chatter, every)
    total = len(alarms)
    return Figures(
        alarms=total,
        per_day=_rate(times, start, end, DAY, zone),
        per_hour=_rate(times, start, end, HOUR, zone),
        per_ten_minutes=_rate(times, start, end, BIN, zone),
        bins=bins,
        bins_over=sum(count > 10 for count in over.values()),
        bins_over_share=100 * sum(count > 10 for count in over.values()) / bins,
        floods=floods,
        flood_share=100 * sum(each.end - each.start for each in floods) / max(end - start, 1.0),
        different=len(by_alert),
        top_share=share(sum(count for _, count in by_alert.most_common(TOP)), total),
        top=offenders(by_alert, total)[:TOP],
        chattering=chattering,
        fleeting=offenders(Counter((each.alert, each.rule) for each in short), len(short)),
        fleeting_count=len(short),
        stale=stale,
        stale_on=stale_on,
        stale_alerts=stale_alerts,
        standing=standing,
        standing_peak=standing_peak,
        priorities={
            level: share(sum(each.priority == level for each in alarms), total)
            for level in ("low", "warning", "critical")
        },
        suppressions=_outside(history.aside, start, end, shelving),
        answered=len(waits),
        answer_median=quantile(waits, 0.5),
        answer_p90=quantile(waits, 0.9),
        unanswered=sum(each.asked and each.ended is not None and each.acked is None for each in lived),
        rules=_rules(alarms=Counter(each.rule for each in alarms), lived=lived, chattering=chattering, short=short),
    )


def share(part: float, total: float) -> float:
    """In %; 0 of nothing."""
    return 100 * part / total if total else 0.0


def quantile(ordered: Sequence[float], part: float) -> float | None:
    """The smallest value that at least this part of all does not exceed (nearest rank); None of nothing."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)] if ordered else None


def offenders(counts: Mapping[tuple[str, str], int], total: int) -> list[Offender]:
    """The most first, then by name."""
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [Offender(name, rule, count, share(count, total)) for (name, rule), count in ordered]


def _rate(times: Iterable[float], start: float, end: float, length: float, zone: dt.tzinfo) -> Peak:
    """Alarms per day, hour or 10 minutes: the mean over the whole period, and the fullest of these by the clock.

    A day is one of the site's calendar.
    """
    counts: Counter[float] = Counter()
    total = 0
    known: dict[float, float] = {}
    for at in times:
        total += 1
        quarter = at // _QUARTER
        if quarter not in known:
            known[quarter] = _begin_or_offset(at, length, zone)
        counts[known[quarter] if length == DAY else at - (at + known[quarter]) % length] += 1
    mean = total * length / max(end - start, BIN)
    if not counts:
        return Peak(mean)
    peak = max(counts.values())
    return Peak(mean, peak, min(at for at, count in counts.items() if count == peak))


def _begin_or_offset(at: float, length: float, zone: dt.tzinfo) -> float:
    """When the day began at the site; for shorter stretches how far its clock is ahead of UTC then."""
    there = dt.datetime.fromtimestamp(at, zone)
    if length == DAY:
        return there.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).timestamp()
    offset = there.utcoffset()
    return offset.total_seconds() if offset is not None else 0.0


def _chattering(lived: Sequence[Occurrence], chatter: Chatter, every: Mapping[str, float]) -> list[Offender]:
    """The alerts that chattered by time or by Icinga's formula at least once, with how often they became active."""
    moves = sorted(
        (at, active, each.alert, each.rule)
        for each in lived
        for at, active in ((each.began, True), *(((each.ended, False),) if each.ended is not None else ()))
    )
    marks, marked = Chatters(chatter), dict[str, str]()
    for at, active, alert, rule in moves:
        if alert in marked:
            continue
        number = math.floor(at / every[rule]) if rule in every else None
        if marks.changed(alert, at, number, active=active):
            marked[alert] = rule
            marks.drop(alert)
    counts = Counter((each.alert, each.rule) for each in lived if each.alert in marked)
    return offenders(counts, sum(counts.values()))


def _stale(history: History, start: float, end: float, zone: dt.tzinfo) -> tuple[int, str, list[Offender]]:
    """The most alerts on any one day that stood active for over 24 hours, that day, and the days of each alert."""
    days: dict[str, set[str]] = {}
    rules: dict[str, str] = {}
    for each in history.shown:
        begin, over = max(each.start, each.since + STALE, start), min(each.end, end)
        if begin >= over:
            continue
        rules[each.alert] = each.rule
        day, last = dt.datetime.fromtimestamp(begin, zone).date(), dt.datetime.fromtimestamp(over, zone).date()
        while day <= last:
            days.setdefault(day.isoformat(), set()).add(each.alert)
            day += dt.timedelta(days=1)
    most = max((len(alerts) for alerts in days.values()), default=0)
    on = min((day for day, alerts in days.items() if len(alerts) == most), default="")
    counts = Counter((alert, rules[alert]) for alerts in days.values() for alert in alerts)
    return most, on, offenders(counts, sum(counts.values()))


def _standing(history: History, start: float, end: float) -> tuple[float, int]:
    """How many alerts stood active before the operator: the mean over time, and the most at once."""
    steps: list[tuple[float, int]] = []
    for each in history.shown:
        begin, over = max(each.start, start), min(each.end, end)
        if begin < over:
            steps += [(begin, 1), (over, -1)]
    area = now = most = 0.0
    before = start
    for at, step in sorted(steps):
        area += now * (at - before)
        before, now = at, now + step
        most = max(most, now)
    return area / max(end - start, 1.0), round(most)


def _outside(aside: Iterable[Aside], start: float, end: float, shelving: Shelving) -> list[Suppression]:
    """What was put aside outside the procedure in the period.

    A shelf that is longer than any role may shelve that priority; a shelf until the condition has gone that went on for
    longer than that; a time out of service of over a day, which nothing ends by itself.
    """
    found: list[Suppression] = []
    for each in aside:
        put, ended = each.put, each.ended if each.ended is not None else end
        if ended < start or put.at > end:
            continue
        longest = max(getattr(role, each.priority) for role in (shelving.operator, shelving.supervisor))
        if not hasattr(put, "until"):
            why = "out of service for over a day" if ended - put.at > OUT_WITHOUT_END else ""
        elif put.until is None:
            why = "shelved without an end for longer than is allowed" if ended - put.at > longest else ""
        else:
            why = "shelved for longer than is allowed" if put.until - put.at > longest + 1 else ""
        if why:
            found.append(Suppression(each.alert, each.rule, put.by, put.at, why))
    return sorted(found, key=lambda each: (each.at, each.alert))


def _rules(
    *, alarms: Counter[str], lived: Sequence[Occurrence], chattering: Sequence[Offender], short: Sequence[Occurrence]
) -> list[OfRule]:
    """All rules that did something, those with the most alarms first."""
    total = alarms.total()
    of: dict[str, list[Occurrence]] = {rule: [] for rule in alarms}
    for each in lived:
        of.setdefault(each.rule, []).append(each)
    noisy, brief = Counter(each.rule for each in chattering), Counter(each.rule for each in short)
    found = []
    for rule, occurrences in of.items():
        found_to_be = Counter(each.disposition for each in occurrences if each.disposition is not None)
        wrong = found_to_be["false-rule"] + found_to_be["false-data"]
        judged = wrong + found_to_be["true"] + found_to_be["expected"]
        active = sorted(each.ended - each.began for each in occurrences if each.ended is not None)
        found.append(
            OfRule(
                rule=rule,
                alarms=alarms[rule],
                share=share(alarms[rule], total),
                occurrences=len(occurrences),
                active=quantile(active, 0.5),
                chattering=noisy[rule],
                fleeting=brief[rule],
                dispositions=dict(found_to_be),
                judged=judged,
                false_rate=share(wrong, judged) if judged else None,
            )
        )
    return sorted(found, key=lambda each: (-each.alarms, each.rule))
