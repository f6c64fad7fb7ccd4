"""What is known of one alert: orthogonal facts, from which the state after ISA-18.2 follows. Plain values.

A state is never stored (DOMAIN.md A4 of the design, after the model of OPC UA part 9); the first that holds of these is
the letter:

    out of service                      OOS         G
    suppressed by design                SUPPRESSED  F
    shelved                             SHELVED     E
    active, not acknowledged            UNACK       B
    active, acknowledged                ACK         C
    normal, not acknowledged            RTNUN       D   (returned to normal before anyone looked)
    normal, acknowledged, latched       LATCHED     L   (waits for a reset)
    normal, acknowledged                NORM        A
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from opsconsole.site.model import Priority

Letter = Literal["NORM", "UNACK", "ACK", "RTNUN", "SHELVED", "SUPPRESSED", "OOS", "LATCHED"]
Quality = Literal["good", "stale", "error"]
Disposition = Literal["true", "expected", "false-rule", "false-data", "undetermined"]
What = Literal[
    "raised", "worsened", "eased", "cleared", "occurred", "stale", "error", "good", "realarmed", "escalated",
    "acknowledged", "unacknowledged", "reset", "shelved", "unshelved", "unshelved-by-time", "suppressed", "released",
    "out-of-service", "returned", "assigned", "commented", "disposed", "undone", "closed",
]  # fmt: skip

ISA: dict[Letter, str] = {
    "NORM": "A", "UNACK": "B", "ACK": "C", "RTNUN": "D", "SHELVED": "E", "SUPPRESSED": "F", "OOS": "G", "LATCHED": "L",
}  # fmt: skip
AWAY: frozenset[Letter] = frozenset({"SHELVED", "SUPPRESSED", "OOS"})
"""The states of what is put aside, by people or by design."""
LEVELS: tuple[Priority, ...] = ("low", "warning", "critical")
LEVEL: dict[Priority | None, int] = {None: 0, "low": 1, "warning": 2, "critical": 3}


class Config(Struct, frozen=True):
    """What a rule says about the life of its alerts; durations in seconds of site time.

    `times`: the condition raises as well when it came true so often within `hold` (0: only by lasting). `acked`: people
    need not acknowledge. `realarm`: an acknowledged alert calls again after so long, at most `realarms` times an
    occurrence.
    """

    hold: float = 0.0
    clear: float = 0.0
    times: int = 0
    latch: bool = False
    acked: bool = False
    realarm: float | None = None
    realarms: int = 3


class Shelf(Struct, frozen=True, gc=False):
    """Put aside by a person until a moment of site time; without one until the condition has gone (one-shot).

    `latest`: a one-shot shelf ends then whatever the condition does, as OPC UA part 9 has it (MaxTimeShelved).
    """

    by: str
    at: float
    reason: str
    until: float | None = None
    latest: float | None = None

    @property
    def end(self) -> float | None:
        """When time alone ends it."""
        return self.until if self.until is not None else self.latest


class Held(Struct, frozen=True, gc=False):
    """Taken out of service by a person."""

    by: str
    at: float
    reason: str


# gc=False: what holds nothing that could hold it need not be looked through by the collector of cycles, which takes a
# quarter of the time of a storm of alerts.
class Facts(Struct, frozen=True, omit_defaults=True, gc=False):
    """All that is known of one alert. Moments are site time, seconds since the epoch.

    `level`: 0 normal, 1 low, 2 warning, 3 critical, as the delays let it through; `peak` the worst of this
    occurrence. `raw` is the level last seen; `crossed[n]` when it last went to or above level n + 1, or below it;
    `onsets[n]` when it lately came to or above that level. `frozen` is since when the quality has not been good.
    `since` is when this occurrence began, `cleared` when it ended. `suppressed` names what suppresses it by design:
    rules and maintenance. `owner` is who has it, `escalation` how many steps of escalation it has gone. `version` rises
    with each transition; `raised` and `worsened` are the versions at which it last was raised and last called people
    because it grew worse. `like` is the version that it is like again since an undo, 0 where that is its own.
    """

    level: int = 0
    peak: int = 0
    acked: bool = True
    latched: bool = False
    quality: Quality = "good"
    raw: int = 0
    crossed: tuple[float, float, float] = (0.0, 0.0, 0.0)
    onsets: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]] = ((), (), ())
    frozen: float | None = None
    since: float | None = None
    cleared: float | None = None
    who: str = ""
    acked_at: float | None = None
    shelf: Shelf | None = None
    suppressed: tuple[str, ...] = ()
    out: Held | None = None
    owner: str = ""
    escalation: int = 0
    realarms: int = 0
    disposition: Disposition | None = None
    count: int = 0
    version: int = 0
    raised: int = 0
    worsened: int = 0
    like: int = 0

    @property
    def letter(self) -> Letter:
        """The state after ISA-18.2."""
        if self.out is not None:
            return "OOS"
        if self.suppressed:
            return "SUPPRESSED"
        if self.shelf is not None:
            return "SHELVED"
        return self.beneath

    @property
    def beneath(self) -> Letter:
        """The state that it would have if nobody had put it aside."""
        if self.level:
            return "ACK" if self.acked else "UNACK"
        if not self.acked:
            return "RTNUN"
        return "LATCHED" if self.latched else "NORM"

    @property
    def visible(self) -> bool:
        """Whether it may call people: not shelved, not suppressed, in service."""
        return self.out is None and not self.suppressed and self.shelf is None

    @property
    def priority(self) -> Priority:
        """How bad it is; of an alert that has returned to normal, how bad it was."""
        return LEVELS[(self.level or self.peak or 1) - 1]

    @property
    def pending(self) -> bool:
        """Whether a delay is running."""
        return self.raw != self.level


class Step(Struct, frozen=True, gc=False):
    """What an event made of an alert: the facts after it, and what changed if anything did.

    `annunciate`: it is new, worse or back, and people are to be called.
    """

    facts: Facts
    what: What | None = None
    annunciate: bool = False


class Refusal(Struct, frozen=True):
    """A command that does not fit the state of the alert, in words for the person who gave it."""

    reason: str


class Already(Struct, frozen=True):
    """What a command asks for is so already: no error, and nothing to record."""

    reason: str
