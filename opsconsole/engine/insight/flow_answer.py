"""An analysis of a flow as it goes over the wire."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl

from opsconsole.engine.flow_messages import (
    FlowCase,
    FlowCheck,
    FlowCourse,
    FlowEdge,
    FlowResource,
    FlowState,
    FlowStation,
    FlowStep,
    FlowVariant,
    Spread,
)
from opsconsole.engine.insight.flow_cases import key_of
from opsconsole.engine.insight.flow_faults import backwards_of, faults_of
from opsconsole.insight.flow import Flow
from opsconsole.insight.flow.counting import Little, course, wip_quantile
from opsconsole.insight.flow.paths import covering
from opsconsole.insight.flow.shifting import Bottleneck
from opsconsole.insight.flow.stages import expected_next
from opsconsole.insight.flow.steps import epoch
from opsconsole.kpis.binding import BoundFlow
from opsconsole.site.calendar import zone
from opsconsole.site.model import Flow as FlowSpec
from opsconsole.site.model import Site

CASES = 500
_MOST = 100
_USUAL = 0.95
_MONDAY = 4 * 86400.0  # 1970 began on a Thursday
LIKELY = 0.5  # DOMAIN: a warning from here on


def state_of(
    found: Flow, bound: BoundFlow, site: Site, now: dt.datetime, flows: list[str], *, cut: bool
) -> FlowState:  # fmt: skip
    """A flow of cases."""
    spec = bound.flow
    follows = expected_next(found.visits, found.order if spec.stages else ())
    cases = [_case(row, follows) for row in found.at_risk.iter_rows(named=True)]
    late = [each for each in cases if each.basis == "late already"]
    likely = [each for each in cases if each.late is not None and each.late > LIKELY and each not in late]
    first = found.cases["start"].min()
    lasted = found.cases["duration"].drop_nulls()
    return FlowState(
        flows=flows,
        flow=spec.name,
        title=spec.title or spec.name,
        source=spec.source,
        column=spec.case,
        by=spec.by or "",
        at=now.timestamp(),
        since=first.replace(tzinfo=dt.UTC).timestamp() if isinstance(first, dt.datetime) else None,
        working=spec.working,
        limited=spec.sla is not None or spec.due is not None,
        all=found.cases.height,
        open=int(found.cases["open"].sum()),
        late=len(late),
        likely=len(likely),
        closed=_spread(lasted.len(), pl.DataFrame({"x": lasted}), "x"),
        steps=_steps(found, spec, cases),
        timed=_timed(spec),
        hands=spec.resource is not None,
        edges=[_edge(row) for row in found.edges.head(_MOST).iter_rows(named=True)],
        moves=found.edges.height,
        handoffs=[_edge(row) for row in found.handoffs.head(_MOST).iter_rows(named=True)],
        passes=found.handoffs.height,
        variants=[
            FlowVariant(
                steps := list(row["activities"]), row["n"], row["share"], row["mean"], row["median"], key_of(steps)
            )
            for row in found.variants.head(_MOST).iter_rows(named=True)
        ],
        ways=found.variants.height,
        covering=covering(found.variants),
        resources=[
            FlowResource(row["resource"], row["n"], row["service_sum"] or 0.0)
            for row in found.resources.head(_MOST).iter_rows(named=True)
        ],
        cases=cases[:CASES],
        faults=faults_of(found, bound, now),
        check=None if found.little is None else _check(found.little),
        course=_course(found, site, now),
        notes=_notes(found, spec, cases, cut=cut),
    )


def stations_of(
    found: Iterable[tuple[str | None, Bottleneck]], bound: BoundFlow, now: dt.datetime, flows: list[str]
) -> FlowState:
    """A flow of stations, one bottleneck for each group."""
    spec = bound.flow
    each = list(found)
    impossible = sum(one.impossible for _, one in each)
    stations = [
        FlowStation(group, share.station, share.sole, share.shifting, share.active, share.station == one.momentary)
        for group, one in each
        for share in one.shares
    ]
    return FlowState(
        flows=flows,
        flow=spec.name,
        title=spec.title or spec.name,
        kind="stations",
        source=spec.source,
        column=spec.station,
        by=spec.by or "",
        at=now.timestamp(),
        since=now.timestamp() - spec.within,
        stations=stations,
        faults=backwards_of(bound, impossible),
    )


def _case(row: dict[str, Any], follows: dict[str, str]) -> FlowCase:
    entered: dt.datetime = row["entered"]
    return FlowCase(
        case=row["case"],
        group=row["group"],
        step=row["activity"] if row["working"] else follows.get(row["activity"], ""),
        last=row["activity"],
        works=row["working"],
        age=row["age"],
        stay=row["stay"],
        entered=entered.replace(tzinfo=dt.UTC).timestamp(),
        band=row["band"],
        stay_p50=row["stay_p50"],
        stay_p85=row["stay_p85"],
        stay_p95=row["stay_p95"],
        remaining=row["remaining"],
        late=row["late"],
        low=row["late_low"],
        high=row["late_high"],
        open_ended=row["open_ended"],
        basis=row["basis"],
        learned=row["learned"],
        half=row["eta_p50"],
        most=row["eta_p85"],
    )


def _steps(found: Flow, spec: FlowSpec, cases: list[FlowCase]) -> list[FlowStep]:
    ranked = {row["activity"]: row for row in found.ranked.iter_rows(named=True)}
    timed = _timed(spec)
    rework = {row["activity"]: row for row in found.rework.iter_rows(named=True)}
    steps = []
    for name in found.order:
        row = ranked.get(name)
        there = [each for each in cases if each.step == name]
        again = rework.get(name)
        steps.append(
            FlowStep(
                name=name,
                n=row["n"] if row else 0,
                waiting=_of(row, "waiting", row["waits"] if row else 0),
                service=_of(row, "service", row["n"] - row["impossible"]) if row and timed else Spread(),
                waits=sum(not each.works for each in there),
                works=sum(each.works for each in there),
                oldest=max((each.stay for each in there), default=None),
                slow=sum(each.band == 3 for each in there),
                overlaps=row["overlaps"] if row else 0,
                impossible=row["impossible"] if row else 0,
                again=again["cases"] if again else 0,
                repeats=again["again"] if again else 0,
                loops=again["loops"] if again else 0,
                redone=again["service_sum"] if again and timed else None,
                gathered=sum(each.stay for each in there if not each.works),
            )
        )
    return steps


def _timed(spec: FlowSpec) -> bool:
    """Whether steps have a length: in a log of moments alone nothing is known of it."""
    return not spec.stages and (spec.time is None or spec.lifecycle is not None)


def _course(found: Flow, site: Site, now: dt.datetime) -> FlowCourse | None:
    """Arrivals against departures until now, in stretches of the site's days; None where nothing came yet."""
    sound = found.cases.filter(~pl.col("impossible"))
    start, end, until = epoch(sound["start"]), epoch(sound["end"]), now.timestamp()
    if not (start < until).any():
        return None
    offset = now.astimezone(zone(site)).utcoffset() or dt.timedelta()
    made = course(start, end, until, origin=_MONDAY - offset.total_seconds())
    return FlowCourse(
        start=made.start,
        step=made.step,
        until=made.until,
        arrived=[int(each) for each in made.arrived],
        left=[int(each) for each in made.left],
        usual=wip_quantile(start, end, until, _USUAL),
    )


