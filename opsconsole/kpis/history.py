"""What the condition of a rule was over a past stretch of time: by one SQL statement, at those points only at which it
changed.

Between two points of the grid at which no row came into a window or left it nothing changes. So the rows of a rule on
rows are counted up and down; and the value of a KPI is computed by window functions, at markers among the rows for
the points at which it may change. What a rule would have found at a point is the same as by evaluating it there.

Rules of other kinds, and KPIs that need more than the rows of their window, are for `Past` to say no to: they are
evaluated point by point.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from opsconsole.kpis.binding import Binding, BoundKpi, BoundRule
from opsconsole.kpis.expression import ident
from opsconsole.kpis.lasting import free
from opsconsole.kpis.limits import LimitBook
from opsconsole.kpis.observation import Observation
from opsconsole.kpis.ruling.outcome import Outcome
from opsconsole.kpis.ruling.texts import name_of, short, shown
from opsconsole.kpis.scan import Cursor, Members
from opsconsole.kpis.span import moment
from opsconsole.kpis.status import limit_of
from opsconsole.kpis.when import When
from opsconsole.site.calendar import next_first_day, period_of
from opsconsole.site.figures import count, duration, figure
from opsconsole.site.grid import Grid
from opsconsole.site.localtime import day_start, zone
from opsconsole.site.model import Priority, Window

_US = 1_000_000
_PERIODS = ("day", "week", "month", "quarter", "year")
_BATCH = 10_000
_LEVELS: tuple[Priority | None, ...] = (None, "warning", "critical")


class Change(NamedTuple):
    """From this point on (s since the epoch) an instance is seen so; None: it is not mentioned any more."""

    at: float
    members: Members
    seen: Observation | None


class Regular(NamedTuple):
    """A grid whose points are all one step apart between two moments: phase and step in microseconds."""

    phase: int
    step: int

    def after(self, sql: str) -> str:
        """SQL for the first point at or after a moment in microseconds."""
        return f"((({sql}) - {self.phase} + {self.step - 1}) // {self.step} * {self.step} + {self.phase})"


def regular(grid: Grid, first: float, last: float) -> Regular | None:
    """A grid as a regular one between two moments, None where clock changes or days make it another."""
    start, end = grid.last(first), grid.next(last)
    step = round(grid.every * _US)
    at = start
    while at < end:
        # clocks change on a day; a step of more than that is looked at point by point
        following = grid.at_or_after(min(at + max(grid.every, 43_200.0), end))
        if round((following - at) * _US) % step or grid.count(at, following) != round((following - at) / grid.every):
            return None
        if grid.every > 3600 and grid.next(at) - at != grid.every:
            return None
        at = following
    return Regular(round(start * _US) % step, step)


def refusal(binding: Binding, rule: BoundRule) -> str:
    """Why the past of a rule cannot be had from one statement, or nothing."""
    if rule.kind not in ("kpi", "rows"):
        return f"`{rule.kind}`"
    if rule.rule.deadband or rule.rule.recover is not None:
        return "how it was before decides"
    if rule.source in binding.until:
        return "its rows last"
    if not rule.timed:
        return "its rows have no times"
    if rule.kpi is None:
        return ""
    kpi = rule.kpi
    if rule.changes:
        return "it compares with another time"
    if kpi.compound:
        return "its KPI is made of several sources"
    if kpi.limits or kpi.kpi.targets_from or (rule.when is None and kpi.kpi.targets):
        return "its limits change"
    window = kpi.kpi.window
    if window.kind != "moving" and window.kind not in _PERIODS:
        return f"its window is `{window}`"
    if kpi.value.empty is not None and window.kind != "moving":
        return "no rows mean a number"
    return "" if kpi.parts.aggregates else "its expression cannot be taken apart"


def changes(
    cursor: Cursor, binding: Binding, rule: BoundRule, grid: Regular, first: float, last: float
) -> Iterator[Change]:
    """The changes of what a rule finds from the point `first` to the point `last`, in order of time.

    Only for rules of which `refusal` says nothing. Raises duckdb.Error when its SQL fails on the data.
    """
    if rule.kpi is None:
        yield from _of_rows(cursor, binding, rule, grid, first, last)
    else:
        yield from _of_kpi(cursor, binding, rule, rule.kpi, grid, first, last)


def _fetched(cursor: Cursor, query: str) -> Iterator[tuple[Any, ...]]:
    found = cursor.execute(query)
    while rows := found.fetchmany(_BATCH):
        yield from rows


# --- rows --------------------------------------------------------------------------------------------------------


def _of_rows(
    cursor: Cursor, binding: Binding, rule: BoundRule, grid: Regular, first: float, last: float
) -> Iterator[Change]:
    assert rule.rows is not None
    within = rule.rule.within
    names = [f"m{index}" for index in range(len(rule.by))]
    columns = "".join(f", {binding.member(rule.source, by)} AS {name}" for by, name in zip(rule.by, names, strict=True))
    heads = "".join(f", {name}" for name in names)
    over = f"PARTITION BY {', '.join(names)} ORDER BY p" if names else "ORDER BY p"
    least = max(1, rule.rule.at_least)
    start, end = round(first * _US), round(last * _US)
    query = f"""
