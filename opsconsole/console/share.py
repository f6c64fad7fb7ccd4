"""How panels below each other share the lines of a screen. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct


class Need(Struct, frozen=True):
    """How many lines a panel needs at least, asks for in its file (None: a share), wants to show all, can make use of.

    `air`: with tiles: their lines and an empty one, before they grow further.
    """

    least: int
    asked: int | None = None
    wanted: int = 0
    most: int = 0
    air: int = 0

    @property
    def aim(self) -> int:
        """The lines it has where there is enough for all."""
        return max(self.least, self.wanted if self.asked is None else self.asked)


def share(needs: Sequence[Need], lines: int) -> list[int]:
    """A height for each, never below its least: what is asked for, then what is wanted, then what helps further.

    They grow by one line each in turn, so that none starves another. Where not even the least fits, the last get what
    is left.
    """
    heights = [need.least for need in needs]
    spare = lines - sum(heights)

    def grow(towards: Sequence[int]) -> None:
        nonlocal spare
        while spare > 0 and any(height < goal for height, goal in zip(heights, towards, strict=True)):
            for at, goal in enumerate(towards):
                if heights[at] < goal and spare > 0:
                    heights[at] += 1
                    spare -= 1

    grow([need.asked or 0 for need in needs])
    grow([need.wanted if need.asked is None else 0 for need in needs])
    for at, need in enumerate(needs):
        # beyond the height its author gave, a panel grows only if that shows all of it
        if need.asked is not None and 0 < need.wanted - heights[at] <= spare - 1:
            grow([need.wanted if other == at else 0 for other in range(len(needs))])
    grow([need.air for need in needs])
    grow([need.most if need.air else 0 for need in needs])
    grow([need.most if need.asked is None else 0 for need in needs])
    grow([need.most for need in needs])
    return heights
