"""Rows of what moved a KPI, of what it is compared with, and the words that say against what and of what it is."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.console import fmt, lists, signs
from opsconsole.console.context import Context
from opsconsole.console.draw.charts import spark
from opsconsole.console.draw.heat import member_text
from opsconsole.console.pane import Column, Row, cell
from opsconsole.console.text import Line, clip, inert, width
from opsconsole.engine.messages import Compared, Comparison, KpiState, Moved, Mover

BAR = 12
PART = "KPI"
MOVED = (
    Column("", 8, grow=True, most=14),
    Column("", 13, grow=True, most=30),
    Column("part", 8, "right"),
    Column("", BAR, drop=1),
    Column("now", 8, "right", drop=2),
    Column("before", 8, "right", drop=3),
    Column("rows", 8, "right", drop=4),
)
COMPARED = (
    Column("against", 30, grow=True, most=44),
    Column("value", 12, "right"),
    Column("change", 10, "right"),
    Column("", 9, drop=2),
    Column("over", 24, grow=True, drop=3, most=34),
)
KPI, REST = "kpi", "rest"
_SHORTEST = 12


def signed(value: float | None, decimals: int | None) -> str:
    """A change with its sign; "0" for none at all, "–" where it is not known."""
    text = fmt.number(value, decimals)
    return f"+{text}" if value is not None and value > 0 and text.strip("0. ") else text


def worse_style(kpi: KpiState, verdict: str) -> str:
    """The style of a change: coloured like the KPI where it made it worse, dim where it did not."""
    if verdict == "worse":
        return signs.style(kpi.status)
    return "dim" if verdict in ("better", "same") else ""


# --- what moved it -----------------------------------------------------------------------------------------------


def moved_rows(moved: Moved, kpi: KpiState, kpis: Mapping[str, KpiState]) -> list[Row]:
    """The components by the titles of `kpis`, then the members of each dimension, the one that tells most first."""
    groups: list[tuple[str, str, list[Mover]]] = []
    if moved.components:
        groups.append((KPI, PART, moved.components))
    split = moved.dimensions
    if all(each.explains is None for each in split):  # nothing adds up: the largest change of a member's own
        split = sorted(split, key=lambda each: -_size(each.movers[0]) if each.movers else 0.0)
    groups += [(f"={each.by}", each.by, each.movers) for each in split]
    rows: list[Row] = []
    for key, head, movers in groups:
        most = max((_size(mover) for mover in movers), default=0.0) or 1.0
        for mover in movers:
            name = member_text(mover.name)
            if key == KPI:
                of = kpis.get(mover.name or "")
                name = inert(of.title if of is not None else mover.name or "")
            rows.append(_moved_row(key, head, name, mover, most, kpi, moved.additive or key == KPI))
    for each in split:
        if each.total > len(each.movers):
            many = fmt.count(each.total - len(each.movers), "other")
            cells = (cell(inert(each.by), "dim"), cell(many, "dim"), cell(signed(each.rest, _fine(kpi, each.rest))))
            rows.append(Row(f"{REST}{each.by}", cells))
    return rows


def _moved_row(key: str, head: str, name: str, mover: Mover, most: float, kpi: KpiState, additive: bool) -> Row:
    part = mover.contribution if additive else _own_change(mover)
    # what made it better is a thin line: told without colour too
    filled = lists.bar(abs(part or 0.0) / most, BAR)
    drawn = filled if mover.verdict != "better" else "─" * len(filled)
    style = "dim" if mover.held else worse_style(kpi, mover.verdict)
    if abs(part or 0.0) < most / 2 and style != "dim":
        style = ""  # only what did most of it has colour
    own = None if key == KPI else kpi.decimals
    cells = (
        cell(inert(head), "dim"),
        cell(name),
        cell(signed(part, _fine(kpi, part)), style),
        cell(drawn, "bar"),
        cell(fmt.number(mover.value, own)),
        cell(fmt.number(mover.previous, own), "dim"),
        cell(fmt.number(mover.rows, 0) if mover.rows else "·", "dim"),
    )
    copied = f"{head}\t{mover.name}\t{part}\t{mover.value}\t{mover.previous}\t{mover.rows}"
    return Row(f"{key}\0{lists.member_key(mover.name)}", cells, copy=copied)


def _size(mover: Mover) -> float:
    return abs(mover.contribution if mover.contribution is not None else _own_change(mover) or 0.0)


def _own_change(mover: Mover) -> float | None:
    return mover.value - mover.previous if mover.value is not None and mover.previous is not None else None


def _fine(kpi: KpiState, part: float | None) -> int | None:
    """Decimals for a part of a change: one more than the KPI's where it would read as nothing."""
    if kpi.decimals is None or part is None or abs(part) >= 0.5 * 10**-kpi.decimals:
        return kpi.decimals
    return kpi.decimals + 1


def moved_note(moved: Moved, kpi: KpiState) -> str:
    """Against what, and by how much: "against Early yesterday to 10:52: -6.2 (58.6 → 52.4)"."""
    if moved.change is None:
        label = f"against {inert(moved.label)}: " if moved.label else ""
        return label + inert(moved.reason)
    values = f"{fmt.number(moved.previous, kpi.decimals)} → {fmt.quantity(moved.value, inert(kpi.unit), kpi.decimals)}"
    return f"against {inert(moved.label)}: {signed(moved.change, kpi.decimals)} ({values})"


