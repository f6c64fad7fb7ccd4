"""Whole charts: which points are the baseline, which kind is chosen, what happens at marked changes; capability."""

from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.control.baseline import declared, detect
from opsconsole.insight.control.capability import capability, chi_square
from opsconsole.insight.control.chart import control, lag1
from opsconsole.insight.control.constants import Array
from opsconsole.insight.control.kind import Nature
from opsconsole.insight.control.limits import xmr
from opsconsole.insight.control.small_shifts import ewma


def steady(count: int, seed: int = 1, mean: float = 50.0, sigma: float = 2.0) -> Array:
    return np.random.default_rng(seed).normal(mean, sigma, count)


def test_fewer_than_20_points_are_not_enough() -> None:
    for values in ([], [1.0, 2.0], steady(19), np.full(40, np.nan)):
        chart = control(values)
        there = int(np.isfinite(np.asarray(values, float)).sum())
        assert [segment.lacking for segment in chart.segments] == (
            [f"not enough: {there} of 20 points"] if len(values) else []
        )
        assert chart.signals == []
    assert control(steady(20)).segments[0].limits is not None


def test_the_baseline_is_the_first_steady_stretch() -> None:
    unsteady = np.random.default_rng(9).normal(80.0, 12.0, 30).cumsum()
    values = np.concatenate([unsteady, steady(170)])
    found = detect(values)
    assert found is not None
    assert found.stable
    assert found.count >= 80
    assert 28 <= found.first <= 45


def test_the_baseline_grows_to_100_points_and_stays() -> None:
    values = steady(300, seed=14)
    ends = [found.last for end in (25, 34, 60, 100, 150, 300) if (found := detect(values[:end])) is not None]
    assert ends == [19, 29, 59, 99, 99, 99]


def test_one_outlier_spoils_no_baseline() -> None:
    values = steady(80, seed=2)
    values[10] = 90.0
    chart = control(values)
    segment = chart.segments[0]
    assert segment.baseline is not None
    assert not segment.baseline.marks[10]
    assert [signal.at for signal in chart.signals if signal.rule == "rule1"] == [10]


def test_a_drift_has_no_steady_stretch_and_is_said_to_have_none() -> None:
    found = detect(np.arange(60.0) * 5.0 + steady(60))
    assert found is not None
    assert not found.stable


def test_a_declared_baseline_is_taken_as_it_is() -> None:
    values = steady(60)
    chart = control(values, baseline=(30, 59))
    segment = chart.segments[0]
    assert segment.baseline is not None
    assert segment.limits is not None
    assert (segment.baseline.first, segment.baseline.last, segment.baseline.declared) == (30, 59, True)
    assert segment.limits.band.centre[0] == pytest.approx(values[30:].mean())
    assert declared(values, 30, 48) is None
    lacking = control(values, baseline=(30, 48)).segments[0].lacking
    assert lacking == "not enough: 19 of 20 points in the declared baseline"


def test_limits_are_new_from_a_marked_change_on() -> None:
    values = np.concatenate([steady(60), steady(60, seed=2, mean=70.0), steady(5, seed=3, mean=90.0)])
    alarmed = control(values)
    assert any(60 <= signal.at < 64 for signal in alarmed.signals)
    chart = control(values, changes=[60, 120])
    before, after, new = chart.segments
    assert before.limits is not None
    assert after.limits is not None
    assert (before.first, before.end, after.first, after.end) == (0, 60, 60, 120)
    assert before.limits.band.centre[0] == pytest.approx(50.0, abs=1.5)
    assert after.limits.band.centre[0] == pytest.approx(70.0, abs=1.5)
    assert new.lacking == "not enough: 5 of 20 points"
    assert not [signal for signal in chart.signals if 60 <= signal.at < 80 and signal.rule == "rule1"]


def test_signals_of_a_later_segment_count_from_the_start_of_the_series() -> None:
    values = np.concatenate([steady(30), steady(60, seed=2)])
    values[70] += 30.0
    found = [signal for signal in control(values, changes=[30], rules=["rule1"]).signals if signal.at >= 30]
    assert [(signal.at, signal.points, signal.side) for signal in found] == [(70, (70,), "above")]


