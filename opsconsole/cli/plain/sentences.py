"""What the line mode says: plain sentences without drawing, colour or escape sequences. Pure; made inert when printed.

Moments are in the site's zone; `now` is site time in seconds since the epoch.
"""

from __future__ import annotations

import datetime as dt

from opsconsole.cli.plain.picture import Numbers, Picture
from opsconsole.engine import telling
from opsconsole.engine.messages import AlertState, KpiState, SourceState, Status
from opsconsole.site.figures import count, figure, number
from opsconsole.site.zones import find_zone

BAD: tuple[Status, ...] = ("critical", "warning", "stale", "nodata", "novalue")
STATUS: dict[Status, str] = {
    "critical": "critical",
    "warning": "at warning",
    "good": "good",
    "nolimit": "without limits",
    "nodata": "without data",
    "novalue": "without a value",
    "stale": "stale",
}
_PRIORITY = {"critical": "Critical", "warning": "Warning", "low": "Low"}
MOST = 10
"""Alerts that are told one by one; the rest is counted."""


def clock(moment: float, timezone: str, now: float | None = None) -> str:
    """ "10:41", with the day where it is another one than today."""
    zone = find_zone(timezone) or dt.UTC
    there = dt.datetime.fromtimestamp(moment, zone)
    if now is not None and there.date() != dt.datetime.fromtimestamp(now, zone).date():
        return f"{there:%a} {there.day} {there:%b %H:%M}"
    return f"{there:%H:%M}"


def day(moment: float, timezone: str) -> str:
    """ "Tuesday 24 June 2026"."""
    there = dt.datetime.fromtimestamp(moment, find_zone(timezone) or dt.UTC)
    return f"{there:%A} {there.day} {there:%B %Y}"


def summary(picture: Picture, now: float, numbers: Numbers) -> list[str]:
    """How things are, in a few sentences: site and shift, KPIs that are not good, open alerts, sources."""
    return [
        *_site(picture, now),
        *(f"{notice.text.rstrip('.')}." for notice in picture.notices),
        *kpis(picture, only_bad=True),
        *alerts(picture, now, numbers),
        *sources(picture, now, only_bad=True),
    ]


def _site(picture: Picture, now: float) -> list[str]:
    site = picture.site
    what = {"wall": "", "data": " by its newest data", "replay": f", replayed {site.speed:g} times as fast"}[site.clock]
    said = [f"{site.name}. {day(now, site.timezone)}, {clock(now, site.timezone)} {site.timezone}{what}."]
    if site.shift is not None:
        start, end = (clock(moment, site.timezone) for moment in (site.shift.start, site.shift.end))
        team = f", {telling.team_words(site.shift.team)}" if site.shift.team else ""
        said.append(f"Shift {site.shift.name}, {start} to {end}{team}.")
    if site.holiday:
        said.append(f"Today is {site.holiday}.")
    return said


def kpis(picture: Picture, *, only_bad: bool) -> list[str]:
    """The KPIs, one sentence each; or those only that are not good."""
    found = list(picture.kpis.values())
    if not found:
        return ["There are no KPIs."]
    bad = [kpi for kpi in found if kpi.status in BAD]
    if not only_bad:
        return [kpi_state(kpi) for kpi in found]
    if not bad:
        return [f"No KPI of {number(len(found))} is bad."]
    verb = "is" if len(bad) == 1 else "are"
    return [f"Of {count(len(found), 'KPI')}, {number(len(bad))} {verb} not good:", *(kpi_state(kpi) for kpi in bad)]


def kpi_state(kpi: KpiState) -> str:
    """ "OEE is critical: 52 %, under 60 %."; without limits "Output: 5 160 pcs."."""
    value = figure(kpi.value, kpi.unit, kpi.decimals) if kpi.value is not None else ""
    if kpi.status == "nolimit":
        return f"{kpi.title}: {value or kpi.reason or 'no value'}."
    limit = {"critical": kpi.critical, "warning": kpi.warning}.get(kpi.status)
    side = {"higher": "under", "lower": "over"}.get(kpi.better or "", "beyond")
    beyond = f", {side} {figure(limit, kpi.unit, kpi.decimals)}" if limit is not None else ""
    what = value + beyond or kpi.reason
    return f"{kpi.title} is {STATUS[kpi.status]}{f': {what}' if what else ''}."


def kpi_full(kpi: KpiState) -> list[str]:
    """All that is worth saying of one KPI."""
    said = [kpi_state(kpi)]
    if kpi.change is not None:
        word = "up" if kpi.change > 0 else "down" if kpi.change < 0 else "unchanged"
        by = f" by {figure(abs(kpi.change), kpi.unit, kpi.decimals)}" if kpi.change else ""
        said.append(f"It is {word}{by} against {kpi.previous_label}.")
    if kpi.target is not None:
        said.append(f"Its target is {figure(kpi.target, kpi.unit, kpi.decimals)}.")
    said.append(f"Window: {kpi.window}, {count(kpi.rows, 'row')}{', not all of them yet' if kpi.partial else ''}.")
    if kpi.leader:
        said.append(f"{kpi.leader[:1].upper()}{kpi.leader[1:]}.")
    return said


