"""What a rule on a forecast says: `crosses critical within 2h, probability > 0.8`. Read here with the place of what is
wrong. Pure."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from opsconsole.site.duration import PATTERN, parse_duration

LIKELY = 0.8
"""Above which probability an alert is raised unless the rule says another."""
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)"
_PARTS = (
    (re.compile(r"\s*crosses\b"), "`crosses`"),
    (re.compile(rf"\s*(critical|warning|{_NUMBER}(?=\s))"), "`critical`, `warning` or a bare number"),
    (re.compile(r"\s*within\b"), "`within`"),
    (re.compile(rf"\s*({PATTERN})", re.ASCII), "a duration such as `2h`"),
)
_LIKELY = re.compile(rf"\s*,\s*probability\s*>\s*({_NUMBER})\s*(%?)")


class Crosses(NamedTuple):
    """The KPI is forecast to cross a limit within so many seconds, with more than this probability (0 to 1)."""

    limit: Literal["critical", "warning"] | float
    within: float
    probability: float = LIKELY


class ForecastError(ValueError):
    """What is wrong with it, and the character it is about."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


def parse(text: str) -> Crosses:
    """What a text says. Raises ForecastError."""
    at, found = 0, []
    for pattern, wanted in _PARTS:
        match = pattern.match(text, at)
        if match is None:
            raise ForecastError(f"expected {wanted} here, as in `crosses critical within 2h`", _next(text, at))
        found.append((match[match.lastindex or 0].strip(), match.start(match.lastindex or 0)))
        at = match.end()
    limit, (duration, place) = found[1][0], found[3]
    try:
        within = parse_duration(duration)
    except ValueError as error:
        raise ForecastError(f"`{duration}` {error}", place) from error
    if within <= 0:
        raise ForecastError("expected more than 0s", place)
    probability = LIKELY
    if text[at:].strip():
        likely = _LIKELY.fullmatch(text.rstrip(), at)
        if likely is None:
            raise ForecastError("expected `, probability > 0.8` or nothing here", _next(text, at))
        probability = float(likely[1]) / (100 if likely[2] else 1)
        if not 0 < probability < 1:
            raise ForecastError("a probability lies between 0 and 1, as `0.8` or `80 %`", likely.start(1))
    named: Literal["critical", "warning"] | float
    named = "critical" if limit == "critical" else "warning" if limit == "warning" else float(limit)
    return Crosses(named, within, probability)


def _next(text: str, at: int) -> int:
    """The next character that is no space; the last one at the end."""
    return min(at + len(text[at:]) - len(text[at:].lstrip()), max(0, len(text) - 1))
