"""Binding of flows: their columns are there and hold what they should, and the SQL that reads the log is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opsconsole.kpis.binding import BoundFlow
from opsconsole.kpis.expression import ident
from opsconsole.kpis.zones import moment_sql
from opsconsole.site.builtin import BUILT_IN
from opsconsole.site.model import Flow
from opsconsole.site.names import show

if TYPE_CHECKING:
    from opsconsole.kpis.bind import Binder

MOST = 500_000
"""Rows of a log that are looked at, the newest: beyond that an analysis would take seconds."""
_TEXTS = ("case", "activity", "station", "resource", "by", "lifecycle")
_TIMES = ("time", "start", "end", "closed", "due")


class Flows:
    """The flows of a site on their way to `Binding.flows`; `idle` says why the others cannot be looked at."""

    def __init__(self, binder: Binder) -> None:
        self.flows: dict[str, BoundFlow] = {}
        self.idle: dict[str, str] = {}
        self._binder = binder

    def run(self) -> None:
        """Bind them all. What is wrong is among the problems of the binder."""
        for flow in self._binder.site.flows.values():
            source = self._binder.sources.get(flow.source)
            if source is None:
                continue  # an unknown source is a problem that parsing has reported
            if flow.source not in self._binder.schemas:
                self.idle[flow.name] = self._binder.lacking(source)
                continue
            before = len(self._binder.problems)
            moments: dict[str, str] = {}
            sql = self._sql(flow, moments)
            if len(self._binder.problems) > before:
                self.idle[flow.name] = self._binder.problems[before].message
            else:
                self.flows[flow.name] = BoundFlow(flow, sql, moments)

    def _sql(self, flow: Flow, known: dict[str, str]) -> str:
        """A SELECT of the log: texts, and moments as naive UTC, under the names that `engine.insight.flow` reads.

        `known` takes the SQL of each moment.
        """
        columns = []
        for key in _TEXTS:
            if (column := getattr(flow, key)) and self._binder.dimension(flow.source, column, "flows", flow.name, key):
                columns.append(f"CAST({ident(column)} AS VARCHAR) AS {ident(key)}")
        moments = []
        for key in _TIMES:
            if (column := getattr(flow, key)) and (sql := self._moment(flow, column, key)):
                columns.append(f"{sql} AS {ident(key)}")
                moments.append(ident(key))
                known[key] = sql
        for at, (stage, column) in enumerate(flow.stages.items()):
            if sql := self._moment(flow, column, "stages", stage):
                columns.append(f"{sql} AS {ident(f'stage {at}')}")
                moments.append(ident(f"stage {at}"))
                known[stage] = sql
        where = ""
        if flow.where is not None:
            condition = self._binder.checked(
                self._binder.checker.condition(flow.source, flow.where), "flows", flow.name, "where"
            )
            where = f" WHERE (\n{condition.text}\n)" if condition is not None else ""
        newest = f"greatest({', '.join(moments)})" if len(moments) > 1 else "".join(moments)
        places = [each for each in ("_file", "_line") if each in self._binder.schemas[flow.source]]
        time = ["_time"] if "_time" in self._binder.schemas[flow.source] else []
        inner = f"SELECT {', '.join([*columns, *places, *time])} FROM {ident(flow.source)}{where}"
        order = ", ".join([f"{newest} DESC NULLS LAST", *(f"{each} DESC" for each in places)])
        return f"SELECT * FROM ({inner}) ORDER BY {order} LIMIT {MOST + 1}"

    def _moment(self, flow: Flow, column: str, *keys: str) -> str | None:
        """A column as naive UTC; a date is its beginning, of what is due its last moment."""
        at = ("flows", flow.name, *keys)
        if not self._binder.dimension(flow.source, column, *at):
            return None
        columns = self._binder.schemas[flow.source]
        name = next(each for each in columns if each.lower() == column.lower())
        kind = columns[name]
        place = f"({ident(name)} + 1)" if kind == "DATE" and keys[0] == "due" else ident(name)
        zones = {"_time": "UTC"} if flow.source in BUILT_IN else self._binder.views.zones_of(flow.source)
        zone = zones.get(name, self._binder.site.timezone)
        sql = moment_sql(place, kind, zone or "UTC")
        if sql is None:
            message = f"`{show(column)}` is {kind}, expected a time, a date or seconds since 1970"
            self._binder.problem(f"`{keys[0]}`: {message}", *at)
        elif zone == "":
            message = f"`{show(column)}` may be in UTC or local time; say which in the source's `sql`"
            self._binder.problem(f"`{keys[0]}`: {message}", *at)
            return None
        return sql
