"""What the alerts of a period did, made out from their transitions: alarms, occurrences, what was shown and put aside.

Each transition is taken with the facts it led to, so that a record may begin in the middle of anything. Pure.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from opsconsole.alerts.facts import LEVELS, Disposition, Held, Letter, Shelf, What
from opsconsole.alerts.step import NEW
from opsconsole.site.model import Priority


class Known(Struct, frozen=True):
    """Of the facts of an alert what the figures need; see `Facts`."""

    level: int = 0
    peak: int = 0
    since: float | None = None
    shelf: Shelf | None = None
    out: Held | None = None
    disposition: Disposition | None = None


class Happening(Struct, frozen=True):
    """A transition: the alert `after` it has the facts `known`. Moments are site time."""

    at: float
    alert: str
    rule: str
    what: What
    after: Letter
    known: Known
    annunciate: bool = False
    worst: float | None = None
    limit: float | None = None


class Alarm(Struct, frozen=True):
    """An announcement to the operator: what alarm rates count."""

    at: float
    alert: str
    rule: str
    priority: Priority


class Occurrence(Struct):
    """From becoming active to normal. `ended` None: still active.

    `asked`: it was announced and wanted to be acknowledged; `acked`: when somebody first did so, or closed it.
    """

    alert: str
    rule: str
    began: float
    ended: float | None = None
    asked: bool = False
    acked: float | None = None
    worst: float | None = None
    limit: float | None = None
    disposition: Disposition | None = None


class Shown(Struct, frozen=True):
    """A stretch in which an alert stood active before the operator; `since` is when it had become active."""

    alert: str
    rule: str
    start: float
    end: float
    since: float


class Aside(Struct):
    """A shelf, or a time out of service (`until` has no meaning then). `ended` None: still so."""

    alert: str
    rule: str
    priority: Priority
    put: Shelf | Held
    ended: float | None = None


class _Now:
    """One alert as far as the record has got."""

    __slots__ = ("called", "occurrence", "out", "shelf", "shown", "waiting")

    def __init__(self) -> None:
        self.occurrence: Occurrence | None = None
        self.called: float | None = None
        self.waiting: list[Occurrence] = []
        self.shown: tuple[float, float] | None = None
        self.shelf: Aside | None = None
        self.out: Aside | None = None


class History:
    """The record of a period, taken transition by transition in their order.

    Give it first the last transition before the period of each alert that was open then.
    """

    def __init__(self) -> None:
        self.alarms: list[Alarm] = []
        self.occurrences: list[Occurrence] = []
        self.shown: list[Shown] = []
        self.aside: list[Aside] = []
        self.acknowledged: list[tuple[str, float]] = []
        """By rule the seconds from an announcement until somebody took notice."""
        self.transitions = 0
        self._now: dict[str, _Now] = {}

    def take(self, happening: Happening) -> None:
        """The next transition."""
        self.transitions += 1
        now = self._now.setdefault(happening.alert, _Now())
        self._occur(now, happening)
        self._call(now, happening)
        self._show(now, happening)
        self._put(now, happening)

    def close(self, end: float) -> None:
        """The period is over; what stands at its end is shown until then."""
        for alert, now in self._now.items():
            if now.shown is not None and now.occurrence is not None:
                start, since = now.shown
                self.shown.append(Shown(alert, now.occurrence.rule, start, max(start, end), since))
                now.shown = None

    def _occur(self, now: _Now, each: Happening) -> None:
        known, open_ = each.known, now.occurrence is not None and now.occurrence.ended is None
        if each.what in NEW or (known.level and not open_):
            began = each.at if each.what in NEW else known.since if known.since is not None else each.at
            now.occurrence = Occurrence(each.alert, each.rule, began)
            self.occurrences.append(now.occurrence)
        occurrence = now.occurrence
        if occurrence is None:
            return
        if occurrence.ended is None and not known.level:
            occurrence.ended = each.at
        occurrence.disposition = known.disposition
        if each.worst is not None:
            occurrence.worst, occurrence.limit = each.worst, each.limit

    def _call(self, now: _Now, each: Happening) -> None:
        """Announcements, and how long the first that nobody had answered waited for somebody."""
        if each.annunciate and each.what != "escalated":
            self.alarms.append(Alarm(each.at, each.alert, each.rule, _priority(each.known)))
            if each.after != "ACK":  # it asks for somebody
                now.called = each.at if now.called is None else now.called
                if now.occurrence is not None:
                    now.occurrence.asked = True
                    now.waiting.append(now.occurrence)
        if each.what in ("acknowledged", "disposed"):
            if now.called is not None:
                self.acknowledged.append((each.rule, max(0.0, each.at - now.called)))
            for occurrence in (*now.waiting, *([now.occurrence] if now.occurrence is not None else [])):
                occurrence.acked = each.at if occurrence.acked is None else occurrence.acked
        if each.what in ("acknowledged", "disposed") or each.after == "NORM":
            now.called = None
            now.waiting.clear()

    def _show(self, now: _Now, each: Happening) -> None:
        on = each.after in ("UNACK", "ACK")
        if on and now.shown is None:
            since = each.known.since if each.known.since is not None else each.at
            now.shown = (each.at, since)
        elif now.shown is not None and (not on or each.what in NEW):
            start, since = now.shown
            self.shown.append(Shown(each.alert, each.rule, start, each.at, since))
            now.shown = (each.at, each.at) if on else None

    def _put(self, now: _Now, each: Happening) -> None:
        now.shelf = self._aside(now.shelf, each.known.shelf, each)
        now.out = self._aside(now.out, each.known.out, each)

    def _aside(self, held: Aside | None, put: Shelf | Held | None, each: Happening) -> Aside | None:
        if held is not None and held.put == put:
            return held
        if held is not None:
            held.ended = each.at
        if put is None:
            return None
        aside = Aside(each.alert, each.rule, _priority(each.known), put)
        self.aside.append(aside)
        return aside

    @property
    def rules(self) -> set[str]:
        """All rules that something is on record of."""
        return (
            {each.rule for each in self.alarms}
            | {one.rule for one in self.occurrences}
            | {put.rule for put in self.aside}
        )

    def of(self, rules: Collection[str]) -> History:
        """The part of a closed record that is of some rules."""
        part = History()
        part.alarms = [each for each in self.alarms if each.rule in rules]
        part.occurrences = [each for each in self.occurrences if each.rule in rules]
        part.shown = [each for each in self.shown if each.rule in rules]
        part.aside = [each for each in self.aside if each.rule in rules]
        part.acknowledged = [each for each in self.acknowledged if each[0] in rules]
        return part


def _priority(known: Known) -> Priority:
    return LEVELS[(known.level or known.peak or 1) - 1]
