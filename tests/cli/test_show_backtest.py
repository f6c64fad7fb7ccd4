"""What `opsconsole backtest` prints of rules of which something, or nothing, was known."""

from __future__ import annotations

from typing import Any

from opsconsole.cli.show_backtest import backtest_text
from opsconsole.site.figures import width

DAY = 86_400.0
LACKS = "of orders only the latest row of each key is kept: what rows said before is not seen"


def entry(rule: str, count: int = 0, **more: Any) -> dict[str, Any]:
    found = {
        "rule": rule, "labels": {}, "start": 5 * DAY, "end": 5 * DAY + 600, "priority": "warning", "text": "it drifts",
        "flood": False,
    }  # fmt: skip
    return {
        "rule": rule, "title": "", "count": count, "instances": 1, "total": 600.0 * count, "median": 600.0,
        "longest": 600.0, "per_day": count / 10, "days": count, "in_floods": 0, "active": 0, "how": "", "points": 0,
        "error": "", "unknown": 0.0, "why": "", "lacks": "", "occurrences": [found] * count, **more,
    }  # fmt: skip


def text(*entries: dict[str, Any]) -> list[str]:
    result = {
        "site": "Plant", "timezone": "UTC", "since": 0.0, "until": 10 * DAY, "changes": [], "took": 1.0, "floods": [],
        "rules": list(entries),
    }  # fmt: skip
    lines = backtest_text(result, whole=False).splitlines()
    assert max(map(width, lines)) <= 80
    return [line.strip() for line in lines[2:]]


def test_what_was_never_known_is_not_said_to_have_raised_nothing() -> None:
    assert text(entry("soon", unknown=10 * DAY, why="not enough past: 4 known values, 53 needed")) == [
        "soon",
        "not known at any time: not enough past: 4 known values, 53 needed",
    ]


def test_for_how_long_nothing_was_known_is_said() -> None:
    told = text(entry("soon", 1, unknown=DAY, why="its newest value is too old", lacks=LACKS))
    assert told[1].startswith("1 alert, 0.10 a day")
    assert told[2] == "not known for 1 d of it: its newest value is too old"
    assert " ".join(told[3:]) == LACKS
    assert text(entry("soon")) == ["soon", "no alert"]


def test_how_often_cases_were_looked_at_is_said() -> None:
    how = "looked at each 1 h, moments of changes to 1 min"
    assert text(entry("late", how=how)) == ["late", "no alert", how]
    assert text(entry("soon", how="looked at each 1 min")) == ["soon", "no alert"], "as an engine looks"


def test_a_change_of_what_is_not_known_saves_nothing() -> None:
    never = entry("soon", unknown=11 * DAY, why="it has no rows")
    saved = {"count": 3, "percent": 100.0, "total": 0.0, "in_floods": 0}
    told = text(entry("soon", 3, changed=never, saved=saved))
    assert told[-1] == "with: not known at any time: it has no rows"
    assert not [line for line in told if "saves" in line]