def test_a_small_shift_is_found_by_ewma_and_cusum_with_the_points_since() -> None:
    values = steady(200, seed=4)
    values[120:] += 2.5
    chart = control(values, rules=["ewma", "cusum"])
    for rule in ("ewma", "cusum"):
        first = next(signal for signal in chart.signals if signal.rule == rule and signal.at >= 120)
        assert first.at < 135
        assert 112 <= first.points[0] <= 126
        assert first.side == "above"


def test_the_kind_follows_from_what_the_points_are() -> None:
    generator = np.random.default_rng(6)
    sizes = generator.integers(80, 200, 60).astype(float)
    shares = generator.binomial(sizes.astype(int), 0.1) / sizes
    assert control(shares, sizes=sizes, nature="share").segments[0].kind == "p"
    counts = generator.poisson(6.0, 60).astype(float)
    assert control(counts, nature="count").segments[0].kind == "c"
    assert control(generator.poisson(6.0 * sizes / 100) / sizes, sizes=sizes, nature="rate").segments[0].kind == "u"
    rows = generator.normal(10.0, 1.0, (60, 5))
    means, five = rows.mean(axis=1), np.full(60, 5.0)
    ranged = control(means, sizes=five, spread=np.ptp(rows, axis=1), ranged=True, nature="mean").segments[0]
    assert ranged.kind == "xbar_r"
    assert control(means, sizes=five, spread=rows.std(axis=1, ddof=1), nature="mean").segments[0].kind == "xbar_s"
    assert control(means, nature="mean").segments[0].kind == "xmr"
    assert control(means).segments[0].why == "single values"


def test_points_that_vary_by_more_than_their_chart_expects_get_xmr() -> None:
    generator = np.random.default_rng(7)
    sizes = np.full(80, 50_000.0)
    shares = generator.binomial(50_000, np.clip(generator.normal(0.1, 0.01, 80), 0, 1)) / sizes
    segment = control(shares, sizes=sizes, nature="share").segments[0]
    assert segment.kind == "xmr"
    assert "times as much as p limits expect" in segment.why
    assert control(shares, sizes=sizes, nature="share", kind="p").segments[0].kind == "p"


def test_limits_end_at_what_is_possible() -> None:
    rng = np.random.default_rng(5)
    shares = np.clip(rng.normal(0.03, 0.03, 60), 0.0, 1.0)
    cases: list[tuple[Nature, Array, tuple[float, float]]] = [
        ("share", shares, (0.0, 1.0)),
        ("share", 1.0 - shares, (0.0, 1.0)),
        ("rate", 40.0 * shares, (0.0, np.inf)),
    ]
    for nature, values, ends in cases:
        (segment,) = control(values, sizes=np.full(60, 5_000.0), nature=nature).segments
        assert segment.kind == "xmr"
        assert segment.limits is not None
        assert segment.mean_lower is not None
        assert segment.mean_upper is not None
        band = segment.limits.band
        assert ends[0] <= band.lower.min() <= segment.mean_lower.min()
        assert segment.mean_upper.max() <= band.upper.max() <= ends[1]
        free = control(values).segments[0]
        assert free.limits is not None
        assert free.limits.band.lower.min() < 0.0 or free.limits.band.upper.max() > 1.0


def test_what_a_kind_needs_is_said() -> None:
    with pytest.raises(ValueError, match="kind p needs the sizes"):
        control(steady(30), kind="p")
    with pytest.raises(ValueError, match="kind X̄-S needs the spread"):
        control(steady(30), sizes=np.full(30, 5.0), kind="xbar_s")
    with pytest.raises(ValueError, match="samples of one size"):
        control(steady(30), sizes=np.arange(1.0, 31.0), kind="np")


def test_a_flat_series_has_no_limits() -> None:
    assert control(np.full(50, 3.0)).segments[0].lacking == "nothing varies in the baseline"


def test_what_follows_changes_no_signal_of_a_declared_baseline() -> None:
    values = steady(120, seed=8)
    values[90:] += 3.0
    whole = control(values, baseline=(0, 49), rules=["nelson", "ewma", "cusum"]).signals
    for end in (60, 95, 110):
        part = control(values[:end], baseline=(0, 49), rules=["nelson", "ewma", "cusum"]).signals
        assert part == [signal for signal in whole if signal.at < end]
    grown, later = control(values[:100]), control(values)
    assert grown.signals == [signal for signal in later.signals if signal.at < 100]


