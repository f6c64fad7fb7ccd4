"""Threads that read files ahead of the transactions they go into; there are none while nothing is read."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

READERS = 2
AHEAD = 8
"""So many reads may wait for their transaction."""
_P = ParamSpec("_P")
_T = TypeVar("_T")


class Readers:
    """Up to `READERS` threads. Used by one thread."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def submit(self, work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Have work done by the next thread that is free."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(READERS, "reader")
        return self._pool.submit(work, *args, **kwargs)

    def end(self) -> bool:
        """Drop what has not begun, wait for what has, and end the threads; False if there was none.

        Arrow gives the memory that a thread used back to the system when the thread ends, or asks for that itself.
        """
        if self._pool is None:
            return False
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None
        import pyarrow as pa

        pa.default_memory_pool().release_unused()
        return True
