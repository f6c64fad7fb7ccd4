"""Run lengths: computed ones against published ones, simulated ones against both; what rules are said to cost."""

from __future__ import annotations

import math

import numpy as np
import pytest

from opsconsole.insight.control import false_alarms, run_length
from opsconsole.insight.control.false_alarms import DEFAULT, RULES, arl0, named
from opsconsole.insight.control.small_shifts import cusum, ewma
from tests.reference.run_lengths import TABLE, run


# Lucas and Crosier 1982, tables 1 and 2 (k = 0.5); Lucas and Saccucci 1990 for EWMA with steady limits
@pytest.mark.parametrize(
    ("shift", "decision", "fast", "published"),
    [
        (0, 5, False, 465),
        (1, 5, False, 10.4),
        (2, 5, False, 4.01),
        (0, 4, False, 168),
        (0, 5, True, 430),
        (1, 5, True, 6.35),
    ],
)
def test_cusum(shift: float, decision: float, fast: bool, published: float) -> None:
    assert run_length.cusum_arl(shift, 0.5, decision, fast=fast) == pytest.approx(published, rel=6e-3)


@pytest.mark.parametrize(
    ("shift", "weight", "width", "published"),
    [(0, 0.25, 2.998, 500), (1, 0.25, 2.998, 11.1), (0, 0.1, 2.814, 500), (1, 0.1, 2.814, 10.3), (2, 0.1, 2.814, 4.36)],
)
def test_ewma_with_steady_limits(shift: float, weight: float, width: float, published: float) -> None:
    assert run_length.ewma_arl(shift, weight, width, steady=True) == pytest.approx(published, rel=6e-3)


def test_an_ewma_of_weight_1_is_a_shewhart_chart() -> None:
    assert run_length.ewma_arl(0.7, 1.0, 3.0) == pytest.approx(run_length.rule1_arl(0.7), rel=1e-6)
    assert run_length.ewma_arl(0.0, 0.2, 20.0, beyond=3.0) == pytest.approx(run_length.rule1_arl(), rel=2e-3)


@pytest.mark.parametrize("rules", TABLE)
def test_simulated_run_lengths_are_the_published_ones(rules: tuple[str, ...]) -> None:
    """A small part of `python -m tests.reference.run_lengths`, which does all of it with ten times as many runs."""
    published = TABLE[rules][2]  # a shift of 1 σ
    assert run(rules, 1.0, 6_000, 150, seed=7) == pytest.approx(published, rel=0.05)


def test_computed_run_lengths_are_those_of_the_table() -> None:
    for rules, function in (("rule1",), run_length.rule1_arl), (("ewma",), run_length.ewma_arl):
        for shift, published in zip((0.0, 0.5, 1.0, 2.0, 3.0), TABLE[rules], strict=True):
            assert function(shift) == pytest.approx(published, rel=0.05)
    for shift, published in zip((0.0, 0.5, 1.0, 2.0, 3.0), TABLE[("cusum",)], strict=True):
        assert run_length.cusum_arl(shift) == pytest.approx(published, rel=0.05)


def test_kept_figures_agree_with_computed_ones() -> None:
    assert arl0(["rule1"]) == pytest.approx(run_length.rule1_arl(), rel=0.02)
    assert arl0(["ewma"]) == pytest.approx(run_length.ewma_arl(), rel=0.02)
    assert arl0(["cusum"]) == pytest.approx(run_length.cusum_arl(), rel=0.02)
    assert arl0(["default"]) == pytest.approx(run_length.ewma_arl(beyond=3.0), rel=0.02)
    # k in a row on one side come after 2^k - 1 points
    assert arl0(["nelson2"]) == pytest.approx(2**9 - 1, rel=0.02)
    assert arl0(["western4"]) == pytest.approx(2**8 - 1, rel=0.02)
    # Champ and Woodall 1987
    assert arl0(["rule1", "western4"]) == pytest.approx(152.73, rel=0.02)
    for rules, published in TABLE.items():
        assert arl0(rules) == pytest.approx(published[0], rel=0.05)


def test_more_rules_cost_more_and_never_more_than_each_for_itself() -> None:
    for first in RULES:
        for second in RULES:
            if first != second:
                both = 1.0 / arl0([first, second])
                one, other = 1.0 / arl0([first]), 1.0 / arl0([second])
                assert max(one, other) <= both * 1.001
                assert both <= (one + other) * 1.02  # each is a figure of a simulation


