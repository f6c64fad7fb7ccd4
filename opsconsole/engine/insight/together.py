"""The columns of a source watched together, a model of what is usual for each machine (group of its rows)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from opsconsole.insight.anomaly.monitor import Monitor, Moved, learn, moved, watch
from opsconsole.insight.anomaly.pca import NotEnoughError
from opsconsole.kpis.binding import Binding, BoundRule
from opsconsole.kpis.expression import ident
from opsconsole.kpis.ruling.insights import Found, Seen
from opsconsole.kpis.scan import Cursor, Members
from opsconsole.kpis.span import moment as literal
from opsconsole.site.calendar import zone
from opsconsole.site.figures import moment, number

MOST = 5_000
"""So many of the latest rows of a machine are learnt from at most."""
RECENT = 300
"""So many are looked at each time."""
Latest = Callable[[dt.datetime, int], Mapping[Members, "Rows"]]
"""The last rows of each group up to a moment, so many of them."""
DAY = 86_400.0
_AGAIN = 600.0
"""Seconds of site time after which it is tried again to learn of a machine that had too few rows."""
_USUAL = 7 * DAY
"""Seconds after which what was unusual is how it is now."""
_GROUPS = 1_000
_OLD = 10.0
"""The latest row may be so many steps old, and a minute."""
NAMED = 3


class Rows(NamedTuple):
    """Rows of one machine in order of time: moments in seconds since the epoch, and rows × columns."""

    times: NDArray[np.float64]
    values: NDArray[np.float64]


class Machine:
    """One group: what is usual for it, or why nothing can be said."""

    def __init__(self, rows: Rows, columns: tuple[str, ...], per_week: float) -> None:
        self.monitor: Monitor | None = None
        self.lacking = ""
        self.step = 0.0
        self.onset: float | None = None
        """When it left what is usual, where it has not come back."""
        try:
            if len(rows.times) > 1:
                self.step = max(1e-3, float(np.median(np.diff(rows.times))))
            self.monitor = usual(rows, columns, self.step, per_week)
        except NotEnoughError as error:
            self.lacking = str(error)


def usual(rows: Rows, columns: tuple[str, ...], step: float, per_week: float) -> Monitor:
    """What is usual by all rows, and then by those that were: alarms of a first model teach the second nothing.

    Raises NotEnoughError.
    """
    first = learn(rows.values, columns, step, per_week)
    calm = ~watch(first, rows.values).alarms
    if calm.all() or calm.mean() < 0.5:  # half of the past cannot be unusual
        return first
    return learn(rows.values[calm], columns, step, per_week, first.model.components)


class Machines:
    """The groups of a rule on a source. The budget is shared by the groups that there are when they are learnt."""

    def __init__(self, rule: BoundRule, standing: Mapping[Members, Machine] | None = None) -> None:
        """`standing`: groups whose model is kept, see `standing`."""
        self._rule = rule
        self._machines: dict[Members, Machine] = dict(standing or {})
        self._begun: float | None = None
        self._tried = 0.0

    def fresh(self, now: float) -> bool:
        """Whether what was learnt still counts: for the rest of the day (of UTC), whenever it was learnt."""
        return self._begun is None or (now >= self._begun and now // DAY == self._begun // DAY)

    def standing(self, now: float) -> dict[Members, Machine]:
        """The groups that have been unusual for less than a week: learnt anew, what is the matter would be usual."""
        return {
            members: machine
            for members, machine in self._machines.items()
            if machine.onset is not None and now - machine.onset < _USUAL
        }

    def look(self, cursor: Cursor, binding: Binding, now: dt.datetime, read: Latest | None = None) -> Found:
        """Learn where nothing is known yet; say what stands. `read`: the rows of a past that was read at once."""
        rule, at = self._rule, now.timestamp()
        recent = read(now, RECENT) if read is not None else latest(cursor, binding, rule, now, RECENT)
        if self._begun is None:
            self._begun = at
        lacking = any(members not in self._machines or self._machines[members].lacking for members in recent)
        if lacking and at - self._tried >= _AGAIN:
            self._learn(cursor, binding, now)
            self._tried = at
        seen = [
            self._seen(binding, members, machine, recent.get(members), at)
            for members, machine in self._machines.items()
        ]
        steps = [machine.step for machine in self._machines.values()]
        return Found(at, max(steps, default=0.0) * _OLD + 60.0, tuple(seen))

    def _learn(self, cursor: Cursor, binding: Binding, now: dt.datetime) -> None:
        """Learn what is usual of each machine that nothing is known of."""
        past = latest(cursor, binding, self._rule, now, MOST)
        share = (self._rule.rule.anomaly or 0.0) / max(1, len(past))
        for members, rows in past.items():
            if members not in self._machines or self._machines[members].lacking:
                self._machines[members] = Machine(rows, self._rule.columns, share)

    def _seen(self, binding: Binding, members: Members, machine: Machine, rows: Rows | None, now: float) -> Seen:
        monitor = machine.monitor
        if monitor is None:
            return Seen(members, unknown=True, text=machine.lacking)
        if rows is None or now - rows.times[-1] > _OLD * machine.step + 60.0:
            return Seen(members, unknown=True, text="its newest row is too old")
        found = watch(monitor, rows.values)
        index = float(found.index[-1])
        if not found.alarms[-1]:
            machine.onset = None
            return Seen(members, None, index, monitor.threshold)
        began = found.onsets[-1][0]
        if machine.onset is None or began > 0:
            machine.onset = float(rows.times[began])
        since = rows.values[rows.times >= machine.onset]
        text, brief = said(machine.onset, moved(monitor.model, since), len(rows.values[0]), binding, now)
        limit = number(monitor.threshold, 2)
        return Seen(members, self._rule.rule.priority, index, monitor.threshold, text, brief, limit)


def said(onset: float, ranked: list[Moved], columns: int, binding: Binding, now: float) -> tuple[str, str]:
    """What left the usual, the columns that moved named first; and the first of them alone, for a rule's `title`."""
    named = ", ".join(f"{each.name} {each.shift:+.1f} σ ({figures(each)})" for each in ranked[:NAMED])
    since = moment(onset, zone(binding.site), now)
    first = f"{ranked[0].name} {ranked[0].shift:+.1f} σ since {since}" if ranked else f"since {since}"
    return f"{columns} columns together are unusual since {since}: {named}", first


