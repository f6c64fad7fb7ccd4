"""KPIs made of other KPIs, such as `availability * effectiveness * quality`.

Over one source they are written out as one expression over its rows, so that they stay ratios of sums at every level
of a breakdown. Over several sources they are computed from the components' values of each group.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from opsconsole.kpis.binding import BoundKpi
from opsconsole.kpis.expression import Bound, Checker, Fault
from opsconsole.kpis.parts import Tree
from opsconsole.site.model import Kpi


class Derived:
    """Binds the KPIs of a site that have no source of their own; `bound` has those that do, and takes no part in it.

    `unusable`: KPIs that cannot be computed, each with a sentence why.
    """

    def __init__(
        self, kpis: Mapping[str, Kpi], bound: Mapping[str, BoundKpi], unusable: Mapping[str, str], checker: Checker
    ) -> None:
        self._kpis = kpis
        self._direct = dict(bound)
        self._unusable = dict(unusable)
        self._checker = checker
        self._read: dict[str, tuple[Bound, Tree, list[tuple[str, int]]] | Fault] = {
            kpi.name: checker.formula(kpi.value, kpis) for kpi in kpis.values() if not kpi.source
        }

    def order(self) -> list[Kpi]:
        """The KPIs over others, in the order of the file."""
        return [self._kpis[name] for name in self._read]

    def bind(self, kpi: Kpi) -> BoundKpi | Fault | str:
        """The KPI bound; a `Fault` in its expression; or a sentence why it has to wait."""
        read = self._read[kpi.name]
        if isinstance(read, Fault):
            return read
        circle = self._circle(kpi.name)
        if circle is not None:
            return circle
        names = self._leaves(kpi.name)
        for name in names:
            if name not in self._direct:
                return self._unusable.get(name) or f"`{name}` has an error"
        leaves = [self._direct[name] for name in names]
        undated = next((leaf for leaf in leaves if not leaf.timed), None)
        if undated is not None and kpi.window.kind != "all":
            return Fault(
                f"`{undated.kpi.name}` is about all rows, as `{undated.source}` has no time column: this KPI needs "
                "`window: all`, or one source that joins them by `sql`",
                self._way_to(kpi.name, undated.kpi.name),
            )
        components = tuple(
            replace(leaf, kpi=replace(leaf.kpi, window=kpi.window, cumulative=False), by=(), limits={})
            for leaf in leaves
        )
        timed = all(leaf.timed for leaf in leaves)
        tree = self._flat(kpi.name)
        formula = self._checker.sql(tree)
        sources = {leaf.source for leaf in leaves}
        if len(sources) > 1:
            value = Bound(text=formula, type="DOUBLE")
            return BoundKpi(
                kpi=kpi, source=leaves[0].source, value=value, where=None, by=(), timed=timed,
                components=components, formula=formula, compound=True,
            )  # fmt: skip
        return self._written_out(kpi, tree, components, formula)

    def _written_out(self, kpi: Kpi, tree: Tree, components: tuple[BoundKpi, ...], formula: str) -> BoundKpi | Fault:
        """The KPI over the rows of the one source; filters that differ go into the aggregates."""
        filters = {part.where.text if part.where is not None else None for part in components}
        shared = components[0].where if len(filters) == 1 else None
        trees = {
            part.kpi.name: self._filtered(self._checker.tree(part.value.text), part.where if shared is None else None)
            for part in components
        }
        source = components[0].source
        text = self._checker.sql(_put(tree, trees))
        value = self._checker.value(source, text)
        if isinstance(value, Fault):
            return Fault(value.message)
        return BoundKpi(
            kpi=kpi, source=source, value=value, where=shared, by=(), timed=components[0].timed,
            components=components, formula=formula,
        )  # fmt: skip

    def _filtered(self, node: Any, where: Bound | None) -> Any:
        """The tree with a condition on the rows put into each of its aggregates."""
        if where is None:
            return node
        if isinstance(node, list):
            return [self._filtered(each, where) for each in node]
        if not isinstance(node, dict):
            return node
        if node.get("class") == "FUNCTION" and self._checker.is_aggregate(node):
            condition = self._checker.tree(where.text)
            if node["filter"] is not None:
                condition = {
                    "class": "CONJUNCTION", "type": "CONJUNCTION_AND", "alias": "", "query_location": 0,
                    "query_location_length": 0, "children": [node["filter"], condition],
                }  # fmt: skip
            return {**node, "filter": condition}
        return {name: self._filtered(each, where) for name, each in node.items()}

    def _refs(self, name: str) -> list[tuple[str, int]]:
        read = self._read.get(name)
        return read[2] if isinstance(read, tuple) else []

    def _circle(self, name: str) -> Fault | None:
        """The way on which a KPI is made of itself, at the place where it sets out."""
        for first, place in self._refs(name):
            waiting: list[tuple[str, tuple[str, ...]]] = [(first, (name, first))]
            while waiting:
                at, way = waiting.pop()
                if at == name:
                    return Fault(f"made of itself: {' → '.join(way)}", place)
                waiting += [(other, (*way, other)) for other, _ in self._refs(at) if other not in way[1:]]
        return None

    def _leaves(self, name: str) -> list[str]:
        """The KPIs with a source that a KPI comes down to, or others that cannot be used, each once."""
        found: dict[str, None] = {}
        for ref, _ in self._refs(name):
            if self._kpis[ref].source or isinstance(self._read.get(ref), Fault) or self._circle(ref):
                found[ref] = None
            else:
                found.update(dict.fromkeys(self._leaves(ref)))
        return list(found)

    def _way_to(self, name: str, leaf: str) -> int:
        """Where the expression of a KPI names what leads to a leaf."""
        return next((at for ref, at in self._refs(name) if leaf in (ref, *self._leaves(ref))), 0)

    def _flat(self, name: str) -> Tree:
        """The expression of a KPI over KPIs with a source only."""
        read = self._read[name]
        assert isinstance(read, tuple)
        inner = {ref: self._flat(ref) for ref, _ in read[2] if not self._kpis[ref].source}
        tree: Tree = _put(read[1], inner)
        return tree


def _put(node: Any, trees: Mapping[str, Tree]) -> Any:
    """The tree with other trees in place of the names that stand for them, in any case."""
    folded = {name.casefold(): tree for name, tree in trees.items()}

    def put(node: Any) -> Any:
        if isinstance(node, list):
            return [put(each) for each in node]
        if not isinstance(node, dict):
            return node
        if node.get("class") == "COLUMN_REF":
            return folded.get(".".join(node["column_names"]).casefold(), node)
        return {name: put(each) for name, each in node.items()}

    return put(node)
