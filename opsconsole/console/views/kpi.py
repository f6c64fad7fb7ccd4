"""One KPI: its value and what it is made of, trend, breakdown, what moved it, what it is compared with, its card."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from msgspec.structs import replace

from opsconsole.console import fmt, kpi_lists, lists, when
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw import kpi as draw
from opsconsole.console.draw.card import card
from opsconsole.console.empty import no_such
from opsconsole.console.kpi_answers import Answers
from opsconsole.console.layered import Layered
from opsconsole.console.pane import Column, Pane, Row
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, beside, fit, inert, wrap
from opsconsole.console.views.base import View
from opsconsole.console.views.overtime import OverTime
from opsconsole.engine.messages import KpiState
from opsconsole.site.moments import TICK, moment_text
from opsconsole.site.ranges import ALL as ALL_TIME

ALL = "all"
BY, MOVED, COMPARED, TIME, CARD = "", "moved", "compared", "time", "card"
PARTS = (BY, MOVED, COMPARED, TIME, CARD)
KINDS = ("before", "day", "week", "best")
WIDE, HIGH = 110, 26
CHART, CHART_MOST, LISTED = 5, 12, 7


class KpiView(View):
    """A screen of parts. A small one shows one of them below the chart; a wide one shows them side by side."""

    @property
    def stack(self) -> str:
        return "kpi"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.answers = Answers(self.ask, lambda: self.trouble)
        self.panes = {
            BY: Pane(lists.BREAKDOWN),
            MOVED: Pane(kpi_lists.MOVED),
            COMPARED: Pane(kpi_lists.COMPARED),
        }
        self.layered = Layered(ctx, self.ask, lambda: self.trouble)
        self.over_time = OverTime(ctx, self.ask, lambda: self.trouble, self.layered)
        self._seen: tuple[str, KpiState | None] = ("", None)
        self._wide = False

    # --- what it is about ---

    @property
    def kpi(self) -> KpiState | None:
        """The KPI's state, among the chosen members and over the range where there are any; None: not known yet."""
        return self.answers.among if self.address.where or self.address.over else self._whole

    @property
    def _whole(self) -> KpiState | None:
        return self.ctx.model.kpis.get(self.address.name)

    @property
    def part(self) -> str:
        """The part that has the focus."""
        return self.address.show or (MOVED if self.address.against else BY)

    @property
    def pane(self) -> Pane:
        return self.panes.get(self.part, self.panes[BY])

    def lists(self) -> dict[str, Pane]:
        return self.panes

    @property
    def by(self) -> str:
        """The dimension it is broken down by; empty where it has none."""
        dimensions = self._dimensions()
        return self.address.by or (dimensions[0] if dimensions else "")

    def _dimensions(self) -> list[str]:
        """Its own dimensions that no member has been chosen of."""
        taken = {dim for dim, _ in self.address.where}
        return [dim for dim in (self._whole.by if self._whole else []) if dim not in taken]

    def _changed(self) -> list[float]:
        """When something was changed that should move it."""
        return self.ctx.model.changed(self.address.name, self.address.where)

    def crumbs(self) -> list[str]:
        title = inert(self._whole.title or self._whole.name) if self._whole else inert(self.address.name)
        return [title, *(f"{inert(dim)} {inert(member or '(none)')}" for dim, member in self.address.where)]

    def label(self) -> str:
        return " ".join(self.crumbs())

    # --- what is known ---

    def update(self, topics: set[str]) -> None:
        at, known = self._seen
        here = f"{self.address.at}\0{self.address.over}"
        self._seen = (here, self._whole)
        if at != here:
            self.answers.forget()
            self.over_time.stretch = self.over_time.cross = None
        # at another moment all of it is asked for by `load`
        changed = known is not None and self._whole is not None and at == here and known != self._whole
        asked = "data" in topics and (self.address.where or self.address.over)
        if changed or asked or (self.answers.late and self.answers.due()):
            self.ctx.spawn(self._renew())
        self._refill()

    async def load(self) -> None:
        self.layered.forget()
        if self._whole is None:
            return
        await self.answers.breakdown(self.address, self.by)
        self._refill()
        await self._others()

    async def _renew(self) -> None:
        await self.answers.breakdown(self.address, self.by)
        self._refill()
        if self.answers.due():
            await self._others()

    async def _others(self) -> None:
        await self.answers.others(self.address, rows=self._wide)
        found = self.answers.dimensions
        if found is not None:
            self.ctx.model.dimensions[self.address.name] = list(self.answers.names())
        self._refill()

    def _refill(self) -> None:
        kpi = self.kpi
        asking = "asking the engine …"
        rows: list[Row] = []
        if kpi is not None:
            rows.append(lists.all_rows(ALL, kpi))
        table = self.answers.table
        if table is not None and table.by == self.by:
            rows += lists.breakdown_rows(table, kpi)
        by = self.panes[BY]
        by.columns = [*lists.BREAKDOWN[:1], Column(inert(self.by), 12, grow=True, most=28), *lists.BREAKDOWN[2:]]
        by.set_rows(rows)
        by.empty = inert(self.answers.trouble.get("by") or self.answers.trouble.get("among") or asking)
        moved, compared = self.answers.moved, self.answers.compared
        kpis = self.ctx.model.kpis
        self.panes[MOVED].set_rows(
            kpi_lists.moved_rows(moved, kpi, kpis) if moved is not None and kpi is not None else []
        )
        none = "nothing to tell it by: it has no dimensions" if moved is not None else ""
        self.panes[MOVED].empty = inert(self.answers.trouble.get(MOVED) or none or asking)
        zone = self.ctx.model.timezone
        found = kpi_lists.compared_rows(compared, kpi, zone) if compared is not None and kpi is not None else []
        self.panes[COMPARED].set_rows(found)
        none = "nothing: it has no target, and all rows have nothing before them" if compared is not None else ""
        self.panes[COMPARED].empty = inert(self.answers.trouble.get(COMPARED) or none or asking)

    # --- drawing ---

    def draw(self, cells: int, lines: int) -> list[Line]:
        if self._whole is None:
            return [fit([(" " + inert(no_such("KPI", self.address.name, self.ctx.model.kpis, "kpis")), "dim")], cells)]
        kpi = self.kpi
        if kpi is None:
            return [fit([(f" {inert(self.answers.trouble.get('among', '')) or 'asking the engine …'}", "dim")], cells)]
        wide = cells >= WIDE and lines >= HIGH
        if wide and not self._wide and self.answers.dimensions is not None and self.answers.rows is None:
            self.ctx.spawn(self._others())  # the window has grown: there is room for the rows now
        self._wide = wide
        head = draw.head(kpi, self.ctx.model.timezone, cells)
        rest = lines - len(head)
        if wide and self.part not in (TIME, CARD):
            return [*head, *self._wide_parts(kpi, cells, rest)]
        return [*head, *self._one_part(kpi, cells, rest)]

    def _one_part(self, kpi: KpiState, cells: int, lines: int) -> list[Line]:
        """The chart above, one of the parts below a line that names them all."""
        if self.part == TIME:
            return [self._tabs(cells), *self.over_time.draw(self.address, kpi, cells, lines - 1)]
        if self.part == CARD:
            return [self._tabs(cells), *draw.facts(kpi, cells, lines - 1)]
        wanted = len(self.pane.all) + 3
        upper = max(0, min(CHART_MOST, lines - min(wanted, max(LISTED, lines * 3 // 5)) - 1))
        upper = self.layered.high(upper, lines)
        out = self.layered.chart(self.address, kpi, cells, upper, self._changed()) if upper >= CHART else []
        return [*out, self._tabs(cells), *self._body(self.part, kpi, cells, lines - len(out) - 1, True)]

    def _tabs(self, cells: int) -> Line:
        names = {BY: f"by {inert(self.by)}" if self.by else "rows", **draw.NAMES}
        return draw.tabs([(names[part], part == self.part) for part in PARTS], cells)

    def _body(self, part: str, kpi: KpiState, cells: int, lines: int, focused: bool) -> list[Line]:
        """A part without its heading."""
        pane = self.panes[part]
        if part == BY:
            return pane.draw(cells, lines, focused)
        if part == MOVED:
            return self._moved_body(kpi, cells, lines, focused)
        compared = self.answers.compared
        below: list[Line] = []
        if compared is not None and lines >= len(pane.all) + 3:
            said = kpi_lists.comparison_note(compared, pane.cursor or "", self.ctx) if focused else ""
            below = [[(f" {said}", "dim")] if said else [], kpi_lists.strip(compared, kpi, cells)]
        listed = min(len(pane.all) + 1, lines - len(below)) if below else lines
        out = [*pane.draw(cells, max(2, listed), focused), *(fit(line, cells) for line in below)]
        return [*out, *(fit([], cells) for _ in range(lines - len(out)))][:lines]

    def _moved_body(self, kpi: KpiState, cells: int, lines: int, focused: bool) -> list[Line]:
        moved, pane = self.answers.moved, self.panes[MOVED]
        if moved is None:
            return pane.draw(cells, lines, focused)
        out = [fit([(f" {kpi_lists.moved_note(moved, kpi)}", "")], cells)]
        said = kpi_lists.mover_note(moved, pane.cursor or "", kpi) if focused or not moved.additive else ""
        below = [fit([(f" {each}", "dim")], cells) for each in wrap(said, cells - 1)[:2]] if lines >= 6 else []
        out += pane.draw(cells, lines - len(out) - len(below), focused) if moved.change is not None else []
        return [*out, *below, *(fit([], cells) for _ in range(lines - len(out) - len(below)))][:lines]

    def _wide_parts(self, kpi: KpiState, cells: int, lines: int) -> list[Line]:
        """Chart and breakdown left; what moved it, comparisons and card right; the newest rows below."""
        left, right = cells * 11 // 20, cells - cells * 11 // 20 - 2
        latest = draw.latest(self.answers.rows, cells) if lines >= 34 else []
        lines -= len(latest)
        chart = max(9, min(lines * 3 // 5, lines - len(self.panes[BY].all) - 3))
        table = [self._heading(BY, left), *self._body(BY, kpi, left, lines - chart - 1, self.part == BY)]
        left_block = [*self.layered.chart(self.address, kpi, left, chart, self._changed()), *table]
        compared = min(len(self.panes[COMPARED].all) + 4, 10)
        facts = card(kpi, right)
        told = min(len(facts), max(0, lines - compared - max(10, lines * 2 // 5)))
        told = told if told >= 3 else 0
        moved = lines - compared - told - (1 if told else 0)
        right_block: list[Line] = []
        for part, high in ((MOVED, moved), (COMPARED, compared)):
            # first the body: how many rows are out of sight is known once it is drawn
            body = self._body(part, kpi, right, high - 1, self.part == part)
            right_block += [self._heading(part, right), *body]
        if told:
            right_block += [heading("card", draw.more(len(facts) - told), right, False), *facts[:told]]
        return [*beside([(left, left_block), (right, right_block)], 2, lines), *latest]

    def _heading(self, part: str, cells: int) -> Line:
        note: Line = []
        if part == BY:
            others = [dim for dim in self._dimensions() if dim != self.by]
            note = [(f"b: by {inert(', '.join(others))}", "dim")] if others else []
            table = self.answers.table
            if table is not None and table.total > len(table.members):
                note.append((f"  {len(table.members)} of {fmt.number(table.total, 0)}, worst first", "dim"))
            title = f"by {inert(self.by)}" if self.by else "rows"
            return heading(title, note, cells, self.part == part)
        more = self.panes[part].more()
        return heading(draw.NAMES[part], [(more, "dim")] if more else [], cells, self.part == part)

    # --- doing ---

    def do_next_panel(self) -> None:
        self._show(1)

    def do_previous_panel(self) -> None:
        self._show(-1)

    def _show(self, step: int) -> None:
        part = PARTS[(PARTS.index(self.part) + step) % len(PARTS)]
        keep = self.address.against if part == MOVED else ""
        self.address = replace(self.address, show=part, against=keep)

    def do_next_dimension(self) -> None:
        dimensions = self._dimensions()
        if len(dimensions) < 2:
            self.ctx.say("this KPI has no other dimension of its own; B offers other columns")
            return
        at = dimensions.index(self.by) if self.by in dimensions else -1
        self._turn(dimensions[(at + 1) % len(dimensions)])

    def do_next_comparison(self) -> None:
        moved = self.answers.moved
        now = self.address.against or (moved.against if moved is not None else KINDS[0])
        at = KINDS.index(now) if now in KINDS else -1
        self.address = replace(self.address, show=MOVED, against=KINDS[(at + 1) % len(KINDS)])
        self.ctx.spawn(self._others())

    def move(self, dx: int, dy: int) -> None:
        if self.part == TIME and self.kpi is not None and (dx or abs(dy) > 1):
            if not self.over_time.move(self.kpi, dx or dy):
                self.ctx.say("there is nothing further that way")
            return
        dimensions = self._dimensions()
        if dx and self.part == BY and self.by in dimensions and len(dimensions) > 1:
            self._turn(dimensions[(dimensions.index(self.by) + dx) % len(dimensions)])
        else:
            super().move(dx, dy)

    def _turn(self, by: str) -> None:
        self.address = replace(self.address, by=by, show=BY, against="")
        self.answers.table = None
        self._refill()
        self.panes[BY].goto(0)
        self.ctx.spawn(self._turned())

    async def _turned(self) -> None:
        await self.answers.breakdown(self.address, self.by)
        self._refill()

    def do_top(self) -> None:
        self._edge(0, super().do_top)

    def do_bottom(self) -> None:
        self._edge(-1, super().do_bottom)

    def _edge(self, place: int, otherwise: Callable[[], None]) -> None:
        """The crosshair at the first or the last column, where there is a chart."""
        if self.part == TIME:
            self.over_time.goto(place)
        else:
            otherwise()

    def target(self) -> Address | None:
        """Narrower by the member under the cursor; the rows, once there is nothing to narrow by; or another moment."""
        row = self.pane.current
        here = Address("kpi", name=self.address.name, where=self.address.where)
        bucket = self.over_time.bucket() if self.part == TIME else None
        if bucket is not None:
            moment = dt.datetime.fromtimestamp(bucket[1], dt.UTC) - TICK
            if moment.timestamp() > self.ctx.now():
                self.ctx.say("that stretch is not over yet: this is now")
                return None
            at = moment_text(moment, fmt.zone(self.ctx.model.timezone))
            return replace(self.address, at=at, over=ALL_TIME)
        if self.part in (TIME, CARD) or row is None:
            return self.rows_address()
        if self.part == COMPARED:
            return self._then(row.key)
        if self.part == MOVED:
            group, _, key = row.key.partition("\0")
            name = lists.key_member(key) if key else None
            if group == kpi_lists.KPI:
                return replace(here, name=name) if name in self.ctx.model.kpis else None
            return self._narrowed(group[1:], name) if key else None
        return self.rows_address() if row.key == ALL else self._narrowed(self.by, lists.key_member(row.key))

    def _then(self, against: str) -> Address | None:
        """This screen at the point of another period that the present one has come to."""
        compared = self.answers.compared
        found = next((each for each in compared.comparisons if each.against == against), None) if compared else None
        if found is None or found.end is None:
            return None
        moment = dt.datetime.fromtimestamp(found.end, dt.UTC)
        moving = self._whole is not None and self._whole.window[:1].isdigit()
        if found.end == found.whole_end and not moving:
            moment -= TICK  # the end itself belongs to the period after
        return replace(self.address, show=BY, against="", at=moment_text(moment, fmt.zone(self.ctx.model.timezone)))

    def _narrowed(self, by: str, member: str | None) -> Address:
        where = (*self.address.where, (by, member))
        if [dim for dim in self._dimensions() if dim != by]:
            return Address("kpi", name=self.address.name, where=where)
        return Address("rows", of="kpi", name=self.address.name, where=where)

    def do_rows_behind(self) -> None:
        bucket = self.over_time.bucket() if self.part == TIME else None
        over = when.between(self.ctx.model, *bucket) if bucket is not None else self.address.over
        self.ctx.go(replace(self.rows_address(), over=over))

    def do_zoom_in(self) -> None:
        self._zoom(0.5)

    def do_zoom_out(self) -> None:
        self._zoom(2.0)

    def _zoom(self, factor: float) -> None:
        """Closer or further away, around the crosshair; on another part: first to the chart."""
        if self.kpi is None:
            return
        if self.part != TIME:
            self.address = replace(self.address, show=TIME, against="")
        if not self.over_time.zoom(self.kpi, factor):
            closest = "that is as close as it goes" if factor < 1 else "that is all there is"
            self.ctx.say(closest if self.over_time.span(self.kpi) is not None else "its rows have no times")

    def stretch_shown(self) -> tuple[float, float] | None:
        return self.over_time.stretch if self.part == TIME else None

    def unfilter(self) -> bool:
        if self.part == TIME and self.over_time.stretch is not None:
            self.over_time.stretch = None
            return True
        return super().unfilter()

    def do_sql(self) -> None:
        self.ctx.go(self.sql_address())

    def rows_address(self) -> Address:
        """The rows behind the number."""
        return Address("rows", of="kpi", name=self.address.name, where=self.address.where, over=self.address.over)

    def sql_address(self) -> Address:
        """The SQL behind what is shown: of the breakdown where that has the focus, else of the number."""
        by = self.by if self.part == BY else ""
        return Address("sql", name=self.address.name, by=by, where=self.address.where, over=self.address.over)
