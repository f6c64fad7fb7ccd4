"""What `opsconsole log` and `opsconsole procedures` print."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from opsconsole.cli.text import dump, inert
from opsconsole.engine.messages import Event
from opsconsole.engine.telling import record_words
from opsconsole.site.figures import count, duration, iso, padded, width


def log_json(events: list[Event], zone: ZoneInfo) -> str:
    """A list of records, the newest first; moments with the site's offset, `utc` in UTC."""
    told = []
    for event in events:
        fields = msgspec.to_builtins(event)
        told.append({**fields, "at": iso(event.at, zone), "utc": iso(event.utc, ZoneInfo("UTC"))})
    return dump(told)


def log_text(events: list[Event], more: bool, zone: ZoneInfo) -> str:
    """A record on a line: when by the site's clocks, who, what, about what, in which words, and why."""
    if not events:
        return "no record is like that"
    who = max(width(_who(event)) for event in events)
    what = max(width(event.what or event.kind) for event in events)
    lines = []
    for event in events:
        parts = [_when(event.at, zone), padded(_who(event), who), padded(event.what or event.kind, what), event.object]
        words = record_words(event)
        lines.append("  ".join([*parts, *([words] if words else [])]))
    if more:
        lines.append(f"… there are older ones: --limit {2 * len(events)}, or --until '{_when(events[-1].at, zone)}'")
    return "\n".join(inert(line) for line in lines)


def _who(event: Event) -> str:
    return f"{event.actor} (claims {event.origin})" if event.origin else event.actor


def _when(at: float, zone: ZoneInfo) -> str:
    return dt.datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")


def use_json(result: dict[str, Any], zone: ZoneInfo) -> str:
    """`{since, until, procedures: [{path, title, steps, alerts, opened, ticked, complete, ticks, last, …}]}`."""
    return dump({**result, "since": iso(result["since"], zone), "until": iso(result["until"], zone)})


def use_text(result: dict[str, Any], zone: ZoneInfo) -> str:
    """The procedures, each with how often it was used and what came before the alerts cleared."""
    found = result["procedures"]
    lines = [f"Procedures from {_when(result['since'], zone)[:16]} to {_when(result['until'], zone)[:16]}"]
    for use in sorted(found, key=lambda each: (-each["alerts"], each["path"])):
        lines += ["", *_use_lines(use)]
    return "\n".join(inert(line) for line in (lines if found else [*lines, "the site names none"]))


def _use_lines(use: dict[str, Any]) -> list[str]:
    head = f"{use['path']}  {use['title']}".rstrip()
    if use["trouble"]:
        return [head, f"  {use['trouble']}"]
    lines = [
        head,
        f"  {count(use['alerts'], 'alert')}: opened in {use['opened']}, steps ticked in {use['ticked']}, "
        f"all {use['steps']} in {use['complete']}; {count(use['ticks'], 'tick')}",
    ]
    times = [
        f"{duration(use[key])} {word} steps ticked ({count(use[many], 'alert')})"
        for key, many, word in (("median_with", "with_steps", "with"), ("median_without", "without", "without"))
        if use[key] is not None
    ]
    if times:
        lines.append(f"  from raised to cleared, in the middle: {', '.join(times)}")
    for last in use["last"][:5]:
        lines.append(f"  last before it cleared, {last['count']}x: {last['step']}. {last['text']}")
    return lines
