"""Attainment, scores and the order of attention: the formulas, worked by hand and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.kpis.goals import (
    MOST,
    PARTIAL,
    Concern,
    Quality,
    SourceHealth,
    Standing,
    aim_of,
    attainment,
    concern,
    first_of,
    floor_of,
    objective_shares,
    priority_factor,
    progress,
    quality,
    score,
    serving,
    shares,
    standing,
)
from opsconsole.kpis.limits import Limits
from opsconsole.site.model import Kpi, Objective

UP = Limits("higher", target=85, warning=77, critical=60)
DOWN = Limits("lower", target=2, warning=3, critical=5)
NEAR = Limits("target", target=20, warning=2, critical=5, tolerance=1)


@pytest.mark.parametrize(
    ("limits", "value", "floor", "attained"),
    [
        (UP, 85, None, 1.0),
        (UP, 60, None, 0.0),
        (UP, 72.5, None, 0.5),  # (72.5 - 60) / (85 - 60)
        (UP, 40, None, 0.0),
        (UP, 95, None, 1.2),  # 1.4 clipped
        (UP, 87.5, None, 1.1),
        (UP, 75, 65, 0.5),  # the card's own floor
        (UP, 75, 90, 0.6),  # one on the wrong side of the target is none: from the critical limit
        (Limits("higher", target=80), 60, None, 0.75),  # no critical: from 0
        (Limits("higher", warning=56, critical=30), 43, None, 0.5),  # no target: the warning limit is the aim
        (Limits("higher", critical=50), 25, None, 0.5),  # a critical limit alone is aim and not floor
        (DOWN, 2, None, 1.0),
        (DOWN, 5, None, 0.0),
        (DOWN, 3.5, None, 0.5),  # (5 - 3.5) / (5 - 2)
        (DOWN, 0, None, 1.2),
        (Limits("lower", target=240), 360, None, 0.5),  # no critical: twice the target
        (Limits("lower", target=0), 0, None, 1.0),  # nothing to measure by: met or not
        (Limits("lower", target=0), 1, None, 0.0),
        (Limits("higher", target=-5), -5, None, 1.0),
        (Limits("higher", target=-5), -6, None, 0.0),
        (NEAR, 21, None, 1.0),  # within the tolerance
        (NEAR, 23, None, 0.5),  # (5 - 3) / (5 - 1)
        (NEAR, 17, None, 0.5),
        (NEAR, 26, None, 0.0),
        (NEAR, 23.5, 14, 0.5),  # the own floor is six away: (6 - 3.5) / (6 - 1)
        (Limits("target", target=20, warning=2), 22, None, 0.5),  # no critical: twice the warning distance
        (Limits("target", target=20, tolerance=1), 21.5, None, 0.5),  # nor warning: twice the tolerance
        (Limits("target", target=20), 20, None, 1.0),
        (Limits("target", target=20), 20.1, None, 0.0),
    ],
)
def test_attainment(limits: Limits, value: float, floor: float | None, attained: float) -> None:
    assert attainment(limits, value, floor) == pytest.approx(attained)


@pytest.mark.parametrize(
    ("limits", "value"),
    [(UP, None), (Limits(target=5), 4.0), (Limits("higher"), 4.0), (Limits("target", warning=2), 4.0)],
    ids=["no value", "no direction", "no limits", "near to nothing"],
)
def test_what_nobody_can_tell_is_none(limits: Limits, value: float | None) -> None:
    assert attainment(limits, value) is None


numbers = st.integers(-50, 50).map(float)
maybe = st.none() | numbers


@given(st.sampled_from(["higher", "lower", "target"]), numbers, maybe, maybe, maybe, numbers, st.floats(0, 40))
def test_attainment_is_clipped_and_follows_the_direction(
    better: str, target: float, warning: float | None, critical: float | None, floor: float | None, x: float, d: float
) -> None:
    if better == "target":
        warning, critical = (abs(each) if each is not None else None for each in (warning, critical))
    limits = Limits(better, target, warning, critical, tolerance=1.0 if better == "target" else 0.0)  # type: ignore[arg-type]
    here = attainment(limits, x, floor)
    assert here is not None
    assert 0 <= here <= (1 if better == "target" else MOST)
    worse = x - d if better == "higher" else x + d if better == "lower" else x + (d if x >= target else -d)
    there = attainment(limits, worse, floor)
    assert there is not None
    assert there <= here
    assert attainment(limits, target, floor) == 1
    end = floor_of(limits, floor)
    if end is not None and better != "target":
        assert attainment(limits, end, floor) == 0


def test_progress_goes_from_the_baseline_to_the_target() -> None:
    assert progress(75, 70, 90) == 0.25
    assert progress(3, 5, 1) == 0.5
    assert progress(65, 70, 90) == -0.25
    assert progress(95, 70, 90) == 1.25
    for missing in ((None, 70, 90), (75, None, 90), (75, 70, None), (75, 70, 70)):
        assert progress(*missing) is None


# --- objectives ----------------------------------------------------------------------------------------------------


def place(kpi: str, share: float, attained: float | None, reason: str = "") -> Standing:
    return Standing(kpi, share, attained, reason=reason)


def test_a_missing_kpi_lowers_the_coverage_and_is_no_zero() -> None:
    found = score([place("oee", 0.5, 0.8), place("scrap", 0.25, 0.4), place("otif", 0.25, None, "no data")])
    assert found.value == pytest.approx((0.5 * 0.8 + 0.25 * 0.4) / 0.75)
    assert found.coverage == 0.75
    assert found.missing == {"otif": "no data"}


def test_an_objective_of_which_nothing_is_known_has_no_score() -> None:
    found = score([place("a", 1.0, None, "no target")])
    assert (found.value, found.coverage, found.missing) == (None, 0.0, {"a": "no target"})
    assert score([]).value is None


def test_a_kpi_without_weight_is_neither_counted_nor_missing() -> None:
    assert score([place("a", 1.0, 0.5), place("b", 0.0, None, "no data")]) == score([place("a", 1.0, 0.5)])


@given(st.lists(st.tuples(st.just(0.0) | st.floats(1e-6, 10), st.none() | st.floats(0, MOST)), min_size=1, max_size=6))
def test_a_score_lies_between_the_attainments_it_is_made_of(parts: list[tuple[float, float | None]]) -> None:
    weights = shares({str(at): weight for at, (weight, _) in enumerate(parts)})
    found = score(place(name, weights[name], parts[int(name)][1]) for name in weights)
    known = [attained for (weight, attained), share in zip(parts, weights.values(), strict=True) if share > 0]
    values = [attained for attained in known if attained is not None]
    assert (found.value is None) == (not values)
    if found.value is not None:
        assert min(values) - 1e-9 <= found.value <= max(values) + 1e-9
    assert len(found.missing) == len(known) - len(values)
    assert 0 <= found.coverage <= 1
    assert (found.coverage == pytest.approx(1)) == (
        bool(values) and not any(weights[name] > 1e-6 for name in found.missing)
    )


def test_shares_of_objectives_and_of_the_kpis_that_serve_none() -> None:
    kpis = [Kpi("a", objective="q"), Kpi("b", objective="t"), Kpi("c"), Kpi("d", objective="q")]
    objectives = {"t": Objective("t", weight=2.0), "q": Objective("q"), "idle": Objective("idle", weight=9.0)}
    served = serving(kpis, objectives)
    assert {name: [kpi.name for kpi in found] for name, found in served.items()} == {
        "t": ["b"],
        "q": ["a", "d"],
        "idle": [],
        "": ["c"],
    }
    assert objective_shares(objectives, served) == {"t": 0.5, "q": 0.25, "": 0.25}
    assert shares({"a": 0.0}) == {"a": 0.0}


def test_a_standing_says_what_it_is_measured_between_or_why_not() -> None:
    kpi = Kpi("oee", baseline=70.0, floor=65.0)
    found = standing(kpi, UP, 75.0, 0.5)
    assert (found.attainment, found.progress, found.aim, found.floor, found.reason) == (0.5, 5 / 15, 85, 65.0, "")
    assert standing(kpi, UP, None, 0.5, "the source has no rows").reason == "the source has no rows"
    assert standing(kpi, UP, None, 0.5).reason == "no data"
    assert standing(kpi, Limits("higher"), 75.0, 0.5).reason == "no target"
    assert standing(kpi, Limits(), 75.0, 0.5).reason == "not said which way is better"
    assert aim_of(Limits(target=5)) is None


# --- attention -----------------------------------------------------------------------------------------------------


def test_data_quality_is_that_of_the_worst_source() -> None:
    late = SourceHealth(age=7200, due=1800, records=100, aside=0)
    dirty = SourceHealth(age=10, due=1800, records=100, aside=20)
    found = quality(True, [late, dirty])
    assert (found.freshness, found.whole, found.clean) == (0.25, PARTIAL, 0.8)
    assert found.value == pytest.approx(0.1)
    assert quality(False, []) == Quality()
    assert SourceHealth().freshness == 0
    assert SourceHealth(age=1e9).freshness == 1
    assert SourceHealth(age=1.0, records=2, aside=9).cleanness == 0


def test_every_factor_of_a_concern_is_there() -> None:
    found = concern(Kpi("oee", priority=2), place("oee", 0.25, 0.6), 0.5, Quality(clean=0.5))
    assert (found.priority, found.objective, found.share) == (0.8, 0.5, 0.25)
    assert found.impact == pytest.approx(0.1)
    assert found.gap == pytest.approx(0.4)
    assert found.score == pytest.approx(0.1 * 0.4 * 0.5)
    assert [priority_factor(each) for each in range(1, 6)] == [1.0, 0.8, 0.6, 0.4, 0.2]


def test_better_than_the_target_is_no_gap() -> None:
    assert concern(Kpi("oee"), place("oee", 1.0, 1.2), 1.0, Quality()).score == 0


def test_what_has_no_value_comes_after_what_has_a_gap() -> None:
    def one(name: str, share: float, attained: float | None) -> Concern:
        return concern(Kpi(name), place(name, share, attained), 1.0, Quality())

    found = [one("good", 0.9, 1.0), one("gone", 0.5, None), one("big", 0.2, 0.0), one("lost", 0.9, None)]
    assert [each.kpi for each in first_of(found)] == ["big", "good", "lost", "gone"]
