"""How many false alarms a set of rules is to be expected to give, before it is switched on.

A process that does not change gives one false alarm in ARL0 points. For any set of the run rules, EWMA(0.2, 2.86) and
CUSUM(0.5, 5) together ARL0 is kept in `figures.json`, simulated by `python -m tests.reference.run_lengths`, which says
how; rule1, EWMA and CUSUM alone are computed exactly in `run_length.py` and agree with it.

Two things make false alarms more frequent than textbooks say. Limits from a short baseline are off themselves (with 20
points rule1 gives 4 to 5 times as many, as a mean over baselines; half of the charts have their first within 174
points rather than 257). And where points follow each other (autocorrelation) moving ranges are too small and limits
too narrow. For both there are simulated factors per rule; the larger of the two is taken, so that the figure is then
rather too low than too high.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from functools import lru_cache
from importlib.resources import files

import msgspec
import numpy as np
from msgspec import Struct

from opsconsole.insight.control.rules import NELSON, RUN_RULES, WESTERN
from opsconsole.insight.control.rules import WORDS as RUN_WORDS

RULES = (*RUN_RULES, "ewma", "cusum")
DEFAULT = ("rule1", "ewma")
SETS = {"default": DEFAULT, "nelson": NELSON, "western": WESTERN}
"""Names that stand for several rules."""
WORDS = {
    **RUN_WORDS,
    "ewma": "the weighted mean (EWMA) has left its limits",
    "cusum": "the deviations have added up (CUSUM)",
}


class Simulated(Struct, frozen=True):
    """Figures of simulations. `arl0`: by set of rules, bit i of the index standing for RULES[i], the first is unused.

    `baselines`, `correlations`: per rule the false alarms per point, by number of points of the baseline (XmR limits)
    and by lag-1 autocorrelation (limits from moving ranges).
    """

    made: str
    arl0: list[float]
    baselines: dict[int, dict[str, float]]
    correlations: dict[float, dict[str, float]]


@lru_cache(maxsize=1)
def simulated() -> Simulated:
    """The figures that come with the package."""
    text = files("opsconsole.insight.control").joinpath("figures.json").read_bytes()
    return msgspec.json.decode(text, type=Simulated, strict=False)


def named(rules: Iterable[str]) -> tuple[str, ...]:
    """Rules with the names of sets written out, each once, in the order of RULES. ValueError for an unknown name."""
    wanted: set[str] = set()
    for rule in rules:
        if rule not in SETS and rule not in RULES:
            raise ValueError(f"`{rule}` is no rule; there are {', '.join((*SETS, *RULES))}.")
        wanted.update(SETS.get(rule, (rule,)))
    return tuple(rule for rule in RULES if rule in wanted)


def arl0(rules: Iterable[str]) -> float:
    """Points between false alarms of rules that are on together; infinite without any."""
    index = sum(1 << RULES.index(rule) for rule in named(rules))
    return simulated().arl0[index] if index else math.inf


def false_alarms(
    rules: Iterable[str],
    points: float,
    baseline: float = math.inf,
    autocorrelation: float = 0.0,
    *,
    widened: bool = False,
) -> float:
    """False alarms to be expected in so many points, for limits from so many points of a baseline.

    `widened`: limits of single points and of the EWMA are already those of points with this autocorrelation.
    """
    chosen = named(rules)
    return points * min(1.0, _factor(chosen, baseline, autocorrelation, widened) / arl0(chosen)) if chosen else 0.0


def _factor(rules: Collection[str], baseline: float, autocorrelation: float, widened: bool) -> float:
    figures = simulated()
    known = sum(1.0 / arl0([rule]) for rule in rules)
    sizes = sorted(figures.baselines)
    rates = [sum(figures.baselines[size][rule] for rule in rules) for size in sizes]
    # what is left of the excess goes with 1 / size
    short = float(
        np.interp(1.0 / max(baseline, 1.0), [0.0, *(1.0 / size for size in sizes[::-1])], [known, *rates[::-1]])
    )
    steps = sorted(figures.correlations)
    safe = DEFAULT if widened else ()
    related = [
        sum(1.0 / arl0([rule]) if rule in safe else figures.correlations[step][rule] for rule in rules)
        for step in steps
    ]
    linked = float(np.interp(max(autocorrelation, 0.0), [0.0, *steps], [known, *related]))
    return max(1.0, short / known, linked / known)
