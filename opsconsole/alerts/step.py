"""How a change of facts is counted: every transition makes a new version. Pure."""

from __future__ import annotations

from msgspec.structs import replace

from opsconsole.alerts.facts import Facts, Step, What

NEW: tuple[What, ...] = ("raised", "occurred")
_SIGHT: tuple[What, ...] = ("stale", "error", "good")


def called(facts: Facts, *, acked: bool = False) -> Facts:
    """It calls anew: nobody has acknowledged it, or said what it turned out to be. `acked`: nobody needs to."""
    return replace(facts, acked=acked, who="", acked_at=None, disposition=None)


def changed(facts: Facts, what: What, *, annunciate: bool = False, worse: bool = False) -> Step:
    """A transition. `worse`: people who saw an earlier version have not seen how bad it is.

    Whether its data is there makes no difference to what may be undone.
    """
    like = (facts.like or facts.version) if what in _SIGHT else 0
    version = facts.version + 1
    facts = replace(
        facts,
        version=version,
        raised=version if what in NEW else facts.raised,
        worsened=version if worse else facts.worsened,
        like=like,
    )
    return Step(facts, what, annunciate)
