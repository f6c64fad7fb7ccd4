"""What `opsconsole flow` prints: the steps of cases with their waits, who will be late; or stations and bottlenecks."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec

from opsconsole.cli.text import dump, inert, plain
from opsconsole.engine import flow_words as words
from opsconsole.engine.messages import FlowState
from opsconsole.site.figures import clipped, count, duration, number, padded, width

_CASES = 20
_LONGEST = 36


def flow_json(state: FlowState, timezone: str) -> str:
    """All of it; durations in seconds, moments as ISO texts."""
    return dump(plain(msgspec.to_builtins(state), ZoneInfo(timezone)))


def flow_text(state: FlowState) -> str:
    """A page of text."""
    if not state.flow:
        return "\n".join(["this site has no flows: name one under `flows:` in site.yaml, such as", *words.EXAMPLE])
    if state.waits:
        return f"{inert(state.title)}: {inert(state.waits)}"
    lines = [*_stations(state)] if state.kind == "stations" else [*_cases(state)]
    lines += [f"  {line}" for line in words.trust(state)]
    return "\n".join(map(inert, lines))


def _cases(state: FlowState) -> list[str]:
    head = f"{state.title}: {count(state.all, 'case')}, {number(state.open)} open"
    if state.limited:
        head += f", {number(state.late)} late already, {number(state.likely)} likely to be"
    closed = state.closed
    if closed.median is not None:
        head += f"; a case takes {words.length(closed.median)} (median), {words.length(closed.mean)} (mean)"
    lines = [head, *(f"bottleneck: {each}" for each in words.bottleneck(state)), ""]
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
        listed: list[tuple[str, ...]] = [("case", "where", "open for", "there for", "due in", "late", "half done in")]
        listed += [
            (
                each.case, clipped(words.where(each), _LONGEST), duration(each.age), duration(each.stay),
                words.length(each.remaining), words.chance(each), words.length(each.half),
            )
            for each in state.cases[:_CASES]
        ]  # fmt: skip
        lines += table(listed, left=2)
        if state.open > _CASES:
            lines.append(f"  {number(_CASES)} of {number(state.open)}; --json has up to {number(len(state.cases))}")
    return lines


def _stations(state: FlowState) -> list[str]:
    span = duration(state.at - state.since) if state.since is not None else ""
    lines = [f"{state.title}: the last {span}"]
    lines += [f"bottleneck: {each}" for each in words.bottleneck(state)] or ["no station was active"]
    rows: list[tuple[str, ...]] = [(state.by or "", "station", "bottleneck", "sole", "shifting", "active", "now")]
    for each in sorted(state.stations, key=lambda one: (one.group or "", -one.sole - one.shifting)):
        shares = (each.sole + each.shifting, each.sole, each.shifting, each.active)
        rows.append((each.group or "", each.name, *map(words.percent, shares), "◀" if each.now else ""))
    return [*lines, "", *table(rows, left=2)]


def table(rows: Sequence[tuple[str, ...]], left: int = 1) -> list[str]:
    """Columns as wide as their cells, the first `left` of them to the left."""
    widths = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  ".join(padded(text, widths[at], right=at >= left) for at, text in enumerate(row)).rstrip() for row in rows
    ]
