"""How a list was left, as it can be written to a file and brought back: cursor, filter, marks, scroll."""

from __future__ import annotations

from msgspec import Struct, ValidationError, convert, to_builtins

from opsconsole.console.pane import Pane

MOST_MARKS = 5_000


class ListLeft(Struct, frozen=True, omit_defaults=True):
    """A list as it was left. `above` are the rows in sight above the cursor, `first` the first column shown."""

    cursor: str | None = None
    filter: str = ""
    searched: str = ""
    marks: list[str] = []
    above: int = 0
    first: int = 0
    leads: bool = False


def left(pane: Pane) -> object:
    """What is to be kept of a list, of plain values."""
    marks = sorted(pane.marks)
    kept = ListLeft(
        cursor=pane.cursor,
        filter=pane.filter,
        searched=pane.searched,
        marks=marks if len(marks) <= MOST_MARKS else [],
        above=pane.index - pane.top,
        first=pane.first,
        leads=pane.leads,
    )
    return to_builtins(kept)


def bring_back(pane: Pane, kept: object) -> None:
    """Have a list that has no rows yet as it was left, as far as its rows will be there again."""
    try:
        was = convert(kept, ListLeft)
    except ValidationError:
        return  # of another version: the list is as a new one
    pane.cursor, pane.first = was.cursor, was.first
    pane.filter, pane.searched = was.filter, was.searched
    pane.leads = was.leads and pane.leads
    pane.awaited = (set(was.marks), max(0, was.above))
