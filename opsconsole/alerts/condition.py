"""What the condition of a rule does to an alert: rise, ease, clear, occur, be lost from sight. Pure.

Delays are kept for each level of priority by itself: an alert rises to a level once its condition has been at or
above it for the on-delay (or came to it often enough within that), and falls below a level once it has been below it
for the off-delay. While the data is stale or a rule fails, nothing moves: that time counts for no delay, and missing
data never clears an alert.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from opsconsole.alerts.facts import Config, Facts, Step, What
from opsconsole.alerts.step import called, changed

_Three = tuple[float, float, float]
_Onsets = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]


def observe(facts: Facts, level: int, config: Config, now: float, kept: int | None = None) -> Step:
    """The condition was seen at a level (0: normal).

    `kept`: the level that still holds by its deadband or its recovery condition. It keeps up what has been raised; it
    lets nothing rise, so that a value within the deadband counts for no on-delay.
    """
    facts, thawed = _thaw(facts, now)
    if kept is not None:
        level = max(level, min(facts.level, kept))
    facts = _seen(facts, level, config, now)
    after = _through_delays(facts, config, now)
    if after > facts.level:
        return _risen(facts, after, config, now)
    if after < facts.level:
        return _fallen(facts, after, now)
    return changed(facts, "good") if thawed and facts.letter != "NORM" else Step(facts)


def occur(facts: Facts, level: int, config: Config, now: float, times: int = 1) -> Step:
    """Something happened at one moment, `times` times: it is over at once, and waits for somebody to take notice."""
    facts, _ = _thaw(facts, now)
    fresh = facts.beneath in ("NORM", "LATCHED")
    facts = replace(
        called(_anew(facts), acked=config.acked),
        since=now if fresh else facts.since,
        cleared=now,
        peak=level if fresh else max(level, facts.peak),
        latched=config.latch,
        escalation=0 if fresh else facts.escalation,
        realarms=0,
        count=facts.count + times,
    )
    return changed(facts, "occurred", annunciate=facts.visible)


def lose_sight(facts: Facts, quality: Literal["stale", "error"], now: float) -> Step:
    """There is no knowing the condition at present: everything stays as it is, and its delays stand still."""
    if facts.quality == quality:
        return Step(facts)
    facts = replace(facts, quality=quality, frozen=facts.frozen if facts.frozen is not None else now)
    return Step(facts) if facts.letter == "NORM" else changed(facts, quality)


def close(facts: Facts) -> Step:
    """Its rule is gone, or no longer has such labels: there is nothing left to watch."""
    gone = replace(
        facts, level=0, raw=0, peak=0, acked=True, latched=False, quality="good", frozen=None, shelf=None,
        suppressed=(), out=None, owner="",
    )  # fmt: skip
    return changed(gone, "closed")


def _seen(facts: Facts, level: int, config: Config, now: float) -> Facts:
    """The facts with what was seen: when each level was last crossed, and how often lately."""
    crossed = [min(at, now) for at in facts.crossed]  # a clock that jumped back starts its delays anew
    onsets = list(facts.onsets)
    if config.times:
        onsets = [tuple(at for at in each if now - config.hold <= at <= now) for each in onsets]
    for index in range(3):
        if (level > index) != (facts.raw > index):
            crossed[index] = now
            if level > index and config.times:
                onsets[index] = (*onsets[index], now)[-config.times :]
    return replace(
        facts, raw=level, crossed=(crossed[0], crossed[1], crossed[2]), onsets=(onsets[0], onsets[1], onsets[2])
    )


def _through_delays(facts: Facts, config: Config, now: float) -> int:
    """The level that the delays let through."""
    level = facts.level
    for index in range(3):
        if facts.raw <= index or index < level:
            continue
        often = bool(config.times) and len(facts.onsets[index]) >= config.times
        if often or now - facts.crossed[index] >= config.hold:
            level = index + 1
    if level == facts.level:
        for index in (2, 1, 0):
            if facts.raw <= index < level and now - facts.crossed[index] >= config.clear:
                level = index
    return level


def _risen(facts: Facts, level: int, config: Config, now: float) -> Step:
    if facts.level == 0:
        facts = replace(
            called(_anew(facts), acked=config.acked),
            level=level,
            peak=level,
            since=now,
            cleared=None,
            latched=config.latch,
            escalation=0,
            realarms=0,
            count=facts.count + 1,
        )
        return changed(facts, "raised", annunciate=facts.visible)
    if level <= facts.peak:
        return changed(replace(facts, level=level), "worsened")
    facts = replace(called(facts, acked=config.acked), level=level, peak=level)
    return changed(facts, "worsened", annunciate=facts.visible, worse=True)


def _anew(facts: Facts) -> Facts:
    """What had closed comes again: who had the occurrence before does not have this one."""
    return replace(facts, owner="") if facts.letter == "NORM" else facts


def _fallen(facts: Facts, level: int, now: float) -> Step:
    what: What = "eased" if level else "cleared"
    if level:
        return changed(replace(facts, level=level), what)
    one_shot = facts.shelf is not None and facts.shelf.until is None
    return changed(replace(facts, level=0, cleared=now, shelf=None if one_shot else facts.shelf), what)


def _thaw(facts: Facts, now: float) -> tuple[Facts, bool]:
    """The quality is good again: running delays go on as if the time between had not been."""
    if facts.frozen is None:
        return facts, False
    gap = max(0.0, now - facts.frozen)
    crossed: _Three = (facts.crossed[0] + gap, facts.crossed[1] + gap, facts.crossed[2] + gap)
    one, two, three = (tuple(at + gap for at in each) for each in facts.onsets)
    onsets: _Onsets = (one, two, three)
    return replace(facts, quality="good", frozen=None, crossed=crossed, onsets=onsets), True
