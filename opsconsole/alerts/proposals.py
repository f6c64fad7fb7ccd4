"""One change of a rule that would spare the operator alarms, made out from what its alerts did. Pure.

It is worked out from how long alerts were active and how soon they came again: what was shorter than an on-delay would
not have been raised, what came again within an off-delay would not have cleared in between. A delay is proposed when it
would have saved half of a rule's alarms, an off-delay before an on-delay, since it keeps nobody from knowing. Else the
limit that half of them never went beyond; for KPIs a deadband of 5 % of the limit, EEMUA 191's figure for flow and
level. Each is a first guess: a backtest says what it saves and what it costs.
"""

from __future__ import annotations

import re
import shlex
from bisect import bisect_left
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from opsconsole.alerts.history import Occurrence
from opsconsole.site.duration import format_duration
from opsconsole.site.figures import number
from opsconsole.site.model import Rule, by_limits

Change = Literal["off-delay", "on-delay", "limit", "deadband", "priority", "shelve", "review"]
DELAYS = (60.0, 120.0, 300.0, 600.0, 900.0, 1800.0)
DEADBAND = 0.05
_HALF = 0.5
_FEW = 3
_WHEN = re.compile(r"(<=|>=|<|>)\s*(-?[\d.]+(?:[eE][-+]?\d+)?)")


class Proposal(Struct, frozen=True):
    """What to try with a rule. `with_`: the change as YAML, as `backtest --with` takes it; empty: none."""

    rule: str
    change: Change
    says: str
    with_: str = ""

    def command(self, site: str) -> str:
        """The command line that tries it."""
        words = f"opsconsole backtest {shlex.quote(site)} {shlex.quote(self.rule)}"
        return f"{words} --with {shlex.quote(self.with_)}" if self.with_ else words


def calmer(name: str, rule: Rule | None, lived: Sequence[Occurrence]) -> Proposal:
    """What to try with a rule that calls too often; `lived` are its occurrences in order of time."""
    if rule is None:
        return Proposal(name, "review", "it is not in the site file any more")
    if len(lived) < _FEW:
        return _review(rule, lived)
    return _delay(rule, lived) or _limit(rule, lived) or _deadband(rule, lived) or _review(rule, lived)


def shorter(name: str, rule: Rule | None) -> Proposal:
    """What to do about a rule whose alerts stand for days."""
    if rule is None:
        return Proposal(name, "review", "it is not in the site file any more")
    says = "shelve what is known until it is mended, with a reason; what nobody acts on should be no alert"
    return Proposal(name, "shelve", says)


def lower(name: str, rule: Rule | None, worst: str) -> Proposal:
    """What to do about a rule that gives too many alarms of a high priority."""
    if rule is None:
        return Proposal(name, "review", "it is not in the site file any more")
    if by_limits(rule):
        return Proposal(name, "review", f"its KPI's limits decide: is each {worst} one worth dropping everything for?")
    below = "warning" if worst == "critical" else "low"
    return Proposal(name, "priority", f"{below} instead of {rule.priority}", f"priority: {below}")


def truer(name: str, rule: Rule | None, lived: Sequence[Occurrence]) -> Proposal:
    """What to do about a rule whose alerts people found false."""
    if rule is None:
        return Proposal(name, "review", "it is not in the site file any more")
    wrong = [each for each in lived if each.disposition in ("false-rule", "false-data")]
    if sum(each.disposition == "false-data" for each in wrong) * 2 > len(wrong):
        return Proposal(name, "review", "its data was wrong more often than the rule: see to its source")
    return _limit(rule, wrong) or _delay(rule, lived) or _review(rule, lived)


def _delay(rule: Rule, lived: Sequence[Occurrence]) -> Proposal | None:
    """The smallest delay that would have saved half of the alarms; see the module."""
    if rule.per_row or len(lived) < _FEW:
        return None
    return _least(rule, lived, "off-delay", _gaps(rule, lived)) or _least(
        rule, lived, "on-delay", _lengths(rule, lived)
    )


def _least(rule: Rule, lived: Sequence[Occurrence], change: Change, lengths: Sequence[float]) -> Proposal | None:
    """The smallest delay that is longer than half as many of these as there were occurrences."""
    key, now, saves = ("clear", rule.clear, "came again within it")
    if change == "on-delay":
        key, now, saves = ("for", rule.hold, "were over before it")
    ordered = sorted(lengths)
    for delay in DELAYS:
        saved = bisect_left(ordered, delay)
        if delay > now and saved >= _HALF * len(lived):
            long = format_duration(delay)
            says = f"{change} of {long}: {saved} of its {len(lived)} occurrences {saves}"
            if saved == len(lived):  # by an off-delay the first is left
                says = f"{change} of {long}: all its {saved} occurrences {saves}; is the rule needed?"
            return Proposal(rule.name, change, says, f"{key}: {long}")
    return None


def _lengths(rule: Rule, lived: Sequence[Occurrence]) -> list[float]:
    """How long the condition of each occurrence held, before the delays."""
    return [rule.hold + each.ended - each.began - rule.clear for each in lived if each.ended is not None]


def _gaps(rule: Rule, lived: Sequence[Occurrence]) -> list[float]:
    """How long the condition had been gone when it came again, before the delays."""
    ended: dict[str, float] = {}
    found: list[float] = []
    for each in lived:
        if each.alert in ended:
            found.append(each.began - rule.hold - ended.pop(each.alert) + rule.clear)
        if each.ended is not None:
            ended[each.alert] = each.ended
    return found


def _limit(rule: Rule, lived: Sequence[Occurrence]) -> Proposal | None:
    """The limit that half of the occurrences did not go beyond."""
    worst = sorted(each.worst for each in lived if each.worst is not None)
    if len(worst) < _FEW:
        return None
    middle = worst[len(worst) // 2]
    if rule.rows is not None and not rule.per_row:
        least = int(middle) + 1
        if least <= rule.at_least:
            return None
        says = f"at least {least} rows instead of {rule.at_least}: half of its alarms had no more than {int(middle)}"
        return Proposal(rule.name, "limit", says, f"at_least: {least}")
    match = _WHEN.fullmatch((rule.when or "").strip())
    if match is None or rule.change is not None or rule.against is not None:
        return None
    sign, now = match[1], float(match[2])
    up = sign.startswith(">")
    if not up:
        middle = worst[(len(worst) - 1) // 2]
    if (middle <= now) if up else (middle >= now):
        return None
    strict = f"{sign[0]} {middle:.6g}"
    says = f"limit {strict} instead of {sign} {now:g}: half of its alarms never went beyond that"
    return Proposal(rule.name, "limit", says, f'when: "{strict}"')


def _deadband(rule: Rule, lived: Sequence[Occurrence]) -> Proposal | None:
    limits = [abs(each.limit) for each in lived if each.limit]
    if rule.kpi is None or rule.deadband or not limits:
        return None
    band = f"{DEADBAND * limits[-1]:.3g}"
    return Proposal(rule.name, "deadband", f"deadband of {band}, 5 % of its limit", f"deadband: {band}")


def _review(rule: Rule, lived: Sequence[Occurrence]) -> Proposal:
    each = f"{number(len(lived))} occurrences" if len(lived) != 1 else "one occurrence"
    says = f"{each}: does each ask somebody to do something? What does not should be no alert"
    return Proposal(rule.name, "review", says)