def figures(one: Moved) -> str:
    """From which mean to which, with as many digits as show the difference."""
    size = max(abs(one.mean), abs(one.normal))
    decimals = 0 if size >= 1000 else 1 if size >= 100 else 2 if size >= 1 else 4
    return f"{number(one.normal, decimals)} → {number(one.mean, decimals)}"


def latest(
    cursor: Cursor, binding: Binding, rule: BoundRule, now: dt.datetime, count: int,
    where: Mapping[str, str | None] | None = None,
) -> dict[Members, Rows]:  # fmt: skip
    """The last rows of each group up to `now`, in order of time. Raises duckdb.Error, LookupError."""
    return _rows(cursor, binding, rule, [f"_time <= {literal(now)}"], count, where)


def between(
    cursor: Cursor, binding: Binding, rule: BoundRule, after: dt.datetime, upto: dt.datetime
) -> dict[Members, Rows]:
    """The rows of each group after a moment up to another. Raises duckdb.Error, LookupError."""
    return _rows(cursor, binding, rule, [f"_time > {literal(after)}", f"_time <= {literal(upto)}"], None)


def _rows(
    cursor: Cursor, binding: Binding, rule: BoundRule, when: list[str], count: int | None,
    where: Mapping[str, str | None] | None = None,
) -> dict[Members, Rows]:  # fmt: skip
    """The rows of each group by their times, the last so many of each."""
    conditions, parameters = binding.filters(rule.source, dict(where or {}))
    members = [binding.member(rule.source, name) for name in rule.by]
    heads = "".join(f"{each} AS m{at}, " for at, each in enumerate(members))
    columns = ", ".join(f"CAST({ident(name)} AS DOUBLE) AS c{at}" for at, name in enumerate(rule.columns))
    groups = "".join(f"m{at}, " for at in range(len(members)))
    over = f"PARTITION BY {groups[:-2]} ORDER BY t DESC" if members else "ORDER BY t DESC"
    conditions = [*conditions, "_time IS NOT NULL", *when]
    last = f"QUALIFY row_number() OVER ({over}) <= {count} " if count is not None else ""
    query = (
        f"SELECT * FROM (SELECT {heads}epoch(_time) AS t, {columns} FROM {ident(rule.source)} "
        f"WHERE {' AND '.join(conditions)}) {last}ORDER BY {groups}t"
    )
    found = cursor.execute(query, parameters).fetchnumpy()
    values = np.column_stack([np.ma.filled(found[f"c{at}"].astype(float), np.nan) for at in range(len(rule.columns))])
    times = np.asarray(found["t"], float)
    if not len(times):
        return {}
    if not members:
        return {(): Rows(times, values)}
    keys = [tuple(None if key is None else str(key) for key in line) for line in zip(
        *(_texts(found[f"m{at}"]) for at in range(len(members))), strict=True)]  # fmt: skip
    groups_at: dict[Members, list[int]] = {}
    for at, key in enumerate(keys):
        groups_at.setdefault(key, []).append(at)
    return {key: Rows(times[at], values[at]) for key, at in list(groups_at.items())[:_GROUPS]}


def _texts(column: NDArray[np.object_]) -> list[str | None]:
    mask = np.ma.getmaskarray(column)
    return [None if gone else text for text, gone in zip(np.ma.getdata(column).tolist(), mask.tolist(), strict=True)]
