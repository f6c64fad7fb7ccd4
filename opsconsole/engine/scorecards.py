"""The report `scorecard`: the record of the last days in the journal, held against the targets for alarms.

Options: `days` (30), `site` (how command lines name the site; its folder), `end` (site time, now).
"""

from __future__ import annotations

from typing import Any, cast

import msgspec
from msgspec import Struct

from opsconsole.alerts.facts import Letter, What
from opsconsole.alerts.flood import WITHIN
from opsconsole.alerts.history import Happening, History, Known
from opsconsole.alerts.performance import BIN, DAY
from opsconsole.alerts.scorecard import ENOUGH_DAYS, as_json, scorecard
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.journal.pages import Brief, begun, pages, standing
from opsconsole.site.calendar import zone

MOST_DAYS = 3_660.0
_READ = 0.9


class _Alert(Struct, frozen=True):
    rule: str
    facts: Known
    worst: float | None = None
    limit: float | None = None


class _Data(Struct, frozen=True):
    at: float
    alert: _Alert
    annunciate: bool = False


_DATA = msgspec.json.Decoder(_Data)


def report(desk: Desk, job: Job, options: dict[str, Any]) -> dict[str, Any]:
    """The scorecard as JSON values. Raises ReportError, JournalError."""
    days = _days(options.get("days", ENOUGH_DAYS))
    site, now = desk.core.site, desk.core.now().timestamp()
    end = min(float(options.get("end", now)), now)
    job.tell(0.0, "looks how far the record goes back")
    path = desk.watch.journal.path
    recorded = begun(path)
    if recorded is None or recorded > end:
        raise ReportError("nothing is on record yet, so there is nothing to score")
    start = max(end - days * DAY, min(recorded, end - BIN))
    before = start - WITHIN  # a flood may have been on when the period began
    history = History()
    for brief in standing(path, "alert", before, "NORM"):
        history.take(_happening(brief, _DATA.decode(brief.data)))
    history.transitions = 0
    for page in pages(path, "alert", before):
        for brief in page.records:
            data = _DATA.decode(brief.data)
            if before < data.at <= end:
                history.take(_happening(brief, data))
        job.tell(_READ * page.done, f"reads the record: {history.transitions} changes")
    history.close(end)
    job.tell(_READ, "works out the figures")
    named = str(options.get("site") or desk.root)
    return as_json(scorecard(history, site, start, end, zone(site), asked=days, path=named))


def _days(given: object) -> float:
    try:
        days = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        days = 0.0
    if not 0 < days <= MOST_DAYS:
        said = f"{given:g}" if isinstance(given, int | float) else str(given)
        raise ReportError(f"days: a number above 0 and up to {MOST_DAYS:g} is wanted, not {said}")
    return days


def _happening(brief: Brief, data: _Data) -> Happening:
    return Happening(
        at=data.at,
        alert=brief.object,
        rule=data.alert.rule,
        what=cast(What, brief.what),
        after=cast(Letter, brief.after),
        known=data.alert.facts,
        annunciate=data.annunciate,
        worst=data.alert.worst,
        limit=data.alert.limit,
    )
