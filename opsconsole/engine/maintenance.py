"""Windows of maintenance: planned silences of an area or of labels, as the journal has them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping

import msgspec
from msgspec.structs import replace

from opsconsole.alerts.deed import Covers
from opsconsole.engine.messages import Maintenance, Notice
from opsconsole.journal.journal import Record
from opsconsole.site.figures import count, moment
from opsconsole.site.model import Site

KIND = "maintenance"
PREFIX = "maintenance:"
"""What suppresses an alert is named so, with the id of the window."""
LONGEST = 31 * 86400.0
ANNOUNCED = 86400.0
"""Seconds before its start from which a window is told on every screen."""


class Windows:
    """The windows that are planned or running. Moments are site time, seconds since the epoch."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._known = {each.object: msgspec.convert(each.data["window"], Maintenance) for each in records}

    def planned(self, wanted: Maintenance, by: str, site: Site, now: float) -> Maintenance | str:
        """The window that a person wants, with its id, or why it cannot be; nothing is kept yet."""
        wrong = _wrong(wanted, site, now)
        if wrong:
            return wrong
        numbers = [int(name[1:]) for name in self._known if name[1:].isdigit()]
        return replace(wanted, id=f"m{max(numbers, default=0) + 1}", by=by, start=max(wanted.start, now), ended=None)

    def ended(self, window: str, now: float) -> Maintenance | str:
        """The window as it is when a person ends it now, or why that cannot be; nothing is kept yet."""
        known = self._known.get(window)
        if known is None:
            return f"there is no maintenance window {window}"
        if known.ended is not None:
            return "it has ended already"
        return replace(known, ended=now)

    def keep(self, window: Maintenance) -> None:
        """Take over a window that is in the journal."""
        self._known[window.id] = window

    def over(self, now: float) -> list[Maintenance]:
        """The windows whose time is over; kept as ended, so that a clock that jumps back begins none of them anew."""
        found = [
            replace(each, ended=each.end) for each in self._known.values() if each.ended is None and each.end <= now
        ]
        for each in found:
            self.keep(each)
        return found

    def running(self, now: float) -> list[Maintenance]:
        """The windows that silence alerts now, the first to end first."""
        found = [each for each in self._known.values() if each.ended is None and each.start <= now < each.end]
        return sorted(found, key=lambda each: (each.end, each.id))

    def shown(self, now: float) -> list[Maintenance]:
        """The windows that run or are yet to come, the earliest first."""
        found = [each for each in self._known.values() if each.ended is None and each.end > now]
        return sorted(found, key=lambda each: (each.start, each.id))

    def notices(self, now: float, site: Site, zone: dt.tzinfo, silenced: Mapping[str, int]) -> list[Notice]:
        """What is told of windows before and while they run; `silenced`: how many alerts each suppresses."""
        return [
            Notice(KIND, _told(each, now, site, zone, silenced.get(each.id, 0)))
            for each in self.shown(now)
            if each.start - now <= ANNOUNCED
        ]


def covers(windows: Iterable[Maintenance], site: Site) -> Covers:
    """By the name that alerts are suppressed with, what each window covers: all of an area, of labels, or of both."""
    return {f"{PREFIX}{each.id}": _covers(each, site) for each in windows}


def what(window: Maintenance, site: Site) -> str:
    """What a window covers, in words."""
    area = site.areas[window.area].title or window.area if window.area in site.areas else window.area
    labels = ", ".join(f"{name} {member}" for name, member in window.labels.items())
    return " · ".join(each for each in (area, labels) if each)


def _covers(window: Maintenance, site: Site) -> Callable[[str, Mapping[str, str | None]], bool]:
    def covered(rule: str, labels: Mapping[str, str | None]) -> bool:
        known = site.rules.get(rule)
        if known is None or (window.area and known.area != window.area):
            return False
        return all(labels.get(name) == member for name, member in window.labels.items())

    return covered


def _wrong(wanted: Maintenance, site: Site, now: float) -> str:
    if not wanted.area and not wanted.labels:
        return "say what is to be silent: an area, or labels such as line=3"
    if not wanted.reason.strip():
        return "a maintenance window needs a reason"
    if wanted.end <= now:
        return "the end of the window has passed"
    if wanted.end <= wanted.start:
        return "the window ends before it starts"
    if wanted.end - max(wanted.start, now) > LONGEST:
        return "a maintenance window lasts 31 days at most"
    rules = site.rules.values()
    if wanted.area and not any(rule.area == wanted.area for rule in rules):
        return f"no rule belongs to an area {wanted.area}"
    for name in wanted.labels:
        if not any(name in rule.by for rule in rules):
            return f"no rule has a label {name}"
    return ""


def _told(window: Maintenance, now: float, site: Site, zone: dt.tzinfo, silenced: int) -> str:
    whose = f"{window.reason} ({window.by})"
    end = moment(window.end, zone, now)
    if window.start > now:
        return f"Maintenance of {what(window, site)} from {moment(window.start, zone, now)} to {end}: {whose}"
    some = f", {count(silenced, 'alert')} suppressed" if silenced else ""
    return f"Maintenance of {what(window, site)} until {end}: {whose}{some}"
