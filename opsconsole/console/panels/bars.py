"""A KPI by a dimension as bars, worst first, and as shares of the whole with their running total."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from opsconsole.console import fmt, lists, signs
from opsconsole.console.draw.bars import Share, bar, shares, stair
from opsconsole.console.draw.heat import member_text
from opsconsole.console.draw.tile import goal
from opsconsole.console.pane import AnyRow, Column, Row, cell
from opsconsole.console.panels.members import PART, Members, delta, late
from opsconsole.console.text import Line, inert
from opsconsole.engine.messages import Breakdown, KpiState


def percent(part: float) -> str:
    """A part of the whole: "43 %"."""
    return f"{part * 100:.0f} %"


class BarsPanel(Members):
    """A bar for each member, with the target as a mark on it."""

    kind = "bars"

    def columns(self, names: int) -> Sequence[Column]:
        return (
            Column("", 2),
            Column("", names),
            Column("", 6, grow=True),
            Column("", self.figures, "right"),
            Column("", 8, drop=1),
        )

    def note(self, table: Breakdown | None) -> Line:
        aim = goal(self.kpi())
        return [*super().note(table), (f" · ╎ {aim}", "dim")] if table is not None and aim else super().note(table)

    def rows(self, table: Breakdown, bar_cells: int, /) -> list[AnyRow]:
        kpi = self.kpi()
        shown = range(len(table.members))[: self.spec.most]
        known = [value for at in shown if (value := table.values[at]) is not None]
        limit = kpi.target if kpi.target is not None else kpi.warning
        ends = [0.0, *known, *([limit] if limit is not None and known else [])]
        low, high = min(ends), max(ends)

        def make(at: int) -> Row:
            status, value = table.statuses[at], table.values[at]
            style = signs.style(status)
            return Row(
                lists.member_key(table.members[at]),
                (
                    cell(signs.GLYPHS[status] if status != "good" else "", style or "dim"),
                    cell(member_text(table.members[at])),
                    bar(value, low, high, bar_cells, style or "bar", limit),
                    cell(fmt.quantity(value, inert(kpi.unit), kpi.decimals), f"bold {style}".strip()),
                    [delta(kpi, value, table.previous[at], status)],
                ),
                copy=f"{table.members[at]}\t{value}",
            )

        return [late(table.members[at], partial(make, at)) for at in shown]


class ParetoPanel(Members):
    """Shares of the whole, the largest first, as the stairs of their running total; the vital few above the rest."""

    kind = "pareto"

    def columns(self, names: int) -> Sequence[Column]:
        return (
            Column("", names),
            Column("", 6, grow=True),
            Column("", self.figures, "right", drop=1),
            Column("", 5, "right"),
            Column("", 7, "right", drop=2),
        )

    def note(self, table: Breakdown | None) -> Line:
        if table is None:
            return []
        if self.kpi().ratio is not None:
            return [("a ratio has no share of a whole: use bars", "warning")]
        found = shares(table.values)
        few = sum(share.vital for share in found)
        return [(f"{few} of {table.total} make {percent(found[few - 1].running)}", "")] if found else []

    def rows(self, table: Breakdown, bar_cells: int, /) -> list[AnyRow]:
        if self.kpi().ratio is not None:
            return []
        kpi = self.kpi()
        found = shares(table.values)[: self.spec.most]
        few = sum(share.vital for share in found)
        rows: list[AnyRow] = [
            late(table.members[share.at], partial(self._row, table, kpi, share, bar_cells)) for share in found
        ]
        if 0 < few < len(found):
            rule = Row(PART, (cell("┄" * self._names, "dim"), cell("┄" * bar_cells, "dim"), *[cell("", "dim")] * 3))
            rows.insert(few, rule)
        return rows

    def _row(self, table: Breakdown, kpi: KpiState, share: Share, bar_cells: int) -> Row:
        member, value = table.members[share.at], table.values[share.at]
        quiet = "" if share.vital else "dim"
        return Row(
            lists.member_key(member),
            (
                cell(member_text(member), quiet),
                stair(share, bar_cells, quiet),
                cell(fmt.quantity(value, inert(kpi.unit), kpi.decimals), "bold" if share.vital else "dim"),
                cell(percent(share.share), quiet),
                cell(f"Σ {percent(share.running)}", "dim"),
            ),
            copy=f"{member}\t{value}\t{share.share:.4f}\t{share.running:.4f}",
        )
