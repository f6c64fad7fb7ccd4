"""Anomalies: a KPI's points with what was expected of them, or when columns left the usual and which moved."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw.control import LEAST_LINES, control_chart
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.report import ReportView
from opsconsole.site.figures import figure, number
from opsconsole.site.ranges import range_text

POINTS = (
    Column("when", 16),
    Column("of", 10, grow=True, most=40),
    Column("value", 10, "right", grow=True, most=16),
    Column("expected", 10, "right", grow=True, most=16),
    Column("score", 6, "right"),
    Column("over", 6, "right", drop=1),
)
TIMES = (
    Column("since", 16),
    Column("to", 16, drop=1),
    Column("of", 10, grow=True, most=24),
    Column("what moved", 30, grow=True, most=120),
)
CHART, CHART_MOST = 0.4, 18
HEAD = 6
"""So many lines at most say how each group is watched."""


class AnomaliesView(ReportView):
    """The chart of the group under the cursor (of a KPI), and below it the anomalies, newest first."""

    kind: ClassVar[str] = "anomalies"
    title: ClassVar[str] = "Anomalies"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(POINTS, empty="nothing was unusual")

    @property
    def pane(self) -> Pane:
        return self._pane

    @property
    def stack(self) -> str:
        return "list"

    def options(self) -> dict[str, Any]:
        where, at = dict(self.address.where), self.ctx.seconds(self.address.at)
        return {"of": self.address.name, "where": where, "at": at}

    def crumbs(self) -> list[str]:
        known = self.ctx.model.kpis.get(self.address.name)
        title = inert(known.title or known.name if known is not None else self.address.name)
        return [
            title,
            *(f"{inert(dim)} {inert(member or '(none)')}" for dim, member in self.address.where),
            "Anomalies",
        ]

    def label(self) -> str:
        return " ".join(self.crumbs())

    def take(self, result: dict[str, Any]) -> None:
        make = _point if result["kind"] == "kpi" else _time
        if result["kind"] != "kpi":
            self._pane = Pane(TIMES, empty="nothing was unusual")
        self._pane.set_rows([make(number, each, result) for number, each in enumerate(result["anomalies"])])

    def body(self, cells: int, lines: int) -> list[Line]:
        assert self.result is not None
        told = self.result
        first, *rest = told["says"]
        where = "".join(f" · {name} {member}" for name, member in told["where"].items())
        out = [heading(inert(told["title"] + where), [(inert(first), "dim")], cells, True)]
        head = [fit([(f" {text}", "")], cells) for each in rest for text in wrap(inert(each), cells - 2)]
        out += head[:HEAD]
        if len(head) > HEAD:
            out.append(fit([(f" and {len(head) - HEAD} more; a member alone: where DIM=MEMBER", "dim")], cells))
        high = min(CHART_MOST, max(LEAST_LINES, int(lines * CHART)))
        if told["kind"] == "kpi" and lines - len(out) - high >= 4:
            out += self._chart(cells, high)
        return [*out, *self._pane.draw(cells, max(1, lines - len(out)), True)]

    def _chosen(self) -> dict[str, Any] | None:
        row = self._pane.current
        if row is None or self.result is None:
            return None
        found: dict[str, Any] = self.result["anomalies"][int(row.key)]
        return found

    def _chart(self, cells: int, lines: int) -> list[Line]:
        """The latest points of the group under the cursor; `∘` is what was expected, `x` an anomaly."""
        assert self.result is not None
        chosen = self._chosen()
        groups = self.result["groups"]
        group = next((each for each in groups if chosen and each["members"] == chosen["members"]), None)
        group = group or (groups[0] if groups else None)
        if group is None or not group["shown"]["value"]:
            return []
        none = [None] * len(group["shown"]["value"])
        points = {**group["shown"], "mean": group["shown"]["expected"], "centre": none, "lower": none, "upper": none}
        signals = [
            {"first": each["end"], "last": each["end"]}
            for each in self.result["anomalies"]
            if each["members"] == group["members"]
        ]
        told = {
            "points": points,
            "segments": [],
            "signals": signals,
            "decimals": self.result["decimals"],
            "timezone": self.result["timezone"],
        }
        return control_chart(told, cells, lines)

    def target(self) -> Address | None:
        """The rows behind the anomaly under the cursor."""
        chosen = self._chosen()
        if chosen is None or self.result is None:
            return None
        # the end of a range is not of it, and the last row of an episode is
        last = chosen["end"] + (60.0 if self.result["kind"] == "source" else 0.0)
        start, end = (dt.datetime.fromtimestamp(at, dt.UTC) for at in (chosen["start"], last))
        over = range_text(start, end, fmt.zone(self.result["timezone"]))
        where = tuple({**dict(self.address.where), **chosen["members"]}.items())
        return Address("rows", of=self.result["kind"], name=self.address.name, where=where, over=over)


def _of(members: dict[str, str | None]) -> str:
    return inert(" ".join(member or "(none)" for member in members.values()))


def _point(at: int, each: dict[str, Any], result: dict[str, Any]) -> Row:
    when = fmt.day_clock(each["start"], result["timezone"])
    value, expected = (inert(figure(each[key], result["unit"], result["decimals"])) for key in ("value", "expected"))
    cells = (
        cell(when),
        cell(_of(each["members"])),
        cell(value, "bold"),
        cell(expected),
        cell(number(each["score"], 2)),
        cell(number(each["threshold"], 2), "dim"),
    )
    return Row(str(at), cells, copy="\t".join((when, _of(each["members"]), value, expected)))


def _time(at: int, each: dict[str, Any], result: dict[str, Any]) -> Row:
    when = fmt.day_clock(each["start"], result["timezone"])
    until = "lasts" if each["lasts"] else fmt.day_clock(each["end"], result["timezone"])
    cells = (
        cell(when),
        cell(until, "" if each["lasts"] else "dim"),
        cell(_of(each["members"])),
        cell(inert(each["said"])),
    )
    return Row(str(at), cells, copy="\t".join((when, until, _of(each["members"]), each["said"])))
