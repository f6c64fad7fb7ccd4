"""What an observation makes of an alert that is known: whether it says anything new, and its figures. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.alerts.alert import Alert
from opsconsole.alerts.facts import LEVEL, Facts, Step
from opsconsole.kpis.observation import Observation


def is_steady(facts: Facts, observation: Observation) -> bool:
    """Whether an observation makes no difference to the life of an alert."""
    level = LEVEL[observation.priority]
    if observation.kept is not None:
        level = max(level, min(facts.level, LEVEL[observation.kept]))
    if facts.level != level or facts.raw != level or facts.frozen is not None:
        return False
    return not observation.moments and observation.quality == "good"


def tells_news(alert: Alert, observation: Observation) -> bool:
    """Whether the figures of an open alert have changed; those of a closed one are those of its end."""
    if alert.value == observation.value and (alert.text == observation.text or not observation.text):
        return False
    return alert.facts.level > 0 or alert.facts.letter != "NORM"


def seen_with(alert: Alert, observation: Observation, step: Step) -> Alert:
    """The alert with the figures of an observation; its text stays while it returns to normal."""
    value, worst = observation.value, alert.worst
    begins = step.what == "raised" or (step.what == "occurred" and step.facts.cleared == step.facts.since)
    worse = (
        value is not None
        and observation.priority is not None
        and (worst is None or observation.worse.than(value, worst))
    )
    reopened = begins and alert.facts.letter == "NORM"
    return replace(
        alert,
        text=observation.text or alert.text,
        value=value,
        worst=value if begins or worse else worst,
        limit=observation.limit if observation.limit is not None else alert.limit,
        note="" if reopened else alert.note,
        note_by="" if reopened else alert.note_by,
    )
