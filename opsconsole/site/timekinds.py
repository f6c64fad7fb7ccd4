"""Kinds of values that are about time: durations, times of day, moments, zones and windows."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from opsconsole.site.duration import PATTERN as DURATION_PATTERN
from opsconsole.site.duration import parse_duration
from opsconsole.site.kinds import Bad, Kind, Schema
from opsconsole.site.model import Window
from opsconsole.site.report import Report
from opsconsole.site.tree import Node, Scalar
from opsconsole.site.zones import find_zone, zone_names


@dataclass(frozen=True)
class Duration(Kind):
    """Seconds, written with a unit."""

    at_least: float = 0.0

    @property
    def noun(self) -> str:
        return "a duration such as 10s, 15m, 8h or 1h30m"

    @property
    def label(self) -> str:
        return "duration"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": f"^{DURATION_PATTERN}$"}

    def read(self, node: Node, key: str, report: Report) -> float | Bad:
        if not isinstance(node, Scalar) or node.absent:
            return self.wrong(node, key, report)
        try:
            seconds = parse_duration(node.text)
        except ValueError as error:
            return self.wrong(node, key, report, f"it {error}")
        if seconds < self.at_least:
            return self.wrong(node, key, report, f"it must be at least {self.at_least:g} s")
        return seconds


@dataclass(frozen=True)
class Step(Kind):
    """The step of a rule's own grid in seconds, or the word `row`."""

    @property
    def noun(self) -> str:
        return "a duration such as 5m or 1d, or `row`"

    @property
    def label(self) -> str:
        return "duration, or `row`"

    def schema(self) -> Schema:
        return {"anyOf": [Duration(1).schema(), {"const": "row"}]}

    def read(self, node: Node, key: str, report: Report) -> float | str | Bad:
        if isinstance(node, Scalar) and node.text.strip() == "row":
            return "row"
        if not isinstance(node, Scalar) or node.absent or not any(char.isdigit() for char in node.text):
            return self.wrong(node, key, report)
        return Duration(1).read(node, key, report)


@dataclass(frozen=True)
class TimeOfDay(Kind):
    """A time of day; quoted or not, because nothing here reads 06:00 as a number."""

    @property
    def noun(self) -> str:
        return 'a time of day such as "06:00"'

    @property
    def label(self) -> str:
        return "time of day"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^([01]?[0-9]|2[0-4]):[0-5][0-9](:[0-5][0-9])?$"}

    def read(self, node: Node, key: str, report: Report) -> dt.time | Bad:
        parts = re.fullmatch(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", node.text.strip()) if isinstance(node, Scalar) else None
        if parts is None:
            return self.wrong(node, key, report)
        hour, minute, second = int(parts[1]), int(parts[2]), int(parts[3] or 0)
        if (hour, minute, second) == (24, 0, 0):
            return dt.time(0, 0)
        if hour > 23 or minute > 59 or second > 59:
            return self.wrong(node, key, report, "there is no such time")
        return dt.time(hour, minute, second)


def read_moment(text: str) -> dt.datetime | None:
    """A date or a date and time, naive or with an offset; None when it is neither."""
    if not re.match(r"\d{4}-\d\d-\d\d", text):
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    # At the ends of the calendar a moment cannot be moved to another zone.
    return moment if 1900 <= moment.year <= 9000 else None


@dataclass(frozen=True)
class Moment(Kind):
    """A date and time; naive means the site's zone. `words` are accepted beside it and stay text."""

    words: tuple[str, ...] = ()

    @property
    def noun(self) -> str:
        words = "".join(f"`{word}`, " for word in self.words)
        return f"{words}{'or ' if words else ''}a moment such as 2026-06-24 05:30"

    @property
    def label(self) -> str:
        return "".join(f"`{word}` \\| " for word in self.words) + "moment"

    def schema(self) -> Schema:
        moment: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9:.]+([+-][0-9:]+|Z)?)?$"}
        return {"anyOf": [{"enum": list(self.words)}, moment]} if self.words else moment

    def read(self, node: Node, key: str, report: Report) -> dt.datetime | str | Bad:
        if not isinstance(node, Scalar) or node.absent:
            return self.wrong(node, key, report)
        text = " ".join(node.text.split())
        if text in self.words:
            return text
        moment = read_moment(text)
        if moment is not None:
            return moment
        hint = "there is no such date or time" if re.match(r"\d{4}-\d\d-\d\d", text) else ""
        return self.wrong(node, key, report, hint or report.suggest(text, self.words).removeprefix(", "))


@dataclass(frozen=True)
class Zone(Kind):
    """A time zone of the IANA database."""

    @property
    def noun(self) -> str:
        return "a time zone such as Europe/Berlin or UTC"

    @property
    def label(self) -> str:
        return "time zone"

    def schema(self) -> Schema:
        return {"type": "string"}

    def read(self, node: Node, key: str, report: Report) -> str | Bad:
        if not isinstance(node, Scalar) or node.absent:
            return self.wrong(node, key, report)
        name = node.text.strip()
        if find_zone(name) is None:
            return self.wrong(node, key, report, report.suggest(name, zone_names()).removeprefix(", "))
        return name


PeriodWord = Literal["shift", "day", "week", "month", "quarter", "year", "all"]
WINDOW_WORDS: tuple[PeriodWord, ...] = ("shift", "day", "week", "month", "quarter", "year", "all")
WORKING = "working"
LONGEST_WORKING = 2000.0  # hours; about a year's work


@dataclass(frozen=True)
class WindowKind(Kind):
    """The stretch of time of a KPI: a duration, a duration of working time, or a word of the calendar."""

    @property
    def noun(self) -> str:
        return "a duration such as 8h or 8h working, or one of " + ", ".join(f"`{word}`" for word in WINDOW_WORDS)

    @property
    def label(self) -> str:
        return f"duration \\| duration `{WORKING}` \\| " + " \\| ".join(f"`{word}`" for word in WINDOW_WORDS)

    def schema(self) -> Schema:
        working: Schema = {"type": "string", "pattern": f"^{DURATION_PATTERN}{WORKING}$"}
        return {"anyOf": [{"enum": list(WINDOW_WORDS)}, Duration().schema(), working]}

    def read(self, node: Node, key: str, report: Report) -> Window | Bad:
        text = node.text.strip() if isinstance(node, Scalar) else ""
        for word in WINDOW_WORDS:
            if text == word:
                return Window(word)
        if not text[:1].isdigit():
            return self.wrong(node, key, report, report.suggest(text, WINDOW_WORDS).removeprefix(", "))
        working = text.endswith(WORKING)
        try:
            seconds = parse_duration(text.removesuffix(WORKING))
        except ValueError as error:
            return self.wrong(node, key, report, f"it {error}")
        if seconds < 1:
            return self.wrong(node, key, report, "it must be at least 1 s")
        if not working:
            return Window("moving", seconds)
        if seconds > LONGEST_WORKING * 3600:
            return self.wrong(node, key, report, f"it must be at most {LONGEST_WORKING:g}h of working time")
        if re.search(r"[dw]", text.removesuffix(WORKING)):
            return self.wrong(node, key, report, "say working time in hours, for working days differ")
        return Window("working", seconds)
