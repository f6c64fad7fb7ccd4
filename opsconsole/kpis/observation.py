"""What an evaluation of rules says, for the alerts to make something of. Plain values."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from opsconsole.site.model import Priority

Quality = Literal["good", "stale", "error"]
Absent = Literal["normal", "stale"]


class Worse(Struct, frozen=True):
    """Which of two values of an alert is worse: the larger (`up`), the smaller, or that further away from `middle`."""

    way: Literal["up", "down", "away"] = "up"
    middle: float = 0.0

    def than(self, value: float, other: float) -> bool:
        """Whether the first is worse."""
        if self.way == "away":
            return abs(value - self.middle) > abs(other - self.middle)
        return value > other if self.way == "up" else value < other


class Observation(Struct, frozen=True, gc=False):
    """One rule on one set of labels at one moment. `priority` is None where there is nothing to alert about.

    With `moments` (event time, seconds since the epoch) it is no state but so many occurrences, each over at once: rows
    of a rule that counts each row, or a bucket of time that is complete.

    `kept`: the priority at which an alert that was raised before is held by its deadband or its recovery condition. It
    says nothing of one that was not.
    """

    rule: str
    labels: dict[str, str | None] = {}
    priority: Priority | None = None
    value: float | None = None
    limit: float | None = None
    text: str = ""
    quality: Quality = "good"
    worse: Worse = Worse()
    moments: tuple[float, ...] = ()
    kept: Priority | None = None


class Verdict(Struct, frozen=True):
    """How a rule as a whole came out: `error` when it failed, `stale` when its source has gone silent.

    `absent` says what it means when an instance seen before is not among the observations: a rule on rows that finds
    none is back to normal, but a KPI's member without rows is missing data, which never clears an alert. Where all is
    good `reason` says why an alert ends, if not because its condition does. `combine`: it combines other rules, and
    what it comes to follows from which of their alerts are active.
    """

    quality: Quality = "good"
    absent: Absent = "normal"
    reason: str = ""
    combine: bool = False


class Evaluation(Struct, frozen=True):
    """All rules at `at` (seconds since the epoch, site time). A rule without a verdict was not evaluated."""

    at: float
    observations: list[Observation]
    verdicts: dict[str, Verdict]
