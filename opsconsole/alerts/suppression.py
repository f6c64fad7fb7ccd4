"""What suppresses an alert by design, as the book asks for it: other alerts, and what is planned."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.alerts.deed import Covers
from opsconsole.alerts.facts import Facts
from opsconsole.alerts.inhibit import Inhibition

PLANNED = "maintenance:"
"""How names of planned silences begin; all other names are of rules that inhibit."""
Labels = Mapping[str, str | None]


def tell(inhibition: Inhibition, alert: str, rule: str, labels: Labels, facts: Facts, calling: bool = False) -> None:
    """Tell what an alert is now, or is about to be. What is out of service suppresses nothing.

    `calling`: it calls people, even though it may be over at once.
    """
    if not inhibition.concerns(rule):
        return
    if facts.beneath == "NORM" and not calling:
        inhibition.drop(alert)
    else:
        inhibition.put(alert, rule, labels, facts.since if facts.level and facts.out is None else None)


def planned(covers: Covers, rule: str, labels: Labels) -> set[str]:
    """The planned silences that an alert falls under."""
    return {name for name, covered in covers.items() if covered(rule, labels)}
