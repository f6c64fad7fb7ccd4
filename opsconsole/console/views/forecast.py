"""A KPI's forecast: what comes, when it crosses its limits and how likely, and how well such forecasts held."""

from __future__ import annotations

from typing import Any, ClassVar

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.draw.forecast import forecast_chart
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.report import ReportView
from opsconsole.site.figures import figure

LABEL = 9


class ForecastView(ReportView):
    """The sentences on its limits above, the chart, and below it what it is made of and how well that held."""

    kind: ClassVar[str] = "forecast"
    title: ClassVar[str] = "Forecast"

    def options(self) -> dict[str, Any]:
        return {
            "kpi": self.address.name,
            "where": dict(self.address.where),
            "at": self.ctx.seconds(self.address.at),
        }

    def crumbs(self) -> list[str]:
        known = self.ctx.model.kpis.get(self.address.name)
        title = inert(known.title or known.name if known is not None else self.address.name)
        members = (f"{inert(dim)} {inert(member or '(none)')}" for dim, member in self.address.where)
        return [title, *members, "Forecast"]

    def label(self) -> str:
        return " ".join(self.crumbs())

    def body(self, cells: int, lines: int) -> list[Line]:
        assert self.result is not None
        told = self.result
        where = "".join(f" · {name} {member}" for name, member in told["where"].items())
        group: dict[str, Any] = told["groups"][0] if told["groups"] else {"lacking": "no rows to go on from"}
        if group["lacking"]:
            return [heading(inert(told["title"] + where), [], cells, True), *_wrapped(group["lacking"], "", cells)]
        value = figure(group["value"], told["unit"], told["decimals"])
        note = f"{value} at {fmt.day_clock(group['ends'][-1], told['timezone'])}"
        out = [heading(inert(told["title"] + where), [(inert(note), "dim")], cells, True)]
        for each in group["crossings"]:
            alarming = each["crossed"] or each["probability"] > 0.5
            out += _wrapped(each["said"], each["name"] if alarming else "", cells)
        below: list[Line] = []
        for label, text in group["trust"]:
            for at, part in enumerate(wrap(inert(text), cells - LABEL - 2)):
                below.append(fit([(f" {label if at == 0 else '':<{LABEL}}", "dim"), (part, "")], cells))
        chart = forecast_chart(told, group, cells, min(24, lines - len(out) - len(below)))
        return [*out, *chart, *below]

    def target(self) -> Address | None:
        """The rows behind its points."""
        return Address("rows", of="kpi", name=self.address.name, where=self.address.where)


def _wrapped(text: str, style: str, cells: int) -> list[Line]:
    return [fit([(f" {part}", style)], cells) for part in wrap(inert(text), cells - 2)]
