"""How fast pictures may follow each other on a link, told by when the terminal has drawn them. Pure.

What is in flight cannot be asked of the system: an SSH server, tmux and the terminal itself each hold a part of it. So
the terminal is asked where its cursor is after what was sent; its answer means that all before has been drawn. From
the answers follows how much a link takes, and no more than a part of a second of that is ever in flight: of the
pictures that come faster only the newest is sent.
"""

from __future__ import annotations

EACH = 4_000
"""Bytes after which the terminal is asked; on a slow link after each picture."""
LEAST, FIRST, MOST = 200, 2_000, 32_000
"""Bounds of the bytes that may be in flight, and what is allowed before anything is known."""
FULL = 0.4
"""Seconds of a link's own pace that may be in flight."""
QUICK = 0.05
"""Seconds within which an answer says that the link is a fast one."""
PATIENCE = 5.0
"""Seconds after which a terminal that owes an answer is asked once more."""


MARKS = range(2, 38)
"""Columns to which the cursor, which nobody sees, is put before it is asked for: so each answer names its question."""
TRIES, TRY = 6, 1.0
"""How often a terminal that never answers is asked, and for how many seconds each time it is waited for."""


class Pace:
    """What was sent, what has been drawn. `now` is any clock in seconds that never jumps."""

    def __init__(self) -> None:
        self.answers = False
        """Whether the terminal has ever answered; one that does not is given what there is."""
        self.window = float(FIRST)
        self._sent = 0
        self._drawn = 0
        self._open: dict[int, tuple[int, float]] = {}
        self._asked = 0
        self._quickest = float("inf")

    @property
    def in_flight(self) -> int:
        """Bytes that are not known to have been drawn."""
        return self._sent - self._drawn

    def sent(self, size: int) -> None:
        """So many bytes are on their way."""
        self._sent += size

    def ask(self, now: float) -> int:
        """The mark with which the terminal is to be asked now, after what was sent; 0: it is not to be asked."""
        if not self.answers and (self._asked >= TRIES or not self._sent):
            return 0
        if self._open:
            if now - self._last < self._patience:
                return 0
        elif self.answers and self.in_flight < self._each:
            return 0
        mark = MARKS[self._asked % len(MARKS)]
        self._asked += 1
        self._open.pop(mark, None)
        self._open[mark] = (self._sent, now)
        return mark

    @property
    def _each(self) -> float:
        """Bytes after which it is asked: on a slow link after each picture, else not for a cursor that moves."""
        return self.window / 2 if self.window < FIRST else min(EACH, max(0.75 * FIRST, self.window / 2))

    @property
    def _patience(self) -> float:
        return PATIENCE if self.answers else TRY

    @property
    def _last(self) -> float:
        """When the newest question that is open was put."""
        return max(when for _, when in self._open.values())

    def answered(self, mark: int, now: float) -> None:
        """The terminal has drawn all that was sent before it was asked with this mark."""
        self.answers = True
        if mark not in self._open:
            return
        upto, asked = self._open.pop(mark)
        took, drawn = now - asked, upto - self._drawn
        self._drawn = max(self._drawn, upto)
        # answers come in order: what was asked before is answered too
        self._open = {each: found for each, found in self._open.items() if found[1] > asked}
        self._quickest = min(self._quickest, took)
        if took - self._quickest > FULL / 2 or took > 2 * FULL:
            self.window = max(LEAST, min(self.window, drawn / took * FULL))
        elif drawn >= self.window / 2:
            # what was never in flight says nothing of whether more may be
            self.window = min(MOST, self.window * (4 if took < QUICK else 1.5))

    def may(self, now: float) -> bool:
        """Whether another picture may follow."""
        if self.in_flight < self.window or not self._open:
            return True
        return now - self._last >= self._patience

    def anew(self) -> None:
        """The terminal was another's meanwhile: what it owed will not come."""
        self._open.clear()
        self._drawn = self._sent
