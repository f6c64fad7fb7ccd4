"""Limits and signals published by NIST, and in Ishikawa's guide, to four digits."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opsconsole.insight.control import limits
from opsconsole.insight.control.constants import c4, d2, d3
from opsconsole.insight.control.limits import Band, Limits, beyond
from opsconsole.insight.control.rules import RUN_RULES, signals
from opsconsole.insight.control.small_shifts import ewma

DATA = Path(__file__).parents[2] / "data" / "nist_spc"
EXPECTED: dict[str, Any] = json.loads((DATA / "expected.json").read_text())


def column(name: str, what: str) -> list[float]:
    with (DATA / name).open(newline="") as file:
        return [float(row[what]) for row in csv.DictReader(file)]


def signalled(band: Band) -> list[int]:
    return [int(index) + 1 for index in np.flatnonzero(beyond(band))]


def same(band: Band, expected: dict[str, float], point: int = 0) -> None:
    for name, array in (("CL", band.centre), ("LCL", band.lower), ("UCL", band.upper)):
        assert array[point] == pytest.approx(expected[name], rel=1e-5, abs=1e-9), name


# NIST/SEMATECH e-Handbook 6.3.2, table of factors
@pytest.mark.parametrize(
    ("n", "mean", "deviation", "unbiasing"),
    [(2, 1.128, 0.853, 0.7979), (5, 2.326, 0.864, 0.9400), (10, 3.078, 0.797, 0.9727), (25, 3.931, 0.708, 0.9896)],
)
def test_constants_are_those_of_the_tables(n: int, mean: float, deviation: float, unbiasing: float) -> None:
    assert round(d2(n), 3) == mean
    assert d3(n) == pytest.approx(deviation, abs=6e-4)
    assert round(c4(n), 4) == unbiasing


def test_constants_of_two_values_in_closed_form() -> None:
    assert d2(2) == pytest.approx(2 / np.sqrt(np.pi), rel=1e-12)
    assert d3(2) == pytest.approx(np.sqrt(2 - 4 / np.pi), rel=1e-12)
    with pytest.raises(ValueError, match="at least 2 values"):
        d2(1)


def test_wafer_counts_and_a_point_on_the_limit_is_no_signal() -> None:
    expected = EXPECTED["nist_pmc331_counts"]
    chart = limits.c(column("nist_monitor_6_3_3_1_counts.csv", "defects"))
    same(chart.band, expected["c"])
    assert signalled(chart.band) == expected["strictly_beyond"]
    assert [signal.at + 1 for signal in signals(chart.z, ["rule1"])] == expected["strictly_beyond"]
    on = expected["on_limit"][0] - 1
    assert chart.band.values[on] == chart.band.upper[on]


def test_wafer_proportions() -> None:
    expected = EXPECTED["nist_pmc332_proportions"]
    size = expected["n_per_wafer"]
    found = np.array(column("nist_monitor_6_3_3_2_proportions.csv", "fraction")) * size
    chart = limits.p(found, np.full(len(found), size))
    same(chart.band, expected["p"])
    assert signalled(chart.band) == expected["beyond"]
    numbers = limits.np_chart(found, size)
    same(numbers.band, {name: figure * size for name, figure in expected["p"].items()})
    assert signalled(numbers.band) == expected["beyond"]


def test_flow_rates_one_by_one() -> None:
    expected = EXPECTED["nist_pmc322_individuals"]
    flow = column("nist_pmc322_individuals_flow.csv", "flow")
    chart, printed = limits.xmr(flow), limits.xmr(flow, rounded=True)
    figures = expected["xmr"]
    assert chart.within == pytest.approx(figures["sigma_mr"], rel=1e-6)
    same(chart.band, {"CL": figures["mean"], "LCL": figures["LCL"], "UCL": figures["UCL"]})
    lower, upper = expected["limits_with_d2_1.128"]
    same(printed.band, {"CL": figures["mean"], "LCL": lower, "UCL": upper})
    assert (round(upper, 4), round(lower, 4)) == (55.8041, 45.8159)  # as published
    assert printed.spread is not None
    assert printed.spread.centre[0] == pytest.approx(figures["mr_bar"])
    assert printed.spread.upper[0] == pytest.approx(figures["MR_UCL"], rel=1e-9)
    assert signalled(printed.spread) == figures["mr_beyond"]
    natural = [figures["mean"] + sign * 2.66 * figures["mr_bar"] for sign in (-1, 1)]
    assert natural == pytest.approx(figures["natural_limits_2.66"])
    assert [printed.band.lower[0], printed.band.upper[0]] == pytest.approx(natural, rel=1e-4)
    assert signals(chart.z, RUN_RULES) == []
    assert all(found == [] for found in figures["nelson_signals_last_point_1based"].values())


def test_ewma_of_the_handbook() -> None:
    expected = EXPECTED["nist_pmc324_ewma"]
    centre, sigma = expected["EWMA0"], expected["s"]
    z = (np.array(column("nist_pmc324_ewma.csv", "y")) - centre) / sigma
    chart = ewma(z, expected["lambda"], 3.0, steady=True)
    assert (centre + chart.values * sigma).round(2).tolist() == expected["ewma"]
    ends = [centre - chart.limit[0] * sigma, centre + chart.limit[0] * sigma]
    assert ends == pytest.approx(expected["limits"], rel=1e-9)
    assert not chart.signals.any()


@pytest.mark.parametrize(
    ("name", "value", "group"),
    [("gear", "diameter", "batch"), ("cc1", "thickness", "day"), ("ishika66", "size", "day")],
)
def test_means_and_ranges(name: str, value: str, group: str) -> None:
    expected = EXPECTED[f"nist_{name}"]
    file = f"nist_{name}.csv"
    means, ranges, _, sizes = limits.subgroups(column(file, value), column(file, group))
    assert (len(means), set(sizes)) == (expected["subgroups"], {expected["n"]})
    chart = limits.xbar_r(means, ranges, sizes)
    assert chart.spread is not None
    same(chart.band, expected["xbar"])
    same(chart.spread, expected["R"])
    assert signalled(chart.band) == expected["xbar_beyond"]
    assert signalled(chart.spread) == expected["R_beyond"]


def test_ishikawas_limits_as_printed() -> None:
    file = "nist_ishika66.csv"
    means, ranges, _, sizes = limits.subgroups(column(file, "size"), column(file, "day"))
    chart = limits.xbar_r(means, ranges, sizes)
    assert chart.spread is not None
    # printed from constants and ranges of two to three decimals
    assert [chart.band.upper[0], chart.band.lower[0]] == pytest.approx([13.719, 12.161], abs=1.5e-3)
    assert chart.spread.upper[0] == pytest.approx(2.86, abs=5e-3)


@pytest.mark.parametrize("name", ["ccp", "ishika78", "ccpn"])
def test_shares_of_samples_of_unequal_sizes(name: str) -> None:
    expected = EXPECTED[f"nist_{name}"]
    chart = limits.p(column(f"nist_{name}.csv", "defective"), column(f"nist_{name}.csv", "total"))
    lower, upper = expected["p"]["limits_first"]
    same(chart.band, {"CL": expected["p"]["CL"], "LCL": lower, "UCL": upper})
    assert signalled(chart.band) == expected["beyond"]


def test_defects_per_length() -> None:
    expected = EXPECTED["nist_ccu"]
    sizes = column("nist_ccu.csv", "length")
    chart = limits.u(column("nist_ccu.csv", "defects"), sizes)
    centre = expected["u"]["CL"]
    for point, size in enumerate(sizes):
        width = 3 * np.sqrt(centre / size)
        same(chart.band, {"CL": centre, "LCL": max(0.0, centre - width), "UCL": centre + width}, point)
    assert signalled(chart.band) == expected["beyond"]


def test_defects() -> None:
    expected = EXPECTED["nist_ccc"]
    chart = limits.c(column("nist_ccc.csv", "defects"))
    same(chart.band, expected["c"])
    assert signalled(chart.band) == expected["beyond"]


# No set of NIST's has standard deviations; the factors A3, B3 and B4 are of the handbook's 6.3.2.1 (n = 5).
def test_means_and_standard_deviations() -> None:
    file = "nist_cc1.csv"
    means, _, deviations, sizes = limits.subgroups(column(file, "thickness"), column(file, "day"))
    chart = limits.xbar_s(means, deviations, sizes)
    assert chart.spread is not None
    mean = float(deviations.mean())
    assert chart.band.upper[0] == pytest.approx(means.mean() + 1.427 * mean, rel=1e-4)
    assert chart.spread.upper[0] == pytest.approx(2.089 * mean, rel=1e-3)
    assert chart.spread.lower[0] == 0.0


def test_each_vector_of_nelson() -> None:
    for name, vector in EXPECTED["_unit_vectors_CL0_sigma1"].items():
        rule = name if name == "rule1" else name.replace("rule", "nelson")
        found = [signal.at + 1 for signal in signals(vector["x"], [rule])]
        assert found == vector["signals"][name.removeprefix("rule")], name


def unequal(sizes: list[float]) -> Limits:
    generator = np.random.default_rng(5)
    rows = [generator.normal(10.0, 2.0, int(size)) for size in sizes]
    means, deviations = [float(row.mean()) for row in rows], [float(row.std(ddof=1)) for row in rows]
    return limits.xbar_s(means, deviations, sizes)


def test_subgroups_of_unequal_sizes_have_limits_of_their_own() -> None:
    chart = unequal([4.0, 9.0, 16.0] * 40)
    assert chart.within == pytest.approx(2.0, rel=0.05)
    width = chart.band.upper - chart.band.centre
    assert width[0] / width[1] == pytest.approx(1.5)
    assert width[0] / width[2] == pytest.approx(2.0)


def test_a_missing_point_takes_no_part_and_the_moving_range_goes_over_it() -> None:
    chart = limits.xmr([1.0, 2.0, np.nan, 4.0, 3.0])
    assert chart.spread is not None
    np.testing.assert_array_equal(chart.spread.values, [np.nan, 1.0, np.nan, 2.0, 1.0])
    assert chart.band.centre[0] == 2.5
    assert np.isnan(chart.z[2])
    assert chart.within == pytest.approx(4.0 / 3.0 / d2(2))


def test_a_single_jump_is_no_part_of_the_mean_moving_range() -> None:
    values = [1.0, 2.0] * 10 + [50.0] + [1.0, 2.0] * 10
    screened, all_of_them = limits.xmr(values), limits.xmr(values, screen=False)
    assert screened.within == pytest.approx(1.0 / d2(2))
    assert all_of_them.within > 3 * screened.within


def test_nothing_varies_nothing_signals() -> None:
    for chart in (limits.xmr([5.0] * 20 + [6.0], [True] * 20 + [False]), limits.c([0.0] * 20)):
        assert np.isnan(chart.z).all()
        assert signals(chart.z) == []


def test_what_does_not_fit_together_is_said() -> None:
    with pytest.raises(ValueError, match="1 usable points"):
        limits.xmr([1.0, np.nan])
    with pytest.raises(ValueError, match="2 counts and 1 sizes"):
        limits.p([1.0, 2.0], [10.0])
    with pytest.raises(ValueError, match="A baseline of 1 marks for 2 values"):
        limits.c([1.0, 2.0], [True])
