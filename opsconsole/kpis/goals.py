"""How far KPIs and the objectives they serve are attained, and which of them needs attention first. Pure.

Values are in a KPI's own unit; attainment, scores, shares and data quality are fractions of 1.
The formulas are those of DOMAIN.md part B, "Thresholds", "Strategy link" and "Prioritise".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from opsconsole.kpis.limits import Limits
from opsconsole.site.model import Kpi, Objective

MOST = 1.2
"""What attainment is clipped to: better than the target counts, up to a fifth."""
PARTIAL = 0.5
"""What a value over a window that its rows cover only in part is worth, beside a whole one."""
PRIORITIES = 5


# --- a KPI against its target ------------------------------------------------------------------------------------


def aim_of(limits: Limits) -> float | None:
    """What counts as attained: the target, else the warning limit, else the critical one.

    A KPI with limits alone aims at having no alert. With `better: target` there is no aim but the target itself.
    """
    if limits.better is None:
        return None
    if limits.better == "target":
        return limits.target
    return next((each for each in (limits.target, limits.warning, limits.critical) if each is not None), None)


def floor_of(limits: Limits, floor: float | None) -> float | None:
    """The value at which nothing of the aim is attained; None where there is none on the bad side of the aim.

    The KPI's own `floor`, else its critical limit (where that is not the aim itself), else 0 for `better: higher` and
    twice the target for `lower`. With `better: target` it is the distance from the target at which nothing is
    attained: that of the own floor, else the critical distance, else twice the warning distance, else twice the
    tolerance.
    """
    aim = aim_of(limits)
    if aim is None:
        return None
    if limits.better == "target":
        far = [
            abs(floor - aim) if floor is not None else None,
            limits.critical,
            2 * limits.warning if limits.warning is not None else None,
            2 * limits.tolerance,
        ]
        return next((each for each in far if each is not None and each > limits.tolerance), None)
    bad = -1.0 if limits.better == "higher" else 1.0
    wanted = (floor, limits.critical, 0.0 if limits.better == "higher" else 2 * aim)
    return next((each for each in wanted if each is not None and bad * (each - aim) > 0), None)


def attainment(limits: Limits, value: float | None, floor: float | None = None) -> float | None:
    """How much of its aim a value attains (DOMAIN.md B, "Thresholds"); None without a value, a direction or an aim.

    * `higher`: (x - floor) / (target - floor), `lower`: (ceiling - x) / (ceiling - target), both clipped to 0..1.2;
    * `target`: 1 within the tolerance, falling to 0 at the critical distance: (critical - d) / (critical - tolerance).

    `floor_of` says what the floor (ceiling, critical distance) is where the card gives none. Where there is none at
    all (a target of 0 that lower is better for, a target without any distance), a value that meets the target attains
    1 and any other 0.
    """
    aim = aim_of(limits)
    if value is None or aim is None:
        return None
    end = floor_of(limits, floor)
    if limits.better == "target":
        distance = abs(value - aim)
        if distance <= limits.tolerance:
            return 1.0
        return 0.0 if end is None else max(0.0, (end - distance) / (end - limits.tolerance))
    if end is None:
        return 1.0 if (value >= aim if limits.better == "higher" else value <= aim) else 0.0
    return min(MOST, max(0.0, (value - end) / (aim - end)))


def progress(value: float | None, baseline: float | None, aim: float | None) -> float | None:
    """The part of the way from the baseline to the target (DOMAIN.md B, "Strategy link").

    (x - baseline) / (target - baseline): below 0 it has gone the wrong way, above 1 beyond the target. None without a
    value, a baseline or a target, or where baseline and target are one.
    """
    if value is None or baseline is None or aim is None or baseline == aim:
        return None
    return (value - baseline) / (aim - baseline)


class Standing(Struct, frozen=True):
    """A KPI's place in its objective: `share` is its part of the objective's weight.

    `attainment` is None with the `reason` why. `aim` and `floor` are what it is measured between (with
    `better: target` the floor is a distance).
    """

    kpi: str
    share: float
    attainment: float | None = None
    progress: float | None = None
    aim: float | None = None
    floor: float | None = None
    reason: str = ""


def standing(kpi: Kpi, limits: Limits, value: float | None, share: float, reason: str = "") -> Standing:
    """Where a KPI stands; `reason` says why there is no value."""
    aim, attained = aim_of(limits), attainment(limits, value, kpi.floor)
    if value is None:
        why = reason or "no data"
    elif limits.better is None:
        why = "not said which way is better"
    else:
        why = "" if attained is not None else "no target"
    end = floor_of(limits, kpi.floor)
    return Standing(kpi.name, share, attained, progress(value, kpi.baseline, limits.target), aim, end, why)


# --- objectives --------------------------------------------------------------------------------------------------


class Score(Struct, frozen=True):
    """An objective: `value` is None where none of its KPIs has one; `coverage` is the weight that it rests on.

    `missing` are the KPIs that are not in it and why; they lower the coverage and are never counted as zero. A KPI
    with weight 0 is neither counted nor missing.
    """

    value: float | None
    coverage: float
    missing: dict[str, str] = {}


def shares(weights: Mapping[str, float]) -> dict[str, float]:
    """Each weight's part of their sum; all 0 where the sum is."""
    total = sum(weights.values())
    return {name: weight / total if total > 0 else 0.0 for name, weight in weights.items()}


