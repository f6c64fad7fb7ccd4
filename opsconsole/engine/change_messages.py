"""The part of the wire that is about changes people make to the operation, so that a KPI gets better."""

from __future__ import annotations

from msgspec import Struct


class ChangeMark(Struct, frozen=True):
    """Something that was changed at a moment of site time, and the KPIs it should move.

    `where`: the members of the KPIs' dimensions that it was done to; none: everywhere. `id` and `by` (a login) are
    given by the engine. `dropped`: taken back, by a person, as never done or marked by mistake.
    """

    id: str = ""
    kpis: list[str] = []
    where: dict[str, str] = {}
    at: float = 0.0
    text: str = ""
    by: str = ""
    dropped: bool = False
