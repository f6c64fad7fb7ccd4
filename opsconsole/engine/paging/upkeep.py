"""Looks after what is kept for a while, from time to time and only while there is any."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Upkeep:
    """Calls `work` every so many seconds until that says that nothing is left. May be used from any thread."""

    def __init__(self, every: float, work: Callable[[], bool]) -> None:
        self._every = every
        self._work = work
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self._closed = False

    def begin(self) -> None:
        """There is something to look after."""
        with self._lock:
            if self._timer is None and not self._closed:
                self._timer = threading.Timer(self._every, self._look)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """End it."""
        with self._lock:
            self._closed = True
            if self._timer is not None:
                self._timer.cancel()

    def _look(self) -> None:
        with self._lock:
            self._timer = None
        if self._work():
            self.begin()
