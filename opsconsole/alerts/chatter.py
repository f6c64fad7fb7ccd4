"""Alerts that come and go too often to be read: chattering by time, flapping by evaluations, fleeting. Pure.

Chattering (ISA-18.2, as it is usually put to work): three activations within a minute. Flapping is Icinga 2's formula
(`lib/icinga/checkable-flapping.cpp`): of the last 20 evaluations, each at which the state changed weighs the more the
newer it is,

    flap % = 100 * sum(b[i] * (0.8 + 0.02 * i) for i in 0..19) / 20        (i = 19 is the newest)

It begins above 30 % and ends below 25 %. The first counts time and misses what is evaluated once in a while; the second
counts evaluations and means nothing where they come irregularly: an alert is marked by either.
"""

from __future__ import annotations

from collections.abc import Iterable

from opsconsole.site.model import Chatter

RING = 20
BEGINS_ABOVE = 30.0
ENDS_BELOW = 25.0
FLEETING = 60.0
_WEIGHTS = tuple(0.8 + 0.02 * (RING - 1 - age) for age in range(RING))
_AT_LEAST = 6
"""So many changes it takes: the five heaviest give 28.5 %."""
CALM = 600.0
"""A mark by time stays until there was no activation for so long: one that came and went could not be acted upon."""


def flapping(ages: Iterable[int]) -> float:
    """Icinga's figure in %, of the evaluations since each change of state (0: the newest evaluation)."""
    return 100 * sum(_WEIGHTS[age] for age in ages if 0 <= age < RING) / RING


def fleeting(began: float, ended: float, acknowledged: float | None) -> bool:
    """Whether an occurrence was over within a minute and by itself, before anybody took notice."""
    return ended - began < FLEETING and (acknowledged is None or acknowledged >= ended)


class _Lately:
    """What one alert did lately: its activations, the evaluations at which it changed, and whether it is marked."""

    __slots__ = ("activations", "by_time", "changes", "flaps", "last")

    def __init__(self) -> None:
        self.last = 0.0
        self.activations: tuple[float, ...] = ()
        self.changes: tuple[int, ...] = ()
        self.by_time = False
        self.flaps = False


class Chatters:
    """Which alerts chatter. Costs something only for alerts that changed, not for all at each evaluation."""

    def __init__(self, chatter: Chatter | None = None) -> None:
        self._chatter = chatter or Chatter()
        self._lately: dict[str, _Lately] = {}
        self._marked: dict[str, None] = {}

    def changed(self, alert: str, now: float, evaluation: int | None = None, *, active: bool) -> bool:
        """The alert became active, or normal again, at the rule's evaluation of that number; whether it chatters.

        `evaluation` None: it is not known which (read from a journal), and only time counts.
        """
        lately = self._lately.pop(alert, None) or _Lately()
        self._lately[alert] = lately  # the one that changed last stands last
        lately.last = now
        if evaluation is not None:
            lately.changes = (*lately.changes, evaluation)[-RING:]
            enough = len(lately.changes) >= _AT_LEAST
            if enough and flapping(evaluation - at for at in lately.changes) > BEGINS_ABOVE:
                lately.flaps = True
        if active:
            lately.activations = (*lately.activations, now)[-self._chatter.times :]
            full = len(lately.activations) == self._chatter.times
            if full and 0 <= now - lately.activations[0] <= self._chatter.within:
                lately.by_time = True
        if lately.by_time or lately.flaps:
            self._marked[alert] = None
        return alert in self._marked

    def chatters(self, alert: str) -> bool:
        """Whether the alert is marked."""
        return alert in self._marked

    @property
    def marked(self) -> list[str]:
        """All alerts that are marked."""
        return list(self._marked)

    def look(self, alert: str, now: float, evaluation: int | None) -> bool:
        """Let time pass for an alert; whether it still chatters."""
        lately = self._lately.get(alert)
        if lately is None:
            return False
        if lately.by_time and not 0 <= now - lately.activations[-1] <= CALM:
            lately.by_time = False
        if lately.flaps and evaluation is not None and flapping(evaluation - at for at in lately.changes) < ENDS_BELOW:
            lately.flaps = False
        if not lately.by_time and not lately.flaps:
            self._marked.pop(alert, None)
        return alert in self._marked

    @property
    def held(self) -> int:
        """Of how many alerts anything is kept."""
        return len(self._lately)

    def forget(self, before: float) -> None:
        """Drop what last changed before a moment and is not marked: it has no part in what comes."""
        gone = []
        for alert, lately in self._lately.items():
            if lately.last >= before:
                break
            if alert not in self._marked:
                gone.append(alert)
        for alert in gone:
            del self._lately[alert]

    def drop(self, alert: str) -> None:
        """An alert is gone."""
        self._lately.pop(alert, None)
        self._marked.pop(alert, None)
