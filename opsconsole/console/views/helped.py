"""Changes that were made to the operation: what each did to its KPIs, and the chart before and after one."""

from __future__ import annotations

from typing import Any, ClassVar

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.change_words import USAGE
from opsconsole.console.context import Context
from opsconsole.console.draw.charts import Chart
from opsconsole.console.draw.line_chart import CHANGE, STROKES, Curve, Noted, line_chart
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.report import ReportView
from opsconsole.site.figures import duration

COLUMNS = (
    Column("", 2),
    Column("id", 3, most=6),
    Column("when", 12, most=17),
    Column("KPI", 12, grow=True, most=30),
    Column("what was changed", 18, grow=True, most=60),
    Column("by", 6, drop=1, most=12),
    Column("effect", 20, grow=True, drop=2, most=44),
)
SIGNS = {
    "helped": ("+", "bold"),
    "worse": ("−", "warning"),
    "changed": ("Δ", "bold"),
    "cannot tell": ("?", "dim"),
    "not enough": ("…", "dim"),
}
WORDS = {"helped": "helped", "worse": "made it worse", "changed": "it changed"}
LEAST_CHART = 6


class HelpedView(ReportView):
    """A line for each change and KPI, the verdict on the one under the cursor below; of one change its chart."""

    kind: ClassVar[str] = "helped"
    title: ClassVar[str] = "Did it help"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(COLUMNS, empty=f"no change is marked yet: :change {USAGE}")
        self._entries: dict[str, dict[str, Any]] = {}
        self._marked = [each.id for each in ctx.model.marked]

    @property
    def stack(self) -> str:
        return "helped"

    @property
    def pane(self) -> Pane:
        return self._pane

    @property
    def _one(self) -> bool:
        """Whether one change and KPI is shown, with its chart."""
        return bool(self.address.of)

    def options(self) -> dict[str, Any]:
        if self._one:
            return {"change": self.address.of, "kpi": self.address.name}
        return {"change": self.address.name} if self.address.name else {}

    def update(self, topics: set[str]) -> None:
        marked = [each.id for each in self.ctx.model.marked]
        if "marked" in topics and marked != self._marked:
            self._marked = marked
            self.ctx.spawn(self.load())

    def take(self, result: dict[str, Any]) -> None:
        self._entries = {f"{each['id']}\0{each['kpi']}": each for each in result["changes"]}
        zone = self.ctx.model.timezone
        self._pane.set_rows([_row(key, each, self.ctx.now(), zone) for key, each in self._entries.items()])

    def body(self, cells: int, lines: int) -> list[Line]:
        if self._one and self._entries:
            return self._whole(next(iter(self._entries.values())), cells, lines)
        below = self._verdict(self._entries.get(self._pane.cursor or ""), cells)
        below = below[: max(0, lines // 2)]
        top = heading("Changes", [("and what each did to the KPI it should move", "dim")], cells, True)
        return [top, *self._pane.draw(cells, lines - 1 - len(below), True), *below]

    def _verdict(self, entry: dict[str, Any] | None, cells: int) -> list[Line]:
        if entry is None:
            return []
        where = "".join(f" · {inert(name)} {inert(member)}" for name, member in entry["where"].items())
        title = f"{inert(entry['text'])}{where}"
        out = [heading(title, [(SIGNS[entry["verdict"]][0], SIGNS[entry["verdict"]][1])], cells, False)]
        out += [fit([(f" {text}", "")], cells) for text in wrap(inert(entry["said"]), cells - 2)]
        return [*out, *(fit([(f" {text}", "dim")], cells) for text in _basis(entry, cells - 2))]

    def _whole(self, entry: dict[str, Any], cells: int, lines: int) -> list[Line]:
        """The chart before and after with what would have been, and below it the verdict and its parts."""
        below = [*self._verdict(entry, cells), *_parts(entry, cells)]
        room = lines - min(len(below), max(0, lines - LEAST_CHART - 1)) - 1
        note = f"{entry['by']} · {fmt.day_clock(entry['at'], self.ctx.model.timezone)}"
        top = heading(inert(entry["title"]), [(inert(note), "dim")], cells, True)
        points = entry.get("points")
        chart = _chart(entry, points, self.ctx.model.timezone, cells, room) if points and points["starts"] else []
        return [top, *chart, *below]

    def target(self) -> Address | None:
        """The chart of the one under the cursor; from there the KPI itself, among the members it was done to."""
        if self._one:
            entry = next(iter(self._entries.values()), None)
            where = tuple(entry["where"].items()) if entry is not None else ()
            return Address("kpi", name=self.address.name, where=where)
        change, _, kpi = (self._pane.cursor or "").partition("\0")
        return Address("helped", of=change, name=kpi) if kpi else None


def _row(key: str, entry: dict[str, Any], now: float, zone: str) -> Row:
    sign, style = SIGNS[entry["verdict"]]
    cells = (
        cell(sign, style),
        cell(inert(entry["id"])),
        cell(fmt.since(entry["at"], now, zone)),
        cell(inert(entry["title"])),
        cell(inert(entry["text"])),
        cell(inert(entry["by"])),
        cell(inert(_effect(entry)), style if style != "dim" else ""),
    )
    return Row(key, cells, copy=f"{entry['id']}\t{entry['kpi']}\t{entry['text']}\t{entry['said']}")


def _effect(entry: dict[str, Any]) -> str:
    mean = entry.get("mean")
    if mean is None:
        return str(entry["verdict"])
    value = fmt.quantity(mean["value"], _unit(entry), entry["digits"])
    ends = (fmt.number(mean[end], entry["digits"]) for end in ("low", "high"))
    signed = f"+{value}" if mean["value"] > 0 else value
    return f"{signed} ({' to '.join(ends)})"


def _unit(entry: dict[str, Any]) -> str:
    return "points" if entry["unit"] == "%" else inert(entry["unit"])


def _basis(entry: dict[str, Any], cells: int) -> list[str]:
    if "step" not in entry:
        return []
    said = (
        f"{fmt.count(entry['before'], 'point')} before and {entry['after']} after, {duration(entry['step'])} each"
        + (f"; {entry['note']}" if entry["note"] else "")
    )
    return wrap(said, cells)


def _parts(entry: dict[str, Any], cells: int) -> list[Line]:
    """Step, slope and the effect now, each with its interval."""
    if entry.get("level") is None:
        return []
    decimals = entry["digits"]
    out: list[Line] = []
    day = 86400.0 / entry["step"]
    for name, key, per, tail in (
        ("the step at the change", "level", 1.0, ""),
        ("by now", "now", 1.0, ""),
        ("the trend, a day", "slope", day, ""),
    ):
        value, low, high = (entry[key][end] * per for end in ("value", "low", "high"))
        shown = f"{fmt.number(value, decimals)} {_unit(entry)}".rstrip()
        span = f"(95 %: {fmt.number(low, decimals)} to {fmt.number(high, decimals)}){tail}"
        out.append(fit([(f" {name:<24}", "dim"), (shown, ""), (f"  {span}", "dim")], cells))
    return out


def _chart(entry: dict[str, Any], points: dict[str, Any], zone: str, cells: int, lines: int) -> list[Line]:
    """What was, heavy; what would have been without the change, thin; and the band that holds it to 95 %."""
    if lines < LEAST_CHART:
        return []
    values, before = points["values"], [None] * points["at"]
    of = Chart([None] * len(values), points["starts"][0], entry["step"], zone, percent=entry["unit"] == "%")
    curves = [
        Curve("", [*before, *points["high"]], stroke=STROKES[3]),
        Curve("", [*before, *points["low"]], stroke=STROKES[3]),
        Curve("without it", [*before, *points["expected"]], stroke=STROKES[0]),
        Curve("as it was", values, stroke=STROKES[1]),
    ]
    shown = curves if points["expected"] else curves[-1:]
    return line_chart(of, cells, lines, curves=shown, notes=[Noted(entry["at"], CHANGE)])
