"""The scorecard: how alarms did against the targets of ISA-18.2 and EEMUA 191, what is behind a miss, what to try."""

from __future__ import annotations

from typing import Any, ClassVar

from opsconsole.console import fmt
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.views.report import ReportView
from opsconsole.site.duration import parse_duration

COLUMNS = (
    Column("", 3),
    Column("measure", 28, grow=True, most=44),
    Column("found", 26, grow=True, most=40),
    Column("target", 12, grow=True, drop=1, most=40),
)
SIGNS = {"good": ("●", "dim"), "warning": ("◆W", "warning"), "critical": ("▲C", "critical"), "none": ("·", "dim")}
BEHIND = 6
BELOW = 9


class ScorecardView(ReportView):
    """A line for each target, by operator position; what is behind the one under the cursor below it."""

    kind: ClassVar[str] = "scorecard"
    title: ClassVar[str] = "Scorecard"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(COLUMNS, empty="nothing is on record yet")
        self._lines: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    @property
    def stack(self) -> str:
        return "list"

    @property
    def pane(self) -> Pane:
        return self._pane

    def options(self) -> dict[str, Any]:
        at = self.ctx.seconds(self.address.at)
        since = dict(self.address.where).get("since")
        days = {"days": parse_duration(since) / 86400} if since else {}
        return {**days, **({"end": at} if at is not None else {})}

    def take(self, result: dict[str, Any]) -> None:
        rows: list[Row] = []
        several = len(result["positions"]) > 1
        self._lines = {}
        for card in result["positions"]:
            if several:
                name = card["position"] or "everything else"
                rows.append(Row(f"\0{name}", (cell(""), cell(inert(name), "bold"), cell(""), cell("")), "bold"))
            for line in card["lines"]:
                sign, style = SIGNS[line["verdict"]]
                key = f"{card['position']}\0{line['key']}"
                self._lines[key] = (card, line)
                cells = (
                    cell(sign, style),
                    cell(inert(line["label"])),
                    cell(inert(line["found"]), style if style != "dim" else ""),
                    cell(inert(line["target"]), "dim"),
                )
                rows.append(Row(key, cells, copy="\t".join((line["label"], line["found"], line["target"]))))
        self._pane.set_rows(rows)

    def body(self, cells: int, lines: int) -> list[Line]:
        assert self.result is not None
        zone = self.result["timezone"]
        span = fmt.span(self.result["start"], self.result["end"], zone)
        note: Line = [(f"{self.result['days']:.0f} d · {span}", "dim")]
        if self.result["indicative"]:
            note.append((" · indicative: under 30 d", "warning"))
        below = self._below(cells)[: max(0, min(BELOW, lines // 2))]
        top = [heading("Scorecard", note, cells, True)]
        return [*top, *self._pane.draw(cells, lines - len(top) - len(below), True), *below]

    def _below(self, cells: int) -> list[Line]:
        """What is behind the line under the cursor, and what to try."""
        found = self._lines.get(self._pane.cursor or "")
        if found is None:
            return []
        _, line = found
        out = [heading(inert(line["label"]), [(inert(line["found"]), "")], cells, False)]
        for each in line["behind"][:BEHIND]:
            share = f"{each['share']:.0f} %"
            out.append(fit([(f" {each['count']:>7}  {share:>5}  ", ""), (inert(each["name"]), "bold")], cells))
        tryout = self._tryout()
        if tryout is not None:
            for at, text in enumerate(wrap(inert(tryout["says"]), cells - 7)):
                out.append(fit([(" try   " if not at else " " * 7, "dim"), (text, "")], cells))
            if tryout["with"]:
                out.append(
                    fit(
                        [(self.ctx.told(" {open} tries it on the past: "), "dim"), (inert(tryout["with"]), "bold")],
                        cells,
                    )
                )
        if not line["behind"] and tryout is None:
            out.append(fit([(f" target: {inert(line['target'])}", "dim")], cells))
        return out

    def _tryout(self) -> dict[str, Any] | None:
        found = self._lines.get(self._pane.cursor or "")
        if found is None or found[1]["proposal"] is None:
            return None
        return dict(found[0]["proposals"][found[1]["proposal"] - 1])

    def target(self) -> Address | None:
        """The past with what is proposed, else with the rule that is behind it most."""
        found = self._lines.get(self._pane.cursor or "")
        tryout = self._tryout()
        if tryout is not None:
            key, _, value = str(tryout["with"]).partition(":")
            where = ((key.strip(), value.strip()),) if value.strip() else ()
            return Address("backtest", name=str(tryout["rule"]), where=where)
        behind = found[1]["behind"] if found is not None else []
        return Address("backtest", name=str(behind[0]["rule"])) if behind else None
