"""Rules on rows: how many of a source's rows meet a condition lately, or are due, by labels.

All rules on one source are answered from one scan, whatever their labels (GROUPING SETS) and conditions (each counted
once), and however far they look back as long as that is not too different. What comes back are the counts that raise
something, in a long form: one line for each condition and group, capped for each condition by itself, so that a
careless rule takes nothing from another.

With a recovery condition an alert is over when the condition is no longer met and a later row of the group has met
that one; a group of which nothing is heard stays as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

import duckdb

from opsconsole.kpis.binding import BoundRule
from opsconsole.kpis.drill import condition_of, within
from opsconsole.kpis.expression import ident
from opsconsole.kpis.failing import begin_again, failure
from opsconsole.kpis.lasting import among
from opsconsole.kpis.ruling.context import Context
from opsconsole.kpis.ruling.grouping import grouping, grouping_sets, mask_of
from opsconsole.kpis.ruling.outcome import INSTANCES, Outcome
from opsconsole.kpis.ruling.texts import short
from opsconsole.kpis.scan import Members
from opsconsole.kpis.span import Stretch
from opsconsole.site.figures import duration, figure

# A rule that looks back over a quarter of what another does is still better off in its scan.
_ALIKE = 4.0


_Line = tuple[int, int]
"""A set of labels by its mask, and the place of what is counted."""


class _Counted(NamedTuple):
    """What is counted: rows that meet a condition, within a stretch where rows have times."""

    condition: str
    stretch: Stretch | None


class _Hit(NamedTuple):
    """A group and how many of its rows meet a condition."""

    rows: int
    members: Members


class _Hits(NamedTuple):
    """The groups that raise something, those with the most rows first, and how many there are, all of them."""

    found: list[_Hit]
    total: int

    def at_least(self, least: int) -> list[_Hit]:
        """Those with so many rows."""
        return self.found[: bisect_left(self.found, -least + 1, key=lambda hit: -hit.rows)]


def count_rows(context: Context, rules: list[BoundRule], outcome: Outcome) -> None:
    """Rules on the rows of one source."""
    alone = [rule for rule in rules if rule.recovered is not None]
    together = [rule for rule in rules if rule.recovered is None]
    for group in _alike(context, together):
        _guarded(context, group, outcome)
    for rule in alone:
        _guarded(context, [rule], outcome)


def _alike(context: Context, rules: Sequence[BoundRule]) -> list[list[BoundRule]]:
    """Rules that share a scan: those that look at all rows, and those that look back alike."""
    groups: list[list[BoundRule]] = []
    longest: float | None = None
    for rule in sorted(rules, key=lambda rule: -rule.rule.within if rule.timed else 0.0):
        back = rule.rule.within if rule.timed else None
        # The seconds of a row that lasts are those within the rule's own stretch.
        exact = rule.source in context.binding.until
        same = back == longest if exact or back is None or longest is None else longest <= back * _ALIKE
        if not groups or not same:
            groups.append([])
            longest = back
        groups[-1].append(rule)
    return groups


def _guarded(context: Context, rules: list[BoundRule], outcome: Outcome) -> None:
    """Evaluate rules together; where that fails on the data, by halves, so that only the rule that fails is lost."""
    done = len(outcome.observations)
    try:
        if rules[0].recovered is not None:
            _recovering(context, rules[0], outcome)
        else:
            _counted(context, rules, outcome)
    except duckdb.Error as error:
        begin_again(context.cursor)
        del outcome.observations[done:]
        if len(rules) == 1:
            outcome.failed(rules[0].rule.name, failure(error))
            return
        half = _half(rules)
        _guarded(context, rules[:half], outcome)
        _guarded(context, rules[half:], outcome)


def _half(rules: list[BoundRule]) -> int:
    """Where to cut; rules of one condition are better not parted, for they fail together."""
    rules.sort(key=lambda rule: (rule.rows.text if rule.rows is not None else "", rule.rule.name))
    return len(rules) // 2


def _counted(context: Context, rules: list[BoundRule], outcome: Outcome) -> None:
    """Counts of several rules from one scan."""
    asked = {rule.rule.name: _Counted(condition_of(rule, context.now), _stretch(context, rule)) for rule in rules}
    found = _hits(context, rules, asked)
    for rule in rules:
        name, least = rule.rule.name, max(1, rule.rule.at_least)
        hits = found[asked[name], rule.by]
        if hits.total > INSTANCES and len(hits.at_least(least)) < len(hits.found):
            # Capped among more than its own: what it has itself is asked for by itself.
            hits = _hits(context, [rule], asked)[asked[name], rule.by]
        own = hits.at_least(least)
        for hit in own:
            _add(rule, hit, outcome)
        outcome.well(rule, hits.total if len(own) == len(hits.found) else len(own))


def _hits(
    context: Context, rules: Sequence[BoundRule], asked: dict[str, _Counted]
) -> dict[tuple[_Counted, tuple[str, ...]], _Hits]:
    """What is counted by labels: the groups with as many rows as the least demanding rule wants."""
    binding, source = context.binding, rules[0].source
    wanted: dict[tuple[_Counted, tuple[str, ...]], int] = {}
    for rule in rules:
        key, least = (asked[rule.rule.name], rule.by), max(1, rule.rule.at_least)
        wanted[key] = min(least, wanted.get(key, least))
    counts = list(dict.fromkeys(counted for counted, _ in wanted))
    sets = list(dict.fromkeys(by for _, by in wanted))
    columns = list(dict.fromkeys(binding.column(source, name) for by in sets for name in by))
    own = {by: [binding.column(source, name) for name in by] for by in sets}
    masks = {by: mask_of(columns, own[by]) for by in sets}
    table, longest = _rows(context, source, [counted.stretch for counted in counts])
    heads = "".join(f", m{at}" for at in range(len(columns)))
    members = "".join(f", CAST({ident(name)} AS VARCHAR)" for name in columns)
    sums = "".join(f", count(*) FILTER (WHERE {_sql(counted, longest)})" for counted in counts)
    grouped = grouping_sets(columns, own.values())
    inner = f"SELECT {grouping(columns)}{members}{sums} FROM {table}{grouped}"
    names = "".join(f", c{at}" for at in range(len(counts)))
    lines: dict[_Line, int] = {}
    for (counted, by), least in wanted.items():
        line = masks[by], counts.index(counted)
        lines[line] = min(least, lines.get(line, least))
    found, totals = _few(context, f"WITH q(g{heads}{names}) AS ({inner})", lines, len(columns))
    if totals is None:
        found, totals = _capped(context, f"WITH q(g{heads}{names}) AS ({inner})", lines, heads, names)
    out: dict[tuple[_Counted, tuple[str, ...]], _Hits] = {}
    for counted, by in wanted:
        line = masks[by], counts.index(counted)
        places = [columns.index(name) for name in own[by]]
        hits = [_Hit(rows, tuple(members[place] for place in places)) for rows, members in found.get(line, ())]
        out[counted, by] = _Hits(sorted(hits, key=_order), totals.get(line, 0))
    return out


def _few(
    context: Context, counted: str, lines: dict[_Line, int], labels: int
) -> tuple[dict[_Line, list[_Hit]], dict[_Line, int] | None]:
    """By line the groups that raise it, and how many there are: None where there may be too many to be had so."""
    raised = " OR ".join(f"(g = {mask} AND c{at} >= {least})" for (mask, at), least in lines.items())
    query = f"{counted} SELECT * FROM q WHERE {raised} LIMIT {INSTANCES + 1}"
    rows = context.cursor.execute(query).fetchall()
    found: dict[_Line, list[_Hit]] = {line: [] for line in lines}
    if len(rows) > INSTANCES:
        return found, None
    of_mask: dict[int, list[tuple[_Line, int]]] = {}
    for line, least in lines.items():
        of_mask.setdefault(line[0], []).append((line, least))
    for mask, *rest in rows:
        for line, least in of_mask[mask]:
            if rest[labels + line[1]] >= least:
                found[line].append(_Hit(rest[labels + line[1]], tuple(rest[:labels])))
    return found, {line: len(hits) for line, hits in found.items()}


def _capped(
    context: Context, counted: str, lines: dict[_Line, int], heads: str, names: str
) -> tuple[dict[_Line, list[_Hit]], dict[_Line, int]]:
    """The same in a long form, a row for each line and group, each line cut to the most that are watched."""
    leasts = ", ".join(f"({mask}, {at}, {least})" for (mask, at), least in lines.items())
    query = (
        f"{counted}, l AS (SELECT g{heads}, unnest(range({names.count('c')})) AS k, unnest([{names[2:]}]) AS n FROM q) "
        f"SELECT g, k, n, count(*) OVER (PARTITION BY g, k){heads} FROM l JOIN (VALUES {leasts}) AS r(g, k, least) "
        f"USING (g, k) WHERE n >= least "
        f"QUALIFY row_number() OVER (PARTITION BY g, k{f' ORDER BY {heads[2:]}' if heads else ''}) <= {INSTANCES}"
    )
    found: dict[_Line, list[_Hit]] = {line: [] for line in lines}
    totals: dict[_Line, int] = {}
    for mask, at, rows, total, *members in context.cursor.execute(query).fetchall():
        found[mask, at].append(_Hit(rows, tuple(members)))
        totals[mask, at] = total
    return found, totals


def _order(hit: _Hit) -> tuple[Any, ...]:
    return -hit.rows, tuple((member is None, member or "") for member in hit.members)


def _rows(context: Context, source: str, stretches: Sequence[Stretch | None]) -> tuple[str, Stretch | None]:
    """What to read, and the stretch that holds all of it (None: all rows)."""
    table = ident(source)
    longest = min((each for each in stretches if each is not None), key=lambda each: each.start, default=None)
    if source in context.binding.until:
        return f"({among(source, context.binding.until[source], longest, context.now)}) AS {table}", longest
    return (f"{table} WHERE {longest.sql}" if longest is not None else table), longest


def _sql(counted: _Counted, longest: Stretch | None) -> str:
    """The condition of what is counted among the rows that are read."""
    if counted.stretch == longest:
        return f"(\n{counted.condition}\n)"
    assert counted.stretch is not None
    return f"{counted.stretch.sql} AND (\n{counted.condition}\n)"


def _stretch(context: Context, rule: BoundRule) -> Stretch | None:
    return within(rule, context.now, context.alert_from)


def _recovering(context: Context, rule: BoundRule, outcome: Outcome) -> None:
    """A rule with a recovery condition: each group that has rows is raised, held or over."""
    assert rule.recovered is not None
    binding, source, least = context.binding, rule.source, max(1, rule.rule.at_least)
    stretch = _stretch(context, rule)
    condition, recovered = condition_of(rule, context.now), rule.recovered.text
    table, _ = _rows(context, source, [stretch])
    columns = [binding.column(source, name) for name in rule.by]
    members = "".join(f", CAST({ident(name)} AS VARCHAR)" for name in columns)
    heads = "".join(f", m{at}" for at in range(len(columns)))
    over = f"bool_and(coalesce((\n{recovered}\n), false))"
    if rule.timed:
        place = "ROW(_time, _file, _line)"
        last = [f"max({place}) FILTER (WHERE (\n{text}\n))" for text in (recovered, condition)]
        over = f"CASE WHEN {last[1]} IS NULL THEN {last[0]} IS NOT NULL ELSE coalesce({last[0]} > {last[1]}, false) END"
    grouped = f" GROUP BY {', '.join(map(ident, columns))}" if columns else ""
    query = (
        f"SELECT n, over, count(*) OVER (){heads} FROM (SELECT count(*) FILTER (WHERE (\n{condition}\n)), {over}"
        f"{members} FROM {table}{grouped}) AS q(n, over{heads}) "
        f"QUALIFY row_number() OVER (ORDER BY n >= {least} DESC{heads}) <= {INSTANCES}"
    )
    watched = outcome.watched(rule)
    total = 0
    for rows, is_over, groups, *found in context.cursor.execute(query).fetchall():
        hit, total = _Hit(rows, tuple(found)), groups
        if rows >= least:
            _add(rule, hit, outcome)
        elif watched is None or hit.members in watched:
            kept = None if is_over else rule.rule.priority
            outcome.add(rule, hit.members, None, float(rows), float(least), None, kept=kept)
    outcome.well(rule, total, missing=rule.timed)


def _add(rule: BoundRule, hit: _Hit, outcome: Outcome) -> None:
    """An instance that is raised."""
    least = max(1, rule.rule.at_least)

    def text() -> tuple[str, str, str]:
        rows = "1 row" if hit.rows == 1 else f"{figure(float(hit.rows))} rows"
        if rule.kind == "due":
            ahead = f"due within {duration(rule.rule.ahead)}" if rule.rule.ahead else "past due"
            said = f"{rows} {ahead} by {rule.rule.due}"
        elif rule.timed:
            said = f"{rows} with {short(rule.rule.rows or '')} in {duration(rule.rule.within)}"
        else:  # how things are now: the labels say which
            said = short(rule.rule.rows or "")
        return said, figure(float(hit.rows)), figure(float(least))

    outcome.add(rule, hit.members, rule.rule.priority, float(hit.rows), float(least), text)
