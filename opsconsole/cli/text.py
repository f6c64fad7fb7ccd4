"""Plain text and JSON that cannot drive the terminal they are shown on."""

from __future__ import annotations

import json
import re
from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.site.figures import iso

# Fields that are moments: seconds since the epoch on the wire, ISO 8601 with offset in JSON.
_MOMENTS = frozenset(
    {
        "at", "wall", "start", "end", "trend_start", "since", "acked_at", "last_event", "last_arrival", "arrived",
        "retry_at", "as_of", "until", "put_at", "flood_since", "started", "noted", "first", "last", "cutoff", "entered",
    }
)  # fmt: skip
_HIDDEN = frozenset({"layouts", "grids", "breakdowns", "ended"})
# JSON leaves these as they are; a terminal would act on them. Each is one character of `\\uXXXX`.
_ACTING = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def plain(value: Any, zone: ZoneInfo) -> Any:
    """Wire values as JSON values: moments as ISO text, what only a screen needs left out."""
    if isinstance(value, dict):
        return {
            key: iso(item, zone) if key in _MOMENTS and isinstance(item, int | float) else plain(item, zone)
            for key, item in value.items()
            if key not in _HIDDEN
        }
    if isinstance(value, list):
        return [plain(item, zone) for item in value]
    return value


def dump(value: Any, indent: int | None = 1) -> str:
    """JSON text."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def sentence(error: Exception) -> str:
    """What an error says, on as many lines as it has: it may quote what stands in a file."""
    return "\n".join(map(inert, str(error).split("\n")))


def inert(text: str) -> str:
    """Text with control characters made visible, so that a file cannot drive the terminal it is shown on."""
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
