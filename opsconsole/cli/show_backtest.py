"""A backtest as text of 80 columns, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.cli.text import dump, inert, plain
from opsconsole.site.figures import clipped, count, duration, moment, number, padded

COLUMNS = 80
_LISTED = 40
Result = dict[str, Any]
_SIGNS = {"critical": "▲", "warning": "◆", "low": "▽"}


def backtest_json(result: Result) -> str:
    """The backtest, moments as ISO texts."""
    zone = ZoneInfo(result["timezone"])
    return dump(plain(result, zone))


def backtest_text(result: Result, *, whole: bool) -> str:
    """For a person at a terminal; `whole`: with the occurrences. Names come from files: each line is made inert."""
    zone = ZoneInfo(result["timezone"])
    lines = [f"{result['site']}: {moment(result['since'], zone)} to {moment(result['until'], zone)}"]
    if result["changes"]:
        lines.append(f"with {'; '.join(result['changes'])}")
    if not result["rules"]:
        lines.append("no rule can be evaluated")
    for entry in sorted(result["rules"], key=lambda each: -each["count"]):
        lines += ["", *_entry(entry, result, zone, whole=whole)]
    floods = result["floods"]
    if floods:
        among = "of these rules" if whole else "of all rules"
        lines += ["", f"{count(len(floods), 'flood')} {among} (more than 10 alerts in 10 min), the longest first:"]
        for flood in sorted(floods, key=lambda each: each["start"] - each["end"])[:5]:
            said = f"{moment(flood['start'], zone)}  {duration(flood['end'] - flood['start'])}"
            lines.append(f"  {said}  {count(flood['alarms'], 'alert')}")
    return "\n".join(inert(line) for line in lines)


def _entry(entry: Mapping[str, Any], result: Result, zone: ZoneInfo, *, whole: bool) -> Iterator[str]:
    yield entry["rule"]
    if entry["error"]:
        yield from _wrapped(f"fails on the data: {entry['error']}")
        return
    length = result["until"] - result["since"]
    yield from _wrapped(_figures(entry, length))
    changed = entry.get("changed")
    if changed is not None:
        yield from _wrapped(
            f"fails on the data: {changed['error']}" if changed["error"] else _figures(changed, length), "with: "
        )
    if changed is not None and not _never(entry, length) and not _never(changed, length):
        saved = entry["saved"]
        word = "saves" if saved["count"] >= 0 else "adds"
        flooded = f", {saved['in_floods']} of them in floods" if saved["in_floods"] > 0 else ""
        yield from _wrapped(
            f"{word} {count(abs(saved['count']), 'alert')} ({number(abs(saved['percent']), 0)} %){flooded}"
        )
    if 0 < entry["unknown"] < length:
        yield from _wrapped(f"not known for {duration(entry['unknown'])} of it: {entry['why']}")
    if entry["lacks"]:
        yield from _wrapped(entry["lacks"])
    if entry["how"].startswith("point by point"):
        yield from _wrapped(f"evaluated {entry['how']}")
    elif "moments of changes" in entry["how"]:
        yield from _wrapped(entry["how"])
    elif entry["how"] == "by event time":
        yield from _wrapped("by event time: when rows came in is not kept")
    if whole:
        yield from _occurrences(changed if changed is not None else entry, result, zone)


def _never(entry: Mapping[str, Any], length: float) -> bool:
    """Whether nothing was known of a rule at any time."""
    return not entry["count"] and bool(entry["unknown"] >= length)


def _figures(entry: Mapping[str, Any], length: float) -> str:
    if _never(entry, length):
        return f"not known at any time: {entry['why']}"
    if not entry["count"]:
        return "no alert"
    parts = [
        count(entry["count"], "alert"),
        f"{number(entry['per_day'], 2)} a day",
        f"on {count(entry['days'], 'day')}",
    ]
    if entry["instances"] > 1:
        parts.insert(1, f"of {entry['instances']} different")
    if entry["total"]:
        parts += [
            f"{duration(entry['total'])} in all",
            f"median {duration(entry['median'])}",
            f"longest {duration(entry['longest'])}",
        ]
    if entry["in_floods"]:
        parts.append(f"{entry['in_floods']} in floods")
    if entry["active"]:
        parts.append(f"{entry['active']} still active")
    return ", ".join(parts)


def _occurrences(entry: Mapping[str, Any], result: Result, zone: ZoneInfo) -> Iterator[str]:
    found = entry["occurrences"]
    for each in found[:_LISTED]:
        end = each["end"] if each["end"] is not None else result["until"]
        lasted = duration(end - each["start"]) if end > each["start"] else ""
        lasted = f"{lasted}+" if each["end"] is None else lasted
        head = f"  {_SIGNS[each['priority']]} {moment(each['start'], zone)}  {padded(lasted, 9, right=True)}  "
        flood = " (flood)" if each["flood"] else ""
        yield clipped(f"{head}{each['text']}{flood}", COLUMNS)
    if entry["count"] > _LISTED:
        yield f"  and {entry['count'] - _LISTED} more; --json has all"


def _wrapped(text: str, head: str = "") -> list[str]:
    return textwrap.wrap(head + text, COLUMNS, initial_indent="  ", subsequent_indent="    ")
