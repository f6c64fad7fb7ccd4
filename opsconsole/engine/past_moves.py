"""What rules found over a past stretch of time, as moves for a replay: each rule in the way that it allows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence

import duckdb
from msgspec import Struct

from opsconsole.engine.insight.looked_moves import LookedMoves
from opsconsole.engine.insight.marked import Marks, Unmarked
from opsconsole.engine.replay import Hours, Move, as_partial, gone
from opsconsole.kpis.bind_flows import MOST
from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.due import Due, Plan, states_at, stretches_at, with_rows
from opsconsole.kpis.expression import ident
from opsconsole.kpis.failing import failure
from opsconsole.kpis.history import Regular, changes, refusal, regular
from opsconsole.kpis.observation import Evaluation, Observation, Verdict
from opsconsole.kpis.rules import Arrivals
from opsconsole.kpis.ruling.insights import KINDS
from opsconsole.kpis.ruling.outcome import ERROR
from opsconsole.kpis.single import FailedError, Single, observed, rows_that_meet
from opsconsole.kpis.span import moment
from opsconsole.site.calendar import next_first_day, period_of
from opsconsole.site.figures import duration
from opsconsole.site.grid import Grid
from opsconsole.site.hours import applies, edges
from opsconsole.site.localtime import day_start, zone
from opsconsole.site.model import Site

Tell = Callable[[float, str], None]
_US = 1_000_000
_INSTANT = 1e-6
BLIND = Arrivals({}, 0.0, 0.0, speed=0.0)


class Way(Struct):
    """How the past of a rule was had: `how` in a few words; `points` that were evaluated one by one; `error`.

    `unknown`: for how many seconds of it nothing could be known, and `why`; `lacks`: what of its past is not kept.
    """

    how: str
    points: int = 0
    error: str = ""
    unknown: float = 0.0
    why: str = ""
    lacks: str = ""


class PastMoves:
    """The moves of some rules of a plan between two points (s since the epoch), and by rule how they were had.

    `stands`: time stands still at the end, as the clock `data` does; the stretch that has begun is then looked at as
    far as it goes, for it may never be over. `marks`: what knows of the changes that people marked.
    """

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        plan: Plan,
        rules: Sequence[str],
        tell: Tell,
        *,
        stands: bool = False,
        marks: Marks | None = None,
    ) -> None:
        self.ways: dict[str, Way] = {}
        self._cursor = cursor
        self._plan = plan
        self._rules = rules
        self._tell = tell
        self._stands = stands
        self._marks = marks or Unmarked()

    def grid(self, rule: str) -> Grid:
        """The grid that a rule is evaluated on."""
        return self._plan.grids[self._plan.binding.rules[rule].rule.every or 0.0]

    def of(self, first: float, last: float) -> list[Move | Hours]:
        """All moves from the point `first` to `last`, in order of time."""
        found: list[Move | Hours] = []
        slow: dict[float, list[str]] = {}
        looked = [name for name in self._rules if self._plan.binding.rules[name].kind in KINDS]
        stretches = {name for names in self._plan.stretches.values() for name in names}
        for number, name in enumerate(self._rules):
            rule = self._plan.binding.rules[name]
            if name not in looked:
                self._tell(number / (len(self._rules) + 1), name)
            grid = self.grid(name)
            start = grid.at_or_after(first)
            even = regular(grid, start, last) if last >= start else None
            if rule.kind == "combine":
                self.ways[name] = Way("from its parts")
                found += self._hours(rule, grid, start, last)
            elif name in looked:
                found += self._hours(rule, grid, start, last)
            elif rule.rule.per_row:
                found += self._guarded(name, "each row", self._single(rule, grid, first, last))
            elif name in stretches:
                found += self._guarded(name, "each stretch", self._stretches(rule, grid, first, last))
            elif rule.kind == "silent" and not rule.by and even is not None:
                found += self._guarded(name, "by event time", self._silent(rule, even, start, last))
                found += self._hours(rule, grid, start, last)
            elif even is not None and not refusal(self._plan.binding, rule):
                found += self._guarded(name, "at each change", self._fast(rule, even, start, last))
                found += self._hours(rule, grid, start, last)
            else:
                slow.setdefault(rule.rule.every or 0.0, []).append(name)
        for step, names in slow.items():
            found += self._by_points(step, names, first, last)
        if looked:
            found += self._looked(looked, first, last)
        for name, way in self.ways.items():
            for part in self._parts(name):
                if part.unknown > way.unknown:
                    way.unknown, way.why = part.unknown, part.why
            way.lacks = "; ".join(filter(None, (way.lacks, lacks(self._plan.binding, self._plan.binding.rules[name]))))
        return sorted(found, key=lambda move: (move.at, isinstance(move, Move)))

    def _parts(self, name: str) -> Iterator[Way]:
        """How the rules that a combination is made of were had."""
        for part in self._plan.binding.rules[name].parts:
            if part in self.ways:
                yield self.ways[part]
                yield from self._parts(part)

    def _guarded(self, name: str, how: str, moves: Iterable[Move]) -> list[Move]:
        """The moves of a rule; of one whose SQL fails on the data, that it does."""
        self.ways[name] = Way(how)
        try:
            return list(moves)
        except FailedError as error:
            self.ways[name].error = str(error)
        except duckdb.InterruptException:
            raise
        except duckdb.Error as error:
            self.ways[name].error = failure(error)
        return []

    def _fast(self, rule: BoundRule, grid: Regular, first: float, last: float) -> Iterator[Move]:
        at, together = 0.0, list[Observation]()
        name = rule.rule.name
        for change in changes(self._cursor, self._plan.binding, rule, grid, first, last):
            if change.at != at and together:
                yield as_partial(at, name, together)
                together = []
            at = change.at
            labels = dict(zip(rule.by, change.members, strict=True))
            together.append(change.seen if change.seen is not None else gone(name, labels))
        if together:
            yield as_partial(at, name, together)

    def _silent(self, rule: BoundRule, grid: Regular, first: float, last: float) -> Iterator[Move]:
        """A source that was silent, by the event times of its rows: when they came in is not kept."""
        limit = rule.rule.silent or 0.0
        low, high = moment(_moment(first - limit)), moment(_moment(last))
        over = f"t + {round(limit * _US) + 1}"
        sources = " UNION ALL ".join(
            f"SELECT epoch_us(_time) AS t FROM {ident(name)} WHERE _time >= {low} AND _time <= {high}"
            for name in self._plan.binding.files(rule.source)
        )
        query = f"""
