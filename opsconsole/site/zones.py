"""Time zones by name, without the many ways in which looking one up can fail."""

from __future__ import annotations

import re
import zoneinfo

_NAME = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")


def find_zone(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone, or None when there is none of that name."""
    if len(name) > 64 or not _NAME.fullmatch(name):
        return None
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):  # a folder such as "Europe" is an OSError
        return None


def zone_names() -> set[str]:
    """All zones of this machine; reads the whole database, so only for suggestions."""
    return zoneinfo.available_timezones()
