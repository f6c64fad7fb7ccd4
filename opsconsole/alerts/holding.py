"""The alerts that a book holds: by id, by rule, in order of urgency and counted, kept as each changes."""

from __future__ import annotations

from collections.abc import Iterator

from opsconsole.alerts.alert import Alert
from opsconsole.alerts.counts import Counts, Tally
from opsconsole.alerts.facts import Facts
from opsconsole.alerts.ranking import Ranking, rank

CLOSED = 20_000
"""So many closed alerts are remembered: how often they have come, and what was said of them."""


class OfRule:
    """The ids of a rule's alerts: all; those that are open; those with a condition or a delay; those out of sight."""

    __slots__ = ("active", "all", "error", "open", "stale")

    def __init__(self) -> None:
        self.all: set[str] = set()
        self.open: set[str] = set()
        self.active: set[str] = set()
        self.stale: set[str] = set()
        self.error: set[str] = set()


class Holding:
    """All alerts that are or lately were open, and those whose on-delay is running."""

    def __init__(self, most_closed: int = CLOSED) -> None:
        self.alerts: dict[str, Alert] = {}
        self.of_rule: dict[str, OfRule] = {}
        self._ranking = Ranking()
        self._tally = Tally()
        self._closed: dict[str, None] = {}
        self._most_closed = most_closed
        self._floor = 0

    def ranked(self) -> Iterator[Alert]:
        """The open alerts, the most urgent first."""
        return (self.alerts[one[-1]] for one in self._ranking)

    def counts(self) -> Counts:
        """How many are open."""
        return self._tally.counts()

    def fresh(self) -> Facts:
        """The facts of an alert that is not known: no version of a forgotten one can be taken for one of it."""
        return Facts(version=self._floor)

    def keep(self, alert: Alert) -> None:
        """Remember an alert as it is now; one that never rose and has nothing running is forgotten."""
        before, facts = self.alerts.get(alert.id), alert.facts
        if before is not None and before.facts is facts:
            self.alerts[alert.id] = alert
            return
        was = before.facts if before is not None and before.facts.letter != "NORM" else None
        now = facts.letter != "NORM"
        self._move(alert.id, was, facts if now else None)
        if facts.count == 0 and not facts.pending and not now:
            self._drop(alert.id, alert.rule)
            return
        self.alerts[alert.id] = alert
        of = self.of_rule.get(alert.rule)
        if of is None:
            of = self.of_rule[alert.rule] = OfRule()
        of.all.add(alert.id)
        for ids, within in (
            (of.open, now),
            (of.active, facts.level > 0 or facts.raw > 0),
            (of.stale, facts.quality == "stale"),
            (of.error, facts.quality == "error"),
        ):
            if within:
                ids.add(alert.id)
            else:
                ids.discard(alert.id)
        if now or facts.pending:
            self._closed.pop(alert.id, None)
        else:
            self._remember(alert.id)

    def forget(self, alert: str) -> None:
        """Let go of an alert."""
        known = self.alerts.get(alert)
        if known is None:
            return
        if known.facts.letter != "NORM":
            self._move(alert, known.facts, None)
        self._drop(alert, known.rule)

    def _move(self, alert: str, before: Facts | None, after: Facts | None) -> None:
        """Keep the order and the counts; None where it is not open."""
        old = rank(alert, before) if before is not None else None
        new = rank(alert, after) if after is not None else None
        if old == new:
            return
        if old is not None and before is not None:
            self._ranking.remove(old)
            self._tally.add(before, -1)
        if new is not None and after is not None:
            self._ranking.add(new)
            self._tally.add(after)

    def _remember(self, alert: str) -> None:
        self._closed[alert] = None
        if len(self._closed) > self._most_closed:
            self.forget(next(iter(self._closed)))

    def _drop(self, alert: str, rule: str) -> None:
        known = self.alerts.pop(alert, None)
        if known is not None:
            self._floor = max(self._floor, known.facts.version)
        self._closed.pop(alert, None)
        of = self.of_rule.get(rule)
        if of is None:
            return
        for ids in (of.all, of.open, of.active, of.stale, of.error):
            ids.discard(alert)
        if not of.all:
            del self.of_rule[rule]
