"""Chance that gives the same numbers for the same seed on every machine.

Only `Random.random` is used: the standard library promises that its sequence never changes, and nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A stream of its own for each place that needs one, so that one place never shifts another."""

    def __init__(self, *key: object) -> None:
        self._next = Random(":".join(map(str, key))).random

    def happens(self, probability: float) -> bool:
        """True with that probability."""
        return self._next() < probability

    def between(self, low: float, high: float) -> float:
        """Evenly between two values."""
        return low + (high - low) * self._next()

    def bell(self) -> float:
        """About a standard normal value, within ±3.5."""
        return (self._next() + self._next() + self._next() + self._next() - 2.0) * 1.7320508

    def of(self, choices: Sequence[T]) -> T:
        """One of the choices."""
        return choices[int(self._next() * len(choices))]

    def count(self, trials: int, probability: float) -> int:
        """How many of `trials` happen."""
        return sum(self._next() < probability for _ in range(trials))
