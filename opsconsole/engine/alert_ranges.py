"""What the journal has of alerts in a stretch of time: which were open in it, when they came, what was said of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from opsconsole.alerts.alert import Alert
from opsconsole.alerts.shown import rule_of
from opsconsole.engine.messages import AlertState, AskMarks, ChangeMark, Mark, Marks
from opsconsole.engine.watch import AlertWatch, as_state
from opsconsole.journal.record import Record
from opsconsole.journal.search import Wanted, search
from opsconsole.site.model import Site

CAME = ("raised", "occurred")
TOLD = (*CAME, "worsened", "commented")
MOST = 5_000
"""So many of the newest records of a stretch are looked at."""


def marks(site: Site, path: Path, ask: AskMarks, changes: Sequence[ChangeMark] = ()) -> Marks:
    """When alerts came, what was said of them, and what people changed, the earliest first. Raises JournalError."""
    records, more = search(path, Wanted(kinds=("alert",), since=ask.since, until=ask.until, limit=MOST))
    found = [each for each in records if each.what in TOLD and _about(site, each, ask.kpi)]
    told = [_mark(each) for each in found]
    told += [_change(each) for each in changes if ask.since <= each.at <= ask.until and ask.kpi in ("", *each.kpis)]
    told.sort(key=lambda mark: mark.at)
    latest = told[max(0, len(told) - ask.limit) :] if ask.limit > 0 else []
    return Marks(latest, more or len(told) > len(latest))


def _about(site: Site, record: Record, kpi: str) -> bool:
    if not kpi:
        return True
    rule = rule_of(site, str(record.data["alert"]["rule"]))
    return rule is not None and rule.kpi == kpi


def _change(change: ChangeMark) -> Mark:
    where = ", ".join(f"{name} {member}" for name, member in change.where.items())
    said = f"{change.text} ({where})" if where else change.text
    return Mark(change.at, "changed", "", ", ".join(change.kpis), "low", change.by, said)


def _mark(record: Record) -> Mark:
    return Mark(
        at=dt.datetime.fromisoformat(record.site_time).timestamp(),
        what=record.what,
        alert=record.object,
        text=record.text,
        priority=msgspec.convert(record.data["alert"], Alert).facts.priority or "low",
        actor=record.actor if record.uid is not None else "",
        said=record.reason if record.what == "commented" else "",
    )


class Within(NamedTuple):
    """Alerts, the latest to come first, and how one is shown; `more`: the earliest of very many are left out."""

    alerts: list[Alert]
    show: Callable[[Alert], AlertState]
    more: bool


def open_within(watch: AlertWatch, site: Site, path: Path, start: float, end: float) -> Within:
    """The alerts that were open at some time from `start` to before `end`, each as it was last in it.

    One that closed has the state NORM. Raises JournalError.
    """
    records, more = search(path, Wanted(kinds=("alert",), since=start, until=end, limit=MOST))
    book = watch.book_at(site, start)
    since = {alert.id: alert.facts.since or start for alert in book.ranked()}
    last: dict[str, dict[str, Any]] = {}
    for record in reversed(records):  # the earliest first
        if "alert" in record.data:
            last[record.object] = record.data["alert"]
            if record.what in CAME or record.object not in since:
                since[record.object] = dt.datetime.fromisoformat(record.site_time).timestamp()
    book.restore(last.values())
    found = [alert for each in sorted(since, key=lambda each: -since[each]) if (alert := book.get(each)) is not None]
    return Within(found, lambda alert: replace(as_state(book.shown(alert)), since=since[alert.id]), more)
