"""A KPI's points watched as they come, a detector for each group of its rows."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.insight.anomaly.detector import Detector
from opsconsole.kpis.ahead import Ahead
from opsconsole.kpis.binding import Binding, BoundKpi, BoundRule
from opsconsole.kpis.cadence import Stretches, apart
from opsconsole.kpis.extent import Extents
from opsconsole.kpis.points import Points, points
from opsconsole.kpis.ruling.insights import Found, Seen
from opsconsole.kpis.ruling.texts import name_of, shown
from opsconsole.kpis.scan import Cursor, Members
from opsconsole.site.calendar import zone
from opsconsole.site.figures import moment

MOST = 4_000
"""So many points of the past are learnt from at most."""
DAY = 86_400.0
_OLD = 3.0
"""The latest point may be so many steps old."""


class Point(Struct, frozen=True):
    """What a detector said of one point: from `start` to `end`, seconds since the epoch."""

    start: float
    end: float
    value: float
    expected: float | None
    score: float
    raw: float
    threshold: float | None
    alarm: bool


class Stream:
    """One group: its detector, the alarm that stands, and the last point."""

    def __init__(self, per_week: float) -> None:
        self.detector = Detector(per_week)
        self.standing: Point | None = None
        self.last: Point | None = None

    def feed(self, start: float, end: float, offset: float, value: float) -> Point | None:
        """The next point; `offset`: of the site's clock from UTC. None for a gap."""
        if math.isnan(value):
            return None
        detector = self.detector
        threshold = detector.threshold
        alarm = detector.alarm(end + offset, value)
        point = Point(start, end, value, detector.expected, detector.score, detector.raw, threshold, alarm)
        if alarm:
            self.standing = point
        elif threshold is None or detector.raw <= threshold:
            self.standing = None
        self.last = point
        return point


class Streams:
    """The groups of a rule on a KPI. The budget is shared by the groups that there are at first."""

    def __init__(self, rule: BoundRule) -> None:
        self._rule = rule
        self._groups: dict[Members, Stream] = {}
        self._share = rule.rule.anomaly or 0.0
        self._fed: float | None = None
        self._begun = 0.0

    def fresh(self, now: float) -> bool:
        """Whether what was learnt still counts: for the rest of the day (of UTC), whenever it was learnt."""
        return self._fed is None or (now >= self._begun and now // DAY == self._begun // DAY)

    def look(self, cursor: Cursor, binding: Binding, now: dt.datetime, ahead: Ahead | None = None) -> Found:
        """Feed what is new, and say what stands; of a past moment (`ahead`) what stood then."""
        kpi = self._rule.kpi
        assert kpi is not None
        at = now.timestamp()
        step = apart(binding, kpi, now, 1, kpi.kpi.chart.every).step
        count = MOST
        if self._fed is None:
            self._begun = at
        else:
            count = min(MOST, max(1, math.ceil((at - self._fed) / step) + 1))
        until, read = (now, ahead.read) if ahead is not None else (None, None)
        stretches = over(cursor, binding, kpi, now, count, until, ahead)
        if self._fed is None or stretches.ends[-1:] > [dt.datetime.fromtimestamp(self._fed, dt.UTC)]:
            found = points(cursor, binding, kpi, stretches, self._rule.by, until=until, read=read)
            if self._fed is None and found.members:
                self._share /= len(found.members)
            self._feed(binding, found)
        seen = [self._seen(binding, kpi, members, stream, at, step) for members, stream in self._groups.items()]
        return Found(at, 2 * step, tuple(seen))

    def _feed(self, binding: Binding, found: Points) -> None:
        fed = self._fed if self._fed is not None else -math.inf
        offsets = clock(binding, found.ends)
        for group, members in enumerate(found.members):
            stream = self._groups.setdefault(members, Stream(self._share))
            rows = zip(found.starts, found.ends, offsets, found.values[group].tolist(), strict=True)
            for start, end, offset, value in rows:
                if end > fed:
                    stream.feed(start, end, offset, value)
        if found.ends:
            self._fed = max(fed, found.ends[-1])

    def _seen(self, binding: Binding, kpi: BoundKpi, members: Members, stream: Stream, now: float, step: float) -> Seen:
        last = stream.last
        if last is None or not stream.detector.ready:
            return Seen(members, unknown=True, text="not enough past")
        if now - last.end > _OLD * step:
            return Seen(members, unknown=True, text="its newest value is too old")
        if stream.standing is None:
            return Seen(members, None, last.value)
        text = said(binding, kpi, stream.standing, now)
        value, limit = shown(kpi.kpi, stream.standing.value), shown(kpi.kpi, stream.standing.expected)
        return Seen(
            members, self._rule.rule.priority, stream.standing.value, stream.standing.expected, text, value, limit
        )


def said(binding: Binding, kpi: BoundKpi, point: Point, now: float) -> str:
    """An anomaly in words."""
    since = moment(point.start, zone(binding.site), now)
    usual = f", about {shown(kpi.kpi, point.expected)} was expected" if point.expected is not None else ""
    return f"{name_of(kpi.kpi)} {shown(kpi.kpi, point.value)} is unusual{usual}, since {since}"


def complete(
    cursor: Cursor, binding: Binding, kpi: BoundKpi, now: dt.datetime, count: int, by: tuple[str, ...],
    where: Mapping[str, str | None] | None = None, until: dt.datetime | None = None,
) -> Points:  # fmt: skip
    """The last points that nothing more comes to, see `over`."""
    return points(cursor, binding, kpi, over(cursor, binding, kpi, now, count, until), by, where, until=until)


def over(
    cursor: Cursor, binding: Binding, kpi: BoundKpi, now: dt.datetime, count: int, until: dt.datetime | None = None,
    ahead: Ahead | None = None,
) -> Stretches:  # fmt: skip
    """Of the last stretches those that nothing more comes to: rows of each source lie beyond, or they ended two steps
    ago."""
    stretches = apart(binding, kpi, now, count, kpi.kpi.chart.every)
    extents = Extents(cursor, binding, until) if ahead is None or until is None else ahead.extents(until)
    beyond = [last for leaf in kpi.leaves if (last := extents.of(leaf.source).last) is not None]
    sure = min(beyond, default=now)
    old = now - dt.timedelta(seconds=2 * stretches.step)
    kept = sum(1 for end in stretches.ends if end <= sure or end <= old)
    return replace(stretches, starts=stretches.starts[:kept], ends=stretches.ends[:kept])


def clock(binding: Binding, ends: list[float]) -> list[float]:
    """Seconds to add to moments so that hours and weekdays are those of the site's clock."""
    tz = zone(binding.site)
    return [(dt.datetime.fromtimestamp(end, tz).utcoffset() or dt.timedelta()).total_seconds() for end in ends]
