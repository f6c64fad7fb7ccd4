"""Kinds of values that are about days: weekdays, dates, and days of the year with names."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from opsconsole.site.kinds import BAD, Bad, Kind, Schema
from opsconsole.site.model import Weekdays, YearDay
from opsconsole.site.report import Report
from opsconsole.site.tree import Mapping, Node, Scalar, Sequence

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WORDS = {name: index for names in (WEEKDAYS, _LONG) for index, name in enumerate(names)}
_WEEKDAY = "|".join([*_LONG, *WEEKDAYS])


@dataclass(frozen=True)
class Days(Kind):
    """Weekdays: `mon`, `mon-fri`, `fri-mon`, or a list of such."""

    @property
    def noun(self) -> str:
        return "weekdays such as mon-fri or [mon, wed, fri]"

    @property
    def label(self) -> str:
        return "weekdays"

    def schema(self) -> Schema:
        one: Schema = {"type": "string", "pattern": f"^({_WEEKDAY})( *- *({_WEEKDAY}))?$"}
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}

    def read(self, node: Node, key: str, report: Report) -> Weekdays | Bad:
        items = node.items if isinstance(node, Sequence) else [node]
        found: set[int] = set()
        for item in items:
            days = self.days(item.text) if isinstance(item, Scalar) else None
            if days is None:
                last = item.text.split("-")[-1].strip() if isinstance(item, Scalar) else ""
                return self.wrong(item, key, report, report.suggest(last, WEEKDAYS).removeprefix(", "))
            found |= days
        return tuple(sorted(found)) if found else self.wrong(node, key, report)

    @staticmethod
    def days(text: str) -> set[int] | None:
        """The days of one word or range; None when it is neither."""
        ends = [_WORDS.get(part.strip().casefold()) for part in text.split("-")]
        first, last = ends[0], ends[-1]
        if first is None or last is None or len(ends) > 2:
            return None
        return {(first + step) % 7 for step in range((last - first) % 7 + 1)}


@dataclass(frozen=True)
class Date(Kind):
    """A date."""

    @property
    def noun(self) -> str:
        return "a date such as 2026-01-05"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}

    def read(self, node: Node, key: str, report: Report) -> dt.date | Bad:
        day = read_day(node.text) if isinstance(node, Scalar) else None
        if day is None or not day[0]:
            return self.wrong(node, key, report)
        return dt.date(*day)


@dataclass(frozen=True)
class YearDays(Kind):
    """Days: dates, or `12-24` for that day of every year; with `named` a mapping of such to names."""

    named: bool = False

    @property
    def noun(self) -> str:
        if self.named:
            return "a mapping of days such as 2026-01-05, or 12-24 for every year, to names"
        return "days such as 2026-01-05, or 12-24 for every year"

    @property
    def label(self) -> str:
        return "day: name" if self.named else "list of days"

    def schema(self) -> Schema:
        pattern = "^([0-9]{4}-)?[0-9]{2}-[0-9]{2}$"
        if self.named:
            names: Schema = {"type": ["object", "null"], "propertyNames": {"pattern": pattern}}
            return names | {"additionalProperties": {"type": ["string", "number"]}}
        one: Schema = {"type": "string", "pattern": pattern}
        return {"anyOf": [one, {"type": ["array", "null"], "items": one}]}

    def read(self, node: Node, key: str, report: Report) -> tuple[YearDay, ...] | tuple[tuple[YearDay, str], ...] | Bad:
        if isinstance(node, Scalar) and node.absent:
            return ()
        if self.named:
            return self._names(node, key, report)
        found = []
        for item in node.items if isinstance(node, Sequence) else [node]:
            day = read_day(item.text) if isinstance(item, Scalar) else None
            if day is None:
                return self.wrong(item, key, report)
            found.append(day)
        return tuple(found)

    def _names(self, node: Node, key: str, report: Report) -> tuple[tuple[YearDay, str], ...] | Bad:
        if not isinstance(node, Mapping):
            return self.wrong(node, key, report)
        found = []
        for text, (day_node, name) in node.entries.items():
            day = read_day(text)
            if day is None:
                self.wrong(day_node, key, report)
                return BAD
            named = isinstance(name, Scalar) and not name.absent and name.text.isprintable()
            if not isinstance(name, Scalar) or not named:
                return self.wrong(name, text, report, "give the day a name")
            found.append((day, name.text.strip()))
        return tuple(found)


def read_day(text: str) -> YearDay | None:
    """A date, or a day of every year (year 0); None where there is no such day."""
    parts = re.fullmatch(r"(?:(\d{4})-)?(\d{2})-(\d{2})", text.strip(), re.ASCII)
    if parts is None:
        return None
    year = int(parts[1] or 0)
    try:
        # 29 February is a day of every fourth year
        dt.date(year or 2000, int(parts[2]), int(parts[3]))
    except ValueError:
        return None
    if parts[1] and not 1900 <= year <= 9000:
        return None
    return year, int(parts[2]), int(parts[3])
