"""What the points of a KPI are: counts, shares, rates, means of several values, or single values nobody knows more of.

By its expression, which says what can be counted, and by the figures, which say whether it is: a ratio of sums is a
share where both sums are whole numbers and the upper is never the larger, a rate where only the upper is whole.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np
from msgspec import Struct

from opsconsole.kpis.binding import BoundKpi
from opsconsole.kpis.points import Floats, Points

Nature = Literal["value", "mean", "share", "count", "rate"]
_SCALED = re.compile(r"(?:\(?(\d+(?:\.\d+)?)\)? \* )?\(?t0\)?")
_COUNT = re.compile(r"(?:count|count_star|count_if|countif)\(", re.IGNORECASE)
_MEAN = re.compile(r"(?:avg|mean)\(", re.IGNORECASE)


class Question(Struct, frozen=True):
    """What is asked of the rows beside the value (`more` of `points`), and by what the value is scaled up (100: %)."""

    more: dict[str, str] = {}
    scale: float = 1.0


class Measured(Struct, frozen=True):
    """The points of one group: `values` is what a chart plots, the KPI's own divided by `scale`.

    `sizes`: of samples, subgroups or areas. `spread`: standard deviations within subgroups, or ranges for X̄-R.
    """

    nature: Nature
    values: Floats
    sizes: Floats | None = None
    spread: Floats | None = None
    scale: float = 1.0


def question(kpi: BoundKpi) -> Question:
    """What must be known of the rows to tell what the points are; nothing where the expression already says it.

    Where the KPI's `chart` is to be X̄-R, the spread within subgroups is asked for as their range.
    """
    parts = kpi.parts
    scaled = _SCALED.fullmatch(parts.over.strip())
    if kpi.compound or kpi.kpi.cumulative or len(parts.terms) != 1 or scaled is None:
        return Question()
    scale, term = float(scaled[1] or 1.0), parts.terms[0]
    if scale <= 0.0:
        return Question()
    if len(parts.aggregates) == 1 and (mean := _MEAN.match(parts.aggregates[0].sql)):
        of = parts.aggregates[0].sql[mean.end() :]
        size = {"size": term.denominator or "count(*)"}
        if kpi.kpi.chart.kind == "xbar_r":
            return Question({**size, "range": f"(max({of} - min({of})"}, scale)
        return Question({**size, "spread": f"stddev_samp({of}"}, scale)
    if term.denominator is not None:
        return Question({"upper": term.numerator, "size": term.denominator}, scale)
    if scale == 1.0 and _COUNT.match(term.numerator):
        return Question({"count": term.numerator})
    return Question()


def ends(kpi: BoundKpi, values: Floats) -> tuple[float, float]:
    """Between what a KPI lies: its `range`; else a count is never below 0, nor is a share of counts above all of them.

    `values` are those it had: a ratio of counts that was above 1 is no share.
    """
    if kpi.kpi.range:
        low, high = kpi.kpi.range
        return low, high
    parts = kpi.parts
    scaled = _SCALED.fullmatch(parts.over.strip())
    if kpi.compound or len(parts.terms) != 1 or scaled is None or not _COUNT.match(parts.terms[0].numerator):
        return -np.inf, np.inf
    scale, below = float(scaled[1] or 1.0), parts.terms[0].denominator
    share = below is not None and _COUNT.match(below) and not (values > scale).any()
    return 0.0, scale if share else np.inf


def measured(asked: Question, found: Points, group: int) -> Measured:
    """The points of a group as a chart takes them."""
    values = found.values[group]
    own = {name: array[group] for name, array in found.more.items()}
    if "count" in own:
        return Measured("count", values)
    if "range" in own:
        return Measured("mean", values / asked.scale, own["size"], own["range"], asked.scale)
    if "spread" in own:
        values, size, spread = values / asked.scale, own["size"], own["spread"]
        if _yes_or_no(values, size, spread):
            return Measured("share", values, size, None, asked.scale)
        return Measured("mean", values, size, spread, asked.scale)
    if "upper" in own:
        upper, size = own["upper"], own["size"]
        there = np.isfinite(upper) & np.isfinite(size) & np.isfinite(values) & (size > 0.0)
        if there.any() and _whole(upper[there]) and (upper[there] >= 0.0).all():
            nature: Nature = "share" if _whole(size[there]) and (upper <= size)[there].all() else "rate"
            return Measured(nature, np.where(there, values / asked.scale, np.nan), size, None, asked.scale)
    return Measured("value", values)


def _whole(array: Floats) -> bool:
    return bool((np.abs(array - np.round(array)) < 1e-9).all())


def _yes_or_no(mean: Floats, size: Floats, spread: Floats) -> bool:
    """Whether values are 0 and 1 only: then the mean says what the spread is."""
    there = np.isfinite(mean) & np.isfinite(spread) & (size >= 2.0)
    p, n = mean[there], size[there]
    if not there.any() or (p < 0.0).any() or (p > 1.0).any():
        return False
    return bool(np.allclose(spread[there] ** 2, p * (1.0 - p) * n / (n - 1.0), rtol=1e-6, atol=1e-12))
