"""A list with a cursor: rows keyed, columns fixed, filter and marks. Everything that is a table on screen is one.

The cursor is anchored to a row's key. Where that row goes away while the person looks, the cursor stays on its line
and `slipped` tells that it is on another row than the one last pointed at, so that no command hits the wrong one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.console.text import Line, clip_start, fit, left, line_width, plain, restyle, right, spread, told

GUTTER = 2
NARROWEST = 5
LED_FOR = 1.5
"""Seconds after the cursor went to another row by itself within which no command is taken from it."""


class Column(Struct, frozen=True):
    """A column of `width` cells. One with `grow` shares what is left, up to `most`; the highest `drop` goes first.

    `align`: left, right, "path" (of what is too long the end is shown), or "ends": the first span gives way to the
    others, which stand at the right.
    """

    title: str
    width: int
    align: str = "left"
    grow: bool = False
    drop: int = 0
    most: int = 500


class Row(Struct, frozen=True):
    """A row: its key, a cell per column, a style over all of it, and what is copied."""

    key: str
    cells: tuple[Line, ...]
    style: str = ""
    copy: str = ""

    def sought(self) -> str:
        """The text in which the words of a filter are sought."""
        return " ".join(plain(part) for part in self.cells).casefold()


class AnyRow(Protocol):
    """A row, made or to be made."""

    @property
    def key(self) -> str:
        """What names it."""
        ...

    @property
    def cells(self) -> tuple[Line, ...]:
        """A cell per column."""
        ...

    @property
    def style(self) -> str:
        """A style over all of it."""
        ...

    @property
    def copy(self) -> str:
        """What is copied of it."""
        ...

    def sought(self) -> str:
        """The text in which the words of a filter are sought."""
        ...


class LateRow:
    """A row that is made when it is first drawn: of a thousand only those in sight are."""

    __slots__ = ("_made", "_make", "_sought", "key")

    def __init__(self, key: str, make: Callable[[], Row], sought: Callable[[], str]) -> None:
        self.key = key
        self._make = make
        self._made: Row | None = None
        self._sought: Callable[[], str] | str = sought

    def _row(self) -> Row:
        if self._made is None:
            self._made = self._make()
        return self._made

    @property
    def cells(self) -> tuple[Line, ...]:
        """A cell per column."""
        return self._row().cells

    @property
    def style(self) -> str:
        """A style over all of it."""
        return self._row().style

    @property
    def copy(self) -> str:
        """What is copied of it."""
        return self._row().copy

    def sought(self) -> str:
        """The text in which the words of a filter are sought."""
        if not isinstance(self._sought, str):
            self._sought = self._sought()
        return self._sought


def cell(text: str, style: str = "") -> Line:
    """A cell of one span."""
    return [(text, style)]


class Pane:
    """Rows, cursor, filter and marks; `draw` makes the lines."""

    def __init__(
        self, columns: Sequence[Column], empty: str = "nothing here", header: bool = True, leads: bool = False
    ) -> None:
        """`leads`: until a person moves the cursor it stays on the first row, whichever that becomes."""
        self.columns = list(columns)
        self.empty = empty
        self.header = header
        self.all: list[AnyRow] = []
        self.rows: list[AnyRow] = []
        self.cursor: str | None = None
        self.slipped = False
        self.leads = leads
        self.led_at = -LED_FOR
        self.top = 0
        self.first = 0
        self.height = 1
        self.filter = ""
        self.searched = ""
        self.marks: set[str] = set()
        self.unmarked = 0
        self.awaited: tuple[set[str], int] | None = None
        """Marks, and rows in sight above the cursor, that are come back to with the first rows."""
        self._range: tuple[str, set[str]] | None = None
        self._index = 0
        self._texts: dict[str, str] = {}

    # --- rows ---

    def set_rows(self, rows: Sequence[AnyRow]) -> None:
        """Replace the rows; cursor, scroll and marks stay with their keys. `unmarked` counts marks that went so."""
        self.all = list(rows)
        self._texts = {}
        if self.marks:
            kept = self.marks & {row.key for row in rows}
            self.unmarked += len(self.marks) - len(kept)
            self.marks = kept
        self._refilter()
        if self.awaited is not None and rows:
            (marks, above), self.awaited = self.awaited, None
            self.marks |= marks & {row.key for row in rows}
            self.top = self._index - above
            self._scroll()

    def set_filter(self, text: str) -> None:
        """Show only rows that have every word of `text` and none of its `!words`."""
        self.filter = text.strip()
        self.searched = self.filter or self.searched
        self._refilter()
        self.slipped = False

    def _refilter(self) -> None:
        self.rows = [row for row in self.all if self._matches(row, self.filter)] if self.filter else self.all
        positions = {row.key: index for index, row in enumerate(self.rows)}
        at = positions.get(self.cursor) if self.cursor is not None else None
        if self.leads and self.rows and not self.marks:
            if self.cursor is not None and self.cursor != self.rows[0].key:
                self.slipped = self.slipped or at is None
                self.led_at = time.monotonic()
            self._index = self.top = 0
            self.cursor = self.rows[0].key
        elif at is not None:
            self.top += at - self._index
            self._index = at
        elif self.rows:
            self.slipped = self.cursor is not None
            self._index = min(self._index, len(self.rows) - 1)
            self.cursor = self.rows[self._index].key
        else:
            self._index = 0
        self._scroll()

    def _matches(self, row: AnyRow, pattern: str) -> bool:
        text = self._texts.get(row.key)
        if text is None:
            text = self._texts[row.key] = row.sought()
        words = pattern.casefold().split()
        return all((word[1:] not in text) if len(word) > 1 and word[0] == "!" else word in text for word in words)

    # --- cursor ---

    @property
    def index(self) -> int:
        """Where the cursor is among the rows shown."""
        return self._index

    @property
    def current(self) -> AnyRow | None:
        """The row under the cursor."""
        return self.rows[self._index] if self.rows else None

    def just_led(self) -> bool:
        """Whether the cursor went to another row by itself a moment ago: too short to have been seen."""
        return time.monotonic() - self.led_at < LED_FOR

    def seen(self) -> None:
        """The person has been told that the cursor is on another row."""
        self.slipped, self.led_at = False, -LED_FOR

    def more(self) -> str:
        """How many rows are out of sight, and on which side."""
        above, below = self.top, max(0, len(self.rows) - self.top - self.height)
        parts = [f"{number} more {side}" for number, side in ((above, "above"), (below, "below")) if number]
        return " · ".join(parts)

    def move(self, by: int) -> bool:
        """Move the cursor; False where it is at the end already."""
        return self.goto(self._index + by)

    def goto(self, index: int) -> bool:
        """Put the cursor on a row by position; False where that changes nothing."""
        self.slipped = self.leads = False
        target = max(0, min(index, len(self.rows) - 1))
        if not self.rows or target == self._index:
            return False
        self._index = target
        self.cursor = self.rows[target].key
        self._scroll()
        self._mark_range()
        return True

    def point(self, key: str) -> None:
        """Put the cursor on a row by its key, as soon as it is there."""
        self.cursor = key
        self.slipped = self.leads = False
        positions = [index for index, row in enumerate(self.rows) if row.key == key]
        if positions:
            self._index = positions[0]
            self._scroll()

    def return_to(self, key: str) -> None:
        """Put the cursor back where it was before other rows were shown for a while, if that row is still there."""
        if self.leads and self.rows and self.rows[0].key == key:
            self.seen()
        elif not self.leads and any(row.key == key for row in self.rows):
            self.point(key)

    def hit(self, step: int) -> bool:
        """Go to the next or previous row that matches what was last filtered for."""
        order = range(1, len(self.rows) + 1)
        for distance in order if self.searched else ():
            at = (self._index + step * distance) % len(self.rows)
            if self._matches(self.rows[at], self.searched):
                return self.goto(at)
        return False

    # --- marks ---

    def mark(self) -> None:
        """Mark or unmark the row under the cursor, and step on; ends a range."""
        if self._range is not None:
            self._range = None
        elif self.current is not None:
            self.marks ^= {self.current.key}
            self.move(1)

    def mark_range(self) -> bool:
        """Begin to mark from the cursor on, wherever it goes; or end that. Whether it has begun."""
        if self._range is not None or self.current is None:
            self._range = None
            return False
        self._range = (self.current.key, set(self.marks))
        self._mark_range()
        return True

    def _mark_range(self) -> None:
        if self._range is None:
            return
        begin, before = self._range
        at = next((index for index, row in enumerate(self.rows) if row.key == begin), self._index)
        low, high = sorted((at, self._index))
        self.marks = before | {row.key for row in self.rows[low : high + 1]}

    def unmark(self) -> None:
        """Clear all marks."""
        self.marks, self.unmarked, self._range = set(), 0, None

    def chosen(self) -> list[str]:
        """The keys that an action means: the marked rows, else the one under the cursor."""
        if self.marks:
            return [row.key for row in self.all if row.key in self.marks]
        return [self.current.key] if self.current else []

    def _scroll(self) -> None:
        self.top = max(self._index - self.height + 1, min(self.top, self._index))
        self.top = max(0, min(self.top, len(self.rows) - self.height))

    # --- drawing ---

    def fitted(self, cells: int) -> list[tuple[int, Column, int]]:
        """The columns that fit, from the `first` on: (position, column, width)."""
        kept = list(enumerate(self.columns))[self.first :]

        def need() -> int:
            return GUTTER + sum(column.width + 1 for _, column in kept)

        while need() > cells and len(kept) > 1:
            worst = max(kept, key=lambda item: (item[1].drop, item[0]))
            if worst[1].drop == 0:
                break
            kept.remove(worst)
        short = need() - cells
        if short > 0:
            # what would grow gives way before anything is cut off at the edge
            kept = [
                (at, replace(column, width=max(NARROWEST, column.width - short)) if column.grow else column)
                for at, column in kept
            ]
        spare = max(0, cells - need())
        growing = sum(column.grow for _, column in kept) or 1
        more = spare // growing
        return [
            (at, column, min(column.most, column.width + more) if column.grow else column.width) for at, column in kept
        ]

    def draw(self, cells: int, lines: int, focused: bool) -> list[Line]:
        """Header and rows, `lines` high."""
        out: list[Line] = []
        columns = self.fitted(cells)
        if self.header and lines > 1:
            heads = "".join(_aligned(column.title, column.align, size) + " " for _, column, size in columns)
            out.append(fit([(" " * GUTTER + heads, "dim")], cells))
        self.height = max(1, lines - len(out))
        self._scroll()
        if not self.rows:
            out += told(self.nothing(), cells, lines - len(out))
        for position in range(self.top, min(self.top + self.height, len(self.rows))):
            out.append(self._row(self.rows[position], columns, cells, focused and position == self._index))
        out.extend(fit([], cells) for _ in range(lines - len(out)))
        return out[:lines]

    def nothing(self) -> str:
        """What is said where there are no rows."""
        hidden = bool(self.filter and self.all)
        return f"no row has “{self.filter}”  (Esc shows all {len(self.all)})" if hidden else self.empty

    def _row(self, row: AnyRow, columns: list[tuple[int, Column, int]], cells: int, here: bool) -> Line:
        body: Line = []
        for at, column, size in columns:
            text = row.cells[at] if at < len(row.cells) else []
            pad = size - line_width(text)
            if column.align == "right" and pad > 0:
                body.append((" " * pad, ""))
                body.extend(text)
            elif column.align == "ends":
                body.extend(spread(text[:1], text[1:], size) if len(text) > 1 else fit(text, size))
            elif column.align == "path":
                body.extend(fit([(clip_start(plain(text), size), text[0][1] if text else "")], size))
            else:
                body.extend(fit(text, size))
            body.append((" ", ""))
        gutter: Line = [("▸" if here else " ", "bold"), ("✓" if row.key in self.marks else " ", "bold")]
        body = restyle(fit(body, cells - GUTTER), f"{row.style} {'cursor' if here else ''}".strip())
        return [*gutter, *body]


def _aligned(text: str, align: str, size: int) -> str:
    return right(text, size) if align == "right" else left(text, size)
