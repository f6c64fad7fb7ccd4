"""Rows of a flow: its steps or stations with their load, and its open cases; and the chain of steps on a line."""

from __future__ import annotations

from opsconsole.console import fmt, lists
from opsconsole.console.pane import Column, Row, cell
from opsconsole.console.text import Line, clip, fit, inert, line_width, width
from opsconsole.engine import flow_words as words
from opsconsole.engine.messages import FlowCase, FlowState, FlowStation, FlowStep

BAR = 10
STEPS = (
    Column("", 1),
    Column("step", 14, grow=True, most=44),
    Column("waiting", BAR, drop=2),
    Column("in all", 8, "right"),
    Column("median", 8, "right"),
    Column("mean", 8, "right"),
    Column("p95", 8, "right", drop=5),
    Column("there", 5, "right"),
    Column("oldest", 6, "right", drop=1),
    Column("slow", 4, "right", drop=3),
    Column("service", 8, "right", drop=4),
    Column("n", 7, "right", drop=6),
    Column("again", 5, "right", drop=7),
)
CASES = (
    Column("", 3),
    Column("case", 10, grow=True, most=24),
    Column("where", 14, grow=True, most=40),
    Column("late", 15, "right"),
    Column("due in", 6, "right", drop=1),
    Column("there", 5, "right"),
    Column("stage", 5, "right"),
    Column("P50", 6, "right", drop=7),
    Column("P85", 6, "right", drop=6),
    Column("P95", 6, "right", drop=4),
    Column("open", 5, "right", drop=3),
    Column("half in", 7, "right", drop=5),
    Column("class", 10, grow=True, drop=8, most=20),
)
STATIONS = (
    Column("", 1),
    Column("", 6, grow=True, most=20),
    Column("station", 10, grow=True, most=30),
    Column("bottleneck", BAR),
    Column("", 6, "right"),
    Column("sole", 6, "right"),
    Column("shifting", 8, "right", drop=1),
    Column("active", 6, "right", drop=2),
    Column("now", 3, drop=3),
)
HERE = "▶"
"""What stands before the bottleneck."""
CRITICAL, WARNING = 0.8, 0.5


def step_row(step: FlowStep, most: float, worst: bool) -> Row:
    """A step; `most` is the waiting of the one with most, `worst` whether it is that one."""
    waiting, style = step.waiting, "bold" if worst else ""
    cells = (
        cell(HERE if worst else "", "bold"),
        cell(inert(step.name), style),
        cell(lists.bar(waiting.sum / most if most else 0.0, BAR), "bold" if worst else "bar"),
        cell(words.brief(waiting.sum) if waiting.n else fmt.NONE, style),
        cell(words.brief(waiting.median), style or "dim"),
        cell(words.brief(waiting.mean), style or "dim"),
        cell(words.brief(waiting.p95), "dim"),
        cell(fmt.number(step.waits + step.works, 0) if step.waits + step.works else "·"),
        cell(fmt.age(step.oldest) if step.oldest is not None else "", "dim"),
        cell(fmt.number(step.slow, 0) if step.slow else "·", "warning" if step.slow else "dim"),
        cell(words.brief(step.service.median), "dim"),
        cell(fmt.number(step.n, 0), "dim"),
        cell(fmt.number(step.again, 0) if step.again else "·", "dim"),
    )
    copied = f"{step.name}\t{step.n}\t{waiting.sum}\t{waiting.median}\t{waiting.mean}\t{step.waits + step.works}"
    return Row(step.name, cells, copy=copied)


def case_row(case: FlowCase) -> Row:
    """An open case, with a sign where it is likely to be late."""
    late = case.late if case.late is not None else 0.0
    style, sign = ("critical", "▲C") if late > CRITICAL else ("warning", "◆W") if late > WARNING else ("", "")
    due = "" if case.remaining is None else fmt.age(case.remaining) if case.remaining > 0 else "over"
    cells = (
        cell(sign, style),
        cell(inert(case.case)),
        cell(inert(words.where(case)), "dim"),
        cell(words.chance(case), style),
        cell(due),
        cell(fmt.age(case.stay), "warning" if case.band == 3 else ""),
        cell(words.band(case), "warning" if case.band == 3 else "dim"),
        *(
            cell(fmt.age(each) if each is not None else fmt.NONE, "dim")
            for each in (case.stay_p50, case.stay_p85, case.stay_p95)
        ),
        cell(fmt.age(case.age), "dim"),
        cell(fmt.age(case.half) if case.half is not None else fmt.NONE, "dim"),
        cell(inert(case.group or ""), "dim"),
    )
    copied = f"{case.case}\t{words.where(case)}\t{case.late}\t{case.remaining}\t{case.age}\t{case.stay}"
    return Row(case.case, cells, copy=copied)


def station_row(each: FlowStation, worst: bool) -> Row:
    """A station with its part in the time looked back on."""
    total, style = each.sole + each.shifting, "bold" if worst else ""
    cells = (
        cell(HERE if worst else "", "bold"),
        cell(inert(each.group or ""), style or "dim"),
        cell(inert(each.name), style),
        cell(lists.bar(total, BAR), "bold" if worst else "bar"),
        cell(words.percent(total), style),
        cell(words.percent(each.sole), style or "dim"),
        cell(words.percent(each.shifting), style or "dim"),
        cell(words.percent(each.active), "dim"),
        cell("◀" if each.now else ""),
    )
    copied = f"{each.group}\t{each.name}\t{each.sole}\t{each.shifting}\t{each.active}"
    return Row(station_key(each), cells, copy=copied)


def station_key(each: FlowStation) -> str:
    """What names a station on the screen."""
    return f"{each.group}\0{each.name}"


def chain(state: FlowState, cells: int) -> list[Line]:
    """The steps in order on two lines, arrows as wide as the load; nothing where they do not fit.

    The second line says how many cases are at each step.
    """
    worst = words.worst_step(state)
    if worst is None or len(state.steps) < 2:
        return []
    above: Line = [(" ", "")]
    below: Line = [(" ", "")]
    for at, step in enumerate(state.steps):
        style = "bold" if step is worst else ""
        name, there = inert(step.name), fmt.number(step.waits + step.works, 0)
        if at:
            arrow = _arrow(step.waiting.sum / worst.waiting.sum)
            above.append((f" {arrow} ", style or "dim"))
            below.append((" " * (width(arrow) + 2), ""))
        size = max(width(name), len(there))
        above.append((name + " " * (size - width(name)), style))
        below.append((there + " " * (size - len(there)), style or "dim"))
    if line_width(above) > cells:
        return []
    return [fit(above, cells), fit(below, cells)]


def _arrow(load: float) -> str:
    """An arrow as long, and as heavy, as the share of the waiting of the bottleneck."""
    if load >= 1.0:
        return "══════▶"
    return "━━━━▶" if load > 0.5 else "━━▶" if load > 0.15 else "─▶"


def clipped(text: str, cells: int, style: str = "") -> Line:
    """A sentence on a line."""
    return fit([(" " + clip(inert(text), cells - 1), style)], cells)
