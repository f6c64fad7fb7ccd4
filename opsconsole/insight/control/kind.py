"""Which chart suits a series: by what its points are, and by whether they vary as such points would.

    value   single values, or a figure nobody knows the nature of   XmR
    mean    a mean of several values, with their spread             X̄-R up to 10 values each, else X̄-S
    share   a count out of a size, each counted or not              p
    count   a count over equal spans                                c
    rate    a count per unit of a size that varies                  u

The limits of all but XmR follow from the variation within a point, and are wrong where the points vary by more besides:
with shares of thousands of pieces nearly all of them are. So XmR is taken, whose limits come from the points, where the
points vary otherwise than the chart expects: by more than three standard errors, σ of z by moving ranges being 1 if the
chart is right (Wheeler, Understanding Statistical Process Control; Laney 2002). Counts that are below 1 on average
are too coarse for XmR and stay with their chart.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from opsconsole.insight.control import limits as of
from opsconsole.insight.control.limits import KINDS, Kind, Limits, Marks

Nature = Literal["value", "mean", "share", "count", "rate"]
NAMES: dict[Kind, str] = dict(zip(KINDS, ("XmR", "X̄-R", "X̄-S", "p", "np", "c", "u"), strict=True))
_NATURAL: dict[Nature, Kind] = {"value": "xmr", "mean": "xbar_s", "share": "p", "count": "c", "rate": "u"}
ENDS: dict[Nature, tuple[float, float]] = {"share": (0.0, 1.0), "count": (0.0, math.inf), "rate": (0.0, math.inf)}
"""What is possible: limits by XmR go beyond it, as no point can."""
FEW = 10
"""The range of a subgroup is as good as its standard deviation up to so many values."""


def limits_of(
    kind: Kind,
    values: ArrayLike,
    baseline: ArrayLike | None = None,
    *,
    sizes: ArrayLike | None = None,
    spread: ArrayLike | None = None,
) -> Limits:
    """The limits of a kind of chart. `values` is what is plotted: means, shares, rates, counts.

    `sizes`: of subgroups, samples or areas, for all but XmR and c. `spread`: ranges for X̄-R, standard deviations
    for X̄-S. ValueError where one is missing, and where sizes of np differ.
    """
    x = np.asarray(values, dtype=float)
    if kind == "xmr":
        return of.xmr(x, baseline)
    if kind == "c":
        return of.c(x, baseline)
    if sizes is None:
        raise ValueError(f"A chart of the kind {NAMES[kind]} needs the sizes of its points.")
    n = np.asarray(sizes, dtype=float)
    if kind == "p":
        return of.p(x * n, n, baseline)
    if kind == "u":
        return of.u(x * n, n, baseline)
    if kind == "np":
        given = np.unique(n[np.isfinite(n) & np.isfinite(x)])
        if len(given) != 1:
            raise ValueError("An np chart needs samples of one size; for others there is the p chart.")
        return of.np_chart(x, float(given[0]), baseline)
    if spread is None:
        raise ValueError(f"A chart of the kind {NAMES[kind]} needs the spread of its subgroups.")
    return (of.xbar_r if kind == "xbar_r" else of.xbar_s)(x, spread, n, baseline)


def choose(
    nature: Nature,
    values: ArrayLike,
    baseline: Marks,
    *,
    sizes: ArrayLike | None = None,
    spread: ArrayLike | None = None,
    ranged: bool = False,
) -> tuple[Kind, str]:
    """A kind and why, in words. `ranged`: the spread of means is their range, not their standard deviation."""
    kind: Kind = "xbar_r" if nature == "mean" and ranged else _NATURAL[nature]
    if kind == "xmr":
        return kind, "single values"
    x = np.asarray(values, dtype=float)
    if nature == "mean" and (
        spread is None or sizes is None or (np.asarray(sizes, dtype=float)[baseline] >= 2).sum() < 2
    ):
        return "xmr", "single values"
    words = {"mean": "means of subgroups", "share": "shares", "count": "counts", "rate": "counts per unit"}[nature]
    found = limits_of(kind, x, baseline, sizes=sizes, spread=spread)
    ratio, error = dispersion(found, baseline)
    if nature != "mean" and _mean_count(kind, x, sizes, baseline) < 1.0:
        return kind, words
    if abs(ratio - 1.0) > 3.0 * error:
        much = "more" if ratio > 1.0 else "less"
        return "xmr", f"{words} that vary {ratio:.2g} times as much as {NAMES[kind]} limits expect ({much})"
    return kind, words


def dispersion(found: Limits, baseline: Marks) -> tuple[float, float]:
    """σ of the baseline's points in the units that the chart expects, by moving ranges, and its standard error at 1."""
    z = found.z[baseline]
    z = z[np.isfinite(z)]
    if len(z) < 2:
        return 1.0, math.inf
    judged = of.xmr(z)
    return judged.within, 1.0 / math.sqrt(2.0 * judged.freedom)


def _mean_count(kind: Kind, x: np.ndarray, sizes: ArrayLike | None, baseline: Marks) -> float:
    counts = x if kind == "c" or sizes is None else x * np.asarray(sizes, dtype=float)
    return float(np.nanmean(counts[baseline]))
