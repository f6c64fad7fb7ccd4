"""Durations as people write them, `10s`, `8h`, `1h30m`, `400d`, to seconds and back."""

from __future__ import annotations

import re

UNITS = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
LONGEST = 36500 * 86400.0
PATTERN = r"(?:\d+(?:\.\d+)?(?:ms|min|[wdhms]) ?)+"

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|min|[wdhms])\s*")
_BARE = re.compile(r"\d+(?:\.\d+)?")


def parse_duration(text: str) -> float:
    """Seconds of a duration; parts go from the largest unit to the smallest (w, d, h, m or min, s, ms).

    Raises ValueError with what is wrong in one phrase.
    """
    text = text.strip()
    if _BARE.fullmatch(text):
        raise ValueError(f"has no unit; write {text[:12]}s, {text[:12]}m or {text[:12]}h")
    total, at, last = 0.0, 0, float("inf")
    while at < len(text):
        part = _PART.match(text, at)
        if part is None:
            raise ValueError("is no duration")
        size = UNITS["m" if part[2] == "min" else part[2]]
        if size >= last:
            raise ValueError("has its units out of order; the largest comes first")
        total, at, last = total + float(part[1]) * size, part.end(), size
    if not text:
        raise ValueError("is empty")
    if total > LONGEST:
        raise ValueError("is longer than 100 years")
    return round(total, 3)


def format_duration(seconds: float) -> str:
    """The shortest text that `parse_duration` reads as these seconds; `0s` for none."""
    left = round(seconds * 1000)
    text = ""
    for unit in ("d", "h", "m", "s", "ms"):
        size = round(UNITS[unit] * 1000)
        count, left = divmod(left, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"
