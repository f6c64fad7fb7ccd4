"""A layout changed step by step: each function gives the new layout, and where the panel that is meant is then.

Pure. No panel is ever lost but by `remove`, no row and no stack is ever empty, and what cannot be done raises
`CannotEditError` with one sentence. A stack that is left with one panel is that panel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.site.model import Layout, LayoutRow, Panel, Stack

WIDEST, HIGHEST = 100, 200
Way = Literal["left", "right", "up", "down"]
_Place = Panel | Stack


class At(Struct, frozen=True, order=True):
    """Where a panel is: its row, its place in the row, and in a stack how far down (-1: it is in none)."""

    row: int
    place: int
    below: int = -1


Edited = tuple[Layout, At]


class CannotEditError(ValueError):
    """Why a step cannot be taken; one sentence for a person."""


def spots(layout: Layout) -> list[At]:
    """Where panels are, from the top left."""
    return [
        At(number, index, below)
        for number, row in enumerate(layout.rows)
        for index, place in enumerate(row.panels)
        for below in (range(len(place.panels)) if isinstance(place, Stack) else (-1,))
    ]


def panel_at(layout: Layout, at: At) -> Panel:
    """The panel that is there."""
    place = layout.rows[at.row].panels[at.place]
    return place.panels[at.below] if isinstance(place, Stack) else place


def neighbour(layout: Layout, at: At, way: Way) -> At | None:
    """The panel next to one in the layout, None at its edge."""
    row = layout.rows[at.row].panels
    if way in ("left", "right"):
        there = at.place + (1 if way == "right" else -1)
        return _into(row[there], at.row, there, max(at.below, 0)) if 0 <= there < len(row) else None
    step = 1 if way == "down" else -1
    place = row[at.place]
    if isinstance(place, Stack) and 0 <= at.below + step < len(place.panels):
        return At(at.row, at.place, at.below + step)
    number = at.row + step
    if not 0 <= number < len(layout.rows):
        return None
    there = _under(row, at.place, layout.rows[number].panels)
    return _into(layout.rows[number].panels[there], number, there, 0 if way == "down" else HIGHEST)


def move(layout: Layout, at: At, way: Way) -> Edited:
    """A panel a step on: past what is beside it, into a stack and out of it on the other side; into the next row, and
    from the first or the last one into a new row."""
    if way in ("left", "right"):
        return _aside(layout, at, 1 if way == "right" else -1)
    return _along(layout, at, 1 if way == "down" else -1)


def _aside(layout: Layout, at: At, step: int) -> Edited:
    row = layout.rows[at.row]
    places = list(row.panels)
    place = places[at.place]
    if isinstance(place, Stack):
        if len(place.panels) == 1:
            places[at.place] = replace(place.panels[0], width=place.width, height=None)
            return _with_row(layout, at.row, places), At(at.row, at.place)
        places[at.place] = _without(place, at.below)
        where = at.place + (1 if step > 0 else 0)
        places.insert(where, _bare(place.panels[at.below]))
        return _with_row(layout, at.row, places), At(at.row, where)
    there = at.place + step
    if not 0 <= there < len(places):
        raise CannotEditError(f"it is the {'last' if step > 0 else 'first'} of its row")
    other = places[there]
    if isinstance(other, Stack):
        where = min(there, at.place)
        below = len(other.panels)
        places[there] = replace(other, panels=(*other.panels, _stacked(place)))
        del places[at.place]
        return _with_row(layout, at.row, places), At(at.row, where, below)
    places[at.place], places[there] = other, place
    return _with_row(layout, at.row, places), At(at.row, there)


def _along(layout: Layout, at: At, step: int) -> Edited:
    row = layout.rows[at.row]
    place = row.panels[at.place]
    if isinstance(place, Stack) and 0 <= at.below + step < len(place.panels):
        inside = list(place.panels)
        inside[at.below], inside[at.below + step] = inside[at.below + step], inside[at.below]
        places = list(row.panels)
        places[at.place] = replace(place, panels=tuple(inside))
        return _with_row(layout, at.row, places), At(at.row, at.place, at.below + step)
    panel = _bare(panel_at(layout, at))
    number = at.row + step
    alone = len(row.panels) == 1 and not isinstance(place, Stack)
    if not 0 <= number < len(layout.rows):
        if alone:
            raise CannotEditError(f"it is the {'last' if step > 0 else 'first'} row already")
        rows, _ = _taken(layout, at)
        where = len(rows) if step > 0 else 0
        rows.insert(where, LayoutRow((panel,)))
        return replace(layout, rows=tuple(rows)), At(where, 0)
    there = _under(row.panels, at.place, layout.rows[number].panels)
    rows, gone = _taken(layout, at)
    number -= gone and number > at.row
    target = rows[number]
    rows[number] = replace(target, panels=(*target.panels[:there], panel, *target.panels[there:]))
    return replace(layout, rows=tuple(rows)), At(number, there)


def own_row(layout: Layout, at: At) -> Edited:
    """A panel in a new row of its own, below the one it was in."""
    if len(layout.rows[at.row].panels) == 1 and at.below < 0:
        raise CannotEditError("it has a row of its own already")
    panel = _bare(panel_at(layout, at))
    rows, _ = _taken(layout, at)
    rows.insert(at.row + 1, LayoutRow((panel,)))
    return replace(layout, rows=tuple(rows)), At(at.row + 1, 0)


def stack(layout: Layout, at: At) -> Edited:
    """A panel below the one to its left (of the first: the one to its right above it), as one place of the row."""
    row = layout.rows[at.row]
    places = list(row.panels)
    place = places[at.place]
    if isinstance(place, Stack):
        raise CannotEditError("it is in a stack already: move it left or right to take it out")
    if len(places) == 1:
        raise CannotEditError("there is nothing beside it to stack it with")
    other_at = at.place - 1 if at.place else 1
    other = places[other_at]
    members = other.panels if isinstance(other, Stack) else (_stacked(other),)
    first = at.place == 0
    joined = (_stacked(place), *members) if first else (*members, _stacked(place))
    where = min(at.place, other_at)
    places[where : where + 2] = [Stack(joined, other.width)]
    return _with_row(layout, at.row, places), At(at.row, where, 0 if first else len(joined) - 1)


def widen(layout: Layout, at: At, by: int) -> Layout:
    """Its weight beside the others of the row, or that of its stack."""
    places = list(layout.rows[at.row].panels)
    if len(places) == 1:
        raise CannotEditError("it has the whole row; width is shared with what stands beside it")
    place = places[at.place]
    width = max(1, min(WIDEST, place.width + by))
    if width == place.width:
        raise CannotEditError(f"a width is 1 to {WIDEST}; make the others of the row wider instead")
    places[at.place] = replace(place, width=width)
    return _with_row(layout, at.row, places)


def heighten(layout: Layout, at: At, by: int, shown: int) -> Layout:
    """The lines of its row, or in a stack its own; `shown` is how many it has where the layout does not say."""
    row = layout.rows[at.row]
    place = row.panels[at.place]
    now = place.panels[at.below].height if isinstance(place, Stack) else row.height
    height = max(1, min(HIGHEST, (shown if now is None else now) + by))
    if height == now:
        raise CannotEditError(f"a height is 1 to {HIGHEST} lines")
    return with_height(layout, at, height)


def with_height(layout: Layout, at: At, height: int | None) -> Layout:
    """The lines of its row, or in a stack its own; None: a share of what is left."""
    row = layout.rows[at.row]
    place = row.panels[at.place]
    if not isinstance(place, Stack):
        return _with_rows(layout, at.row, replace(row, height=height))
    inside = list(place.panels)
    inside[at.below] = replace(inside[at.below], height=height)
    places = list(row.panels)
    places[at.place] = replace(place, panels=tuple(inside))
    return _with_row(layout, at.row, places)


def add(layout: Layout, at: At, panel: Panel) -> Edited:
    """A new panel after another one: beside it, in a stack below it."""
    row = layout.rows[at.row]
    places = list(row.panels)
    place = places[at.place]
    if isinstance(place, Stack):
        inside = (*place.panels[: at.below + 1], _stacked(panel), *place.panels[at.below + 1 :])
        places[at.place] = replace(place, panels=inside)
        return _with_row(layout, at.row, places), At(at.row, at.place, at.below + 1)
    places.insert(at.place + 1, _bare(panel))
    return _with_row(layout, at.row, places), At(at.row, at.place + 1)


def remove(layout: Layout, at: At) -> Edited:
    """A layout without a panel; with it goes its row if it was alone there."""
    if len(spots(layout)) == 1:
        raise CannotEditError("the last panel of a layout stays: add another one first")
    order = spots(layout).index(at)
    rows, _ = _taken(layout, at)
    left = replace(layout, rows=tuple(rows))
    known = spots(left)
    return left, known[min(order, len(known) - 1)]


def with_title(layout: Layout, at: At, title: str) -> Layout:
    """A panel under another heading; empty: one made from what it shows."""
    row = layout.rows[at.row]
    places = list(row.panels)
    place = places[at.place]
    if isinstance(place, Stack):
        inside = list(place.panels)
        inside[at.below] = replace(inside[at.below], title=title)
        places[at.place] = replace(place, panels=tuple(inside))
    else:
        places[at.place] = replace(place, title=title)
    return _with_row(layout, at.row, places)


# --- parts -----------------------------------------------------------------------------------------------------


def _with_rows(layout: Layout, number: int, row: LayoutRow) -> Layout:
    return replace(layout, rows=(*layout.rows[:number], row, *layout.rows[number + 1 :]))


def _with_row(layout: Layout, number: int, places: Sequence[_Place]) -> Layout:
    return _with_rows(layout, number, replace(layout.rows[number], panels=tuple(places)))


def _stacked(panel: Panel) -> Panel:
    """As it is in a stack, where the stack has the width."""
    return replace(panel, width=1)


def _bare(panel: Panel) -> Panel:
    """As it is outside a stack, where the row has the height."""
    return replace(panel, height=None)


def _without(place: Stack, below: int) -> _Place:
    inside = (*place.panels[:below], *place.panels[below + 1 :])
    return replace(place, panels=inside) if len(inside) > 1 else replace(inside[0], width=place.width, height=None)


def _taken(layout: Layout, at: At) -> tuple[list[LayoutRow], bool]:
    """The rows without a panel, and whether its row has gone with it."""
    rows = list(layout.rows)
    places = list(rows[at.row].panels)
    place = places[at.place]
    if isinstance(place, Stack) and len(place.panels) > 1:
        places[at.place] = _without(place, at.below)
    else:
        del places[at.place]
    if not places:
        del rows[at.row]
        return rows, True
    rows[at.row] = replace(rows[at.row], panels=tuple(places))
    return rows, False


def _into(place: _Place, row: int, index: int, below: int) -> At:
    return At(row, index, min(below, len(place.panels) - 1)) if isinstance(place, Stack) else At(row, index)


def _under(row: Sequence[_Place], index: int, other: Sequence[_Place]) -> int:
    """Which place of another row is where the middle of this one is."""
    whole = sum(place.width for place in row)
    middle = (sum(place.width for place in row[:index]) + row[index].width / 2) / whole
    total, reached = sum(place.width for place in other), 0.0
    for there, place in enumerate(other):
        reached += place.width / total
        if middle < reached:
            return there
    return len(other) - 1
