"""The scorecard: figures of alarm performance against the targets of ISA-18.2 and EEMUA 191, and what to do. Pure.

Targets, per operator position (ISA-18.2, table of alarm performance metrics, and EEMUA 191, both quoted through
secondary sources; "at most" is the figure called maximum manageable):

    alarms a day                             150        at most 300
    alarms an hour                           6          at most 12
    alarms in 10 minutes                     1          at most 2
    fullest 10 minutes                       10         (EEMUA: more than 100 are excessive)
    10-minute periods with more than 10      under 1 %  of all, the empty ones counted
    time in flood                            under 1 %  (on above 10 in 10 minutes, off below 5)
    the ten most frequent alarms             under 5 %  of all alarms
    chattering and fleeting alarms           0
    stale: active for over 24 hours          under 5    on any day
    standing                                 under 10   mean over time (EEMUA)
    priorities                               80 % low, 15 % warning, 5 % critical
    suppressed outside the procedure         0

The standards' figures are rough by intent, and some verdicts need a rule of their own; these are ours. Rates are judged
from a day of record on. The split of the priorities is missed when there is half as much again above it (over 7.5 %
critical, or over 30 % critical and warning), of at least 20 alarms. The share of the ten most frequent means nothing
with fewer than 200 different alarms, where ten have 5 % even when all come equally often. That people find half of a
rule's alerts false, of at least 4 judged, is no target of a standard; it is what no alarm can afford. Below 30 days of
record all of it is indicative only.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from opsconsole.alerts import proposals
from opsconsole.alerts.flood import Episode, position_of
from opsconsole.alerts.history import Alarm, History, Occurrence
from opsconsole.alerts.performance import DAY, Figures, Offender, figures
from opsconsole.alerts.proposals import Proposal
from opsconsole.site.figures import duration, figure, moment, number
from opsconsole.site.model import Rule, Site

ENOUGH_DAYS = 30.0
JUDGED_FROM = 20
DIFFERENT_FROM = 200
FALSE_RATE = 50.0
FALSE_FROM = 4
BEHIND = 3
Verdict = Literal["good", "warning", "critical", "none"]


class Line(Struct, frozen=True):
    """One target: what is asked and what was found, in words. The verdict `critical` is beyond what is manageable.

    `none`: it is not judged. `behind`: the rules that cause it, and `proposal` the number (from 1) of what to try.
    """

    key: str
    label: str
    target: str
    found: str
    verdict: Verdict
    behind: list[Offender] = []
    proposal: int | None = None


class Tryout(Struct, frozen=True, rename={"with_": "with"}):
    """A proposed change, and the command line that tries it on the past."""

    rule: str
    change: proposals.Change
    says: str
    with_: str
    command: str


class PositionCard(Struct, frozen=True):
    """The scorecard of one operator position; its name is empty where the site has only one."""

    position: str
    areas: list[str]
    figures: Figures
    lines: list[Line]
    proposals: list[Tryout]


class Scorecard(Struct, frozen=True):
    """The scorecard of a site. `start` and `end` are site time; `days` lie between them, of `asked` days.

    `indicative`: the record is shorter than the 30 days that the standard wants.
    """

    site: str
    timezone: str
    start: float
    end: float
    days: float
    asked: float
    indicative: bool
    transitions: int
    positions: list[PositionCard]


def scorecard(
    history: History, site: Site, start: float, end: float, zone: dt.tzinfo, *, asked: float, path: str
) -> Scorecard:
    """The scorecard of a closed record from `start` to `end`. `path`: the site as command lines name it."""
    of = {name: position_of(site, name) for name in {*site.rules, *history.rules}}
    cards = []
    for position in sorted(set(of.values())) or [""]:
        part = history.of({rule for rule, its in of.items() if its == position})
        areas = sorted({name for name, area in site.areas.items() if area.position == position})
        cards.append(_card(part, site, position, areas, start, end, zone, path))
    days = (end - start) / DAY
    return Scorecard(
        site=site.name,
        timezone=site.timezone,
        start=start,
        end=end,
        days=days,
        asked=asked,
        indicative=days < ENOUGH_DAYS - 0.01,
        transitions=history.transitions,
        positions=cards,
    )


def _card(
    history: History, site: Site, position: str, areas: list[str], start: float, end: float, zone: dt.tzinfo, path: str
) -> PositionCard:
    every = {name: rule.every or site.every for name, rule in site.rules.items()}
    found = figures(history, start, end, zone, chatter=site.chatter, every=every, shelving=site.shelving)
    judge = _Judge(history, site.rules, found, start, end, zone)
    lines = judge.lines()
    tryouts = [Tryout(each.rule, each.change, each.says, each.with_, each.command(path)) for each in judge.proposals]
    return PositionCard(position, areas, found, lines, tryouts)


class _Judge:
    """Holds the figures of one position against the targets, and finds out what to try for each that is missed."""

    def __init__(
        self,
        history: History,
        rules: Mapping[str, Rule],
        found: Figures,
        start: float,
        end: float,
        zone: dt.tzinfo,
    ) -> None:
        self._rules = rules
        self._found = found
        self._zone = zone
        self._start, self._end = start, end
        self._lived: dict[str, list[Occurrence]] = {}
        for each in history.occurrences:
            if each.ended is None or each.ended >= start:
                self._lived.setdefault(each.rule, []).append(each)
        self._load = Counter({each.rule: each.alarms for each in found.rules if each.alarms})
        self._in_floods = _during(found.floods, history.alarms)
        self._alarms = [each for each in history.alarms if start <= each.at <= end]
        self.proposals: list[Proposal] = []

    def lines(self) -> list[Line]:
        """All lines, in the order of the standard."""
        found = self._found
        return [
            *self._rates(),
            self._many(),
            self._floods(),
            self._top(),
            self._offending("chattering", "chattering alerts", found.chattering, len(found.chattering)),
            self._offending("fleeting", "fleeting: under a minute", found.fleeting, found.fleeting_count),
            self._stale(),
            self._standing(),
            self._priorities(),
            self._suppressions(),
            self._answers(),
            self._false(),
        ]

    def _line(
        self,
        key: str,
        label: str,
        target: str,
        found: str,
        verdict: Verdict,
        behind: Mapping[str, int] | None = None,
        propose: Callable[[str], Proposal] | None = None,
    ) -> Line:
        """A line; where a target is missed with the rules that most are due to, and what to try with the first."""
        if verdict in ("good", "none") or not behind:
            return Line(key, label, target, found, verdict)
        total = sum(behind.values())
        most = sorted(behind.items(), key=lambda each: (-each[1], each[0]))
        offenders = [Offender(rule, rule, count, 100 * count / total) for rule, count in most[:BEHIND]]
        proposal = (propose or self._calmer)(most[0][0])
        if proposal not in self.proposals:
            self.proposals.append(proposal)
        return Line(key, label, target, found, verdict, offenders, self.proposals.index(proposal) + 1)

    def _calmer(self, rule: str) -> Proposal:
        return proposals.calmer(rule, self._rules.get(rule), self._lived.get(rule, []))

    def _rates(self) -> Iterable[Line]:
        found = self._found
        for key, label, rate, target, most in (
            ("per_day", "alarms a day", found.per_day, 150, 300),
            ("per_hour", "alarms an hour", found.per_hour, 6, 12),
            ("per_ten_minutes", "alarms in 10 minutes", found.per_ten_minutes, 1, 2),
        ):
            verdict: Verdict = "good" if rate.mean <= target else "warning" if rate.mean <= most else "critical"
            said = _rounded(rate.mean)
            if self._end - self._start < DAY:
                said, verdict = f"{said}, judged from a day on", "none"
            elif rate.at is not None:
                there = dt.datetime.fromtimestamp(rate.at, self._zone)
                clock = f" {there:%H:%M}" if key != "per_day" else ""
                said += f", most {number(rate.peak)} on {there:%m-%d}{clock}"
            yield self._line(key, label, f"≤ {target}", said, verdict, self._load)
        peak = found.per_ten_minutes.peak
        verdict = "good" if peak <= 10 else "warning" if peak <= 100 else "critical"
        yield self._line("peak", "fullest 10 minutes", "≤ 10", number(peak), verdict, self._in_floods or self._load)

    def _many(self) -> Line:
        found = self._found
        said = f"{_percent(found.bins_over_share)}: {number(found.bins_over)} of {number(found.bins)}"
        verdict: Verdict = "good" if found.bins_over_share < 1 else "warning"
        label = "10-min periods with over 10"
        return self._line("bins_over", label, "< 1 %", said, verdict, self._in_floods or self._load)

    def _floods(self) -> Line:
        floods = self._found.floods
        said = _percent(self._found.flood_share)
        if floods:
            longest = max(each.end - each.start for each in floods)
            said += f": {number(len(floods))}, longest {duration(longest)}"
        verdict: Verdict = "good" if self._found.flood_share < 1 else "warning"
        return self._line("flood", "time in flood", "< 1 %", said, verdict, self._in_floods)

    def _top(self) -> Line:
        found = self._found
        said = _percent(found.top_share)
        verdict: Verdict = "good" if found.top_share < 5 else "warning"
        if verdict == "warning" and found.different < DIFFERENT_FROM:
            said, verdict = f"{said} of {number(found.different)}, judged from {DIFFERENT_FROM}", "none"
        return self._line("top", "the ten most frequent", "< 5 %", said, verdict, _by_rule(found.top))

    def _offending(self, key: str, label: str, offenders: Sequence[Offender], count: int) -> Line:
        said = number(count) + (f", of {offenders[0].name}" if len(offenders) == 1 else "")
        if key == "fleeting" and len(offenders) > 1:
            said += f", of {number(len(offenders))} alerts"
        return self._line(key, label, "0", said, "warning" if count else "good", _by_rule(offenders))

    def _stale(self) -> Line:
        found = self._found
        said = number(found.stale) + (f", on {found.stale_on[5:]}" if found.stale else "")
        verdict: Verdict = "good" if found.stale < 5 else "warning"
        behind = _by_rule(found.stale_alerts)
        return self._line("stale", "active over 24 h, on a day", "< 5", said, verdict, behind, self._shorter)

    def _standing(self) -> Line:
        found = self._found
        said = f"{_rounded(found.standing)}, most {number(found.standing_peak)}"
        behind = {
            rule: round(sum((each.ended or self._end) - each.began for each in lived))
            for rule, lived in self._lived.items()
        }
        verdict: Verdict = "good" if found.standing < 10 else "warning"
        return self._line("standing", "standing at once", "< 10", said, verdict, behind, self._shorter)

    def _shorter(self, rule: str) -> Proposal:
        return proposals.shorter(rule, self._rules.get(rule))

    def _priorities(self) -> Line:
        split = self._found.priorities
        said = " / ".join(number(split[each], 0) for each in ("low", "warning", "critical")) + " %"
        high = split["critical"] > 7.5
        verdict: Verdict = "good"
        if self._found.alarms < JUDGED_FROM:
            said, verdict = f"{said}, judged from {JUDGED_FROM}", "none"
        elif high or split["critical"] + split["warning"] > 30:
            verdict = "warning"
        worst = "critical" if high else "warning"
        behind = Counter(each.rule for each in self._alarms if each.priority == worst)
        return self._line(
            "priorities", "low / warning / critical", "80 / 15 / 5 %", said, verdict, behind,
            lambda rule: proposals.lower(rule, self._rules.get(rule), worst),
        )  # fmt: skip

    def _suppressions(self) -> Line:
        found = self._found.suppressions
        said = number(len(found)) + (f", {found[0].alert}" if len(found) == 1 else "")
        behind = Counter(each.rule for each in found)

        def propose(rule: str) -> Proposal:
            first = next(each for each in found if each.rule == rule)
            since = moment(first.at, self._zone)
            return Proposal(rule, "review", f"{first.alert}: {first.why}, by {first.by} since {since}")

        label = "put aside past the procedure"
        return self._line("suppressions", label, "0", said, "warning" if found else "good", behind, propose)

    def _answers(self) -> Line:
        found = self._found
        if found.answer_median is None or found.answer_p90 is None:
            said = "nobody acknowledged any"
        else:
            said = f"{duration(found.answer_median)}, 90 % within {duration(found.answer_p90)}"
        if found.unanswered:
            said += f"; {number(found.unanswered)} never"
        return Line("answers", "until acknowledged, median", "–", said if found.alarms else "–", "none")

    def _false(self) -> Line:
        judged = [each for each in self._found.rules if each.false_rate is not None]
        if not judged:
            return Line("false", "found false by people", "–", "nobody judged any", "none")
        bad = {
            each.rule: each.judged
            for each in judged
            if (each.false_rate or 0.0) >= FALSE_RATE and each.judged >= FALSE_FROM
        }
        worst = max(judged, key=lambda each: (each.false_rate or 0.0, each.alarms))
        said = f"{worst.rule} {_percent(worst.false_rate or 0.0)}, of {worst.judged} judged"
        if not worst.false_rate:
            said = f"none of {sum(each.judged for each in judged)} judged"
        return self._line(
            "false", "found false by people", "< 50 %", said, "warning" if bad else "good", bad,
            lambda rule: proposals.truer(rule, self._rules.get(rule), self._lived.get(rule, [])),
        )  # fmt: skip


def _during(floods: Sequence[Episode], alarms: Iterable[Alarm]) -> Counter[str]:
    """By rule the alarms of floods, which are in order of time."""
    starts = [each.start for each in floods]
    found: Counter[str] = Counter()
    for alarm in alarms:
        at = bisect_right(starts, alarm.at) - 1
        if at >= 0 and alarm.at <= floods[at].end:
            found[alarm.rule] += 1
    return found


def _by_rule(offenders: Iterable[Offender]) -> Counter[str]:
    behind: Counter[str] = Counter()
    for each in offenders:
        behind[each.rule] += each.count
    return behind


def _rounded(value: float) -> str:
    return number(value, 0 if value >= 100 else 1 if value >= 10 else 2 if value else 0)


def _percent(value: float) -> str:
    return figure(value, "%", 0 if value >= 10 or not value else 1 if value >= 1 else 2)


def as_json(card: Scorecard) -> dict[str, object]:
    """The scorecard as JSON values."""
    found: dict[str, object] = msgspec.to_builtins(card)
    return found
