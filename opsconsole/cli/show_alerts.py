"""The alerts of a snapshot in lines for a person: how many, each with who has it, and what is silent by plan."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from opsconsole.engine.messages import AlertState, Maintenance, Snapshot
from opsconsole.site.figures import count, moment, number

PRIORITIES = {"critical": "▲C", "warning": "◆W", "low": "▽L"}
_STATES = len("SUPPRESSED")


def lines(snapshot: Snapshot, zone: ZoneInfo) -> list[str]:
    """The number of alerts, the most urgent ones, how many more there are, and the windows of maintenance."""
    now = snapshot.site.at
    found = [_head(snapshot, zone), *(_alert(alert, zone, now) for alert in snapshot.alerts)]
    more = snapshot.counts.open - len(snapshot.alerts)
    if more > 0:
        found.append(f"  … and {number(more)} less urgent ones")
    if snapshot.maintenance:
        found += ["", "Maintenance", *(_window(window, snapshot, zone) for window in snapshot.maintenance)]
    return found


def _head(snapshot: Snapshot, zone: ZoneInfo) -> str:
    counts = snapshot.counts
    open_ = max(counts.open, len(snapshot.alerts))
    parts = [f"Alerts: {number(open_)} open"]
    for many, word in (
        (counts.unacknowledged, "unacknowledged"),
        (counts.shelved, "shelved"),
        (counts.suppressed, "suppressed"),
        (counts.out, "out of service"),
    ):
        if many:
            parts.append(f"{number(many)} {word}")
    if counts.flood_since is not None:
        parts.append(f"flood since {moment(counts.flood_since, zone, snapshot.site.at)}")
    return " · ".join(parts)


def _alert(alert: AlertState, zone: ZoneInfo, now: float) -> str:
    state = f"{alert.state:<6}" if len(alert.state) <= 6 else f"{alert.state:<{_STATES}}"
    parts = [f"  {PRIORITIES[alert.priority]} {state} {alert.text}", f"since {moment(alert.since, zone, now)}"]
    if alert.who:
        parts.append(f"acknowledged by {alert.who}")
    if alert.owner:
        parts.append(f"{alert.owner} has it")
    if alert.put_by:
        until = f" until {moment(alert.until, zone, now)}" if alert.until is not None else ""
        word = "out of service" if alert.state == "OOS" else "shelved"
        parts.append(f"{word} by {alert.put_by}{until}: {alert.reason}")
    if alert.suppressed:
        parts.append(f"by {', '.join(alert.suppressed)}")
    if alert.chatters:
        parts.append("chatters")
    if alert.note:
        parts.append(f"“{alert.note}” ({alert.note_by})")
    return " · ".join(parts)


def _window(window: Maintenance, snapshot: Snapshot, zone: ZoneInfo) -> str:
    now = snapshot.site.at
    area = snapshot.site.areas.get(window.area, window.area)
    labels = [f"{name}={member}" for name, member in window.labels.items()]
    what = " · ".join(each for each in (area, *labels) if each)
    when = f"until {moment(window.end, zone, now)}"
    if window.start > now:
        when = f"from {moment(window.start, zone, now)} to {moment(window.end, zone, now)}"
    silent = sum(f"maintenance:{window.id}" in alert.suppressed for alert in snapshot.alerts)
    some = f", {count(silent, 'alert')} suppressed" if silent else ""
    return f"  {window.id} {what} {when}: {window.reason} ({window.by}){some}"
