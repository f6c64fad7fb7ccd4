"""The part "over time" of a KPI's screen: a stretch that can be zoomed and panned, and a crosshair on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from opsconsole.console import fmt, when
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw import course
from opsconsole.console.draw import kpi as draw_kpi
from opsconsole.console.draw import layers as draw_layers
from opsconsole.console.layered import Layered
from opsconsole.console.text import Line, fit, inert
from opsconsole.engine.messages import Answer, Ask, AskMarks, AskSeries, KpiState, Mark, Marks, Series

CLOSEST = 60.0
"""Seconds that a chart shows at least."""
FARTHEST = 40 * 366 * 86400.0
READ_OUT = 3
_STAYS = 0.01

Stretch = tuple[float, float]


class OverTime:
    """What is shown, as last answered; `stretch` None: what the KPI's window or the range covers."""

    def __init__(
        self,
        ctx: Context,
        ask: Callable[[Ask], Awaitable[Answer | None]],
        trouble: Callable[[], str],
        layered: Layered,
    ) -> None:
        self._ctx = ctx
        self._ask = ask
        self._told = trouble
        self._layered = layered
        self.stretch: Stretch | None = None
        self.cross: float | None = None
        self.series: Series | None = None
        self.marks: list[Mark] = []
        self.trouble = ""
        self._key: object = None
        self._wanted: object = None
        self._asking = False

    # --- what is shown ---

    def span(self, kpi: KpiState) -> Stretch | None:
        """From when to before when; None where the KPI's rows have no times."""
        if self.stretch is not None:
            return self.stretch
        if kpi.start is not None and kpi.end is not None and kpi.end > kpi.start:
            return kpi.start, kpi.end
        if kpi.trend_start is not None and kpi.trend_step > 0:
            return kpi.trend_start, kpi.trend_start + kpi.trend_step * len(kpi.trend)
        return None

    def look(self, address: Address, kpi: KpiState, columns: int) -> None:
        """Have what is to be shown asked for, if it is not at hand."""
        span, site = self.span(kpi), self._ctx.model.site
        if span is None:
            return
        marked = [each.id for each in self._ctx.model.marked]
        version = (site.data_version if site is not None else 0, *marked)
        where = dict(address.where)
        self._wanted = (address.name, address.where, address.at, address.over, span, columns, version)
        if self._wanted != self._key and not self._asking:
            self._asking = True
            self._ctx.spawn(self._renew(AskSeries(address.name, *span, columns, where), self._wanted))

    async def _renew(self, body: AskSeries, key: object) -> None:
        try:
            answer = await self._ask(body)
            self.trouble = self._told()
            self._key = key
            if isinstance(answer, Series):
                self.series = answer
                until = min(body.end, self._now())
                marks = await self._ask(AskMarks(body.start, until, body.kpi))
                self.marks = marks.marks if isinstance(marks, Marks) else []
        finally:
            self._asking = False  # where something else is wanted by now, the next drawing asks for it

    def _now(self) -> float:
        return self._ctx.now()

    # --- moving ---

    def place(self) -> int | None:
        """The number of the bucket under the crosshair."""
        if self.series is None or self.cross is None or not self.series.values:
            return None
        return course.bucket_at(self.series, self.cross)

    def bucket(self) -> Stretch | None:
        """From when to before when the bucket under the crosshair reaches."""
        place = self.place()
        return (
            None if place is None or self.series is None else (self.series.edges[place], self.series.edges[place + 1])
        )

    def move(self, kpi: KpiState, by: int) -> bool:
        """Move the crosshair by buckets; beyond the edge the stretch goes with it. False where there is no further."""
        span = self.span(kpi)
        if self.series is None or span is None:
            return False
        edges, place = self.series.edges, self.place()
        last = len(self.series.values) - 1
        if self.cross is None or place is None:
            self.cross = self._middle(last)
            return True
        if 0 <= place + by <= last:
            self.cross = self._middle(place + by)
            return True
        target = self._middle(place) + by * self.series.step
        first = self.series.first if self.series.first is not None else edges[0]
        if (by < 0 and edges[0] <= first) or (by > 0 and edges[-1] >= self._now()):
            self.cross = self._middle(0 if by < 0 else last)
            return False
        length = span[1] - span[0]
        shift = length / 2 if by > 0 else -length / 2
        end = min(span[1] + shift, self._now())
        self.stretch = (end - length, end)
        self.cross = min(max(target, first), self._now())
        return True

    def goto(self, place: int) -> None:
        """Put the crosshair on a bucket by its number; -1: the last."""
        if self.series is not None and self.series.values:
            self.cross = self._middle(place % len(self.series.values))

    def _middle(self, place: int) -> float:
        assert self.series is not None
        return (self.series.edges[place] + self.series.edges[place + 1]) / 2

    def zoom(self, kpi: KpiState, factor: float) -> bool:
        """Show a stretch `factor` times as long, around the crosshair; False where it stays as it is."""
        span = self.span(kpi)
        if span is None:
            return False
        start, end = span
        length = min(max((end - start) * factor, CLOSEST), FARTHEST)
        around = self.cross if self.cross is not None and start <= self.cross <= end else end
        first = start - (length - (end - start)) * (around - start) / (end - start)
        last = min(first + length, max(end, self._now()))
        known = self.series.first if self.series is not None else None
        if factor > 1 and known is not None:
            first = max(first, min(start, known))
        if abs(last - first - (end - start)) < _STAYS * (end - start):
            return False
        self.stretch = (first, last)
        return True

    # --- drawing ---

    def draw(self, address: Address, kpi: KpiState, cells: int, lines: int) -> list[Line]:
        """A line that says the stretch, the chart, and what is under the crosshair."""
        zone = self._ctx.model.timezone
        at, on = self._ctx.asked_at(address.at), self._ctx.layers.on
        told = self._layered.look(address.name, dict(address.where), at, on)
        self.look(address, kpi, draw_layers.columns_for(told, kpi, cells))
        if self.series is None or self.series.kpi != kpi.name or lines < course.LEAST_LINES + 2:
            if self.trouble:
                return [fit([(f" {inert(self.trouble)}", "warning")], cells)]
            return draw_kpi.trend(kpi, zone, cells, lines, self._ctx.model.changed(kpi.name, address.where))
        below = READ_OUT if lines >= course.LEAST_LINES + 1 + READ_OUT else 1
        of = course.Course(self.series, kpi, self.marks, self.place(), zone)
        head = self._head(kpi, cells)
        if told is not None:
            drawn = draw_layers.draw(of, told, cells, lines - 1 - below)
            return [head, *drawn, *draw_layers.beneath(of, told, cells, below)]
        return [head, *course.draw(of, cells, lines - 1 - below), *course.read_out(of, cells, below)]

    def _head(self, kpi: KpiState, cells: int) -> Line:
        span, series = self.span(kpi), self.series
        assert span is not None
        assert series is not None
        said = when.over_said(self._ctx.model, self._now(), when.between(self._ctx.model, *_whole(span)))
        step = f" · a column is {_step(series.step)}"
        zoomed = " · zoomed" if self.stretch is not None else ""
        busy = " · asking …" if self._wanted != self._key else ""
        return fit([(f" {said}", "bold"), (f"{step}{zoomed}{busy}", "dim")], cells)


def _whole(span: Stretch) -> Stretch:
    """A stretch to the second: its end may be a moment after now."""
    return float(round(span[0])), float(max(round(span[1]), round(span[0]) + 1))


def _step(seconds: float) -> str:
    for unit, size in (("month", 30.436875 * 86400), ("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {unit}" if unit != "month" else fmt.count(count, "month")
    return f"{seconds:g} s"
