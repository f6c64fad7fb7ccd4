"""What rules that are found off the tick would have found over a past, by the same looks at the same rhythm.

A look is left out where it could find only what the one before it found: over the same points, limits and marks. Cases
of flows change with every moment; over a long past they are looked at more seldom, and where another case is likely
late than before, the moment is searched for between the two looks.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping

import duckdb
from msgspec import Struct

from opsconsole.engine.insight.marked import Marks
from opsconsole.engine.insight.read_ahead import ReadAhead
from opsconsole.engine.insight.studies import STUDIES
from opsconsole.engine.insight.study import Ground, Study, Task
from opsconsole.kpis.binding import Binding, BoundKpi
from opsconsole.kpis.cadence import apart, rolling
from opsconsole.kpis.failing import begin_again
from opsconsole.kpis.ruling.insights import Found
from opsconsole.site.calendar import shift_at
from opsconsole.site.grid import Grid
from opsconsole.site.localtime import zone

OF_FLOWS = ("late", "wip", "bottleneck")
SELDOM = 720
"""So many looks at a flow are made over a past at most (each hour over 30 days), beside those that search."""
_ENDS = 4
_LONG, _HOUR = 43_200.0, 3_600.0
Tell = Callable[[float, str], None]
Take = Callable[[str, Found], None]
Finding = Mapping[str, Found]


class Looked(Struct):
    """How a rule was looked at: at moments `every` so many seconds, and how many `looks` that took; for how many
    seconds nothing was known of it (`unknown`), and why the last time (`why`); why it failed (`error`).

    `seldom`: it was looked at so many times more seldom, and moments of changes were searched for. `cut`: its log is
    longer than what is looked at.
    """

    every: float
    seldom: int = 1
    looks: int = 0
    unknown: float = 0.0
    why: str = ""
    error: str = ""
    cut: bool = False


class PastLooks:
    """Looks at the rules of a binding that are found off the tick. For one thread and one transaction."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        binding: Binding,
        marks: Marks,
        studies: Mapping[str, Callable[[], Study]] = STUDIES,
    ) -> None:
        self._cursor = cursor
        self._binding = binding
        self._marks = marks
        self._makers = studies

    def run(self, first: float, last: float, take: Take, tell: Tell, *, stands: bool = False) -> dict[str, Looked]:
        """Look between two moments (s since the epoch), and have what is found of each rule taken in order of time.

        `stands`: time stands still at the end, which is then looked at too. By rule how it was looked at. Raises
        duckdb.InterruptException, and what `take` and `tell` raise.
        """
        kinds = dict.fromkeys(rule.kind for rule in self._binding.rules.values() if rule.kind in self._makers)
        made = [(kind, self._makers[kind]()) for kind in kinds]
        tasks = [(kind, study, *each) for kind, study in made for each in study.tasks(self._binding).items()]
        told: dict[str, Looked] = {}
        for number, (kind, study, key, task) in enumerate(tasks):
            grid = Grid(task.every, zone(self._binding.site))
            moments = [grid.last(first), *grid.between(first, last)]
            if stands and moments[-1] < last:
                moments.append(last)
            looking = _Looking(self._cursor, self._binding, self._marks, study, key, task, moments)
            founds = looking.seldom() if kind in OF_FLOWS else looking.each()
            before: Finding = {}
            for found in founds:
                at = next(iter(found.values())).at
                done = (at - first) / max(1.0, last - first)
                tell((number + done) / len(tasks), f"{', '.join(task.rules[:3])}: {looking.looks:,} looks")
                looking.judge(before, at)
                before = found
                for name, each in found.items():
                    take(name, each)
            looking.judge(before, last)
            told |= looking.told()
        return told


