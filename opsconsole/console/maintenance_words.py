"""What is typed to plan a maintenance window: `weld from 14:00 to 16:00 tip change`. Pure."""

from __future__ import annotations

import datetime as dt
import re
import shlex

from opsconsole.console import fmt
from opsconsole.engine.messages import Maintenance
from opsconsole.engine.shelf_words import ShelfError, next_time
from opsconsole.site.duration import PATTERN, parse_duration

USAGE = "AREA|LABEL=MEMBER … from TIME to TIME|for 2h REASON"
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}|today|tomorrow")
_LENGTH = re.compile(rf"\+?({PATTERN})")


class WindowError(ValueError):
    """What was typed is no maintenance window; one sentence for a person."""


def window_of(text: str, now: float, timezone: str) -> Maintenance:
    """The window that is meant. `from` may be left out: it begins now. Raises WindowError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise WindowError("a quotation mark is missing its partner") from error
    scope = 0
    while scope < len(words) and words[scope] not in ("from", "to", "for"):
        scope += 1
    area, labels = _scope(words[:scope])
    rest = words[scope:]
    start = now
    if rest[:1] == ["from"]:
        start, used = _moment(rest[1:], now, now, timezone)
        rest = rest[1 + used :]
    if rest[:1] not in (["to"], ["for"]):
        raise WindowError(f"say until when: {USAGE}")
    end, used = _moment(rest[1:], start, now, timezone)
    reason = " ".join(rest[1 + used :])
    if end <= start:
        raise WindowError("it would end before it begins")
    if not reason:
        raise WindowError("say why as well: a maintenance window needs a reason")
    return Maintenance(area=area, labels=labels, start=start, end=end, reason=reason)


def _scope(words: list[str]) -> tuple[str, dict[str, str]]:
    area, labels = "", {}
    for word in words:
        name, equals, member = word.partition("=")
        if equals and name and name != "area":
            labels[name] = member
        elif area:
            raise WindowError(f"one area or labels at a time: {USAGE}")
        else:
            area = member if equals else word
    if not area and not labels:
        raise WindowError(f"of what? {USAGE}")
    return area, labels


def _moment(words: list[str], after: float, now: float, timezone: str) -> tuple[float, int]:
    """A moment as typed, `now`, `14:00`, `tomorrow 06:00`, `2026-06-25 06:00`, `2h`, and how many words it is."""
    word = words[0] if words else ""
    if word == "now":
        return now, 1
    clock = _CLOCK.fullmatch(word)
    if clock is not None:
        try:
            return next_time(int(clock[1]), int(clock[2]), after, timezone), 1
        except ShelfError as error:
            raise WindowError(str(error)) from error
    if _DAY.fullmatch(word):
        clock = _CLOCK.fullmatch(words[1]) if len(words) > 1 else None
        hour, minute = (int(clock[1]), int(clock[2])) if clock is not None else (0, 0)
        today = fmt.local(now, timezone).date()
        try:
            named = {"today": today, "tomorrow": today + dt.timedelta(days=1)}.get(word)
            day = named or dt.date.fromisoformat(word)
            moment = dt.datetime.combine(day, dt.time(hour, minute), fmt.zone(timezone)).timestamp()
        except ValueError as error:
            raise WindowError(f"`{' '.join(words[:2])}` is no moment: {error}") from error
        return moment, 2 if clock is not None else 1
    length = _LENGTH.fullmatch(word)
    if length is not None:
        try:
            return after + parse_duration(length[1]), 1
        except ValueError as error:
            raise WindowError(f"`{word}` {error}") from error
    raise WindowError(f"`{word}` is no moment: say 14:00, tomorrow 06:00, 2026-06-25 06:00 or 2h")
