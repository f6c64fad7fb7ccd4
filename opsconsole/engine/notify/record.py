"""What of messages is written to the journal, and what a restart takes from it. No URL is ever among it.

A message is in the journal before it is sent (`queued`), and what came of it afterwards (`sent`, `retried`, `given
up`). So a restart knows what was told, and sends what was on its way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

import msgspec

from opsconsole.engine.notify.outbox import Letter
from opsconsole.engine.notify.plan import Memory, Told
from opsconsole.engine.recording import SYSTEM
from opsconsole.journal.journal import Entry, Record

log = logging.getLogger(__name__)

KIND = "notification"
REMEMBERED = 5_000
"""So many records are read at a start; what was told longer ago and still calls has been told anew since."""


def entry_of(what: str, letter: Letter, now: float, reason: str = "", tries: int = 0) -> Entry:
    """What happened to a message. `now`: site time, seconds since the epoch."""
    by = letter.test
    data = {"letter": letter.id} | ({"tries": tries} if tries else {})
    if what == "queued":
        data |= {"message": msgspec.to_builtins(letter)}
    return Entry(
        actor=by.user if by is not None else SYSTEM,
        uid=by.uid if by is not None else None,
        origin=by.origin if by is not None else "",
        kind=KIND,
        what=f"test {what}" if by is not None else what,
        object=letter.target,
        text=letter.title,
        reason=reason,
        site_time=now,
        data=data,
    )


def heartbeat(trouble: str, now: float) -> Entry:
    """The dead-man switch cannot be reached, or can again."""
    what = "unreachable" if trouble else "reached again"
    return Entry(SYSTEM, KIND, "heartbeat", {}, now, what=what, text="dead-man switch", reason=trouble)


def recall(records: Iterable[Record]) -> tuple[Memory, list[Letter]]:
    """What was told to whom, and what was on its way, from the records of the journal, the oldest first."""
    memory: Memory = {}
    letters: dict[str, Letter] = {}
    for record in records:
        what, name = record.what, str(record.data.get("letter", ""))
        if what == "queued":
            try:
                letter = msgspec.convert(record.data["message"], Letter)
            except (KeyError, msgspec.ValidationError) as error:
                log.warning("record %d of the journal is no message: %s", record.seq, error)
                continue
            letters[letter.id] = letter
            slot = (letter.step, letter.target)
            memory.update(((slot, alert), Told(stamp, letter.at)) for alert, stamp in letter.told.items())
            for alert in letter.over:
                memory.pop((slot, alert), None)
        elif what == "sent":
            letters.pop(name, None)
        elif what == "given up" and name in letters:
            given_up = letters.pop(name)
            for alert, stamp in given_up.told.items():
                key = ((given_up.step, given_up.target), alert)
                if memory.get(key) == Told(stamp, given_up.at):
                    del memory[key]
    return memory, list(letters.values())
