"""Reports as an engine gives them, in the middle and at their end."""

from __future__ import annotations

from typing import Any

from opsconsole.engine.messages import AskReport, Report
from tests.console.canned import NOW

DAY = 86_400.0
TRYOUT = {
    "rule": "drift",
    "change": "delay",
    "says": "half of its alerts are over within 5 min: wait for that long",
    "with": "for: 5m",
    "command": "opsconsole backtest north drift --with 'for: 5m'",
}


def _line(key: str, label: str, found: str, verdict: str, **more: Any) -> dict[str, Any]:
    line = {"key": key, "label": label, "target": "≤ 6", "found": found, "verdict": verdict}
    return {**line, "behind": [], "proposal": None, **more}


def scorecard() -> dict[str, Any]:
    """Two positions, one of which has a target missed by far."""
    drift = {"name": "drift", "rule": "drift", "count": 91, "share": 63.0}
    lines = [
        _line("hour", "alarms an hour", "14.2, most 61 on 06-20 03:00", "critical", behind=[drift], proposal=1),
        _line("flood", "time in flood", "0 %", "good"),
    ]
    weld = {"position": "weld desk", "areas": ["weld"], "figures": {}, "lines": lines, "proposals": [TRYOUT]}
    quiet = [_line("hour", "alarms an hour", "0.2", "good")]
    rest = {"position": "", "areas": [], "figures": {}, "lines": quiet, "proposals": []}
    return {
        "site": "North plant", "timezone": "Europe/Berlin", "start": NOW - 12 * DAY, "end": NOW, "days": 12.0,
        "asked": 30.0, "indicative": True, "transitions": 412, "positions": [weld, rest],
    }  # fmt: skip


def backtest(rules: list[str], changes: list[str]) -> dict[str, Any]:
    """What two rules would have raised in ten days, and one of them with a change."""

    def entry(rule: str, count: int) -> dict[str, Any]:
        starts = [NOW - (at + 1) * 20_000 for at in range(count)]
        found = [
            {"rule": rule, "labels": {"line": "3"}, "start": start, "end": start + 300, "priority": "warning",
             "text": f"drifts \x1b[2J{at}", "flood": at == 0}
            for at, start in enumerate(starts)
        ]  # fmt: skip
        return {
            "rule": rule, "title": f"{rule} of line 3", "count": count, "instances": 1, "total": 300.0 * count,
            "median": 300.0, "longest": 300.0, "per_day": count / 10, "days": min(count, 10), "in_floods": 1,
            "active": 0, "how": "", "points": 0, "error": "", "unknown": 0.0, "why": "",
            "lacks": "", "occurrences": found,
        }  # fmt: skip

    named = rules or ["drift", "jam"]
    entries = [entry(rule, 40 if rule == "drift" else 3) for rule in named]
    if changes:
        entries[0]["changed"] = entry(named[0], 12)
        entries[0]["saved"] = {"count": 28, "percent": 70.0, "total": 8400.0, "in_floods": 1}
    return {
        "site": "North plant", "timezone": "Europe/Berlin", "since": NOW - 10 * DAY, "until": NOW, "changes": changes,
        "took": 0.2, "floods": [], "rules": entries,
    }  # fmt: skip


def answer(ask: AskReport) -> Report:
    """Half way at first, then whole."""
    if ask.job is None:
        return Report(1 if ask.kind == "scorecard" else 2, 0.5, "reads the record")
    if ask.kind == "scorecard":
        return Report(ask.job, 1.0, result=scorecard())
    return Report(ask.job, 1.0, result=backtest([], []))