def _of(row: dict[str, Any] | None, name: str, n: int) -> Spread:
    if row is None:
        return Spread()
    return Spread(n, row[f"{name}_sum"], row[f"{name}_mean"], row[f"{name}_median"], row[f"{name}_p95"])


def _edge(row: dict[str, Any]) -> FlowEdge:
    return FlowEdge(row["from"], row["to"], Spread(row["n"], row["sum"], row["mean"], row["median"], row["p95"]))


def _spread(n: int, frame: pl.DataFrame, column: str) -> Spread:
    values = frame[column].cast(pl.Float64)
    p95 = values.quantile(0.95, interpolation="linear")
    return Spread(n, float(values.sum()), _float(values.mean()), _float(values.median()), _float(p95))


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _check(little: Little) -> FlowCheck:
    return FlowCheck(little.wip, little.throughput, little.cycle, little.ended, little.off)


def _notes(found: Flow, spec: FlowSpec, cases: list[FlowCase], *, cut: bool) -> list[str]:
    notes = []
    if cut:
        notes.append(f"of the newest {found.steps.height:,} rows alone, as there are more")
    if not (spec.done or spec.closed or spec.stages):
        notes.append(
            "nothing says when a case is closed (`done` or `closed`): all whose steps have ended count as closed"
        )
    if spec.working:
        notes.append("times are working time: 1 d is 24 h of it")
    ending = sum(not each.step for each in cases)
    if ending:
        notes.append(f"{ending} open after their last step: nothing but their end is to come")
    return notes
