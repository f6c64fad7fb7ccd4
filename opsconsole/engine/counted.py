"""Which occurrences have been counted, so that none is counted twice: written to the journal with the alerts they made.

A rule on single rows sees a row again at the next point, and when its file is read anew; a rule on stretches of time
looks again at one that is over when rows for it come late. What was counted is known by a key, and remembered for as
long as something so old may still come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from opsconsole.engine.recording import SYSTEM
from opsconsole.journal.journal import Entry, Record
from opsconsole.site.figures import count

KIND = "counted"
_RECORDS = 10_000
"""Records of the journal that are read again for a rule at most, the latest."""

Ask = Callable[[str, int], list[Record]]
"""The latest records of this kind about a rule, the newest first."""


class Counted:
    """What has been counted, by rule: keys with the moment of each (site time, seconds since the epoch)."""

    def __init__(self, records: Ask) -> None:
        self._ask = records
        self._keys: dict[str, dict[str, float]] = {}

    def fresh(self, rule: str, keys: Iterable[str]) -> set[str]:
        """Those of some keys that were not counted yet. Raises JournalError when the journal cannot be read."""
        known = self._of(rule)
        return {key for key in keys if key not in known}

    def count(self, rule: str, found: dict[str, float], at: float) -> Entry:
        """Remember occurrences by key and moment; the record to be written with what they changed."""
        self._of(rule).update(found)
        data = {"keys": list(found), "moments": list(found.values())}
        return Entry(SYSTEM, KIND, rule, data, at, "counted", count(len(found), "occurrence"))

    def forget(self, rule: str, before: float) -> None:
        """Let go of what is older than anything that may still come."""
        known = self._of(rule)
        if len(known) > 1000:
            self._keys[rule] = {key: at for key, at in known.items() if at >= before}

    def _of(self, rule: str) -> dict[str, float]:
        if rule not in self._keys:
            found: dict[str, float] = {}
            for record in reversed(self._ask(rule, _RECORDS)):
                found.update(zip(record.data["keys"], record.data["moments"], strict=True))
            self._keys[rule] = found
        return self._keys[rule]
