"""What the columns of a source are good for: its time, its measures, its categories."""

from __future__ import annotations

import datetime as dt
import re
import statistics
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from opsconsole.engine.draft_sample import Column, Sample

TIMES = ("time", "zoned", "date")
NUMBERS = ("integer", "number")
_SUMMED = frozenset(
    "qty quantity count cnt counts amount total totals units pieces pcs sales revenue volume produced output completed "
    "rejected scrap scrapped defects defective attendances breaches admissions orders items errors kwh energy "
    "consumption cost costs bytes".split()
)
_MEANT = frozenset(
    "delay temp temperature rate ratio percent pct percentage speed pressure duration latency age score level avg mean "
    "utilization utilisation load humidity torque weight thickness voltage current power wear value cycle wait "
    "lead response".split()
)
_NEVER = frozenset(
    "id ids uid udi no nr num number code index idx key uuid guid pid tid port zip postcode phone lat lon lng latitude "
    "longitude tz year month day hour minute second week weekday quarter date t i n seq sequence step row line version "
    "flight".split()
)
_CATEGORIES = frozenset(
    "line station machine type kind category carrier origin dest destination region country site plant area zone "
    "department dept org organisation organization unit team group shift product material status state result reason "
    "event level severity priority channel resource operator user worker customer supplier activity task host server "
    "service queue model manufacturer variant source".split()
)
_UNITS = {
    "s": "s", "sec": "s", "secs": "s", "seconds": "s", "ms": "ms", "min": "min", "mins": "min", "minutes": "min",
    "h": "h", "hours": "h", "k": "K", "c": "°C", "rpm": "rpm", "nm": "Nm", "kg": "kg", "kw": "kW", "kwh": "kWh",
    "pct": "%", "percent": "%", "bar": "bar", "mm": "mm", "km": "km", "v": "V", "w": "W", "hz": "Hz", "eur": "EUR",
    "usd": "USD", "%": "%", "°c": "°C",
}  # fmt: skip


class Measure(Struct):
    """A number worth showing. `share`: of rows in which it is true or 1, in percent."""

    column: Column
    how: Literal["sum", "mean", "share"]
    unit: str
    title: str


class Roles(Struct):
    """`gap` and `wide` are the median and the 95th percentile of seconds between different event times."""

    time: Column | None
    measures: list[Measure]
    dimensions: list[str]
    gap: float | None = None
    wide: float | None = None


def roles_of(sample: Sample) -> Roles:
    """Judge the columns of a sample, the best first. Columns whose names cannot be shown have no role."""
    columns = [column for column in sample.columns if column.name.isprintable()]
    time = _time(columns)
    gaps = _gaps(time) if time else []
    roles = Roles(time, _measures(columns), _dimensions(columns))
    if gaps:
        roles.gap, roles.wide = statistics.median(gaps), gaps[int(len(gaps) * 0.95)]
    return roles


