"""The goals as the screens get them: objectives with their scores, and what needs attention first. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from opsconsole.engine.messages import Attention, GoalKpi, GoalState, KpiState, SourceState, Status
from opsconsole.kpis import goals
from opsconsole.kpis.limits import Limits
from opsconsole.site.card import sources_of
from opsconsole.site.figures import duration, number
from opsconsole.site.model import Kpi, Site

# Worse first; among KPIs that are neither good nor bad what is missing comes before what is merely unjudged.
_WORST: tuple[Status, ...] = ("critical", "warning", "stale", "nodata", "novalue", "good", "nolimit")
# Shares and scores change with every row; four digits are more than a screen shows and spare it what nobody sees.
_DIGITS = 4
UNSERVED = "No objective"


def goals_of(
    site: Site,
    kpis: Sequence[KpiState],
    limits: Mapping[str, Limits],
    sources: Sequence[SourceState],
    wall: float,
    speed: float,
) -> tuple[list[GoalState], list[Attention]]:
    """The objectives in the site's order, and the KPIs that need attention, most urgent first.

    `limits` are those that each KPI's value was judged by; `wall` is the wall clock in seconds since the epoch and
    `speed` how many seconds of site time pass in one of it (0: time stands still, and nothing grows old).
    """
    states = {kpi.name: kpi for kpi in kpis}
    served = goals.serving(site.kpis.values(), site.objectives)
    weights = goals.objective_shares(site.objectives, served)
    health = {source.name: source_health(source, wall, speed) for source in sources}
    found: list[GoalState] = []
    concerns: list[goals.Concern] = []
    for name, members in served.items():
        shares = goals.shares({kpi.name: kpi.weight for kpi in members})
        places = [
            goals.standing(kpi, limits[kpi.name], states[kpi.name].value, shares[kpi.name], states[kpi.name].reason)
            for kpi in members
        ]
        found.append(_goal(site, name, weights.get(name, 0.0), members, places, states))
        for kpi, place in zip(members, places, strict=True):
            of = [health[each] for each in sorted(files_of(site, kpi)) if each in health]
            trusted = goals.quality(states[kpi.name].partial, of)
            concerns.append(goals.concern(kpi, place, weights.get(name, 0.0), trusted))
    urgent = [each for each in goals.first_of(concerns) if _needs(each, site.kpis[each.kpi], states[each.kpi])]
    return found, [_attention(site, each, states[each.kpi], sources) for each in urgent]


def source_health(source: SourceState, wall: float, speed: float) -> goals.SourceHealth:
    """What a source's state says of the data's quality; ages are site time, of a past moment by event time."""
    came = source.last_event if source.status == "asof" else source.last_arrival
    age = None if came is None else max(0.0, wall - came) * speed
    due = None if source.status == "off" else source.fresh_within
    return goals.SourceHealth(age, due, source.records, source.quarantined)


def files_of(site: Site, kpi: Kpi) -> set[str]:
    """The sources with files that a KPI rests on: those of its parts, and those that SQL makes its sources of."""
    found: set[str] = set()
    waiting = sources_of(site.kpis, kpi)
    while waiting:
        name = waiting.pop()
        source = site.sources.get(name)
        if name in found or source is None:
            continue
        found.add(name)
        if source.sql is not None:
            words = {word.casefold() for word in re.findall(r"\w+", source.sql)}
            waiting += [other for other in site.sources if other.casefold() in words]
    return {name for name in found if site.sources[name].sql is None}


def _goal(
    site: Site,
    name: str,
    share: float,
    members: Sequence[Kpi],
    places: Sequence[goals.Standing],
    states: Mapping[str, KpiState],
) -> GoalState:
    objective = site.objectives.get(name)
    reached = goals.score(places)
    worst: Status = min((states[kpi.name].status for kpi in members), key=_WORST.index, default="nolimit")
    return GoalState(
        name=name,
        title=(objective.title or name) if objective else UNSERVED,
        status=worst,
        score=_round(reached.value) if objective else None,
        coverage=round(reached.coverage, _DIGITS) if objective else 0.0,
        share=round(share, _DIGITS),
        kpis=[_member(place, kpi) for place, kpi in zip(places, members, strict=True)],
        missing=reached.missing if objective else {},
        perspective=objective.perspective if objective else "",
        owner=objective.owner if objective else "",
        description=objective.description if objective else "",
    )


def _member(place: goals.Standing, kpi: Kpi) -> GoalKpi:
    return GoalKpi(
        kpi=place.kpi,
        share=round(place.share, _DIGITS),
        attainment=_round(place.attainment),
        progress=_round(place.progress),
        floor=place.floor,
        baseline=kpi.baseline,
        reason=place.reason,
    )


def _needs(concern: goals.Concern, kpi: Kpi, state: KpiState) -> bool:
    """Whether there is anything to see to: a gap, or a KPI with an aim of which nothing is known."""
    if concern.score is None:
        aims = (kpi.target, kpi.warning, kpi.critical, kpi.targets or None, kpi.targets_from or None)
        return state.value is None and concern.share > 0 and any(aim is not None for aim in aims)
    return round(concern.score, _DIGITS) > 0


def _attention(site: Site, concern: goals.Concern, state: KpiState, sources: Sequence[SourceState]) -> Attention:
    trusted = concern.quality
    return Attention(
        kpi=concern.kpi,
        objective=state.objective if state.objective in site.objectives else "",
        score=_round(concern.score),
        impact=round(concern.impact, _DIGITS),
        gap=_round(concern.gap),
        quality=round(trusted.value, 2),
        priority=site.kpis[concern.kpi].priority,
        priority_factor=round(concern.priority, _DIGITS),
        objective_share=round(concern.objective, _DIGITS),
        share=round(concern.share, _DIGITS),
        freshness=trusted.freshness,
        whole=trusted.whole,
        clean=trusted.clean,
        reason=_reason(site, concern, state, sources),
    )


def _reason(site: Site, concern: goals.Concern, state: KpiState, sources: Sequence[SourceState]) -> str:
    """In words: what is missing, what makes the data doubtful, whom it matters to, and last what is told beside it."""
    attained = "" if concern.gap is None else f"{number(100 * (1 - concern.gap), 0)} % attained"
    objective = site.objectives.get(state.objective)
    part = f"{number(100 * concern.share, 0)} % of {objective.title or objective.name}" if objective else "no objective"
    doubts = []
    if concern.quality.freshness < 1:
        resting = files_of(site, site.kpis[concern.kpi])
        late = [source for source in sources if source.name in resting and source.status == "stale"]
        due = max((source.fresh_within or 0.0 for source in late), default=0.0)
        doubts.append(f"data due within {duration(due)} is late" if late else "a source has not delivered")
    if concern.quality.whole < 1:
        doubts.append("the window is covered in part")
    if concern.quality.clean < 1:
        doubts.append(f"{number(100 * (1 - concern.quality.clean), 0)} % of the records in quarantine")
    missing = [] if attained else [state.reason or "no data"]
    matters = [f"priority {site.kpis[concern.kpi].priority}", part]
    return ", ".join([*missing, *doubts, *matters, *([attained] if attained else [])])


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
