"""Progress of long work on a source: what was found to do, what is done of it, how fast it goes."""

from __future__ import annotations

import threading
import time

from opsconsole.tables.records import Progress

LONG_BYTES = 4 << 20
"""Work on fewer bytes, and on fewer than `LONG_FILES` files, is done before anybody could look at it."""
LONG_FILES = 200


class Work:
    """Counted by the feed's thread, looked at by any."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._since = 0.0
        self._what = ""
        self._bytes = [0, 0]
        self._files = [0, 0]
        self._rows = 0

    def begin(self, size: int, files: int, why: str = "") -> None:
        """So many bytes of so many files are to be read; `why` they are read again. Small work is not counted."""
        with self._lock:
            if self._what and files:
                return  # a scan that finds what is being worked on
            long = size >= LONG_BYTES or files >= LONG_FILES
            self._what = (f"reading again: {why}" if why else "reading") if long else ""
            self._since = time.time()
            self._bytes, self._files, self._rows = [0, size], [0, files], 0

    def did(self, size: int, rows: int, whole: bool) -> None:
        """So many bytes and rows were committed; `whole`: a file is done."""
        with self._lock:
            self._bytes[0] += size
            self._rows += rows
            self._files[0] += whole

    def end(self) -> None:
        """Nothing is left to do."""
        with self._lock:
            self._what = ""

    @property
    def left(self) -> int:
        """Bytes that are still to be read."""
        with self._lock:
            return self._bytes[1] - self._bytes[0] if self._what else 0

    def seen(self) -> Progress | None:
        """How far it is; None when nothing long is going on."""
        with self._lock:
            if not self._what:
                return None
            took = max(time.time() - self._since, 1e-3)
            done, total = self._bytes
            total = max(total, done)
            left = (total - done) * took / done if done and took > 1 else None
            return Progress(
                self._source, self._what, self._since, done, total, self._files[0], max(*self._files), self._rows,
                self._rows / took, left,
            )  # fmt: skip
