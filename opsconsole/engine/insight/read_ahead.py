"""The tables read once for many moments of a past, for what looks at them at each: the same rows as each look reads.

Rows count from their event time on, as if they had come in that order; cells of a flow from the moment that they hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import duckdb
import numpy as np

from opsconsole.kpis.ahead import Ahead
from opsconsole.kpis.binding import Binding, BoundFlow, BoundRule
from opsconsole.kpis.scan import Members

if TYPE_CHECKING:
    from opsconsole.engine.insight.flow_read import KnownFlow
    from opsconsole.engine.insight.together import Latest, Rows

_PART = 86_400.0
"""So many seconds of rows are read at once."""


class ReadAhead:
    """What was read for moments between two points (seconds since the epoch). For one thread and one transaction."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, binding: Binding, moments: Sequence[float]) -> None:
        self.ahead = Ahead(cursor, binding, moments)
        self.cut: set[str] = set()
        """Flows whose logs have more rows than are looked at."""
        self._cursor = cursor
        self._binding = binding
        self._last = moments[-1] if moments else 0.0
        self._parts: dict[str, _Part] = {}
        self._flows: dict[str, KnownFlow] = {}

    def rows_of(self, rule: BoundRule) -> Latest:
        """What reads the last rows of each group of a rule on columns."""
        return lambda now, count: self._latest(rule, now, count)

    def flow(self, bound: BoundFlow) -> KnownFlow:
        """The rows of a flow. Raises duckdb.Error."""
        from opsconsole.engine.insight import flow_read

        name = bound.flow.name
        if name not in self._flows:
            rows, cut = flow_read.rows_of(self._cursor, bound)
            self._flows[name] = flow_read.KnownFlow(rows, bound.flow)
            self.cut |= {name} if cut else set()
        return self._flows[name]

    def _latest(self, rule: BoundRule, now: dt.datetime, count: int) -> Mapping[Members, Rows]:
        from opsconsole.engine.insight import together

        name, at = rule.rule.name, now.timestamp()
        part = self._parts.get(name)
        if part is None or part.count != count or not part.first <= at <= part.last:
            last = min(self._last, at + _PART)
            if last <= at:
                return together.latest(self._cursor, self._binding, rule, now, count)
            before = together.latest(self._cursor, self._binding, rule, now, count)
            upto = dt.datetime.fromtimestamp(last, dt.UTC)
            since = together.between(self._cursor, self._binding, rule, now, upto)
            part = self._parts[name] = _Part(at, last, count, before, since)
        return part.latest(at)


class _Part:
    """The rows of each group between two moments, and so many before them."""

    def __init__(
        self, first: float, last: float, count: int, before: Mapping[Members, Rows], since: Mapping[Members, Rows]
    ) -> None:
        from opsconsole.engine.insight.together import Rows

        self.first, self.last, self.count = first, last, count
        self._rows: dict[Members, Rows] = {}
        for members in sorted({**before, **since}, key=lambda each: tuple((name is None, name or "") for name in each)):
            parts = [each[members] for each in (before, since) if members in each]
            times, values = (np.concatenate([getattr(each, name) for each in parts]) for name in Rows._fields)
            self._rows[members] = Rows(times, values)

    def latest(self, at: float) -> dict[Members, Rows]:
        """The last rows of each group at a moment."""
        found: dict[Members, Rows] = {}
        for members, rows in self._rows.items():
            end = int(np.searchsorted(rows.times, at, side="right"))
            if end:
                part = slice(max(0, end - self.count), end)
                found[members] = rows._replace(times=rows.times[part], values=rows.values[part])
        return found
