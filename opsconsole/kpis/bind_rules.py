"""Binding of rules: what of each kind must fit the tables and the KPIs there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsconsole.kpis.binding import BoundKpi, BoundRule, Due, RuleKind
from opsconsole.kpis.bound import is_number
from opsconsole.kpis.expression import Bound, ident
from opsconsole.kpis.ruling.series import never_has
from opsconsole.kpis.when import When, parse_when
from opsconsole.kpis.zones import moment_sql
from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.combination import names, parse
from opsconsole.site.forecasting import parse as parse_forecast
from opsconsole.site.model import Rule, Source
from opsconsole.site.names import show

if TYPE_CHECKING:
    from opsconsole.kpis.bind import Binder
    from opsconsole.kpis.bind_flows import Flows


_TOGETHER = 2
"""Columns that can be watched together, at least."""


class Rules:
    """The rules of a site on their way to `Binding.rules`; `idle` says why the others cannot be evaluated."""

    def __init__(self, binder: Binder, flows: Flows) -> None:
        self.rules: dict[str, BoundRule] = {}
        self.idle: dict[str, str] = {}
        self._binder = binder
        self._flows = flows

    def run(self) -> None:
        """Bind them all. What is wrong is among the problems of the binder."""
        for rule in self._binder.site.rules.values():
            before = len(self._binder.problems)
            bound = self._bind(rule)
            errors = [each for each in self._binder.problems[before:] if each.severity == "error"]
            if errors:
                self.idle[rule.name] = errors[0].message
            elif isinstance(bound, BoundRule):
                self.rules[rule.name] = bound
            elif bound:
                self.idle[rule.name] = bound

    def _bind(self, rule: Rule) -> BoundRule | str:
        """The rule, or why it waits."""
        if rule.combine is not None:
            parts = tuple(dict.fromkeys(part.name for part in names(parse(rule.combine))))
            return BoundRule(rule=rule, kind="combine", source="", by=rule.by, parts=parts)
        if rule.kpi is not None:
            kpi = self._binder.kpis.get(rule.kpi)
            if kpi is None:
                return self._binder.waiting.get(rule.kpi) or self._binder.broken.get(rule.kpi, "")
            return self._on_kpi(rule, kpi)
        if rule.flow is not None:
            flow = self._flows.flows.get(rule.flow)
            if flow is None:
                return self._flows.idle.get(rule.flow, "")
            kind: RuleKind = "wip" if rule.wip else "bottleneck" if rule.bottleneck else "late"
            return BoundRule(rule=rule, kind=kind, source=flow.flow.source, by=rule.by)
        source = self._binder.sources.get(rule.source or "")
        if source is None:
            return ""  # an unknown source is a problem that parsing has reported
        if rule.silent is not None and not rule.by:
            return BoundRule(rule=rule, kind="silent", source=source.name)
        if source.name not in self._binder.schemas:
            return self._binder.lacking(source)
        by = self._binder.dimensions(source.name, rule.by, "rules", rule.name, "by")
        timed = source.time is not None
        if rule.silent is not None:
            return BoundRule(rule=rule, kind="silent", source=source.name, by=by, timed=timed)
        if rule.due is not None:
            return BoundRule(rule=rule, kind="due", source=source.name, by=by, due=self._due(rule, rule.due, source))
        if rule.anomaly is not None:
            columns = self._columns(rule, source)
            return BoundRule(rule=rule, kind="anomaly", source=source.name, by=by, timed=timed, columns=columns)
        return BoundRule(
            rule=rule,
            kind="rows",
            source=source.name,
            by=by,
            rows=self._condition(rule, source.name, "rows", rule.rows or ""),
            recovered=self._condition(rule, source.name, "recover", rule.recover) if rule.recover else None,
            timed=timed,
        )

    def _on_kpi(self, rule: Rule, kpi: BoundKpi) -> BoundRule:
        by = rule.by
        for source in kpi.sources:
            by = self._binder.dimensions(source, by, "rules", rule.name, "by")
        if rule.forecast is not None:
            self._forecast(rule, rule.forecast, kpi)
            return BoundRule(rule=rule, kind="forecast", source=kpi.source, by=by, kpi=kpi, timed=kpi.timed)
        if rule.control:
            if not kpi.windowed:
                self._problem(rule, "control", f"`control`: `{show(kpi.kpi.name)}` is about all rows, it has no past")
            return BoundRule(rule=rule, kind="control", source=kpi.source, by=by, kpi=kpi, timed=kpi.timed)
        if rule.anomaly is not None:
            if not kpi.windowed:
                self._problem(rule, "anomaly", f"`anomaly`: `{show(kpi.kpi.name)}` is about all rows, it has no past")
            return BoundRule(rule=rule, kind="anomaly", source=kpi.source, by=by, kpi=kpi, timed=kpi.timed)
        when = self._comparison(rule, "when", rule.when)
        window = kpi.kpi.window
        if rule.change is not None and not kpi.timed:
            self._problem(rule, "change", f"`change`: the rows of `{show(kpi.kpi.name)}` have no time column")
        if rule.against is not None and (not kpi.windowed or never_has(window, rule.against)):
            what = "the period before" if rule.against == "before" else f"that of a {rule.against} earlier"
            message = f"`against`: a window of {window} is never compared with {what}"
            if not kpi.windowed:
                message = f"`against`: `{show(kpi.kpi.name)}` is about all rows, so there is no period before"
            self._problem(rule, "against", message)
        if when is not None and when.sign == "outside" and when.high is not None:
            self._never(rule, 2 * rule.deadband >= when.high - when.low, "half of the range")
        elif when is None and kpi.kpi.better == "target" and rule.deadband:
            card = kpi.kpi
            nearest = min(
                (float(each) for each in (card.warning, card.critical) if isinstance(each, float | int)),
                default=card.tolerance,
            )
            self._never(rule, rule.deadband >= nearest, "the distance from the target that is allowed")
        return BoundRule(
            rule=rule,
            kind="kpi",
            source=kpi.source,
            by=by,
            kpi=kpi,
            when=when,
            recover=self._comparison(rule, "recover", rule.recover),
            timed=kpi.timed,
        )

    def _columns(self, rule: Rule, source: Source) -> tuple[str, ...]:
        """The columns that are watched together, as the table calls them."""
        if source.time is None:
            self._problem(rule, "anomaly", f"`anomaly`: the rows of `{show(source.name)}` have no time column")
        schema = self._binder.schemas[source.name]
        if not rule.columns:
            hidden = {*rule.by, *source.dimensions}
            found = tuple(n for n, kind in schema.items() if is_number(kind) and n not in hidden and n[:1] != "_")
            if len(found) < _TOGETHER:
                self._problem(
                    rule, "anomaly", f"`anomaly`: `{show(source.name)}` has fewer than two columns of numbers"
                )
            return found
        known = {name.lower(): name for name in schema}
        columns: list[str] = []
        for at, name in enumerate(rule.columns):
            if not self._binder.dimension(source.name, name, "rules", rule.name, "columns", at):
                continue
            column = known[name.lower()]
            if not is_number(schema[column]):
                message = f"`columns`: `{show(name)}` is {schema[column]}, expected numbers"
                self._binder.problem(message, "rules", rule.name, "columns", at)
            columns.append(column)
        if len(rule.columns) < _TOGETHER:
            self._problem(rule, "columns", "`columns`: expected at least two, for what one column does alone is a KPI")
        return tuple(columns)

    def _forecast(self, rule: Rule, text: str, kpi: BoundKpi) -> None:
        """Whether a KPI has a past to go on from, and the limit that is named."""
        name = show(kpi.kpi.name)
        if not kpi.windowed:
            self._problem(rule, "forecast", f"`forecast`: `{name}` is about all rows, it has no past")
        limit = parse_forecast(text).limit
        if isinstance(limit, float):
            return
        if limit in kpi.limits:
            self._problem(rule, "forecast", f"`forecast`: `{limit}` of `{name}` is an expression; write a number")
        sets = getattr(kpi.kpi, limit) is not None or any(getattr(each, limit) is not None for each in kpi.kpi.targets)
        if not sets and not kpi.kpi.targets_from:
            self._problem(rule, "forecast", f"`forecast`: `{name}` has no `{limit}` limit; write a number")

    def _never(self, rule: Rule, never: bool, what: str) -> None:
        if rule.deadband and never:
            message = f"`deadband`: {rule.deadband:g} is at least {what}, so that it would never be over"
            self._problem(rule, "deadband", message)

    def _comparison(self, rule: Rule, key: str, text: str | None) -> When | None:
        found = parse_when(text) if text is not None else None
        if text is not None and found is None:
            self._problem(rule, key, "expected a comparison such as `< 70` or `outside 20..30`")
        return found

    def _condition(self, rule: Rule, source: str, key: str, text: str) -> Bound | None:
        return self._binder.checked(self._binder.checker.condition(source, text), "rules", rule.name, key)

    def _due(self, rule: Rule, due: str, source: Source) -> Due | None:
        """When a row is due; a date is so until its last moment."""
        unless = self._condition(rule, source.name, "unless", rule.unless) if rule.unless is not None else None
        if not self._binder.dimension(source.name, due, "rules", rule.name, "due"):
            return None
        columns = self._binder.schemas[source.name]
        column = next(name for name in columns if name.lower() == due.lower())
        kind = columns[column]
        place = f"({ident(column)} + 1)" if kind == "DATE" else ident(column)
        zones = {"_time": "UTC"} if source.name in BUILT_IN else self._binder.views.zones_of(source.name)
        zone = zones.get(column, self._binder.site.timezone)
        sql = moment_sql(place, kind, zone or "UTC")
        if sql is None:
            message = f"`due`: `{show(column)}` is {kind}, expected a time, a date or seconds since 1970"
            self._problem(rule, "due", message)
        elif zone == "":
            message = f"`due`: `{show(column)}` may be in UTC or local time; say which in the source's `sql`"
            self._problem(rule, "due", message)
        return Due(sql, unless) if sql is not None else None

    def _problem(self, rule: Rule, key: str, message: str) -> None:
        self._binder.problem(message, "rules", rule.name, key)
