"""Binding: every piece of SQL in a site file is checked against its tables; what is wrong is said with its place."""

from __future__ import annotations

from collections.abc import Mapping

from opsconsole.kpis.binding import Binding, BoundKpi, BoundRule
from opsconsole.kpis.expression import Bench, Bound, Checker, Fault
from opsconsole.kpis.when import parse_when
from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.model import Kpi, Problem, Rule, Site, Source
from opsconsole.site.parse import Loaded
from opsconsole.tables import health


def bind(
    loaded: Loaded, schemas: Mapping[str, Mapping[str, str]], bench: Bench | None = None
) -> tuple[Binding, list[Problem]]:
    """Check every expression of a valid site against the tables there are (source -> column -> DuckDB type).

    What belongs to a source without a table is left in `Binding.waiting`, for the next binding; what has an error is
    left out, so that the rest of a site works. `bench` is used up; without one it is made here.

    Raises ValueError for a site that did not load.
    """
    if loaded.site is None:
        raise ValueError("a site with errors cannot be bound")
    binder = _Binder(loaded, loaded.site, schemas, bench)
    try:
        return binder.run(), sorted(binder.problems)
    finally:
        binder.checker.close()


class _Binder:
    def __init__(
        self, loaded: Loaded, site: Site, schemas: Mapping[str, Mapping[str, str]], bench: Bench | None
    ) -> None:
        self.site = site
        self.loaded = loaded
        self.problems: list[Problem] = []
        self.sources = {**site.sources, **BUILT_IN}
        self.schemas = {name: dict(columns) for name, columns in schemas.items() if name in site.sources}
        self.schemas |= {name: dict(columns) for name, columns in health.SCHEMAS.items()}
        self.checker = Checker(self.schemas, bench)
        self.kpis: dict[str, BoundKpi] = {}
        self.rules: dict[str, BoundRule] = {}
        self.waiting: dict[str, str] = {}
        self.broken: dict[str, str] = {}
        self.idle: dict[str, str] = {}

    def run(self) -> Binding:
        own = {
            name: self.dimensions(name, source.dimensions, "sources", name, "dimensions")
            for name, source in self.sources.items()
            if name in self.schemas
        }
        for name, source in self.site.sources.items():
            if name not in self.schemas:
                continue
            if source.time is not None:
                self.dimension(name, source.time, "sources", name, "time")
            self.dimensions(name, source.key, "sources", name, "key")
            if source.latest is not None:
                self.dimension(name, source.latest, "sources", name, "latest")
        panels = self.panels()
        for kpi in self.site.kpis.values():
            by = own.get(kpi.source, ())  # where the KPI says nothing, it has its source's
            if self.loaded.marks.has("kpis", kpi.name, "by"):
                by = self.dimensions(kpi.source, kpi.by, "kpis", kpi.name, "by") if kpi.source in self.schemas else ()
            self.bind_kpi(kpi, (*by, *(extra for name, extra, _ in panels if name == kpi.name)))
        for rule in self.site.rules.values():
            self.bind_rule(rule)
        grids = dict.fromkeys((name, by) for name, by, kind in panels if kind == "grid" and name in self.kpis)
        return Binding(
            site=self.site,
            schemas=self.schemas,
            kpis=self.kpis,
            rules=self.rules,
            waiting=self.waiting,
            broken=self.broken,
            idle=self.idle,
            grids=tuple(grids),
        )

    def panels(self) -> list[tuple[str, str, str]]:
        """(KPI, dimension, kind) of the panels that split a KPI by a dimension it has."""
        found: list[tuple[str, str, str]] = []
        for layout in self.site.layouts:
            for number, row in enumerate(layout.rows):
                for index, panel in enumerate(row.panels):
                    kpi = self.site.kpis.get(panel.of)
                    if panel.kind not in {"breakdown", "grid"} or kpi is None or kpi.source not in self.schemas:
                        continue
                    keys = ("layouts", layout.name, "rows", number, "panels", index)
                    if not panel.by:
                        message = f"`{panel.kind}`: the KPI `{kpi.name}` has no `by`, so the panel needs one"
                        self.problems.append(Problem(self.loaded.marks.at(*keys), message))
                    elif self.dimension(kpi.source, panel.by, *keys, "by"):
                        found.append((panel.of, panel.by, panel.kind))
        return found

    def bind_kpi(self, kpi: Kpi, by: tuple[str, ...]) -> None:
        source = self.sources.get(kpi.source)
        if source is None:
            return  # an unknown source is a problem that parsing has reported
        if kpi.source not in self.schemas:
            self.waiting[kpi.name] = _no_table(source)
            return
        before = len(self.problems)
        value = self.checked(self.checker.value(kpi.source, kpi.value), "kpis", kpi.name, "value")
        where = None
        if kpi.where is not None:
            where = self.checked(self.checker.condition(kpi.source, kpi.where), "kpis", kpi.name, "where")
        if len(self.problems) > before or value is None:
            self.broken[kpi.name] = self.problems[before].message
            return
        self.kpis[kpi.name] = BoundKpi(
            kpi=kpi, value=value, where=where, by=tuple(dict.fromkeys(by)), timed=source.time is not None
        )

    def bind_rule(self, rule: Rule) -> None:
        if rule.kpi is not None:
            self.bind_kpi_rule(rule, rule.kpi)
            return
        source = self.sources.get(rule.source or "")
        if source is None:
            return  # as for KPIs
        if rule.silent is not None:
            self.rules[rule.name] = BoundRule(rule=rule, kind="silent", source=source.name)
            return
        if source.name not in self.schemas:
            self.idle[rule.name] = _no_table(source)
            return
        before = len(self.problems)
        rows = self.checked(self.checker.condition(source.name, rule.rows or ""), "rules", rule.name, "rows")
        by = self.dimensions(source.name, rule.by, "rules", rule.name, "by")
        if len(self.problems) > before or rows is None:
            self.idle[rule.name] = self.problems[before].message
            return
        timed = source.time is not None
        self.rules[rule.name] = BoundRule(rule=rule, kind="rows", source=source.name, by=by, rows=rows, timed=timed)

    def bind_kpi_rule(self, rule: Rule, name: str) -> None:
        kpi = self.kpis.get(name)
        if kpi is None:
            self.idle[rule.name] = self.waiting.get(name) or self.broken.get(name, "")
            return
        before = len(self.problems)
        by = self.dimensions(kpi.kpi.source, rule.by, "rules", rule.name, "by")
        when = None
        if rule.when is not None:
            when = parse_when(rule.when)
            if when is None:
                self.problem("expected a comparison such as `< 70` or `outside 20..30`", "rules", rule.name, "when")
        if len(self.problems) > before:
            self.idle[rule.name] = self.problems[before].message
            return
        self.rules[rule.name] = BoundRule(
            rule=rule, kind="kpi", source=kpi.kpi.source, by=by, kpi=kpi, when=when, timed=kpi.timed
        )

    def dimensions(self, source: str, names: tuple[str, ...], *keys: str | int) -> tuple[str, ...]:
        """The dimensions that exist, as their author wrote them; the others are problems."""
        return tuple(
            dict.fromkeys(name for index, name in enumerate(names) if self.dimension(source, name, *keys, index))
        )

    def dimension(self, source: str, name: str, *keys: str | int) -> bool:
        """Whether the source has the column; if not, a problem at the mark of the keys."""
        found = self.checker.column(source, name)
        if isinstance(found, Fault):
            self.problems.append(Problem(self.loaded.marks.at(*keys), found.message))
            return False
        return True

    def checked(self, outcome: Bound | Fault, *keys: str) -> Bound | None:
        if isinstance(outcome, Bound):
            return outcome
        self.problems.append(Problem(self.loaded.marks.inside(*keys, offset=outcome.offset), outcome.message))
        return None

    def problem(self, message: str, *keys: str) -> None:
        self.problems.append(Problem(self.loaded.marks.at(*keys), message))


def _no_table(source: Source) -> str:
    return f"waits for the first file of {source.title or source.name}"
