"""Which limits hold for a value: the KPI's own, those of a member or a shift, those of a targets file; and whether a
change of a value was for the better. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from opsconsole.site.model import Better, Kpi, Targets

LIMITS = ("target", "warning", "critical")
"""The fields that a targets entry may set."""
BESIDE = ("kpi", "shift", "since")
"""The columns of a source of limits that say what a row is for, beside the dimensions."""

Labels = Mapping[str, str | None]


class Limits(Struct, frozen=True):
    """What a value is judged by, in the KPI's unit; with `better: target` two of them are distances from it."""

    better: Better | None = None
    target: float | None = None
    warning: float | None = None
    critical: float | None = None
    tolerance: float = 0.0


class LimitBook:
    """The limits of one KPI. `entries` are those of its card and then those of its targets file.

    Labels are compared by column name in any case. Of the entries that match, the one that says most (members and
    shift) holds for each limit, of two that say as much the later. `missing`: its file is not there or has no rows, so
    that nobody knows whether other limits hold.
    """

    def __init__(self, kpi: Kpi, entries: Sequence[Targets] = (), *, missing: bool = False) -> None:
        self.missing = missing
        self._plain = Limits(
            better=kpi.better,
            tolerance=kpi.tolerance,
            **{name: value for name in LIMITS if isinstance(value := getattr(kpi, name), float | int)},
        )
        self._entries = [*kpi.targets, *entries]

    @property
    def by_shift(self) -> bool:
        """Whether it matters in which shift rows lie."""
        return any(entry.shift is not None for entry in self._entries)

    def at(
        self, labels: Labels, shift: str | None = None, computed: Mapping[str, float | None] | None = None
    ) -> Limits:
        """The limits for a group of rows; `computed` are those that the KPI gives as expressions, for these rows."""
        found = dict(computed or {})
        if self._entries:
            folded = {name.casefold(): member for name, member in labels.items()}
            matching = [entry for entry in self._entries if _matches(entry, folded, shift)]
            for entry in sorted(matching, key=lambda entry: len(entry.where) + (entry.shift is not None)):
                found |= {name: value for name in LIMITS if (value := getattr(entry, name)) is not None}
        return msgspec.structs.replace(self._plain, **found) if found else self._plain


def _matches(entry: Targets, labels: Labels, shift: str | None) -> bool:
    if entry.shift is not None and entry.shift != shift:
        return False
    return all(labels.get(name.casefold()) == member for name, member in entry.where.items())


def verdict(limits: Limits, now: float | None, change: float | None, small: float = 1e-9) -> str:
    """Whether a change made the value better or worse: `better`, `worse`, `same`, "" where no direction is better.

    `now` is the value after the change; with `better: target` it tells the side of the target that is worse.
    """
    if change is None or limits.better is None:
        return ""
    if abs(change) <= small * max(1.0, abs(now or 0.0)):
        return "same"
    if limits.better == "target":
        if limits.target is None or now is None:
            return ""
        before = now - change
        nearer = abs(now - limits.target) - abs(before - limits.target)
        if nearer == 0:
            return "same"
        return "better" if nearer < 0 else "worse"
    return "better" if (change > 0) == (limits.better == "higher") else "worse"
