"""Which rules are due at which points of site time, and what they find there.

Most rules are states: at each point of their grid they hold or do not. Two kinds are occurrences, over at once:

* a rule whose step is as long as what it looks at (`tumbles`) looks at each stretch [point before, point) when it is
  over; a stretch in which it holds is an occurrence,
* of a rule on single rows each row that meets its condition is one (see `opsconsole.kpis.single`).

Outside of its hours a rule is not evaluated and its alerts end; single rows count by their own time, stretches by their
last moment.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis import span
from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.expression import ident
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.kpis.rules import Arrivals, evaluate_rules
from opsconsole.kpis.ruling.insights import KINDS, Insights
from opsconsole.kpis.ruling.outcome import Watched
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.sealed import Sealed
from opsconsole.site.grid import Grid, tumbles
from opsconsole.site.hours import applies
from opsconsole.site.localtime import zone
from opsconsole.site.model import Site, Window

_INSTANT = 1e-6
OUTSIDE = "outside its hours"


class Due(Struct, frozen=True):
    """A point, and the steps whose grids have it: 0 stands for the site's own."""

    at: float
    steps: frozenset[float]


class Plan:
    """The rules of a binding by when they are due. Moments are seconds since the epoch, site time."""

    def __init__(self, binding: Binding) -> None:
        self.binding = binding
        tz = zone(binding.site)
        self.base = Grid(binding.site.every, tz)
        self.states: dict[float, list[str]] = {}
        self.stretches: dict[float, list[str]] = {}
        self.single: dict[float, list[str]] = {}
        for name, bound in binding.rules.items():
            kind = self.single if bound.rule.per_row else self.stretches if is_stretch(bound) else self.states
            kind.setdefault(bound.rule.every or 0.0, []).append(name)
        steps = {*self.states, *self.stretches, *self.single} - {0.0}
        self.grids = {0.0: self.base} | {step: Grid(step, tz) for step in steps}
        self._parts: dict[tuple[str, ...], Binding] = {}

    def next(self, at: float) -> float:
        """The first point of any grid after a moment."""
        return min(grid.next(at) for grid in self.grids.values())

    def last(self, at: float) -> float:
        """The last point of any grid at or before a moment."""
        return max(grid.last(at) for grid in self.grids.values())

    def points(self, after: float, upto: float, most: int, looks: int | None = None) -> list[Due]:
        """The points with after < point <= upto, in order; of a grid with more than `looks` (else `most`) each n-th.

        Of stretches each counts: of a grid that has such the last `most`.
        """
        found: dict[float, set[float]] = {}
        for step, grid in self.grids.items():
            if step in self.stretches:
                points = list(grid.between(max(after, upto - (most + 1) * step), upto))[-most:]
            else:
                points = grid.thinned(after, upto, looks or most)
            for point in points:
                found.setdefault(point, set()).add(step)
        return [Due(point, frozenset(found[point])) for point in sorted(found)]

    def ended(self, after: float, upto: float, most: int) -> list[Due]:
        """The ends of stretches with after < end <= upto, of each step the last `most`."""
        found: dict[float, set[float]] = {}
        for step in self.stretches:
            ends = self.grids[step].between(max(after, upto - (most + 1) * step), upto)
            for end in list(ends)[-most:]:
                found.setdefault(end, set()).add(step)
        return [Due(end, frozenset(found[end])) for end in sorted(found)]

    def part(self, rules: Iterable[str]) -> Binding:
        """The binding with these rules only."""
        wanted = tuple(dict.fromkeys(rules))
        if len(wanted) == len(self.binding.rules):
            return self.binding
        if wanted not in self._parts:
            if len(self._parts) > 256:
                self._parts.clear()
            self._parts[wanted] = replace(self.binding, rules={name: self.binding.rules[name] for name in wanted})
        return self._parts[wanted]

    def parted(self, part: Binding) -> bool:
        """Whether a combination is left out of a part that has rules it is made of."""
        others = (rule for name, rule in self.binding.rules.items() if name not in part.rules)
        return any(name in part.rules for rule in others for name in rule.parts)


def occurs(bound: BoundRule) -> bool:
    """Whether the alerts of a rule are occurrences and no states."""
    return bound.rule.per_row or is_stretch(bound)


def is_stretch(bound: BoundRule) -> bool:
    """Whether a rule looks at stretches that follow each other, each by itself."""
    rule = bound.rule
    if rule.every is None or bound.kind in KINDS:
        return False
    if bound.kpi is not None:
        return bound.kpi.windowed and tumbles(rule.every, bound.kpi.kpi.window)
    return bound.kind == "rows" and bound.timed and tumbles(rule.every, Window("moving", rule.within))


def with_operands(binding: Binding, wanted: Iterable[str]) -> set[str]:
    """Rules, and all that combinations among them are made of."""
    found: set[str] = set()
    waiting = list(wanted)
    while waiting:
        name = waiting.pop()
        if name not in found and name in binding.rules:
            found.add(name)
            waiting += binding.rules[name].parts
    return found


