"""What rules on flows say beyond `late`: `wip: cases > 40`, `bottleneck: share > 50 %`, `bottleneck: sole > 30m`.

Read here with the place of what is wrong. Pure.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from opsconsole.site.duration import PATTERN, parse_duration

CASES_LIKE = "cases > 40 or cases > P95"
STATIONS_LIKE = "sole > 30m or sole > 50 %"
STEPS_LIKE = "share > 50 %"
_NUMBER = r"\d+(?:\.\d+)?|\.\d+"
_PERCENTILE = re.compile(r"[Pp](\d{1,2})")
_SHARE = re.compile(rf"({_NUMBER})\s*(%?)")
_DURATION = re.compile(PATTERN, re.ASCII)


class FlowRuleError(ValueError):
    """What is wrong with it, and the character it is about."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.message = message
        self.at = at


class Wip(NamedTuple):
    """More cases are in progress than `cases`; or, with `share`, than they were for that share of the time so far."""

    cases: float = 0.0
    share: float | None = None


class Stuck(NamedTuple):
    """A bottleneck: a step holds more than `share` of the waiting that goes on (`of` is "share"); or a station is it
    alone for more than `seconds` until now, or for more than `share` of the time looked back on (`of` is "sole")."""

    of: Literal["share", "sole"]
    share: float | None = None
    seconds: float | None = None


def parse_wip(text: str) -> Wip:
    """What `wip` says. Raises FlowRuleError."""
    limit, at = _after(text, ("cases",), CASES_LIKE)
    found = _PERCENTILE.fullmatch(limit)
    if found is not None:
        share = int(found[1]) / 100
        if not 0 < share < 1:
            raise FlowRuleError("a percentile lies between P1 and P99", at)
        return Wip(share=share)
    if not re.fullmatch(_NUMBER, limit):
        raise FlowRuleError(f"expected a number or P95 here, as in `{CASES_LIKE}`", at)
    return Wip(float(limit))


def parse_bottleneck(text: str) -> Stuck:
    """What `bottleneck` says. Raises FlowRuleError."""
    limit, at = _after(text, ("share", "sole"), f"{STEPS_LIKE}, {STATIONS_LIKE}")
    of: Literal["share", "sole"] = "share" if text.startswith("share") else "sole"
    part = _SHARE.fullmatch(limit)
    if part is not None:
        share = float(part[1]) / (100 if part[2] else 1)
        if not 0 < share < 1:
            raise FlowRuleError("a share lies between 0 and 1, as `0.5` or `50 %`", at)
        return Stuck(of, share=share)
    if of == "share":
        raise FlowRuleError(f"expected a share here, as in `{STEPS_LIKE}`", at)
    if not _DURATION.fullmatch(limit):
        raise FlowRuleError(f"expected a duration or a share here, as in `{STATIONS_LIKE}`", at)
    try:
        seconds = parse_duration(limit)
    except ValueError as error:
        raise FlowRuleError(f"`{limit}` {error}", at) from error
    if seconds <= 0:
        raise FlowRuleError("expected more than 0s", at)
    return Stuck(of, seconds=seconds)


def _after(text: str, words: tuple[str, ...], like: str) -> tuple[str, int]:
    """What follows `word >`, and where that begins."""
    found = re.match(rf"({'|'.join(words)})\b\s*(>?)\s*", text)
    if found is None:
        named = " or ".join(f"`{word}`" for word in words)
        raise FlowRuleError(f"expected {named} here, as in `{like}`", 0)
    if not found[2]:
        raise FlowRuleError(f"expected `>` here, as in `{like}`", min(found.end(), max(0, len(text) - 1)))
    return text[found.end() :].strip(), min(found.end(), max(0, len(text) - 1))
