"""Words for people: the nearest known name, and text from files made fit to be shown in a message."""

from __future__ import annotations

import re
from collections.abc import Iterable

IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
LONGEST_NAME = 63


def is_identifier(name: str) -> bool:
    """Whether a name can stand in SQL, in a command line and in a file name without quotes."""
    return len(name) <= LONGEST_NAME and IDENTIFIER.fullmatch(name) is not None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was most likely meant to be, or None when nothing is near."""
    if not name or len(name) > LONGEST_NAME:  # comparing long texts is slow, and they are no slip of the finger
        return None
    by_folded = {candidate.casefold(): candidate for candidate in sorted(known, reverse=True)}
    from difflib import get_close_matches  # a start has no misspelt name in it

    found = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`, did you mean …?` with the nearest known name, or nothing."""
    near = nearest(name, known)
    return f", did you mean `{near}`?" if near is not None else ""


def listed(names: Iterable[str], most: int = 8) -> str:
    """Names as a phrase: `a`, `b` and 3 more."""
    every = [f"`{show(name)}`" for name in names]
    if len(every) > most:
        return f"{', '.join(every[:most])} and {len(every) - most} more"
    return ", ".join(every)


def show(text: str, most: int = 40) -> str:
    """Text from a file, on one line, without anything a terminal would obey, cut to `most` characters."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in cut)
