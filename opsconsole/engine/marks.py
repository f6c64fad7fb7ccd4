"""Changes that people made to the operation, as the journal has them: what, when, and which KPIs they should move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from opsconsole.engine.change_messages import ChangeMark
from opsconsole.journal.journal import Record
from opsconsole.site.calendar import zone
from opsconsole.site.figures import moment
from opsconsole.site.model import Site

KIND = "change"
_LONGEST_TEXT, _MOST_KPIS = 200, 20
SHOWN = 200
"""So many of the latest changes are on every screen."""


class ChangeMarks:
    """The changes that are marked, by id. Moments are site time, seconds since the epoch."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._known = {each.object: msgspec.convert(each.data["change"], ChangeMark) for each in records}

    def marked(self, wanted: ChangeMark, by: str, site: Site, now: dt.datetime) -> ChangeMark | str:
        """The change that a person marks, with its id, or why it cannot be; nothing is kept yet."""
        at = wanted.at or now.timestamp()
        wrong = _wrong(wanted, site) or _too_late(at, site, now)
        if wrong:
            return wrong
        numbers = [int(name[1:]) for name in self._known if name[1:].isdigit()]
        text = " ".join(wanted.text.split())
        kpis = list(dict.fromkeys(wanted.kpis))
        return replace(wanted, id=f"c{max(numbers, default=0) + 1}", by=by, at=at, text=text, kpis=kpis, dropped=False)

    def dropped(self, name: str) -> ChangeMark | str:
        """The change as it is when it is taken back, or why that cannot be; nothing is kept yet."""
        known = self._known.get(name)
        if known is None:
            return f"there is no change {name}; :helped lists them" if name else "which change? :helped lists them"
        if known.dropped:
            return "it was taken back already"
        return replace(known, dropped=True)

    def keep(self, mark: ChangeMark) -> None:
        """Take over a change that is in the journal."""
        self._known[mark.id] = mark

    def all(self) -> list[ChangeMark]:
        """Those that stand, the earliest first."""
        return sorted((each for each in self._known.values() if not each.dropped), key=lambda each: (each.at, each.id))


def what(mark: ChangeMark) -> str:
    """What a change is about, in words: "scrap, oee (line 3): new tip"."""
    where = ", ".join(f"{name} {member}" for name, member in mark.where.items())
    return f"{', '.join(mark.kpis)}{f' ({where})' if where else ''}: {mark.text}"


def _wrong(wanted: ChangeMark, site: Site) -> str:
    if not wanted.text.strip():
        return "say what was changed"
    if len(wanted.text) > _LONGEST_TEXT:
        return f"what was changed is said in {_LONGEST_TEXT} characters at most"
    if not wanted.kpis:
        return "say which KPI it should move"
    if len(wanted.kpis) > _MOST_KPIS:
        return f"a change moves {_MOST_KPIS} KPIs at most"
    for name in wanted.kpis:
        known = site.kpis.get(name)
        if known is None:
            return f"there is no KPI {name}"
        for dimension in wanted.where:
            if dimension not in known.by:
                has = f"it has {', '.join(known.by)}" if known.by else "it has none"
                return f"{name} has no dimension {dimension}: {has}"
    return ""


def _too_late(at: float, site: Site, now: dt.datetime) -> str:
    if at <= now.timestamp():
        return ""
    said = moment(now.timestamp(), zone(site))
    return f"a change is marked once it has been made: it is {said} at the site"
