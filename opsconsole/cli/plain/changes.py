"""What has changed between two pictures, as sentences with the site's time. Pure.

Values are told only where their status changes, so that it does not chatter.
"""

from __future__ import annotations

from collections.abc import Collection

from opsconsole.cli.plain.picture import Numbers, Picture
from opsconsole.cli.plain.sentences import BAD, MOST, alert_state, clock, handling, kpi_state, source_state
from opsconsole.engine.messages import AlertState, KpiState
from opsconsole.site.figures import count, number

_PRIORITY = ("low", "warning", "critical")


def told(
    before: Picture, after: Picture, now: float, numbers: Numbers, own: Collection[str] = frozenset()
) -> list[str]:
    """One sentence each, what is worst first. `own`: alerts to which the person has just done something, and was told
    so: that they are handled otherwise is not said again.
    """
    said = [
        *_shift(before, after, now),
        *_notices(before, after),
        *_alerts(before, after, now, numbers, own),
        *_kpis(before, after),
        *_sources(before, after, now),
    ]
    at = clock(now, after.site.timezone)
    return [f"{at} {sentence}" for sentence in said]


def _shift(before: Picture, after: Picture, now: float) -> list[str]:
    old, new = before.site.shift, after.site.shift
    if new is None or (old is not None and old.start == new.start and old.name == new.name):
        return []
    return [f"Shift {new.name} has begun, until {clock(new.end, after.site.timezone, now)}."]


def _notices(before: Picture, after: Picture) -> list[str]:
    old, new = ({notice.text: notice for notice in picture.notices} for picture in (before, after))
    # one that counts on says the same anew: told once, by what kind it is
    kinds = {notice.kind for notice in before.notices}
    came = [notice for text, notice in new.items() if text not in old and notice.kind not in kinds]
    went = {notice.kind for notice in before.notices} - {notice.kind for notice in after.notices}
    said = [f"{notice.text.rstrip('.')}." for notice in came]
    return said + [f"No more: {notice.text.rstrip('.')}." for notice in old.values() if notice.kind in went]


def _alerts(before: Picture, after: Picture, now: float, numbers: Numbers, own: Collection[str]) -> list[str]:
    came = [alert for alert in after.urgent() if alert.id not in before.alerts]
    aside = [alert for alert in after.aside() if alert.id not in before.alerts]
    said = [_new(alert, after, now, numbers) for alert in came[:MOST]]
    if len(came) > MOST:
        more = len(came) - MOST
        said.append(f"And {count(more, 'more new alert')}, less urgent; `alerts all` tells them.")
    if aside:
        said.append(f"{count(len(aside), 'new alert')} set aside at once.")
    both = [(before.alerts[name], alert) for name, alert in after.alerts.items() if name in before.alerts]
    both = [(old, new) for old, new in both if new.id not in own or new.priority != old.priority]
    changed = [words for old, new in both for words in _moved(old, new, after, now, numbers)]
    gone = [alert for name, alert in before.alerts.items() if name not in after.alerts]
    changed += [f"Alert {numbers.of(alert.id)} is closed: {alert.text}." for alert in gone]
    if len(changed) > 2 * MOST:
        rest = len(changed) - 2 * MOST
        changed = [*changed[: 2 * MOST], f"And {number(rest)} more changes of alerts; `alerts` tells how they are."]
    flood = after.counts.flood_since
    if (flood is None) != (before.counts.flood_since is None):
        said.insert(0, "A flood of alerts has begun." if flood is not None else "The flood of alerts is over.")
    return said + changed


def _new(alert: AlertState, after: Picture, now: float, numbers: Numbers) -> str:
    """ "Critical: Line 3 weld: OEE 52 %, under 60 %. Not acknowledged. Alert 3."."""
    state = handling(alert, after.site.timezone, now)
    return f"{alert.priority.capitalize()}: {alert.text.rstrip(' .')}. {state}. Alert {numbers.of(alert.id)}."


def _moved(old: AlertState, new: AlertState, after: Picture, now: float, numbers: Numbers) -> list[str]:
    """What happened to one alert, in one sentence or two."""
    name = f"Alert {numbers.of(new.id)}"
    what = f"{name}, {new.text.rstrip(' .')}"
    said: list[str] = []
    if _PRIORITY.index(new.priority) > _PRIORITY.index(old.priority):
        said.append(f"Worse: {alert_state(new, after, now, numbers)}")
    elif new.priority != old.priority:
        said.append(f"Better: {alert_state(new, after, now, numbers)}")
    elif new.state != old.state:
        again = new.state == "UNACK" and old.state in ("ACK", "RTNUN")
        said.append(f"{what}: {'again. ' if again else ''}{handling(new, after.site.timezone, now)}.")
    if new.note and (new.note, new.note_by) != (old.note, old.note_by):
        said.append(f"{new.note_by} on {name[:1].lower()}{name[1:]}: {new.note.rstrip(' .')}.")
    if new.owner != old.owner:
        said.append(f"{name} is {f'with {new.owner}' if new.owner else 'with nobody'}.")
    if new.escalation > old.escalation:
        said.append(f"{name} is escalated, step {new.escalation}.")
    return said


def _kpis(before: Picture, after: Picture) -> list[str]:
    said = []
    for name, kpi in after.kpis.items():
        old = before.kpis.get(name)
        if old is None:
            said.append(f"New KPI. {kpi_state(kpi)}")
        elif old.status != kpi.status:
            said.append(_turned(old, kpi))
    return said + [f"KPI {kpi.title} is gone." for name, kpi in before.kpis.items() if name not in after.kpis]


def _turned(old: KpiState, new: KpiState) -> str:
    if new.status == "good" and old.status in BAD:
        return kpi_state(new).replace(" is good", " is good again", 1)
    return kpi_state(new)


def _sources(before: Picture, after: Picture, now: float) -> list[str]:
    said = []
    for name, source in after.sources.items():
        old = before.sources.get(name)
        if old is None or old.status != source.status or source.failed > old.failed:
            said.append(source_state(source, after, now))
    gone = [source for name, source in before.sources.items() if name not in after.sources]
    return said + [f"Source {source.title or source.name} is gone." for source in gone]
