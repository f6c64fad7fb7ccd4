"""Messages on their way: one at a time for each target, tried again with growing pauses, given up after a time.

Pure: seconds of a clock that never jumps come in as an argument, and so does chance.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

FIRST_PAUSE = 5.0
LONGEST_PAUSE = 300.0
JITTER = 0.2
PATIENCE = 3600.0
"""Seconds after which a message says nothing that is still true; the next one then tells how things are."""


class By(Struct, frozen=True):
    """A person, as the kernel says, and where they come from by SSH, as the client claims."""

    user: str
    uid: int
    origin: str = ""


class Letter(Struct, frozen=True):
    """A message as it is sent. `told` and `over` are what it tells of, for the plan; `at` wall clock, when it was due.

    `test`: the person who tries whether a target can be reached.
    """

    id: str
    target: str
    title: str
    body: str
    worst: str
    step: str = ""
    told: dict[str, str] = {}
    over: list[str] = []
    at: float = 0.0
    test: By | None = None


class Verdict(Struct, frozen=True):
    """What became of a try: it was taken, it is tried again `after` so many seconds, or it is given up."""

    what: Literal["sent", "retried", "given up"]
    tries: int
    after: float = 0.0


class _Parcel:
    __slots__ = ("begun", "due", "letter", "tries", "under_way")

    def __init__(self, letter: Letter, now: float) -> None:
        self.letter = letter
        self.begun = now
        self.due = now
        self.tries = 0
        self.under_way = False


class Outbox:
    """What is to be sent. `chance` gives a number from 0 to 1, so that targets are not asked all at the same moment."""

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance = chance
        self._parcels: dict[str, _Parcel] = {}

    def __len__(self) -> int:
        return len(self._parcels)

    def add(self, letter: Letter, now: float) -> None:
        """A message is to be sent."""
        self._parcels[letter.id] = _Parcel(letter, now)

    def busy(self) -> set[str]:
        """The targets that have not taken all that was sent to them."""
        return {parcel.letter.target for parcel in self._parcels.values() if not parcel.letter.test}

    def ready(self, now: float) -> list[Letter]:
        """What is to be tried now, of each target the oldest; it counts as under way. A test waits for nothing."""
        found: list[Letter] = []
        seen: set[str] = set()
        for parcel in self._parcels.values():
            target = parcel.letter.target
            if (target not in seen or parcel.letter.test) and not parcel.under_way and now >= parcel.due:
                parcel.under_way = True
                parcel.tries += 1
                found.append(parcel.letter)
            if not parcel.letter.test:
                seen.add(target)
        return found

    def done(self, letter: str, taken: bool, now: float) -> Verdict | None:
        """What becomes of a message after a try; None where it is not to be sent any more."""
        parcel = self._parcels.get(letter)
        if parcel is None:
            return None
        parcel.under_way = False
        if taken or parcel.letter.test:
            del self._parcels[letter]
            return Verdict("sent" if taken else "given up", parcel.tries)
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (parcel.tries - 1)) * (1 - JITTER + 2 * JITTER * self._chance())
        if now + pause - parcel.begun > PATIENCE:
            del self._parcels[letter]
            return Verdict("given up", parcel.tries)
        parcel.due = now + pause
        return Verdict("retried", parcel.tries, pause)

    def drop(self, target: str) -> list[Letter]:
        """A target is gone: what was to be sent to it."""
        gone = [parcel.letter for parcel in self._parcels.values() if parcel.letter.target == target]
        for letter in gone:
            del self._parcels[letter.id]
        return gone
