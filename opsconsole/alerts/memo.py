"""What was last observed of a rule, so that an evaluation in which nothing changes costs next to nothing. Pure.

Observations of a rule come in much the same order each time: the last ones say by their place which alert an
observation is of, and whether it can make no difference.
"""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.alerts.alert import alert_id
from opsconsole.kpis.observation import Observation


class Memo:
    """The last observations of one rule, in order, and the alerts that they are of.

    `steady`: whether none of them made a difference. Then the same ones will make none again, as nothing but
    observations moves what they are about.
    """

    __slots__ = ("_where", "keys", "observations", "seen", "steady")

    def __init__(self, observations: list[Observation], keys: list[str], *, steady: bool) -> None:
        self.observations = observations
        self.keys = keys
        self.steady = steady
        self.seen = frozenset(keys)
        self._where: dict[str, int] | None = None

    def again(self, observations: Sequence[Observation], first: int) -> bool:
        """Whether the observations from the `first` on, as far as they are of the rule, are those of the last time."""
        end = first + len(self.observations)
        if not self.steady or (end < len(observations) and observations[end].rule == observations[first].rule):
            return False
        return observations[first:end] == self.observations

    def find(self, place: int, observation: Observation) -> tuple[str, int]:
        """The alert of an observation, and where the next one is to be expected; `place`: where this one is."""
        if place < len(self.keys) and self.observations[place].labels == observation.labels:
            return self.keys[place], place + 1
        key = alert_id(observation.rule, observation.labels)
        if self._where is None:
            self._where = {each: index for index, each in enumerate(self.keys)}
        return key, self._where.get(key, place - 1) + 1


NOTHING = Memo([], [], steady=False)
