"""A backtest: what rules would have raised over the past, and what a change to one would have saved."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, ClassVar

from opsconsole.console import fmt, signs
from opsconsole.console.address import Address
from opsconsole.console.context import Context
from opsconsole.console.draw.charts import spark
from opsconsole.console.pane import Column, Pane, Row, cell
from opsconsole.console.panels import heading
from opsconsole.console.text import Line, fit, inert
from opsconsole.console.views.report import ReportView
from opsconsole.site.duration import parse_duration
from opsconsole.site.figures import duration

RULES = (
    Column("rule", 20, grow=True, most=44),
    Column("alerts", 7, "right"),
    Column("changed", 8, "right", drop=1),
    Column("a day", 6, "right", drop=4),
    Column("days", 5, "right", drop=3),
    Column("median", 8, "right", drop=2),
    Column("longest", 8, "right", drop=5),
    Column("in floods", 9, "right", drop=6),
)
OCCURRENCES = (
    Column("P", 2),
    Column("from", 16),
    Column("lasted", 8, "right"),
    Column("what", 20, grow=True),
    Column("labels", 12, grow=True, drop=1, most=40),
    Column("", 5, drop=2),
)
SINCE = "since"
NONE = "it would have raised no alert"
UNKNOWN = "nothing could be said of it at any time"


class BacktestView(ReportView):
    """All rules, worst first; of one rule its occurrences, the newest first."""

    kind: ClassVar[str] = "backtest"
    title: ClassVar[str] = "Backtest"

    def __init__(self, ctx: Context, address: Address) -> None:
        super().__init__(ctx, address)
        self._pane = Pane(OCCURRENCES if address.name else RULES, empty=NONE)

    @property
    def stack(self) -> str:
        return "list"

    @property
    def pane(self) -> Pane:
        return self._pane

    def label(self) -> str:
        return f"Backtest {inert(self.address.name)}".rstrip()

    def options(self) -> dict[str, Any]:
        until = self.ctx.seconds(self.address.at)
        now = self.ctx.now() if until is None else until
        parts = dict(self.address.where)
        found: dict[str, Any] = {"rules": [self.address.name] if self.address.name else []}
        if until is not None:
            found["until"] = until
        if parts.get(SINCE):
            found["since"] = now - parse_duration(parts[SINCE] or "")
        changes = [f"{key}: {value}" for key, value in self.address.where if key != SINCE]
        return {**found, "changes": changes} if changes else found

    def _never(self, entry: dict[str, Any]) -> bool:
        """Whether nothing was known of a rule at any time."""
        assert self.result is not None
        return not entry["count"] and bool(entry["unknown"] >= self.result["until"] - self.result["since"])

    def _words(self, entry: dict[str, Any]) -> str:
        """What came of a rule."""
        return f"not known at any time: {inert(entry['why'])}" if self._never(entry) else _figures(entry)

    def take(self, result: dict[str, Any]) -> None:
        zone = result["timezone"]
        if self.address.name:
            entry = next(iter(result["rules"]), None)
            shown = entry.get("changed", entry) if entry is not None else {"occurrences": []}
            found = sorted(shown["occurrences"], key=lambda each: -each["start"])
            self._pane.set_rows([_occurrence(number, each, zone) for number, each in enumerate(found)])
            self._pane.empty = UNKNOWN if entry is not None and self._never(shown) else NONE
        else:
            found = sorted(result["rules"], key=lambda each: -each["count"])
            self._pane.set_rows([_rule(each, self._never(each)) for each in found])

    def body(self, cells: int, lines: int) -> list[Line]:
        assert self.result is not None
        zone = self.result["timezone"]
        note: Line = [(fmt.span(self.result["since"], self.result["until"], zone), "dim")]
        if self.result["changes"]:
            note.append((f" · with {inert('; '.join(self.result['changes']))}", "bold"))
        top = [heading(self.label(), note, cells, True)]
        entry = next(iter(self.result["rules"]), None)
        if self.address.name and entry is not None:
            top += [fit(line, cells) for line in self._summary(entry, cells)]
        tail = [fit([(f" {self._hint()}", "dim")], cells)]
        return [*top, *self._pane.draw(cells, lines - len(top) - len(tail), True), *tail]

    def _hint(self) -> str:
        if not self.address.name:
            return self.ctx.told("{open} the occurrences of a rule")
        return f":backtest {inert(self.address.name)} for=10m tries a change; since=90d looks further back"

    def _summary(self, entry: dict[str, Any], cells: int) -> list[Line]:
        assert self.result is not None
        if entry["error"]:
            return [[(f" {inert(entry['error'])}", "warning")]]
        lines: list[Line] = [[(" ", ""), (self._words(entry), "")]]
        if entry["unknown"] and not self._never(entry):
            lines.append([(f" not known for {duration(entry['unknown'])} of it: {inert(entry['why'])}", "dim")])
        if entry["lacks"]:
            lines.append([(f" {inert(entry['lacks'])}", "warning")])
        if "changed" in entry:
            lines.append([(" changed: ", "bold"), (self._words(entry["changed"]), "")])
        if "changed" in entry and not self._never(entry) and not self._never(entry["changed"]):
            saved = entry["saved"]
            word = "saves" if saved["count"] >= 0 else "adds"
            said = f" {word} {fmt.count(abs(saved['count']), 'alert')} ({abs(saved['percent']):.0f} %)"
            time = f", {duration(abs(saved['total']))} {'less' if saved['total'] > 0 else 'more'} in alert"
            said += time if saved["total"] else ""
            lines.append(
                [(said, "bold"), (f", {saved['in_floods']} of them in floods" if saved["in_floods"] else "", "")]
            )
        days = math.ceil((self.result["until"] - self.result["since"]) / 86400)
        shown = entry.get("changed", entry)
        per_day = Counter(int((each["start"] - self.result["since"]) // 86400) for each in shown["occurrences"])
        strip = spark([float(per_day[day]) for day in range(days)], cells - 12)
        return [*lines, [(" by day  ", "dim"), (strip, "bar")]] if shown["occurrences"] else lines

    def target(self) -> Address | None:
        current = self._pane.current
        if self.address.name or current is None:
            return None
        return Address("backtest", name=current.key, where=self.address.where)


def _figures(entry: dict[str, Any]) -> str:
    """The figures of a rule in words."""
    if not entry["count"]:
        return "no alert"
    parts = [
        fmt.count(entry["count"], "alert"),
        f"of {entry['instances']} different" if entry["instances"] > 1 else "",
        f"on {fmt.count(entry['days'], 'day')}",
        f"median {duration(entry['median'])}",
        f"longest {duration(entry['longest'])}",
        f"{entry['in_floods']} in floods" if entry["in_floods"] else "",
        f"{entry['active']} still active" if entry["active"] else "",
    ]
    return " · ".join(part for part in parts if part)


def _rule(entry: dict[str, Any], never: bool) -> Row:
    changed = entry.get("changed")
    cells = (
        cell(inert(entry["title"] or entry["rule"])),
        cell(fmt.number(entry["count"], 0), "" if entry["count"] else "dim"),
        cell(fmt.number(changed["count"], 0) if changed else "", "bold"),
        cell(fmt.number(entry["per_day"], 1), "dim"),
        cell(str(entry["days"]), "dim"),
        cell(duration(entry["median"]) if entry["count"] else "", "dim"),
        cell(duration(entry["longest"]) if entry["count"] else "", "dim"),
        cell(str(entry["in_floods"]) if entry["in_floods"] else "", "warning"),
    )
    if entry["error"] or never:
        cells = (cells[0], cell("error" if entry["error"] else "unknown", "warning"), *cells[2:])
    return Row(entry["rule"], cells, copy=f"{entry['rule']}\t{entry['count']}\t{entry['median']}")


def _occurrence(number: int, each: dict[str, Any], zone: str) -> Row:
    labels = " ".join(f"{name}={member if member is not None else '(none)'}" for name, member in each["labels"].items())
    lasted = "still on" if each["end"] is None else duration(each["end"] - each["start"])
    start = fmt.local(each["start"], zone)
    cells = (
        cell(signs.alert_sign(each["priority"]), each["priority"]),
        cell(f"{start:%Y-%m-%d %H:%M}"),
        cell(lasted),
        cell(inert(each["text"])),
        cell(inert(labels), "dim"),
        cell("flood" if each["flood"] else "", "warning"),
    )
    return Row(f"{number}", cells, copy=f"{start.isoformat()}\t{lasted}\t{labels}\t{each['text']}")