def states_at(
    cursor: Cursor,
    plan: Plan,
    due: Due,
    arrivals: Arrivals,
    alert_from: dt.datetime | None = None,
    sealed: Sealed | None = None,
    *,
    past: bool = False,
    blind: bool = False,
    watched: Watched | None = None,
    insights: Insights | None = None,
) -> Evaluation:
    """The states of the rules that are due at a point. `blind`: nobody knows what had arrived then.

    Never raises for the data, as `evaluate_rules`.
    """
    wanted = [name for step in due.steps for name in plan.states.get(step, ())]
    rules, site = plan.binding.rules, plan.binding.site
    if blind:
        wanted = [name for name in wanted if rules[name].kind != "silent" or rules[name].by]
    moment = _moment(due.at)
    within: dict[tuple[str, ...], bool] = {}
    idle: list[str] = []
    for name in wanted:
        during = rules[name].rule.during
        if during and not within.setdefault(during, applies(site, during, moment)):
            idle.append(name)
    if idle:
        wanted = [name for name in wanted if name not in set(idle)]
    if not wanted:
        found = Evaluation(due.at, [], {})
    else:
        part = plan.part(wanted)
        if plan.parted(part):
            watched = None  # a combination has to know of all members of its parts
        found = evaluate_rules(
            cursor, part, moment, arrivals, alert_from, sealed, past=past, watched=watched, insights=insights
        )
    found.verdicts.update({name: Verdict(reason=OUTSIDE) for name in idle})
    return found


def stretches_at(
    cursor: Cursor, plan: Plan, due: Due, alert_from: dt.datetime | None = None, rules: Iterable[str] | None = None
) -> Evaluation:
    """What rules on stretches that end at a point find in them: of all that are due, or of some.

    Never raises for the data, as `evaluate_rules`.
    """
    observations: list[Observation] = []
    verdicts: dict[str, Verdict] = {}
    for step in sorted(due.steps):
        wanted = [name for name in plan.stretches.get(step, ()) if rules is None or name in rules]
        start, last = plan.grids[step].last(due.at - _INSTANT), _moment(due.at) - dt.timedelta(microseconds=1)
        site = plan.binding.site
        wanted = [name for name in wanted if applies(site, plan.binding.rules[name].rule.during, last)]
        if not wanted:
            continue
        # days of 23 and 25 hours: the stretch is as long as it is
        part = _of_length(plan.part(wanted), due.at - start)
        silence = Arrivals({}, 0.0, 0.0, speed=0.0)
        found = evaluate_rules(cursor, part, last, silence, alert_from, past=True)
        words = stretch_words(start, due.at, site)
        for each in found.observations:
            if each.rule not in wanted:
                observations.append(each)
            elif each.priority is not None and each.quality == "good":
                observations.append(replace(each, text=f"{each.text} · {words}", moments=(due.at,)))
        # what is missing in a stretch that is over says nothing of the ones before
        verdicts |= {name: each for name, each in found.verdicts.items() if each.quality == "good"}
        verdicts |= {name: Verdict() for name in wanted if name in verdicts}
    return Evaluation(due.at, observations, verdicts)


def with_rows(cursor: Cursor, binding: Binding, rule: BoundRule, grid: Grid, ends: Sequence[float]) -> list[float]:
    """Those ends of stretches in which a source of the rule has a row: in the others it finds nothing.

    All of them where it may be a count of none that is looked for. Raises duckdb.Error.
    """
    lasting = any(source in binding.until for source in rule.sources)
    if not ends or lasting or (rule.kpi is not None and any(leaf.value.empty is not None for leaf in rule.kpi.leaves)):
        return list(ends)
    edges = [grid.last(ends[0] - _INSTANT), *ends]
    listed = ", ".join(f"({round(edge / _INSTANT)})" for edge in edges)
    kept = f"(\n{rule.rows.text}\n) AND " if rule.rows is not None else ""
    low, high = span.moment(_moment(edges[0])), span.moment(_moment(edges[-1]))
    found: set[int] = set()
    for source in rule.sources:
        query = (
            f"SELECT DISTINCT e FROM {ident(source)} ASOF JOIN (VALUES {listed}) AS _e(e) ON epoch_us(_time) >= e "
            f"WHERE {kept}_time >= {low} AND _time < {high}"
        )
        found |= {each for (each,) in cursor.execute(query).fetchall()}
    return [end for edge, end in zip(edges, ends, strict=False) if round(edge / _INSTANT) in found]


def stretch_words(start: float, end: float, site: Site) -> str:
    """A stretch that is over, for people: "Wed 24 Jun", "Wed 24 Jun 10:05-10:10"."""
    tz = zone(site)
    first, last = dt.datetime.fromtimestamp(start, tz), dt.datetime.fromtimestamp(end, tz)
    day = f"{first:%a} {first.day} {first:%b}"
    midnights = (first.hour, first.minute, last.hour, last.minute) == (0, 0, 0, 0)
    if midnights and (last.date() - first.date()).days == 1:
        return day
    if midnights:
        until = last - dt.timedelta(days=1)
        return f"{day} to {until:%a} {until.day} {until:%b}"
    return f"{day} {first:%H:%M}-{last:%H:%M}" if end - start >= 60 else f"{day} {first:%H:%M:%S}-{last:%H:%M:%S}"


def _of_length(binding: Binding, seconds: float) -> Binding:
    """The rules on rows with so long a look back."""
    if all(rule.kind != "rows" or rule.rule.within == seconds for rule in binding.rules.values()):
        return binding
    rules = {
        name: replace(rule, rule=replace(rule.rule, within=seconds)) if rule.kind == "rows" else rule
        for name, rule in binding.rules.items()
    }
    return replace(binding, rules=rules)


def merged(at: float, parts: Sequence[Evaluation]) -> Evaluation:
    """Several evaluations of other rules at one point as one."""
    verdicts: dict[str, Verdict] = {}
    for part in parts:
        verdicts |= part.verdicts
    return Evaluation(at, [each for part in parts for each in part.observations], verdicts)


def _moment(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)
