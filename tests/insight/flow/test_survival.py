from __future__ import annotations

import numpy as np
import pytest

from opsconsole.insight.flow.survival import kaplan_meier, outlasts, quantile, surviving

# Remission of leukaemia under 6-mercaptopurine, in weeks (Freireich et al. 1963); + was still on.
REMISSION = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+".split()
WEEKS = np.array([float(each.rstrip("+")) for each in REMISSION])
ENDED = np.array([not each.endswith("+") for each in REMISSION])


def test_the_published_curve_and_its_errors() -> None:
    curve = kaplan_meier(WEEKS, ENDED)
    wanted = {6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
    assert dict(zip(curve.times, surviving(curve, curve.times), strict=True)) == pytest.approx(wanted, abs=6e-5)
    assert surviving(curve, [0, 5.99, 100]) == pytest.approx([1, 1, 0.4482], abs=6e-5)
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    chance = outlasts(curve, np.zeros(7), curve.times)
    # Wilson's interval holds the p that solve |p - s| = z sqrt(p (1 - p) / n) with n = s (1 - s) / error².
    for share, error, low, high in zip(chance.p, errors, chance.low, chance.high, strict=True):
        n = share * (1 - share) / error**2
        for bound in (low, high):
            assert abs(bound - share) == pytest.approx(1.96 * np.sqrt(bound * (1 - bound) / n), rel=5e-3)


def test_given_that_it_has_lasted() -> None:
    curve = kaplan_meier(WEEKS, ENDED)
    chance = outlasts(curve, [10.0, 23.0, 34.5, 40.0], [22.0, 34.0, 60.0, 50.0])
    assert chance.p[:3] == pytest.approx([0.5378 / 0.7529, 1.0, 1.0], abs=2e-4)
    assert chance.n.tolist() == [13, 5, 1, 0]
    assert np.isnan(chance.p[3])
    assert chance.open_ended.tolist() == [False, False, True, False]
    assert chance.low[2] == 0.0
    assert 0.2 < chance.low[1] < 0.9, "five that lasted prove little"


def test_when_it_will_have_ended() -> None:
    curve = kaplan_meier(WEEKS, ENDED)
    assert quantile(curve, [0.0, 10.0], 0.5).tolist() == [23.0, np.inf]
    assert quantile(curve, [0.0], 0.25).tolist() == [13.0]
    assert np.isnan(quantile(curve, [50.0], 0.5)).all()
    whole = kaplan_meier(np.arange(1.0, 5), np.ones(4, bool))
    assert quantile(whole, [0.0, 0, 2], 0.5).tolist() == [2.0, 2.0, 3.0]
    assert quantile(whole, [0.0], 1 - 1e-15).tolist() == [4.0]


def test_all_ended_and_none_left() -> None:
    curve = kaplan_meier([1.0, 2, 3], [True] * 3)
    chance = outlasts(curve, [0.0, 2.0], [3.0, 3.0])
    assert chance.p.tolist() == [0.0, 0.0]
    assert chance.high[0] < chance.high[1] <= 1.0


def test_late_entry_leaves_nobody_at_risk_before_they_were_seen() -> None:
    """Seen from 2 on: of four that last until 1, 3, 4 and 5, the first is never seen."""
    curve = kaplan_meier([1.0, 3, 4, 5], [True] * 4, [2.0] * 4)
    assert curve.n == 3
    assert outlasts(curve, [2.0], [3.0]).p == pytest.approx([2 / 3])
    early = kaplan_meier([1.0, 3, 4, 5, 6], [True] * 5, [0.0, 2, 2, 2, 2])
    # The one that was alone at 1 ended, which says nothing of those seen later.
    assert outlasts(early, [2.0], [3.0]).p == pytest.approx([3 / 4])
    assert quantile(early, [2.0], 0.5).tolist() == [4.0]


def test_the_interval_holds_what_it_says() -> None:
    """95 % intervals of exponential times, a third of them censored, cover the truth about as often."""
    chance = np.random.default_rng(11)
    truth, covered = np.exp(-0.5), 0
    for _ in range(600):
        lasts, seen = chance.exponential(1.0, 60), chance.exponential(2.0, 60)
        found = outlasts(kaplan_meier(np.minimum(lasts, seen), lasts <= seen), [0.3], [0.8])
        covered += bool(found.low[0] <= truth <= found.high[0])
    assert 0.92 <= covered / 600 <= 0.98


@pytest.mark.parametrize(("lasted", "ended"), [([1.0, np.nan], [True, True]), ([1.0], [True, False])])
def test_what_is_no_data(lasted: list[float], ended: list[bool]) -> None:
    with pytest.raises(ValueError, match="survival"):
        kaplan_meier(lasted, ended)
