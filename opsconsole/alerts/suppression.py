"""What suppresses an alert by design, as the book asks for it: other alerts, and what is planned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from opsconsole.alerts.deed import Covers
from opsconsole.alerts.facts import Facts

PLANNED = "maintenance:"
"""How names of planned silences begin; all other names are of rules that inhibit."""
Labels = Mapping[str, str | None]


class Inhibitor(Protocol):
    """Which alerts others suppress; changes are taken one by one and told all at once."""

    def concerns(self, rule: str) -> bool:
        """Whether alerts of a rule suppress others, or are suppressed."""

    def put(self, alert: str, rule: str, labels: Labels, since: float | None) -> None:
        """An alert that is open, or about to be; `since` when it became active, None where it does not suppress."""

    def drop(self, alert: str) -> None:
        """An alert is closed."""

    def settle(self) -> dict[str, tuple[str, ...]]:
        """The alerts whose suppression has changed since the last time, with the rules that suppress each now."""

    def suppressors(self, alert: str) -> tuple[str, ...]:
        """The rules that suppressed an alert when it was last settled."""


def tell(inhibitor: Inhibitor | None, alert: str, rule: str, labels: Labels, facts: Facts) -> None:
    """Tell what an alert is now. What is out of service suppresses nothing."""
    if inhibitor is None or not inhibitor.concerns(rule):
        return
    if facts.beneath == "NORM":
        inhibitor.drop(alert)
    else:
        inhibitor.put(alert, rule, labels, facts.since if facts.level and facts.out is None else None)


def planned(covers: Covers, rule: str, labels: Labels) -> set[str]:
    """The planned silences that an alert falls under."""
    return {name for name, covered in covers.items() if covered(rule, labels)}
