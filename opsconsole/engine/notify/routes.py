"""The routes and steps of a site in sentences, for whoever wants to know who is told of what. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.site.duration import format_duration
from opsconsole.site.model import Site
from opsconsole.site.notifying import Route


def routes(site: Site) -> list[str]:
    """One sentence for each route, in order."""
    return [_route(route) for route in site.notify.routes] if site.notify is not None else []


def steps(site: Site) -> list[str]:
    """One sentence for each step of escalation, the soonest first."""
    return [
        f"{_alerts(step.priority, step.areas)} that nobody has acknowledged for {format_duration(step.after)} "
        f"{'are told to ' + ', '.join(step.to) if step.to else 'are shown as escalated'}"
        for step in site.escalation
    ]


def _route(route: Route) -> str:
    when = f" in {' or '.join(route.during)}" if route.during else ""
    if route.quiet is not None:
        when += f", but not from {route.quiet.start:%H:%M} to {route.quiet.end:%H:%M}"
    group = f"one message for each {' and '.join(route.group_by)}" if route.group_by else "one message for all"
    waits = (format_duration(seconds) for seconds in (route.group_wait, route.interval, route.repeat))
    wait, interval, repeat = waits
    resolved = "" if route.resolved else ", nothing of what is back to normal"
    return (
        f"{_alerts(route.priority, route.areas)} to {', '.join(route.to)}{when}: {group} after {wait}, "
        f"the next after {interval}, again after {repeat}{resolved}"
    )


def _alerts(priorities: Sequence[str], areas: Sequence[str]) -> str:
    which = " and ".join(priorities) or "all"
    return f"{which} alerts{' of ' + ', '.join(areas) if areas else ''}"
