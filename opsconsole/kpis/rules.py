"""All rules of a site at one point of the evaluation grid, in few scans."""

from __future__ import annotations

import datetime as dt

from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.extent import Extents
from opsconsole.kpis.observation import Evaluation, Verdict
from opsconsole.kpis.ruling import insights as insight
from opsconsole.kpis.ruling.arrivals import Arrivals as Arrivals
from opsconsole.kpis.ruling.arrivals import stale_sources as stale_sources
from opsconsole.kpis.ruling.context import Context
from opsconsole.kpis.ruling.figures import judge
from opsconsole.kpis.ruling.insights import Insights
from opsconsole.kpis.ruling.outcome import INSTANCES as INSTANCES
from opsconsole.kpis.ruling.outcome import Outcome, Watched
from opsconsole.kpis.ruling.rows import count_rows
from opsconsole.kpis.ruling.silence import silent_groups, silent_source
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.sealed import Sealed
from opsconsole.kpis.targets import books_of, without_limits
from opsconsole.site.model import Window

COMBINED = Verdict(combine=True)


def evaluate_rules(
    cursor: Cursor,
    binding: Binding,
    now: dt.datetime,
    arrivals: Arrivals,
    alert_from: dt.datetime | None = None,
    sealed: Sealed | None = None,
    *,
    past: bool = False,
    watched: Watched | None = None,
    insights: Insights | None = None,
) -> Evaluation:
    """Every bound rule at `now` (aware, site time). Rows with an event time before `alert_from` raise nothing.

    `past`: `now` is a past moment, and rows with a later event time are as if they were not there yet. With `watched`
    (the labels of a rule's alerts that are open or about to be) nothing is said of instances that are neither raised
    nor among these, which is much faster. Combinations of rules only have a verdict that says so: what they come to
    follows from which alerts are active. Of rules that are found off the tick `insights` says what was found last.

    Never raises for the data: a rule whose SQL fails on it has the verdict `error`, and an observation of the rule
    `error:<rule>` beside it; a rule with more than 10,000 instances one of `many:<rule>`.
    """
    until = now if past else None
    sources: dict[str, str] = {}
    extents = Extents(cursor, binding, until, sources)
    books = books_of(cursor, binding, now, sources)
    context = Context(
        cursor=cursor,
        binding=binding,
        now=now,
        extents=extents,
        books=books,
        failing=without_limits(binding, sources),
        alert_from=alert_from,
        sealed=sealed,
        until=until,
    )
    outcome = Outcome(watched, {part for rule in binding.rules.values() for part in rule.parts})
    stale = stale_sources(binding, arrivals)
    on_kpis: dict[tuple[Window, bool], list[BoundRule]] = {}
    on_rows: dict[str, list[BoundRule]] = {}
    on_groups: dict[str, list[BoundRule]] = {}
    for rule in binding.rules.values():
        if rule.kind == "combine":
            outcome.verdicts[rule.rule.name] = COMBINED
            continue
        if rule.kind in insight.KINDS:
            insight.take(rule, (insights or {}).get(rule.rule.name), now.timestamp(), outcome)
        elif rule.kind == "silent" and not rule.by:
            silent_source(context, rule, arrivals, outcome)
        elif stale and (silent := sorted(stale & set(rule.sources))):
            outcome.stale(rule.rule.name, arrivals.lost.get(silent[0], f"{silent[0]} has gone silent"))
        elif rule.kpi is not None:
            on_kpis.setdefault((rule.kpi.kpi.window, rule.kpi.timed), []).append(rule)
        elif rule.kind == "silent":
            on_groups.setdefault(rule.source, []).append(rule)
        else:
            on_rows.setdefault(rule.source, []).append(rule)
    for rules in on_kpis.values():
        judge(context, rules, outcome)
    for rules in on_rows.values():
        count_rows(context, rules, outcome)
    for rules in on_groups.values():
        silent_groups(context, rules, outcome)
    return Evaluation(at=now.timestamp(), observations=outcome.observations, verdicts=outcome.verdicts)
