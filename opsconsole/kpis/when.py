"""The comparison of a rule's `when`: "< 70", ">= 3", "outside 20..30". Pure."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from opsconsole.kpis.observation import Worse

Sign = Literal["<", "<=", ">", ">=", "=", "!=", "outside", "inside"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_COMPARISON = re.compile(rf"\s*(<=|>=|!=|<>|==|=|<|>)\s*({_NUMBER})\s*%?\s*")
_RANGE = re.compile(rf"\s*(outside|inside)\s+({_NUMBER})\s*(?:\.\.|to)\s*({_NUMBER})\s*%?\s*")
_WORDS: dict[str, str] = {
    "<": "under", "<=": "at or under", ">": "over", ">=": "at or over", "=": "at", "!=": "not",
    "outside": "outside", "inside": "inside",
}  # fmt: skip


class When(Struct, frozen=True):
    """A comparison with one number, or with the range `low`..`high`."""

    sign: Sign
    low: float
    high: float | None = None

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
        return When(sign=sign, low=float(found[2]))  # type: ignore[arg-type]  # the pattern allows these signs only
    found = _RANGE.fullmatch(text)
    if found:
        low, high = sorted((float(found[2]), float(found[3])))
        return When(sign=found[1], low=low, high=high)  # type: ignore[arg-type]  # as above
    return None
