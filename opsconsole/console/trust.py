"""Parts of the trust line put together for the room there is: worst first, and a count of what is left."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from opsconsole.console.text import Line, clip, fit, line_width, spread, width

WHOLE = ":sources"
"""Where all of it is to be read, as a command."""
_SHORTEST = 12


class Part(Struct, frozen=True):
    """Something to say, the worst before the others; `names`: of what."""

    text: str
    style: str = "dim"
    names: tuple[str, ...] = ()

    def shown(self, most: int | None = None) -> str:
        """As a person reads it; of the names at most so many, and how many there are besides."""
        kept = self.names[:most]
        rest = f" +{len(self.names) - len(kept)}" if len(self.names) > len(kept) else ""
        return f"{self.text}: {', '.join(kept)}{rest}" if self.names else self.text


def together(parts: Sequence[Part], aside: Line, cells: int) -> Line:
    """The parts on one line, with `aside` at its end where there is room.

    Of what is too long fewer names are told, then fewer parts, and it says how many and where they are.
    """
    longest = max((len(part.names) for part in parts), default=0)
    # all names, then fewer, down to one
    for most in range(longest, 0, -1):
        line = _joined([(part.shown(most), part.style) for part in parts])
        if line_width(line) <= cells:
            break
    else:
        line = _joined([(part.shown(), part.style) for part in parts])
    if line_width(line) > cells:
        line = _as_many(parts, cells)
    return spread(line, aside, cells) if line_width(line) + line_width(aside) < cells else fit(line, cells)


def _as_many(parts: Sequence[Part], cells: int) -> Line:
    for kept in range(len(parts) - 1, 0, -1):
        more = f" · {len(parts) - kept} more, see {WHOLE}"
        line = _joined([(part.shown(1), part.style) for part in parts[:kept]])
        if line_width(line) + width(more) <= cells:
            return [*line, (more, "dim")]
    more = f" · {len(parts) - 1} more, see {WHOLE}" if len(parts) > 1 else ""
    worst = clip(parts[0].shown(1), max(_SHORTEST, cells - width(more) - 1))
    return [*_joined([(worst, parts[0].style)]), (more, "dim")]


def _joined(texts: Sequence[tuple[str, str]]) -> Line:
    line: Line = [(" ", "")]
    for at, text in enumerate(texts):
        line += [(" · ", "dim"), text] if at else [text]
    return line
