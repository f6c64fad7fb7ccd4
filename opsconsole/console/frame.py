"""The lines around a screen: shift and clock above, tabs or breadcrumb, trust and keys below."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.console import fmt, signs
from opsconsole.console.actions import Action, key_name
from opsconsole.console.model import Model
from opsconsole.console.text import Line, clip, fit, inert, line_width, spread, width, wrap
from opsconsole.console.trust import Part, together
from opsconsole.engine.commands import ROLES
from opsconsole.engine.messages import SourceState
from opsconsole.engine.telling import team_words

# Tabs in the order of the views.
TABS = (
    ("1", "overview", "Overview"),
    ("2", "alerts", "Alerts"),
    ("3", "kpis", "KPIs"),
    ("4", "goals", "Goals"),
    ("5", "tables", "Tables"),
    ("6", "flow", "Flow"),
    ("7", "log", "Log"),
    ("8", "sources", "Sources"),
)
NOTICES = 2
LOOKED_AT = "rules run only while someone looks"


def top_line(model: Model, now: float, wall: float, cells: int) -> Line:
    """Site, shift and how far it is, and the time of the site; a banner takes its place when the engine is gone."""
    if model.ended is not None:
        return _banner(f" ENGINE STOPPED: {inert(model.ended)}   :restart-engine starts it again", cells)
    if model.lost_at is not None:
        gone = fmt.grain(wall - model.lost_at)
        what = "reconnecting …" if model.site else "waiting for it …"
        return _banner(f" ENGINE LOST {gone} ago, {what}   values are as they were", cells)
    site = model.site
    if site is None:
        return fit([(" opsconsole", "bold"), ("  waiting for the engine …", "dim")], cells)
    time = clock(model, now, short=cells < 60)
    if model.alert_counts.flood_since is not None:
        return spread([(text, f"{style} reverse") for text, style in _flood(model, now)], time, cells)
    name = clip(inert(site.name), max(8, cells - line_width(time) - 3))
    line: Line = [(f" {name}", "bold")]
    if site.draft:
        line += [("  ", ""), (" DRAFT ", "reverse")]
    rest = cells - line_width(line) - line_width(time) - 1
    if site.shift is not None:
        hours = fmt.span(site.shift.start, site.shift.end, site.timezone)
        name = inert(site.shift.name)
        shift = f"  {name} {hours}"
        team = f" · {inert(team_words(site.shift.team))}" if site.shift.team else ""
        # who works comes before the bar of how far the shift is, the holiday after it
        if width(shift) + width(team) <= rest:
            shift = f"  {name}{team} {hours}"
        part = (now - site.shift.start) / max(1.0, site.shift.end - site.shift.start)
        percent = f" {round(100 * min(1.0, max(0.0, part))):>3} %"
        room = min(20, cells - line_width(line) - width(shift) - len(percent) - line_width(time) - 3)
        if line_width(line) + width(shift) + line_width(time) + 1 <= cells:
            line.append((shift, ""))
        if room >= 6:
            full = min(room, max(0, int(part * room)))
            line += [(" ", ""), ("━" * full, ""), ("─" * (room - full), "dim"), (percent, "dim")]
    holiday = f" · {inert(site.holiday)}" if site.holiday else ""
    if width(holiday) < cells - line_width(line) - line_width(time):
        line.append((holiday, ""))
    return spread(line, time, cells)


def _flood(model: Model, now: float) -> Line:
    """That alerts come faster than anyone can read them: since when, how many, and what is worst."""
    counts = model.alert_counts
    since = fmt.since(counts.flood_since, now, model.timezone)
    worst = f" · {fmt.number(counts.critical, 0)} critical" if counts.critical else ""
    return [
        (" FLOOD ", "bold"),
        (f"since {since} · {fmt.number(counts.recent, 0)} in 10 min{worst} · by incident ", ""),
    ]


def clock(model: Model, now: float, short: bool) -> Line:
    """Site time at the end of the first line, and what kind of time it is."""
    site = model.site
    assert site is not None
    text = fmt.hour_minute(now, site.timezone) if short else fmt.day_clock(now, site.timezone)
    if site.clock == "data":
        # before the first row it is the clock of the wall
        if not any(source.last_event for source in model.sources.values()):
            return [(" no data yet ", "dim"), (text + " ", "bold")]
        return [(" newest data ", "dim"), (text + " ", "bold")]
    if site.clock == "replay":
        return [(f" replay ×{site.speed:g} ", "dim"), (text + " ", "bold")]
    return [(f" {text} ", "bold")]


def _banner(text: str, cells: int) -> Line:
    return [(part, "critical reverse") for part, _ in fit([(text, "")], cells)]


def tally(model: Model) -> Line:
    """Open alerts by priority: "▲1◆2"; reverse while some are unacknowledged."""
    unseen = {alert.priority for alert in model.alerts.values() if alert.state == "UNACK"}
    return [
        (f"{signs.PRIORITY[priority][0]}{number}", f"{priority} reverse" if priority in unseen else priority)
        for priority, number in model.counts().items()
    ]


def who(user: str, role: str) -> str:
    """Who looks, and whether they may change something: "ana rw"."""
    return f"{inert(user)} {'ro' if role == ROLES[0] else 'rw'}" if user and role else ""


def tab_line(model: Model, view: str, cells: int, who: str = "") -> Line:
    """The views with their keys, the one shown is underlined; and who looks, where there is room."""
    line: Line = []
    for key, name, title in TABS:
        here = name == view
        line += [(" ", ""), (key, "dim"), (" ", ""), (title, "tab" if here else "")]
        if name == "alerts":
            line += tally(model)
    # whoever may only look is to see it even where that takes the name
    short = who if line_width(line) + width(who) + 2 < cells or not who.endswith(" ro") else "ro"
    if who and line_width(line) + width(short) + 2 < cells:
        return spread(line, [(f"{short} ", "dim" if short.endswith("rw") else "bold")], cells)
    return fit(line, cells)


def crumb_line(model: Model, trail: Sequence[str], cells: int) -> Line:
    """Where one is: "Overview › On time › carrier F9"; the start gives way where it is long."""
    counts: Line = [*tally(model), (" ", "")]
    room = cells - line_width(counts) - 2
    shown = list(trail)
    while len(shown) > 2 and width(" › ".join(shown)) > room:
        shown = ["…", *shown[2:]]
    before = "".join(f"{part} › " for part in shown[:-1])
    return spread([(" ", ""), (before, "dim"), (shown[-1] if shown else "", "bold")], counts, cells)


def notice_lines(model: Model, cells: int, most: int = NOTICES) -> list[Line]:
    """What the engine wants a person to know, worst first, until it goes away; at most `most` lines in all."""
    ordered = sorted(model.notices, key=lambda notice: signs.RANK[notice.priority])
    lines: list[Line] = []
    for at, notice in enumerate(ordered[:most]):
        style = "" if notice.priority == "low" else notice.priority
        sign = signs.PRIORITY[notice.priority][0] if notice.priority != "low" else "·"
        hidden = len(ordered) - most
        more = f"  (and {fmt.count(hidden, 'more notice')})" if at == most - 1 and hidden > 0 else ""
        parts = wrap(inert(notice.text), cells - 3 - width(more))
        # one notice may take the room of all
        room = most - len(ordered) + 1 if len(ordered) < most else 1
        shown = parts[:room] if len(parts) <= room else [*parts[: room - 1], " ".join(parts[room - 1 :])]
        for row, part in enumerate(shown):
            text = clip(part, cells - 3 - width(more))
            lines.append(fit([(f" {sign if row == 0 else ' '} ", style), (text, style), (more, "dim")], cells))
    return lines


def trust_line(model: Model, cells: int) -> Line:
    """How far the numbers can be trusted: freshness, quarantine, and the zone of all times."""
    zone: Line = [(f"all times {model.timezone} ", "dim")]
    site = model.site
    if site is None:
        return fit([], cells)
    sources = [source for source in model.sources.values() if not source.made_of]  # these are as good as theirs
    late = [source for source in sources if source.status == "stale"]
    empty = [source for source in sources if source.status == "nodata"]
    off = sum(source.status == "off" for source in sources)
    fresh = len(sources) - len(late) - len(empty) - off
    parts: list[Part] = []
    if not site.settled:
        parts.append(Part("first scan under way", "bold"))
    if not sources:
        parts.append(Part("no sources", "warning"))
    if late:
        parts.append(Part("◌ stale", "warning", _names(late)))
    if empty:
        parts.append(Part("○ no data", "warning", _names(empty)))
    failed = sum(source.failed for source in sources)
    quarantined = sum(source.quarantined for source in sources)
    if failed:
        parts.append(Part(f"{fmt.count(failed, 'file')} failed", "warning"))
    if quarantined:
        parts.append(Part(f"{fmt.count(quarantined, 'row')} in quarantine"))
    if fresh:
        parts.append(Part(f"{fmt.count(fresh, 'source')} fresh"))
    if off:
        parts.append(Part(f"{fmt.count(off, 'source')} without freshness check"))
    if not site.stays and site.clock != "data":
        line = together([*parts, Part(LOOKED_AT)], zone, cells)
        # only where it takes no room from anything else
        if zone[0] in line:
            return line
    return together(parts, zone, cells)


def _names(sources: Sequence[SourceState]) -> tuple[str, ...]:
    return tuple(inert(source.title or source.name) for source in sources)


def footer_line(actions: Sequence[Action], cells: int) -> Line:
    """As many keys as fit, most wanted first; a key is only offered where it works."""
    chosen: list[Action] = []
    used = 0
    # what leads out is always offered
    leave = [action for action in actions if action.id == "quit"]
    room = cells - sum(_footer_width(action) for action in leave)
    for action in actions:
        if action not in leave and used + _footer_width(action) <= room:
            chosen.append(action)
            used += _footer_width(action)
    line: Line = []
    for action in [*chosen, *leave]:
        line += [(" " + key_name(action.keys[0]), "key"), (f" {action.short} ", "dim")]
    return fit(line, cells)


def _footer_width(action: Action) -> int:
    return width(key_name(action.keys[0])) + width(action.short) + 3
