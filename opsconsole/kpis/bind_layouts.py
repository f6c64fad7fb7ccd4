"""Binding of layouts: the dimensions and columns that panels name are held against the tables there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsconsole.site.layout_keys import SPLIT
from opsconsole.site.model import Panel, Problem, placed

if TYPE_CHECKING:
    from opsconsole.kpis.bind import Binder


class Layouts:
    """The panels of all layouts of a site, while it is bound."""

    def __init__(self, binder: Binder) -> None:
        self._binder = binder
        self._placed: list[tuple[tuple[str | int, ...], Panel]] = [
            (("layouts", layout.name, *place), panel)
            for layout in binder.site.layouts
            for place, panel in placed(layout)
        ]

    def splits(self) -> list[tuple[str, str, str]]:
        """(KPI, dimension, kind) of the panels that split a KPI by a dimension it has; what is wrong is reported."""
        binder = self._binder
        found: list[tuple[str, str, str]] = []
        for keys, panel in self._placed:
            if panel.kind == "table" and panel.of in binder.schemas:
                for at, column in enumerate(panel.columns):
                    binder.dimension(panel.of, column, *keys, "columns", at)
            kpi = binder.site.kpis.get(panel.of)
            if kpi is None or not (panel.kind in SPLIT or (panel.kind == "chart" and panel.by)):
                continue
            sources = binder.sources_of(kpi)
            if not binder.schemas.keys() >= set(sources):
                continue
            if not panel.by:
                message = f"`{panel.kind}`: the KPI `{kpi.name}` has no `by`, so the panel needs one"
                binder.problems.append(Problem(binder.loaded.marks.at(*keys), message))
            elif all(binder.dimension(source, panel.by, *keys, "by") for source in sources):
                found.append((panel.of, panel.by, panel.kind))
        return found

    def shares(self) -> None:
        """A Pareto chart is about parts that add up to a whole: anything but a sum or a count is pointed out."""
        binder = self._binder
        for keys, panel in self._placed:
            bound = binder.kpis.get(panel.of)
            if panel.kind != "pareto" or bound is None:
                continue
            if not bound.parts.terms or any(term.denominator is not None for term in bound.parts.terms):
                message = f"`pareto`: the values of `{panel.of}` do not add up to a whole, as sums do; use `bars`"
                binder.problems.append(Problem(binder.loaded.marks.at(*keys, "pareto"), message, "warning"))
