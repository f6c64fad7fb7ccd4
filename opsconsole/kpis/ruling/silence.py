"""Rules on silence: of a source by when its rows arrived, of groups by their event times.

A group is expected for as long as it had a row within the last `within` (a week, unless the rule says otherwise), and
it is silent when the last of its rows is older than `silent`. That goes by event time, not by arrival: one file often
brings rows of many groups, so that arrival says nothing of a single one; and so it is the same in a replay, a backtest,
with the clock `data` and after a restart. A source that delivers late makes its groups silent for that long, so
`silent` has to be longer than the delay. While the source as a whole is stale (`fresh_within`) nothing is known of its
groups.

An alert ends when the group has a row again, and not by missing data: of a group that nothing was heard of within
`within` nothing is raised any more, but an alert that is open stays as it is, marked as stale. When it began does not
matter (`alert_from`): that it is silent is so now.
"""

from __future__ import annotations

import datetime as dt
from functools import partial

import duckdb

from opsconsole.kpis.binding import BoundRule
from opsconsole.kpis.expression import ident
from opsconsole.kpis.failing import begin_again, failure
from opsconsole.kpis.ruling.arrivals import Arrivals
from opsconsole.kpis.ruling.context import Context
from opsconsole.kpis.ruling.grouping import grouping, grouping_sets, mask_of
from opsconsole.kpis.ruling.outcome import INSTANCES, Outcome
from opsconsole.kpis.scan import Members
from opsconsole.kpis.span import moment
from opsconsole.site.figures import duration

_By = tuple[str, ...]


def silent_source(context: Context, rule: BoundRule, arrivals: Arrivals, outcome: Outcome) -> None:
    """A rule on a whole source."""
    limit = rule.rule.silent or 0.0
    silence = arrivals.silence(rule.source)
    title = context.binding.site.sources[rule.source].title or rule.source
    priority = rule.rule.priority if silence > limit else None
    outcome.add(rule, (), priority, silence, limit, partial(_text, title, silence, limit))
    outcome.well(rule)


def silent_groups(context: Context, rules: list[BoundRule], outcome: Outcome) -> None:
    """Rules on groups of one source."""
    try:
        lasts, totals = _lasts(context, rules)
    except duckdb.Error as error:
        begin_again(context.cursor)
        for rule in rules:
            outcome.failed(rule.rule.name, failure(error))
        return
    title = context.binding.site.sources[rules[0].source].title or rules[0].source
    for rule in rules:
        limit = rule.rule.silent or 0.0
        watched = outcome.watched(rule)
        for members, silence in lasts[rule.by].items():
            if silence >= rule.rule.within:
                continue
            over = silence > limit
            if over or watched is None or members in watched:
                text = partial(_text, title, silence, limit)
                outcome.add(rule, members, rule.rule.priority if over else None, silence, limit, text)
        outcome.well(rule, totals[rule.by], missing=True)


def _lasts(context: Context, rules: list[BoundRule]) -> tuple[dict[_By, dict[Members, float]], dict[_By, int]]:
    """By labels, for each group that is expected, the seconds since its last row; and how many there are."""
    binding, source = context.binding, rules[0].source
    sets = list(dict.fromkeys(rule.by for rule in rules))
    columns = list(dict.fromkeys(binding.column(source, name) for by in sets for name in by))
    since = context.now - dt.timedelta(seconds=max(rule.rule.within for rule in rules))
    members = "".join(f", CAST({ident(name)} AS VARCHAR)" for name in columns)
    heads = "".join(f", m{at}" for at in range(len(columns)))
    own = {by: [binding.column(source, name) for name in by] for by in sets}
    query = (
        f"SELECT s, epoch_us({moment(context.now)}) - epoch_us(t), count(*) OVER (PARTITION BY s){heads} FROM ("
        f"SELECT {grouping(columns)}, max(_time){members} FROM {ident(source)} WHERE _time > {moment(since)} "
        f"AND _time <= {moment(context.now)}{grouping_sets(columns, own.values())}) AS q(s, t{heads}) "
        f"QUALIFY row_number() OVER (PARTITION BY s ORDER BY {heads[2:]}) <= {INSTANCES}"
    )
    found: dict[int, list[tuple[object, ...]]] = {}
    for row in context.cursor.execute(query).fetchall():
        found.setdefault(row[0], []).append(row)
    lasts: dict[_By, dict[Members, float]] = {}
    totals: dict[_By, int] = {}
    for by in sets:
        mask = mask_of(columns, own[by])
        places = [3 + columns.index(name) for name in own[by]]
        rows = found.get(mask, [])
        lasts[by] = {tuple(row[place] for place in places): row[1] / 1e6 for row in rows}  # type: ignore[misc, operator]  # text, and a number
        totals[by] = rows[0][2] if rows else 0  # type: ignore[assignment]  # a number
    return lasts, totals


def _text(title: str, silence: float, limit: float) -> tuple[str, str, str]:
    return f"{title} has been silent for more than {duration(limit)}", duration(silence), duration(limit)
