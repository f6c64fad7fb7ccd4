"""What messages have to know of an alert: whether it calls, whom it has been escalated to. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from opsconsole.alerts.alert import Alert
from opsconsole.alerts.escalation import steps_of
from opsconsole.alerts.facts import Facts
from opsconsole.alerts.shown import rule_of
from opsconsole.site.model import Priority, Site

Standing = Literal["calls", "taken", "away", "over"]


class Known(Struct, frozen=True):
    """An alert as far as messages go.

    `standing`: it `calls` while it is visible and active (or was over at once) and nobody has acknowledged it; somebody
    has `taken` it; it is `away` (shelved, suppressed, out of service); or `over`. `stamp` differs for each call, so
    that what was told with the same one was told. `steps`: for each step of escalation that it has gone, the targets.
    """

    id: str
    rule: str
    text: str
    priority: Priority
    standing: Standing
    stamp: str
    since: float
    labels: Mapping[str, str | None] = {}
    area: str = ""
    incident: str = ""
    first_out: bool = False
    at_once: bool = False
    steps: tuple[tuple[str, ...], ...] = ()


def known_of(alert: Alert, site: Site) -> Known:
    """An alert of the book."""
    facts = alert.facts
    rule = rule_of(site, alert.rule)
    area = rule.area if rule is not None else ""
    steps = steps_of(site, facts.priority, area)[: facts.escalation] if facts.escalation else ()
    return Known(
        id=alert.id,
        rule=alert.rule,
        text=alert.text,
        priority=facts.priority,
        standing=_standing(facts),
        stamp=f"{facts.raised}.{facts.worsened}.{facts.realarms}",
        since=facts.since or 0.0,
        labels=alert.labels,
        area=area,
        incident=alert.incident,
        first_out=alert.first_out,
        at_once=_at_once(facts),
        steps=tuple(step.to for step in steps),
    )


def _standing(facts: Facts) -> Standing:
    if not facts.visible:
        return "away"
    if facts.level:
        # a rule that needs no acknowledgement has alerts that nobody has taken
        return "taken" if facts.acked and facts.acked_at is not None else "calls"
    return "calls" if _at_once(facts) and not facts.acked else "over"


def _at_once(facts: Facts) -> bool:
    """It happened at one moment: it has no end that could be told."""
    return not facts.level and facts.cleared is not None and facts.cleared == facts.since
