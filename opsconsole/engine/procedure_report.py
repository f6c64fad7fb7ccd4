"""The report on procedures: their use in a stretch of site time, from the journal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec

from opsconsole.alerts.procedure_use import Change, Doing, usage
from opsconsole.engine.jobs import Desk, Job, ReportError
from opsconsole.engine.procedure_pages import ProcedureError, read
from opsconsole.engine.procedures import KIND
from opsconsole.engine.recording import seconds
from opsconsole.journal.search import Wanted, changes, search
from opsconsole.site.procedures import read_page

DAYS = 30.0
_EVERY = 2_000
_ALL = 10**9


def report(desk: Desk, job: Job, options: dict[str, Any]) -> dict[str, Any]:
    """The use of each procedure of the site; `options`: `since` and `until`, site time in seconds since the epoch.

    Raises ReportError for options that are none, JournalError.
    """
    site, now = desk.core.site, desk.core.now().timestamp()
    try:
        until = float(options.get("until", now))
        since = float(options.get("since", until - DAYS * 86_400.0))
    except (TypeError, ValueError) as error:
        raise ReportError("`since` and `until` are moments, in seconds since the epoch") from error
    path = desk.watch.journal.path
    job.tell(0.05, "reading what was ticked")
    doings = _doings(path, since, until)
    rules = {name: rule.procedure for name, rule in site.rules.items()}
    found = usage(_changes(path, since, until, job), doings, rules)
    return {
        "since": since,
        "until": until,
        "procedures": [{**msgspec.to_builtins(use), **_page(desk.root, use.path)} for use in found],
    }


def _page(root: Path, path: str) -> dict[str, Any]:
    try:
        page = read_page(read(root, path), path)
    except ProcedureError as error:
        return {"title": "", "steps": 0, "trouble": f"{path}: {error}"}
    return {"title": page.title, "steps": len(page.steps), "trouble": ""}


def _doings(path: Path, since: float, until: float) -> list[Doing]:
    records, _ = search(path, Wanted(kinds=(KIND,), since=since, until=until, limit=_ALL))
    return [
        Doing(
            alert=record.object,
            what=cast(Any, record.what),
            at=seconds(record.site_time),
            path=str(record.data.get("path", "")),
            since=float(record.data.get("since") or 0.0),
            step=int(record.data.get("step", 0)),
            text=record.text,
            steps=int(record.data.get("steps", 0)),
        )
        for record in reversed(records)
    ]


def _changes(path: Path, since: float, until: float, job: Job) -> Iterator[Change]:
    for number, (alert, what, at) in enumerate(changes(path, ("raised", "occurred", "cleared"), since, until)):
        if number % _EVERY == 0:
            job.tell(0.5, f"reading the alerts: {number:,} so far".replace(",", " "))
        yield Change(alert, cast(Any, what), seconds(at))
