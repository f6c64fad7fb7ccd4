"""Rows of the goals and of what needs attention, and the words that explain the row under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from opsconsole.console import fmt, lists, signs
from opsconsole.console.draw.tile import change, goal
from opsconsole.console.pane import Column, Row, cell
from opsconsole.console.text import Line, inert
from opsconsole.engine.messages import Attention, GoalKpi, GoalState, KpiState, Status

BAR = 8
GOALS = (
    Column("", 3),
    Column("goal", 20, grow=True, most=44),
    Column("value", 11, "right"),
    Column("target", 7, "right", drop=3),
    Column("", BAR, drop=4),
    Column("attained", 8, "right"),
    Column("owner", 10, grow=True, drop=2, most=18),
    Column("weight", 6, "right", drop=5),
    Column("progress", 8, "right", drop=6),
)
ATTENTION = (
    Column("", 3),
    Column("KPI", 16, grow=True, most=32),
    Column("score", 6, "right"),
    Column("impact", 6, "right", drop=1),
    Column("gap", 5, "right", drop=2),
    Column("data", 5, "right", drop=3),
    Column("why", 24, grow=True, drop=4),
)
GOAL, KPI, PERSPECTIVE = "goal:", "kpi:", "perspective:"


def percent(part: float | None, decimals: int = 0) -> str:
    """A fraction of 1 as "61 %"."""
    return fmt.NONE if part is None else f"{fmt.number(100 * part, decimals)} %"


def score_bar(part: float | None, status: Status) -> Line:
    """How much of the way is done, on a line as long as all of it; colour only for what is abnormal."""
    if part is None:
        return cell("")
    done = lists.bar(min(1.0, part), BAR).rstrip()
    return [(done, signs.style(status) or "bar"), ("─" * (BAR - len(done)), "rule")]


def goal_rows(goals: Sequence[GoalState], kpis: Mapping[str, KpiState]) -> list[Row]:
    """Objectives with their KPIs below them, by perspective where that is given; in the site's order."""
    rows: list[Row] = []
    grouped: dict[str, list[GoalState]] = {}
    for one in goals:
        grouped.setdefault(one.perspective, []).append(one)
    indent = "  " if any(grouped) else ""
    for perspective, members in grouped.items():
        if perspective:
            rows.append(Row(PERSPECTIVE + perspective, (cell(""), cell(inert(perspective), "dim"))))
        for one in members:
            rows.append(_goal_row(one, indent if perspective else ""))
            inner = (indent if perspective else "") + "  "
            rows += [_kpi_row(part, kpis.get(part.kpi), inner, bool(one.name)) for part in one.kpis]
    return rows


def _goal_row(one: GoalState, indent: str) -> Row:
    style = signs.style(one.status)
    reached = percent(one.score)
    partial = "≈ " if one.score is not None and one.missing else ""
    cells = (
        cell(signs.sign(one.status), style or "dim"),
        cell(indent + inert(one.title), "bold" if one.name else "dim"),
        cell(""),
        cell(""),
        score_bar(one.score, one.status),
        cell((partial + reached) if one.name else "", f"bold {style}".strip()),
        cell(inert(one.owner), "dim"),
        cell(percent(one.share) if one.name else "", "dim"),
        cell(""),
    )
    return Row(GOAL + one.name, cells, copy=f"{one.title}\t{reached}")


def _kpi_row(part: GoalKpi, kpi: KpiState | None, indent: str, served: bool) -> Row:
    if kpi is None:
        return Row(KPI + part.kpi, (cell(""), cell(indent + inert(part.kpi), "dim")))
    style = signs.style(kpi.status)
    arrow, arrow_style = change(kpi)
    value = ("≈ " if kpi.partial else "") + fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)
    cells = (
        cell(signs.sign(kpi.status), style or "dim"),
        cell(indent + inert(kpi.title or kpi.name)),
        [(value, f"bold {style}".strip()), (" ", ""), (arrow[:1] or " ", arrow_style)],
        cell(goal(kpi), "dim"),
        score_bar(part.attainment, kpi.status),
        cell(percent(part.attainment), style),
        cell(inert(kpi.owner), "dim"),
        cell(percent(part.share) if served else "", "dim"),
        cell(percent(part.progress) if part.baseline is not None else "", "dim"),
    )
    return Row(KPI + part.kpi, cells, copy=f"{kpi.title}\t{kpi.value}\t{kpi.unit}\t{percent(part.attainment)}")