def alerts(picture: Picture, now: float, numbers: Numbers, *, most: int = MOST) -> list[str]:
    """How many alerts are open, by priority, and the most urgent of them."""
    counts, urgent = picture.counts, picture.urgent()
    open_ = max(counts.critical + counts.warning + counts.low, len(urgent))
    if not open_ and not picture.aside():
        return ["No alert is open."]
    parts = [
        f"{number(many)} {word}"
        for many, word in ((counts.critical, "critical"), (counts.warning, "warning"), (counts.low, "low"))
        if many
    ]
    parts += [f"{number(counts.unacknowledged)} not acknowledged"] if counts.unacknowledged else []
    what = count(open_, "alert") if open_ else "No alert"
    verb = "is" if open_ < 2 else "are"
    said = [f"{what} {verb} open{': ' + ', '.join(parts) if parts else ''}."]
    said += [alert_state(alert, picture, now, numbers) for alert in urgent[:most]]
    if open_ > most:
        said.append(f"And {number(open_ - most)} less urgent ones; `alerts all` tells them.")
    if picture.aside():
        many = len(picture.aside())
        verb = "is" if many == 1 else "are"
        said.append(f"{count(many, 'alert')} {verb} set aside (shelved, suppressed or out of service).")
    if counts.flood_since is not None:
        since = clock(counts.flood_since, picture.site.timezone, now)
        said.append(f"There is a flood of alerts since {since}: {number(counts.recent)} in 10 minutes.")
    return said


def alert_state(alert: AlertState, picture: Picture, now: float, numbers: Numbers) -> str:
    """ "Alert 3. Critical: Line 3 weld: OEE 52 %, under 60 %. Since 10:41. Not acknowledged."."""
    parts = [
        f"Alert {numbers.of(alert.id)}",
        f"{_PRIORITY[alert.priority]}: {_ended(alert.text)}",
        f"Since {clock(alert.since, picture.site.timezone, now)}",
        handling(alert, picture.site.timezone, now),
    ]
    if alert.owner and alert.owner != alert.who:
        parts.append(f"{alert.owner} has it")
    if alert.note:
        parts.append(f"{alert.note_by}: {_ended(alert.note)}")
    return ". ".join(part for part in parts if part) + "."


def handling(alert: AlertState, timezone: str, now: float) -> str:
    """Who has done what about it."""
    until = f" until {clock(alert.until, timezone, now)}" if alert.until is not None else ""
    why = f": {_ended(alert.reason)}" if alert.reason else ""
    return {
        "UNACK": "Not acknowledged",
        "ACK": f"Acknowledged by {alert.who or 'somebody'}",
        "RTNUN": "Back to normal, but not acknowledged",
        "LATCHED": "Back to normal, but latched: it waits for a reset",
        "SHELVED": f"Shelved by {alert.put_by or 'somebody'}{until}{why}",
        "SUPPRESSED": "Suppressed",
        "OOS": f"Out of service by {alert.put_by or 'somebody'}{why}",
        "NORM": "Normal",
    }[alert.state]


def sources(picture: Picture, now: float, *, only_bad: bool) -> list[str]:
    """The sources, one sentence each; or those only that are late or empty."""
    found = [source for source in picture.sources.values() if not source.made_of]
    bad = [source for source in found if source.status in ("stale", "nodata") or source.failed]
    if not only_bad:
        return [source_state(source, picture, now) for source in picture.sources.values()] or ["There are no sources."]
    if not found:
        return ["There are no sources: nothing is watched yet."]
    if not bad:
        many = len(found)
        return [f"All {number(many)} sources are as they should be." if many > 1 else "The one source is fresh."]
    return [source_state(source, picture, now) for source in bad]


def source_state(source: SourceState, picture: Picture, now: float) -> str:
    """ "Source Orders is late: the newest event is of 10:05. 2 649 rows."."""
    word = {
        "fresh": "is fresh",
        "stale": "is late",
        "nodata": "has no data",
        "off": "is not checked for freshness",
        "asof": "is as it was",
    }[source.status]
    newest = ""
    if source.last_event is not None:
        newest = f": the newest event is of {clock(source.last_event, picture.site.timezone, now)}"
    said = f"Source {source.title or source.name} {word}{newest}. {count(source.rows, 'row')}."
    if source.failed:
        said += f" {count(source.failed, 'file')} failed."
    if source.quarantined:
        said += f" {number(source.quarantined)} in quarantine."
    return said


def _ended(text: str) -> str:
    """Text without the full stop that comes after it anyway."""
    return text.rstrip(" .")