def tokens(name: str) -> list[str]:
    """The words of a name, lower case: `cycleTime_s [min]` has cycle, time, s, min."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.lower() for word in re.split(r"[^A-Za-z%°]+", spaced) if word]


def _time(columns: list[Column]) -> Column | None:
    best, best_score = None, 0.0
    for column in columns:
        filled = column.filled
        if column.kind not in TIMES or not filled or len(filled) < 0.5 * len(column.values):
            continue
        words = set(tokens(column.name))
        score = 2.0 if column.kind != "date" else 1.0
        score += 1.0 if words & {"ts", "timestamp", "time", "event", "when", "datetime"} else 0.0
        score += 0.5 if words & {"start", "begin", "created", "period", "date"} else 0.0
        score -= 1.5 if words & {"end", "due", "deadline", "planned", "finish", "finished", "stop", "expiry"} else 0.0
        score += len(filled) / len(column.values)
        in_order = sum(1 for one, other in pairwise(filled) if one <= other)
        score += in_order / max(1, len(filled) - 1)
        if score > best_score:
            best, best_score = column, score
    return best


def _gaps(column: Column) -> list[float]:
    moments: list[dt.datetime] = sorted(set(column.filled))
    return sorted((later - one).total_seconds() for one, later in pairwise(moments))


# --- measures --------------------------------------------------------------------------------------------------


def _measures(columns: list[Column]) -> list[Measure]:
    found: list[tuple[int, int, Measure]] = []
    for position, column in enumerate(columns):
        words = tokens(column.name)
        if column.kind == "boolean":
            found.append((2, position, Measure(column, "share", "%", title_of(column.name))))
        elif column.kind in NUMBERS and not _is_no_measure(column, words):
            measure = _measure(column, words)
            known = bool(set(words) & (_SUMMED | _MEANT)) or bool(measure.unit)
            found.append((0 if known else 1, position, measure))
    return [measure for _, _, measure in sorted(found, key=lambda entry: entry[:2])]


def _is_no_measure(column: Column, words: list[str]) -> bool:
    values: list[float] = column.filled
    if not values or set(words) & _NEVER or (words and words[-1].endswith("id")):
        return True
    if len(values) > 50 and len(set(values)) == 1:
        return True
    if any(value != int(value) for value in values):
        return False
    steps = [later - value for value, later in pairwise(values)]
    if len(steps) > 3 and steps.count(steps[0]) > 0.9 * len(steps) and steps[0] != 0:
        return True  # a running number
    # Times of day written as 1745.
    return "time" in words and max(values) > 1000 and max(values) <= 2400 and all(value % 100 < 60 for value in values)


def _measure(column: Column, words: list[str]) -> Measure:
    values: list[float] = column.filled
    title, unit = title_of(column.name), _unit(column.name, words)
    if set(values) <= {0.0, 1.0} and len(values) > 5:
        return Measure(column, "share", "%", title)
    whole = all(value == int(value) and value >= 0 for value in values)
    plural = whole and len(words[-1]) > 3 and words[-1].endswith("s") if words else False
    summed = bool(set(words) & _SUMMED) or plural
    if unit or set(words) & _MEANT or not summed:
        how: Literal["sum", "mean"] = "sum" if unit in ("kWh", "EUR", "USD") else "mean"
        return Measure(column, how, unit, title)
    return Measure(column, "sum", unit, title)


def _unit(name: str, words: list[str]) -> str:
    bracketed = re.search(r"[\[(]([^\])]{1,8})[\])]\s*$", name)
    if bracketed:
        return bracketed[1].strip()
    last = words[-1] if len(words) > 1 else ""
    return "%" if name.strip().endswith("%") else _UNITS.get(last, "")


def title_of(name: str) -> str:
    """A column's or a file's name as a heading, without its unit."""
    text = re.sub(r"\s*[\[(][^\])]*[\])]\s*$", "", name)
    parts = [part for part in re.split(r"[_\s.:/]+", text) if part]
    if len(parts) > 1 and parts[-1].lower() in _UNITS:
        parts.pop()
    text = " ".join(parts) or name
    return text[:1].upper() + text[1:]


# --- categories ------------------------------------------------------------------------------------------------


def _dimensions(columns: list[Column]) -> list[str]:
    found: list[tuple[float, int, str]] = []
    for position, column in enumerate(columns):
        filled = column.filled
        named = bool(set(tokens(column.name)) & _CATEGORIES)
        if column.kind not in ("text", "integer") or column.as_text or len(filled) < 0.4 * len(column.values):
            continue
        distinct = len(set(filled))
        most = 500 if named or distinct * 3 <= len(filled) else 60
        if not 2 <= distinct <= min(most, max(2.0, 0.5 * len(filled))):
            continue
        if column.kind == "integer" and not (named and 3 <= distinct <= 40):
            continue
        if column.kind == "text" and statistics.fmean(len(value) for value in filled) > 32:
            continue
        score = (2.0 if named else 0.0) + (1.0 if 3 <= distinct <= 25 else 0.0) - (1.0 if distinct > 60 else 0.0)
        found.append((-score, position, column.name))
    return [name for _, _, name in sorted(found)[:4]]
