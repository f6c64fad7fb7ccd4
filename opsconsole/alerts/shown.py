"""An alert as consoles see it: its facts, with what its rule says. Pure."""

from __future__ import annotations

from opsconsole.alerts.alert import Alert, Open
from opsconsole.alerts.facts import Shelf
from opsconsole.site.card import sources_of
from opsconsole.site.model import Rule, Site

SYSTEM = ("error:", "many:")
"""What an alert about a rule itself has before the rule's name."""


def rule_of(site: Site, name: str) -> Rule | None:
    """The rule, also of an alert about the rule itself."""
    for prefix in SYSTEM:
        name = name.removeprefix(prefix)
    return site.rules.get(name)


def shown(alert: Alert, site: Site, rule: Rule | None, *, chatters: bool = False) -> Open:
    """An open alert with what its rule says, if that still exists."""
    facts = alert.facts
    put = facts.out or facts.shelf
    return Open(
        id=alert.id,
        rule=alert.rule,
        text=alert.text,
        state=facts.letter,
        priority=facts.priority,
        since=facts.since or 0.0,
        version=facts.version,
        labels=alert.labels,
        who=facts.who,
        acked_at=facts.acked_at,
        value=alert.value,
        worst=alert.worst,
        count=facts.count,
        kpi=rule.kpi or "" if rule is not None else "",
        source=_source_of(site, rule),
        area=rule.area if rule is not None else "",
        procedure=rule.procedure if rule is not None else "",
        quality=facts.quality,
        beneath=facts.beneath,
        put_by=put.by if put is not None else "",
        put_at=put.at if put is not None else None,
        until=put.until if isinstance(put, Shelf) else None,
        reason=put.reason if put is not None else "",
        suppressed=facts.suppressed,
        owner=facts.owner,
        escalation=facts.escalation,
        disposition=facts.disposition,
        note=alert.note,
        note_by=alert.note_by,
        chatters=chatters,
        incident=alert.incident,
        first_out=alert.first_out,
        called=alert.called,
    )


def _source_of(site: Site, rule: Rule | None) -> str:
    if rule is None:
        return ""
    kpi = site.kpis.get(rule.kpi or "")
    if kpi is None:
        return rule.source or ""
    return kpi.source or next(iter(sources_of(site.kpis, kpi)), "")
