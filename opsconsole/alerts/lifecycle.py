"""The life of one alert, after ISA-18.2: facts and an event in, facts and a transition out. Pure.

The facts are orthogonal (DOMAIN.md A4): whether the condition is active, whether someone has acknowledged it, how
good our knowledge of it is. The letter that ISA-18.2 shows follows from them:

    active, not acknowledged      UNACK
    active, acknowledged          ACK
    normal, not acknowledged      RTNUN   (returned to normal before anyone looked)
    normal, acknowledged          NORM

Delays are kept for each level of priority by itself: an alert rises to a level once its condition has been at or
above it for the on-delay, and falls below a level once it has been below it for the off-delay. While the data is
stale or a rule fails, nothing moves: that time counts for no delay, and missing data never clears an alert.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from opsconsole.site.model import Priority

Letter = Literal["NORM", "UNACK", "ACK", "RTNUN"]
Quality = Literal["good", "stale", "error"]
What = Literal[
    "raised", "worsened", "eased", "cleared", "acknowledged", "unacknowledged", "stale", "error", "good", "closed"
]

LEVELS: tuple[Priority, ...] = ("low", "warning", "critical")
LEVEL: dict[Priority | None, int] = {None: 0, "low": 1, "warning": 2, "critical": 3}


class Config(Struct, frozen=True):
    """What a rule says about the life of its alerts; delays in seconds of site time."""

    hold: float = 0.0
    clear: float = 0.0


class Facts(Struct, frozen=True):
    """All that is known of one alert. Moments are site time, seconds since the epoch.

    `level`: 0 normal, 1 low, 2 warning, 3 critical, as the delays let it through; `peak` the worst of this
    occurrence. `raw` is the level last seen; `crossed[n]` when it last went to or above level n + 1, or below it.
    `frozen` is since when the quality has not been good. `version` rises with each transition; `raised`
    and `worsened` are the versions at which it last was raised and last called people because it grew worse.
    """

    level: int = 0
    peak: int = 0
    acked: bool = True
    quality: Quality = "good"
    raw: int = 0
    crossed: tuple[float, float, float] = (0.0, 0.0, 0.0)
    frozen: float | None = None
    since: float | None = None
    who: str = ""
    acked_at: float | None = None
    count: int = 0
    version: int = 0
    raised: int = 0
    worsened: int = 0

    @property
    def letter(self) -> Letter:
        """The state after ISA-18.2."""
        if self.level:
            return "ACK" if self.acked else "UNACK"
        return "NORM" if self.acked else "RTNUN"

    @property
    def priority(self) -> Priority:
        """How bad it is; of an alert that has returned to normal, how bad it was."""
        return LEVELS[(self.level or self.peak or 1) - 1]

    @property
    def pending(self) -> bool:
        """Whether a delay is running."""
        return self.raw != self.level


class Step(Struct, frozen=True):
    """What an event made of an alert: the facts after it, and what changed if a state did.

    `annunciate`: it is new or worse, and people are to be called.
    """

    facts: Facts
    what: What | None = None
    annunciate: bool = False


class Refusal(Struct, frozen=True):
    """A command that does not fit the state of the alert, in words for the person who gave it."""

    reason: str


def observe(facts: Facts, level: int, config: Config, now: float) -> Step:
    """The condition was seen at a level (0: normal)."""
    facts, thawed = _thaw(facts, now)
    crossed = [min(at, now) for at in facts.crossed]  # a clock that jumped back starts its delays anew
    for index in range(3):
        if (level > index) != (facts.raw > index):
            crossed[index] = now
    facts = replace(facts, raw=level, crossed=(crossed[0], crossed[1], crossed[2]))
    after = _through_delays(facts, config, now)
    what: What | None = None
    annunciate = False
    if after > facts.level:
        if facts.level == 0:
            what, annunciate = "raised", True
            facts = replace(facts, since=now, acked=False, count=facts.count + 1, peak=after, who="", acked_at=None)
        else:
            what = "worsened"
            if after > facts.peak:
                annunciate = True
                facts = replace(facts, acked=False, peak=after, who="", acked_at=None)
    elif after < facts.level:
        what = "eased" if after else "cleared"
    facts = replace(facts, level=after)
    if what is None:
        return _changed(facts, "good") if thawed and facts.letter != "NORM" else Step(facts)
    return _changed(facts, what, annunciate=annunciate)


def _through_delays(facts: Facts, config: Config, now: float) -> int:
    """The level that the delays let through."""
    level = facts.level
    for index in range(3):
        elapsed = now - facts.crossed[index]
        if facts.raw > index >= level and elapsed >= config.hold:
            level = index + 1
    if level == facts.level:
        for index in (2, 1, 0):
            elapsed = now - facts.crossed[index]
            if facts.raw <= index < level and elapsed >= config.clear:
                level = index
    return level


def lose_sight(facts: Facts, quality: Literal["stale", "error"], now: float) -> Step:
    """There is no knowing the condition at present: everything stays as it is, and its delays stand still."""
    if facts.quality == quality:
        return Step(facts)
    facts = replace(facts, quality=quality, frozen=facts.frozen if facts.frozen is not None else now)
    return Step(facts) if facts.letter == "NORM" else _changed(facts, quality)


def _thaw(facts: Facts, now: float) -> tuple[Facts, bool]:
    """The quality is good again: running delays go on as if the time between had not been."""
    if facts.frozen is None:
        return facts, False
    gap = max(0.0, now - facts.frozen)
    moved = (facts.crossed[0] + gap, facts.crossed[1] + gap, facts.crossed[2] + gap)
    return replace(facts, quality="good", frozen=None, crossed=moved), True


def acknowledge(facts: Facts, who: str, now: float, seen: int) -> Step | Refusal:
    """Someone who saw version `seen` has taken notice of it."""
    if facts.letter == "NORM":
        return Refusal("it is no longer open")
    if facts.letter == "ACK":
        return Refusal(f"{facts.who or 'someone'} has already acknowledged it")
    if seen < facts.raised:
        return Refusal("it was raised anew since you saw it")
    if seen < facts.worsened:
        return Refusal(f"it has grown worse since you saw it, to {LEVELS[facts.peak - 1]}")
    return _changed(replace(facts, acked=True, who=who, acked_at=now), "acknowledged")


def unacknowledge(facts: Facts) -> Step | Refusal:
    """An acknowledgement is taken back."""
    if facts.letter == "ACK":
        return _changed(replace(facts, acked=False, who="", acked_at=None), "unacknowledged")
    if facts.letter == "NORM":
        return Refusal("it has returned to normal and is closed")
    return Refusal("it is not acknowledged")


def close(facts: Facts) -> Step:
    """Its rule is gone, or no longer has such labels: there is nothing left to watch."""
    gone = replace(facts, level=0, raw=0, peak=0, acked=True, quality="good", frozen=None)
    return _changed(gone, "closed")


def _changed(facts: Facts, what: What, *, annunciate: bool = False) -> Step:
    version = facts.version + 1
    return Step(
        replace(
            facts,
            version=version,
            raised=version if what == "raised" else facts.raised,
            worsened=version if what == "worsened" and annunciate else facts.worsened,
        ),
        what,
        annunciate,
    )
