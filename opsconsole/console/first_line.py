"""The first line: site, shift and clock, or what takes their place: AS OF, PAUSED, and over which range one looks."""

from __future__ import annotations

from opsconsole.console import frame, when
from opsconsole.console.host import Program
from opsconsole.console.past import KEYS, past_line
from opsconsole.console.text import Line, clip, fit, inert, line_width, spread, width

ROOMY = 20
"""From so many lines on there is room for the bar."""
NAME = 10
"""So many cells at least are left to the name of the site beside a range."""


def first_lines(program: Program, cells: int, lines: int) -> list[Line]:
    """One line; more where a banner leaves no room to say the range that is looked over, and in the past a bar."""
    travel, live, wall = program.travel, program.travel.live, program.wall()
    over = _over(program) if travel.over else []
    instead = program.history.current.banner(cells)
    if instead is not None and live.lost_at is None and live.ended is None:
        return [instead]
    if travel.at:
        bar = program.scrubber.line(cells) if lines >= ROOMY else []
        out = [past_line(travel, wall, cells, program.told(KEYS)), *([bar] if bar else [])]
    elif program.pause.on:
        out = [program.pause.line(live, wall, program.registry.hint("pause"), cells)]
    else:
        line = frame.top_line(program.model, program.now(), wall, cells)
        banner = live.lost_at is not None or live.ended is not None or live.alert_counts.flood_since is not None
        if not over or program.model.site is None:
            return [line]
        beside = [] if banner else _beside(program, over, cells)
        out = [line] if not beside else [beside]
        over = [] if beside else over
    return [*out, fit(over, cells)] if over else out


def _over(program: Program) -> Line:
    """The range, in reverse where the screen is over it; on another screen, that it waits."""
    travel = program.travel
    said = inert(travel.over_said(travel.over))
    if program.history.current.address.view in when.VIEWS:
        return [(f" RANGE {said} ", "bold reverse"), (f" {program.registry.hint('own-range')} ends it", "dim")]
    return [(f" range {said} · not on this screen", "dim")]


def _beside(program: Program, over: Line, cells: int) -> Line:
    """The range between the name of the site and the clock; empty where there is no room."""
    site = program.model.site
    assert site is not None
    time = frame.clock(program.model, program.now(), short=cells < 100)
    for shown in (over, over[:1]):
        room = cells - line_width(time) - line_width(shown) - 3
        if room >= min(NAME, width(inert(site.name))):
            return spread([(f" {clip(inert(site.name), room)} ", "bold"), *shown], time, cells)
    return []
