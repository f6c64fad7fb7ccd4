"""The list of KPIs, and one KPI: value, trend with limits, breakdown, what it means."""

from __future__ import annotations

from opsconsole.console import fmt, lists, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw.charts import chart, chart_of, limits_of
from opsconsole.console.draw.tile import change
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import heading, window_note
from opsconsole.console.text import Line, beside, fit, inert, wrap
from opsconsole.console.views.base import View
from opsconsole.engine.messages import AskBreakdown, Breakdown, KpiState

ALL = "all"


class KpisView(View):
    """All KPIs on a line each: what needs attention first, or in the site's order."""

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.urgent_first = True
        self._pane = Pane(lists.KPIS, empty="this site has no KPIs: add some to site.yaml")

    @property
    def pane(self) -> Pane:
        return self._pane

    @property
    def stack(self) -> str:
        return "kpis"

    def label(self) -> str:
        return "KPIs"

    def update(self, _topics: set[str]) -> None:
        kpis = list(self.ctx.model.kpis.values())
        if self.urgent_first:
            places = {each.kpi: place for place, each in enumerate(self.ctx.model.attention)}
            kpis.sort(key=lambda kpi: (places.get(kpi.name, len(places)), signs.SEVERITY[kpi.status]))
        self._pane.set_rows([lists.kpi_row(kpi) for kpi in kpis])

    def do_order(self) -> None:
        self.urgent_first = not self.urgent_first
        self.update(set())
        self._pane.goto(0)

    def draw(self, cells: int, lines: int) -> list[Line]:
        order = "what needs attention first" if self.urgent_first else "as in the site file"
        note: Line = [(f"{filter_note(self._pane)} · {order}", "dim")]
        return [heading("KPIs", note, cells, True), *self._pane.draw(cells, lines - 1, True)]

    def target(self) -> Address | None:
        return Address("kpi", name=self._pane.current.key) if self._pane.current else None


def filter_note(pane: Pane) -> str:
    """ "12", or "3 of 12, filter: weld"."""
    if pane.filter:
        return f"{len(pane.rows)} of {len(pane.all)}, filter: {inert(pane.filter)}"
    return str(len(pane.all))


