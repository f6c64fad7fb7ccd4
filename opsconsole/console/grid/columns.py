"""The columns of a table as they are drawn: widths that stay, decimals below each other, moments in site time."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from typing import Any

from opsconsole.console import fmt
from opsconsole.console.grid.pages import Held
from opsconsole.console.grid.typed import numeric, timed
from opsconsole.console.text import inert, width

WIDEST = 32
PLACE = (("file", "VARCHAR"), ("line", "BIGINT"))
"""Where a row stands, shown after its columns."""


class Column:
    """One column: what it is called, its type, how wide it is, how many decimals its numbers have."""

    def __init__(self, name: str, kind: str, at: int) -> None:
        self.name = name
        self.kind = kind
        self.at = at
        self.title = inert(name)
        self.right = numeric(kind)
        self.decimals = 0
        # a place for the arrow of a sort
        self.width = min(WIDEST, max(width(self.title) + 1, 3))

    def value(self, row: Held) -> Any:
        """A row's cell as the engine told it."""
        past = self.at - len(row.values)
        if past < 0:
            return row.values[self.at]
        return (row.line or None) if past else row.file

    def path(self, row: Held) -> bool:
        """Whether it says in which file the row stands: of a path the end tells more."""
        return self.at == len(row.values)

    def raw(self, row: Held) -> str | None:
        """The text that stands in the file where it did not fit the column."""
        return row.raw.get(self.at)


class Columns:
    """The columns there are, with the widths they have been given."""

    def __init__(self, zone: str) -> None:
        self._zone = zone
        self._most = 6
        self.all: list[Column] = []
        self.by_name: dict[str, Column] = {}

    def take(
        self, names: Sequence[str], kinds: Sequence[str], rows: Iterable[Held], placed: bool, most: int = 6
    ) -> None:
        """Columns of a first page, numbers with at most so many decimals.

        Those that were there keep their widths, or grow: nothing moves as pages come.
        """
        listed = [*zip(names, kinds, strict=True), *(PLACE if placed else ())]
        before = self.by_name
        self.all, self.by_name = [], {}
        for at, (name, kind) in enumerate(listed):
            while name in self.by_name:
                # a column of the data that is called as a place is
                name += "'" if at < len(names) else " of file"
            known = before.get(name)
            column = Column(name, kind, at)
            if known is not None and known.kind == kind:
                column.width, column.decimals = max(known.width, column.width), known.decimals
            self.all.append(column)
            self.by_name[name] = column
        self._most = most
        self.widen(rows, first=True)

    def widen(self, rows: Iterable[Held], first: bool = False) -> None:
        """Have all cells stand whole in their columns as far as `WIDEST` goes; the `first` rows say the decimals."""
        rows = list(rows)
        for column in self.all:
            if first and column.right:
                places = [decimals(column.value(row)) for row in rows]
                column.decimals = min(self._most, max([column.decimals, *places]))
            widths = [width(inert(self.text(column, row))) for row in rows]
            column.width = min(WIDEST, max([column.width, *widths]))

    def text(self, column: Column, row: Held) -> str:
        """A cell's text, not yet made harmless."""
        raw = column.raw(row)
        return raw if raw is not None else self.shown(column, column.value(row))

    def shown(self, column: Column, value: Any) -> str:
        """A value as it stands in a column."""
        if isinstance(value, float) and column.decimals > 0 and math.isfinite(value):
            return f"{value:.{column.decimals}f}"
        if timed(column.kind) and value is not None:
            return moment_shown(value, self._zone)
        return fmt.value_text(value)


def decimals(value: object) -> int:
    """How many decimals a number needs, at most six."""
    if not isinstance(value, float) or not math.isfinite(value):
        return 0
    text = f"{value:.6f}".rstrip("0")
    return len(text) - text.index(".") - 1


def moment_shown(value: Any, zone: str) -> str:
    """A moment or a day by the site's clocks; a text that has no zone is by them already."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return fmt.value_text(fmt.local(value, zone).replace(tzinfo=None))
    text = str(value)
    if len(text) <= 10:
        return text
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is not None:
        moment = moment.astimezone(fmt.zone(zone)).replace(tzinfo=None)
    return fmt.value_text(moment)


def plain(value: Any) -> str:
    """A value as the text that a filter compares with: whole, with no sign for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
