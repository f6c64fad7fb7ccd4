"""The lists of a flow beyond its steps: variants, moves, hand-offs, rework, what is flagged, and the cases of each."""

from __future__ import annotations

from collections.abc import Sequence

from opsconsole.console import fmt, lists
from opsconsole.console.address import FLOW_PARTS
from opsconsole.console.pane import Column, Row, cell
from opsconsole.console.text import inert
from opsconsole.engine import flow_words as words
from opsconsole.engine.flow_messages import FlowEdge, FlowFault, FlowPassed, FlowVariant
from opsconsole.engine.messages import FlowState, FlowStep

VARIANTS, MOVES, HANDS, REWORK, TIME, FLAGGED = FLOW_PARTS.values()
BAR = 8
COLUMNS: dict[str, tuple[Column, ...]] = {
    VARIANTS: (
        Column("", BAR, drop=3),
        Column("share", 6, "right"),
        Column("cases", 6, "right"),
        Column("sum", 5, "right", drop=2),
        Column("median", 8, "right"),
        Column("mean", 8, "right", drop=1),
        Column("way", 18, grow=True),
    ),
    MOVES: (),
    HANDS: (),
    REWORK: (
        Column("step", 18, grow=True, most=50),
        Column("cases", 6, "right"),
        Column("of all", 6, "right", drop=1),
        Column("", BAR, drop=3),
        Column("times", 6, "right"),
        Column("at once", 7, "right"),
        Column("took", 8, "right", drop=2),
    ),
    TIME: (),
    FLAGGED: (Column("number", 8, "right"), Column("", 6), Column("what", 24, grow=True)),
}
COLUMNS[MOVES] = COLUMNS[HANDS] = (
    Column("from", 12, grow=True, most=40),
    Column("", 1),
    Column("to", 12, grow=True, most=40),
    Column("n", 6, "right"),
    Column("in all", 8, "right"),
    Column("", BAR, drop=4),
    Column("median", 8, "right"),
    Column("mean", 8, "right", drop=2),
    Column("p95", 8, "right", drop=3),
)
_SPENT = {MOVES: "between", HANDS: "between", REWORK: "again"}
NAMES = {
    VARIANTS: "variants", MOVES: "moves", HANDS: "hand-offs", REWORK: "rework", TIME: "over time", FLAGGED: "flagged",
}  # fmt: skip


def passed_columns(part: str) -> list[Column]:
    """The columns of the cases behind a line of a list."""
    spent = [Column("times", 5, "right", drop=3), Column(_SPENT[part], 8, "right", drop=1)] if part in _SPENT else []
    return [
        Column("case", 10, grow=True, most=24),
        Column("begun", 10, "right"),
        Column("closed", 10, "right"),
        Column("took", 8, "right"),
        *spent,
        Column("steps", 5, "right", drop=2),
        Column("class", 10, grow=True, drop=4, most=24),
    ]


def variant_rows(variants: Sequence[FlowVariant], covering: int) -> list[Row]:
    """The ways cases take; beyond those that cover 80 % of the cases they are dim."""
    most = max((each.share for each in variants), default=1.0)
    rows, total = [], 0.0
    for at, each in enumerate(variants):
        total += each.share
        way = words.way(each.steps)
        cells = (
            cell(lists.bar(each.share / most, BAR), "bar"),
            cell(words.percent(each.share)),
            cell(fmt.number(each.n, 0)),
            cell(words.percent(min(1.0, total)), "dim"),
            cell(words.brief(each.median)),
            cell(words.brief(each.mean), "dim"),
            cell(inert(way)),
        )
        copied = f"{each.share}\t{each.n}\t{each.median}\t{each.mean}\t{way}"
        rows.append(Row(each.key, cells, "" if at < covering else "dim", copied))
    return rows


def edge_rows(edges: Sequence[FlowEdge]) -> list[Row]:
    """Steps or people of which one followed the other, by the time in between."""
    most = max((each.between.sum for each in edges), default=0.0)
    rows = []
    for each in edges:
        took = each.between
        cells = (
            cell(inert(each.before)),
            cell("→", "dim"),
            cell(inert(each.after)),
            cell(fmt.number(took.n, 0)),
            cell(words.brief(took.sum)),
            cell(lists.bar(took.sum / most if most else 0.0, BAR), "bar"),
            cell(words.brief(took.median)),
            cell(words.brief(took.mean), "dim"),
            cell(words.brief(took.p95), "dim"),
        )
        copied = f"{each.before}\t{each.after}\t{took.n}\t{took.sum}\t{took.median}\t{took.mean}"
        rows.append(Row(edge_key(each), cells, copy=copied))
    return rows


