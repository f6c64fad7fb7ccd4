"""How a table is looked at: what is filtered for, sorted by, shown and grouped. A value, part of an address.

Every change makes another shape, so that one can go back to it, type it and keep it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.engine.table_messages import Aggregate, ColumnFilter, Grouping, SortBy, TableOf


class Shape(Struct, frozen=True):
    """What of a table is seen, and how.

    `columns` are those shown, in their order (empty: all as they come) without the `hidden`; the first `frozen` of
    them stay while the others are scrolled. `order` is of rows that nothing sorts: newest first, or as in the files.
    """

    words: str = ""
    filters: tuple[ColumnFilter, ...] = ()
    expression: str = ""
    sort: tuple[SortBy, ...] = ()
    order: Literal["time", "file"] = "time"
    columns: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    frozen: int = 0
    group: Grouping | None = None

    @property
    def narrowed(self) -> bool:
        """Whether some rows are left out."""
        return bool(self.words or self.filters or self.expression)

    def of(self, base: TableOf) -> TableOf:
        """The rows that are meant, of those that `base` means."""
        return replace(
            base,
            words=" ".join(part for part in (base.words, self.words) if part),
            filters=(*base.filters, *self.filters),
            expression=both(base.expression, self.expression),
            group=self.group or base.group,
        )

    def same_rows(self, other: Shape) -> bool:
        """Whether both show the same rows in the same order, be it with other columns."""
        mine = (self.words, self.filters, self.expression, self.sort, self.order, self.group)
        return mine == (other.words, other.filters, other.expression, other.sort, other.order, other.group)

    def shown(self, names: Sequence[str]) -> list[str]:
        """Which of the columns that there are is shown, in order; all where none would be left."""
        listed = [name for name in self.columns if name in names] if self.columns else list(names)
        return [name for name in listed if name not in self.hidden] or list(names)

    # --- changes ---

    def with_filters(self, *filters: ColumnFilter) -> Shape:
        """With more conditions; one that is there already is not doubled."""
        return replace(self, filters=(*self.filters, *(each for each in filters if each not in self.filters)))

    def without(self, base: Shape) -> Shape | None:
        """With the condition taken off that was put on last, of those that `base` does not have; None without one."""
        if self.words != base.words:
            return replace(self, words=base.words)
        if self.expression != base.expression:
            return replace(self, expression=base.expression)
        for at in range(len(self.filters) - 1, -1, -1):
            if self.filters[at] not in base.filters:
                return replace(self, filters=self.filters[:at] + self.filters[at + 1 :])
        return None

    def turned(self, column: str) -> Shape:
        """Sorted by a column: upwards, again downwards, again not at all."""
        now = next((each for each in self.sort if each.column == column), None)
        if now is None or len(self.sort) > 1:
            return replace(self, sort=(SortBy(column),))
        return replace(self, sort=() if now.descending else (SortBy(column, descending=True),))

    def hiding(self, column: str) -> Shape:
        """Without a column."""
        if self.columns:
            return replace(self, columns=tuple(name for name in self.columns if name != column))
        return replace(self, hidden=(*self.hidden, column))

    def moving(self, column: str, by: int, names: Sequence[str]) -> Shape:
        """With a column moved among those that are shown."""
        shown = self.shown(names)
        at = shown.index(column)
        shown.insert(max(0, min(at + by, len(shown) - 1)), shown.pop(at))
        return replace(self, columns=tuple(shown), hidden=())

    def showing(self, shown: Sequence[str], names: Sequence[str]) -> Shape:
        """With these columns, in this order."""
        kept = tuple(shown)
        if kept == tuple(name for name in names if name in kept):
            # in their own order: it is shorter to say what is left out
            return replace(self, columns=(), hidden=tuple(name for name in names if name not in kept))
        return replace(self, columns=kept, hidden=())

    def grouping(self, column: str) -> Shape:
        """By one more column: groups have columns of their own, so what was said of the rows' is over."""
        by = self.group.by if self.group is not None else ()
        if column in by:
            return self
        aggregates = self.group.aggregates if self.group is not None else (Aggregate("count"),)
        pivot = self.group.pivot if self.group is not None and self.group.pivot != column else ""
        return self.grouped(Grouping((*by, column), aggregates, pivot))

    def grouped(self, group: Grouping | None) -> Shape:
        """With other groups, or none."""
        return replace(self, group=group, sort=(), columns=(), hidden=(), frozen=0)


AS_IT_IS = Shape()
"""All rows, newest first, with all columns."""


def both(one: str, other: str) -> str:
    """Two row conditions as one."""
    return f"({one}) AND ({other})" if one and other else one or other