def test_autocorrelation_of_neighbours() -> None:
    noise = np.random.default_rng(10).standard_normal(4000)
    x = np.zeros(4000)
    for index in range(1, 4000):
        x[index] = 0.6 * x[index - 1] + noise[index]
    assert lag1(x) == pytest.approx(0.6, abs=0.04)
    assert lag1(noise) == pytest.approx(0.0, abs=0.04)
    assert lag1(np.full(30, 2.0)) == 0.0


def test_limits_are_wider_where_neighbours_are_alike() -> None:
    generator = np.random.default_rng(12)
    x = np.zeros(300)
    for index in range(1, 300):
        x[index] = 0.6 * x[index - 1] + generator.standard_normal()
    segment = control(x).segments[0]
    assert segment.limits is not None
    assert segment.widened == pytest.approx(0.6, abs=0.2)
    assert segment.limits.within == pytest.approx(1.25, rel=0.25)  # 1 / √(1 − 0.6²)
    assert control(steady(300)).segments[0].widened == 0.0


@pytest.mark.parametrize("alike", [0.0, 0.5, 0.8])
def test_wider_limits_give_no_more_false_alarms_than_those_of_independent_points(alike: float) -> None:
    generator = np.random.default_rng(13)
    z = generator.standard_normal((400, 1500))
    z[:, 1:] *= np.sqrt(1.0 - alike * alike)
    for index in range(1, 1500):
        z[:, index] += alike * z[:, index - 1]
    fired = (np.abs(z) > 3.0) | ewma(z, alike=alike).signals
    first = np.where(fired.any(axis=1), fired.argmax(axis=1) + 1.0, np.inf)
    assert np.minimum(first, 1500).sum() / np.isfinite(first).sum() > 0.9 * 202


# NIST/SEMATECH e-Handbook 6.1.6: USL 20, LSL 8, mean 16, s 2 → Cp 1.0, Cpk 0.6667; table of χ² 1.3.6.7.4
def test_capability_of_the_handbook() -> None:
    values = np.array([14.0, 18.0] * 100)
    values = 16.0 + (values - 16.0) * 2.0 / values.std(ddof=1)
    found = capability(values, 2.0, 199.0, lower=8.0, upper=20.0)
    assert found is not None
    assert found.cp is not None
    assert found.pp is not None
    assert (found.cp.value, found.cpk.value) == pytest.approx((1.0, 2.0 / 3.0))
    assert (found.pp.value, found.ppk.value) == pytest.approx((1.0, 2.0 / 3.0))
    assert found.outside == 0.0


@pytest.mark.parametrize(("q", "freedom", "table"), [(0.025, 10, 3.247), (0.975, 10, 20.483), (0.975, 50, 71.420)])
def test_quantiles_of_chi_square(q: float, freedom: float, table: float) -> None:
    assert chi_square(q, freedom) == pytest.approx(table, rel=0.01)


def test_capability_intervals_hold_what_they_say() -> None:
    generator = np.random.default_rng(11)
    hits = {"cp": 0, "cpk": 0, "pp": 0, "ppk": 0}
    true = {"cp": 4.0 / 3.0, "cpk": 1.0, "pp": 4.0 / 3.0, "ppk": 1.0}
    for _ in range(600):
        values = generator.normal(1.0, 1.0, 60)
        limits = xmr(values, screen=False)
        found = capability(values, limits.within, limits.freedom, lower=-4.0, upper=4.0)
        for name in hits:
            index = getattr(found, name)
            hits[name] += index.low <= true[name] <= index.high
    for name, count in hits.items():
        assert 0.92 <= count / 600 <= 0.98, name


def test_capability_with_one_limit_and_without_enough() -> None:
    values = steady(40)
    found = capability(values, 2.0, 24.0, upper=60.0)
    assert found is not None
    assert (found.cp, found.pp) == (None, None)
    assert found.cpk.value == pytest.approx((60.0 - values.mean()) / 6.0)
    assert capability(values[:19], 2.0, 11.0, upper=60.0) is None
    assert capability(np.full(30, 1.0), 0.0, 0.0, upper=2.0) is None
    with pytest.raises(ValueError, match="needs a specification limit"):
        capability(values, 2.0, 24.0)
    with pytest.raises(ValueError, match="is not below the upper"):
        capability(values, 2.0, 24.0, lower=5.0, upper=5.0)
