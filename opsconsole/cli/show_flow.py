"""What `opsconsole flow` prints: the steps of cases with their waits, who will be late; or stations and bottlenecks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from opsconsole.cli.text import dump, inert, plain
from opsconsole.engine import flow_words as words
from opsconsole.engine.messages import FlowState
from opsconsole.site.figures import clipped, count, duration, number, padded, width

_CASES = 20
_LONGEST = 36
_WAY = 100
_FEW = 5
_STRETCHES = 10


def flow_json(state: FlowState, timezone: str) -> str:
    """All of it; durations in seconds, moments as ISO texts."""
    return dump(plain(msgspec.to_builtins(state), ZoneInfo(timezone)))


def flow_text(state: FlowState, timezone: str = "UTC") -> str:
    """A page of text."""
    if not state.flow:
        return "\n".join(["this site has no flows: name one under `flows:` in site.yaml, such as", *words.EXAMPLE])
    if state.waits:
        return f"{inert(state.title)}: {inert(state.waits)}"
    lines = _stations(state) if state.kind == "stations" else [*_cases(state), *_more(state, ZoneInfo(timezone))]
    lines += [f"  {line}" for line, _ in words.trust(state)]
    return "\n".join(map(inert, lines))


def _cases(state: FlowState) -> list[str]:
    head = f"{state.title}: {count(state.all, 'case')}, {number(state.open)} open"
    if state.limited:
        head += f", {number(state.late)} late already, {number(state.likely)} likely to be"
    closed = state.closed
    if closed.median is not None:
        head += f"; a case takes {words.length(closed.median)} (median), {words.length(closed.mean)} (mean)"
    lines = [head, *(f"bottleneck: {each}" for each in words.bottleneck(state))]
    lines += [*(f"now: {each}" for each in words.now_waiting(state)), ""]
    rows: list[tuple[str, ...]] = [
        ("step", "n", "there", "waiting in all", "median", "mean", "p95", "service", "again")
    ]
    for step in state.steps:
        waiting = step.waiting
        numbers = (
            number(step.n), number(step.waits + step.works), duration(waiting.sum), words.length(waiting.median),
            words.length(waiting.mean), words.length(waiting.p95), words.length(step.service.median),
            number(step.again),
        )  # fmt: skip
        rows.append((clipped(step.name, _LONGEST), *numbers))
    lines += table(rows)
    if state.cases:
        lines += ["", "open cases, those most likely late first" if state.limited else "open cases, the oldest first"]
        listed: list[tuple[str, ...]] = [
            (
                "case", "where", "open for", "there for", "stage", "P50", "P85", "P95", "due in", "late",
                "half done in",
            )
        ]  # fmt: skip
        listed += [
            (
                each.case, clipped(words.where(each), _LONGEST), duration(each.age), duration(each.stay),
                words.band(each), *map(words.brief, (each.stay_p50, each.stay_p85, each.stay_p95)),
                words.length(each.remaining), words.chance(each), words.length(each.half),
            )
            for each in state.cases[:_CASES]
        ]  # fmt: skip
        lines += table(listed, left=2)
        if state.open > _CASES:
            lines.append(f"  {number(_CASES)} of {number(state.open)}; --json has up to {number(len(state.cases))}")
    return lines


def _more(state: FlowState, zone: ZoneInfo) -> list[str]:
    """The ways cases take, who hands on to whom, what is done again, and how it went over time."""
    lines: list[str] = []
    if state.variants:
        rows: list[tuple[str, ...]] = [("share", "cases", "median", "mean", "way")]
        for way in state.variants[:_FEW]:
            figures = (words.percent(way.share), number(way.n), words.brief(way.median), words.brief(way.mean))
            rows.append((*figures, clipped(words.way(way.steps), _WAY)))
        lines += ["", words.covered(state), *table(rows, left=0, last=True)]
    for title, edges, total in (
        ("moves from step to step", state.edges, state.moves), ("hand-offs", state.handoffs, state.passes)
    ):  # fmt: skip
        if edges:
            rows = [("from", "to", "n", "in all", "median", "mean", "p95")]
            for each in edges[:_FEW]:
                took = each.between
                times = (took.sum, took.median, took.mean, took.p95)
                ends = (clipped(each.before, _LONGEST), clipped(each.after, _LONGEST))
                rows.append((*ends, number(took.n), *map(words.brief, times)))
            shown = min(_FEW, len(edges))
            lines += ["", f"{title}, {number(shown)} of {number(total)}, the longest in all", *table(rows, left=2)]
    again = sorted((each for each in state.steps if each.again), key=lambda step: -step.again)
    if again:
        rows = [("done again", "cases", "times", "at once", "took")]
        for step in again[:_FEW]:
            counts = map(number, (step.again, step.repeats, step.loops))
            rows.append((clipped(step.name, _LONGEST), *counts, words.brief(step.redone)))
        lines += ["", *table(rows)]
    return [*lines, *_course(state, zone)]


def _course(state: FlowState, zone: ZoneInfo) -> list[str]:
    """The last stretches: how many came and went, and how many were in progress at their end."""
    course = state.course
    if course is None:
        return []
    rows: list[tuple[str, ...]] = [("until", "came", "closed", "in progress")]
    count_ = len(course.arrived)
    for at in range(max(0, count_ - _STRETCHES), count_):
        end = min(course.start + (at + 1) * course.step, course.until)
        came = course.arrived[at] - (course.arrived[at - 1] if at else 0)
        left = course.left[at] - (course.left[at - 1] if at else 0)
        when = dt.datetime.fromtimestamp(end, zone).strftime("%Y-%m-%d %H:%M")
        rows.append((when, number(came), number(left), number(course.arrived[at] - course.left[at])))
    usual = f"; at most {number(course.usual)} in 95 % of the time so far" if course.usual is not None else ""
    head = f"over time, by {words.stretch(course.step)}: {number(state.open)} in progress now{usual}"
    check = state.check
    law = [words.little(check)] if check is not None and (check.off is None or check.off <= words.LITTLE) else []
    return ["", head, *table(rows), *law]


def _stations(state: FlowState) -> list[str]:
    span = duration(state.at - state.since) if state.since is not None else ""
    lines = [f"{state.title}: the last {span}"]
    lines += [f"bottleneck: {each}" for each in words.bottleneck(state)] or ["no station was active"]
    rows: list[tuple[str, ...]] = [(state.by or "", "station", "bottleneck", "sole", "shifting", "active", "now")]
    for each in sorted(state.stations, key=lambda one: (one.group or "", -one.sole - one.shifting)):
        shares = (each.sole + each.shifting, each.sole, each.shifting, each.active)
        rows.append((each.group or "", each.name, *map(words.percent, shares), "◀" if each.now else ""))
    return [*lines, "", *table(rows, left=2)]


def table(rows: Sequence[tuple[str, ...]], left: int = 1, *, last: bool = False) -> list[str]:
    """Columns as wide as their cells, the first `left` of them to the left, and so the `last`."""
    widths = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))]
    right = [left <= at < len(widths) - last for at in range(len(widths))]
    return [
        "  ".join(padded(text, widths[at], right=right[at]) for at, text in enumerate(row)).rstrip() for row in rows
    ]
