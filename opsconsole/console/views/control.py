"""A KPI's control chart: points and limits, the signals, capability, and what each rule costs in false alarms."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw.control import LEAST_LINES, control_chart
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, beside, fit, inert, wrap
from opsconsole.console.views.report import ReportView
from opsconsole.site.figures import figure, number
from opsconsole.site.ranges import range_text

SIGNALS = (
    Column("", 1),
    Column("signal", 16),
    Column("rule", 8),
    Column("value", 9, "right", grow=True, most=14),
    Column("what", 20, grow=True, most=60),
    Column("since", 16, drop=1),
)
COSTS = (
    Column("rule", 8),
    Column("is", 6),
    Column("a shift", 8, "right"),
    Column("one in", 8, "right"),
    Column("what", 20, grow=True, most=60),
)
_SHORT = 4
"""Characters of a unit that leave room for the value in a list."""
SIDES = {"above": "↑", "below": "↓", "both": "±"}
WIDE, CHART, CHART_MOST = 120, 0.4, 18


class ControlView(ReportView):
    """The chart above, and below it its signals and the cost of each rule: side by side where there is room, else
    after each other, Tab goes between them."""

    kind: ClassVar[str] = "control"
    title: ClassVar[str] = "Control chart"
    KEPT = ("costs",)

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self.costs = False
        """Whether the list of rules has the cursor."""
        self._signals = Pane(SIGNALS, empty="no signal among these points")
        self._costs = Pane(COSTS, empty="")

    @property
    def pane(self) -> Pane:
        return self._costs if self.costs else self._signals

    def lists(self) -> dict[str, Pane]:
        return {"signals": self._signals, "costs": self._costs}

    def options(self) -> dict[str, Any]:
        return {
            "kpi": self.address.name,
            "where": dict(self.address.where),
            "at": self.ctx.seconds(self.address.at),
        }

    @property
    def stack(self) -> str:
        return "lists"

    def crumbs(self) -> list[str]:
        known = self.ctx.model.kpis.get(self.address.name)
        title = inert(known.title or known.name if known is not None else self.address.name)
        return [title, *(f"{inert(dim)} {inert(member or '(none)')}" for dim, member in self.address.where), "Control"]

    def label(self) -> str:
        return " ".join(self.crumbs())

    def do_next_panel(self) -> None:
        """The other list."""
        self.costs = not self.costs

    def do_previous_panel(self) -> None:
        self.do_next_panel()

    def take(self, result: dict[str, Any]) -> None:
        zone = result["timezone"]
        self._signals.set_rows(
            [
                Row(
                    f"{each['rule']}\0{each['side']}\0{each['first']}",
                    (
                        cell(SIDES[each["side"]]),
                        cell(fmt.day_clock(each["last"], zone)),
                        cell(each["rule"]),
                        cell(self._value(result, each["value"])),
                        cell(_what(result, each)),
                        cell(fmt.day_clock(each["since"], zone), "dim"),
                    ),
                    copy=f"{fmt.day_clock(each['last'], zone)}\t{each['rule']}\t{each['words']}",
                )
                for each in result["signals"]
            ]
        )
        self._costs.set_rows(
            [
                Row(
                    each["rule"],
                    (
                        cell(each["rule"], "bold" if each["raises"] else ""),
                        cell("raises" if each["raises"] else "drawn" if each["drawn"] else "off", "dim"),
                        cell(number(each["expected"], 3)),
                        cell(number(each["arl0"], 0), "dim"),
                        cell(each["words"]),
                    ),
                )
                for each in result["costs"]["rules"]
            ]
        )

    @staticmethod
    def _value(result: dict[str, Any], value: float | None) -> str:
        """A value with its unit where that is short; the limits above have it anyway."""
        unit = result["unit"] if len(result["unit"]) <= _SHORT else ""
        return inert(figure(value, unit, result["decimals"]))

    def body(self, cells: int, lines: int) -> list[Line]:
        assert self.result is not None
        told, says = self.result, self.result["says"]
        where = "".join(f" · {name} {member}" for name, member in told["where"].items())
        out = [heading(inert(told["title"] + where), [(inert(says["chart"][0]), "dim")], cells, True)]
        out += [fit([(f" {text}", "")], cells) for each in says["chart"][1:] for text in wrap(inert(each), cells - 2)]
        out += [
            fit([(" ! " if not at else "   ", "warning"), (text, "")], cells)
            for each in says["careful"]
            for at, text in enumerate(wrap(inert(each), cells - 4))
        ]
        for each in (*says["levels"], *says["capability"]):
            out += [fit([(f" {text}", "")], cells) for text in wrap(inert(each), cells - 2)]
        high = min(CHART_MOST, max(LEAST_LINES, int(lines * CHART)))
        if lines - len(out) - high >= 4:
            out += control_chart(told, cells, high)
        return [*out, *self._below(cells, lines - len(out))]

    def _below(self, cells: int, lines: int) -> list[Line]:
        """The two lists, or the one that has the cursor."""
        if cells >= WIDE:
            half = cells // 2
            signals = self._list(False, half, lines)
            costs = self._list(True, cells - half - 1, lines)
            return beside([(half, signals), (cells - half - 1, costs)], 1, lines)
        return self._list(self.costs, cells, lines)

    def _list(self, costs: bool, cells: int, lines: int) -> list[Line]:
        assert self.result is not None
        focused = self.costs == costs
        if not costs:
            top = [heading("Signals", [], cells, focused)]
            return [*top, *self._signals.draw(cells, max(1, lines - 1), focused)][:lines]
        top = [heading("Rules", [("false alarms to be expected", "dim")], cells, focused)]
        for each in self.result["says"]["costs"]:
            top += [fit([(f" {text}", "")], cells) for text in wrap(inert(each), cells - 2)]
        pane = self._costs
        return [*top, *pane.draw(cells, max(1, lines - len(top)), focused)][:lines]

    def target(self) -> Address | None:
        """The rows behind the points of the signal under the cursor."""
        row = self._signals.current
        if self.costs or row is None or self.result is None:
            return None
        key = tuple(row.key.split("\0"))
        found = next(each for each in self.result["signals"] if (each["rule"], each["side"], str(each["first"])) == key)
        start, end = (dt.datetime.fromtimestamp(found[name], dt.UTC) for name in ("start", "last"))
        over = range_text(start, end, fmt.zone(self.result["timezone"]))
        return Address("rows", of="kpi", name=self.address.name, where=self.address.where, over=over)


def _what(result: dict[str, Any], signal: dict[str, Any]) -> str:
    words = str(signal["words"])
    if signal["rule"] in ("rule1", "ewma") and signal["limit"] is not None:
        words += f", {figure(signal['limit'], result['unit'], result['decimals'])}"
    return inert(words)
