"""Rules on the load of a flow: too many cases in progress, a step that holds most of the waiting, a station that alone
holds up the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from opsconsole.engine.flow_words import brief, held, percent
from opsconsole.engine.insight.study import Ground, Task
from opsconsole.kpis.binding import Binding, BoundFlow, BoundRule
from opsconsole.kpis.ruling.insights import Found, Seen
from opsconsole.site.figures import count, number
from opsconsole.site.flow_rules import parse_bottleneck, parse_wip

if TYPE_CHECKING:
    from opsconsole.insight.flow import Log
    from opsconsole.insight.flow.shifting import Bottleneck

_EVERY = 60.0
"""Seconds of site time after which a flow is looked at anew."""
_OLD = 600.0
"""What is known of a station's present may be so many seconds old, or as long as the rule asks for."""
CLOSED = 30
"""So many cases have to be closed before a percentile of the work in progress is known."""


class WipStudy:
    """The rules on the work in progress."""

    def tasks(self, binding: Binding) -> Mapping[str, Task]:
        """A flow for all such rules on it."""
        return _tasks(binding, "wip")

    def look(self, key: str, task: Task, ground: Ground) -> Mapping[str, Found]:
        """How many cases are in progress, against each rule's limit."""
        from opsconsole.engine.insight.flow_read import naive
        from opsconsole.insight.flow.counting import in_progress, wip_quantile
        from opsconsole.insight.flow.steps import epoch
        from opsconsole.insight.flow.waiting import sound_cases

        bound, at = _flow(key, ground), ground.now.timestamp()
        # hours change how long cases took, not how many there are
        _, every = sound_cases(_log(bound, ground), naive(ground.now), done=bound.flow.done)
        every = every.filter(~every["impossible"])
        start, end = epoch(every["start"]), epoch(every["end"])
        now = int(in_progress(start, end, [at])[0])
        found = {}
        for rule in _rules(task, ground):
            wanted = parse_wip(rule.rule.wip or "")
            limit: float | None = wanted.cases
            named = ""
            if wanted.share is not None:
                enough = every.height - every["open"].sum() >= CLOSED
                limit = wip_quantile(start, end, at, wanted.share) if enough else None
                named = f"P{wanted.share * 100:.0f} so far "
            found[rule.rule.name] = Found(
                at,
                0.0,
                (
                    _wip(rule, bound, now, limit, named)
                    if every.height
                    else Seen((), unknown=True, text="it has no cases"),
                ),
                gone=True,
            )
        return found


def _wip(rule: BoundRule, bound: BoundFlow, now: int, limit: float | None, named: str) -> Seen:
    if limit is None:
        return Seen((), unknown=True, text=f"fewer than {CLOSED} cases were closed")
    if now <= limit:
        return Seen((), None, now, limit)
    text = f"{_named(bound)}: {count(now, 'case')} in progress, {named or 'limit '}{number(limit)}"
    return Seen((), rule.rule.priority, now, limit, text, number(now), number(limit))


class BottleneckStudy:
    """The rules on steps that hold the waiting, and on stations that hold up the others."""

    def tasks(self, binding: Binding) -> Mapping[str, Task]:
        """A flow for all such rules on it."""
        return _tasks(binding, "bottleneck")

    def look(self, key: str, task: Task, ground: Ground) -> Mapping[str, Found]:
        """Each step, or station, against each rule's limit."""
        from opsconsole.engine.insight import flow_read

        bound, at = _flow(key, ground), ground.now.timestamp()
        rules = _rules(task, ground)
        if bound.flow.station:
            rows = ground.past.flow(bound).periods(ground.now) if ground.past is not None else None
            stations = flow_read.bottlenecks(ground.cursor, bound, ground.now, known=True, rows=rows)
            # a station without a row for so long is not known to be well
            return {each.rule.name: Found(at, 0.0, _stations(each, bound, stations, at)) for each in rules}
        from opsconsole.insight.flow.waiting import waiting_now

        log = _log(bound, ground)
        hours = flow_read.hours_of(log, bound.flow, ground.binding.site, ground.now)
        waits = waiting_now(log, flow_read.naive(ground.now), done=bound.flow.done, hours=hours)
        steps = list(waits.iter_rows(named=True))
        seen = {
            each.rule.name: tuple(
                _step(each, bound, row["step"], row["share"], row["cases"], row["oldest"]) for row in steps
            )
            for each in rules
        }
        return {name: Found(at, 0.0, each, gone=True) for name, each in seen.items()}


def _step(rule: BoundRule, bound: BoundFlow, step: str, share: float, cases: int, oldest: float) -> Seen:
    limit = parse_bottleneck(rule.rule.bottleneck or "").share or 0.0
    if share <= limit or cases < rule.rule.at_least:
        return Seen((step,), None, share, limit)
    text = f"{_named(bound)}: {step} holds {held(share, cases, oldest)}"
    return Seen((step,), rule.rule.priority, share, limit, text, percent(share), percent(limit))


def _stations(
    rule: BoundRule, bound: BoundFlow, found: list[tuple[str | None, Bottleneck]], now: float
) -> tuple[Seen, ...]:  # fmt: skip
    wanted, spec = parse_bottleneck(rule.rule.bottleneck or ""), bound.flow
    seen = []
    for group, one in found:
        for each in one.shares:
            members = (group, each.station) if spec.by else (each.station,)
            name = f"{spec.by} {group} {each.station}" if spec.by and group is not None else each.station
            if wanted.seconds is None:
                value, limit = each.sole, wanted.share or 0.0
                words = percent(value), percent(limit)
                text = f"{name} alone held up the others for {words[0]} of the last {brief(spec.within)}"
            else:
                value = one.alone if each.station == one.momentary else 0.0
                limit, words = wanted.seconds, (brief(value), brief(wanted.seconds))
                text = f"{name} alone holds up the others, for {words[0]} now"
            if wanted.seconds is not None and (one.known is None or now - one.known > max(_OLD, wanted.seconds)):
                seen.append(Seen(members, unknown=True, text="its newest row is too old"))
            elif value > limit:
                seen.append(Seen(members, rule.rule.priority, value, limit, text, *words))
            else:
                seen.append(Seen(members, None, value, limit))
    return tuple(seen)


def _named(bound: BoundFlow) -> str:
    return bound.flow.title or bound.flow.name


def _tasks(binding: Binding, kind: str) -> dict[str, Task]:
    found: dict[str, tuple[str, ...]] = {}
    for name, rule in binding.rules.items():
        if rule.kind == kind and rule.rule.flow is not None:
            found[rule.rule.flow] = (*found.get(rule.rule.flow, ()), name)
    return {flow: Task(max(_EVERY, binding.site.every), rules) for flow, rules in found.items()}


def _rules(task: Task, ground: Ground) -> list[BoundRule]:
    return [ground.binding.rules[name] for name in task.rules if name in ground.binding.rules]


def _flow(key: str, ground: Ground) -> BoundFlow:
    """Raises LookupError for one that is not there, or cannot be looked at."""
    bound = ground.binding.flows.get(key)
    if bound is None:
        raise LookupError(ground.binding.stuck.get(key) or f"there is no flow `{key}`")
    return bound


def _log(bound: BoundFlow, ground: Ground) -> Log:
    """The log of a flow of cases as it is known now: nothing of what is written ahead."""
    from opsconsole.engine.insight.flow_read import log_of, naive, rows_of
    from opsconsole.insight.flow.stages import known_at

    if ground.past is not None:
        return ground.past.flow(bound).log(ground.now)
    rows, _ = rows_of(ground.cursor, bound)
    return known_at(log_of(rows, bound.flow), naive(ground.now))