def test_false_alarms_of_a_shift() -> None:
    known = false_alarms.false_alarms(DEFAULT, 8)
    assert known == pytest.approx(8 / 202, rel=0.02)
    # DOMAIN.md: 40 KPIs hourly give 13, 10.5 and 2.6 false alarms a day
    for rules, daily in (("nelson", 13.0), ("western", 10.5), ("rule1", 2.6)):
        assert false_alarms.false_alarms([rules], 40 * 24) == pytest.approx(daily, rel=0.05)
    assert false_alarms.false_alarms([], 8) == 0.0
    assert arl0([]) == math.inf


def test_a_short_baseline_and_neighbours_alike_cost_more() -> None:
    rates = [false_alarms.false_alarms(["rule1"], 1.0, size) for size in (20, 30, 50, 100, 200, 10_000)]
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 4 / 370
    assert rates[-1] == pytest.approx(1 / 370, rel=0.05)
    linked = [false_alarms.false_alarms(["default"], 1.0, math.inf, by) for by in (-0.5, 0.0, 0.1, 0.3, 0.6, 0.9)]
    assert linked == sorted(linked)
    assert false_alarms.false_alarms(["default"], 1.0, math.inf, 0.6, widened=True) == linked[1]
    assert linked[1] == pytest.approx(1 / 202, rel=0.02)


def test_run_lengths_with_a_short_baseline() -> None:
    """DOMAIN.md: with limits from 10 points half of the charts of rule 1 have a false alarm by 125, from 50 by 209."""
    generator = np.random.default_rng(4)
    for size, published in ((10, 125), (50, 209)):
        known = generator.standard_normal((20_000, size))
        sigma = np.abs(np.diff(known)).mean(axis=1) / 1.1283791670955126
        low, high = known.mean(axis=1) - 3 * sigma, known.mean(axis=1) + 3 * sigma
        from opsconsole.insight.control.constants import normal_cdf

        runs = generator.geometric(1.0 - (normal_cdf(high) - normal_cdf(low)))
        assert np.median(runs) == pytest.approx(published, rel=0.06)


def test_names_of_rules() -> None:
    assert named(["ewma", "rule1"]) == named(["default"]) == DEFAULT
    assert named(["western", "default"]) == ("rule1", "nelson5", "nelson6", "western4", "ewma")
    with pytest.raises(ValueError, match="`shewhart` is no rule; there are default, nelson"):
        named(["shewhart"])


def test_the_ewma_finds_a_small_shift_and_its_limits_widen() -> None:
    chart = ewma(np.full(60, 1.0))
    assert chart.limit[0] == pytest.approx(2.86 * 0.2)
    assert chart.limit[-1] == pytest.approx(2.86 / 3.0)
    assert int(chart.signals.argmax()) == 13  # 1 − 0.8^14 = 0.956 is the first above 0.953
    assert chart.signals[13:].all()


def test_a_cusum_says_when_it_began_and_may_begin_anew() -> None:
    z = np.concatenate([np.zeros(10), np.full(20, 2.0)])
    chart = cusum(z)
    at = int(chart.signals.argmax())
    assert (at, chart.began[at]) == (13, 10)
    assert chart.signals[at:].all()
    anew = cusum(z, restart=True)
    assert np.flatnonzero(anew.signals).tolist() == [13, 17, 21, 25, 29]
    head = cusum(np.full(5, 2.0), fast=True)
    assert (int(head.signals.argmax()), head.up[0]) == (1, 4.0)


def test_gaps_leave_both_as_they_were() -> None:
    z = np.array([1.0, np.nan, 1.0, 1.0])
    dense = z[~np.isnan(z)]
    kept = [0, 2, 3]
    np.testing.assert_allclose(ewma(z).values[kept], ewma(dense).values)
    np.testing.assert_allclose(ewma(z).limit[kept], ewma(dense).limit)
    np.testing.assert_allclose(cusum(z).up[kept], cusum(dense).up)


@pytest.mark.parametrize(("weight", "width"), [(0.0, 3.0), (1.5, 3.0), (0.2, 0.0)])
def test_an_impossible_ewma_is_refused(weight: float, width: float) -> None:
    with pytest.raises(ValueError, match="An EWMA takes"):
        ewma([1.0], weight, width)
    with pytest.raises(ValueError, match="A CUSUM takes"):
        cusum([1.0], -1.0, width or 5.0)