class _Looking:
    """One task looked at at its moments."""

    def __init__(
        self, cursor: duckdb.DuckDBPyConnection, binding: Binding, marks: Marks, study: Study, key: str, task: Task,
        moments: list[float],
    ) -> None:  # fmt: skip
        self.looks = 0
        self._cursor, self._binding, self._marks = cursor, binding, marks
        self._study, self._key, self._task, self._moments = study, key, task, moments
        self._read = ReadAhead(cursor, binding, moments)
        self._stride = 1
        self._told = {name: Looked(task.every) for name in task.rules}

    def told(self) -> dict[str, Looked]:
        """By rule how it was looked at."""
        for name, each in self._told.items():
            each.looks, each.seldom = self.looks, self._stride
            each.cut = self._binding.rules[name].rule.flow in self._read.cut
        return self._told

    def judge(self, found: Finding, until: float) -> None:
        """Note for how long nothing was known."""
        for name, each in found.items():
            told = self._told[name]
            if each.error:
                told.error = each.error
            elif not each.gone and not each.seen:
                told.unknown, told.why = told.unknown + until - each.at, "it has no rows"
            elif each.seen and all(one.unknown for one in each.seen):
                told.unknown, told.why = told.unknown + until - each.at, each.seen[0].text

    def each(self) -> Iterator[Finding]:
        """At each moment at which something else may be found."""
        depends = _Depends(self._binding, self._marks, self._task, self._read)
        known: object = None
        for moment in self._moments:
            now = dt.datetime.fromtimestamp(moment, dt.UTC)
            try:
                depended = depends.on(now)
            except duckdb.InterruptException:
                raise
            except duckdb.Error:
                begin_again(self._cursor)
                depended = None  # the look itself says what is wrong
            if depended is None or depended != known:
                yield self._look(now)
            known = depended

    def seldom(self) -> Iterator[Finding]:
        """At every so many moments, and between two of them where what is found of the rules changes."""
        moments = self._moments
        self._stride = max(1, math.ceil(len(moments) / SELDOM))
        places = [*range(0, len(moments) - 1, self._stride), len(moments) - 1]
        at, before = 0, dict[str, Found]()
        for place in places:
            found = self._look_at(place)
            if before:
                yield from self._between(at, before, place, found)
            yield found
            at, before = place, dict(found)

    def _between(self, first: int, before: Finding, last: int, after: Finding) -> Iterator[Finding]:
        if last - first < 2 or _raised(before) == _raised(after):
            return
        middle = (first + last) // 2
        found = self._look_at(middle)
        yield from self._between(first, before, middle, found)
        yield found
        yield from self._between(middle, found, last, after)

    def _look_at(self, place: int) -> Finding:
        return self._look(dt.datetime.fromtimestamp(self._moments[place], dt.UTC))

    def _look(self, now: dt.datetime) -> Finding:
        self.looks += 1
        try:
            ground = Ground(self._cursor, self._binding, now, self._marks, self._read)
            return self._study.look(self._key, self._task, ground)
        except duckdb.InterruptException:
            raise
        except (duckdb.Error, LookupError, ValueError) as error:
            if isinstance(error, duckdb.Error):
                begin_again(self._cursor)
            text = str(error.args[0] if error.args else error).splitlines()[0]
        return {name: Found(at=now.timestamp(), valid=0.0, error=text) for name in self._task.rules}


def _raised(found: Finding) -> object:
    """What of a finding makes alerts."""
    return {
        name: (each.error, {(one.members, one.priority) for one in each.seen if one.priority is not None})
        for name, each in found.items()
    }


class _Depends:
    """What a look at a KPI depends on: points that are over, what no rows mean in them, limits, marked changes."""

    def __init__(self, binding: Binding, marks: Marks, task: Task, read: ReadAhead) -> None:
        rules = [binding.rules[name] for name in task.rules]
        self._binding, self._read = binding, read
        self._kpi: BoundKpi | None = rules[0].kpi
        self._rolling = rules[0].kind == "forecast"
        self._complete = rules[0].kind == "anomaly"
        self._marked = sorted(each.at for each in marks.marked())

    def on(self, now: dt.datetime) -> object | None:
        """Equal for two moments at which the same is found; None where that cannot be told. Raises duckdb.Error."""
        kpi = self._kpi
        if kpi is None or kpi.kpi.targets_from:
            return None
        chart = kpi.kpi.chart
        found = (
            rolling(self._binding, kpi, now, _ENDS)
            if self._rolling
            else apart(self._binding, kpi, now, _ENDS, chart.every)
        )
        end = found.ends[-1] if found.ends else None
        at = now.timestamp()
        # ends of calendar periods are not all so far apart as ages are counted by
        hour = at // _HOUR if found.step > _LONG else None
        shift = shift_at(self._binding.site, now)
        aged = not self._rolling and end is not None and now > end  # ages of forecasts are counted in points
        told: list[object] = [end, aged, hour, shift.name if shift is not None else ""]
        told.append(sum(each <= at for each in self._marked))
        extents = self._read.ahead.extents(now)
        for leaf in kpi.leaves:
            if not self._complete and leaf.value.empty is None:
                continue
            last = extents.of(leaf.source).last
            if last is None or end is None:
                told.append(None)
                continue
            beyond = math.floor((last - end).total_seconds() / found.step)
            told.append((min(beyond, 0), last.timestamp() // _HOUR if found.step > _LONG else None))
            if self._complete:
                old = now - dt.timedelta(seconds=2 * found.step)
                told.append([each <= last or each <= old for each in found.ends])
        return told
