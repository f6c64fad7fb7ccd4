"""What `opsconsole kpis --library` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from opsconsole.cli.show_kpis import PAGE, told
from opsconsole.cli.text import dump
from opsconsole.engine.card_text import BETTER
from opsconsole.site.figures import clipped, count, figure, number, padded, width
from opsconsole.site.library.elements import ELEMENTS
from opsconsole.site.library.shape import Cell, Entry, Vector

_ARROWS = {"higher": "↑", "lower": "↓", "target": "→"}


def library_json(entries: Mapping[str, Entry]) -> str:
    """All entries, each with its elements and examples."""
    return dump([_plain(entry) for entry in entries.values()])


def entry_json(entry: Entry) -> str:
    """One entry."""
    return dump(_plain(entry))


def _plain(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(entry)
    return found | {"elements": [msgspec.to_builtins(ELEMENTS[symbol]) for symbol in entry.elements]}


def library_text(entries: Mapping[str, Entry]) -> str:
    """A line an entry: its id, which way is good, its formula."""
    widest = max(map(width, entries))
    room = PAGE - widest - 5
    lines = [
        f"{padded(name, widest)}  {_ARROWS[each.better]}  {clipped(each.formula, room)}"
        for name, each in entries.items()
    ]
    return "\n".join(
        [
            *lines,
            "",
            f"{count(len(entries), 'KPI')}; `opsconsole kpis --library NAME` says more, `use: NAME` takes it",
        ]
    )


def entry_text(entry: Entry) -> str:
    """An entry in full, with its examples and how a site takes it."""
    lines = [f"{entry.id} · {entry.title}"]
    lines += told("what", entry.description)
    lines += told("formula", entry.formula)
    lines += told("sql", entry.value)
    lines += told("unit", entry.unit)
    if len(entry.range) == 2:
        lines += told("range", f"{number(entry.range[0])} to {figure(entry.range[1], entry.unit)}")
    lines += told("better", BETTER[entry.better])
    lines += told("about", entry.scope)
    lines += told("timing", ", ".join(entry.timing))
    lines += told("for", ", ".join(entry.audience))
    lines += told("notes", entry.notes)
    lines += told("source", entry.source)
    for at, symbol in enumerate(entry.elements):
        element = ELEMENTS[symbol]
        default = f"; {element.default} unless said" if element.default else ""
        lines += told("elements" if at == 0 else "", f"{symbol} = {element.title} ({element.unit}){default}")
    for vector in entry.vectors:
        lines += _example(vector, entry)
    named = ", ".join(f"{symbol}: …" for symbol in entry.elements if not ELEMENTS[symbol].default)
    name = entry.id.rpartition(".")[2]
    lines += told("in a site", f"{name}: {{source: …, use: {entry.id}, elements: {{{named}}}}}")
    return "\n".join(lines)


def _example(vector: Vector, entry: Entry) -> list[str]:
    """The rows of an example as a table, and what comes of them."""
    rows = [vector.given.split(), *([_cell(cell) for cell in row] for row in vector.rows)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    table = ["  ".join(f"{cell:>{cells}}" for cell, cells in zip(row, widths, strict=True)) for row in rows]
    lines = [f"  {'example' if at == 0 else '':<9}  {line}" for at, line in enumerate(table)]
    result = figure(vector.expected, entry.unit) if vector.expected is not None else "no value"
    return [*lines, *told("", f"{vector.worked} = {result}" if vector.expected is not None else vector.worked)]


def _cell(cell: Cell) -> str:
    if cell is None:
        return "NULL"
    return ("true" if cell else "false") if isinstance(cell, bool) else f"{cell:g}"
