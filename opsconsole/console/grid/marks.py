"""Marked rows, by their key; what is marked is kept with its cells, so that it can be copied from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

MOST = 10_000
"""So many rows can be marked: more is what filters and exports are for."""


class Marked(Struct, frozen=True):
    """A marked row: its number when it was marked, and the text of its cells by column."""

    number: int
    texts: dict[str, str]


class Marks:
    """The marks, and a range that goes on from where it began to wherever the cursor is."""

    def __init__(self) -> None:
        self.rows: dict[str, Marked] = {}
        self.begin: int | None = None
        self.lacking = 0
        self._before: dict[str, Marked] = {}
        self._within: dict[int, tuple[str, Marked]] = {}

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, key: str) -> bool:
        return key in self.rows

    def toggle(self, key: str, row: Marked) -> None:
        """Mark a row, or take its mark away."""
        if self.rows.pop(key, None) is None:
            self.rows[key] = row

    def add(self, rows: Mapping[str, Marked]) -> bool:
        """Mark these rows too; False where they would be too many."""
        both = {**self.rows, **rows}
        if len(both) > MOST:
            return False
        self.rows = both
        return True

    def clear(self) -> None:
        """No row is marked, and no range goes on."""
        self.rows, self._before, self._within = {}, {}, {}
        self.begin, self.lacking = None, 0

    # --- a range ---

    def start(self, number: int) -> None:
        """Begin a range at a row."""
        self.begin, self._before, self._within = number, dict(self.rows), {}

    def end(self) -> None:
        """The range stays marked; the cursor goes on alone."""
        self.begin, self.lacking, self._within = None, 0, {}

    def span(self, cursor: int) -> range:
        """The numbers of the rows in the range, of which there are never more than `MOST`."""
        if self.begin is None:
            return range(0)
        low, high = sorted((self.begin, cursor))
        if high - low >= MOST:
            low, high = (low, low + MOST - 1) if cursor > self.begin else (high - MOST + 1, high)
        return range(low, high + 1)

    def stretch(self, cursor: int, rows: Iterable[tuple[int, str, Marked]]) -> None:
        """Have the rows between the beginning and the cursor marked; `rows` are those of them that are at hand.

        What was at hand once stays known; `lacking` counts those that never were: their marks come with their page.
        """
        span = self.span(cursor)
        self._within = {number: each for number, each in self._within.items() if number in span}
        self._within.update((number, (key, row)) for number, key, row in rows)
        self.rows = {**self._before, **dict(self._within.values())}
        self.lacking = len(span) - len(self._within)

    def wanted(self, cursor: int) -> list[int]:
        """The numbers of the rows in the range that were never at hand."""
        return [number for number in self.span(cursor) if number not in self._within] if self.lacking else []

    # --- out of them ---

    def tsv(self, columns: Iterable[str], titles: Iterable[str]) -> str:
        """The marked rows with a header, in the order of the table; a tab or a line break in a cell becomes a blank."""
        names = list(columns)
        lines = ["\t".join(_cell(title) for title in titles)]
        for row in sorted(self.rows.values(), key=lambda each: each.number):
            lines.append("\t".join(_cell(row.texts.get(name, "")) for name in names))
        return "\n".join(lines)

    def remembered(self) -> list[Any]:
        """The marks as plain values."""
        return [[key, row.number, row.texts] for key, row in self.rows.items()]

    def recalled(self, rows: Any) -> None:
        """The marks of `remembered`."""
        self.clear()
        for key, number, texts in rows:
            self.rows[str(key)] = Marked(int(number), {str(name): str(text) for name, text in texts.items()})


def _cell(text: str) -> str:
    return " ".join(text.replace("\t", " ").splitlines())
