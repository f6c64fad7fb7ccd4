"""Cumulative flow, work in progress and throughput over time: charts, or a line each where there is little room."""

from __future__ import annotations

from opsconsole.console import fmt
from opsconsole.console.draw.charts import Chart, Limit, chart, spark
from opsconsole.console.draw.line_chart import Curve, line_chart
from opsconsole.console.text import Line, fit
from opsconsole.engine import flow_words as words
from opsconsole.engine.flow_messages import FlowCourse

LEAST = 6
"""The fewest lines of a chart."""
_LABEL = 17


def in_progress(course: FlowCourse) -> list[int]:
    """Cases in progress at the end of each stretch."""
    return [came - gone for came, gone in zip(course.arrived, course.left, strict=True)]


def per_stretch(counts: list[int]) -> list[int]:
    """How many came, or went, in each stretch."""
    return [after - before for before, after in zip([0, *counts], counts, strict=False)]


def course_lines(course: FlowCourse, cases: int, timezone: str, cells: int, lines: int) -> list[Line]:
    """As much as `lines` hold: cumulative flow first, then the work in progress, then the throughput.

    `cases`: how many there are in all; those that cannot be counted over time are said.
    """
    wip, closed, came = in_progress(course), per_stretch(course.left), per_stretch(course.arrived)
    unit = words.stretch(course.step)
    short = course.until < course.start + len(closed) * course.step - 1
    whole: list[float | None] = [*closed[:-1], None] if short and len(closed) > 1 else [*closed]
    of = Chart([*wip], course.start, course.step, timezone, decimals=0)
    limits = [Limit(course.usual, "P95")] if course.usual is not None else []
    usual = f" · P95 {fmt.number(course.usual, 0)}" if course.usual is not None else ""
    told = f"{fmt.number(wip[-1], 0)} now · most {fmt.number(max(wip), 0)}{usual}"
    rate = [value for value in whole if value is not None]
    mean = fmt.number(sum(rate) / len(rate)) if rate else fmt.NONE
    came_mean = fmt.number(sum(came) / len(came))
    flow = f"mean {mean} · most {fmt.number(max(rate, default=0), 0)} · {came_mean} came"
    each = _shares(lines)
    lacking = cases - course.arrived[-1]
    without = f", {fmt.number(lacking, 0)} flagged are left out" if lacking > 0 else ""
    out = [_title(f"came and closed: {fmt.count(course.arrived[-1], 'case')}{without}", cells)]
    curves = [Curve("came", [*course.arrived]), Curve("closed", [*course.left])]
    out += line_chart(of, cells, max(4, each[0] - 1), curves=curves)
    if each[1]:
        out += [
            _title(f"in progress: {told}", cells),
            *chart(Chart([*wip], course.start, course.step, timezone, limits, 0), cells, each[1] - 1),
        ]
    else:
        out.append(_strip("in progress", [*wip], told, cells))
    if each[2]:
        of_rate = Chart(whole, course.start, course.step, timezone, decimals=0)
        out += [_title(f"closed per {unit}: {flow}", cells), *chart(of_rate, cells, each[2] - 1)]
    else:
        out.append(_strip(f"closed per {unit}", whole, flow, cells))
    return out[:lines]


def _shares(lines: int) -> tuple[int, int, int]:
    """Lines of the three charts with their titles; 0: there is room for a line alone."""
    if lines < 2 * LEAST + 4:
        return lines - 2, 0, 0
    if lines < 3 * LEAST + 6:
        half = (lines - 1) // 2
        return lines - 1 - half, half, 0
    third = lines // 3
    return lines - 2 * third, third, third


def _title(text: str, cells: int) -> Line:
    return fit([(f" {text}", "bold")], cells)


def _strip(name: str, values: list[float | None], told: str, cells: int) -> Line:
    """A name, a small course, and what is said of it."""
    room = max(8, min(len(values), cells - _LABEL - len(told) - 3))
    return fit([(f" {name:<{_LABEL - 1}}", "dim"), (spark(values, room), "bar"), ("  ", ""), (told, "")], cells)
