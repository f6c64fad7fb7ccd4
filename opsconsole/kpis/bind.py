"""Binding: every piece of SQL in a site file is checked against its tables; what is wrong is said with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec.structs import replace

from opsconsole.kpis.bind_flows import Flows
from opsconsole.kpis.bind_layouts import Layouts
from opsconsole.kpis.bind_rules import Rules
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.bound import misfit
from opsconsole.kpis.derive import Derived
from opsconsole.kpis.expression import Bench, Bound, Checker, Fault
from opsconsole.kpis.lasting import SECONDS
from opsconsole.kpis.limits import BESIDE, LIMITS
from opsconsole.kpis.views import Views
from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.layout_keys import IN_TIME
from opsconsole.site.model import Kpi, Problem, Site, Source, files_of
from opsconsole.site.names import show
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
    binder = Binder(loaded, loaded.site, schemas, bench)
    try:
        return binder.run(), sorted(set(binder.problems))
    finally:
        binder.checker.close()


class Binder:
    """One binding under way."""

    def __init__(
        self, loaded: Loaded, site: Site, schemas: Mapping[str, Mapping[str, str]], bench: Bench | None
    ) -> None:
        self.site = site
        self.loaded = loaded
        self.problems: list[Problem] = []
        self.sources = {**site.sources, **BUILT_IN}
        self.schemas = {name: dict(schemas[name]) for name in schemas if name in files_of(site)}
        self.schemas |= {name: dict(columns) for name, columns in health.SCHEMAS.items()}
        self.checker = Checker(self.schemas, bench)
        self.views = Views(self.sources, site.timezone, loaded.marks, self.checker.connection, self.schemas)
        self.kpis: dict[str, BoundKpi] = {}
        self.waiting: dict[str, str] = {}
        self.broken: dict[str, str] = {}

    def run(self) -> Binding:
        self.bind_views()
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
            if source.until is not None:
                self.dimension(name, source.until, "sources", name, "until")
            self.dimensions(name, source.key, "sources", name, "key")
            if source.latest is not None:
                self.dimension(name, source.latest, "sources", name, "latest")
            self.elements(name, source.elements, "sources", name)
        layouts = Layouts(self)
        panels = layouts.splits()
        extras = {name: tuple(by for other, by, _ in panels if other == name) for name in self.site.kpis}
        for kpi in self.site.kpis.values():
            if kpi.source:
                by = own.get(kpi.source, ())  # where the KPI says nothing, it has its source's
                if self.loaded.marks.has("kpis", kpi.name, "by"):
                    by = (
                        self.dimensions(kpi.source, kpi.by, "kpis", kpi.name, "by")
                        if kpi.source in self.schemas
                        else ()
                    )
                self.bind_kpi(kpi, (*by, *extras[kpi.name]))
        derived = Derived(self.site.kpis, self.kpis, self.waiting | self.broken, self.checker)
        for kpi in derived.order():
            self.bind_derived(derived, kpi, extras[kpi.name])
        self.take_apart()
        layouts.shares()
        self.columns_of_limits()
        flows = Flows(self)
        flows.run()
        rules = Rules(self, flows)
        rules.run()
        grids = dict.fromkeys((name, by) for name, by, kind in panels if kind in IN_TIME and name in self.kpis)
        return Binding(
            site=self.site,
            schemas=self.schemas,
            kpis=self.kpis,
            rules=rules.rules,
            waiting=self.waiting,
            broken=self.broken,
            idle=rules.idle,
            grids=tuple(grids),
            views=self.views.views,
            unmade=self.views.waiting | self.views.broken,
            reads=self.views.reads,
            until=self.views.until,
            flows=flows.flows,
            stuck=flows.idle,
        )

    def bind_views(self) -> None:
        """The derived sources, which from here on are sources like all others."""
        self.views.run()
        self.problems += self.views.problems
        for view in self.views.views.values():
            self.schemas[view.name] = view.columns
            self.checker.add(view.name, view.columns)
        for name, source in self.sources.items():
            # also where the end is not found: that is told once, not again wherever the seconds are used
            columns = {column.lower() for column in self.schemas.get(name, {})}
            if source.until is not None and columns and SECONDS not in columns:
                self.checker.give(name, SECONDS, "DOUBLE")

    def lacking(self, source: Source) -> str:
        """Why there is no table of a source yet."""
        unmade = self.views.waiting.get(source.name) or self.views.broken.get(source.name)
        return unmade or f"waits for the first file of {source.title or source.name}"

    def bind_kpi(self, kpi: Kpi, by: tuple[str, ...]) -> None:
        source = self.sources.get(kpi.source)
        if source is None:
            return  # an unknown source is a problem that parsing has reported
        if kpi.source not in self.schemas:
            self.waiting[kpi.name] = self.lacking(source)
            return
        before = len(self.problems)
        self.elements(kpi.source, kpi.elements, "kpis", kpi.name)
        value = None
        if len(self.problems) == before:
            value = self.checked(self.checker.value(kpi.source, kpi.value), "kpis", kpi.name, "value")
        where = None
        if kpi.where is not None:
            where = self.checked(self.checker.condition(kpi.source, kpi.where), "kpis", kpi.name, "where")
        if len(self.problems) > before or value is None:
            self.broken[kpi.name] = self.problems[before].message
            return
        mean = self.checker.mean_of_ratios(value.text)
        if mean is not None:
            message = "a mean of ratios lets small and large groups count alike; write sum(…) / sum(…) if that is meant"
            mark = self.loaded.marks.inside("kpis", kpi.name, "value", offset=mean)
            self.problems.append(Problem(mark, message, "warning"))
        self.kpis[kpi.name] = BoundKpi(
            kpi=kpi,
            source=kpi.source,
            value=value,
            where=where,
            by=tuple(dict.fromkeys(by)),
            timed=source.time is not None,
            limits=self.limits(kpi, kpi.source),
        )

    def elements(self, source: str, elements: Mapping[str, str], *keys: str) -> None:
        """What a source or a KPI says the symbols of the library are, each by itself."""
        if not elements:
            return
        from opsconsole.site.library.elements import ELEMENTS

        for symbol, text in elements.items():
            found = self.checker.row(source, text, "an element")
            if isinstance(found, Bound):
                found = misfit(found, ELEMENTS[symbol].kind) or found
            self.checked(found, *keys, "elements", symbol)

    def bind_derived(self, derived: Derived, kpi: Kpi, extras: tuple[str, ...]) -> None:
        """A KPI over others; one of the sources it is made of may still be without a table."""
        made = derived.bind(kpi)
        if isinstance(made, Fault):
            self.checked(made, "kpis", kpi.name, "value")
            self.broken[kpi.name] = made.message
            return
        if isinstance(made, str):
            self.waiting[kpi.name] = made
            return
        by = kpi.by
        for source in made.sources:
            by = self.dimensions(source, by, "kpis", kpi.name, "by")
        limits = {}
        written = next((name for name in LIMITS if isinstance(getattr(kpi, name), str)), None)
        if written is not None and made.compound:
            message = f"`{written}`: a KPI over several sources takes a number here"
            self.problems.append(Problem(self.loaded.marks.at("kpis", kpi.name, written), message))
        else:
            limits = self.limits(kpi, made.source)
        self.kpis[kpi.name] = replace(made, by=tuple(dict.fromkeys((*by, *extras))), limits=limits)

    def limits(self, kpi: Kpi, source: str) -> dict[str, Bound]:
        """The limits that are SQL; and the columns that a source of limits has to have."""
        found = {}
        for name in LIMITS:
            text = getattr(kpi, name)
            if isinstance(text, str):
                bound = self.checked(self.checker.value(source, text), "kpis", kpi.name, name)
                if bound is not None:
                    found[name] = bound
        if kpi.targets_from and kpi.targets_from in self.schemas:
            columns = {column.casefold() for column in self.schemas[kpi.targets_from]}
            message = ""
            if not columns & set(LIMITS):
                message = f"`{kpi.targets_from}` has none of the columns `target`, `warning`, `critical`"
            elif columns & {"warning", "critical"} and kpi.better is None:
                message = "`targets_from`: a KPI with limits needs `better` (`higher`, `lower` or `target`)"
            if message:
                self.problems.append(Problem(self.loaded.marks.at("kpis", kpi.name, "targets_from"), message))
        for index, entry in enumerate(kpi.targets):
            for member in entry.where:
                self.dimension(source, member, "kpis", kpi.name, "targets", index, "where", member)
        return found

    def columns_of_limits(self) -> None:
        """A row of limits is for the members in all its other columns: in one that no KPI has, it is for nothing."""
        users: dict[str, list[BoundKpi]] = {}
        for kpi in self.kpis.values():
            if kpi.kpi.targets_from in self.schemas:
                users.setdefault(kpi.kpi.targets_from, []).append(kpi)
        for source, kpis in users.items():
            known = {column.casefold() for kpi in kpis for each in kpi.sources for column in self.schemas[each]}
            odd = [name for name in self.schemas[source] if name.casefold() not in {*known, *LIMITS, *BESIDE}]
            if odd and {name.casefold() for name in self.schemas[source]} & set(LIMITS):
                message = (
                    f"`{source}` has the column `{show(odd[0])}`, which no KPI with its limits has: a row with "
                    "something in it sets none"
                )
                mark = self.loaded.marks.at("kpis", kpis[0].kpi.name, "targets_from")
                self.problems.append(Problem(mark, message, "warning"))

    def take_apart(self) -> None:
        """What every KPI is made of, asked of DuckDB in one go."""
        direct = [kpi for kpi in self.kpis.values() if not kpi.compound]
        for kpi, parts in zip(direct, self.checker.parts([kpi.value.text for kpi in direct]), strict=True):
            self.kpis[kpi.kpi.name] = replace(kpi, parts=parts)
        for kpi in list(self.kpis.values()):
            if kpi.components:
                known = [replace(part, parts=self.kpis[part.kpi.name].parts) for part in kpi.components]
                self.kpis[kpi.kpi.name] = replace(kpi, components=tuple(known))

    def sources_of(self, kpi: Kpi) -> tuple[str, ...]:
        """The sources behind a KPI as far as the site file says; empty for one over KPIs that are unknown."""
        if kpi.source:
            return (kpi.source,)
        words = {word.casefold() for word in re.findall(r"\w+", kpi.value)}
        parts = [other for other in self.site.kpis.values() if other.source and other.name.casefold() in words]
        return tuple(dict.fromkeys(part.source for part in parts))

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

    def problem(self, message: str, *keys: str | int) -> None:
        self.problems.append(Problem(self.loaded.marks.at(*keys), message))
