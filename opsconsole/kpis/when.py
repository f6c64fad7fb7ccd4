"""The comparison of a rule's `when` and `recover`: "< 70", ">= 3", "outside 20..30", "> 10 %". Pure."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.kpis.observation import Worse

Sign = Literal["<", "<=", ">", ">=", "=", "!=", "outside", "inside"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_COMPARISON = re.compile(rf"\s*(<=|>=|!=|<>|==|=|<|>)\s*({_NUMBER})\s*(%?)\s*")
_RANGE = re.compile(rf"\s*(outside|inside)\s+({_NUMBER})\s*(?:\.\.|to)\s*({_NUMBER})\s*(%?)\s*")
_WORDS: dict[str, str] = {
    "<": "under", "<=": "at or under", ">": "over", ">=": "at or over", "=": "at", "!=": "not",
    "outside": "outside", "inside": "inside",
}  # fmt: skip


class When(Struct, frozen=True):
    """A comparison with one number, or with the range `low`..`high`. `share`: of a change in percent of what was."""

    sign: Sign
    low: float
    high: float | None = None
    share: bool = False

    def met(self, value: float) -> bool:
        """Whether the value raises the alert; the ends of a range belong to it."""
        high = self.low if self.high is None else self.high
        within = self.low <= value <= high
        outcome: dict[Sign, bool] = {
            "<": value < self.low,
            "<=": value <= self.low,
            ">": value > self.low,
            ">=": value >= self.low,
            "=": value == self.low,
            "!=": value != self.low,
            "outside": not within,
            "inside": within,
        }
        return outcome[self.sign]

    def among(self, ordered: Sequence[float]) -> list[range]:
        """The places of the values in order that raise the alert: those for which `met` is true."""
        sign, last = self.sign, len(ordered)
        if sign in ("<", ">="):
            left = bisect_left(ordered, self.low)
            return [range(left)] if sign == "<" else [range(left, last)]
        right = bisect_right(ordered, self.low if self.high is None else self.high)
        if sign in ("<=", ">"):
            return [range(right)] if sign == "<=" else [range(right, last)]
        left = bisect_left(ordered, self.low)
        return [range(left, right)] if sign in ("=", "inside") else [range(left), range(right, last)]

    def wider(self, by: float) -> When:
        """The same with its limits moved to the good side by so much: what holds an alert that was raised."""
        if self.high is not None:
            inward = by if self.sign == "outside" else -by
            return replace(self, low=self.low + inward, high=self.high - inward)
        return replace(self, low=self.low + (by if self.sign in ("<", "<=") else -by))

    def limit(self, value: float) -> float:
        """The limit that this value is about: the nearer end of a range."""
        if self.high is None:
            return self.low
        return self.low if abs(value - self.low) <= abs(value - self.high) else self.high

    def worse(self, value: float) -> Worse:
        """What is worse than this value: beyond the limit, or further outside of the range."""
        if self.sign in ("<", "<="):
            return Worse("down")
        if self.sign in (">", ">="):
            return Worse("up")
        middle = (self.low + self.high) / 2 if self.high is not None and self.sign == "outside" else self.limit(value)
        return Worse("away", middle)

    @property
    def words(self) -> str:
        """The comparison as said in an alert's text, before the number: "under"."""
        return _WORDS[self.sign]


def parse_when(text: str) -> When | None:
    """The comparison that a text says, None when it says none."""
    found = _COMPARISON.fullmatch(text)
    if found:
        sign = {"==": "=", "<>": "!="}.get(found[1], found[1])
        return When(sign=sign, low=float(found[2]), share=bool(found[3]))  # type: ignore[arg-type]  # the pattern allows these signs only
    found = _RANGE.fullmatch(text)
    if found:
        low, high = sorted((float(found[2]), float(found[3])))
        return When(sign=found[1], low=low, high=high, share=bool(found[4]))  # type: ignore[arg-type]  # as above
    return None
