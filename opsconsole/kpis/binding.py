"""What binding makes of a site: KPIs and rules whose SQL is known to run, and the SQL of their dimensions."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from opsconsole.kpis.expression import Bound, ident
from opsconsole.kpis.parts import Parts
from opsconsole.kpis.views import View
from opsconsole.kpis.when import When
from opsconsole.site.model import Flow, Kpi, Rule, Site

RuleKind = Literal[
    "kpi", "rows", "silent", "due", "combine", "control", "forecast", "anomaly", "late", "wip", "bottleneck"
]


class BoundKpi(Struct, frozen=True):
    """A KPI that can be computed. `by` holds its own dimensions and those that panels and rules ask for.

    One over other KPIs has them in `components`, taken over its own window, and `formula` is it as SQL over their
    names. Where all are of one source its `value` is written out over that source's rows, so that it is like any
    other; else it is `compound`: `value` is the formula, to be computed from the values of the components.
    `limits`: target, warning and critical where they are SQL over the same rows.
    """

    kpi: Kpi
    source: str
    value: Bound
    where: Bound | None
    by: tuple[str, ...]
    timed: bool
    parts: Parts = Parts((), "")
    limits: dict[str, Bound] = {}
    components: tuple[BoundKpi, ...] = ()
    formula: str = ""
    compound: bool = False

    @property
    def windowed(self) -> bool:
        """Whether its window is a stretch of event time, not all rows."""
        return self.timed and self.kpi.window.kind != "all"

    @property
    def leaves(self) -> tuple[BoundKpi, ...]:
        """The KPIs of one source each that it is computed from: itself, or those a compound one is made of."""
        return self.components if self.compound else (self,)

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources whose rows it is about, each once."""
        return tuple(dict.fromkeys(leaf.source for leaf in self.leaves))


class Due(Struct, frozen=True):
    """When a row is due: SQL for the moment (naive UTC, NULL: never), and what it must not meet."""

    moment: str
    unless: Bound | None = None


class BoundRule(Struct, frozen=True):
    """A rule that can be evaluated; `source` is its KPI's where it is about a KPI, "" where it has none.

    `recover` and `recovered` say when it is over: a comparison, or a condition on rows. `parts`: the rules that are
    combined. `columns`: those that are watched together.
    """

    rule: Rule
    kind: RuleKind
    source: str
    by: tuple[str, ...] = ()
    kpi: BoundKpi | None = None
    when: When | None = None
    rows: Bound | None = None
    timed: bool = False
    due: Due | None = None
    recover: When | None = None
    recovered: Bound | None = None
    parts: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The sources whose rows it is about; a combination by itself is about none."""
        if self.kpi is not None:
            return self.kpi.sources
        return (self.source,) if self.source else ()

    @property
    def changes(self) -> bool:
        """Whether it is about how a KPI's value has changed."""
        return self.rule.change is not None or self.rule.against is not None


class BoundFlow(Struct, frozen=True):
    """A flow whose log can be read: `sql` gives its rows, newest first.

    `moments`: by the key of the flow (of stages by the name of each) the SQL of its moment as naive UTC.
    """

    flow: Flow
    sql: str
    moments: dict[str, str] = {}


class Binding(Struct, frozen=True):
    """A site whose expressions have been checked against its tables.

    `schemas`: source -> column -> DuckDB type. `waiting`: KPIs whose source has no table yet, each with a
    sentence for the screen; `broken`: KPIs with an error, likewise; `idle`: rules that cannot be evaluated for one of
    these reasons. `grids`: (KPI, dimension) that layouts show over time. `views`: the derived sources that can be
    read, in the order in which they can be made; `unmade`: why the others cannot; `reads`: what each is made of.
    `flows`: those whose log can be read; `stuck`: why the others cannot.
    `until`: by source whose rows last, SQL for the moment at which a row ends (naive UTC, NULL: it goes on).
    """

    site: Site
    schemas: dict[str, dict[str, str]]
    kpis: dict[str, BoundKpi] = {}
    rules: dict[str, BoundRule] = {}
    waiting: dict[str, str] = {}
    broken: dict[str, str] = {}
    idle: dict[str, str] = {}
    grids: tuple[tuple[str, str], ...] = ()
    views: dict[str, View] = {}
    unmade: dict[str, str] = {}
    reads: dict[str, tuple[str, ...]] = {}
    until: dict[str, str] = {}
    flows: dict[str, BoundFlow] = {}
    stuck: dict[str, str] = {}

    def files(self, source: str) -> tuple[str, ...]:
        """The sources of files that a source is made of; of one that has files of its own: itself."""
        found: list[str] = []
        waiting, seen = [source], set()
        while waiting:
            name = waiting.pop(0)
            if name not in seen:
                seen.add(name)
                waiting += self.reads.get(name, ())
                found += [] if name in self.reads else [name]
        return tuple(found)

    def column(self, source: str, name: str) -> str:
        """The column of a source by its name in any case, as its table spells it. Raises LookupError."""
        columns = self.schemas.get(source, {})
        if name in columns:
            return name
        for known in columns:
            if known.lower() == name.lower():
                return known
        raise LookupError(f"`{source}` has no column `{name}`")

    def member(self, source: str, name: str) -> str:
        """SQL that gives the member of a dimension as text. Raises LookupError."""
        column = self.column(source, name)
        return ident(column) if self.schemas[source][column] == "VARCHAR" else f"CAST({ident(column)} AS VARCHAR)"

    def filters(self, source: str, where: dict[str, str | None]) -> tuple[list[str], list[str]]:
        """SQL conditions, and the values of their parameters, that keep the rows of chosen members.

        Raises LookupError for a dimension that the source does not have.
        """
        conditions: list[str] = []
        values: list[str] = []
        for name, member in where.items():
            sql = self.member(source, name)
            if member is None:
                conditions.append(f"{sql} IS NULL")
            else:
                conditions.append(f"{sql} = ?")
                values.append(member)
        return conditions, values
