"""Tables of a stand-in engine: plain Python lists behind the questions for pages, orders, columns and exports."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from opsconsole.engine.messages import Answer, Failure, Misfit
from opsconsole.engine.table_messages import (
    AskChunk,
    AskColumn,
    AskExport,
    AskExported,
    AskIndex,
    AskPage,
    Chunk,
    ColumnFacts,
    ColumnFilter,
    Export,
    Index,
    IndexState,
    SortBy,
    TableOf,
    TablePage,
)

ASKS = AskPage | AskIndex | AskColumn | AskExport | AskExported | AskChunk
CHUNK = 256 * 1024


class Row(Struct, frozen=True):
    """A row with its place; `misfit` is the text of a cell that did not fit, by column."""

    cells: tuple[Any, ...]
    file: str
    line: int
    misfit: dict[int, str] = {}


class CannedTable:
    """`rows` stand newest first. `slow`: so often is asked how far an index is until it is ready; `exporting` so many
    times how far an export is. `refuses` has the sentence with which an expression is refused.
    """

    def __init__(self, source: str, columns: Sequence[str], types: Sequence[str], rows: Sequence[Row]) -> None:
        self.source = source
        self.columns = list(columns)
        self.types = list(types)
        self.rows = list(rows)
        self.version = 1
        self.past: dict[int, list[Row]] = {}
        self.slow = 0
        self.exporting = 0
        self.note = ""
        self.refuses = ""
        self.counted_after = 0
        self.expression: Callable[[str, dict[str, Any]], bool] = lambda _text, _row: True
        self._index: dict[Any, IndexState] = {}
        # with the rows that they are of, so that no other list can have their id
        self._meant: dict[Any, tuple[list[Row], list[Row]]] = {}
        self._exports: dict[str, bytes] = {}
        self._left: dict[str, int] = {}

    def add(self, *rows: Row) -> None:
        """Rows come in: the newest first. Pages of before can still be had."""
        self.past[self.version] = list(self.rows)
        self.version += 1
        self.rows = [*rows, *self.rows]

    def forget(self) -> None:
        """The rows as they were cannot be had any more."""
        self.past = {}

    def answer(self, ask: ASKS) -> Answer:
        """What an engine would say."""
        if isinstance(ask, AskPage):
            return self._page(ask)
        if isinstance(ask, AskIndex):
            return self._how_far(ask)
        if isinstance(ask, AskColumn):
            return self._facts(ask)
        if isinstance(ask, AskExport):
            return self._export(ask)
        if isinstance(ask, AskExported):
            return self._exported(ask)
        data = self._exports[ask.export]
        return Chunk(data[ask.offset : ask.offset + CHUNK])

    # --- rows ---

    def meant(self, of: TableOf, sort: Sequence[SortBy] = (), order: str = "time", version: int = 0) -> list[Row]:
        """The rows of a table in order, by plain list operations."""
        known = self.past.get(version, self.rows)
        key = repr((of, sort, order)), id(known), len(known)
        if key not in self._meant:
            self._meant[key] = known, self._found(known, of, sort, order)
        return self._meant[key][1]

    def _found(self, rows: list[Row], of: TableOf, sort: Sequence[SortBy], order: str) -> list[Row]:
        narrow = of.words or of.filters or of.expression
        found = [row for row in rows if self._fits(row, of)] if narrow else list(rows)
        if order == "file":
            found.sort(key=lambda row: (row.file, row.line))
        for by in reversed(sort):
            at = self.columns.index(by.column)
            there = [row for row in found if row.cells[at] is not None]
            there.sort(key=lambda row: row.cells[at], reverse=by.descending)
            found = [*there, *(row for row in found if row.cells[at] is None)]
        return found

    def _fits(self, row: Row, of: TableOf) -> bool:
        cells = dict(zip(self.columns, row.cells, strict=True))
        text = " ".join("" if cell is None else str(cell) for cell in row.cells).casefold()
        for word in of.words.casefold().split():
            if (word[1:] in text) if word.startswith("!") and len(word) > 1 else word not in text:
                return False
        if of.expression and not self.expression(of.expression, cells):
            return False
        return all(holds(cells[each.column], each) for each in of.filters)

    def _page(self, ask: AskPage) -> Answer:
        if ask.of.expression and self.refuses:
            return Failure(self.refuses)
        if unknown := [each.column for each in (*ask.of.filters, *ask.sort) if each.column not in self._names(ask.of)]:
            return Failure(f"there is no column {unknown[0]}")
        version = ask.version if ask.version in self.past else self.version
        assert version is not None
        if ask.of.group is not None:
            return self._groups(ask, version)
        rows = self.meant(ask.of, ask.sort, ask.order, version)
        state = IndexState()
        if ask.sort and self.slow:
            state = self._index.setdefault(_key(ask, version), IndexState("building"))
        first = ask.row or 0
        if ask.moment is not None:
            at = self.columns.index("ts")
            first = next((n for n, row in enumerate(rows) if _epoch(row.cells[at]) <= ask.moment), len(rows))
        found = rows[first : first + ask.limit]
        if state.state not in ("unneeded", "ready"):
            first, found = 0, rows[: ask.limit]
        counted = self.counted_after <= 0
        self.counted_after -= 1
        return TablePage(
            self.source,
            self.columns,
            self.types,
            [[row.cells[at] for row in found] for at in range(len(self.columns))],
            [row.file for row in found],
            [row.line for row in found],
            first,
            len(rows) if counted else None,
            len(self.past.get(version, self.rows)),
            None,
            None,
            version,
            state,
            version == self.version,
            "ts" if "ts" in self.columns else "",
            self.note,
            [Misfit(n, at, raw, "odd") for n, row in enumerate(found) for at, raw in row.misfit.items()],
        )

    def _names(self, of: TableOf) -> list[str]:
        group = of.group
        return self.columns if group is None else [*self.columns, *(_head(each) for each in group.aggregates)]

    def _groups(self, ask: AskPage, version: int) -> TablePage:
        group = ask.of.group
        assert group is not None
        heaps: dict[tuple[Any, ...], list[Row]] = {}
        for row in self.meant(ask.of, version=version):
            heaps.setdefault(tuple(row.cells[self.columns.index(name)] for name in group.by), []).append(row)
        lines = [
            (*members, *(self._aggregate(each, rows) for each in group.aggregates)) for members, rows in heaps.items()
        ]
        lines.sort(key=lambda line: tuple(str(each) for each in line))
        names = [*group.by, *(_head(each) for each in group.aggregates)]
        if group.pivot:
            members = sorted({str(row.cells[self.columns.index(group.pivot)]) for row in self.rows})
            names = [*group.by, *members]
            at = self.columns.index(group.pivot)
            lines = [
                (*by, *(sum(str(row.cells[at]) == member for row in rows) for member in members))
                for by, rows in sorted(heaps.items(), key=str)
            ]
        kinds = [self.types[self.columns.index(name)] if name in self.columns else "BIGINT" for name in names]
        first = ask.row or 0
        found = lines[first : first + ask.limit]
        return TablePage(
            self.source, names, kinds, [[line[at] for line in found] for at in range(len(names))],
            [""] * len(found), [0] * len(found), first, len(lines), len(lines), None, None, version,
        )  # fmt: skip

    def _aggregate(self, one: Any, rows: list[Row]) -> Any:
        if one.kind == "count":
            return len(rows)
        told = [row.cells[self.columns.index(one.column)] for row in rows]
        told = [each for each in told if each is not None]
        return {"sum": sum, "min": min, "max": max}[one.kind](told)

    # --- the rest ---

    def _how_far(self, ask: AskIndex) -> Index:
        key = _key(ask, ask.version)
        state = self._index.get(key, IndexState("ready"))
        if ask.cancel:
            state = IndexState("cancelled")
        elif state.state == "building":
            done = state.fraction + 1 / self.slow
            state = IndexState("ready") if done >= 0.999 else IndexState("building", done)
        self._index[key] = state
        return Index(state, len(self.meant(ask.of)))

    def _facts(self, ask: AskColumn) -> Answer:
        at = self.columns.index(ask.column)
        cells = [row.cells[at] for row in self.meant(ask.of)]
        there = [each for each in cells if each is not None]
        counts = Counter(there).most_common(ask.most)
        numbers = [float(each) for each in there if isinstance(each, int | float)]
        edges, bins = [], []
        if numbers and min(numbers) < max(numbers):
            low, wide = min(numbers), (max(numbers) - min(numbers)) / ask.bins
            edges = [low + wide * n for n in range(ask.bins + 1)]
            bins = [0] * ask.bins
            for each in numbers:
                bins[min(ask.bins - 1, int((each - low) / wide))] += 1
        mean = sum(numbers) / len(numbers) if numbers else None
        return ColumnFacts(
            ask.column, self.types[at], len(cells), len(cells) - len(there), len(set(there)), True,
            [value for value, _ in counts], [count for _, count in counts],
            min(there, default=None), max(there, default=None), mean, edges=edges, bins=bins,
        )  # fmt: skip

    def _export(self, ask: AskExport) -> Answer:
        if ask.format == "parquet":
            return Failure("the disk under the state folder is full")
        names = list(ask.columns) or self.columns
        rows = self.meant(ask.of, ask.sort, ask.order)
        told = [{name: row.cells[self.columns.index(name)] for name in names} for row in rows]
        export = f"export-{len(self._exports)}"
        self._exports[export] = json.dumps(told, default=str).encode()
        self._left[export] = self.exporting
        return self._state(export)

    def _exported(self, ask: AskExported) -> Export:
        self._left[ask.export] -= 1
        state = self._state(ask.export)
        if ask.drop:
            del self._exports[ask.export]
        return state

    def _state(self, export: str) -> Export:
        data, left = self._exports[export], self._left[export]
        total = len(json.loads(data))
        ready = left <= 0
        return Export(export, total if ready else total // (left + 1), total, ready, len(data) if ready else 0)


def holds(cell: Any, one: ColumnFilter) -> bool:
    """Whether a cell is what a filter wants."""
    if one.by in ("empty", "filled"):
        return (cell is None) == (one.by == "empty")
    if cell is None:
        return one.by in ("not", "lacks")
    if one.by in ("has", "lacks"):
        return (one.value.casefold() in str(cell).casefold()) == (one.by == "has")
    value: Any = type(cell)(one.value)
    return {
        "is": cell == value,
        "not": cell != value,
        "below": cell < value,
        "above": cell > value,
        "from": cell >= value,
        "to": cell <= value,
    }[one.by]


def _head(one: Any) -> str:
    return f"{one.kind} {one.column}".strip()


def _key(ask: AskPage | AskIndex, version: int | None) -> str:
    return repr((ask.of, ask.sort, version))


def _epoch(cell: Any) -> float:
    return dt.datetime.fromisoformat(cell).replace(tzinfo=dt.UTC).timestamp()
