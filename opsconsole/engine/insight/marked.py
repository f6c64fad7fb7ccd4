"""The changes that people marked, for what looks at a KPI: its limits are new from there on, its forecast too."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from opsconsole.engine.change_messages import ChangeMark


class Marks(Protocol):
    """What knows of the changes that people marked: the watch of an engine."""

    def marked(self) -> Sequence[ChangeMark]:
        """Those that stand, the earliest first."""
        ...


class Unmarked:
    """No change is marked."""

    def marked(self) -> Sequence[ChangeMark]:
        """None."""
        return ()


class Changed(NamedTuple):
    """A change at a moment of site time (seconds since the epoch), what it was, who made it."""

    at: float
    text: str
    who: str
    id: str
    where: dict[str, str]


def changes_of(
    watch: Marks, kpi: str, where: Mapping[str, str | None] | None = None, until: float | None = None
) -> list[Changed]:
    """The changes that should move a KPI, the earliest first, up to a moment.

    `where`: of a group of its rows; a change that was made to other members alone is none of theirs. Of all rows
    (none given) every change is one.
    """
    found = [
        Changed(each.at, each.text, each.by, each.id, each.where)
        for each in watch.marked()
        if kpi in each.kpis and (until is None or each.at <= until)
    ]
    chosen = where or {}
    return [each for each in found if all(chosen.get(name, member) == member for name, member in each.where.items())]


def moments_of(
    watch: Marks,
    kpi: str,
    by: tuple[str, ...] = (),
    where: Mapping[str, str | None] | None = None,
    until: float | None = None,
) -> Callable[[Sequence[str | None]], list[float]]:
    """By the members of a group (of the columns `by`, among the rows of `where`) when it was changed, in order."""
    return lambda members: sorted(
        {each.at for each in changes_of(watch, kpi, {**(where or {}), **dict(zip(by, members, strict=True))}, until)}
    )
