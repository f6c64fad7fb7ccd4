"""The journal as the engine writes it: what the system did is never lost, what a person did counts once it is there.

When the journal cannot be written (a full disk), the system's own records are kept and written as soon as it can; a
person's command is refused with the reason. Whether it can be written again is tried every few seconds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from opsconsole.engine.messages import Notice
from opsconsole.engine.recording import SYSTEM
from opsconsole.journal.journal import Entry, Journal, JournalError

log = logging.getLogger(__name__)

_AGAIN = 2.0


class Writer:
    """Writes one site's journal. Used by one thread at a time; `clock` is monotonic seconds.

    `unwritten` is what the system did and the journal does not have yet; `trouble` says why, for a person.
    """

    def __init__(self, journal: Journal, clock: Callable[[], float] = time.monotonic) -> None:
        self.unwritten: list[Entry] = []
        self.trouble = ""
        self._journal = journal
        self._clock = clock
        self._since: float | None = None
        self._tried = 0.0

    def keep(self, entries: Sequence[Entry], now: float) -> None:
        """Write what the system did, now or as soon as it can. `now` is site time in seconds since the epoch."""
        self.unwritten += entries
        if self.unwritten:
            self.write([], now)

    def write(self, entries: Sequence[Entry], now: float) -> str:
        """Write what a person did after all that waits: nothing once it is on disk, else why it cannot be."""
        self._tried = self._clock()
        gap = [] if self._since is None else [_gap(self._since, now)]
        try:
            self._journal.write([*self.unwritten, *gap, *entries])
        except JournalError as error:
            if self._since is None:
                log.error("the journal cannot be written: %s", error)
                self._since = now
            self.trouble = (
                f"nothing can be acknowledged or recorded: {str(error).removeprefix('nothing can be recorded: ')}"
            )
            return self.trouble
        if self._since is not None:
            log.info("the journal can be written again; %d records had waited", len(self.unwritten))
        self.unwritten, self.trouble, self._since = [], "", None
        return ""

    def again(self, now: float) -> bool:
        """See now and then whether it can be written again; whether it can."""
        if not self.trouble or self._clock() - self._tried < _AGAIN:
            return False
        return not self.write([], now)

    def notices(self) -> list[Notice]:
        """What people must know of the journal."""
        found = [Notice("journal", self._journal.note, "warning")] if self._journal.note else []
        return [*found, Notice("journal", f"{self.trouble}. Alerts go on.", "critical")] if self.trouble else found


def _gap(since: float, now: float) -> Entry:
    """That nothing could be written for a time, for whoever reads the journal later."""
    data = {"since": since, "until": now}
    return Entry(SYSTEM, "journal", "journal", data, now, "written again", "it could not be written for a time")
