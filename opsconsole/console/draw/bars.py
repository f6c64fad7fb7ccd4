"""Bars beside each other's names, and the shares of a whole with their running total (Pareto). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from opsconsole.console.text import Line

VITAL = 0.8
"""The vital few are the fewest members that together make this part of the whole (Juran)."""
EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(value: float | None, low: float, high: float, cells: int, style: str, limit: float | None = None) -> Line:
    """A bar from zero to `value` on a scale from `low` to `high` (zero lies on it), with a limit as a mark (╎)."""
    if cells <= 0 or high <= low:
        return []
    marks = [(" ", "")] * cells
    if value is not None:
        zero, end = (cells * (point - low) / (high - low) for point in (0.0, value))
        start, stop = sorted((zero, end))
        for x in range(cells):
            part = min(stop, x + 1) - max(start, x)
            if part >= 0.99:
                marks[x] = ("█", style)
            elif part > 0:
                # a bar to the left of zero has no blocks that fill from the right: whole cells then
                sign = EIGHTHS[max(1, int(part * 8))] if value >= 0 else "█"
                marks[x] = (sign, style)
        if value == 0 and zero < cells:
            marks[int(zero)] = ("▏", style)
    if limit is not None and low <= limit <= high:
        at = min(cells - 1, int(cells * (limit - low) / (high - low)))
        if marks[at][0] == " ":
            marks[at] = ("╎", "dim")
    out: Line = []
    for text, own in marks:
        if out and out[-1][1] == own:
            out[-1] = (out[-1][0] + text, own)
        else:
            out.append((text, own))
    return out


class Share(Struct, frozen=True):
    """A member's part of the whole: its place in the breakdown, its share and the running total (0..1).

    `vital`: it is one of the few that together make most of the whole.
    """

    at: int
    share: float
    running: float
    vital: bool


def shares(values: Sequence[float | None]) -> list[Share]:
    """Members by their share of the whole, the largest first; what is missing or not above zero has none."""
    known = sorted(((value, at) for at, value in enumerate(values) if value is not None and value > 0), reverse=True)
    known.sort(key=lambda each: (-each[0], each[1]))
    total = sum(value for value, _ in known)
    out: list[Share] = []
    running = 0.0
    for value, at in known:
        vital = running / total < VITAL - 1e-9
        running += value
        out.append(Share(at, value / total, running / total, vital))
    return out


def stair(share: Share, cells: int, style: str) -> Line:
    """A share as a bar that begins where the running total of those before it ended: the stairs of a Pareto chart."""
    end = min(cells, max(1, round(share.running * cells)))
    start = min(end - 1, max(0, round((share.running - share.share) * cells)))
    return [("┄" * start, "dim"), ("█" * (end - start), style), (" " * (cells - end), "")]
