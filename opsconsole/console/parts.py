"""Parts of a text that share the lines there are: each has a least and a most, the more important ones come first."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from opsconsole.console.text import Line


class Part(Struct, frozen=True):
    """Lines that belong together. `rank` 0 is the most important; parts are shown in the order they are given in.

    `after`: who comes sooner when the rest of the room is shared (the rank, unless set); with `jump` it takes that many
    lines or stays at its least.
    """

    rank: int
    least: int
    most: int
    draw: Callable[[int], list[Line]]
    after: int | None = None
    jump: int = 0


def fixed(rank: int, lines: Sequence[Line], least: int | None = None, after: int | None = None) -> Part:
    """A part of lines that are there already: all of them, or at least the first `least`."""
    kept = list(lines)
    return Part(rank, len(kept) if least is None else min(least, len(kept)), len(kept), lambda room: kept[:room], after)


def shared(parts: Sequence[Part], lines: int) -> list[Line]:
    """At most `lines` lines: every part its least as far as they go, then the rest of each, by rank."""
    room = lines
    given = [0] * len(parts)
    order = sorted(range(len(parts)), key=lambda at: parts[at].rank)
    for at in order:
        if 0 < parts[at].least <= room:
            given[at] = parts[at].least
            room -= given[at]
    for at in sorted(order, key=lambda at: parts[at].rank if parts[at].after is None else parts[at].after or 0):
        more = min(room, parts[at].most - given[at])
        if given[at] and given[at] + more >= parts[at].jump:
            given[at] += more
            room -= more
    return [line for at, part in enumerate(parts) if given[at] for line in part.draw(given[at])]
