"""A KPI and what it is made of, over several stretches of time: components of a formula, sums of a ratio, members.

What a value is when there are no rows follows `opsconsole.kpis.evaluate`: an expression that gives a number for none
(a count) means it where the source has rows before and around the stretch; else the value is missing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from opsconsole.insight.change.contribution import Member, Quantity
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.extent import Extent, Extents
from opsconsole.kpis.formula import formula_values
from opsconsole.kpis.scan import MEMBERS, Cursor, Dimensions, Members
from opsconsole.kpis.sections import Query, Sections, sections
from opsconsole.kpis.span import Stretch

_Rows = tuple[str, str | None]


class Nodes:
    """The figures of one KPI and of its components; one scan for all that share source and filter.

    `present`: the stretch that still runs, of which also a part has a value; None: all of them are past.
    """

    def __init__(
        self,
        cursor: Cursor,
        binding: Binding,
        kpi: BoundKpi,
        stretches: Sequence[Stretch],
        where: Mapping[str, str | None],
        splits: tuple[Dimensions, ...] = ((),),
        *,
        terms: bool = False,
        present: int | None = None,
        until: dt.datetime | None = None,
    ) -> None:
        self._cursor = cursor
        self._stretches = stretches
        self._present = present
        self._values: dict[_Rows, dict[str, int]] = {}
        leaves = kpi.leaves if not terms else (*kpi.leaves, *kpi.components)
        for leaf in leaves:
            places = self._values.setdefault(rows_of(leaf), {})
            wanted = [leaf.value.text]
            if terms:
                wanted += [text for term in leaf.parts.terms for text in (term.numerator, term.denominator) if text]
            for text in wanted:
                places.setdefault(text, len(places))
        self._found: dict[_Rows, Sections] = {
            rows: sections(cursor, binding, Query(rows[0], rows[1], tuple(places), splits, where, MEMBERS), stretches)
            for rows, places in self._values.items()
        }
        self._extents = Extents(cursor, binding, until)

    def value(self, kpi: BoundKpi, section: int, split: Dimensions = (), members: Members = ()) -> float | None:
        """What a KPI comes to in a stretch for a group; None where there is none."""
        return self.values(kpi, section, split, [members])[0]

    def values(self, kpi: BoundKpi, section: int, split: Dimensions, groups: Sequence[Members]) -> list[float | None]:
        """What a KPI comes to in a stretch for several groups."""
        if not kpi.compound:
            return [self._value(kpi, section, split, members) for members in groups]
        names = [leaf.kpi.name for leaf in kpi.leaves]
        rows = [[self._value(leaf, section, split, members) for leaf in kpi.leaves] for members in groups]
        return formula_values(self._cursor, kpi.formula, names, rows)

    def rows(self, kpi: BoundKpi, section: int, split: Dimensions = (), members: Members = ()) -> int:
        """How many rows are behind a value; those of the component with the most."""
        found = [self._found[rows_of(leaf)].row(section, split, members) for leaf in kpi.leaves]
        return max((row.rows for row in found if row is not None), default=0)

    def members(self, kpi: BoundKpi, split: Dimensions) -> list[Members]:
        """The groups that any of the stretches has, in no order that means anything."""
        names: dict[Members, None] = {}
        for leaf in kpi.leaves:
            for groups in self._found[rows_of(leaf)].groups:
                names.update(dict.fromkeys(groups.get(split, {})))
        return list(names)

    def total(self, kpi: BoundKpi, split: Dimensions) -> int:
        """How many groups there are, those left out included."""
        return max(self._found[rows_of(leaf)].members.get(split, 0) for leaf in kpi.leaves)

    def quantity(self, leaf: BoundKpi, term: int, section: int) -> Quantity:
        """A term of a KPI of one source, over all rows of a stretch; what has no rows adds nothing."""
        return self._quantity(leaf, term, section, (), ())

    def quantities(self, leaf: BoundKpi, term: int, section: int, dimension: str) -> dict[Member, Quantity]:
        """A term by the members of a dimension."""
        groups = self._found[rows_of(leaf)].groups[section].get((dimension,), {})
        return {members[0]: self._quantity(leaf, term, section, (dimension,), members) for members in groups}

    def known(self, kpi: BoundKpi, section: int) -> bool:
        """Whether the rows of all its sources reach back to a stretch."""
        return all(self._reached(leaf, section) for leaf in kpi.leaves)

    def _quantity(self, leaf: BoundKpi, term: int, section: int, split: Dimensions, members: Members) -> Quantity:
        of = leaf.parts.terms[term]
        above = self._number(leaf, of.numerator, section, split, members) or 0.0
        if of.denominator is None:
            return Quantity(above)
        return Quantity(above, self._number(leaf, of.denominator, section, split, members) or 0.0)

    def _value(self, leaf: BoundKpi, section: int, split: Dimensions, members: Members) -> float | None:
        if not self._reached(leaf, section):
            return None
        if self._found[rows_of(leaf)].row(section, split, members) is not None:
            return self._number(leaf, leaf.value.text, section, split, members)
        return leaf.value.empty if self._extent(leaf).followed(self._stretches[section]) else None

    def _number(self, leaf: BoundKpi, text: str, section: int, split: Dimensions, members: Members) -> float | None:
        rows = rows_of(leaf)
        row = self._found[rows].row(section, split, members)
        return row.values[self._values[rows][text]] if row is not None else None

    def _reached(self, leaf: BoundKpi, section: int) -> bool:
        return section == self._present or self._extent(leaf).reaches_back(self._stretches[section])

    def _extent(self, leaf: BoundKpi) -> Extent:
        return self._extents.of(leaf.source)


def rows_of(leaf: BoundKpi) -> _Rows:
    """What KPIs of one scan have in common: source and filter."""
    return leaf.source, leaf.where.text if leaf.where is not None else None


def bound_kpi(binding: Binding, name: str) -> BoundKpi:
    """A KPI that can be computed. Raises LookupError, which says why, for any other."""
    bound = binding.kpis.get(name)
    if bound is None:
        raise LookupError(binding.waiting.get(name) or binding.broken.get(name) or f"there is no KPI `{name}`")
    return bound
