"""What can be opened beside a table: the values of a column with counts, facts of a column, a choice of columns.

While one is open the keys that move, mark, open and filter are its own; Esc closes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from opsconsole.console import fmt
from opsconsole.console.grid.columns import Column, plain
from opsconsole.console.grid.shape import both
from opsconsole.console.grid.shape_words import name_text
from opsconsole.console.grid.typed import numeric
from opsconsole.console.pane import Column as ListColumn
from opsconsole.console.pane import Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.text import ELLIPSIS, Line, fit, inert, left, right, wrap
from opsconsole.engine.table_messages import AskColumn, ColumnFacts, ColumnFilter

if TYPE_CHECKING:
    from opsconsole.console.grid.grid import Grid

BARS = " ▁▂▃▄▅▆▇█"
TALL = 4


class Aside:
    """Something beside a table. `size` is the width it would have."""

    size = 44
    title = ""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.pane: Pane | None = None

    def move(self, dx: int, dy: int) -> None:
        """Arrows."""
        if self.pane is not None and dy:
            self.pane.move(dy)
        elif dx:
            self.grid.move(dx, 0)

    def goto(self, index: int) -> None:
        """To a line of it."""
        if self.pane is not None:
            self.pane.goto(index)

    def open(self) -> None:
        """Enter."""

    def mark(self) -> None:
        """Space."""

    def shift(self, _by: int) -> None:
        """`(` and `)`."""

    def copied(self) -> str:
        """What is copied of it."""
        return self.pane.current.copy if self.pane is not None and self.pane.current is not None else ""

    def note(self) -> Line:
        """What is said beside its title."""
        return []

    def draw(self, cells: int, lines: int) -> list[Line]:
        """Exactly `lines` lines."""
        body = self.pane.draw(cells, lines - 1, True) if self.pane is not None else []
        return [heading(inert(self.title), self.note(), cells, True), *body]


class OfColumn(Aside):
    """Something that the engine tells of a column; with left and right it goes on to the next one."""

    def __init__(self, grid: Grid, column: Column) -> None:
        super().__init__(grid)
        self.column = column
        self.facts: ColumnFacts | None = None
        self.trouble = ""
        self.ask()

    def ask(self) -> None:
        """Have the engine tell of the column."""
        self.title, self.facts, self.trouble = self.column.name, None, ""
        self.grid.ctx.spawn(self._ask(self.column))

    async def _ask(self, column: Column) -> None:
        answer = await self.grid.ask(AskColumn(self.grid.shape.of(self.grid.base), column.name))
        if column is not self.column:
            return
        if isinstance(answer, ColumnFacts):
            self.facts = answer
            self.took(answer)
        else:
            self.trouble, self.grid.trouble = self.grid.trouble, ""

    def took(self, facts: ColumnFacts) -> None:
        """Take what was told."""

    def move(self, dx: int, dy: int) -> None:
        super().move(dx, dy)
        here = self.grid.here
        if dx and here is not None and here is not self.column:
            self.column = here
            self.ask()

    def waiting(self) -> str:
        """What is said until there is something."""
        return inert(self.trouble) or f"asking the engine {ELLIPSIS}"


class Values(OfColumn):
    """The values that are there most often: Enter filters to one, or to those that are marked."""

    def __init__(self, grid: Grid, column: Column) -> None:
        columns = [ListColumn("value", 12, grow=True), ListColumn("rows", 9, "right"), ListColumn("", 5, "right")]
        self._values: dict[str, Any] = {}
        self._list = Pane(columns)
        super().__init__(grid, column)
        self.pane = self._list

    def ask(self) -> None:
        self._list.set_rows([])
        self._list.unmark()
        super().ask()

    def took(self, facts: ColumnFacts) -> None:
        shown = list(zip(facts.values, facts.counts, strict=True))
        if facts.empty and all(value is not None for value, _ in shown):
            shown = sorted([*shown, (None, facts.empty)], key=lambda each: -each[1])
        self._values, rows = {}, []
        for number, (value, count) in enumerate(shown):
            key = str(number)
            self._values[key] = value
            text = "(empty)" if value is None else inert(self.grid.columns.shown(self.column, value))
            share = cell(share_text(count, facts.rows), "dim")
            named = cell(text, "dim" if value is None else "")
            rows.append(Row(key, (named, cell(fmt.number(count, 0)), share), copy=plain(value)))
        self._list.set_rows(rows)

    def note(self) -> Line:
        facts = self.facts
        if facts is None:
            return [(self.waiting(), "dim")]
        about = "" if facts.exact else "about "
        listed = "" if len(facts.values) >= facts.distinct else f", the {len(facts.values)} most frequent"
        return [(f"{about}{fmt.count(facts.distinct, 'value')}{listed}", "dim")]

    def draw(self, cells: int, lines: int) -> list[Line]:
        self._list.empty = self.waiting() if self.facts is None else "no value at all"
        drawn = super().draw(cells, lines - 1)
        chosen = len(self._list.marks)
        told = f" Enter: only the {chosen} marked" if chosen else " Enter: only this · ~ not this · space marks"
        return [*drawn, fit([(told, "dim")], cells)]

    def mark(self) -> None:
        self._list.mark()

    def open(self) -> None:
        self.take(wanted=True)

    def take(self, wanted: bool) -> None:
        """Filter to what is marked, else to the value under the cursor; or, not `wanted`, to all but that."""
        keys = self._list.chosen()
        values = [self._values[key] for key in keys]
        if not values:
            return
        shape, name = self.grid.shape, self.column.name
        if len(values) == 1 or not wanted:
            by = ("empty", "is") if wanted else ("filled", "not")
            shape = shape.with_filters(
                *(
                    ColumnFilter(name, by[0]) if value is None else ColumnFilter(name, by[1], plain(value))  # type: ignore[arg-type]
                    for value in values
                )
            )
        else:
            shape = replace(shape, expression=both(shape.expression, any_of(name, self.column.kind, values)))
        self.grid.aside = None
        self.grid.set_shape(shape)


def any_of(name: str, kind: str, values: Sequence[Any]) -> str:
    """A row condition that a column has one of these values."""
    column = name_text(name)
    told = [value for value in values if value is not None]
    listed = ", ".join(
        plain(value) if numeric(kind) or isinstance(value, bool) else "'" + plain(value).replace("'", "''") + "'"
        for value in told
    )
    parts = [f"{column} IN ({listed})"] if told else []
    parts += [f"{column} IS NULL"] if len(told) < len(values) else []
    return " OR ".join(parts) if len(parts) < 2 else f"({' OR '.join(parts)})"


class Facts(OfColumn):
    """Figures of a column, and a small histogram."""

    def __init__(self, grid: Grid, column: Column) -> None:
        self._top = 0
        super().__init__(grid, column)

    def move(self, dx: int, dy: int) -> None:
        if dy:
            # the table goes on being moved: what is told is of its column
            self.grid.goto(self.grid.index + dy)
        super().move(dx, 0)

    def goto(self, index: int) -> None:
        self.grid.goto(index)

    def copied(self) -> str:
        row = self.grid.current
        return self.grid.copied(self.column, row) if row is not None else ""

    def draw(self, cells: int, lines: int) -> list[Line]:
        out = [heading(inert(self.title), [(self.column.kind.lower(), "dim")], cells, True)]
        facts = self.facts
        if facts is None:
            out += [fit([(f" {part}", "dim")], cells) for part in wrap(self.waiting(), cells - 2)]
        else:
            figures = [
                fit([(left(f" {name}", 12), "dim"), (inert(text), "")], cells) for name, text in self._told(facts)
            ]
            room = lines - 1 - len(figures)
            out += figures
            if facts.bins and room >= 3:
                out += [fit([], cells), *self._histogram(facts, cells, min(TALL, room - 2))]
            elif not facts.bins:
                out += [fit([], cells), *self._most(facts, cells)]
        out += [fit([], cells) for _ in range(lines - len(out))]
        return out[:lines]

    def _told(self, facts: ColumnFacts) -> list[tuple[str, str]]:
        shown = self._shown
        distinct = ("" if facts.exact else "about ") + fmt.number(facts.distinct, 0)
        empty = f"{fmt.number(facts.empty, 0)}  {share_text(facts.empty, facts.rows)}" if facts.empty else "0"
        told = [("rows", fmt.number(facts.rows, 0)), ("empty", empty), ("distinct", distinct)]
        pairs = [
            ("lowest", facts.low), ("5 %", facts.p05), ("median", facts.median), ("mean", facts.mean),
            ("95 %", facts.p95), ("highest", facts.high), ("deviation", facts.deviation), ("sum", facts.total),
        ]  # fmt: skip
        return told + [(name, shown(value)) for name, value in pairs if value is not None]

    def _shown(self, value: Any) -> str:
        """A figure with the digits that its column has, and two more where it has none."""
        if isinstance(value, float):
            text = f"{value:.{min(6, self.column.decimals + 2)}f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
        return self.grid.columns.shown(self.column, value)

    def _most(self, facts: ColumnFacts, cells: int) -> list[Line]:
        most = list(zip(facts.values, facts.counts, strict=True))[:8]
        return [
            fit([(left(" " + inert(plain(value)) if value is not None else " (empty)", cells - 16), ""),
                 (right(fmt.number(count, 0), 9), ""), (right(share_text(count, facts.rows), 6), "dim")], cells)
            for value, count in most
        ]  # fmt: skip

    def _histogram(self, facts: ColumnFacts, cells: int, tall: int) -> list[Line]:
        wide = max(1, min(3, (cells - 2) // len(facts.bins)))
        bins = facts.bins[: (cells - 2) // wide]
        most = max(bins) or 1
        out: list[Line] = []
        for level in range(tall - 1, -1, -1):
            text = ""
            for count in bins:
                # whatever is there is to be seen
                eighths = max(1 if count else 0, round(count / most * tall * 8))
                text += BARS[max(0, min(8, eighths - 8 * level))] * wide
            out.append(fit([(" " + text, "")], cells))
        low, high = (self._edge(facts.edges[at]) for at in (0, -1))
        size = wide * len(bins)
        out.append(fit([(" " + low + right(high, max(0, size - len(low))), "dim")], cells))
        return out

    def _edge(self, edge: float) -> str:
        if self.column.right:
            return self._shown(float(edge))
        return fmt.local(edge, self.grid.ctx.model.timezone).strftime("%Y-%m-%d %H:%M")


class Chooser(Aside):
    """A list of columns. With `shown`: space shows or hides, `(` and `)` move; else Enter takes one."""

    size = 36

    def __init__(
        self, grid: Grid, title: str, names: Sequence[str], take: Callable[[list[str]], None], shown: Sequence[str] = ()
    ) -> None:
        super().__init__(grid)
        self.title = title
        self._names = list(names)
        self._take = take
        self._many = bool(shown)
        self.pane = Pane([ListColumn("column", 12, grow=True), ListColumn("type", 12)], header=False)
        if shown:
            self._names = [*shown, *(name for name in names if name not in shown)]
        self._fill()
        self.pane.marks = set(shown)
        if grid.here is not None and grid.here.name in self._names:
            self.pane.point(grid.here.name)

    def _fill(self) -> None:
        assert self.pane is not None
        kinds = {each.name: each.kind.lower() for each in self.grid.columns.all}
        self.pane.set_rows(
            [Row(name, (cell(inert(name)), cell(kinds.get(name, ""), "dim")), copy=name) for name in self._names]
        )

    def note(self) -> Line:
        return [("space shows or hides, ( ) move, Enter" if self._many else "Enter takes one", "dim")]

    def mark(self) -> None:
        assert self.pane is not None
        if self._many:
            self.pane.mark()

    def shift(self, by: int) -> None:
        assert self.pane is not None
        row = self.pane.current
        if not self._many or row is None or self.pane.filter:
            return
        at = self._names.index(row.key)
        self._names.insert(max(0, min(at + by, len(self._names) - 1)), self._names.pop(at))
        self._fill()

    def open(self) -> None:
        assert self.pane is not None
        marks, row = self.pane.marks, self.pane.current
        if self._many and not marks:
            self.grid.ctx.say("at least one column stays: space shows it")
            return
        chosen = [name for name in self._names if name in marks] if self._many else [row.key] if row else []
        self.grid.aside = None
        if chosen:
            self._take(chosen)


def share_text(part: int, of: int) -> str:
    """A share in whole per cent."""
    if not of or not part:
        return ""
    return "<1 %" if part * 100 < of else f"{round(100 * part / of)} %"