WITH hits AS (SELECT epoch_us(_time) AS t{columns} FROM {ident(rule.source)} WHERE (
{rule.rows.text}
) AND _time > {moment(_moment(first - within))} AND _time <= {moment(_moment(last))}),
moves AS (SELECT greatest({grid.after("t")}, {start}) AS p, 1 AS d{heads} FROM hits UNION ALL
          SELECT greatest({grid.after(f"t + {round(within * _US)}")}, {start}), -1{heads} FROM hits),
steps AS (SELECT p{heads}, sum(d) AS d FROM moves WHERE p <= {end} GROUP BY ALL HAVING sum(d) <> 0),
counts AS (SELECT p{heads}, CAST(sum(d) OVER ({over}) AS BIGINT) AS n FROM steps)
SELECT p{heads}, n FROM counts
QUALIFY (n >= {least}) IS DISTINCT FROM coalesce(lag(n >= {least}) OVER ({over}), false) ORDER BY p{heads}"""
    for at, *members, number in _fetched(cursor, query):
        if number < least:
            yield Change(at / _US, tuple(members), None)
            continue
        text = f"{count(number, 'row')} with {short(rule.rule.rows or '')} in {duration(within)}", figure(float(number))
        yield Change(at / _US, tuple(members), _seen(rule, members, rule.rule.priority, number, least, *text))


# --- KPIs --------------------------------------------------------------------------------------------------------


def _of_kpi(
    cursor: Cursor, binding: Binding, rule: BoundRule, kpi: BoundKpi, grid: Regular, first: float, last: float
) -> Iterator[Change]:
    query = _Query(cursor, binding, rule, kpi, grid, first, last).text()
    limits = LimitBook(kpi.kpi).at({})
    for at, *members, value, level in _fetched(cursor, query):
        if level is None:
            labels = dict(zip(rule.by, members, strict=True))
            seen = Observation(rule=rule.rule.name, labels=labels, quality="stale")
        else:
            priority = rule.rule.priority if level else None
            limit: float | None = None
            if rule.when is not None:
                limit, words = rule.when.limit(value), rule.when.words
            else:
                priority = _LEVELS[level]
                limit, words = limit_of(limits, priority), "beyond"
            said = shown(kpi.kpi, value)
            text = f"{name_of(kpi.kpi)} {said} {words} {shown(kpi.kpi, limit)}"
            seen = _seen(rule, members, priority, value, limit, text, said)
        yield Change(at / _US, tuple(members), seen)


class _Query:
    """The statement that gives the value of a KPI at the points at which it may change, for each group by itself."""

    def __init__(
        self, cursor: Cursor, binding: Binding, rule: BoundRule, kpi: BoundKpi, grid: Regular, first: float, last: float
    ) -> None:
        self.cursor, self.binding, self.rule, self.kpi, self.grid = cursor, binding, rule, kpi, grid
        self.first, self.last = round(first * _US), round(last * _US)
        taken = {name.lower() for name in binding.schemas[kpi.source]}
        self.at, self.mark, self.within, self.period = (
            free(name, taken) for name in ("_at", "_mark", "_within", "_period")
        )
        self.members = [free(f"_m{index}", taken) for index in range(len(rule.by))]
        window = kpi.kpi.window
        self.moving = window.kind == "moving"
        self.length = round(window.seconds * _US)
        self.counting = kpi.value.empty is not None
        """No rows mean a number, where there were some before."""
        self.edges = [] if self.moving else self._edges(window)
        self.groups = [*self.members, *([] if self.moving else [self.period])]

    def text(self) -> str:
        heads = "".join(f", {name}" for name in self.members)
        over = f"PARTITION BY {', '.join(self.members)} " if self.members else ""
        values = ", ".join(f"{sql} AS a{index}" for index, sql in enumerate(self._windowed()))
        post = f"CAST((\n{self.kpi.parts.post}\n) AS DOUBLE)"
        value = f"CASE WHEN n > 0 THEN {post} END"
        extra = ""
        if self.counting:
            # as long as the source had rows lately, that a group has none means something
            had = self._frame(2 * self.length - (1 if self.rule.by else 0))
            kept = f"NOT {self.mark} AND {self.within}" if self.rule.by else f"NOT {self.mark}"
            extra = f", count(*) FILTER (WHERE {kept}) OVER ({had}) AS had"
            value = f"CASE WHEN n > 0 THEN {post} WHEN had > 0 THEN {self.kpi.value.empty!r} END"
        return f"""
