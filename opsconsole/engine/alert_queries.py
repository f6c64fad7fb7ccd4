"""Answers about alerts: the list that a query means, also of a hundred thousand, and one alert in full."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

from opsconsole.alerts.alert import Alert, Labels
from opsconsole.alerts.book import AlertBook
from opsconsole.alerts.shown import rule_of
from opsconsole.engine.alert_ranges import open_within
from opsconsole.engine.messages import (
    AlertCounts,
    AlertDetail,
    AlertQuery,
    Alerts,
    AlertState,
    AskAlert,
    AskAlerts,
    Related,
)
from opsconsole.engine.recording import event_of
from opsconsole.engine.watch import AlertWatch, as_counts, as_state
from opsconsole.journal import of_object
from opsconsole.kpis.limits import LimitBook
from opsconsole.site.calendar import zone
from opsconsole.site.model import Site

CAME = ("raised", "occurred")
EVENTS, RELATED = 200, 20


def alerts(watch: AlertWatch, site: Site, ask: AskAlerts, at: float | None) -> Alerts:
    """The open alerts that a query means, in order. Raises JournalError, of a past moment (`at`) only."""
    query, most = ask.query, max(0, ask.limit)
    if ask.start is not None and ask.end is not None:
        end = ask.end if at is None else min(ask.end, at)
        within = open_within(watch, site, watch.journal.path, ask.start, end)
        return _chosen(within.alerts, within.show, site, query, most, watch.counts())
    if at is not None:
        book = watch.book_at(site, at)
        return _chosen(list(book.ranked()), lambda each: as_state(book.shown(each)), site, query, most, as_counts(book))
    found, counts = watch.ranked(), watch.counts()
    return _chosen(found, watch.state, site, query, most, counts)


def _chosen(
    found: list[Alert],
    state: Callable[[Alert], AlertState],
    site: Site,
    query: AlertQuery,
    most: int,
    counts: AlertCounts,
) -> Alerts:
    if query != AlertQuery():
        wanted = _Wanted(query, site)
        found = [each for each in found if wanted(each)]
    return Alerts([state(each) for each in found[:most]], len(found), counts)


class _Wanted:
    """Whether a query means an alert, found out of the alert alone: of a hundred thousand few are ever shown."""

    def __init__(self, query: AlertQuery, site: Site) -> None:
        self._query = query
        words = query.words.casefold().split()
        self._with = [word for word in words if not word.startswith("!")]
        self._without = [word[1:] for word in words if word.startswith("!") and len(word) > 1]
        self._site = site
        self._areas: dict[str, str] = {}

    def __call__(self, alert: Alert) -> bool:
        query, facts = self._query, alert.facts
        area = self._area(alert.rule)
        return (
            (not query.states or facts.letter in query.states)
            and (not query.priorities or facts.priority in query.priorities)
            and (not query.owners or facts.owner in query.owners)
            and (not query.areas or area in query.areas)
            and (not query.incident or alert.incident == query.incident)
            and (not (self._with or self._without) or self._says(sought(alert, area)))
        )

    def _area(self, name: str) -> str:
        if name not in self._areas:
            rule = rule_of(self._site, name)
            self._areas[name] = rule.area if rule is not None else ""
        return self._areas[name]

    def _says(self, text: str) -> bool:
        return all(word in text for word in self._with) and not any(word in text for word in self._without)


def sought(alert: Alert, area: str) -> str:
    """The text in which words are sought: what a list shows of an alert."""
    facts = alert.facts
    put = facts.out or facts.shelf
    said = [alert.text, *(f"{name}={member}" for name, member in alert.labels.items()), alert.rule, area]
    said += [facts.owner, facts.who, alert.note, put.reason if put is not None else ""]
    return " ".join(said).casefold()


def alert(
    watch: AlertWatch, site: Site, journal: Path, ask: AskAlert, now: dt.datetime, at: float | None
) -> AlertDetail:
    """One alert in full, also one that has closed. Raises LookupError, JournalError."""
    first, last = _days(site, now, ask.days)
    book: AlertBook | None = None
    if at is not None:
        book = watch.book_at(site, at)
    known = watch.alert(ask.alert) if book is None else book.get(ask.alert)
    records = of_object.newest(journal, "alert", ask.alert, at, EVENTS)
    if known is None and not records:
        raise LookupError("there is no such alert" if at is None else "there was no such alert then")
    came = of_object.moments(journal, "alert", ask.alert, CAME, first.timestamp(), at)
    days = [0] * ((last - first.date()).days + 1)
    for moment in came:
        day = (dt.datetime.fromtimestamp(moment, zone(site)).date() - first.date()).days
        if day < len(days):
            days[day] += 1
    others = watch.ranked() if book is None else list(book.ranked())
    show = watch.state if book is None else lambda each: as_state(book.shown(each))
    is_open = known is not None and known.facts.letter != "NORM"
    return AlertDetail(
        id=ask.alert,
        state=show(known) if known is not None and is_open else None,
        days=days,
        first_day=first.date().isoformat(),
        events=[event_of(each) for each in records],
        related=[_related(show(each)) for each in _like(known, others)],
        limit=known.limit if known is not None else None,
        target=_target(site, known),
    )


def _days(site: Site, now: dt.datetime, days: int) -> tuple[dt.datetime, dt.date]:
    """The beginning of the first of so many days of the site, and today."""
    today = now.astimezone(zone(site)).date()
    first = today - dt.timedelta(days=min(max(days, 1), 400) - 1)
    return dt.datetime.combine(first, dt.time(), zone(site)), today


def _like(known: Alert | None, others: Sequence[Alert]) -> list[Alert]:
    """The open alerts of the same incident, that which came first before all; then the most urgent of those whose
    labels agree with those of the alert, as far as they have the same ones.
    """
    if known is None:
        return []
    mine = known.labels
    together: list[Alert] = []
    alike: list[Alert] = []
    for each in others:
        if each.id == known.id:
            continue
        if known.incident and each.incident == known.incident:
            together.append(each)
        elif len(alike) < RELATED and _agree(mine, each.labels):
            alike.append(each)
    together.sort(key=lambda each: (not each.first_out, each.facts.since or 0.0))
    return [*together, *alike][:RELATED]


def _agree(mine: Labels, others: Labels) -> bool:
    """Whether labels have names in common, and the same members in all of these."""
    shared = mine.keys() & others.keys()
    return bool(shared) and all(others[name] == mine[name] for name in shared)


def _related(alert: AlertState) -> Related:
    return Related(alert.id, alert.text, alert.priority, alert.state, alert.since, alert.first_out)


def _target(site: Site, known: Alert | None) -> float | None:
    rule = site.rules.get(known.rule) if known is not None else None
    kpi = site.kpis.get(rule.kpi or "") if rule is not None else None
    return LimitBook(kpi).at(known.labels).target if kpi is not None and known is not None else None
