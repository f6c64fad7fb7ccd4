"""Work that other threads give the tick, and the promise of what comes of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")


class Orders:
    """Given by any thread, done by one; `wake` is called when there is something to do."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._waiting: deque[Callable[[], None]] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def give(self, work: Callable[[], T]) -> Future[T]:
        """Have work done; what it returns or raises comes by the future."""
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(work())
            except Exception as error:  # noqa: BLE001 - handed on to whoever waits
                future.set_exception(error)

        self._waiting.append(run)
        self._wake()
        return future

    def do(self) -> bool:
        """Do all that waits; whether there was any."""
        done = False
        while self._waiting:
            self._waiting.popleft()()
            done = True
        return done