WITH base AS ({self._base()}),
points AS ({self._points()}),
rows AS (SELECT * FROM base UNION ALL BY NAME SELECT *, true AS {self.mark} FROM points),
valued AS (SELECT {self.at}, {self.mark}{heads}, {values}{extra},
    count(*) FILTER (WHERE {self._kept}) OVER ({self._frame()}) AS n FROM rows),
judged AS (SELECT {self.at} AS p{heads}, {value} AS v FROM valued WHERE {self.mark}),
levels AS (SELECT p{heads}, v, {self._level("v")} AS l, lag(p) OVER o AS before, lag({self._level("v")}) OVER o AS was
    FROM judged WINDOW o AS ({over}ORDER BY p))
SELECT p{heads}, v, l FROM levels WHERE before IS NULL OR l IS DISTINCT FROM was ORDER BY p{heads}"""

    @property
    def _kept(self) -> str:
        return f"NOT {self.mark} AND {self.within}"

    def _base(self) -> str:
        """The rows with their groups; those that the KPI does not take too where they show that the source delivers."""
        source = ident(self.kpi.source)
        members = "".join(
            f", {self.binding.member(self.kpi.source, by)} AS {name}"
            for by, name in zip(self.rule.by, self.members, strict=True)
        )
        where = f"coalesce((\n{self.kpi.where.text}\n), false)" if self.kpi.where is not None else "true"
        low = self.first - (2 if self.counting else 1) * self.length if self.moving else self.edges[0]
        kept = [f"_time >= {moment(_moment(low / _US))}", f"_time <= {moment(_moment(self.last / _US))}"]
        if not (self.counting and not self.rule.by):
            kept.append(where)
        period = ""
        joined = source
        if not self.moving:
            listed = ", ".join(f"({edge})" for edge in self.edges)
            begins = f"_edges.{self.period}"
            joined = f"{source} ASOF JOIN (VALUES {listed}) AS _edges({self.period}) ON epoch_us(_time) >= {begins}"
            period = f", _edges.{self.period} AS {self.period}"
        return (
            f"SELECT {source}.*, epoch_us(_time) AS {self.at}, false AS {self.mark}, {where} AS {self.within}"
            f"{members}{period} FROM {joined} WHERE {' AND '.join(kept)}"
        )

    def _points(self) -> str:
        """By group the points at which its value may change: where a row comes into the window or leaves it."""
        heads = "".join(f", {name}" for name in self.members)
        entered = self.grid.after(self.at)
        if self.moving:
            ends = [1, 2] if self.counting else [1]
            ways = [entered, *(self.grid.after(f"{self.at} + {times * self.length}") for times in ends)]
            if self.counting and not self.rule.by:
                ways.append(self.grid.after(f"{self.at} + {2 * self.length + 1}"))
            found = " UNION ".join(f"SELECT {way} AS {self.at}{heads} FROM base" for way in ways)
            return (
                f"SELECT DISTINCT greatest({self.at}, {self.first}) AS {self.at}{heads} FROM ({found}) "
                f"WHERE {self.at} <= {self.last}"
            )
        following = ", ".join(f"({edge}, {after})" for edge, after in zip(self.edges, self.edges[1:], strict=False))
        last = f"SELECT NULL::BIGINT AS {self.period}, NULL::BIGINT AS _next WHERE false"
        table = f"SELECT * FROM (VALUES {following}) AS f({self.period}, _next)" if following else last
        return f"""
    WITH following AS ({table}),
    entered AS (SELECT DISTINCT {entered} AS {self.at}{heads}, {self.period} FROM base),
    begun AS (SELECT DISTINCT {self.grid.after("_next")} AS {self.at}{heads}, _next AS {self.period}
        FROM base JOIN following USING ({self.period}))
    SELECT DISTINCT greatest({self.at}, {self.first}) AS {self.at}{heads}, {self.period}
    FROM (SELECT * FROM entered UNION SELECT * FROM begun) LEFT JOIN following USING ({self.period})
    WHERE {self.at} <= {self.last} AND (_next IS NULL OR ({self.at} < _next AND _next > {self.first}))"""

    def _frame(self, back: int | None = None) -> str:
        parts = f"PARTITION BY {', '.join(self.groups)} " if self.groups else ""
        length = (f"{self.length - 1 if back is None else back}" if self.moving else "UNBOUNDED") + " PRECEDING"
        return f"{parts}ORDER BY {self.at} RANGE BETWEEN {length} AND CURRENT ROW"

    def _windowed(self) -> list[str]:
        """The aggregates of the KPI over its window, without the markers."""
        pattern = _node(self.cursor, f"sum(x) FILTER (WHERE {self._kept}) OVER ({self._frame()})")
        found = []
        for aggregate in self.kpi.parts.aggregates:
            node = _node(self.cursor, aggregate.sql)
            made = copy.deepcopy(pattern)
            for name in ("function_name", "schema", "catalog", "arguments", "qualified_name", "distinct"):
                made[name] = node[name]
            made["arg_orders"] = node["order_bys"]["orders"]
            if node["filter"] is not None:
                made["filter_expr"] = {
                    "class": "CONJUNCTION",
                    "type": "CONJUNCTION_AND",
                    "alias": "",
                    "children": [pattern["filter_expr"], node["filter"]],
                }
            found.append(_text(self.cursor, made))
        return found

    def _level(self, value: str) -> str:
        """SQL for how bad a value is: 0 for normal; NULL where there is none."""
        if self.rule.when is not None:
            return f"CASE WHEN {value} IS NULL THEN NULL WHEN {_met(self.rule.when, value)} THEN 1 ELSE 0 END"
        limits = LimitBook(self.kpi.kpi).at({})
        critical, warning = limits.critical, limit_of(limits, "warning")
        if limits.better == "target":
            value = f"abs({value} - {limits.target!r})" if limits.target is not None else "0"
            within = f"WHEN {value} <= {limits.tolerance!r} THEN 0 "
        else:
            within = ""
        sign = "<" if limits.better == "higher" else ">"
        beyond = "".join(
            f"WHEN {value} {sign} {limit!r} THEN {level} "
            for limit, level in ((critical, 2), (warning, 1))
            if limit is not None
        )
        return f"CASE WHEN {value} IS NULL THEN NULL {within}{beyond}ELSE 0 END"

    def _edges(self, window: Window) -> list[int]:
        """Where the periods begin, from the one that the first point lies in."""
        tz = zone(self.binding.site)
        date, start = period_of(window, _moment(self.first / _US), tz)
        found = [start]
        while found[-1].timestamp() * _US <= self.last:
            date = next_first_day(window, date)
            found.append(day_start(date, tz))
        return [round(edge.timestamp() * _US) for edge in found]


def _met(when: When, value: str) -> str:
    """A comparison as SQL."""
    high = when.low if when.high is None else when.high
    if when.sign in ("outside", "inside"):
        return f"{'NOT ' if when.sign == 'outside' else ''}({value} BETWEEN {when.low!r} AND {high!r})"
    return f"{value} {when.sign} {when.low!r}"


def _node(cursor: Cursor, expression: str) -> dict[str, Any]:
    """The syntax tree of an expression."""
    answer = cursor.execute("SELECT json_serialize_sql(?)", [f"SELECT {expression}"]).fetchall()
    found: dict[str, Any] = json.loads(answer[0][0])["statements"][0]["node"]["select_list"][0]
    return found


def _text(cursor: Cursor, node: dict[str, Any]) -> str:
    """The expression of a syntax tree."""
    answer = cursor.execute("SELECT json_serialize_sql('SELECT 1')").fetchall()
    tree = json.loads(answer[0][0])
    tree["statements"][0]["node"]["select_list"] = [node]
    answer = cursor.execute("SELECT json_deserialize_sql(?::JSON)", [json.dumps(tree)]).fetchall()
    return str(answer[0][0]).removeprefix("SELECT ").removesuffix(";")


def _seen(
    rule: BoundRule,
    members: Sequence[str | None],
    priority: Priority | None,
    value: float,
    limit: float | None,
    text: str,
    said: str,
) -> Observation:
    """An instance as an evaluation would have found it."""
    outcome = Outcome(None)
    limited = shown(rule.kpi.kpi, limit) if rule.kpi is not None else figure(limit)
    outcome.add(rule, tuple(members), priority, float(value), limit, lambda: (text, said, limited))
    return outcome.observations[0]


def _moment(at: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(at, dt.UTC)