WITH times AS (SELECT DISTINCT t FROM ({sources})),
gaps AS (SELECT {grid.after(over)} AS began, coalesce({grid.after("lead(t) OVER (ORDER BY t)")}, 1 << 62) AS ended
    FROM times)
SELECT began, ended FROM gaps WHERE began < ended ORDER BY began"""
        title = self._plan.binding.site.sources[rule.source].title or rule.source
        text = f"{title} has been silent for more than {duration(limit)}"
        silent = Observation(rule.rule.name, {}, rule.rule.priority, limit, limit, text)
        found = self._cursor.execute(query).fetchall()
        if not found and not self._cursor.execute(f"SELECT 1 FROM ({sources}) LIMIT 1").fetchall():
            found = [(round(first * _US), 1 << 62)]
        for began, ended in found:
            if began / _US <= last:
                yield as_partial(max(began / _US, first), rule.rule.name, [silent])
            if ended / _US <= last:
                yield as_partial(max(ended / _US, first), rule.rule.name, [gone(rule.rule.name, {})])

    def _hours(self, rule: BoundRule, grid: Grid, first: float, last: float) -> list[Move | Hours]:
        """Where the hours begin and end in which a rule applies."""
        return list(hours_of(self._plan.binding.site, rule, grid, first, last))

    def _single(self, rule: BoundRule, grid: Grid, first: float, last: float) -> Iterator[Move]:
        """Rows at the point that follows their time; those without a time when their file came."""
        site, name = self._plan.binding.site, rule.rule.name
        arrived = last if rule.timed else min(self._arrived(rule.source) or last, last)
        at, together = 0.0, list[Single]()
        for row in rows_that_meet(self._cursor, self._plan.binding, rule, first, last):
            happened = row.at if row.at is not None else arrived
            if not applies(site, rule.rule.during, _moment(happened)):
                continue
            point = min(grid.at_or_after(happened), last)
            if point != at and together:
                yield Move(at, name, Evaluation(at, observed(rule, together, at), {}), partial=True)
                together = []
            at = point
            together.append(row)
        if together:
            yield Move(at, name, Evaluation(at, observed(rule, together, at), {}), partial=True)

    def _arrived(self, source: str) -> float | None:
        files = list(self._plan.binding.files(source))
        query = "SELECT max(arrived) FROM _ops.files WHERE list_contains(?, source)"
        found: float | None = self._cursor.execute(query, [files]).fetchall()[0][0]
        return found

    def _stretches(self, rule: BoundRule, grid: Grid, first: float, last: float) -> Iterator[Move]:
        """Those stretches that are over and have rows."""
        name, step = rule.rule.name, rule.rule.every or 0.0
        ends = list(grid.between(first, last))
        of_rows = rule.kpi is None or rule.kpi.kpi.window.kind != "moving"
        if self._stands and of_rows and (not ends or ends[-1] < last):
            ends.append(last + _INSTANT)
        ends = with_rows(self._cursor, self._plan.binding, rule, grid, ends)
        for number, end in enumerate(ends):
            self._tell(number / len(ends), f"{name}: {number} of {len(ends)} stretches")
            found = stretches_at(self._cursor, self._plan, Due(end, frozenset({step})), None, [name])
            failed = next((each for each in found.observations if each.rule == ERROR + name), None)
            if failed is not None:
                raise FailedError(failed.text)
            seen = [each for each in found.observations if each.moments]
            at = min(end, last)
            if seen:
                yield Move(at, name, Evaluation(at, seen, {}), partial=True)
        self.ways[name].points = len(ends)

    def _looked(self, names: list[str], first: float, last: float) -> list[Move | Hours]:
        """Rules that are found off the tick: what their looks would have found."""
        from opsconsole.engine.insight.past_looks import PastLooks

        part = self._plan.part(names)
        made = {name: LookedMoves(part, name, self.grid(name), first, last) for name in names}
        looks = PastLooks(self._cursor, part, self._marks)
        how = looks.run(first, last, lambda name, found: made[name].take(found), self._tell, stands=self._stands)
        for name, each in how.items():
            said = f"looked at each {duration(each.seldom * each.every)}"
            if each.seldom > 1:
                said += f", moments of changes to {duration(each.every)}"
            cut = f"its log is longer than the newest {MOST:,} rows, which are all that is seen" if each.cut else ""
            self.ways[name] = Way(said, each.looks, each.error, round(each.unknown, 3), each.why, cut)
        return [move for each in made.values() for move in each.moves()]

    # --- one by one ------------------------------------------------------------------------------------------

    def _by_points(self, step: float, names: list[str], first: float, last: float) -> list[Move | Hours]:
        """Rules that have to be evaluated point by point: at those points at which something may change, if it shows
        in their rows, else at all."""
        grid, binding = self._plan.grids[step], self._plan.binding
        points = self._candidates(grid, names, first, last)
        found: list[Move | Hours] = []
        meant = {name: (name, ERROR + name, f"many:{name}") for name in names}
        for name in names:
            how = "point by point" if points is None else "at each change, point by point"
            self.ways[name] = Way(f"{how}: {refusal(binding, binding.rules[name]) or 'its grid is uneven'}")
        chosen = points if points is not None else list(grid.between(grid.last(first) - 1e-6, last))
        part = Plan(self._plan.part(names))
        for number, at in enumerate(chosen):
            self._tell(number / len(chosen), f"{', '.join(names[:3])}: {number:,} of {len(chosen):,} points")
            evaluation = states_at(self._cursor, part, Due(at, frozenset({step})), BLIND, past=True, blind=True)
            for name in names:
                own = meant[name]
                seen = [each for each in evaluation.observations if each.rule in own]
                verdicts = {key: each for key, each in evaluation.verdicts.items() if key in own}
                found.append(Move(at, name, Evaluation(at, seen, verdicts)))
                if verdicts.get(name, Verdict()).quality == "error":
                    self.ways[name].error = verdicts[name].reason
        for name in names:
            self.ways[name].points = len(chosen)
        return found

    def _candidates(self, grid: Grid, names: list[str], first: float, last: float) -> list[float] | None:
        """The points at which any of some rules may change; None where that cannot be told, or is most of them."""
        start = grid.at_or_after(first)
        even = regular(grid, start, last) if last >= start else None
        if even is None:
            return None
        found: set[float] = {start}
        selects: list[str] = []
        for name in names:
            rule = self._plan.binding.rules[name]
            shifts = looks(self._plan.binding, rule)
            if shifts is None:
                return None
            found |= set(periods(self._plan.binding, rule, grid, start, last))
            found |= {each.at for each in hours_of(self._plan.binding.site, rule, grid, start, last)}
            for source, offset in shifts:
                low = moment(_moment(start - offset - grid.every))
                selects.append(
                    f"SELECT {even.after(f'epoch_us(_time) + {round(offset * _US)}')} FROM {ident(source)} "
                    f"WHERE _time >= {low} AND _time <= {moment(_moment(last))}"
                )
        if selects:
            query = f"SELECT DISTINCT p FROM ({' UNION ALL '.join(selects)}) AS q(p)"
            found |= {at / _US for (at,) in self._cursor.execute(query).fetchall()}
        return sorted(at for at in found if start <= at <= last)


def looks(binding: Binding, rule: BoundRule) -> list[tuple[str, float]] | None:
    """By source after how many seconds a row may change what a rule finds; None where that cannot be told."""
    spec = rule.rule
    if rule.source in binding.until or not rule.timed or spec.against is not None or rule.kind in ("due", "silent"):
        return None
    if rule.kpi is None:
        return [(rule.source, 0.0), (rule.source, spec.within)]
    kpi = rule.kpi
    window = kpi.kpi.window
    if kpi.kpi.targets_from or any(leaf.source in binding.until for leaf in kpi.leaves):
        return None
    counting = any(leaf.value.empty is not None for leaf in kpi.leaves)
    by_shift = any(entry.shift is not None for entry in kpi.kpi.targets)
    if window.kind == "moving":
        if by_shift:
            return None
        offsets = [0.0, window.seconds, *([2 * window.seconds, 2 * window.seconds + 1e-6] if counting else [])]
    elif window.kind in ("day", "week", "month", "quarter", "year") and not counting and not by_shift:
        offsets = [0.0]
    else:
        return None
    if spec.change is not None:
        offsets += [offset + spec.change for offset in offsets]
    return [(source, offset) for source in kpi.sources for offset in offsets]


def lacks(binding: Binding, rule: BoundRule) -> str:
    """What of the past of a rule's sources is not kept, in words, or nothing."""
    sources = [each for name in rule.sources for each in binding.files(name)]
    known = binding.site.sources
    keyed = [name for name in dict.fromkeys(sources) if name in known and known[name].key]
    flow = binding.flows.get(rule.rule.flow or "")
    if flow is not None and known[flow.flow.source].time is None:
        return f"{flow.flow.source} has no `time`: its rows count from the moments in them, whenever they came"
    if not keyed:
        return ""
    return f"of {', '.join(keyed)} only the latest row of each key is kept: what rows said before is not seen"


def periods(binding: Binding, rule: BoundRule, grid: Grid, first: float, last: float) -> list[float]:
    """The points at which a period of the rule's KPI begins, and those that lie a `change` after."""
    if rule.kpi is None or rule.kpi.kpi.window.kind in ("moving", "all", "working", "shift"):
        return []
    window, tz = rule.kpi.kpi.window, zone(binding.site)
    date, start = period_of(window, _moment(first), tz)
    found = []
    while start.timestamp() <= last:
        found += [grid.at_or_after(start.timestamp() + shift) for shift in {0.0, rule.rule.change or 0.0}]
        date = next_first_day(window, date)
        start = day_start(date, tz)
    return found


def hours_of(site: Site, rule: BoundRule, grid: Grid, first: float, last: float) -> Iterator[Hours]:
    """Where the hours begin and end in which a rule applies; that it does not at first is said too."""
    during = rule.rule.during
    if not during:
        return
    known = True
    for at in sorted({first, *(grid.at_or_after(edge) for edge in edges(site, during, first, last))}):
        now = applies(site, during, _moment(at))
        if now != known and first <= at <= last:
            yield Hours(at, rule.rule.name, now)
            known = now


def _moment(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)