def score(standings: Iterable[Standing]) -> Score:
    """An objective's score (DOMAIN.md B, "Strategy link"): Σ share · attainment, over those that have one."""
    counted = [each for each in standings if each.share > 0]
    known = [(each.share, each.attainment) for each in counted if each.attainment is not None]
    covered = sum(share for share, _ in known)
    missing = {each.kpi: each.reason for each in counted if each.attainment is None}
    value = sum(share * attained for share, attained in known) / covered if covered > 0 else None
    return Score(value, min(1.0, covered), missing)


def serving(kpis: Iterable[Kpi], objectives: Mapping[str, Objective]) -> dict[str, list[Kpi]]:
    """The KPIs of each objective, in the site's order; under "" those that serve none, where there are any."""
    found: dict[str, list[Kpi]] = {name: [] for name in objectives}
    for kpi in kpis:
        found.setdefault(kpi.objective if kpi.objective in objectives else "", []).append(kpi)
    return found


def objective_shares(objectives: Mapping[str, Objective], served: Mapping[str, Sequence[Kpi]]) -> dict[str, float]:
    """How much each objective that has KPIs matters beside the others; the KPIs that serve none weigh as one more.

    That one has weight 1, what an objective has unless the site file says otherwise.
    """
    return shares({name: objectives[name].weight if name else 1.0 for name, kpis in served.items() if kpis})


# --- what needs attention first ----------------------------------------------------------------------------------


class SourceHealth(Struct, frozen=True):
    """What is known of a source: `age` s since it delivered and `due` s within which it should; `aside` of `records`.

    `age` None: it never delivered. `due` None: nobody said. Both are site time.
    """

    age: float | None = None
    due: float | None = None
    records: int = 0
    aside: int = 0

    @property
    def freshness(self) -> float:
        """1 while it is on time, then due / age; 0 for one that never delivered."""
        if self.age is None:
            return 0.0
        return 1.0 if self.due is None or self.age <= self.due else self.due / self.age

    @property
    def cleanness(self) -> float:
        """The share of its records that is not in quarantine (a cell set aside counts as a record)."""
        return max(0.0, 1.0 - self.aside / self.records) if self.records > 0 else 1.0


class Quality(Struct, frozen=True):
    """How far a KPI's value can be trusted: `value` = `freshness` × `whole` × `clean`, each 0..1.

    Freshness and cleanness are those of its worst source; `whole` is 1, or 0.5 where the rows begin only within the
    window.
    """

    freshness: float = 1.0
    whole: float = 1.0
    clean: float = 1.0

    @property
    def value(self) -> float:
        """The product of the three."""
        return self.freshness * self.whole * self.clean


def quality(partial: bool, sources: Collection[SourceHealth]) -> Quality:
    """The data quality of a KPI over some sources, in hundredths: nobody is told of an age by the second."""
    return Quality(
        round(min((source.freshness for source in sources), default=1.0), 2),
        PARTIAL if partial else 1.0,
        round(min((source.cleanness for source in sources), default=1.0), 2),
    )


class Concern(Struct, frozen=True):
    """Why a KPI needs attention: `score` = `impact` × `gap` × `quality.value`; every factor lies in 0..1.

    `impact` = `priority` (the factor of the KPI's priority) × `objective` (the share of its objective among all) ×
    `share` (its own among the KPIs of the objective). `gap` and `score` are None where nothing is known of the gap.
    """

    kpi: str
    impact: float
    priority: float
    objective: float
    share: float
    quality: Quality
    gap: float | None = None
    score: float | None = None


def priority_factor(priority: int) -> float:
    """1 for priority 1, a fifth less with each step: 0.2 for priority 5."""
    return (PRIORITIES + 1 - priority) / PRIORITIES


def concern(kpi: Kpi, place: Standing, objective: float, trusted: Quality) -> Concern:
    """What a KPI's state weighs (DOMAIN.md B, "Prioritise"; actionability is not known and left out).

    impact × gap × data quality, where gap = 1 - attainment, clipped to 0..1.
    """
    factor = priority_factor(kpi.priority)
    impact = factor * objective * place.share
    gap = None if place.attainment is None else min(1.0, max(0.0, 1.0 - place.attainment))
    worth = None if gap is None else impact * gap * trusted.value
    return Concern(kpi.name, impact, factor, objective, place.share, trusted, gap, worth)


def first_of(concerns: Iterable[Concern]) -> list[Concern]:
    """In the order in which they need attention: by score, then by impact, then as they came.

    Those whose gap nobody knows come after all that have one: missing is neither good nor bad.
    """
    return sorted(concerns, key=lambda each: (each.score is None, -(each.score or 0.0), -each.impact))
