"""Cumulative flow, work in progress and throughput over time: charts, or a line each where there is little room."""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.console import fmt
from opsconsole.console.draw.charts import Chart, Limit, spark
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


def end_of(course: FlowCourse, at: int) -> float:
    """When a stretch ends, in epoch seconds."""
    return min(course.start + (at + 1) * course.step, course.until)


def course_lines(
    course: FlowCourse, cases: int, timezone: str, cells: int, lines: int, at: int | None = None
) -> list[Line]:  # fmt: skip
    """As much as `lines` hold: cumulative flow first, then the work in progress, then the throughput.

    `cases`: how many there are in all; those that cannot be counted over time are said. `at`: the stretch under the
    crosshair, which the headings are about then.
    """
    wip, closed = in_progress(course), per_stretch(course.left)
    short = course.until < course.start + len(closed) * course.step - 1
    whole: list[float | None] = [*closed[:-1], None] if short and len(closed) > 1 else [*closed]
    unit = words.stretch(course.step)
    heads = _heads(course, cases, whole) if at is None else _under(course, timezone, at)
    limits = [Limit(course.usual, "P95")] if course.usual is not None else []
    of = Chart([*wip], course.start, course.step, timezone, limits, 0, status=lambda _: "nolimit")
    high = _shares(lines)
    curves = [Curve("came", [*course.arrived]), Curve("closed", [*course.left])]
    out = [_title(heads[0], cells)]
    out += line_chart(replace(of, limits=[]), cells, max(4, high[0] - 1), curves=curves, at=at)
    if high[1]:
        out += [_title(f"in progress: {heads[1]}", cells), *line_chart(of, cells, high[1] - 1, at=at)]
    else:
        out.append(_strip("in progress", of.values, heads[1], cells))
    if high[2]:
        rate = replace(of, values=whole, limits=[])
        out += [_title(f"closed per {unit}: {heads[2]}", cells), *line_chart(rate, cells, high[2] - 1, at=at)]
    else:
        out.append(_strip(f"closed per {unit}", whole, heads[2], cells))
    return out[:lines]


def _heads(course: FlowCourse, cases: int, whole: list[float | None]) -> tuple[str, str, str]:
    """What is said of each chart: in all, now, and the mean of whole stretches."""
    wip, came = in_progress(course), per_stretch(course.arrived)
    lacking = cases - course.arrived[-1]
    without = f", {fmt.number(lacking, 0)} flagged are left out" if lacking > 0 else ""
    usual = f" · P95 {fmt.number(course.usual, 0)}" if course.usual is not None else ""
    rate = [value for value in whole if value is not None]
    mean = fmt.number(sum(rate) / len(rate)) if rate else fmt.NONE
    return (
        f"came and closed: {fmt.count(course.arrived[-1], 'case')}{without}",
        f"{fmt.number(wip[-1], 0)} now · most {fmt.number(max(wip), 0)}{usual}",
        f"mean {mean} · most {fmt.number(max(rate, default=0), 0)} · {fmt.number(sum(came) / len(came))} came",
    )


def _under(course: FlowCourse, timezone: str, at: int) -> tuple[str, str, str]:
    """What is said of the stretch under the crosshair."""
    when = fmt.span(course.start + at * course.step, end_of(course, at), timezone)
    came, closed = course.arrived[at], course.left[at]
    return (
        f"{when}: {fmt.number(came, 0)} came · {fmt.number(closed, 0)} closed so far",
        f"{fmt.number(came - closed, 0)} at its end",
        f"{fmt.number(per_stretch(course.left)[at], 0)} · {fmt.number(per_stretch(course.arrived)[at], 0)} came",
    )


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
