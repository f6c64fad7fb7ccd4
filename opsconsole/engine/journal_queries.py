"""Answers from the journal: its records by words, kind, object, person and time."""

from __future__ import annotations

from pathlib import Path

from opsconsole.engine.messages import AskJournal, JournalPage
from opsconsole.engine.recording import event_of
from opsconsole.journal.search import Wanted, search

MOST = 5_000
"""So many records at once; the next ones are asked for by number."""


def page(path: Path, body: AskJournal) -> JournalPage:
    """The records that are asked for. May be called from any thread. Raises JournalError."""
    wanted = Wanted(
        words=body.words,
        kinds=body.kinds,
        object=body.object,
        actor=body.actor,
        people=body.people,
        since=body.since,
        until=body.until,
        before=body.before,
        limit=max(1, min(body.limit, MOST)),
    )
    records, more = search(path, wanted)
    return JournalPage(events=[event_of(record) for record in records], more=more)
