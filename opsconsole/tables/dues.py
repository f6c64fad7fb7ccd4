"""When files must be looked at again unasked, and which of them hold up settling."""

from __future__ import annotations

import time

Where = tuple[str, str]
"""A source and a path."""


class Dues:
    """Times are seconds since the epoch. `tails`: files whose last record may still be being written, and until when
    that is waited for."""

    def __init__(self) -> None:
        self.at: dict[Where, float] = {}
        self.tails: dict[Where, float] = {}

    def clear(self) -> None:
        """Forget all."""
        self.at.clear()
        self.tails.clear()

    def forget(self, where: Where) -> None:
        """A file need not be looked at again."""
        self.at.pop(where, None)
        self.tails.pop(where, None)

    def schedule(self, where: Where, at: float | None, patience: float | None) -> None:
        """Look at a file again at a time (None: need not). `patience`: for its last record, so many seconds at most."""
        if at is None:
            self.forget(where)
            return
        self.at[where] = at
        if patience is None:
            self.tails.pop(where, None)
        else:
            self.tails.setdefault(where, time.time() + patience)

    def is_due(self, where: Where) -> bool:
        """Whether a file's time has come."""
        now = time.time()
        return self.at.get(where, now + 1) <= now

    def now(self, source: str) -> set[str]:
        """The paths of a source whose time has come."""
        now = time.time()
        return {path for (name, path), at in self.at.items() if name == source and at <= now}

    def next(self) -> float:
        """Seconds until the next time comes."""
        return min(self.at.values()) - time.time() if self.at else float("inf")

    def held(self) -> bool:
        """Whether a last record is still waited for.

        A tail whose look is due has not had its chance yet, however long the turn before took; one that only ever
        grows has had it, and holds nothing up.
        """
        now = time.time()
        return any(until > now or self.at.get(where, now + 1) <= now for where, until in self.tails.items())