def mover_note(moved: Moved, key: str, kpi: KpiState) -> str:
    """The row under the cursor in words: how much because its own value changed, how much because its share did."""
    group, _, name = key.partition("\0")
    if not moved.additive and group != KPI:
        return inert(moved.note)
    for each in moved.dimensions:
        for mover in each.movers if group == f"={each.by}" else ():
            if lists.member_key(mover.name) == name and (said := _mover_said(mover, kpi)):
                return said
    return inert(moved.note)


def _mover_said(mover: Mover, kpi: KpiState) -> str:
    """By its own value and by its share, and below how sure that is; or that it is too small to be blamed."""
    if mover.held:
        many = f"{fmt.number(mover.previous_rows, 0)} rows before and {fmt.number(mover.rows, 0)} now"
        return f"held back, too few to be blamed: {many}"
    said: list[str] = []
    if mover.rate is not None and mover.mix is not None:
        rate, mix = (signed(value, _fine(kpi, value)) for value in (mover.rate, mover.mix))
        said.append(f"{rate} by its own value, {mix} by its share of the whole")
    if mover.low is not None and mover.high is not None:
        low, high = (signed(value, _fine(kpi, value)) for value in (mover.low, mover.high))
        chance = "; may be chance" if mover.low <= 0 <= mover.high else ""
        said.append(f"95 %: {low} to {high}{chance}")
    return "\n".join(said)


# --- compared ----------------------------------------------------------------------------------------------------


def compared_rows(compared: Compared, kpi: KpiState, timezone: str) -> list[Row]:
    """Each comparison on a line; one that cannot be made says why."""
    return [_compared_row(each, kpi, timezone) for each in compared.comparisons]


def _compared_row(found: Comparison, kpi: KpiState, timezone: str) -> Row:
    label = inert(found.label)
    if found.low is not None and found.high is not None:
        label += f"  {fmt.number(found.low, kpi.decimals)}–{fmt.number(found.high, kpi.decimals)}"
    if found.value is None:
        return Row(found.against, (cell(label), cell("○", "dim"), cell(""), cell(""), cell(inert(found.reason), "dim")))
    # a limit that is missed has colour; worse than another time is said in words
    style = worse_style(kpi, found.verdict)
    style = style if found.against == "target" or style == "dim" else ""
    word = "as usual" if found.against == "typical" and found.verdict == "same" else found.verdict
    over = fmt.span(found.start, found.end, timezone) or inert(found.reason)
    cells = (
        cell(label),
        cell(fmt.quantity(found.value, inert(kpi.unit), kpi.decimals)),
        cell(signed(found.change, kpi.decimals), style),
        cell(word, style or "dim"),
        cell(over, "dim"),
    )
    return Row(found.against, cells, copy=f"{found.label}\t{found.value}\t{found.change}")


def comparison_note(compared: Compared, against: str, ctx: Context) -> str:
    """The row under the cursor in words: over which stretch, or why there is nothing to compare with."""
    found = next((each for each in compared.comparisons if each.against == against), None)
    if found is None or found.against == "target":
        return ""
    if found.value is None:
        return f"○ {inert(found.reason)}"
    if found.against == "typical":
        return f"median of {found.periods} like periods, P10 to P90 beside it"
    return f"{fmt.span(found.start, found.end, ctx.model.timezone)} · {ctx.told('{open}')} looks at it"


def strip(compared: Compared, kpi: KpiState, cells: int) -> Line:
    """The like periods from the oldest to the newest, with now at the end and P10 to P90 said beside them."""
    values = [like.value for like in reversed(compared.likes)]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return []
    many = f"last {len(values)}" if len(known) == len(values) else f"{len(known)} of the last {len(values)}"
    line: Line = [(f" {many}  ", "dim"), (spark(values, max(8, cells - 40)), "bar"), ("  ", "")]
    ends = f"{fmt.number(min(known), kpi.decimals)} to {fmt.quantity(max(known), inert(kpi.unit), kpi.decimals)}"
    return [*line, (ends, "dim")]


# --- of what -----------------------------------------------------------------------------------------------------


def made_of(kpi: KpiState, cells: int) -> str:
    """Of what the number is made: "612 of 26 480 · sum(scrap) of sum(qty)", or its formula; as much as there is room.

    SQL that is too long gives way, the figures never do.
    """
    if kpi.ratio is None:
        return clip(inert(" ".join((kpi.formula or kpi.expression).split())), max(_SHORTEST, cells))
    numbers = f"{fmt.number(kpi.ratio.numerator)} of {fmt.number(kpi.ratio.denominator)}"
    room = (cells - width(numbers) - 7) // 2
    if room < _SHORTEST:
        return numbers
    over, under = (clip(inert(" ".join(text.split())), room) for text in (kpi.ratio.over, kpi.ratio.under))
    return f"{numbers} · {over} of {under}"
