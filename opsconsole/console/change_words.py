"""What is typed to mark a change: `scrap line=3 at 14:00: new tip on the weld gun`. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection

from opsconsole.engine.messages import ChangeMark

USAGE = "KPI[,KPI] [DIM=MEMBER …] [at TIME:] WHAT was changed"
_MOST_WORDS = 3
"""A moment has so many words at most: `2026-06-24 at 10:00` is none, `shift - 1` is one."""


class ChangeError(ValueError):
    """What was typed marks no change; one sentence for a person."""


def change_of(text: str, kpis: Collection[str], moment: Callable[[str], float]) -> ChangeMark:
    """The change that is meant; without a moment it is now (`at` 0).

    `kpis`: the names there are; `moment` reads a moment and raises ValueError for what is none. The moment ends with
    `:`, or where what follows is no part of one. Raises ChangeError.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()  # an apostrophe in what was changed is no quotation mark
    if not words:
        raise ChangeError(f"of which KPI, and what was changed? :change {USAGE}")
    names = [name for name in words[0].split(",") if name]
    for name in names:
        if name not in kpis:
            raise ChangeError(f"there is no KPI {name}: :change {USAGE}")
    rest = words[1:]
    where: dict[str, str] = {}
    while rest and "=" in rest[0] and not rest[0].startswith("="):
        name, _, member = rest.pop(0).partition("=")
        where[name] = member
    at = 0.0
    if rest[:1] == ["at"]:
        at, rest = _moment(rest[1:], moment)
    if not rest:
        raise ChangeError(f"say what was changed: :change {USAGE}")
    return ChangeMark(kpis=names, where=where, at=at, text=" ".join(rest))


def _moment(words: list[str], moment: Callable[[str], float]) -> tuple[float, list[str]]:
    """A moment and the words after it: the longest start of the words that is one."""
    trouble = ""
    for used in range(min(_MOST_WORDS, len(words)), 0, -1):
        typed = " ".join(words[:used])
        try:
            return moment(typed.removesuffix(":")), words[used:]
        except ValueError as error:
            trouble = str(error)
    raise ChangeError(trouble or f"at which moment? :change {USAGE}")