class KpiView(View):
    """One KPI. The breakdown is asked for when it opens, when the dimension changes and when the KPI does."""

    @property
    def stack(self) -> str:
        return "kpi"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.table: Breakdown | None = None
        self._pane = Pane(lists.BREAKDOWN, header=True)
        self._seen: KpiState | None = None

    @property
    def kpi(self) -> KpiState | None:
        """The KPI's state, while the site has it."""
        return self.ctx.model.kpis.get(self.address.name)

    @property
    def pane(self) -> Pane:
        return self._pane

    @property
    def by(self) -> str:
        """The dimension it is broken down by; empty where it has none."""
        dimensions = self._dimensions()
        return self.address.by or (dimensions[0] if dimensions else "")

    def _dimensions(self) -> list[str]:
        taken = {dim for dim, _ in self.address.where}
        return [dim for dim in (self.kpi.by if self.kpi else []) if dim not in taken]

    def label(self) -> str:
        title = inert(self.kpi.title or self.kpi.name) if self.kpi else inert(self.address.name)
        return " ".join([title, *(f"{inert(dim)} {inert(member or '(none)')}" for dim, member in self.address.where)])

    def update(self, _topics: set[str]) -> None:
        if self.kpi is not None and self._seen is not None and self.kpi != self._seen:
            self.ctx.spawn(self.load())
        self._seen = self.kpi
        self._refill()

    async def load(self) -> None:
        if self.kpi is None or not self.by:
            return
        answer = await self.ask(AskBreakdown(self.address.name, self.by, dict(self.address.where)))
        if isinstance(answer, Breakdown):
            self.table = answer
            self._refill()

    def _refill(self) -> None:
        kpi = self.kpi
        rows: list[Row] = []
        if kpi is not None and not self.address.where:
            value = fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)
            cells = ("", "all rows", "", value, fmt.number(kpi.previous, kpi.decimals), fmt.number(kpi.rows, 0))
            rows.append(Row(ALL, tuple(cell(text, "dim" if at > 3 else "") for at, text in enumerate(cells))))
        if self.table is not None and self.table.by == self.by:
            rows += lists.breakdown_rows(self.table, kpi)
        columns = list(lists.BREAKDOWN)
        columns[1] = Column(inert(self.by), 12, grow=True, most=28)
        self._pane.columns = columns
        self._pane.set_rows(rows)
        self._pane.empty = self.trouble or "asking the engine …"

    # --- drawing ---

    def draw(self, cells: int, lines: int) -> list[Line]:
        kpi = self.kpi
        if kpi is None:
            return [fit([(f" this site has no KPI {inert(self.address.name)}", "dim")], cells)]
        head = self._head(kpi, cells)
        rest = lines - len(head)
        if cells >= 110 and rest >= 16:
            return [*head, *self._wide(kpi, cells, rest)]
        listed = len(self._pane.all) + 2
        facts = self._facts(kpi, cells)
        upper = max(0, min(12, rest - min(listed, max(5, rest // 2))))
        spare = rest - upper - listed
        out = [*head, *(self._chart(kpi, cells, upper) if upper >= 4 else [])]
        shown = facts[: max(0, spare)]
        return [*out, *self._breakdown(cells, lines - len(out) - len(shown)), *shown]

    def _wide(self, kpi: KpiState, cells: int, lines: int) -> list[Line]:
        """Chart left, breakdown right, what it means below the chart."""
        left_cells = cells * 3 // 5
        facts = self._facts(kpi, left_cells)
        chart_lines = max(8, min(30, lines - len(facts) - 1))
        left_block = [*self._chart(kpi, left_cells, chart_lines), fit([], left_cells), *facts][:lines]
        right_cells = cells - left_cells - 2
        return beside([(left_cells, left_block), (right_cells, self._breakdown(right_cells, lines))], 2, lines)

    def _head(self, kpi: KpiState, cells: int) -> list[Line]:
        style = signs.style(kpi.status)
        value = fmt.quantity(kpi.value, inert(kpi.unit), kpi.decimals)
        arrow, arrow_style = change(kpi)
        line: Line = [
            (" ", ""),
            (signs.sign(kpi.status), style or "dim"),
            (" ", ""),
            (("≈ " if kpi.partial else "") + value, f"bold {style}".strip()),
            ("  ", ""),
            (arrow, arrow_style),
        ]
        if kpi.previous is not None:
            before = f"  from {fmt.quantity(kpi.previous, inert(kpi.unit), kpi.decimals)} {inert(kpi.previous_label)}"
            line.append((before.rstrip(), "dim"))
        line.append((f"   {window_note(kpi, self.ctx.model.timezone)} · {fmt.count(kpi.rows, 'row')}", "dim"))
        out = [fit(line, cells)]
        if kpi.reason or kpi.status not in ("good", "nolimit"):
            out.append(fit([(" " + inert(kpi.reason or f"{signs.WORDS[kpi.status]}: {_verdict(kpi)}"), style)], cells))
        return out

    def _chart(self, kpi: KpiState, cells: int, lines: int) -> list[Line]:
        of = chart_of(kpi, self.ctx.model.timezone)
        return [heading("Trend", [(inert(kpi.unit), "dim")], cells, False), *chart(of, cells, lines - 1)]

    def _breakdown(self, cells: int, lines: int) -> list[Line]:
        if not self.by and len(self._pane.all) <= 1:
            title = heading("Rows", [("this KPI has no dimensions (by: in site.yaml)", "dim")], cells, True)
        else:
            others = [dim for dim in self._dimensions() if dim != self.by]
            note: Line = [(f"b: by {inert(', '.join(others))}", "dim")] if others else []
            if self.table is not None and self.table.total > len(self.table.members):
                note.append((f"  {len(self.table.members)} of {fmt.number(self.table.total, 0)}, worst first", "dim"))
            title = heading(f"By {inert(self.by)}", note, cells, True)
        return [title, *self._pane.draw(cells, max(1, lines - 1), True)]

    def _facts(self, kpi: KpiState, cells: int) -> list[Line]:
        """What the number means: words, formula, limits, owner."""
        limits = [f"{limit.label} {fmt.number(limit.value)}" for limit in limits_of(kpi)]
        better = {"higher": "higher is better", "lower": "lower is better", "target": "on target is best"}
        limits += [better[kpi.better]] if kpi.better else []
        facts = (
            ("what", kpi.description),
            ("formula", kpi.formula),
            ("limits", ", ".join(limits)),
            ("owner", kpi.owner),
            ("goal", kpi.objective),
            ("do", kpi.procedure),
        )
        out: list[Line] = []
        for name, text in facts:
            for at, part in enumerate(wrap(inert(text.replace("\n", " ")), cells - 11) if text else []):
                out.append(fit([(f" {name if at == 0 else '':<9} ", "dim"), (part, "")], cells))
        return [heading("What it is", [], cells, False), *out] if out else []

    # --- doing ---

    def do_next_dimension(self) -> None:
        dimensions = self._dimensions()
        if len(dimensions) < 2:
            self.ctx.say("this KPI has no other dimension")
            return
        at = dimensions.index(self.by) if self.by in dimensions else -1
        self._turn(dimensions[(at + 1) % len(dimensions)])

    def move(self, dx: int, dy: int) -> None:
        dimensions = self._dimensions()
        if dx and self.by in dimensions and len(dimensions) > 1:
            self._turn(dimensions[(dimensions.index(self.by) + dx) % len(dimensions)])
        else:
            super().move(dx, dy)

    def _turn(self, by: str) -> None:
        from msgspec.structs import replace

        self.address = replace(self.address, by=by)
        self.table = None
        self._refill()
        self._pane.goto(0)
        self.ctx.spawn(self.load())

    def target(self) -> Address | None:
        row = self._pane.current
        if row is None or row.key == ALL:
            return Address("rows", of="kpi", name=self.address.name, where=self.address.where)
        where = (*self.address.where, (self.by, lists.key_member(row.key)))
        return Address("rows", of="kpi", name=self.address.name, where=where)


def _verdict(kpi: KpiState) -> str:
    limit = kpi.critical if kpi.status == "critical" else kpi.warning
    side = "under" if kpi.better == "higher" else "over" if kpi.better == "lower" else "beyond"
    return f"{side} {fmt.quantity(limit, inert(kpi.unit))}" if limit is not None else inert(kpi.leader)
