"""What the frame says while a past moment is looked at."""

from __future__ import annotations

from opsconsole.console import fmt
from opsconsole.console.model import Model
from opsconsole.console.text import Line, fit, inert, line_width, spread, width
from opsconsole.console.travel import Travel
from opsconsole.console.trust import Part, together

KEYS = " · {live} live · {step-back} {step-on} step"
"""What leads on from there, by the actions that do it."""


def past_line(travel: Travel, wall: float, cells: int, keys: str = "") -> Line:
    """The first line: the moment that is shown, the one on the way to, how to leave; and the shift of then."""
    live, site = travel.live, travel.model.site
    text = f" AS OF {travel.label(travel.at)}"
    if travel.target is not None:
        text += f" → {travel.label(travel.target)} …"
    style = "bold reverse"
    if live.ended is not None:
        style, text = "critical reverse", f"{text} · ENGINE STOPPED: {inert(live.ended)}"
    elif live.lost_at is not None:
        style, text = "critical reverse", f"{text} · ENGINE LOST {fmt.grain(wall - live.lost_at)} ago"
    elif width(text) + width(keys) <= cells:
        text += keys
    shift: Line = []
    if site is not None and site.shift is not None and live.lost_at is None:
        start, end = (fmt.hour_minute(each, site.timezone) for each in (site.shift.start, site.shift.end))
        shift = [(f"{inert(site.shift.name)} {start}–{end} ", style)]
    if shift and width(text) + line_width(shift) < cells:
        return [(part, style) for part, _ in spread([(text, style)], shift, cells)]
    return [(part, style) for part, _ in fit([(text, style)], cells)]


def trust_then(model: Model, cells: int) -> Line:
    """How far the numbers of then can be trusted: by event time, as arrival is not known."""
    sources = list(model.sources.values())
    silent = [source for source in sources if source.status == "asof" and source.note and source.time]
    empty = [source for source in sources if source.status == "nodata"]
    timeless = [source for source in sources if source.status == "asof" and not source.time]
    parts = [
        Part(words, style, tuple(inert(source.title or source.name) for source in found))
        for found, words, style in (
            (silent, "◌ silent then", "warning"),
            (empty, "○ no rows up to then", "warning"),
            (timeless, "without times, as now", "dim"),
        )
        if found
    ]
    rest = len(sources) - len(silent) - len(empty) - len(timeless)
    if rest:
        parts.append(Part(f"≤ {fmt.count(rest, 'source')} by rows up to then, as known now"))
    return together(parts, [(f"all times {model.timezone} ", "dim")], cells)
