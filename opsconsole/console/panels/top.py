"""The worst members of a KPI, each with its change: where to look first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from opsconsole.console import fmt, lists, signs
from opsconsole.console.draw.heat import member_text
from opsconsole.console.pane import AnyRow, Column, Row, cell
from opsconsole.console.panels.members import Members, delta, late
from opsconsole.console.text import inert
from opsconsole.engine.messages import Breakdown

MOST = 5
"""How many there are where the layout does not say."""


class TopPanel(Members):
    """Place, name, value and change; those that were worse before are told apart from those that got worse."""

    kind = "top"

    def columns(self, names: int) -> Sequence[Column]:
        return (
            Column("", 2, "right", drop=2),
            Column("", 3),
            Column("", names, grow=True, most=28),
            Column("", self.figures, "right"),
            Column("", 9, drop=1),
        )

    def rows(self, table: Breakdown, _bar_cells: int, /) -> list[AnyRow]:
        kpi = self.kpi()

        def make(at: int) -> Row:
            status, value = table.statuses[at], table.values[at]
            style = signs.style(status)
            return Row(
                lists.member_key(table.members[at]),
                (
                    cell(str(at + 1), "dim"),
                    cell(signs.sign(status) if status != "good" else "", style or "dim"),
                    cell(member_text(table.members[at])),
                    cell(fmt.quantity(value, inert(kpi.unit), kpi.decimals), f"bold {style}".strip()),
                    [delta(kpi, value, table.previous[at], status)],
                ),
                copy=f"{table.members[at]}\t{value}",
            )

        return [late(table.members[at], partial(make, at)) for at in range(len(table.members))[: self.limit()]]

    def limit(self) -> int:
        return self.spec.most or MOST
