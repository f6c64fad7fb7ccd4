"""Rules whose condition is found off the tick: control charts, forecasts, anomalies, flows.

What was found last stands until it is looked at anew. A rule that nobody has looked at yet, or only longer ago than
`Found.valid`, is not known, which clears nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from opsconsole.kpis.binding import BoundRule
from opsconsole.kpis.observation import Worse
from opsconsole.kpis.ruling.outcome import Outcome
from opsconsole.kpis.scan import Members
from opsconsole.site.model import Priority

KINDS = ("control", "forecast", "anomaly", "late", "wip", "bottleneck")
"""The kinds of rules that are found so."""


class Seen(Struct, frozen=True):
    """One instance of a rule: its members in the order of the rule's `by`; `priority` None where all is well.

    `text` says what is the matter, `shown` and `limited` the value and the limit as text, for the rule's `title`.
    `unknown`: there is not enough to say anything; `text` is then why.
    """

    members: Members
    priority: Priority | None = None
    value: float = 0.0
    limit: float | None = None
    text: str = ""
    shown: str = ""
    limited: str = ""
    worse: Worse = Worse()
    unknown: bool = False

    def said(self) -> tuple[str, str, str]:
        """What is said of it, its value and its limit as text."""
        return self.text, self.shown, self.limited


class Found(Struct, frozen=True):
    """What was found of a rule at `at` (site time, s since the epoch), and for how many seconds that holds.

    `error`: why its SQL or its figures fail. `gone`: an instance that is not among `seen` is back to normal (a case
    that has ended); else it is missing data.
    """

    at: float
    valid: float
    seen: tuple[Seen, ...] = ()
    error: str = ""
    gone: bool = False


Insights = Mapping[str, Found]
"""By the name of a rule."""


def take(rule: BoundRule, found: Found | None, now: float, outcome: Outcome) -> None:
    """Say of one rule what was found of it."""
    name = rule.rule.name
    if found is None:
        outcome.stale(name, "it has not been looked at yet")
        return
    if found.error:
        outcome.failed(name, found.error)
        return
    if abs(now - found.at) > found.valid:
        outcome.stale(name, "it was looked at too long ago")
        return
    watched = outcome.watched(rule)
    for each in found.seen:
        if each.priority is None and watched is not None and each.members not in watched:
            continue
        if each.unknown:
            outcome.unknown(rule, each.members)
            continue
        limit = None if each.limit is None else float(each.limit)
        # a figure of NumPy is one of Python, but could not be written to the journal
        outcome.add(rule, each.members, each.priority, float(each.value), limit, each.said, each.worse)
    outcome.well(rule, len(found.seen), missing=not found.gone)