def attention_rows(attention: Sequence[Attention], kpis: Mapping[str, KpiState]) -> list[Row]:
    """What needs attention, most urgent first, with the factors that make the order."""
    rows: list[Row] = []
    for each in attention:
        kpi = kpis.get(each.kpi)
        status = kpi.status if kpi is not None else "nodata"
        style = signs.style(status)
        cells = (
            cell(signs.sign(status), style or "dim"),
            cell(inert(kpi.title if kpi is not None else each.kpi)),
            cell(percent(each.score, 1), f"bold {style}".strip()),
            cell(percent(each.impact, 1), "dim"),
            cell(percent(each.gap), "dim"),
            cell(percent(each.quality), "warning" if each.quality < 1 else "dim"),
            cell(inert(each.reason), "dim"),
        )
        rows.append(Row(each.kpi, cells, copy=f"{each.kpi}\t{each.score}\t{each.reason}"))
    return rows


def explain_attention(each: Attention, objective: str) -> str:
    """The product that its place in the order comes from."""
    of = f"{percent(each.objective_share)} × " if each.objective_share < 1 else ""
    impact = (
        f"impact {percent(each.impact, 1)} (priority {each.priority}: {percent(each.priority_factor)} × "
        f"{of}{percent(each.share)} of {objective or 'the KPIs without objective'})"
    )
    if each.gap is None or each.score is None:
        return f"{each.reason}: how large the gap is cannot be told; {impact}"
    data = f"data {percent(each.quality)}"
    if each.quality < 1:
        data += f" (fresh {percent(each.freshness)} × whole {percent(each.whole)} × clean {percent(each.clean)})"
    return f"{percent(each.score, 1)} = {impact} × gap {percent(each.gap)} × {data}"


def explain_goal(one: GoalState, kpis: Mapping[str, KpiState]) -> str:
    """What an objective's score is made of, and what it does without."""

    def title(name: str) -> str:
        kpi = kpis.get(name)
        return kpi.title if kpi is not None else name

    if not one.name:
        return "KPIs that name no objective: they count in no score"
    said: list[str] = []
    parts = [
        f"{title(part.kpi)} {percent(part.attainment)} × {percent(part.share)}"
        for part in one.kpis
        if part.attainment is not None and part.share > 0
    ]
    if one.score is None:
        said.append("no score")
    else:
        rests = f", over the {percent(one.coverage)} of the weight that is known" if one.missing else ""
        said.append(f"{percent(one.score)} = {' + '.join(parts)}{rests}")
    if one.missing:
        said.append("without " + ", ".join(f"{title(name)} ({why})" for name, why in one.missing.items()))
    if one.description:
        said.append(one.description)
    return "; ".join(said)


def explain_kpi(part: GoalKpi, kpi: KpiState) -> str:
    """How a KPI's attainment comes about."""
    if part.attainment is None:
        return f"not counted: {part.reason}"
    number = fmt.number
    limits = (kpi.target, kpi.warning, kpi.critical) if kpi.better != "target" else (kpi.target,)
    aim = next((each for each in limits if each is not None), None)
    if kpi.better == "target" and part.floor is not None:
        within = f"100 % within {number(kpi.tolerance)} of {number(aim)}"
        said = f"attained {percent(part.attainment)}: {within}, 0 % {number(part.floor)} away from it"
    elif part.floor is not None:
        said = f"attained {percent(part.attainment)}: 0 % at {number(part.floor)}, 100 % at {number(aim)}"
    else:
        said = f"attained {percent(part.attainment)}: met or not, at {number(aim)}"
    if part.progress is not None:
        said += f"; {percent(part.progress)} of the way from {number(part.baseline)}"
    return said
