"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], timeout: float = 20.0, what: str = "", every: float = 0.01) -> T:
    """The first true value of `condition`, asked `every` so many s; fails when none comes within `timeout` s."""
    end = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {timeout:g} s: {what or condition}; last: {found!r}")
        time.sleep(every)
