"""Waiting for a condition, never for a time."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import IO, AnyStr, TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], timeout: float = 20.0, what: str = "", every: float = 0.02) -> T:
    """The first true value of `condition`, asked `every` so many s; fails when none comes within `timeout` s."""
    end = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {timeout:g} s: {what or condition}; last: {found!r}")
        time.sleep(every)


def line_of(pipe: IO[AnyStr] | None, timeout: float = 60.0, what: str = "a line") -> AnyStr:
    """The next line that a process writes, empty at its end; fails when nothing comes within `timeout` s.

    For processes that write a line when they are asked, or one in all: what was read ahead would not be seen.
    """
    assert pipe is not None
    if not select.select([pipe], [], [], timeout)[0]:
        raise AssertionError(f"the process has not said {what} within {timeout:g} s")
    return pipe.readline()