def edge_key(each: FlowEdge) -> str:
    """What names a pair on the screen."""
    return f"{each.before}\0{each.after}"


def rework_rows(steps: Sequence[FlowStep], cases: int) -> list[Row]:
    """The steps that cases went through more than once, most cases first; `cases` there are in all."""
    again = sorted((step for step in steps if step.again), key=lambda step: (-step.again, -step.repeats))
    most = max((step.again for step in again), default=1)
    return [
        Row(
            step.name,
            (
                cell(inert(step.name)),
                cell(fmt.number(step.again, 0)),
                cell(words.percent(step.again / cases if cases else 0.0), "dim"),
                cell(lists.bar(step.again / most, BAR), "bar"),
                cell(fmt.number(step.repeats, 0)),
                cell(fmt.number(step.loops, 0) if step.loops else "·"),
                cell(words.brief(step.redone), "dim"),
            ),
            copy=f"{step.name}\t{step.again}\t{step.repeats}\t{step.loops}\t{step.redone}",
        )
        for step in again
    ]


def fault_rows(faults: Sequence[FlowFault]) -> list[Row]:
    """What is flagged, each with its number."""
    rows = []
    for each in faults:
        what = "case" if each.cases else "row"
        unit = what if each.n == 1 else f"{what}s"
        said = words.fault_text(each).removeprefix(fmt.count(each.n, what)).strip()
        cells = (cell(fmt.number(each.n, 0), "warning"), cell(unit, "dim"), cell(said))
        rows.append(Row(each.kind, cells, copy=f"{each.n}\t{each.kind}"))
    return rows


def passed_rows(part: str, cases: Sequence[FlowPassed], now: float, timezone: str) -> list[Row]:
    """The cases behind a line of a list."""
    rows = []
    for each in cases:
        begun = fmt.since(each.begun, now, timezone) if each.begun is not None else fmt.NONE
        ended = fmt.since(each.ended, now, timezone) if each.ended is not None else "open"
        spent = [cell(fmt.number(each.times, 0), "dim"), cell(words.brief(each.seconds))] if part in _SPENT else []
        cells = (
            cell(inert(each.case)),
            cell(begun, "dim"),
            cell(ended, "dim" if each.ended is not None else ""),
            cell(words.brief(each.lasted)),
            *spent,
            cell(fmt.number(each.steps, 0), "dim"),
            cell(inert(each.group or ""), "dim"),
        )
        rows.append(Row(each.case, cells, copy=f"{each.case}\t{each.begun}\t{each.ended}\t{each.lasted}"))
    return rows


def rows_of(part: str, state: FlowState) -> list[Row]:
    """The rows of a list."""
    if part == VARIANTS:
        return variant_rows(state.variants, state.covering)
    if part in (MOVES, HANDS):
        return edge_rows(state.handoffs if part == HANDS else state.edges)
    if part == REWORK:
        return rework_rows(state.steps, state.all)
    return fault_rows(state.faults) if part == FLAGGED else []


def note(part: str, state: FlowState) -> str:
    """What stands beside the heading of a list."""
    if part == VARIANTS:
        return words.covered(state)
    if part in (MOVES, HANDS):
        all_, what = (state.passes, "hand-off") if part == HANDS else (state.moves, "move")
        shown = len(state.handoffs if part == HANDS else state.edges)
        listed = fmt.count(all_, what) if shown == all_ else f"{fmt.number(shown, 0)} of {fmt.count(all_, what)}"
        return f"{listed}, by the time in between"
    if part == REWORK:
        again = sum(step.repeats for step in state.steps)
        return f"{fmt.count(again, 'time', 'times')} that a step was done again" if again else ""
    if part == TIME and state.course is not None:
        return f"by {words.stretch(state.course.step)}"
    return ""


def nothing(part: str, state: FlowState) -> str:
    """What an empty list says: why, and what to do."""
    if state.kind == "stations" and part != FLAGGED:
        return f"{state.title} is of stations, and this is about cases; {{next-flow}} shows the next flow"
    if part == HANDS and not state.hands:
        return f"nobody knows who does the steps: name the column under `resource:` of the flow {state.flow}"
    if part == FLAGGED:
        return "nothing is flagged: no negative, impossible or missing time, all figures are of all rows"
    if part == REWORK:
        return "no case went through a step twice"
    return "no case yet"
