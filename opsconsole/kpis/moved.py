"""What moved a KPI against another period: its components, and the members of its dimensions, so that it adds up."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Sequence

import duckdb
from msgspec import Struct
from msgspec.structs import replace

from opsconsole.insight.change.contribution import Member, Part, Point, combined, of_members, weights
from opsconsole.insight.change.explain import Sides, explain, uncertainty
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.compare import LIKES, TOO_FAR, compare
from opsconsole.kpis.drill import measure_among
from opsconsole.kpis.failing import begin_again
from opsconsole.kpis.formula import formula_values
from opsconsole.kpis.limits import verdict
from opsconsole.kpis.measures import Measure
from opsconsole.kpis.nodes import Nodes, bound_kpi, rows_of
from opsconsole.kpis.parts import Term
from opsconsole.kpis.scan import Cursor
from opsconsole.kpis.span import Stretch, span_of, stretch_of
from opsconsole.site.periods import Period, comparisons

NOW, THEN = 0, 1
_BLOCKS = 8
# A formula that rounds is explained before rounding; one that is off by more is not explained at all.
_ROUNDED, _OFF = 1e-6, 0.02


class Mover(Struct, frozen=True):
    """A member's or a component's part in a change; as in `opsconsole.engine.kpi_messages.Mover`."""

    name: str | None
    contribution: float | None = None
    rate: float | None = None
    mix: float | None = None
    value: float | None = None
    previous: float | None = None
    rows: int = 0
    verdict: str = ""
    low: float | None = None
    high: float | None = None
    previous_rows: int = 0
    held: bool = False


class MovedBy(Struct, frozen=True):
    """The members of one dimension, the largest contribution first; `rest` is what those not listed contributed."""

    by: str
    movers: list[Mover]
    total: int = 0
    rest: float = 0.0
    explains: float | None = None
    even: bool = False


class Ranked(Struct, frozen=True):
    """A member of a dimension, in the order of what it explains of a change."""

    by: str
    member: str | None


class Moving(Struct, frozen=True):
    """A change and what it is made of; moments are seconds since the epoch."""

    kpi: str
    against: str
    label: str
    value: float | None
    previous: float | None
    change: float | None
    additive: bool
    components: list[Mover] = []
    dimensions: list[MovedBy] = []
    note: str = ""
    reason: str = ""
    start: float | None = None
    end: float | None = None
    previous_start: float | None = None
    previous_end: float | None = None
    ranked: list[Ranked] = []


class _Share(Struct, frozen=True):
    """One term of one component, and by how much the KPI moves with it."""

    leaf: BoundKpi
    term: int
    weight: float


def moved(
    cursor: Cursor,
    binding: Binding,
    kpi: str,
    where: dict[str, str | None],
    now: dt.datetime,
    by: Sequence[str] = (),
    against: str | None = None,
    until: dt.datetime | None = None,
) -> Moving:
    """Who and what made a KPI better or worse, at `now` among the rows of the members chosen in `where`.

    `by`: the dimensions to tell members of, else all its own that `where` has not fixed. `against`: `before`, `day`,
    `week` or `best`; None is the comparison that its `previous` is. `until` is `now` where that is a past moment.

    Raises LookupError for an unknown KPI, dimension or comparison, duckdb.Error when an expression fails on the data.
    """
    bound = bound_kpi(binding, kpi)
    measure = measure_among(cursor, binding, kpi, where, now, until)
    span = span_of(bound.kpi.window, bound.timed, now, binding.site)
    if span.now is None:
        return _nothing(measure, against, "", "all rows are meant: there is no period before them")
    kind, period = _period(cursor, binding, bound, where, now, against, until)
    if period is None:
        return _nothing(measure, kind, "", "there is no such period to compare with")
    stretches = [span.now, stretch_of(bound.kpi.window, period)]
    chosen = {name.casefold() for name in where}
    dimensions = tuple(by) or tuple(name for name in bound.by if name.casefold() not in chosen)
    splits = ((), *((name,) for name in dimensions))
    blocks = [] if any(source in binding.until for source in bound.sources) else [_blocks(each) for each in stretches]
    scanned = [*stretches, *(each for side in blocks for each in side)]
    nodes = Nodes(cursor, binding, bound, scanned, where, splits, terms=True, present=NOW, until=until)
    value, previous = nodes.value(bound, NOW), nodes.value(bound, THEN)
    if value is None:
        return _nothing(measure, kind, period.label, measure.reason or "there is no value now")
    if previous is None:
        far = "no rows then" if nodes.known(bound, THEN) else TOO_FAR
        return _nothing(measure, kind, period.label, far)
    found = _Explained(cursor, binding, bound, nodes, measure, value, previous, blocks=bool(blocks))
    split, ranked = found.ranked([found.members(name) for name in dimensions])
    return Moving(
        kpi=kpi,
        against=kind,
        label=period.label,
        value=value,
        previous=previous,
        change=value - previous,
        additive=found.shares is not None,
        components=found.components,
        dimensions=split,
        ranked=ranked,
        note=found.note,
        start=measure.start,
        end=measure.end,
        previous_start=period.start.timestamp(),
        previous_end=period.end.timestamp(),
    )


def _nothing(measure: Measure, against: str | None, label: str, reason: str) -> Moving:
    return Moving(
        measure.name, against or "before", label, measure.value, None, None, False, reason=reason,
        start=measure.start, end=measure.end,
    )  # fmt: skip


def _period(
    cursor: Cursor,
    binding: Binding,
    bound: BoundKpi,
    where: dict[str, str | None],
    now: dt.datetime,
    against: str | None,
    until: dt.datetime | None,
) -> tuple[str, Period | None]:
    earlier = comparisons(bound.kpi.window, now, binding.site)
    if against == "best":
        compared = compare(cursor, binding, bound.kpi.name, where, now, LIKES, until)
        best = next((each for each in compared.comparisons if each.against == "best"), None)
        if best is None or best.start is None or best.end is None:
            return "best", None
        start, end = (dt.datetime.fromtimestamp(each, dt.UTC) for each in (best.start, best.end))
        return "best", Period(start, end, best.label, end)
    if against not in {None, "before", "day", "week"}:
        raise LookupError(f"`{against}` is nothing to compare with; say before, day, week or best")
    # where the same stretch would have two names it has the first one only: yesterday's may be the one before
    kind = next((key for key in earlier if against in (key, None)), None)
    if kind is None and against == "day":
        kind = next(iter(earlier), None)
    return (kind, earlier[kind]) if kind is not None else (against or "before", None)


class _Explained:
    """The change of one KPI taken apart; `shares` is None where it cannot be told of whose doing it is."""

    def __init__(
        self,
        cursor: Cursor,
        binding: Binding,
        kpi: BoundKpi,
        nodes: Nodes,
        measure: Measure,
        value: float,
        previous: float,
        *,
        blocks: bool = False,
    ) -> None:
        self.blocks = blocks
        self.cursor, self.binding, self.kpi, self.nodes, self.measure = cursor, binding, kpi, nodes, measure
        self.change = value - previous
        self.explained = self.change
        self.note = ""
        self.components: list[Mover] = []
        leaves = kpi.components or (kpi,)
        factors: list[float] | None = [1.0]
        if kpi.components:
            factors = self._weights(kpi.formula, [leaf.kpi.name for leaf in leaves], self._points(leaves))
            self.components = self._component_movers(leaves, factors)
        self.shares = self._shares(leaves, factors) if factors is not None else None
        if self.shares is not None and not kpi.components and len(self.shares) > 1:
            self.components = self._term_movers(self.shares)
        if factors is None:
            self.note = "its formula jumps or has no value on the way: nobody can say by what it moved"

    def _points(self, leaves: Sequence[BoundKpi]) -> list[Point | None]:
        """The values of the components before and now; None where one of them is missing."""
        points: list[Point | None] = []
        for section in (THEN, NOW):
            values = [self.nodes.value(leaf, section) for leaf in leaves]
            known = tuple(value for value in values if value is not None)
            points.append(known if len(known) == len(values) else None)
        return points

    def _weights(self, formula: str, names: list[str], points: list[Point | None]) -> list[float] | None:
        before, now = points
        if before is None or now is None:
            return None

        def function(rows: Sequence[Point]) -> Sequence[float | None]:
            return formula_values(self.cursor, formula, names, rows)

        try:
            found = weights(function, before, now)
            ends = function([before, now])
        except duckdb.Error:
            begin_again(self.cursor)
            return None  # such as a root of what is negative beside the way: as good as no value there
        if found is None or ends[0] is None or ends[1] is None:
            return None
        return found

    def _shares(self, leaves: Sequence[BoundKpi], factors: list[float]) -> list[_Share] | None:
        shares: list[_Share] = []
        for leaf, factor in zip(leaves, factors, strict=True):
            terms = leaf.parts.terms
            if not terms:
                odd = next((part.sql for part in leaf.parts.aggregates if not part.additive), leaf.kpi.value)
                self.note = f"{odd} does not add up over members: each shows its own value and change"
                return None
            points: list[Point | None] = []
            for section in (THEN, NOW):
                values = [self.nodes.quantity(leaf, term, section).value for term in range(len(terms))]
                known = tuple(value for value in values if value is not None)
                points.append(known if len(known) == len(values) else None)
            own = self._weights(leaf.parts.over, [f"t{at}" for at in range(len(terms))], points)
            before, now = points
            if own is None or before is None or now is None:
                self.note = f"{leaf.kpi.value} jumps or has no value on the way: members show their own change"
                return None
            ends = zip(own, before, now, strict=True)
            if not self._fits(leaf, math.fsum(weight * (end - start) for weight, start, end in ends), factor):
                return None
            shares += [_Share(leaf, term, factor * weight) for term, weight in enumerate(own)]
        return shares

    def _fits(self, leaf: BoundKpi, change: float, factor: float) -> bool:
        """Whether what the terms come to is the change of the value; rounding is told, more is not explained."""
        value, previous = self.nodes.value(leaf, NOW), self.nodes.value(leaf, THEN)
        if value is None or previous is None:
            return False
        off = abs(value - previous - change)
        if off > _ROUNDED * max(abs(value), abs(previous), abs(change)):
            if off > _OFF * max(abs(value), abs(previous)):
                self.note = f"{leaf.kpi.value} bounds or replaces values: members show their own change"
                return False
            self.note = "the value is rounded, what moved it is told before rounding"
            self.explained += factor * (change - (value - previous))
        return True

    def _component_movers(self, leaves: Sequence[BoundKpi], factors: list[float] | None) -> list[Mover]:
        movers: list[Mover] = []
        for at, leaf in enumerate(leaves):
            value, previous = self.nodes.value(leaf, NOW), self.nodes.value(leaf, THEN)
            part = None
            if factors is not None and value is not None and previous is not None:
                part = Part(factors[at] * (value - previous))
            movers.append(self._mover(leaf.kpi.name, part, value, previous, self.nodes.rows(leaf, NOW)))
        return sorted(movers, key=_size)

    def _term_movers(self, shares: Sequence[_Share]) -> list[Mover]:
        """The ratios and sums of one expression, by the KPI of the site that each of them is, else by its SQL."""
        movers: list[Mover] = []
        for share in shares:
            values = [self.nodes.quantity(share.leaf, share.term, section).value for section in (NOW, THEN)]
            now, before = values
            part = Part(share.weight * (now - before)) if now is not None and before is not None else None
            known = self._known_as(share)
            name = known.kpi.name if known is not None else _written(share.leaf.parts.terms[share.term])
            if known is not None:
                now, before = formula_values(self.cursor, known.parts.over, ["t0"], [[value] for value in values])
            movers.append(self._mover(name, part, now, before, self.nodes.rows(share.leaf, NOW)))
        return sorted(movers, key=_size)

    def _known_as(self, share: _Share) -> BoundKpi | None:
        """The KPI over the same rows that is made of nothing but this term."""
        term, rows = share.leaf.parts.terms[share.term], rows_of(share.leaf)
        same = (kpi for kpi in self.binding.kpis.values() if kpi.parts.terms == (term,) and rows_of(kpi) == rows)
        return next((kpi for kpi in same if not kpi.components), None)

    def members(self, dimension: str) -> MovedBy:
        """The members of a dimension, by what they contributed."""
        split = (dimension,)
        groups = self.nodes.members(self.kpi, split)
        now = self.nodes.values(self.kpi, NOW, split, groups)
        before = self.nodes.values(self.kpi, THEN, split, groups)
        parts, spans = self._parts(dimension), self._intervals(dimension)
        movers = [
            self._mover(
                members[0],
                parts.get(members[0]) if parts is not None else None,
                value,
                previous,
                self.nodes.rows(self.kpi, NOW, split, members),
                self.nodes.rows(self.kpi, THEN, split, members),
                spans.get(members[0]),
            )
            for members, value, previous in zip(groups, now, before, strict=True)
        ]
        total = self.nodes.total(self.kpi, split)
        rest = 0.0
        if parts is not None and total > len(movers):
            rest = self.explained - math.fsum(part.total for part in parts.values())
        return MovedBy(dimension, sorted(movers, key=_size), total, rest)

    def ranked(self, split: list[MovedBy]) -> tuple[list[MovedBy], list[Ranked]]:
        """The dimensions, the one that tells most first, with members of few rows held back; and the others' order."""
        known = {name: parts for each in split if (parts := self._parts(name := each.by))}
        if not known:
            return split, []
        rows = {each.by: {mover.name: (mover.previous_rows, mover.rows) for mover in each.movers} for each in split}
        found = explain(self.explained, known, rows)
        told = {each.name: each for each in found.dimensions}
        held = {(each.dimension, each.member) for each in found.held}
        order = {each.name: at for at, each in enumerate(found.dimensions)}
        shown = [
            replace(
                each,
                movers=sorted(
                    (replace(mover, held=(each.by, mover.name) in held) for mover in each.movers),
                    key=lambda mover: mover.held,
                ),
                explains=told[each.by].explains if each.by in told else None,
                even=each.by in told and told[each.by].even,
            )
            for each in split
        ]
        shown.sort(key=lambda each: order.get(each.by, len(order)))
        return shown, [Ranked(each.dimension, each.member) for each in found.shares]

    def _intervals(self, dimension: str) -> dict[Member, tuple[float, float]]:
        """The interval of what each member contributed; empty where it cannot be had."""
        if not self.blocks or self.shares is None:
            return {}
        sides: list[Sides] = []
        for share in self.shares:
            before, now = (
                [self.nodes.quantities(share.leaf, share.term, section, dimension) for section in _of_blocks(side)]
                for side in (THEN, NOW)
            )
            sides.append(Sides(before, now, share.weight))
        return uncertainty(sides)

    def _parts(self, dimension: str) -> dict[Member, Part] | None:
        if self.shares is None:
            return None
        factors: list[float] = []
        found: list[dict[Member, Part]] = []
        for share in self.shares:
            sides = [self.nodes.quantity(share.leaf, share.term, section) for section in (THEN, NOW)]
            members = [self.nodes.quantities(share.leaf, share.term, section, dimension) for section in (THEN, NOW)]
            parts = of_members(sides[0], sides[1], members[0], members[1])
            if parts is None:
                return None
            factors.append(share.weight)
            found.append(parts)
        return combined(factors, found)

    def _mover(
        self,
        name: str | None,
        part: Part | None,
        value: float | None,
        previous: float | None,
        rows: int,
        previous_rows: int = 0,
        span: tuple[float, float] | None = None,
    ) -> Mover:
        total = part.total if part is not None else None
        moved = total
        if moved is None and value is not None and previous is not None:
            moved = value - previous
        judged = self.measure.value if total is not None else value
        return Mover(
            name=name,
            contribution=total,
            rate=part.rate if part is not None else None,
            mix=part.mix if part is not None else None,
            value=value,
            previous=previous,
            rows=rows,
            verdict=verdict(self.measure.limits, judged, moved),
            low=span[0] if span is not None else None,
            high=span[1] if span is not None else None,
            previous_rows=previous_rows,
        )


def _blocks(stretch: Stretch) -> list[Stretch]:
    """A stretch cut into pieces of one length, by which it is told how far it moves by chance."""
    step = (stretch.end - stretch.start) / _BLOCKS
    edges = [stretch.start + at * step for at in range(_BLOCKS)] + [stretch.end]
    return [
        replace(stretch, start=start, end=end, after_start=stretch.after_start and not at,
                to_end=stretch.to_end and at == _BLOCKS - 1)
        for at, (start, end) in enumerate(itertools.pairwise(edges))
    ]  # fmt: skip


def _of_blocks(side: int) -> range:
    """The numbers of the stretches that are the pieces of one side: after the two sides, those of now first."""
    return range(2 + side * _BLOCKS, 2 + (side + 1) * _BLOCKS)


def _written(term: Term) -> str:
    return term.numerator if term.denominator is None else f"{term.numerator} / {term.denominator}"


def _size(mover: Mover) -> tuple[float, bool, str]:
    """The largest part first; where nothing adds up, the largest change of their own."""
    size = mover.contribution
    if size is None:
        known = mover.value is not None and mover.previous is not None
        size = (mover.value or 0.0) - (mover.previous or 0.0) if known else 0.0
    return -abs(size), mover.name is None, mover.name or ""
