"""Run rules on standardised points z = (value − centre) / σ: Nelson's eight tests and the Western Electric rules.

    rule1     a point beyond 3 σ
    nelson2   nine in a row on one side of the centre
    nelson3   six in a row, each above (or each below) the one before
    nelson4   fourteen in a row alternating up and down
    nelson5   two of three beyond 2 σ on one side
    nelson6   four of five beyond 1 σ on one side
    nelson7   fifteen in a row within 1 σ
    nelson8   eight in a row outside 1 σ, on either side
    western4  eight in a row on one side (Western Electric, whose other rules are rule1, nelson5 and nelson6)

Nelson, Journal of Quality Technology 16 (1984); Western Electric, Statistical Quality Control Handbook (1956).
A point on a limit is beyond nothing, within nothing and on no side. A missing point (NaN) is passed over: the points
before and after it follow each other. A rule fires at each point that completes its pattern; "two of three" and "four
of five" need three and five points to have been seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

import numpy as np
from msgspec import Struct
from numpy.typing import ArrayLike, NDArray

from opsconsole.insight.control.constants import Array
from opsconsole.insight.control.limits import Marks

NELSON = ("rule1", "nelson2", "nelson3", "nelson4", "nelson5", "nelson6", "nelson7", "nelson8")
WESTERN = ("rule1", "nelson5", "nelson6", "western4")
RUN_RULES = (*NELSON, "western4")
WORDS = {
    "rule1": "a point beyond 3 σ",
    "nelson2": "nine in a row on one side of the centre",
    "nelson3": "six in a row rising or falling",
    "nelson4": "fourteen in a row alternating up and down",
    "nelson5": "two of three beyond 2 σ on one side",
    "nelson6": "four of five beyond 1 σ on one side",
    "nelson7": "fifteen in a row within 1 σ",
    "nelson8": "eight in a row outside 1 σ",
    "western4": "eight in a row on one side of the centre",
}
Side = Literal["above", "below", "both"]
# Points computed from rounded numbers lie on a limit to some digits only.
_ON = 1e-9


class Signal(Struct, frozen=True):
    """A rule fired at the point `at` (index); `points` are those that take part, in order, `at` the last of them."""

    rule: str
    at: int
    points: tuple[int, ...]
    side: Side


def fires(rule: str, z: Array) -> Marks:
    """Where a rule fires, along the last axis of `z`, an array of any shape without NaN. ValueError: no such rule."""
    if rule not in _RULES:
        raise ValueError(f"`{rule}` is no run rule; there are {', '.join(RUN_RULES)}.")
    return _RULES[rule](z)


def signals(z: ArrayLike, rules: Iterable[str] = NELSON) -> list[Signal]:
    """The signals of one row of standardised points, in order of time; NaN where a point is missing."""
    given = np.asarray(z, dtype=float)
    there = np.flatnonzero(~np.isnan(given))
    x = given[there]
    found = []
    for rule in rules:
        for at in np.flatnonzero(fires(rule, x)):
            taking = _taking_part(rule, x, int(at))
            found.append(Signal(rule, int(there[at]), tuple(int(there[i]) for i in taking), _side(rule, x, taking)))
    return sorted(found, key=lambda signal: signal.at)


def _above(z: Array, limit: float) -> Marks:
    return z > limit + _ON


def _run(flags: Marks) -> NDArray[np.intp]:
    """How many in a row are true, up to each point."""
    index = np.arange(flags.shape[-1])
    last = np.maximum.accumulate(np.where(flags, -1, index), axis=-1)
    run: NDArray[np.intp] = index - last
    return run


def _either(z: Array, test: Callable[[Array], Marks]) -> Marks:
    return test(z) | test(-z)


def _some_of(z: Array, limit: float, few: int, many: int) -> Marks:
    """Beyond a limit, as `few` of the last `many` are; or the first `many` points, which may end with another."""
    flags = _above(z, limit)
    total = np.cumsum(flags, axis=-1)
    before = np.zeros_like(total)
    before[..., many:] = total[..., :-many]
    enough: Marks = np.asarray(total - before >= few)
    enough[..., many:] &= flags[..., many:]
    enough[..., : many - 1] = False
    return enough


def _steps(z: Array) -> Array:
    """1 for up, −1 for down, 0 for neither and for the first."""
    steps = np.zeros_like(z)
    change = np.diff(z, axis=-1)
    steps[..., 1:] = np.where(np.abs(change) > _ON, np.sign(change), 0.0)
    return steps


def _alternating(z: Array) -> Marks:
    steps = _steps(z)
    turns = np.zeros(z.shape, dtype=bool)
    turns[..., 1:] = steps[..., 1:] * steps[..., :-1] < 0.0
    return _run(turns) >= 12  # 14 points turn 12 times


_RULES: dict[str, Callable[[Array], Marks]] = {
    "rule1": lambda z: _either(z, lambda side: _above(side, 3.0)),
    "nelson2": lambda z: _either(z, lambda side: _run(_above(side, 0.0)) >= 9),
    "nelson3": lambda z: _either(_steps(z), lambda step: _run(step > 0.0) >= 5),
    "nelson4": _alternating,
    "nelson5": lambda z: _either(z, lambda side: _some_of(side, 2.0, 2, 3)),
    "nelson6": lambda z: _either(z, lambda side: _some_of(side, 1.0, 4, 5)),
    "nelson7": lambda z: _run(np.abs(z) < 1.0 - _ON) >= 15,
    "nelson8": lambda z: _run(_above(np.abs(z), 1.0)) >= 8,
    "western4": lambda z: _either(z, lambda side: _run(_above(side, 0.0)) >= 8),
}
_WINDOW = dict(zip(RUN_RULES, (1, 9, 6, 14, 3, 5, 15, 8, 8), strict=True))


def _taking_part(rule: str, z: Array, at: int) -> list[int]:
    """The points of a pattern that ends at a point."""
    window = range(max(0, at - _WINDOW[rule] + 1), at + 1)
    if rule not in ("nelson5", "nelson6"):
        return list(window)
    limit = 2.0 if rule == "nelson5" else 1.0
    above, below = ([index for index in window if sign * z[index] > limit + _ON] for sign in (1.0, -1.0))
    return above if len(above) > len(below) else below


def _side(rule: str, z: Array, taking: list[int]) -> Side:
    if rule == "nelson3":
        return "above" if z[taking[-1]] > z[taking[0]] else "below"
    if all(z[index] > 0.0 for index in taking):
        return "above"
    return "below" if all(z[index] < 0.0 for index in taking) else "both"
